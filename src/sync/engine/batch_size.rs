//! How much goes into one push: more while answers come quickly, less where they are slow or none come.

/// The first batch. While answers come quickly the next one is two or four times as large, up to [`MOST_OPS`].
const FIRST_OPS: usize = 100;
/// What `sync_push` takes at most.
const MOST_OPS: usize = 1000;
/// An answer within this time means that much more may go at once; within [`QUICK`], more; none within [`SLOW`], that less should.
const VERY_QUICK: i64 = 500_000;
pub(super) const QUICK: i64 = 1_500_000;
const SLOW: i64 = 5_000_000;

/// How many operations go into a push.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchSize {
    /// Entries, counted at the borders of local transactions.
    pub ops: usize,
    /// A local transaction up to this size goes whole.
    pub whole: usize,
}

impl Default for BatchSize {
    fn default() -> Self {
        BatchSize { ops: FIRST_OPS, whole: MOST_OPS }
    }
}

impl BatchSize {
    /// `sent` operations were answered within `took` microseconds.
    pub fn answered(&mut self, sent: usize, took: i64) {
        if took > SLOW {
            self.ops = (sent / 2).clamp(FIRST_OPS.min(self.ops), self.ops);
        } else if took <= QUICK && (sent * 2 > self.ops || self.ops < FIRST_OPS) {
            let times = if took <= VERY_QUICK { 4 } else { 2 };
            self.ops = (self.ops * times).min(MOST_OPS);
        }
        // After a batch that was too much, whole transactions go again once a usual batch does.
        if self.ops >= FIRST_OPS {
            self.whole = MOST_OPS;
        }
    }

    /// `sent` operations were too much for one call.
    pub fn halve(&mut self, sent: usize) {
        self.ops = (sent / 2).max(1);
        self.whole = self.ops;
    }
}
