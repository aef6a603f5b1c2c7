//! The engine: events in, effects out. It decides when to push, to pull, to refresh the session, and what the status says.
//!
//! Knows no network, no timer, no thread: `worker::driver` performs the effects, tests and simulations play the world.
//! The table of states and events is in `docs/sync.md`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::backoff::{Backoff, Dice};
use super::failure::{RemoteError, Verdict, verdict};
use super::lane::{Lane, RequestId};
use super::status::{SyncPhase, SyncStatus};
use super::store::SyncStore;
use super::wire::{Reply, Request};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::outbox::{BatchLimit, Counts};
use crate::store::schema::Table;
use crate::store::sync_state::Reader;

/// Edits that come within this time go together.
const EDIT_PAUSE: i64 = 60_000;
/// Rings that come within this time mean one pull.
const RING_PAUSE: i64 = 50_000;
/// A call without an answer for so long is lost (the transport gives up earlier; this catches a machine that slept).
const LOST_AFTER: i64 = 90_000_000;
/// The access token is renewed so long before its end.
const REFRESH_MARGIN: i64 = 90_000_000;
/// With app and server not fitting together, ask again so rarely.
const MISFIT_PAUSE: Duration = Duration::from_secs(300);
/// After a refresh that did not help, the next one not before this.
const REFRESH_AGAIN: i64 = 60_000_000;
/// While the browser says there is no network, try all the same so rarely: it is sometimes wrong.
const OFFLINE_PROBE: i64 = 60_000_000;
/// A gap in time longer than this between two events: the machine slept.
const SLEPT: i64 = 150_000_000;
const BATCH_OPS: usize = 100;
/// What `sync_push` takes at most.
const BATCH_HARD: usize = 200;
const BATCH_BYTES: usize = 1_000_000;
const PAGE: u32 = 500;

/// A session as the engine needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Whose.
    pub user: UserId,
    /// When its access token ends.
    pub expires_at: Timestamp,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The database is open.
    Started,
    /// An edit was stored.
    LocalEdit,
    /// The time of [`Effect::WakeAt`] has come.
    Woken,
    /// The browser believes that there is, or is not, a network.
    Online(bool),
    /// The app came to the front or went to the back.
    Visible(bool),
    /// The doorbell is connected and rings from now on.
    DoorbellUp,
    /// It is not (any more).
    DoorbellDown,
    /// Something changed on the server.
    DoorbellRang,
    /// Somebody signed in or out.
    Session(Option<SessionInfo>),
    /// The session was renewed.
    SessionRefreshed(SessionInfo),
    /// It was not.
    RefreshFailed {
        /// For good, by the word of the auth server.
        ended: bool,
        /// In words.
        message: String,
    },
    /// A call was answered, or was not.
    Replied {
        /// Which.
        request: RequestId,
        /// With what.
        result: Result<Reply, RemoteError>,
    },
    /// A person wants it now.
    SyncNow,
    /// A person wants refused edits to be tried again.
    RetryRefused,
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make this call and bring its answer as [`Event::Replied`].
    Send {
        /// Goes back with the answer.
        id: RequestId,
        /// The call.
        request: Request,
    },
    /// Bring [`Event::Woken`] then; replaces the time given before.
    WakeAt(Timestamp),
    /// Connect the doorbell of that person and keep it connected.
    OpenDoorbell(UserId),
    /// Disconnect it.
    CloseDoorbell,
    /// Renew the session.
    RefreshSession,
    /// Show this.
    Status(SyncStatus),
    /// Rows of these tables have changed: whoever shows them asks again.
    Changed(Vec<Table>),
}

#[derive(Debug, Default)]
struct Refresh {
    /// The server has rejected the token.
    wanted: bool,
    running_since: Option<Timestamp>,
    last: Option<Timestamp>,
    backoff: Backoff,
}

/// The state machine.
#[derive(Debug)]
pub struct Engine {
    started: bool,
    online: bool,
    visible: bool,
    session: Option<SessionInfo>,
    ended: bool,
    refresh: Refresh,
    doorbell_up: bool,
    push: Lane,
    pull: Lane,
    /// While the server cannot be reached at all, the two lanes take turns instead of both asking.
    link: Backoff,
    last_attempt: Option<Timestamp>,
    batch_ops: usize,
    page_limit: u32,
    caught_up: bool,
    /// Changed by pages of a pull that has not ended yet.
    unpublished: BTreeSet<Table>,
    next_id: u64,
    last_event: Option<Timestamp>,
    last_error: Option<String>,
    wake: Option<Timestamp>,
    shown: Option<SyncStatus>,
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new()
    }
}

