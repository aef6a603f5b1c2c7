//! The settings of practice as a form: texts as they are typed, and what they mean. Steps are written as a musician would: “1 10” or “10m 2h”.

use crate::domain::decimal::decimal;
use crate::domain::practice::{MovedTune, TrainingResult};
use crate::domain::practice_days::{DayRule, Exception, PracticeDays};
use crate::domain::repertoire::Repertoire;
use crate::domain::scheduling::{SchedulerPrefs, readable_steps, readable_weights};
use crate::ui::model::locale::{self, Form};
use crate::ui::text::{say, t};

/// A weekday in full, Monday 0.
pub fn weekday(place: usize) -> String {
    locale::weekday(place, Form::WeekdayName)
}

/// A weekday or a break as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleForm {
    /// Nothing planned?
    pub free: bool,
    /// At least.
    pub min: String,
    /// At most.
    pub max: String,
}

/// A break as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BreakForm {
    /// First day.
    pub from: String,
    /// Last day; empty: the first.
    pub to: String,
    /// What holds.
    pub rule: RuleForm,
}

/// How much and when, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaysForm {
    /// At least a day.
    pub least: String,
    /// At most a day.
    pub most: String,
    /// Days of a week.
    pub per_week: String,
    /// Days until a lapsed tune is old.
    pub window: String,
    /// The week, Monday first.
    pub week: [RuleForm; 7],
    /// Breaks.
    pub breaks: Vec<BreakForm>,
}

fn shown(count: Option<u32>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}

impl RuleForm {
    fn of(rule: &DayRule) -> Self {
        RuleForm { free: rule.free, min: shown(rule.min), max: shown(rule.max) }
    }

    fn read(&self, day: &str) -> Result<DayRule, String> {
        let count = |text: &str| match text.trim() {
            "" => Ok(None),
            text => number(text, day).map(Some),
        };
        Ok(DayRule { free: self.free, min: count(&self.min)?, max: count(&self.max)? })
    }
}

fn number(text: &str, what: &str) -> Result<u32, String> {
    text.trim().parse().map_err(|_| say!("{what}: “{text}” is not a whole number.", what, text = text.trim()))
}

impl DaysForm {
    /// As it is set.
    pub fn of(days: &PracticeDays) -> Self {
        DaysForm {
            least: days.least.to_string(),
            most: days.most.to_string(),
            per_week: days.days_per_week.to_string(),
            window: days.delinquency_days.to_string(),
            week: days.week.map(|rule| RuleForm::of(&rule)),
            breaks: days
                .exceptions
                .iter()
                .map(|e| BreakForm { from: e.from.to_string(), to: e.to.to_string(), rule: RuleForm::of(&e.rule) })
                .collect(),
        }
    }

    /// What is typed.
    ///
    /// Errors: what cannot be meant, in words.
    pub fn read(&self) -> Result<PracticeDays, String> {
        let mut week = [DayRule::default(); 7];
        for ((rule, form), day) in week.iter_mut().zip(&self.week).zip((0..7).map(weekday)) {
            *rule = form.read(&day)?;
        }
        let exception = |form: &BreakForm| {
            let date = |text: &str| text.parse().map_err(|_| t("A break needs a first day.").to_owned());
            let from = date(&form.from)?;
            let to = if form.to.trim().is_empty() { from } else { date(&form.to)? };
            Ok(Exception { from, to, rule: form.rule.read(t("The break"))? })
        };
        let days = PracticeDays {
            delinquency_days: number(&self.window, t("Days until a tune is old"))?,
            least: number(&self.least, t("At least"))?,
            most: number(&self.most, t("At most"))?,
            days_per_week: number(&self.per_week, t("Days of a week"))?,
            week,
            exceptions: self.breaks.iter().map(exception).collect::<Result<_, String>>()?,
        };
        days.check().map_err(str::to_owned)?;
        Ok(days)
    }
}

/// What decides when a tune comes back, as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct PrefsForm {
    /// What is not typed: algorithm, fuzz; and the numbers before.
    pub prefs: SchedulerPrefs,
    /// Percent.
    pub retention: String,
    /// Days.
    pub longest: String,
    /// Steps of a new tune.
    pub learning: String,
    /// Steps of a lost one.
    pub relearning: String,
    /// Weights; empty: those of FSRS.
    pub weights: String,
}

