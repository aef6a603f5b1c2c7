//! How likely a tune is still known, by FSRS's curve of forgetting.

use fsrs::{FSRS5_DEFAULT_DECAY, MemoryState, current_retrievability};

use super::prefs::SchedulerPrefs;

/// FSRS-6 has the steepness of the curve as its last weight.
const WEIGHTS: usize = 21;

/// How likely a tune of that stability is still known `days` after it was last rated, 0–1.
pub fn retrievability(prefs: &SchedulerPrefs, stability: f32, days: f32) -> f32 {
    let decay = if prefs.weights.len() == WEIGHTS { prefs.weights[WEIGHTS - 1] } else { FSRS5_DEFAULT_DECAY };
    // The difficulty plays no part in it.
    let memory = MemoryState { stability: stability.max(0.001), difficulty: 5.0 };
    current_retrievability(memory, days.max(0.0), decay).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_its_stability_nine_in_ten_are_known() {
        let prefs = SchedulerPrefs::default();
        assert_eq!(retrievability(&prefs, 30.0, 0.0), 1.0);
        assert!((retrievability(&prefs, 30.0, 30.0) - 0.9).abs() < 1e-4);
        assert!(retrievability(&prefs, 30.0, 300.0) < 0.8);
        let older = SchedulerPrefs { weights: prefs.weights[..19].to_vec(), ..prefs };
        assert!((retrievability(&older, 30.0, 30.0) - 0.9).abs() < 1e-4);
        assert!((0.0..=1.0).contains(&retrievability(&older, 0.0, 1e9)));
    }
}
