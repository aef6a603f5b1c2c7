//! What a tune is practised for, and how. A goal other than recall has a rhythm of its own: short intervals for a tune that is being
//! learned or polished, whatever the forgetting curve says. The memory FSRS keeps goes on beneath it.

use serde::{Deserialize, Serialize};

use crate::domain::decimal::decimal;
use crate::domain::practice::Rating;
use crate::domain::time::DAY_MICROS;

/// What a tune is practised for (`playlist_tune.goal`, `practice_record.goal`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// To keep it: the schedule decides.
    #[default]
    Recall,
    /// To learn it.
    InitialLearn,
    /// To play it without stumbling.
    Fluency,
    /// To have it ready for a session.
    SessionReady,
    /// To perform it.
    PerformancePolish,
    /// A goal of her own: its name, with its intervals in brackets where she set them (`Gig [1, 3, 7]`). They travel with the word, so every
    /// device and every record knows them.
    Other(String),
}

impl Goal {
    /// The goals to choose from.
    pub const CHOICES: [Goal; 5] =
        [Goal::Recall, Goal::InitialLearn, Goal::Fluency, Goal::SessionReady, Goal::PerformancePolish];

    /// The goal of a stored word; none means recall.
    pub fn from_stored(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("" | "recall") => Goal::Recall,
            Some("initial_learn") => Goal::InitialLearn,
            Some("fluency") => Goal::Fluency,
            Some("session_ready") => Goal::SessionReady,
            Some("performance_polish") => Goal::PerformancePolish,
            Some(other) => Goal::Other(other.to_owned()),
        }
    }

    /// The word that is stored.
    pub fn stored(&self) -> &str {
        match self {
            Goal::Recall => "recall",
            Goal::InitialLearn => "initial_learn",
            Goal::Fluency => "fluency",
            Goal::SessionReady => "session_ready",
            Goal::PerformancePolish => "performance_polish",
            Goal::Other(word) => word,
        }
    }

    /// Its name for people.
    pub fn label(&self) -> &str {
        match self {
            Goal::Recall => "Keep it",
            Goal::InitialLearn => "Learn it",
            Goal::Fluency => "Fluency",
            Goal::SessionReady => "Ready for a session",
            Goal::PerformancePolish => "Polish to perform",
            Goal::Other(word) => own(word).map_or(word.as_str(), |(name, _)| name),
        }
    }

    /// A goal of her own.
    ///
    /// Errors: what does not make sense, in words.
    pub fn named(name: &str, days: &[f64]) -> Result<Goal, &'static str> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 40 || name.contains(['[', ']']) {
            return Err("Give the goal a name of at most 40 letters, without brackets.");
        }
        if days.is_empty() || days.len() > 12 || !days.iter().all(|days| POSSIBLE.contains(days)) {
            return Err("Name one to twelve intervals, each between half an hour and ten years.");
        }
        if !days.is_sorted() {
            return Err("Name the intervals from the shortest to the longest.");
        }
        let days: Vec<String> = days.iter().map(f64::to_string).collect();
        Ok(Goal::Other(format!("{name} [{}]", days.join(", "))))
    }

    /// Its intervals in days, shortest first; `None`: the schedule decides.
    pub fn rhythm(&self) -> Option<Vec<f64>> {
        match self {
            Goal::Recall => None,
            Goal::InitialLearn => Some(vec![0.1, 0.5, 1.0, 2.0, 4.0]),
            Goal::Fluency => Some(vec![1.0, 3.0, 7.0, 14.0, 21.0]),
            Goal::SessionReady => Some(vec![0.5, 1.0, 2.0, 3.0, 5.0]),
            Goal::PerformancePolish => Some(vec![2.0, 5.0, 10.0, 15.0, 21.0]),
            Goal::Other(word) => Some(own(word).map_or_else(|| vec![1.0, 3.0, 7.0, 14.0, 30.0], |(_, days)| days)),
        }
    }
}

/// Intervals that make sense, in days: half an hour to ten years.
const POSSIBLE: std::ops::RangeInclusive<f64> = 0.02..=3650.0;

/// Name and intervals of a goal of her own, where it has intervals that make sense.
fn own(word: &str) -> Option<(&str, Vec<f64>)> {
    let (name, list) = word.strip_suffix(']')?.rsplit_once('[')?;
    let days: Vec<f64> = list.split(',').map(|days| decimal(days.trim())).collect::<Option<_>>()?;
    let sound = !days.is_empty() && days.len() <= 12 && days.iter().all(|days| POSSIBLE.contains(days));
    sound.then_some((name.trim(), days))
}

/// How it was practised (`practice_record.technique`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Technique {
    /// Nothing special.
    #[default]
    None,
    /// Every day: back tomorrow at the latest.
    DailyPractice,
    /// For the fingers: back sooner.
    MotorSkills,
    /// With the metronome: back a little sooner.
    Metronome,
    /// A word of her own, or of another app; changes nothing.
    Other(String),
}

impl Technique {
    /// The techniques to choose from.
    pub const CHOICES: [Technique; 4] =
        [Technique::None, Technique::DailyPractice, Technique::MotorSkills, Technique::Metronome];

