//! The growing pause between attempts: 1, 2, 4 … 60 s, each up to a quarter longer by chance; never shorter than what the server
//! asked for.
//!
//! Not drawn from zero on: then ten minutes without a server could cost any number of requests. So they cost 15 at most, whatever
//! the dice say (seven in the first minute, eight more at 60 s), and the longest pause still ends within 90 s of the server's return.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// Where chance comes from: the platform's randomness, or a seed.
pub trait Dice {
    /// A number in `[0, 1)`.
    fn roll(&mut self) -> f64;
}

/// The pause before chance lengthens it.
const LONGEST: i64 = 60_000_000;
/// However long the server asks to be left alone: a header gone wrong must not stop a device for a day.
const LONGEST_ASKED: i64 = 15 * 60_000_000;

/// Counts failures in a row.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
    until: Option<Timestamp>,
}

impl Backoff {
    /// Another failure at `now`.
    pub fn fail(&mut self, now: Timestamp, at_least: Option<Duration>, dice: &mut dyn Dice) {
        let doublings = if on(Remedy::PausesGrow) { self.failures } else { 0 };
        let least = (1_000_000_i64 << doublings.min(6)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let pause = least + (least as f64 / 4.0 * dice.roll()) as i64;
        let asked = at_least.map_or(0, |asked| i64::try_from(asked.as_micros()).unwrap_or(i64::MAX));
        self.until = Some(now.plus_micros(pause.max(asked.min(LONGEST_ASKED))));
    }

    /// Another failure that only time or a person can mend: wait for `pause`.
    pub fn hold(&mut self, now: Timestamp, pause: Duration) {
        self.failures = self.failures.saturating_add(1);
        self.until = Some(now.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(LONGEST)));
    }

    /// Goes on from as many failures as `other` has seen.
    pub fn catch_up(&mut self, other: &Backoff) {
        self.failures = self.failures.max(other.failures);
    }

    /// It works again, or there is a reason to believe so.
    pub fn reset(&mut self) {
        *self = Backoff::default();
    }

    /// The pause is over; the failures still count.
    pub fn end_pause(&mut self) {
        self.until = None;
    }

    /// How many attempts in a row have failed.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Has the last attempt failed?
    pub const fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Not before this.
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(f64);
    impl Dice for Always {
        fn roll(&mut self) -> f64 {
            self.0
        }
    }

    #[test]
    fn pauses_double_up_to_a_minute_or_so_and_heed_the_server() {
        let now = Timestamp::from_micros(0);
        let mut backoff = Backoff::default();
        let mut longest = Vec::new();
        for _ in 0..8 {
            backoff.fail(now, None, &mut Always(0.999_999_9));
            longest.push(backoff.until().map_or(0, |t| (t.micros() + 5_000) / 10_000));
        }
        assert_eq!(longest, [125, 250, 500, 1000, 2000, 4000, 7500, 7500], "a quarter longer by chance");
        let mut shortest = Backoff::default();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            shortest.fail(now, None, &mut Always(0.0));
            pauses.push(shortest.until().map_or(0, |t| t.micros() / 1_000_000));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.fail(now, Some(Duration::from_secs(120)), &mut Always(0.0));
        assert_eq!(backoff.until(), Some(Timestamp::from_micros(120_000_000)));
        backoff.fail(now, Some(Duration::from_secs(86_400)), &mut Always(0.0));
        assert_eq!(backoff.until(), Some(Timestamp::from_micros(900_000_000)), "not for a day");
        backoff.fail(now, Some(Duration::MAX), &mut Always(0.0));
        assert_eq!(backoff.until(), Some(Timestamp::from_micros(900_000_000)));
        backoff.reset();
        assert!(!backoff.is_failing());
    }
}
