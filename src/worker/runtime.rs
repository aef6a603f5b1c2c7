//! The worker's end of the line: opens the files, answers calls, runs the sync driver, tells the page what changed.
//!
//! Local requests are answered at once, within the message event. Account requests wait for the network in a task of their
//! own and never hold up the others. Browser only.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::accounts;
use super::device::{self, Device, ServerConfig, SignedIn};
use super::driver::{self, DriverHandle, Hooks, SessionNotice};
use super::platform::RealPlatform;
use super::protocol::{Account, Failure, FromWorker, Opened, PROTOCOL, Request, Response, ToWorker};
use super::requests;
use super::storage::Storage;
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remote::Config;
use crate::remote::auth::Session;
use crate::store::{Identity, Store};
use crate::sync::status::SyncStatus;

/// One person's database, open, with the driver that syncs it.
pub(super) struct Desk {
    /// The file's name.
    pub(super) file: String,
    /// The database.
    pub(super) store: Rc<RefCell<Store>>,
    /// The sync; none without a server.
    pub(super) driver: Option<DriverHandle>,
}

/// Everything the worker holds.
pub(super) struct Runtime {
    pub(super) storage: Storage,
    pub(super) device: RefCell<Device>,
    /// None only while one person's desk is cleared for another's.
    pub(super) desk: RefCell<Option<Desk>>,
    pub(super) account: RefCell<Account>,
    scope: DedicatedWorkerGlobalScope,
}

/// How often, and how long apart, a closing desk looks whether the sync has let go.
const CLOSING_TURNS: u32 = 200;
const CLOSING_PAUSE_MS: u32 = 5;

/// The present, by the browser's clock.
pub(super) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Opens everything and starts answering; called once by the worker's entry.
pub async fn run() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    match open(scope.clone()).await {
        Ok(runtime) => {
            listen(&runtime);
            let opened = Opened { storage: runtime.storage.mode(), account: runtime.account.borrow().clone() };
            runtime.post(&FromWorker::Ready { protocol: PROTOCOL.to_owned(), opened: Ok(opened) });
            refresh_server_config(&runtime).await;
        }
        Err(failure) => {
            tracing::error!(%failure, "the database could not be opened");
            post(&scope, &FromWorker::Ready { protocol: PROTOCOL.to_owned(), opened: Err(failure) });
        }
    }
}

async fn open(scope: DedicatedWorkerGlobalScope) -> Result<Rc<Runtime>, Failure> {
    let storage = Storage::open(device::FILE).await.map_err(storage_failure)?;
    let device = Device::open(storage.connect(device::FILE).await.map_err(storage_failure)?).map_err(sqlite_failure)?;
    let runtime = Rc::new(Runtime {
        storage,
        device: RefCell::new(device),
        desk: RefCell::new(None),
        account: RefCell::new(Account::LocalOnly { server: false }),
        scope,
    });
    let signed_in = runtime.device.borrow().signed_in().map_err(sqlite_failure)?;
    let session = signed_in.clone().and_then(stored_session);
    let user = match &signed_in {
        Some(account) => account.user,
        None => runtime.device.borrow().local_user().map_err(sqlite_failure)?,
    };
    // Before any file is made for them: a made-up person or device must not be made up again.
    runtime.device.borrow().id().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.open_desk(user, session).await?;
    if signed_in.is_some()
        && let Err(failure) = accounts::take_leftovers_along(&runtime).await
    {
        // The file stays, and it is tried again at the next start.
        tracing::error!(%failure, "local data could not be taken along yet");
    }
    runtime.read_account()?;
    Ok(runtime)
}

fn listen(runtime: &Rc<Runtime>) {
    let answering = runtime.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let bytes = Uint8Array::new(&event.data()).to_vec();
        match postcard::from_bytes::<ToWorker>(&bytes) {
            Ok(message) => answering.receive(message),
            Err(error) => tracing::error!(%error, "a message that cannot be read"),
        }
    });
    runtime.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

impl Runtime {
    fn receive(self: &Rc<Self>, message: ToWorker) {
        match message {
            ToWorker::Visible(visible) => self.with_driver(|driver| driver.visible(visible)),
            ToWorker::Online(online) => self.with_driver(|driver| driver.online(online)),
            ToWorker::Call { id, request } => {
                let runtime = self.clone();
                match request {
                    Request::SignUp { .. } | Request::SignIn { .. } | Request::SignOut { .. } => {
                        wasm_bindgen_futures::spawn_local(async move {
                            let result = accounts::answer(&runtime, request).await;
                            runtime.post(&FromWorker::Answer { id, result: result.map(Response::Account) });
                        });
                    }
                    Request::SyncNow => {
                        self.with_driver(DriverHandle::sync_now);
                        self.post(&FromWorker::Answer { id, result: Ok(Response::Done) });
                    }
                    Request::RetryRefused => {
                        self.with_driver(DriverHandle::retry_refused);
                        self.post(&FromWorker::Answer { id, result: Ok(Response::Done) });
                    }
                    request => self.answer_locally(id, request),
                }
            }
        }
    }

