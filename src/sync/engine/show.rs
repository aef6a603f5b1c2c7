//! What the engine tells a person of its state.

use super::{Effect, Engine, OFFLINE_PROBE};
use crate::domain::time::Timestamp;
use crate::sync::status::{SyncPhase, SyncStatus};
use crate::sync::store::SyncStore;

impl Engine {
    /// When it will be tried whether there is a network, although the browser says that there is none.
    fn next_probe(&self) -> Option<Timestamp> {
        let probe = self.last_attempt.map(|last| last.plus_micros(OFFLINE_PROBE));
        let due = [self.push.due(), self.pull.due()].into_iter().flatten().min()?;
        Some([probe, self.link.until()].into_iter().flatten().fold(due, Timestamp::max))
    }

    pub(super) fn show(&mut self, store: &dyn SyncStore, now: Timestamp, out: &mut Vec<Effect>) {
        let counts = store.counts().unwrap_or_default();
        let standing = store.standing().unwrap_or_default();
        let (last_pull, last_push) = store.last_success().unwrap_or_default();
        let failing = self.push.backoff.is_failing() || self.pull.backoff.is_failing() || self.link.is_failing();
        let only_slow = counts.pending > 0 && counts.pending <= self.slow.count();
        let failing = failing || self.refresh.backoff.is_failing() || only_slow;
        let phase = match () {
            // Also after a restart, when there is no session left to end: her edits wait for her.
            () if self.ended => SyncPhase::SignInAgain,
            () if self.session.is_none() => SyncPhase::LocalOnly,
            () if !self.online => SyncPhase::Offline,
            () if self.outdated && counts.pending > 0 => SyncPhase::UpdateApp,
            () if failing => SyncPhase::Retrying,
            () if counts.pending > 0 || !self.caught_up => SyncPhase::Syncing,
            () if counts.refused > 0 || counts.undecided > 0 => SyncPhase::NeedsAttention,
            () => SyncPhase::Synced,
        };
        let untils = [
            self.push.backoff.until(),
            self.pull.backoff.until(),
            self.link.until(),
            self.refresh.backoff.until(),
            self.slow.until(),
        ];
        let status = SyncStatus {
            phase,
            pending: counts.pending,
            in_flight: self
                .push
                .in_flight
                .as_ref()
                .map_or(0, |flight| u32::try_from(flight.ops.len()).unwrap_or(u32::MAX)),
            refused: counts.refused,
            undecided: counts.undecided,
            unreviewed: counts.unreviewed,
            last_pull,
            last_push,
            last_error: self.last_error.clone(),
            trouble: self.push.trouble.or(self.pull.trouble).filter(|_| failing),
            next_attempt: if self.online {
                untils.into_iter().flatten().filter(|at| *at > now).min()
            } else {
                self.next_probe().filter(|at| *at > now)
            },
            doorbell: self.doorbell_up,
            aside: standing.aside,
            clock_ahead: self.clock_ahead,
            slow: self.slow.count(),
        };
        if self.shown.as_ref() != Some(&status) {
            self.shown = Some(status.clone());
            out.push(Effect::Status(status));
        }
    }
}
