//! What the engine starts now, and when it wants to look again.

use super::{BATCH_BYTES, Effect, Engine, LOST_AFTER, OFFLINE_PROBE, REFRESH_MARGIN, RENEW_PAUSE};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::StoreError;
use crate::store::outbox::{BatchLimit, Counts};
use crate::store::sync_state::Reader;
use crate::sync::backoff::Dice;
use crate::sync::failure::RemoteError;
use crate::sync::lane::RequestId;
use crate::sync::store::SyncStore;
use crate::sync::wire::Request;

impl Engine {
    pub(super) fn reader(&self) -> Reader {
        self.session.map_or(Reader::Anonymous, |session| Reader::Person(session.user))
    }

    /// The doorbell is connected for whoever is signed in, by the tab that owns the database.
    pub(super) fn keep_doorbell(&mut self, out: &mut Vec<Effect>) {
        let of = self.session.filter(|_| self.owner && !self.ended).map(|session| session.user);
        if of == self.doorbell_of {
            return;
        }
        self.doorbell_of = of;
        self.doorbell_up = false;
        out.push(of.map_or(Effect::CloseDoorbell, Effect::OpenDoorbell));
    }

    /// What is remembered as later than now would be waited for until the clock has come round again.
    pub(super) fn clock_was_set_back(&mut self, now: Timestamp) {
        self.push.not_later_than(now);
        self.pull.not_later_than(now);
        self.offline_since = self.offline_since.min(now);
        for at in [&mut self.refresh.running_since, &mut self.refresh.last] {
            *at = at.map(|at| at.min(now));
        }
    }

    fn new_id(&mut self) -> RequestId {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        id
    }

    /// How long after a pull the next one is due without any other reason. Where something waits to be sent, and can be, it is
    /// never longer than a minute, however hidden the app.
    fn poll_pause(&self, pending: u32) -> i64 {
        match () {
            () if self.ended || self.session.is_none() => 300_000_000,
            () if pending > 0 && self.visible => 30_000_000,
            () if pending > 0 || self.visible => 60_000_000,
            () => 300_000_000,
        }
    }

    /// Starts what is due, and says when to look again.
    pub(super) fn drive(
        &mut self,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
        out: &mut Vec<Effect>,
    ) {
        let counts = store.counts().unwrap_or_else(|error| {
            self.store_failed(true, &error, now, dice);
            Counts::default()
        });
        let mut wake = now.plus_micros(self.poll_pause(counts.pending));
        if self.owner {
            wake = wake.min(self.drive_refresh(now, dice, out));
            for is_push in [true, false] {
                let lane = if is_push { &mut self.push } else { &mut self.pull };
                if lane.in_flight.as_ref().is_some_and(|flight| flight.since.plus_micros(LOST_AFTER) <= now) {
                    let ops = lane.in_flight.take().map(|flight| flight.ops).unwrap_or_default();
                    let error = RemoteError::Timeout((LOST_AFTER / 1_000_000) as u64);
                    self.failed(is_push, &ops, &error, store, now, dice);
                }
            }
            if counts.pending > 0 && on(Remedy::PendingWanted) {
                // Whatever event was lost: something pending is something wanted.
                self.push.want_at_least(now);
            }
            let poll = self.pull.ended.map_or(now, |ended| ended.plus_micros(self.poll_pause(counts.pending)));
            self.pull.poll = Some(poll).filter(|_| on(Remedy::PollsWithoutBell));
            // Where only one may go, it is the other one's turn: a push that never gets through must not keep pulls away.
            let push_first = !(self.link.is_failing() && self.pushed_last);
            for is_push in [push_first, !push_first] {
                if let Some(at) = self.start_due(is_push, store, now, dice, out) {
                    wake = wake.min(at);
                }
            }
        }
        let wake = wake.max(now.plus_micros(1000));
        self.wake = Some(wake);
        out.push(Effect::WakeAt(wake));
        self.show(store, now, out);
    }

