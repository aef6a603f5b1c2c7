//! Runs the sync engine: brings it events, performs its effects through `remote`. The same loop in the browser's worker and natively.
//! Here: the loop. `driver/handle.rs`: what it is told; `driver/ahead.rs`: a page that is asked for before it is wanted.
//!
//! May know: store, sync, remote. Must not know: the browser, the interface's messages. Single-threaded; the store is borrowed for the
//! time of one event only, never while waiting.

mod ahead;
mod handle;

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use ahead::{AHEAD_FOR, Ahead, AskedAhead, next_page};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_channel::oneshot;
use futures_util::StreamExt;
use futures_util::future::{Either, LocalBoxFuture, select};
use handle::Command;
pub use handle::DriverHandle;

use super::platform::{Platform, PlatformDice};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remote::Config;
use crate::remote::auth::{AuthClient, AuthError, Session};
use crate::remote::realtime::{Doorbell, Report, Tell};
use crate::remote::rest::RestClient;
use crate::store::Store;
use crate::store::schema::Table;
use crate::sync::engine::{Effect, Engine, Event, SessionInfo};
use crate::sync::failure::RemoteError;
use crate::sync::status::SyncStatus;
use crate::sync::wire::{Reply, Request};

/// What became of the session without anybody signing in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionNotice {
    /// It was renewed: the old refresh token is used up, keep the new one.
    Refreshed(Session),
    /// This person's session has ended on the server: she must sign in again to sync. Everything local stays.
    Ended(UserId),
}

/// Whom the driver tells. Called between events, with the store free to be borrowed.
pub struct Hooks {
    /// The status changed.
    pub on_status: Box<dyn Fn(SyncStatus)>,
    /// Rows of these tables changed by the sync.
    pub on_changed: Box<dyn Fn(Vec<Table>)>,
    /// The session was renewed or has ended. Resolves when that is kept: the old refresh token is used up, so the new one must not be lost.
    pub on_session: Box<dyn Fn(SessionNotice) -> LocalBoxFuture<'static, ()>>,
    /// Resolves when everything written so far is stored, or cannot be. Waited for before edits are sent, so that what was sent is known
    /// after a restart; and asked for after every event that wrote something.
    pub stored: Box<dyn Fn() -> LocalBoxFuture<'static, Result<(), String>>>,
}

/// Starts the sync of `store` with the server at `config`, for somebody signed in or for nobody: another person, another driver.
pub fn start<P: Platform>(
    platform: P,
    config: Config,
    store: Rc<RefCell<Store>>,
    session: Option<Session>,
    hooks: Hooks,
) -> DriverHandle {
    let (handle, prepared) = prepare(config, &store, session, hooks);
    prepared.begin(platform);
    handle
}

/// A driver that has not begun: what is said to it until then it hears when it does. It keeps no store from being closed.
pub struct Prepared {
    config: Config,
    store: Weak<RefCell<Store>>,
    session: Option<Session>,
    hooks: Hooks,
    handle: DriverHandle,
    received: UnboundedReceiver<Command>,
}

/// As [`start`], but it is for the caller to begin.
pub fn prepare(
    config: Config,
    store: &Rc<RefCell<Store>>,
    session: Option<Session>,
    hooks: Hooks,
) -> (DriverHandle, Prepared) {
    let (commands, received) = unbounded();
    let handle = DriverHandle { commands };
    (handle.clone(), Prepared { config, store: Rc::downgrade(store), session, hooks, handle, received })
}

impl Prepared {
    /// Is the store closed, so that there is nothing to begin?
    pub fn is_over(&self) -> bool {
        self.store.strong_count() == 0
    }

    /// Begins.
    pub fn begin<P: Platform>(self, platform: P) {
        let Prepared { config, store, session, hooks, handle, received } = self;
        let Some(store) = store.upgrade() else { return };
        let device = store.borrow().device();
        let driver = Driver {
            rest: RestClient::new(config.clone(), device),
            auth: AuthClient::new(config.clone()),
            engine: Engine::new(),
            handle,
            session: None,
            doorbell: None,
            wake: None,
            ahead: Ahead::default(),
            platform: platform.clone(),
            config,
            store,
            hooks,
        };
        platform.spawn(driver.run(session, received));
    }
}

