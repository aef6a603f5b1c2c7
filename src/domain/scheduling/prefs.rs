//! The scheduler's settings (`prefs_spaced_repetition`), with values that always work.

use fsrs::DEFAULT_PARAMETERS;
use serde::{Deserialize, Serialize};

use crate::domain::decimal::decimal;

/// What decides when a tune comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// The free spaced repetition scheduler: a model of forgetting.
    #[default]
    Fsrs,
    /// SuperMemo 2 of 1987.
    Sm2,
}

impl Algorithm {
    /// The word that is stored.
    pub const fn stored(self) -> &'static str {
        match self {
            Algorithm::Fsrs => "FSRS",
            Algorithm::Sm2 => "SM2",
        }
    }

    /// The algorithm of a stored word; FSRS unless it says SM2.
    pub fn from_stored(text: Option<&str>) -> Self {
        if text.is_some_and(|text| text.trim().eq_ignore_ascii_case("SM2")) { Algorithm::Sm2 } else { Algorithm::Fsrs }
    }
}

/// What a person may set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchedulerPrefs {
    /// What decides when a tune comes back.
    pub algorithm: Algorithm,
    /// With which probability a tune shall still be known when it falls due.
    pub retention: f32,
    /// 21 weights of FSRS-6; 19 (FSRS-5) and 17 (FSRS-4.5) are understood, too.
    pub weights: Vec<f32>,
    /// Longest interval in days.
    pub maximum_interval: u32,
    /// Minutes after which a new tune comes back while it is being learned; none: tomorrow at the earliest.
    pub learning_steps: Vec<u32>,
    /// The same for a tune that was known and is lost.
    pub relearning_steps: Vec<u32>,
    /// Stray a little from long intervals?
    pub fuzz: bool,
}

impl Default for SchedulerPrefs {
    fn default() -> Self {
        SchedulerPrefs {
            algorithm: Algorithm::Fsrs,
            retention: 0.9,
            weights: DEFAULT_PARAMETERS.to_vec(),
            maximum_interval: 36_500,
            learning_steps: Vec::new(),
            relearning_steps: Vec::new(),
            fuzz: false,
        }
    }
}

/// The columns of the row as they are stored.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// `fsrs_weights`.
    pub weights: Option<String>,
    /// `request_retention`.
    pub retention: Option<f64>,
    /// `maximum_interval`.
    pub maximum_interval: Option<i64>,
    /// `learning_steps`.
    pub learning_steps: Option<String>,
    /// `relearning_steps`.
    pub relearning_steps: Option<String>,
    /// `enable_fuzzing`.
    pub fuzz: Option<bool>,
}

impl SchedulerPrefs {
    /// From the stored row. What is missing or impossible (weights that are no list of 17, 19 or 21 numbers, a retention outside
    /// 0.5–0.99, an interval under a day, steps that are no list of minutes) falls back to the default: settings must never stand in the way of a rating.
    pub fn from_stored(algorithm: Algorithm, stored: &Stored) -> Self {
        let default = SchedulerPrefs::default();
        let steps = |text: &Option<String>| text.as_deref().and_then(readable_steps).unwrap_or_default();
        SchedulerPrefs {
            algorithm,
            retention: stored.retention.filter(|r| (0.5..=0.99).contains(r)).map_or(default.retention, |r| r as f32),
            weights: stored.weights.as_deref().and_then(readable_weights).unwrap_or(default.weights),
            maximum_interval: stored
                .maximum_interval
                .filter(|days| *days >= 1)
                .map_or(default.maximum_interval, |days| days.min(i64::from(default.maximum_interval)) as u32),
            learning_steps: steps(&stored.learning_steps),
            relearning_steps: steps(&stored.relearning_steps),
            fuzz: stored.fuzz.unwrap_or(default.fuzz),
        }
    }
}

