//! The desk: one person's database, open, with the driver that syncs it. Whose it is says the device database.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use super::{Runtime, now, sqlite_failure, storage_failure};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remote::auth::Session;
use crate::store::{Store, StoreError};
use crate::sync::status::LocalTrouble;
use crate::worker::device::SignedIn;
use crate::worker::device_name;
use crate::worker::driver::{self, DriverHandle, Hooks, SessionNotice};
#[cfg(feature = "parts")]
use crate::worker::parts;
use crate::worker::protocol::{Failure, FromWorker};
use crate::worker::rebuilding::Damaged;
use crate::worker::repair;

/// One person's database, open, with the driver that syncs it.
pub(in crate::worker) struct Desk {
    /// The file's name.
    pub(in crate::worker) file: String,
    /// The database.
    pub(in crate::worker) store: Rc<RefCell<Store>>,
    /// The sync; none without a server.
    pub(in crate::worker) driver: Option<DriverHandle>,
}

/// The file of the person without an account.
pub(in crate::worker) const LOCAL_FILE: &str = "local.sqlite3";
/// How often, and how long apart, a closing desk looks whether the sync has let go.
const CLOSING_TURNS: u32 = 200;
const CLOSING_PAUSE_MS: u32 = 5;
/// A tab that was put aside may come back, and ask again, after days.
const CALLS_KEPT: i64 = 7 * 86_400_000_000;

/// The file of an account.
pub(in crate::worker) fn account_file(user: UserId) -> String {
    format!("user-{user}.sqlite3")
}

/// Whose file of local data it is: the person recorded in it, whom the device might have forgotten.
pub(in crate::worker) fn local_owner(conn: &rusqlite::Connection, made_up: UserId) -> Result<UserId, Failure> {
    Ok(Store::recorded_user(conn).map_err(Failure::from)?.unwrap_or(made_up))
}

/// What a database must have before anybody works with it.
fn prepare(store: &mut Store, device_name: &str, signed_in: bool) -> Result<(), StoreError> {
    store.lay_reference_data(now())?;
    store.forget_calls(now().plus_micros(-CALLS_KEPT))?;
    if signed_in {
        store.await_first_pull(now())?;
    }
    store.name_device(now(), device_name)?;
    match store.lay_reserve() {
        // Then there is none.
        Err(StoreError::Full) => Ok(()),
        done => done,
    }
}

/// The session of a person who was signed in when the app was last used: its access token has to be bought first.
pub(super) fn stored_session(account: SignedIn) -> Option<Session> {
    Some(Session {
        access_token: String::new(),
        refresh_token: account.refresh_token?,
        expires_at: Timestamp::from_micros(0),
        user: account.user,
        email: account.email,
    })
}

