//! SM2, the algorithm of 1987: an easiness, an interval and a count. For those who chose it; FSRS keeps its memory beneath it.

use crate::domain::practice::Rating;

/// Where a tune stands for SM2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// E-factor, at least 1.3.
    pub easiness: f64,
    /// Days to the next repetition.
    pub interval: u32,
    /// Good repetitions in a row.
    pub run: u32,
}

impl Default for Standing {
    fn default() -> Self {
        Standing { easiness: 2.5, interval: 0, run: 0 }
    }
}

/// What a rating is on SM2's scale of 0–5: Again 1, Hard 3, Good 4, Easy 5.
pub const fn quality(rating: Rating) -> i64 {
    match rating {
        Rating::Again => 1,
        Rating::Hard => 3,
        Rating::Good => 4,
        Rating::Easy => 5,
    }
}

impl Standing {
    /// After a repetition of that quality (0–5).
    pub fn next(self, quality: i64, maximum: u32) -> Self {
        let missing = (5 - quality.clamp(0, 5)) as f64;
        let easiness = (self.easiness + 0.1 - missing * (0.08 + missing * 0.02)).max(1.3);
        if quality < 3 {
            return Standing { easiness, interval: 1, run: 0 };
        }
        let interval = match self.run {
            0 => 1,
            1 => 6,
            _ => (f64::from(self.interval) * self.easiness).ceil() as u32,
        };
        Standing { easiness, interval: interval.clamp(1, maximum), run: self.run + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_course() {
        let mut standing = Standing::default();
        let mut intervals = Vec::new();
        for quality in [4, 4, 4, 5, 1, 4, 4] {
            standing = standing.next(quality, 36_500);
            intervals.push(standing.interval);
        }
        assert_eq!(intervals, [1, 6, 15, 38, 1, 1, 6]);
        assert!((standing.easiness - 2.06).abs() < 1e-9, "{}", standing.easiness);
    }

    #[test]
    fn the_easiness_has_a_floor_and_the_interval_a_ceiling() {
        let worst = (0..20).fold(Standing::default(), |standing, _| standing.next(0, 36_500));
        assert_eq!((worst.easiness, worst.interval), (1.3, 1));
        let best = (0..20).fold(Standing::default(), |standing, _| standing.next(5, 100));
        assert_eq!(best.interval, 100);
    }
}
