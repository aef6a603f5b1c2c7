//! The scheduler's settings (`prefs_spaced_repetition`), with values that always work.

use fsrs::DEFAULT_PARAMETERS;

/// What a person may set.
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulerPrefs {
    /// With which probability a tune shall still be known when it falls due.
    pub retention: f32,
    /// 21 weights of FSRS-6; 19 (FSRS-5) and 17 (FSRS-4.5) are understood, too.
    pub weights: Vec<f32>,
    /// Longest interval in days.
    pub maximum_interval: u32,
}

impl Default for SchedulerPrefs {
    fn default() -> Self {
        SchedulerPrefs { retention: 0.9, weights: DEFAULT_PARAMETERS.to_vec(), maximum_interval: 36_500 }
    }
}

impl SchedulerPrefs {
    /// From the stored row. What is missing or impossible (weights that are no list of 17, 19 or 21 numbers, a retention outside
    /// 0.5–0.99, an interval under a day) falls back to the default: settings must never stand in the way of a rating.
    pub fn from_stored(weights: Option<&str>, retention: Option<f64>, maximum_interval: Option<i64>) -> Self {
        let default = SchedulerPrefs::default();
        let weights = weights
            .and_then(|text| serde_json::from_str::<Vec<f32>>(text).ok())
            .filter(|list| !list.is_empty() && fsrs::check_and_fill_parameters(list).is_ok());
        SchedulerPrefs {
            retention: retention.filter(|r| (0.5..=0.99).contains(r)).map_or(default.retention, |r| r as f32),
            weights: weights.unwrap_or(default.weights),
            maximum_interval: maximum_interval
                .filter(|days| *days >= 1)
                .map_or(default.maximum_interval, |days| days.min(i64::from(default.maximum_interval)) as u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_settings_fall_back_to_the_defaults() {
        let odd = SchedulerPrefs::from_stored(Some("[1, 2]"), Some(1.5), Some(0));
        assert_eq!(odd, SchedulerPrefs::default());
        assert_eq!(SchedulerPrefs::from_stored(Some("what?"), None, None), SchedulerPrefs::default());
    }

    #[test]
    fn older_lists_of_weights_are_accepted() {
        for count in [17, 19, 21] {
            let list = serde_json::to_string(&DEFAULT_PARAMETERS[..count]).unwrap_or_default();
            assert_eq!(SchedulerPrefs::from_stored(Some(&list), None, None).weights.len(), count);
        }
    }
}