struct Driver<P: Platform> {
    platform: P,
    config: Config,
    store: Rc<RefCell<Store>>,
    hooks: Hooks,
    rest: Result<RestClient, RemoteError>,
    auth: AuthClient,
    engine: Engine,
    handle: DriverHandle,
    session: Option<Session>,
    doorbell: Option<UnboundedSender<Tell>>,
    wake: Option<Timestamp>,
    ahead: Ahead,
}

impl<P: Platform> Driver<P> {
    async fn run(mut self, session: Option<Session>, mut commands: UnboundedReceiver<Command>) {
        // What a driver before this one has not come to tell.
        let untold = self.store.borrow_mut().take_arrived();
        if !untold.is_empty() {
            (self.hooks.on_changed)(untold);
        }
        if let Some(session) = session {
            let info = info(&session);
            self.session = Some(session);
            self.handle(Event::Session(Some(info)));
        }
        self.handle(Event::LockGained);
        let mut held = None;
        loop {
            let command = match (held.take(), self.wake) {
                (Some(command), _) => Some(command),
                (None, None) => commands.next().await,
                (None, Some(at)) => {
                    let pause = (at.micros() - self.platform.now().micros()).max(0).unsigned_abs();
                    let alarm = self.platform.sleep(Duration::from_micros(pause));
                    match select(commands.next(), std::pin::pin!(alarm)).await {
                        Either::Left((command, _)) => command,
                        Either::Right(_) => Some(Command::Event(Event::Woken)),
                    }
                }
            };
            match command {
                None | Some(Command::Stop) => return,
                Some(Command::Event(Event::LocalEdit)) => {
                    // Many edits at once are one reason to look.
                    held = loop {
                        match commands.try_recv() {
                            Ok(Command::Event(Event::LocalEdit)) => {}
                            Ok(other) => break Some(other),
                            Err(_) => break None,
                        }
                    };
                    self.handle(Event::LocalEdit);
                }
                Some(Command::Event(event)) => {
                    if matches!(event, Event::Online(true) | Event::Visible(true) | Event::SyncNow) {
                        self.tell_doorbell(Tell::Hurry);
                    }
                    self.handle(event);
                }
                Some(Command::Refreshed(result)) => self.refreshed(result).await,
            }
        }
    }

