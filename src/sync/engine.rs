//! The engine: events in, effects out. It decides when to push, to pull, to refresh the session, and what the status says.
//!
//! Knows no network, no timer, no thread: `worker::driver` performs the effects, tests and simulations play the world.
//! Here: the state, and what an event changes in it. `engine/events.rs`: what goes in and comes out; `engine/replies.rs`: answers;
//! `engine/pages.rs`: pages of a pull; `engine/failed.rs`: calls without an answer of use; `engine/drive.rs`: what starts when; `engine/show.rs`: the
//! status.
//! The table of states and events is in `docs/sync.md`.

mod batch_size;
mod drive;
mod events;
mod failed;
mod gaps;
mod pages;
mod part_size;
mod replies;
mod show;
mod slow;

use std::collections::BTreeSet;
use std::time::Duration;

use batch_size::BatchSize;
pub use events::{Effect, Event, SessionInfo};
use gaps::Gaps;
use part_size::PartSize;

use super::backoff::{Backoff, Dice};
use super::lane::Lane;
use super::status::SyncStatus;
use super::store::SyncStore;
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::schema::Table;
use crate::store::sync_state::Reader;

/// What one tap writes goes together.
const EDIT_PAUSE: i64 = 1_000;
/// A call without an answer for so long is lost (the transport gives up earlier; this catches a machine that slept).
const LOST_AFTER: i64 = 90_000_000;
/// The access token is renewed so long before its end.
const REFRESH_MARGIN: i64 = 90_000_000;
/// With no room left on the device, what is new elsewhere is fetched again so rarely.
const FULL_PAUSE: Duration = Duration::from_secs(300);
/// With app and server not fitting together, ask again so rarely.
const MISFIT_PAUSE: Duration = Duration::from_secs(300);
/// After a refresh that did not help, the next one not before this.
const REFRESH_AGAIN: i64 = 60_000_000;
/// While the browser says there is no network, try all the same so rarely: it is sometimes wrong.
const OFFLINE_PROBE: i64 = 60_000_000;
/// Nothing for so long, though there was to be something: the machine slept.
const SLEPT: i64 = 150_000_000;
/// A step back longer than this: the clock was set.
const SET_BACK: i64 = 2_000_000;
/// This device's clock and the server's may differ by so much without a word.
const CLOCK_OFF: i64 = 300_000_000;
const BATCH_BYTES: usize = 1_000_000;
const PAGE: u32 = 500;
/// A server that has less than it had is compared with once in so long.
const DOUBT_AGAIN: i64 = 600_000_000;
/// A session just renewed is not renewed again before this, however short it is said to live.
const RENEW_PAUSE: i64 = 10_000_000;