impl PrefsForm {
    /// As it is set.
    pub fn of(prefs: &SchedulerPrefs) -> Self {
        let own = prefs.weights != SchedulerPrefs::default().weights;
        let list = || prefs.weights.iter().map(f32::to_string).collect::<Vec<_>>().join(", ");
        PrefsForm {
            retention: format!("{}", (f64::from(prefs.retention) * 1000.0).round() / 10.0),
            longest: prefs.maximum_interval.to_string(),
            learning: steps_words(&prefs.learning_steps),
            relearning: steps_words(&prefs.relearning_steps),
            weights: if own { list() } else { String::new() },
            prefs: prefs.clone(),
        }
    }

    /// What was typed stays as it is, but for the weights: those are set already.
    pub fn with_weights(self, prefs: &SchedulerPrefs) -> Self {
        PrefsForm { weights: PrefsForm::of(prefs).weights, ..self }
    }

    /// What is typed.
    ///
    /// Errors: what cannot be meant, in words.
    pub fn read(&self) -> Result<SchedulerPrefs, String> {
        let percent = decimal(&self.retention.trim().trim_end_matches('%').trim().replace(',', "."))
            .ok_or(t("How sure: a number of percent."))? as f32;
        let weights = match self.weights.trim() {
            "" => SchedulerPrefs::default().weights,
            text => readable_weights(&format!("[{}]", text.trim_matches(['[', ']'])))
                .ok_or(t("The weights of FSRS are 17, 19 or 21 numbers with commas between them."))?,
        };
        let prefs = SchedulerPrefs {
            retention: percent / 100.0,
            maximum_interval: number(&self.longest, t("The longest break"))?,
            learning_steps: steps(&self.learning)?,
            relearning_steps: steps(&self.relearning)?,
            weights,
            ..self.prefs.clone()
        };
        prefs.check().map_err(str::to_owned)?;
        Ok(prefs)
    }
}

/// Where the choice of an algorithm does not reach: repertoires that have one of their own. One line each.
pub fn own_algorithms(repertoires: &[Repertoire]) -> Vec<String> {
    let own = repertoires.iter().filter_map(|repertoire| Some((repertoire.algorithm?, &repertoire.name)));
    own.map(|(algorithm, name)| {
        say!("{name} goes by {algorithm}, whatever is chosen here.", name, algorithm = algorithm.stored())
    })
    .collect()
}

