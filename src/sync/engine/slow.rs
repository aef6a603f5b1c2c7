//! Single edits that the connection, or the server, is too slow for (a note with a pasted picture on a train): after a few attempts
//! everything else goes first, and they are tried again last, with pauses of their own. Never refused for being slow.

use crate::domain::time::Timestamp;
use crate::sync::backoff::{Backoff, Dice};

/// So many failures of one operation alone, and the others go first.
const PATIENCE: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Slow(Vec<(u64, Backoff)>);

impl Slow {
    /// That operation went alone, and no answer came in time.
    pub fn failed(&mut self, op: u64, now: Timestamp, dice: &mut dyn Dice) {
        let mut backoff = match self.0.iter().position(|(known, _)| *known == op) {
            Some(at) => self.0.remove(at).1,
            None => Backoff::default(),
        };
        backoff.fail(now, None, dice);
        // At the end: with several of them, each has its turn.
        self.0.push((op, backoff));
    }

    /// These were answered.
    pub fn answered(&mut self, ops: &[u64]) {
        self.0.retain(|(op, _)| !ops.contains(op));
    }

    /// There is reason to believe that they get through now; still after all others.
    pub fn take_heart(&mut self) {
        for (_, backoff) in &mut self.0 {
            backoff.end_pause();
        }
    }

    fn set_apart(&self) -> impl Iterator<Item = &(u64, Backoff)> {
        self.0.iter().filter(|(_, backoff)| backoff.failures() >= PATIENCE)
    }

    /// Those that go last, and those whose time has not come.
    pub fn order(&self, now: Timestamp) -> (Vec<u64>, Vec<u64>) {
        let waits = |backoff: &Backoff| backoff.until().is_some_and(|until| until > now);
        let (not_yet, last): (Vec<_>, Vec<_>) = self.set_apart().partition(|(_, backoff)| waits(backoff));
        let numbers = |lines: Vec<&(u64, Backoff)>| lines.into_iter().map(|(op, _)| *op).collect();
        (numbers(last), numbers(not_yet))
    }

    /// Is it one of those?
    pub fn holds(&self, op: u64) -> bool {
        self.set_apart().any(|(known, _)| *known == op)
    }

    /// When the next of them may be tried.
    pub fn until(&self) -> Option<Timestamp> {
        self.set_apart().filter_map(|(_, backoff)| backoff.until()).min()
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.set_apart().count() as u32
    }
}