    async fn refreshed(&mut self, result: Result<Session, AuthError>) {
        let user = self.store.borrow().user();
        // A token of anybody else must never carry this person's edits.
        let result =
            result.and_then(|session| if session.user == user { Ok(session) } else { Err(AuthError::SessionEnded) });
        match result {
            Ok(session) => {
                // First of all it must be kept: the old token is used up.
                (self.hooks.on_session)(SessionNotice::Refreshed(session.clone())).await;
                self.tell_doorbell(Tell::Token(session.access_token.clone()));
                let info = info(&session);
                self.session = Some(session);
                self.handle(Event::SessionRefreshed(info));
            }
            Err(error) => {
                let ended = error.ends_session();
                if ended {
                    (self.hooks.on_session)(SessionNotice::Ended(user)).await;
                }
                self.handle(Event::RefreshFailed { ended, message: error.to_string() });
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let now = self.platform.now();
        let mut dice = PlatformDice(self.platform.clone());
        let (effects, wrote) = {
            let mut store = self.store.borrow_mut();
            let before = store.conn().total_changes();
            let effects = self.engine.handle(event, &mut *store, now, &mut dice);
            (effects, store.conn().total_changes() != before)
        };
        // A part of a page is stored with the rest of it.
        if wrote && !effects.contains(&Effect::GiveWay) {
            let stored = (self.hooks.stored)();
            self.platform.spawn(async move {
                // Whoever sends something asks again; the runtime has noted why not.
                let _ = stored.await;
            });
        }
        for effect in effects {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Status(status) => (self.hooks.on_status)(status),
            Effect::Changed(mut tables) => {
                // What the store noted is told hereby, too.
                let mut store = self.store.borrow_mut();
                let noted = [store.take_arrived(), store.take_changes()];
                drop(store);
                for table in noted.into_iter().flatten() {
                    if !tables.contains(&table) {
                        tables.push(table);
                    }
                }
                (self.hooks.on_changed)(tables);
            }
            Effect::GiveWay => {
                let (turn, handle) = (self.platform.turn(), self.handle.clone());
                let (store, before) = (Rc::downgrade(&self.store), self.store.borrow().calls_begun());
                self.platform.spawn(async move {
                    turn.await;
                    let asked = store.upgrade().is_some_and(|store| store.borrow().calls_begun() != before);
                    handle.send(Command::Event(Event::GoOn { asked }));
                });
            }
            Effect::Send { id, request } => {
                let rest = self.rest.clone();
                let token = self.session.as_ref().map(|session| session.access_token.clone());
                let handle = self.handle.clone();
                let stored = matches!(request, Request::Push { .. }).then(|| (self.hooks.stored)());
                let (platform, ahead) = (self.platform.clone(), self.ahead.clone());
                self.platform.spawn(async move {
                    if let Some(stored) = stored
                        && let Err(why) = stored.await
                    {
                        // What was sent must be known after a restart.
                        let result = Err(RemoteError::NotStored(why));
                        return handle.send(Command::Event(Event::Replied { request: id, result }));
                    }
                    let under_way = match &request {
                        Request::Pull { .. } => ahead.take().filter(|asked| {
                            let waited = platform.now().micros() - asked.since.micros();
                            asked.request == request && (0..AHEAD_FOR).contains(&waited)
                        }),
                        Request::Push { .. } => None,
                    };
                    let come = match under_way {
                        Some(asked) => asked.answer.await.ok(),
                        None => None,
                    };
                    let result = match (come, &rest) {
                        (Some(result), _) => result,
                        (None, Ok(rest)) => rest.call(&request, token.as_deref()).await,
                        (None, Err(error)) => Err(error.clone()),
                    };
                    if let (Some(next), Ok(rest)) = (next_page(&request, &result), rest) {
                        let (tell, answer) = oneshot::channel();
                        ahead.replace(Some(AskedAhead { request: next.clone(), since: platform.now(), answer }));
                        platform.spawn(async move {
                            // Nobody may want it any more.
                            let _ = tell.send(rest.call(&next, token.as_deref()).await);
                        });
                    }
                    if matches!(&result, Ok(Reply::Pull(page)) if !page.rows.is_empty()) {
                        // Reading a page takes as long as storing a part of it: whoever waits for the database goes in between.
                        platform.turn().await;
                    }
                    handle.send(Command::Event(Event::Replied { request: id, result }));
                });
            }
            Effect::RefreshSession => {
                let Some(session) = &self.session else { return };
                let (auth, handle) = (self.auth.clone(), self.handle.clone());
                let (refresh_token, now) = (session.refresh_token.clone(), self.platform.now());
                self.platform.spawn(async move {
                    let result = auth.refresh(&refresh_token, now).await;
                    handle.send(Command::Refreshed(result));
                });
            }
            Effect::OpenDoorbell(user) => {
                let Some(session) = self.session.as_ref().filter(|session| session.user == user) else { return };
                let (tell, told) = unbounded();
                // The one before, if any, ends as its sender goes.
                self.doorbell = Some(tell);
                let device = self.store.borrow().device();
                let bell = Doorbell { config: self.config.clone(), user, device, token: session.access_token.clone() };
                let (handle, of_clock, of_chance) = (self.handle.clone(), self.platform.clone(), self.platform.clone());
                let report = move |report| {
                    handle.send(Command::Event(match report {
                        Report::Up => Event::DoorbellUp,
                        Report::Down => Event::DoorbellDown,
                        Report::Rang => Event::DoorbellRang,
                    }));
                };
                self.platform.spawn(bell.run(told, report, move || of_clock.now(), move || of_chance.random()));
            }
            Effect::CloseDoorbell => self.doorbell = None,
        }
    }

    fn tell_doorbell(&self, tell: Tell) {
        if let Some(doorbell) = &self.doorbell {
            // A doorbell that has ended needs no telling.
            let _ = doorbell.unbounded_send(tell);
        }
    }
}

fn info(session: &Session) -> SessionInfo {
    SessionInfo { user: session.user, expires_at: session.expires_at }
}