impl SchedulerPrefs {
    /// Do the numbers make sense?
    ///
    /// Errors: what does not, in words.
    pub fn check(&self) -> Result<(), &'static str> {
        let steps = || self.learning_steps.iter().chain(&self.relearning_steps);
        if !(0.7..=0.97).contains(&self.retention) {
            return Err("Choose between 70 % and 97 %: below, tunes are lost; above, they come every day.");
        }
        if !(1..=36_500).contains(&self.maximum_interval) {
            return Err("The longest break is between 1 day and 100 years.");
        }
        if steps().any(|minutes| !(1..=43_200).contains(minutes)) || steps().count() > 20 {
            return Err("Steps are between a minute and thirty days, and few.");
        }
        if self.weights.is_empty() || fsrs::check_and_fill_parameters(&self.weights).is_err() {
            return Err("The weights of FSRS are 17, 19 or 21 numbers.");
        }
        Ok(())
    }
}

/// A list of weights that FSRS accepts, in JSON.
pub fn readable_weights(text: &str) -> Option<Vec<f32>> {
    serde_json::from_str::<Vec<f32>>(text)
        .ok()
        .filter(|list| !list.is_empty() && fsrs::check_and_fill_parameters(list).is_ok())
}

/// Steps as a JSON list: numbers of minutes, or words such as “10m”, “1h”, “1d”. `None` if it is something else, or if a step lies outside
/// a minute and thirty days.
pub fn readable_steps(text: &str) -> Option<Vec<u32>> {
    let list: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    list.iter().map(minutes).collect()
}

fn minutes(step: &serde_json::Value) -> Option<u32> {
    let minutes = match step {
        serde_json::Value::Number(number) => number.as_f64()?,
        serde_json::Value::String(word) => {
            let word = word.trim();
            let unit = word.chars().last()?;
            let number = decimal(word.trim_end_matches(unit).trim())?;
            number
                * match unit {
                    'm' => 1.0,
                    'h' => 60.0,
                    'd' => 1440.0,
                    _ => return None,
                }
        }
        _ => return None,
    };
    (1.0..=43_200.0).contains(&minutes).then_some(minutes.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(weights: &str) -> Stored {
        Stored { weights: Some(weights.to_owned()), ..Stored::default() }
    }

    #[test]
    fn impossible_settings_fall_back_to_the_defaults() {
        let odd = Stored {
            retention: Some(1.5),
            maximum_interval: Some(0),
            learning_steps: Some("{}".into()),
            relearning_steps: Some("[0]".into()),
            ..stored("[1, 2]")
        };
        assert_eq!(SchedulerPrefs::from_stored(Algorithm::Fsrs, &odd), SchedulerPrefs::default());
        assert_eq!(SchedulerPrefs::from_stored(Algorithm::Fsrs, &stored("what?")), SchedulerPrefs::default());
    }

    #[test]
    fn older_lists_of_weights_are_accepted() {
        for count in [17, 19, 21] {
            let list = serde_json::to_string(&DEFAULT_PARAMETERS[..count]).unwrap_or_default();
            assert_eq!(SchedulerPrefs::from_stored(Algorithm::Fsrs, &stored(&list)).weights.len(), count);
        }
    }

    #[test]
    fn steps_are_minutes_or_words() {
        assert_eq!(readable_steps("[1, 10]"), Some(vec![1, 10]));
        assert_eq!(readable_steps(r#"["5m", "1h", "1d", "90"]"#), None, "a bare word has no unit");
        assert_eq!(readable_steps(r#"["5m", "1h", "1d"]"#), Some(vec![5, 60, 1440]));
        assert_eq!(readable_steps("[]"), Some(vec![]));
        assert_eq!(readable_steps("[-1]"), None);
        assert_eq!(Algorithm::from_stored(Some("sm2")), Algorithm::Sm2);
        assert_eq!(Algorithm::from_stored(Some("anything")), Algorithm::Fsrs);
    }
}