const OUTDATED: &str =
    "This app is too old for the server. Reload the page to update the app; until then your changes are kept here.";

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
    /// Does this tab own the database?
    owner: bool,
    online: bool,
    /// When the browser said last that there is none.
    offline_since: Timestamp,
    visible: bool,
    session: Option<SessionInfo>,
    ended: bool,
    refresh: Refresh,
    doorbell_up: bool,
    /// Whose doorbell is to be kept connected.
    doorbell_of: Option<UserId>,
    push: Lane,
    pull: Lane,
    /// While the server cannot be reached at all, the two lanes take turns instead of both asking.
    link: Backoff,
    last_attempt: Option<Timestamp>,
    /// And was it a push?
    pushed_last: bool,
    batch: BatchSize,
    /// Since when pushes are answered as if something in them gave offence.
    offence: Option<Timestamp>,
    /// Single operations that did not get through.
    slow: slow::Slow,
    page_limit: u32,
    part: PartSize,
    caught_up: bool,
    /// The server takes no edits from an app this old.
    outdated: bool,
    /// Between the pages of a pull, whose upper bound was fixed with the first.
    paging: bool,
    /// A push has met another history of the server: the next one waits for the pull that compares, and then no longer.
    met_another_history: bool,
    /// When everything was last compared because the server had less than it had.
    doubted: Option<Timestamp>,
    /// With whose rights the last page was asked for; none since this tab owns the database.
    paged_as: Option<Reader>,
    /// Something new was heard of during a pull, perhaps beyond its bound: another one after it.
    once_more: bool,
    /// Changed by pages of a pull that has not ended yet.
    unpublished: BTreeSet<Table>,
    gaps: Gaps,
    next_id: u64,
    last_event: Option<Timestamp>,
    last_error: Option<String>,
    /// Seconds by which this device's clock is ahead of the server's, where that matters.
    clock_ahead: Option<i64>,
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
            owner: false,
            online: true,
            offline_since: Timestamp::from_micros(0),
            visible: true,
            session: None,
            ended: false,
            refresh: Refresh::default(),
            doorbell_up: false,
            doorbell_of: None,
            push: Lane::default(),
            pull: Lane::default(),
            link: Backoff::default(),
            last_attempt: None,
            pushed_last: false,
            batch: BatchSize::default(),
            offence: None,
            slow: slow::Slow::default(),
            page_limit: PAGE,
            part: PartSize::up_to(PAGE as usize),
            caught_up: false,
            outdated: false,
            paging: false,
            met_another_history: false,
            doubted: None,
            paged_as: None,
            once_more: false,
            unpublished: BTreeSet::new(),
            gaps: Gaps::default(),
            next_id: 1,
            last_event: None,
            last_error: None,
            clock_ahead: None,
            wake: None,
            shown: None,
        }
    }

    /// The same, storing pages in parts of so many rows.
    pub fn in_parts_of(rows: usize) -> Self {
        Engine { part: PartSize::always(rows), ..Engine::new() }
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
        let passed = self.last_event.map_or(0, |last| now.micros() - last.micros());
        if passed < -SET_BACK {
            self.clock_was_set_back(now);
        }
        // A long wait that was planned is no sleep.
        let overslept = self.wake.map_or(passed, |wake| now.micros() - wake.micros()).min(passed);
        if passed < -SET_BACK || overslept > SLEPT {
            self.take_heart(now);
        }
        self.last_event = Some(now);
        match event {
            Event::LockGained => {
                self.owner = true;
                self.paged_as = None;
                self.gaps.possible |= store.gaps().is_ok_and(|gaps| gaps.waiting);
                // Of what the owner before stored last, perhaps nobody was told.
                self.unpublished.extend(Table::ALL.into_iter().filter(|table| table.is_synced()));
                if !on(Remedy::PagesResumed)
                    && let Err(error) = store.forget_cursors()
                {
                    self.last_error = Some(error.to_string());
                }
                self.take_heart(now);
            }
            Event::LockLost if !on(Remedy::OneOwner) => {}
            Event::LockLost => self.let_go(),
            Event::LocalEdit => self.push.want(now.plus_micros(EDIT_PAUSE)),
            Event::Woken => {}
            Event::GoOn { asked } => self.go_on(asked, store, now, dice, &mut out),
            Event::Online(online) => {
                self.online = online;
                if !online {
                    self.offline_since = now;
                } else {
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
            // Nothing says that what did not work works now: no pause is forgotten.
            Event::Focused if self.session.is_none() => {}
            Event::Focused => self.look_again(now),
            Event::DoorbellUp => {
                self.doorbell_up = true;
                self.look_again(now);
            }
            Event::DoorbellDown => self.doorbell_up = false,
            Event::DoorbellRang if !on(Remedy::RingRemembered) && self.pull.in_flight.is_some() => {}
            Event::DoorbellRang => {
                self.caught_up = false;
                self.look_again(now);
            }
            Event::Session(session) => self.change_session(session, store, now),
            Event::SessionRefreshed(session) => {
                let mut backoff = std::mem::take(&mut self.refresh).backoff;
                if session.expires_at > now {
                    backoff.reset();
                } else {
                    // Over before it came.
                    backoff.fail(now, None, dice);
                }
                self.refresh = Refresh { last: Some(now), backoff, ..Refresh::default() };
                self.session = Some(session);
                self.push.backoff.reset();
                self.pull.backoff.reset();
                self.link.reset();
                self.push.want(now);
                self.pull.want(now);
            }
            Event::RefreshFailed { ended, message } => {
                self.refresh.running_since = None;
                self.last_error = Some(message);
                if ended {
                    self.ended = true;
                } else {
                    self.refresh.backoff.fail(now, None, dice);
                    if self.link.is_failing() || self.push.backoff.is_failing() || self.pull.backoff.is_failing() {
                        self.link.catch_up(&self.refresh.backoff);
                        self.link.fail(now, None, dice);
                    }
                }
            }
            Event::Replied { request, result } => self.replied(request, result, store, now, dice, &mut out),
            Event::SyncNow => self.take_heart(now),
            Event::RetryRefused if !self.owner => {}
            Event::RetryRefused => {
                if let Err(error) = store.retry_refused() {
                    self.last_error = Some(error.to_string());
                }
                self.take_heart(now);
            }
        }
        self.keep_doorbell(&mut out);
        self.drive(store, now, dice, &mut out);
        out
    }

    /// Another tab owns the database. What is on its way is forgotten; the outbox still has it, and the owner sends it again.
    fn let_go(&mut self) {
        self.owner = false;
        self.push.in_flight = None;
        self.pull.in_flight = None;
        self.refresh.running_since = None;
        self.caught_up = false;
        self.paging = false;
    }

    /// Something may be new on the server: a pull, and during a pull one more after it.
    fn look_again(&mut self, now: Timestamp) {
        self.once_more |= self.paging;
        self.pull.want(now);
    }

    /// There is reason to believe that it works now: forget the pauses and look.
    fn take_heart(&mut self, now: Timestamp) {
        self.push.backoff.reset();
        self.pull.backoff.reset();
        self.link.reset();
        self.refresh.backoff.reset();
        self.slow.take_heart();
        self.last_attempt = None;
        self.push.want(now);
        self.pull.want(now);
    }

    fn change_session(&mut self, session: Option<SessionInfo>, store: &dyn SyncStore, now: Timestamp) {
        // Never under another id than the database's owner.
        let session = session.filter(|session| session.user == store.user() || !on(Remedy::OwnName));
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
        // Signed in anew: connected anew, with the new token.
        self.doorbell_of = self.doorbell_of.filter(|_| session.is_none());
        self.take_heart(now);
    }
}