impl Engine {
    /// At rest, believing in a network and a visible app until told otherwise.
    pub fn new() -> Self {
        Engine {
            started: false,
            online: true,
            visible: true,
            session: None,
            ended: false,
            refresh: Refresh::default(),
            doorbell_up: false,
            push: Lane::default(),
            pull: Lane::default(),
            link: Backoff::default(),
            last_attempt: None,
            batch_ops: BATCH_OPS,
            page_limit: PAGE,
            caught_up: false,
            unpublished: BTreeSet::new(),
            next_id: 1,
            last_event: None,
            last_error: None,
            wake: None,
            shown: None,
        }
    }

    /// When it wants to be woken next.
    pub const fn wake_at(&self) -> Option<Timestamp> {
        self.wake
    }

    /// Takes in one event and says what to do.
    pub fn handle(
        &mut self,
        event: Event,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
    ) -> Vec<Effect> {
        let mut out = Vec::new();
        if self.last_event.is_some_and(|last| now.micros() - last.micros() > SLEPT) {
            self.take_heart(now);
        }
        self.last_event = Some(now);
        match event {
            Event::Started => {
                self.started = true;
                self.take_heart(now);
            }
            Event::LocalEdit => self.push.want(now.plus_micros(EDIT_PAUSE)),
            Event::Woken => {}
            Event::Online(online) => {
                self.online = online;
                if online {
                    self.take_heart(now);
                }
            }
            Event::Visible(visible) => {
                let came = visible && !self.visible;
                self.visible = visible;
                if came {
                    self.take_heart(now);
                }
            }
            Event::DoorbellUp => {
                self.doorbell_up = true;
                self.pull.want(now);
            }
            Event::DoorbellDown => self.doorbell_up = false,
            Event::DoorbellRang => {
                self.caught_up = false;
                self.pull.want(now.plus_micros(RING_PAUSE));
            }
            Event::Session(session) => self.change_session(session, store, now, &mut out),
            Event::SessionRefreshed(session) => {
                self.refresh = Refresh { last: Some(now), ..Refresh::default() };
                self.session = Some(session);
                self.push.backoff.reset();
                self.pull.backoff.reset();
                self.push.want(now);
                self.pull.want(now);
            }
            Event::RefreshFailed { ended, message } => {
                self.refresh.running_since = None;
                self.last_error = Some(message);
                if ended {
                    self.ended = true;
                    out.push(Effect::CloseDoorbell);
                } else {
                    self.refresh.backoff.fail(now, None, dice);
                }
            }
            Event::Replied { request, result } => self.replied(request, result, store, now, dice, &mut out),
            Event::SyncNow => self.take_heart(now),
            Event::RetryRefused => {
                if let Err(error) = store.retry_refused() {
                    self.last_error = Some(error.to_string());
                }
                self.take_heart(now);
            }
        }
        self.drive(store, now, dice, &mut out);
        out
    }

    /// There is reason to believe that it works now: forget the pauses and look.
    fn take_heart(&mut self, now: Timestamp) {
        self.push.backoff.reset();
        self.pull.backoff.reset();
        self.link.reset();
        self.refresh.backoff.reset();
        self.last_attempt = None;
        self.push.want(now);
        self.pull.want(now);
    }

    fn change_session(
        &mut self,
        session: Option<SessionInfo>,
        store: &dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        // Never under another id than the database's owner.
        let session = session.filter(|session| session.user == store.user());
        if self.session.map(|s| s.user) != session.map(|s| s.user) {
            self.caught_up = false;
            // Answers to what was sent before belong to somebody else.
            self.push.in_flight = None;
            self.pull.in_flight = None;
        }
        self.session = session;
        self.ended = false;
        self.refresh = Refresh::default();
        self.last_error = None;
        self.doorbell_up = false;
        out.push(session.map_or(Effect::CloseDoorbell, |session| Effect::OpenDoorbell(session.user)));
        self.take_heart(now);
    }

