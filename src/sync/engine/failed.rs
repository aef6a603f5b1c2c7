//! A call that brought no answer of use, and a database that does not take one: wait, refresh, send less at once, say so.

use super::{Engine, FULL_PAUSE, MISFIT_PAUSE, OUTDATED, REFRESH_AGAIN};
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::sync::backoff::Dice;
use crate::sync::failure::{RemoteError, Verdict, takes_offence, verdict};
use crate::sync::status::LocalTrouble;
use crate::sync::store::SyncStore;
use crate::sync::wire::LEAST_PAGE;

const NO_ROOM: &str = "This device has no room left: nothing more is fetched until there is. Your own changes go on being saved and sent.";

impl Engine {
    pub(super) fn store_failed(&mut self, is_push: bool, error: &StoreError, now: Timestamp, dice: &mut dyn Dice) {
        self.last_error = Some(error.to_string());
        let lane = if is_push { &mut self.push } else { &mut self.pull };
        lane.trouble = match error {
            StoreError::Full => Some(LocalTrouble::NoRoom),
            StoreError::Damaged(_) => Some(LocalTrouble::Damaged),
            _ => None,
        };
        if !is_push && matches!(error, StoreError::Full) {
            // Fetching more makes it worse: what is left of the room is for her edits.
            lane.backoff.hold(now, FULL_PAUSE);
            self.last_error = Some(NO_ROOM.to_owned());
        } else {
            lane.backoff.fail(now, None, dice);
        }
        lane.want(now);
    }

    pub(super) fn failed(
        &mut self,
        is_push: bool,
        ops: &[u64],
        error: &RemoteError,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
    ) {
        let stuck = is_push && self.is_stuck(error, now);
        let too_slow = stuck || matches!(error, RemoteError::Timeout(_)) || verdict(error) == Verdict::LessAtOnce;
        let slow = match ops {
            [op] if is_push && too_slow => Some(*op),
            _ => None,
        };
        let unreachable = !stuck && matches!(error, RemoteError::Network(_) | RemoteError::NotOurs { .. });
        if unreachable {
            self.link.fail(now, None, dice);
        } else if matches!(error, RemoteError::Status { .. }) && verdict(error) != Verdict::Retry {
            self.link.reset();
        }
        self.last_error = Some(error.to_string());
        let (lane, other) = if is_push { (&mut self.push, &self.pull) } else { (&mut self.pull, &self.push) };
        lane.want(now);
        match verdict(error) {
            // An unreachable server is paced by the link, once for both lanes.
            Verdict::Retry if unreachable => {}
            Verdict::Retry => {
                lane.backoff.fail(now, error.retry_after(), dice);
                // One lane may be stuck for itself. Both: it is the server, and they take turns from here on.
                if self.link.is_failing() || other.backoff.is_failing() {
                    self.link.catch_up(&other.backoff);
                    self.link.fail(now, error.retry_after(), dice);
                }
                if stuck || matches!(error, RemoteError::Timeout(_)) {
                    // A connection too slow for so much at once would never get through.
                    self.ask_less(is_push, ops.len());
                }
            }
            Verdict::RefreshToken => {
                let recently = self.refresh.last.is_some_and(|last| now < last.plus_micros(REFRESH_AGAIN));
                if self.session.is_none() || recently {
                    lane.backoff.fail(now, None, dice);
                } else {
                    self.refresh.wanted = true;
                }
            }
            // Passing trouble, and less work may get through. A single operation is never at fault for being slow.
            Verdict::LessAtOnce => {
                lane.backoff.fail(now, error.retry_after(), dice);
                self.ask_less(is_push, ops.len());
            }
            Verdict::SplitBatch if is_push => match ops {
                [] => lane.backoff.fail(now, None, dice),
                [op] => {
                    let (code, message) = match error {
                        RemoteError::Status { code, message, status, .. } => {
                            (code.clone().unwrap_or_else(|| status.to_string()), message.clone())
                        }
                        other => ("".to_owned(), other.to_string()),
                    };
                    if let Err(error) = store.refuse(*op, &code, &message, now) {
                        self.store_failed(true, &error, now, dice);
                    }
                }
                several => self.batch.halve(several.len()),
            },
            Verdict::SplitBatch => {
                lane.backoff.fail(now, error.retry_after(), dice);
                if matches!(error, RemoteError::Status { code: Some(code), .. } if code == "22023") {
                    // The server does not know this cursor.
                    if let Err(error) = store.forget_cursors() {
                        self.last_error = Some(error.to_string());
                    }
                } else {
                    self.ask_less(false, 0);
                }
            }
            Verdict::Outdated => {
                self.outdated |= is_push;
                self.last_error = Some(OUTDATED.to_owned());
                lane.backoff.hold(now, MISFIT_PAUSE);
            }
            Verdict::Misfit => lane.backoff.hold(now, MISFIT_PAUSE),
        }
        if let Some(op) = slow {
            self.slow.failed(op, now, dice);
            if self.slow.holds(op) {
                // It waits for itself; the others need not.
                self.push.backoff.reset();
            }
        }
    }

    /// Is it this batch, and not the server or the network, that does not get through? So it is where something in a batch gave offence before,
    /// and a pull has gone through since.
    fn is_stuck(&mut self, error: &RemoteError, now: Timestamp) -> bool {
        if !takes_offence(error) {
            self.offence = None;
            return false;
        }
        let since = *self.offence.get_or_insert(now);
        self.pull.ended.is_some_and(|ended| ended > since)
    }

    /// So much did not get through at once: less next time. A single operation cannot be made smaller.
    fn ask_less(&mut self, is_push: bool, ops: usize) {
        match is_push {
            true if ops > 1 => self.batch.halve(ops),
            true => {}
            false => self.page_limit = (self.page_limit / 2).max(LEAST_PAGE),
        }
    }
}
