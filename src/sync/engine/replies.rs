//! What the engine makes of an answer: settle what was sent, take a page (`engine/pages.rs`), or look whether the server is the one it knows.

use super::batch_size::QUICK;
use super::{CLOCK_OFF, DOUBT_AGAIN, Effect, Engine, PAGE};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::StoreError;
use crate::store::apply::Applied;
use crate::sync::backoff::Dice;
use crate::sync::failure::RemoteError;
use crate::sync::lane::RequestId;
use crate::sync::store::SyncStore;
use crate::sync::wire::{PushReply, Reply};

impl Engine {
    pub(super) fn replied(
        &mut self,
        id: RequestId,
        result: Result<Reply, RemoteError>,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
        out: &mut Vec<Effect>,
    ) {
        let is_push = self.push.is_waiting_for(id);
        if !is_push && !self.pull.is_waiting_for(id) {
            // Given up, or of another session: the outbox still has what it had.
            return;
        }
        let lane = if is_push { &mut self.push } else { &mut self.pull };
        let (ops, since) = lane.in_flight.take().map_or((Vec::new(), now), |flight| (flight.ops, flight.since));
        match result {
            Err(error) => self.failed(is_push, &ops, &error, store, now, dice),
            Ok(reply) => {
                self.link.reset();
                let server_time = match &reply {
                    Reply::Push(reply) => reply.server_time.as_deref().and_then(|text| text.parse().ok()),
                    Reply::Pull(page) => page.server_time,
                };
                self.note_clock(server_time, since, now);
                // How far this clock is ahead at least: the answer may have slept with the machine.
                let took = (now.micros() - since.micros()).max(0);
                if let Err(error) = server_time.map_or(Ok(()), |time| store.heed_time(time.plus_micros(took), now)) {
                    return self.store_failed(is_push, &error, now, dice);
                }
                // Whatever the browser believes, unless it has said so since.
                self.online |= since > self.offline_since;
                // A push has settled nothing: the same at once would be answered the same, for ever.
                let mut idle = false;
                let taken = match reply {
                    Reply::Push(reply) if is_of_another_history(&reply, store) => {
                        // What it says is about a server that this device does not know yet, or that is no more. The entries stay as
                        // sent and unanswered; a pull tells.
                        self.met_another_history = true;
                        self.push.backoff.fail(now, None, dice);
                        self.push.want(now);
                        self.look_again(now);
                        self.caught_up = false;
                        return;
                    }
                    Reply::Push(reply) => take_answers(&reply, store, now).and_then(|applied| {
                        self.outdated = false;
                        self.batch.answered(ops.len(), now.micros() - since.micros());
                        self.slow.answered(&ops);
                        self.offence = None;
                        self.unpublished.extend(applied.changed);
                        self.gaps.possible |= applied.loose;
                        idle = !applied.moved;
                        if applied.behind {
                            self.doubt_history(store, now)?;
                        }
                        // Between the pages of a pull, children may be here whose parents are not; also of one that another tab began.
                        let gone_through = self.pull.ended.is_some() && self.paged_as == Some(self.reader());
                        let is_whole = !self.paging && gone_through && self.gaps.looks == 0;
                        if is_whole { self.publish_whole(store, now, out) } else { Ok(()) }
                    }),
                    Reply::Pull(page) => store.takes_parts(self.reader()).and_then(|in_parts| {
                        // A page that had to be made small grows again as soon as it comes quickly: the end of the pull may be far.
                        if page.has_more && took <= QUICK {
                            self.page_limit = (self.page_limit * 2).min(PAGE);
                        }
                        // What answers for single rows says more than its rows do.
                        let in_parts = in_parts && page.gone.is_none();
                        self.take_part(id, page.parents_first(), in_parts, store, now, out)
                    }),
                };
                let lane = if is_push { &mut self.push } else { &mut self.pull };
                match taken {
                    Ok(()) if idle => lane.backoff.fail(now, None, dice),
                    Ok(()) => {
                        lane.backoff.reset();
                        lane.trouble = None;
                        if !self.push.backoff.is_failing() && !self.pull.backoff.is_failing() {
                            self.last_error = None;
                        }
                    }
                    Err(error) => self.store_failed(is_push, &error, now, dice),
                }
            }
        }
    }

    /// The server has less than it had, and says that its history is the same: everything is compared, once in a while.
    fn doubt_history(&mut self, store: &mut dyn SyncStore, now: Timestamp) -> Result<(), StoreError> {
        let recently = self.doubted.is_some_and(|at| now < at.plus_micros(DOUBT_AGAIN) && at <= now);
        if recently || !on(Remedy::EpochCompared) {
            return Ok(());
        }
        store.compare_anew(self.reader(), now)?;
        // A page on its way was asked for from the cursor before: its own cursor would leave out all that lies below.
        self.pull.in_flight = None;
        self.doubted = Some(now);
        self.met_another_history = true;
        self.look_again(now);
        self.caught_up = false;
        Ok(())
    }

    /// How far this device's clock is off, as far as the answer tells: the server's word fell between the sending and now.
    fn note_clock(&mut self, server: Option<Timestamp>, sent: Timestamp, now: Timestamp) {
        let Some(server) = server else { return };
        let (ahead, behind) = (sent.micros() - server.micros(), server.micros() - now.micros());
        self.clock_ahead = match () {
            // To the minute, or every answer would be news.
            () if ahead > CLOCK_OFF => Some(ahead / 60_000_000 * 60),
            () if behind > CLOCK_OFF => Some(-behind / 60_000_000 * 60),
            () => None,
        };
    }
}

/// The entries are settled; the history in which they are is known from now on.
fn take_answers(reply: &PushReply, store: &mut dyn SyncStore, now: Timestamp) -> Result<Applied, StoreError> {
    if let Some(epoch) = &reply.epoch {
        store.note_epoch(epoch, now)?;
    }
    store.settle(&reply.results, now)
}

/// Does the answer come from another history of the server than the one that the outbox builds on?
fn is_of_another_history(reply: &PushReply, store: &dyn SyncStore) -> bool {
    let known = store.epoch().ok().flatten();
    on(Remedy::EpochCompared) && known.is_some() && reply.epoch.is_some() && reply.epoch != known
}