/// Minutes as they are typed: `10m 1h`.
fn steps_words(minutes: &[u32]) -> String {
    let one = |minutes: &u32| match *minutes {
        n if n % 1440 == 0 => format!("{}d", n / 1440),
        n if n % 60 == 0 => format!("{}h", n / 60),
        n => format!("{n}m"),
    };
    minutes.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn steps(text: &str) -> Result<Vec<u32>, String> {
    let one = |word: &str| match decimal(word) {
        Some(number) => format!("{number}"),
        None => serde_json::Value::from(word).to_string(),
    };
    let words: Vec<String> = text.split([' ', ',', ';']).filter(|word| !word.is_empty()).map(one).collect();
    readable_steps(&format!("[{}]", words.join(",")))
        .ok_or_else(|| t("Steps are written like “1m 10m” or “1h”: minutes, hours or days.").to_owned())
}

/// What new weights would change, line by line.
pub fn trained_words(result: &TrainingResult) -> Vec<String> {
    let ratings = say!("Learned from {ratings}.", ratings = locale::counted(i64::from(result.ratings), "rating"));
    if result.after >= result.before {
        return vec![ratings, t("The weights in use already fit you as well as any that were found.").to_owned()];
    }
    let better = (1.0 - result.after / result.before) * 100.0;
    let tunes = |count: u32| locale::counted(i64::from(count), "tune");
    let mut words = vec![
        ratings,
        say!(
            "The schedule would foresee your ratings {better} % better (log loss {after} instead of {before}).",
            better = format_args!("{better:.1}"),
            after = format_args!("{:.3}", result.after),
            before = format_args!("{:.3}", result.before)
        ),
        say!(
            "Rated Good now, {sooner} would come back sooner, {later} later, {same} as with the weights in use.",
            sooner = tunes(result.sooner),
            later = tunes(result.later),
            same = tunes(result.same)
        ),
    ];
    let days = |count: u32| locale::counted(i64::from(count), "day");
    let example =
        |moved: &MovedTune| format!("{}: {} → {}", moved.title, locale::number(moved.before), days(moved.after));
    if !result.examples.is_empty() {
        let examples: Vec<String> = result.examples.iter().map(example).collect();
        words.push(say!("For example {tunes}.", tunes = examples.join(", ")));
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::scheduling::Algorithm;

    #[test]
    fn what_is_set_is_shown_and_read_again() {
        let mut days = PracticeDays { least: 2, most: 12, days_per_week: 5, ..Default::default() };
        days.week[6].free = true;
        days.week[5].max = Some(20);
        days.exceptions.push(Exception {
            from: "2026-12-24".parse().unwrap(),
            to: "2026-12-26".parse().unwrap(),
            rule: DayRule { free: true, ..Default::default() },
        });
        assert_eq!(DaysForm::of(&days).read(), Ok(days));
        let prefs = SchedulerPrefs {
            algorithm: Algorithm::Sm2,
            retention: 0.87,
            learning_steps: vec![1, 10, 120, 1440],
            fuzz: true,
            ..Default::default()
        };
        let form = PrefsForm::of(&prefs);
        assert_eq!(
            (form.retention.as_str(), form.learning.as_str(), form.weights.as_str()),
            ("87", "1m 10m 2h 1d", "")
        );
        assert_eq!(form.read(), Ok(prefs));
    }

    #[test]
    fn accepting_trained_weights_drops_nothing_that_was_typed() {
        let stored = SchedulerPrefs::default();
        let mut typed = PrefsForm { retention: "87".into(), learning: "10m".into(), ..PrefsForm::of(&stored) };
        typed.prefs.fuzz = true;
        let mut weights = stored.weights.clone();
        weights[0] = 0.5;
        let trained = SchedulerPrefs { weights: weights.clone(), ..stored };
        let form = typed.with_weights(&trained);
        let read = form.read().unwrap();
        assert_eq!((read.retention, read.learning_steps, read.fuzz, read.weights), (0.87, vec![10], true, weights));
    }

    #[test]
    fn the_result_of_a_training_is_told() {
        let mut result = TrainingResult {
            weights: vec![],
            ratings: 900,
            before: 0.4,
            after: 0.3,
            sooner: 1,
            later: 12,
            same: 3,
            examples: vec![MovedTune { title: "Kesh".into(), before: 12, after: 20 }],
        };
        let words = trained_words(&result);
        assert!(words[1].contains("25.0 % better"), "{words:?}");
        assert_eq!(
            words[2..],
            [
                "Rated Good now, 1 tune would come back sooner, 12 tunes later, 3 tunes as with the weights in use.",
                "For example Kesh: 12 → 20 days."
            ]
        );
        result.after = 0.4;
        assert_eq!(trained_words(&result).len(), 2);
    }

    #[test]
    fn what_cannot_be_meant_is_told_in_words() {
        let days = DaysForm::of(&PracticeDays::default());
        let told = |form: DaysForm| form.read().unwrap_err();
        assert!(told(DaysForm { least: "many".into(), ..days.clone() }).contains("“many”"));
        assert!(told(DaysForm { least: "20".into(), ..days.clone() }).contains("At least"), "more than at most");
        assert!(told(DaysForm { breaks: vec![BreakForm::default()], ..days }).contains("first day"));
        let prefs = PrefsForm::of(&SchedulerPrefs::default());
        assert!(PrefsForm { learning: "soon".into(), ..prefs.clone() }.read().is_err());
        assert!(PrefsForm { retention: "40".into(), ..prefs.clone() }.read().is_err());
        assert!(PrefsForm { weights: "1, 2".into(), ..prefs.clone() }.read().is_err());
        let steps = PrefsForm { learning: "5, 10m; 1h".into(), retention: "92,5 %".into(), ..prefs }.read().unwrap();
        assert_eq!((steps.learning_steps, steps.retention), (vec![5, 10, 60], 0.925));
    }
}
