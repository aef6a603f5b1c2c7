//! Learning steps: a tune that is new or was lost comes back within minutes, until it is got through. As in ts-fsrs.

use crate::domain::practice::Rating;

/// Minutes in a day: a step of that length or more is an interval like any other.
pub const DAY_MINUTES: u32 = 1440;

/// A step to take: after so many minutes, and then it stands on that step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Minutes until the tune comes back.
    pub minutes: u32,
    /// The step it stands on then.
    pub then: u32,
}

/// The step after a rating of a tune that stands on step `at` of `steps`; `None`: it is through.
pub fn while_learning(steps: &[u32], at: u32, rating: Rating) -> Option<Step> {
    let place = at as usize;
    let first = *steps.first()?;
    if place >= steps.len() {
        return None;
    }
    let step = match rating {
        Rating::Again => Step { minutes: first, then: 0 },
        Rating::Hard => {
            let minutes = steps.get(1).map_or_else(|| half_up(first * 3), |second| half_up(first + second));
            Step { minutes, then: at }
        }
        Rating::Good => Step { minutes: *steps.get(place + 1)?, then: at + 1 },
        Rating::Easy => return None,
    };
    (step.minutes > 0).then_some(step)
}

/// The step after a tune that was known is lost; `None`: it goes straight back into the schedule.
pub fn after_a_lapse(steps: &[u32]) -> Option<Step> {
    steps.first().filter(|minutes| **minutes > 0).map(|minutes| Step { minutes: *minutes, then: 0 })
}

const fn half_up(twice: u32) -> u32 {
    twice.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(steps: &[u32], at: u32, rating: Rating) -> Option<(u32, u32)> {
        while_learning(steps, at, rating).map(|step| (step.minutes, step.then))
    }

    #[test]
    fn one_goes_through_the_steps_and_again_starts_over() {
        let steps = [1, 10];
        assert_eq!(Rating::ALL.map(|r| minutes(&steps, 0, r)), [Some((1, 0)), Some((6, 0)), Some((10, 1)), None]);
        assert_eq!(Rating::ALL.map(|r| minutes(&steps, 1, r)), [Some((1, 0)), Some((6, 1)), None, None]);
        assert_eq!(Rating::ALL.map(|r| minutes(&[5], 0, r)), [Some((5, 0)), Some((8, 0)), None, None]);
        assert_eq!(Rating::ALL.map(|r| minutes(&[], 0, r)), [None; 4]);
        assert_eq!(after_a_lapse(&[10]), Some(Step { minutes: 10, then: 0 }));
        assert_eq!(after_a_lapse(&[]), None);
    }
}
