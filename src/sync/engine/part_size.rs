//! How many rows of a page are stored at a time: few while somebody uses the database, since she waits for the part in hand; many while nobody
//! does, since a commit costs as much as many rows.

use crate::domain::time::Timestamp;

/// A part that nobody waits for long, also on a slow phone. The first one, and each while somebody uses the database.
const FIRST: usize = 50;
/// Nobody has asked for anything for so long: nobody is at work here.
const CALM: i64 = 1_000_000;
/// A part that takes longer would be felt too much by whoever comes back. (In the browser 50 rows took 0.2 s, nearly all of it not the rows'.)
const LONG: i64 = 500_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct PartSize {
    /// Rows of the next part.
    pub rows: usize,
    least: usize,
    most: usize,
    /// When somebody last used the database between two parts.
    asked: Option<Timestamp>,
}

impl PartSize {
    /// Between [`FIRST`] and a whole page of `most` rows.
    pub fn up_to(most: usize) -> Self {
        PartSize { rows: FIRST, least: FIRST, most, asked: None }
    }

    /// Always so many.
    pub fn always(rows: usize) -> Self {
        PartSize { rows, least: rows, most: rows, asked: None }
    }

    /// A part was stored, and whoever waited was let go first, since `begun`; `asked`: somebody has.
    pub fn stored(&mut self, begun: Timestamp, now: Timestamp, asked: bool) {
        if asked {
            self.asked = Some(now);
        }
        let took = now.micros() - begun.micros();
        if self.asked.is_some_and(|at| (0..CALM).contains(&(now.micros() - at.micros()))) {
            self.rows = self.least;
        } else if took > LONG {
            self.rows = (self.rows / 2).max(self.least);
        } else if took <= LONG / 2 {
            self.rows = (self.rows * 2).min(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_micros(milliseconds * 1_000)
    }

    #[test]
    fn parts_grow_to_a_page_while_nobody_asks_and_they_are_quick() {
        let mut part = PartSize::up_to(500);
        let sizes: Vec<usize> = (0..5)
            .map(|n| {
                part.stored(at(n * 10), at(n * 10 + 10), false);
                part.rows
            })
            .collect();
        assert_eq!(sizes, [100, 200, 400, 500, 500]);
    }

    #[test]
    fn one_that_takes_long_is_not_made_longer() {
        let mut part = PartSize { rows: 200, ..PartSize::up_to(500) };
        part.stored(at(0), at(400), false);
        assert_eq!(part.rows, 200);
        part.stored(at(0), at(501), false);
        assert_eq!(part.rows, 100);
        for _ in 0..5 {
            part.stored(at(0), at(900), false);
        }
        assert_eq!(part.rows, FIRST, "not smaller than the first");
    }

    #[test]
    fn they_are_small_from_when_somebody_asks_until_nobody_has_for_a_while() {
        let mut part = PartSize { rows: 500, ..PartSize::up_to(500) };
        part.stored(at(0), at(30), true);
        assert_eq!(part.rows, FIRST);
        part.stored(at(30), at(900), false);
        assert_eq!(part.rows, FIRST, "she may be about to type the next letter");
        part.stored(at(1_000), at(1_040), false);
        assert_eq!(part.rows, 100);
    }

    #[test]
    fn a_clock_set_back_keeps_nothing_small_for_ever() {
        let mut part = PartSize::up_to(500);
        part.stored(at(100_000), at(100_010), true);
        part.stored(at(0), at(10), false);
        assert_eq!(part.rows, 100);
    }
}