    /// Renews the session when it must be. When to look again.
    fn drive_refresh(&mut self, now: Timestamp, dice: &mut dyn Dice, out: &mut Vec<Effect>) -> Timestamp {
        let far = now.plus_micros(300_000_000);
        let Some(session) = self.session.filter(|_| !self.ended) else { return far };
        if let Some(since) = self.refresh.running_since.filter(|_| on(Remedy::SingleRefresh)) {
            let lost = since.plus_micros(LOST_AFTER);
            if now < lost {
                return lost;
            }
            self.refresh.running_since = None;
            self.refresh.backoff.fail(now, None, dice);
        }
        // One of a short life is renewed in the middle of it.
        let margin = |since: Timestamp| (session.expires_at.micros() - since.micros()).min(2 * REFRESH_MARGIN) / 2;
        let due = match self.refresh.last {
            _ if self.refresh.wanted => now,
            None => session.expires_at.plus_micros(-REFRESH_MARGIN),
            Some(since) if session.expires_at > since => {
                session.expires_at.plus_micros(-margin(since)).max(since.plus_micros(RENEW_PAUSE))
            }
            Some(since) => since,
        };
        let due = [self.refresh.backoff.until(), self.link.until()].into_iter().flatten().fold(due, Timestamp::max);
        if due > now {
            return due;
        }
        if self.link.is_failing() && (self.push.in_flight.is_some() || self.pull.in_flight.is_some()) {
            // One at a time; its answer will come by here.
            return far;
        }
        if !self.online && now < session.expires_at {
            return far;
        }
        self.refresh.running_since = Some(now);
        self.refresh.last = Some(now);
        out.push(Effect::RefreshSession);
        now.plus_micros(LOST_AFTER)
    }

    /// May calls in a person's name be made?
    fn token_is_good(&self, now: Timestamp) -> bool {
        !self.ended && !self.refresh.wanted && self.session.is_some_and(|session| now < session.expires_at)
    }

    /// Starts the lane's call if it is due. Otherwise, when to look again; `None` = nothing to wait for here.
    fn start_due(
        &mut self,
        is_push: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
        out: &mut Vec<Effect>,
    ) -> Option<Timestamp> {
        let (lane, other) = if is_push { (&self.push, &self.pull) } else { (&self.pull, &self.push) };
        if let Some(flight) = &lane.in_flight {
            return Some(flight.since.plus_micros(LOST_AFTER));
        }
        let mut at = lane.due()?;
        let allowed = match self.session {
            None => !is_push,
            Some(_) => self.token_is_good(now),
        };
        let other_waits = other.in_flight.is_some() || self.refresh.running_since.is_some();
        if !allowed || (self.link.is_failing() && other_waits) {
            // The session's renewal, or the other lane's answer, will come by here again.
            return None;
        }
        if let Some(until) = self.link.until() {
            at = at.max(until);
        }
        if !self.online {
            at = at
                .max(self.last_attempt.map_or(now.plus_micros(OFFLINE_PROBE), |last| last.plus_micros(OFFLINE_PROBE)));
            // The first look at the clock after going offline counts as an attempt.
            self.last_attempt.get_or_insert(now);
        }
        if at > now {
            return Some(at);
        }
        match self.request(is_push, store, now) {
            Ok(None) => {
                self.push.served();
                self.slow.until().filter(|until| *until > now)
            }
            Ok(Some(request)) => {
                let id = self.new_id();
                self.last_attempt = Some(now);
                self.pushed_last = is_push;
                let ops = match &request {
                    Request::Push { ops, .. } => ops.iter().map(|op| op.op).collect(),
                    Request::Pull { .. } => Vec::new(),
                };
                let lane = if is_push { &mut self.push } else { &mut self.pull };
                lane.start(id, ops, now);
                out.push(Effect::Send { id, request });
                Some(now.plus_micros(LOST_AFTER))
            }
            Err(error) => {
                self.store_failed(is_push, &error, now, dice);
                let lane = if is_push { &self.push } else { &self.pull };
                lane.due()
            }
        }
    }

    fn request(
        &mut self,
        is_push: bool,
        store: &mut dyn SyncStore,
        now: Timestamp,
    ) -> Result<Option<Request>, StoreError> {
        if !is_push {
            let reader = self.reader();
            let cursor = store.cursor(reader)?;
            let look = store.to_look_at(reader, self.page_limit as usize)?;
            return Ok(Some(Request::Pull { reader, cursor, page_limit: self.page_limit, look }));
        }
        let (last, not_yet) = &self.slow.order(now);
        let limit = BatchLimit { ops: self.batch.ops, hard_ops: self.batch.whole, bytes: BATCH_BYTES, last, not_yet };
        let ops = store.next_batch(limit, now)?;
        Ok((!ops.is_empty()).then_some(Request::Push {
            ops,
            name: store.device_name()?,
            epoch: store.epoch()?.filter(|_| on(Remedy::EpochWithPush)),
        }))
    }
}
