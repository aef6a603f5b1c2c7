//! A little chance in long intervals, so that tunes learned on one day do not come back on one day for ever. Which way it falls follows
//! from the tune and its count of ratings: every device throws the same dice, and a preview keeps its word.

/// (from, to, share): how far an interval may stray, as in Anki and ts-fsrs.
const RANGES: [(f64, f64, f64); 3] = [(2.5, 7.0, 0.15), (7.0, 20.0, 0.1), (20.0, f64::INFINITY, 0.05)];

/// The whole days that `interval` may become.
pub fn range(interval: u32, elapsed: u32, maximum: u32) -> (u32, u32) {
    let days = f64::from(interval.min(maximum));
    let stray = 1.0 + RANGES.iter().map(|(from, to, share)| share * (days.min(*to) - from).max(0.0)).sum::<f64>();
    let mut least = (days - stray).round().max(2.0) as u32;
    let most = ((days + stray).round() as u32).min(maximum);
    if interval > elapsed {
        least = least.max(elapsed + 1);
    }
    (least.min(most), most)
}

/// `interval` with the dice thrown; short ones stay.
pub fn fuzzed(interval: u32, elapsed: u32, maximum: u32, seed: u64) -> u32 {
    if f64::from(interval) < 2.5 {
        return interval;
    }
    let (least, most) = range(interval, elapsed, maximum);
    least + (mixed(seed) % u64::from(most - least + 1)) as u32
}

/// A step of splitmix64.
const fn mixed(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_ranges() {
        assert_eq!(range(3, 0, 36_500), (2, 4));
        assert_eq!(range(10, 0, 36_500), (8, 12));
        assert_eq!(range(100, 50, 36_500), (93, 107));
        assert_eq!(range(10, 9, 36_500), (10, 12), "longer than the last one");
        assert_eq!(range(100, 0, 100), (93, 100));
    }

    #[test]
    fn the_dice_stay_in_the_range_use_all_of_it_and_leave_short_ones_alone() {
        let thrown: std::collections::BTreeSet<u32> = (0..200).map(|seed| fuzzed(10, 0, 36_500, seed)).collect();
        assert_eq!(thrown.into_iter().collect::<Vec<_>>(), [8, 9, 10, 11, 12]);
        assert!((0..50).all(|seed| fuzzed(2, 0, 36_500, seed) == 2 && fuzzed(1, 0, 36_500, seed) == 1));
        assert_eq!(fuzzed(10, 0, 36_500, 7), fuzzed(10, 0, 36_500, 7));
    }
}