    /// Answers from the database; where a commit is not durable by itself, only after it was stored.
    fn answer_locally(self: &Rc<Self>, id: u32, request: Request) {
        let answered = self.with_store(|store| {
            let result = requests::answer(store, request, now(), &chrono::Local);
            (result, store.take_changes())
        });
        let (result, changes) = match answered {
            Some(answered) => answered,
            None => (
                Err(Failure::Storage("The database is being changed over to another account. Try again.".into())),
                vec![],
            ),
        };
        if changes.is_empty() {
            return self.post(&FromWorker::Answer { id, result });
        }
        self.with_driver(DriverHandle::local_edit);
        if !self.storage.needs_persist() {
            self.post(&FromWorker::Answer { id, result });
            return self.post(&FromWorker::Changed(changes));
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let result = match runtime.persist_desk().await {
                Ok(()) => result,
                Err(failure) => Err(Failure::Storage(format!(
                    "The change is in this tab and will be sent, but it is not stored: do not enter it again. {failure}"
                ))),
            };
            runtime.post(&FromWorker::Answer { id, result });
            runtime.post(&FromWorker::Changed(changes));
        });
    }

    /// Opens `user`'s database and starts its sync.
    pub(super) async fn open_desk(self: &Rc<Self>, user: UserId, session: Option<Session>) -> Result<(), Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?.is_some_and(|a| a.user == user);
        let file = if signed_in { account_file(user) } else { LOCAL_FILE.to_owned() };
        let conn = self.storage.connect(&file).await.map_err(storage_failure)?;
        let device = self.device.borrow().id().map_err(sqlite_failure)?;
        let user = if signed_in { user } else { local_owner(&conn, user)? };
        let mut store = Store::open(conn, Identity { user, device }).map_err(Failure::from)?;
        if signed_in {
            store.await_first_pull(now()).map_err(Failure::from)?;
        }
        *self.desk.borrow_mut() = Some(Desk { file, store: Rc::new(RefCell::new(store)), driver: None });
        self.start_driver(session);
        self.persist_desk().await
    }

    /// Ends the sync and takes the database off the desk, for a last look; dropping it closes the file. The driver lets go of it at
    /// its next turn, which is waited for: a file that is open can be neither removed nor opened again.
    pub(super) async fn close_desk(&self) -> Result<Option<Store>, Failure> {
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
    pub(super) fn start_driver(self: &Rc<Self>, session: Option<Session>) {
        let mut desk = self.desk.borrow_mut();
        let Some(desk) = desk.as_mut() else { return };
        if let Some(driver) = desk.driver.take() {
            driver.stop();
        }
        let Some(config) = self.server() else { return };
        let ended = session.is_none() && matches!(self.device.borrow().signed_in(), Ok(Some(_)));
        let driver = driver::start(RealPlatform, config, desk.store.clone(), session, self.hooks());
        if ended {
            driver.session_ended();
        }
        desk.driver = Some(driver);
    }

    fn hooks(self: &Rc<Self>) -> Hooks {
        let (status, changed, sessions, stored) = (self.clone(), self.clone(), self.clone(), self.clone());
        Hooks {
            on_status: Box::new(move |state| status.post(&FromWorker::Sync(state))),
            // Storing it is `stored`'s: the driver asks for that whenever it wrote.
            on_changed: Box::new(move |tables| changed.post(&FromWorker::Changed(tables))),
            on_session: Box::new(move |notice| match notice {
                SessionNotice::Refreshed(session) => {
                    sessions.keep_refresh_token(session.user, Some(session.refresh_token))
                }
                SessionNotice::Ended(user) => sessions.keep_refresh_token(user, None),
            }),
            stored: Box::new(move || {
                let runtime = stored.clone();
                Box::pin(async move {
                    if let Err(failure) = runtime.persist_desk().await {
                        tracing::error!(%failure, "what the sync wrote could not be stored");
                    }
                })
            }),
        }
    }

    /// A refresh token is good once: the new one is kept before it is used. `None`: the session has ended.
    /// A token of somebody who is not signed in any more is dropped.
    fn keep_refresh_token(self: &Rc<Self>, user: UserId, refresh_token: Option<String>) {
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
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(failure) = runtime.persist_device().await {
                tracing::error!(%failure, "the session could not be kept");
            }
            if runtime.read_account().unwrap_or(false) {
                let account = runtime.account.borrow().clone();
                runtime.post(&FromWorker::Account(account));
            }
        });
    }

    /// Reads who is signed in from the device database; whether that changed.
    pub(super) fn read_account(&self) -> Result<bool, Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?;
        let account = match signed_in {
            Some(account) => Account::SignedIn { email: account.email, expired: account.refresh_token.is_none() },
            None => Account::LocalOnly { server: self.server().is_some() },
        };
        let changed = *self.account.borrow() != account;
        *self.account.borrow_mut() = account;
        Ok(changed)
    }

    /// The server last heard of.
    pub(super) fn server(&self) -> Option<Config> {
        let known = self.device.borrow().server().ok().flatten()?;
        Some(Config::new(&known.supabase_url, &known.supabase_key))
    }

    pub(super) fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> T) -> Option<T> {
        let store = self.desk.borrow().as_ref().map(|desk| desk.store.clone())?;
        let done = work(&mut store.borrow_mut());
        Some(done)
    }

    pub(super) async fn persist_desk(&self) -> Result<(), Failure> {
        if !self.storage.needs_persist() {
            return Ok(());
        }
        let open = self.desk.borrow().as_ref().map(|desk| (desk.file.clone(), Rc::downgrade(&desk.store)));
        let Some((file, store)) = open else { return Ok(()) };
        // Weak: a write that waits for its turn must not keep a desk from being cleared.
        let image = move || store.upgrade().map(|store| store.borrow_mut().image()).transpose();
        self.storage.persist(&file, image).await.map_err(storage_failure)
    }

    pub(super) async fn persist_device(&self) -> Result<(), Failure> {
        if !self.storage.needs_persist() {
            return Ok(());
        }
        let image = || self.device.borrow_mut().image().map(Some);
        self.storage.persist(device::FILE, image).await.map_err(storage_failure)
    }

    pub(super) fn with_driver(&self, tell: impl FnOnce(&DriverHandle)) {
        if let Some(driver) = self.desk.borrow().as_ref().and_then(|desk| desk.driver.as_ref()) {
            tell(driver);
        }
    }

    pub(super) fn post(&self, message: &FromWorker) {
        post(&self.scope, message);
    }
}

