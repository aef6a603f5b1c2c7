//! What the engine makes of an answer, or of none: settle, take a page, wait, refresh, send less at once.

use super::{
    CLOCK_OFF, DOUBT_AGAIN, Effect, Engine, FULL_PAUSE, Gaps, MISFIT_PAUSE, MOST_GAP_LOOKS, OUTDATED, PAGE,
    REFRESH_AGAIN,
};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::StoreError;
use crate::store::apply::{Applied, Page};
use crate::store::schema::Table;
use crate::store::sync_state;
use crate::sync::backoff::Dice;
use crate::sync::failure::{RemoteError, Verdict, takes_offence, verdict};
use crate::sync::lane::RequestId;
use crate::sync::status::LocalTrouble;
use crate::sync::store::SyncStore;
use crate::sync::wire::{LEAST_PAGE, PushReply, Reply};

const NO_ROOM: &str = "This device has no room left: nothing more is fetched until there is. Your own changes go on being saved and sent.";

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
                if let Err(error) = server_time.map_or(Ok(()), |time| store.heed_time(time, now)) {
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
                        self.once_more |= self.paging;
                        self.pull.want(now);
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
        self.once_more |= self.paging;
        self.pull.want(now);
        self.caught_up = false;
        Ok(())
    }

    /// More of the page that was begun.
    pub(super) fn go_on(
        &mut self,
        asked: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
        out: &mut Vec<Effect>,
    ) {
        let Some((id, since, rest)) = self.pull.take_rest() else { return };
        self.part.stored(since, now, asked);
        let taken = match store.takes_parts(self.reader()) {
            Ok(true) => self.take_part(id, rest, true, store, now, out),
            // Since the first part it has been decided that everything comes anew.
            Ok(false) => {
                self.pull.want(now);
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            self.store_failed(false, &error, now, dice);
        }
    }

    /// The first part of what is left of a page; the call goes on until all of it is stored.
    fn take_part(
        &mut self,
        id: RequestId,
        page: Page,
        in_parts: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        let (part, rest) = page.split(if in_parts { self.part.rows } else { usize::MAX });
        if self.take_page(&part, store, now, out)?
            && let Some(rest) = rest
        {
            self.pull.go_on(id, rest, now);
            out.push(Effect::GiveWay);
        }
        Ok(())
    }

    /// Does the same page go on after it?
    fn take_page(
        &mut self,
        page: &Page,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<bool, StoreError> {
        let outcome = store.apply_page(self.reader(), page, now)?;
        self.unpublished.extend(outcome.changed);
        if self.paged_as.replace(self.reader()) != Some(self.reader()) {
            self.gaps = Gaps { possible: self.gaps.possible, ..Gaps::default() };
            if outcome.resumed {
                // Earlier pages may have been another tab's, or of an earlier session, and nobody has been told of them; what was heard
                // of since lies beyond the bound of their pull.
                self.once_more = true;
                self.unpublished.extend(Table::ALL.into_iter().filter(|table| table.is_synced()));
            }
        }
        self.gaps.possible |= outcome.loose;
        // Also where it starts over: until it has gone through, parents may be missing.
        self.paging = outcome.unfinished;
        self.caught_up &= !outcome.unfinished;
        if !on(Remedy::PublishedOnce) {
            self.publish(out);
        }
        if page.partly && !outcome.restarted {
            return Ok(true);
        }
        let gone_through = !outcome.unfinished || (page.has_more && !on(Remedy::PagesToTheEnd));
        if outcome.restarted || !gone_through {
            self.once_more |= self.pull.is_wanted();
            self.pull.want(now);
            return Ok(false);
        }
        if std::mem::take(&mut self.once_more) {
            self.pull.want(now);
        }
        // A ring during the pull has left a wish behind: then it has not caught up.
        self.caught_up = !self.pull.is_wanted();
        self.pull.ended = Some(now);
        if std::mem::take(&mut self.met_another_history) {
            self.push.backoff.reset();
        }
        self.page_limit = PAGE;
        self.publish_whole(store, now, out)?;
        Ok(false)
    }

    /// Tells the interface of what has changed, once every parent is here. Where one is missing, another pull is wanted first; not
    /// for ever, since a parent may be out of this person's sight for good.
    fn publish_whole(
        &mut self,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        if self.gaps.possible && !self.unpublished.is_empty() {
            let known = store.gaps()?;
            let counted = |table: &Table| known.accepted > 0 || self.unpublished.contains(table);
            let tables: Vec<Table> = Table::ALL.into_iter().filter(counted).collect();
            let open = store.dangling(&tables)?;
            let waits = self.gaps.is_waiting(now);
            if open > known.accepted && (waits || self.gaps.looks < MOST_GAP_LOOKS) && on(Remedy::PublishedOnce) {
                self.caught_up = false;
                let next = self.gaps.next.filter(|_| waits).unwrap_or_else(|| self.gaps.look_again(now));
                self.pull.want(next);
                return if known.waiting {
                    Ok(())
                } else {
                    store.set_gaps(sync_state::Gaps { waiting: true, ..known })
                };
            }
            let accepted = sync_state::Gaps { accepted: open, waiting: false };
            if accepted != known {
                store.set_gaps(accepted)?;
            }
            self.gaps = Gaps::default();
        }
        self.publish(out);
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

    /// Tells the interface of what the pages have changed.
    fn publish(&mut self, out: &mut Vec<Effect>) {
        if !self.unpublished.is_empty() {
            out.push(Effect::Changed(std::mem::take(&mut self.unpublished).into_iter().collect()));
        }
    }

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
