//! Children that came before their parents: how long the interface waits to be told.

use crate::domain::time::Timestamp;

/// So many pulls in a row wait for missing parents, with pauses that double from [`GAP_PAUSE`]: about a minute.
pub(super) const MOST_GAP_LOOKS: u32 = 10;
const GAP_PAUSE: i64 = 100_000;

/// Rows whose parents are not here: moved by a later write beyond the bound of the pull that brought the child. The next pull
/// brings them; until then the interface is not told.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Rows were stored with foreign keys off since the last look.
    pub(super) possible: bool,
    /// Looks in a row that found some.
    pub(super) looks: u32,
    /// When the next one is due. Pulls before that, for a ring say, count for nothing.
    pub(super) next: Option<Timestamp>,
}

impl Gaps {
    /// Is a look still to come? (Not in the future of a clock that was set back since.)
    pub(super) fn is_waiting(&self, now: Timestamp) -> bool {
        let longest = GAP_PAUSE << MOST_GAP_LOOKS;
        self.next.is_some_and(|at| (1..=longest).contains(&(at.micros() - now.micros())))
    }

    /// One more has found some: when the next one is due.
    pub(super) fn look_again(&mut self, now: Timestamp) -> Timestamp {
        let pause = if self.looks == 0 { 0 } else { GAP_PAUSE << (self.looks - 1) };
        self.looks += 1;
        *self.next.insert(now.plus_micros(pause))
    }
}