    fn replied(
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
        let ops = lane.in_flight.take().map(|flight| flight.ops).unwrap_or_default();
        match result {
            Err(error) => self.failed(is_push, &ops, &error, store, now, dice),
            Ok(reply) => {
                self.link.reset();
                let taken = match reply {
                    Reply::Push(reply) => store.settle(&reply.results, now).map(|changed| {
                        self.batch_ops = (self.batch_ops * 2).min(BATCH_OPS);
                        if !changed.is_empty() {
                            out.push(Effect::Changed(changed));
                        }
                    }),
                    Reply::Pull(page) => self.take_page(&page, store, now, out),
                };
                let lane = if is_push { &mut self.push } else { &mut self.pull };
                match taken {
                    Ok(()) => {
                        lane.backoff.reset();
                        if !self.push.backoff.is_failing() && !self.pull.backoff.is_failing() {
                            self.last_error = None;
                        }
                    }
                    Err(error) => self.store_failed(is_push, &error, now, dice),
                }
            }
        }
    }

    fn take_page(
        &mut self,
        page: &crate::store::apply::Page,
        store: &mut dyn SyncStore,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> Result<(), StoreError> {
        let outcome = store.apply_page(self.reader(), page, now)?;
        self.unpublished.extend(outcome.changed);
        if outcome.restarted || page.has_more {
            self.pull.want(now);
            return Ok(());
        }
        // A ring during the pull has left a wish behind: then it has not caught up.
        self.caught_up = !self.pull.is_wanted();
        self.pull.ended = Some(now);
        self.page_limit = PAGE;
        if !self.unpublished.is_empty() {
            out.push(Effect::Changed(std::mem::take(&mut self.unpublished).into_iter().collect()));
        }
        Ok(())
    }

    fn store_failed(&mut self, is_push: bool, error: &StoreError, now: Timestamp, dice: &mut dyn Dice) {
        self.last_error = Some(error.to_string());
        let lane = if is_push { &mut self.push } else { &mut self.pull };
        lane.backoff.fail(now, None, dice);
        lane.want(now);
    }

    fn failed(
        &mut self,
        is_push: bool,
        ops: &[u64],
        error: &RemoteError,
        store: &mut dyn SyncStore,
        now: Timestamp,
        dice: &mut dyn Dice,
    ) {
        let unreachable = matches!(error, RemoteError::Network(_) | RemoteError::NotOurs { .. });
        if unreachable {
            self.link.fail(now, None, dice);
        } else if matches!(error, RemoteError::Status { .. }) {
            self.link.reset();
        }
        self.last_error = Some(error.to_string());
        let lane = if is_push { &mut self.push } else { &mut self.pull };
        lane.want(now);
        match verdict(error) {
            // An unreachable server is paced by the link, once for both lanes.
            Verdict::Retry if unreachable => {}
            Verdict::Retry => lane.backoff.fail(now, error.retry_after(), dice),
            Verdict::RefreshToken => {
                let recently = self.refresh.last.is_some_and(|last| now < last.plus_micros(REFRESH_AGAIN));
                if self.session.is_none() || recently {
                    lane.backoff.fail(now, None, dice);
                } else {
                    self.refresh.wanted = true;
                }
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
                several => self.batch_ops = (several.len() / 2).max(1),
            },
            Verdict::SplitBatch => {
                lane.backoff.fail(now, error.retry_after(), dice);
                if matches!(error, RemoteError::Status { code: Some(code), .. } if code == "22023") {
                    // The server does not know this cursor.
                    if let Err(error) = store.forget_cursors() {
                        self.last_error = Some(error.to_string());
                    }
                } else {
                    self.page_limit = (self.page_limit / 2).max(10);
                }
            }
            Verdict::Misfit => lane.backoff.hold(now, MISFIT_PAUSE),
        }
    }

    fn reader(&self) -> Reader {
        self.session.map_or(Reader::Anonymous, |session| Reader::Person(session.user))
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
    fn drive(&mut self, store: &mut dyn SyncStore, now: Timestamp, dice: &mut dyn Dice, out: &mut Vec<Effect>) {
        let counts = store.counts().unwrap_or_else(|error| {
            self.last_error = Some(error.to_string());
            Counts::default()
        });
        let mut wake = now.plus_micros(self.poll_pause(counts.pending));
        if self.started {
            wake = wake.min(self.drive_refresh(now, dice, out));
            for is_push in [true, false] {
                let lane = if is_push { &mut self.push } else { &mut self.pull };
                if lane.in_flight.as_ref().is_some_and(|flight| flight.since.plus_micros(LOST_AFTER) <= now) {
                    let ops = lane.in_flight.take().map(|flight| flight.ops).unwrap_or_default();
                    let error = RemoteError::Timeout((LOST_AFTER / 1_000_000) as u64);
                    self.failed(is_push, &ops, &error, store, now, dice);
                }
            }
            if counts.pending > 0 {
                // Whatever event was lost: something pending is something wanted.
                self.push.want_at_least(now);
            }
            let poll = self.pull.ended.map_or(now, |ended| ended.plus_micros(self.poll_pause(counts.pending)));
            self.pull.poll = Some(poll);
            if let Some(at) = self.start_due(true, store, now, dice, out) {
                wake = wake.min(at);
            }
            if let Some(at) = self.start_due(false, store, now, dice, out) {
                wake = wake.min(at);
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
        if let Some(since) = self.refresh.running_since {
            let lost = since.plus_micros(LOST_AFTER);
            if now < lost {
                return lost;
            }
            self.refresh.running_since = None;
            self.refresh.backoff.fail(now, None, dice);
        }
        let due = if self.refresh.wanted { now } else { session.expires_at.plus_micros(-REFRESH_MARGIN) };
        let due = self.refresh.backoff.until().map_or(due, |until| due.max(until));
        if due > now {
            return due;
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
        let other_waits = if is_push { self.pull.in_flight.is_some() } else { self.push.in_flight.is_some() };
        let lane = if is_push { &self.push } else { &self.pull };
        if let Some(flight) = &lane.in_flight {
            return Some(flight.since.plus_micros(LOST_AFTER));
        }
        let mut at = lane.due()?;
        let allowed = match self.session {
            None => !is_push,
            Some(_) => self.token_is_good(now),
        };
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
                None
            }
            Ok(Some(request)) => {
                let id = self.new_id();
                self.last_attempt = Some(now);
                let ops = match &request {
                    Request::Push { ops } => ops.iter().map(|op| op.op).collect(),
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
            return Ok(Some(Request::Pull { reader, cursor, page_limit: self.page_limit }));
        }
        let hard_ops = if self.batch_ops == BATCH_OPS { BATCH_HARD } else { self.batch_ops };
        let ops = store.next_batch(BatchLimit { ops: self.batch_ops, hard_ops, bytes: BATCH_BYTES }, now)?;
        Ok((!ops.is_empty()).then_some(Request::Push { ops }))
    }

    fn show(&mut self, store: &dyn SyncStore, now: Timestamp, out: &mut Vec<Effect>) {
        let counts = store.counts().unwrap_or_default();
        let (last_pull, last_push) = store.last_success().unwrap_or_default();
        let failing = self.push.backoff.is_failing() || self.pull.backoff.is_failing() || self.link.is_failing();
        let failing = failing || self.refresh.backoff.is_failing();
        let phase = match () {
            () if self.session.is_none() => SyncPhase::LocalOnly,
            () if self.ended => SyncPhase::SignInAgain,
            () if !self.online => SyncPhase::Offline,
            () if failing => SyncPhase::Retrying,
            () if counts.pending > 0 || !self.caught_up => SyncPhase::Syncing,
            () if counts.refused > 0 => SyncPhase::NeedsAttention,
            () => SyncPhase::Synced,
        };
        let untils =
            [self.push.backoff.until(), self.pull.backoff.until(), self.link.until(), self.refresh.backoff.until()];
        let status = SyncStatus {
            phase,
            pending: counts.pending,
            in_flight: self
                .push
                .in_flight
                .as_ref()
                .map_or(0, |flight| u32::try_from(flight.ops.len()).unwrap_or(u32::MAX)),
            refused: counts.refused,
            last_pull,
            last_push,
            last_error: self.last_error.clone(),
            next_attempt: untils.into_iter().flatten().filter(|at| *at > now).min(),
            doorbell: self.doorbell_up,
        };
        if self.shown.as_ref() != Some(&status) {
            self.shown = Some(status.clone());
            out.push(Effect::Status(status));
        }
    }
}