    /// The technique of a stored word.
    pub fn from_stored(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Technique::None,
            Some("daily_practice") => Technique::DailyPractice,
            Some("motor_skills") => Technique::MotorSkills,
            Some("metronome") => Technique::Metronome,
            Some(other) => Technique::Other(other.to_owned()),
        }
    }

    /// The word that is stored.
    pub fn stored(&self) -> Option<&str> {
        match self {
            Technique::None => None,
            Technique::DailyPractice => Some("daily_practice"),
            Technique::MotorSkills => Some("motor_skills"),
            Technique::Metronome => Some("metronome"),
            Technique::Other(word) => Some(word),
        }
    }

    /// Its name for people.
    pub fn label(&self) -> &str {
        match self {
            Technique::None => "Nothing special",
            Technique::DailyPractice => "Daily practice",
            Technique::MotorSkills => "Finger work",
            Technique::Metronome => "With the metronome",
            Technique::Other(word) => word,
        }
    }
}

/// What for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// What for.
    pub goal: Goal,
    /// How.
    pub technique: Technique,
}

impl Manner {
    /// How long until the tune comes back, in microseconds, where the goal has a rhythm of its own. `repetitions`: ratings before
    /// this one. A good rating goes one interval on, a lapse one back.
    pub fn wait(&self, repetitions: u32, rating: Rating) -> Option<i64> {
        let rhythm = self.goal.rhythm()?;
        let last = rhythm.len() as i64 - 1;
        let step = match rating {
            Rating::Again => -1,
            Rating::Hard => 0,
            Rating::Good | Rating::Easy => 1,
        };
        let place = (i64::from(repetitions).min(last) + step).clamp(0, last);
        let days = rhythm[place as usize];
        let days = match self.technique {
            Technique::DailyPractice => days.min(1.0),
            Technique::MotorSkills => days * 0.7,
            Technique::Metronome => days * 0.8,
            Technique::None | Technique::Other(_) => days,
        };
        Some((days * DAY_MICROS as f64).round() as i64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn days(goal: Goal, technique: Technique, repetitions: u32, rating: Rating) -> f64 {
        Manner { goal, technique }.wait(repetitions, rating).unwrap() as f64 / DAY_MICROS as f64
    }

    #[test]
    fn a_goal_goes_through_its_intervals() {
        let good = |n| days(Goal::Fluency, Technique::None, n, Rating::Good);
        assert_eq!([0, 1, 2, 3, 9].map(good), [3.0, 7.0, 14.0, 21.0, 21.0]);
        let again = |n| days(Goal::Fluency, Technique::None, n, Rating::Again);
        assert_eq!([0, 1, 2, 9].map(again), [1.0, 1.0, 3.0, 14.0]);
        assert_eq!(days(Goal::InitialLearn, Technique::None, 0, Rating::Hard), 0.1);
        assert_eq!(days(Goal::Other("gig".into()), Technique::None, 9, Rating::Easy), 30.0);
    }

    #[test]
    fn a_technique_shortens_it() {
        let polish = |technique| days(Goal::PerformancePolish, technique, 2, Rating::Hard);
        assert_eq!(polish(Technique::DailyPractice), 1.0);
        assert_eq!(polish(Technique::MotorSkills), 7.0);
        assert_eq!(polish(Technique::Metronome), 8.0);
        assert_eq!(polish(Technique::Other("bowing".into())), 10.0);
    }

    #[test]
    fn recall_leaves_it_to_the_schedule_and_words_go_there_and_back() {
        assert_eq!(Manner::default().wait(3, Rating::Good), None);
        for goal in Goal::CHOICES {
            assert_eq!(Goal::from_stored(Some(goal.stored())), goal);
        }
        for technique in Technique::CHOICES {
            assert_eq!(Technique::from_stored(technique.stored()), technique);
        }
        assert_eq!(Goal::from_stored(Some("gig")).stored(), "gig");
    }

    #[test]
    fn a_goal_of_ones_own_brings_its_intervals_along() {
        let gig = Goal::named(" The gig in May ", &[0.5, 2.0, 9.0]).unwrap();
        assert_eq!((gig.stored(), gig.label()), ("The gig in May [0.5, 2, 9]", "The gig in May"));
        assert_eq!(Goal::from_stored(Some(gig.stored())), gig);
        let good = |n| days(gig.clone(), Technique::None, n, Rating::Good);
        assert_eq!([0, 1, 2, 7].map(good), [2.0, 9.0, 9.0, 9.0]);
        for (name, days) in [("", &[1.0][..]), ("a [b", &[1.0]), ("gig", &[]), ("gig", &[3.0, 1.0]), ("gig", &[0.0])] {
            assert!(Goal::named(name, days).is_err(), "{name} {days:?}");
        }
        // What cannot be read is a name, and has the usual intervals.
        for odd in ["gig []", "gig [x]", "gig [1, NaN]", "gig [-3]", "[1, 2", "gig [1e9]"] {
            let goal = Goal::from_stored(Some(odd));
            assert_eq!((goal.label(), days(goal.clone(), Technique::None, 0, Rating::Good)), (odd, 3.0));
        }
    }
}