/// Whose file of local data it is: the person recorded in it, whom the device might have forgotten.
pub(super) fn local_owner(conn: &rusqlite::Connection, made_up: UserId) -> Result<UserId, Failure> {
    Ok(Store::recorded_user(conn).map_err(Failure::from)?.unwrap_or(made_up))
}

/// The session of a person who was signed in when the app was last used: its access token has to be bought first.
fn stored_session(account: SignedIn) -> Option<Session> {
    Some(Session {
        access_token: String::new(),
        refresh_token: account.refresh_token?,
        expires_at: Timestamp::from_micros(0),
        user: account.user,
        email: account.email,
    })
}

/// The file of the person without an account.
pub(super) const LOCAL_FILE: &str = "local.sqlite3";

/// The file of an account.
pub(super) fn account_file(user: UserId) -> String {
    format!("user-{user}.sqlite3")
}

pub(super) fn storage_failure(error: super::storage::StorageError) -> Failure {
    match error {
        super::storage::StorageError::Busy => Failure::OtherTab,
        other => Failure::Storage(other.to_string()),
    }
}

pub(super) fn sqlite_failure(error: rusqlite::Error) -> Failure {
    Failure::Storage(format!(
        "The database on this device cannot be read: {error}. Reload the page; nothing was deleted."
    ))
}

fn post(scope: &DedicatedWorkerGlobalScope, message: &FromWorker) {
    match postcard::to_stdvec(message) {
        Ok(bytes) => {
            let array = Uint8Array::from(bytes.as_slice());
            let _ = scope.post_message_with_transfer(&array, &js_sys::Array::of1(&array.buffer()));
        }
        Err(error) => tracing::error!(%error, "a message that cannot be written"),
    }
}

/// Asks which server this deployment belongs to. Offline, or where there is none, the one last heard of stays.
pub(super) async fn refresh_server_config(runtime: &Rc<Runtime>) {
    let Some(found) = fetch_config().await else { return };
    let known = runtime.device.borrow().server().ok().flatten();
    if known == found {
        return;
    }
    if let Err(error) = runtime.device.borrow().set_server(found.as_ref()) {
        tracing::error!(%error, "the server's address could not be kept");
    }
    if let Err(failure) = runtime.persist_device().await {
        tracing::error!(%failure, "the server's address could not be kept");
    }
    let signed_in = runtime.device.borrow().signed_in().ok().flatten();
    runtime.start_driver(signed_in.and_then(stored_session));
    if found.is_none() {
        runtime.post(&FromWorker::Sync(SyncStatus::local_only()));
    }
    if runtime.read_account().unwrap_or(false) {
        let account = runtime.account.borrow().clone();
        runtime.post(&FromWorker::Account(account));
    }
}

/// `/config.json`: `None` if it cannot be had now, `Some(None)` if it names no server.
async fn fetch_config() -> Option<Option<ServerConfig>> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let response = wasm_bindgen_futures::JsFuture::from(scope.fetch_with_str("/config.json")).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let text = wasm_bindgen_futures::JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let complete = |c: &ServerConfig| !c.supabase_url.is_empty() && !c.supabase_key.is_empty();
    Some(serde_json::from_value::<ServerConfig>(value).ok().filter(complete))
}