impl Runtime {
    /// Opens the database of whoever uses the device now.
    pub(in crate::worker) async fn reopen_desk(self: &Rc<Self>) -> Result<(), Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?;
        let user = match &signed_in {
            Some(account) => account.user,
            None => self.device.borrow().local_user().map_err(sqlite_failure)?,
        };
        self.open_desk(user, signed_in.and_then(stored_session)).await
    }

    /// Removes a closed database of which nothing is needed any more.
    pub(in crate::worker) async fn remove_file(&self, file: &str) -> Result<(), Failure> {
        // First of all: a file that is not there but was looked through counts as one that the browser cleared.
        {
            let device = self.device.borrow();
            device.set_checked(file, None).and_then(|()| device.set_rebuilding(file, None)).map_err(sqlite_failure)?;
        }
        self.persist_device().await?;
        self.storage.remove(file).await.map_err(storage_failure)
    }

    /// Opens `user`'s database and starts its sync.
    pub(in crate::worker) async fn open_desk(
        self: &Rc<Self>,
        user: UserId,
        session: Option<Session>,
    ) -> Result<(), Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?.is_some_and(|a| a.user == user);
        let file = if signed_in { account_file(user) } else { LOCAL_FILE.to_owned() };
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let named = self.device.borrow().name().map_err(sqlite_failure)?;
        let named =
            named.unwrap_or_else(|| device_name::from_user_agent(&scope.navigator().user_agent().unwrap_or_default()));
        let mut store = repair::open_store(self, &file, user, signed_in).await?;
        if let Err(error) = prepare(&mut store, &named, signed_in) {
            // Today's look found nothing, or was before the damage.
            let StoreError::Damaged(words) = error else { return Err(error.into()) };
            drop(store);
            store = repair::rebuild(self, Damaged { file: file.clone(), user, signed_in, words }).await?;
            prepare(&mut store, &named, signed_in).map_err(Failure::from)?;
        }
        store.take_changes();
        *self.desk.borrow_mut() = Some(Desk { file, store: Rc::new(RefCell::new(store)), driver: None });
        self.start_driver(session);
        self.persist_desk().await
    }

    /// Ends the sync and takes the database off the desk, for a last look; dropping it closes the file. The driver lets go of it at
    /// its next turn, which is waited for: a file that is open can be neither removed nor opened again.
    pub(in crate::worker) async fn close_desk(&self) -> Result<Option<Store>, Failure> {
        let Some(desk) = self.desk.borrow_mut().take() else { return Ok(None) };
        if let Some(driver) = desk.driver {
            driver.stop();
        }
        let mut store = desk.store;
        for _ in 0..CLOSING_TURNS {
            store = match Rc::try_unwrap(store) {
                Ok(store) => return Ok(Some(store.into_inner())),
                Err(shared) => shared,
            };
            TimeoutFuture::new(CLOSING_PAUSE_MS).await;
        }
        Err(Failure::Storage(
            "The sync is still busy with the database. Reload the page and try again; nothing is lost.".into(),
        ))
    }

    /// (Re)starts the sync of the open database, if a server is known.
    pub(in crate::worker) fn start_driver(self: &Rc<Self>, session: Option<Session>) {
        let mut desk = self.desk.borrow_mut();
        let Some(desk) = desk.as_mut() else { return };
        if let Some(driver) = desk.driver.take() {
            driver.stop();
        }
        let Some(config) = self.server() else { return };
        let ended = session.is_none() && matches!(self.device.borrow().signed_in(), Ok(Some(_)));
        let (driver, prepared) = driver::prepare(config, &desk.store, session, self.hooks());
        #[cfg(feature = "parts")]
        wasm_bindgen_futures::spawn_local(parts::begin_sync(prepared));
        #[cfg(not(feature = "parts"))]
        prepared.begin(crate::worker::platform::RealPlatform);
        if ended {
            driver.session_ended();
        }
        desk.driver = Some(driver);
    }

    fn hooks(self: &Rc<Self>) -> Hooks {
        let (status, changed, sessions, stored) = (self.clone(), self.clone(), self.clone(), self.clone());
        Hooks {
            on_status: Box::new(move |state| {
                if state.trouble == Some(LocalTrouble::Damaged) {
                    status.repair();
                }
                status.tell_status(state);
            }),
            // Storing it is `stored`'s: the driver asks for that whenever it wrote.
            on_changed: Box::new(move |tables| changed.post(&FromWorker::Changed(tables))),
            on_session: Box::new(move |notice| {
                let (user, token) = match notice {
                    SessionNotice::Refreshed(session) => (session.user, Some(session.refresh_token)),
                    SessionNotice::Ended(user) => (user, None),
                };
                let runtime = sessions.clone();
                Box::pin(async move { runtime.keep_refresh_token(user, token).await })
            }),
            stored: Box::new(move || {
                let runtime = stored.clone();
                Box::pin(async move {
                    let outcome = runtime.persist_desk().await;
                    if matches!(outcome, Err(Failure::OtherTab)) {
                        // Nothing may be sent that is not stored.
                        runtime.lines.to_own(&FromWorker::Replaced);
                        return std::future::pending().await;
                    }
                    outcome.map_err(|failure| {
                        tracing::error!(%failure, "what the sync wrote could not be stored");
                        failure.to_string()
                    })
                })
            }),
        }
    }

    /// A refresh token is good once: the new one is kept before it is used. `None`: the session has ended.
    /// A token of somebody who is not signed in any more is dropped.
    async fn keep_refresh_token(&self, user: UserId, refresh_token: Option<String>) {
        let kept = {
            let device = self.device.borrow();
            device.signed_in().and_then(|account| match account {
                Some(account) if account.user == user => {
                    device.set_signed_in(Some(&SignedIn { refresh_token, ..account }))
                }
                _ => Ok(()),
            })
        };
        if let Err(error) = kept {
            tracing::error!(%error, "the session could not be kept");
        }
        if let Err(failure) = self.persist_device().await {
            tracing::error!(%failure, "the session could not be kept");
        }
        if self.read_account().unwrap_or(false) {
            let account = self.account.borrow().clone();
            self.post(&FromWorker::Account(account));
        }
    }

    pub(in crate::worker) async fn persist_desk(&self) -> Result<(), Failure> {
        if !self.storage.needs_persist() {
            return Ok(());
        }
        let open = self.desk.borrow().as_ref().map(|desk| (desk.file.clone(), Rc::downgrade(&desk.store)));
        let Some((file, store)) = open else { return Ok(()) };
        // Weak: a write that waits for its turn must not keep a desk from being cleared.
        let image = move || store.upgrade().map(|store| store.borrow_mut().image()).transpose();
        self.storage.persist(&file, image).await.map_err(storage_failure)
    }
}
