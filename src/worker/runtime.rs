//! The worker itself: opens the files, answers calls, runs the sync driver, tells the tabs what changed.
//!
//! Local requests are answered at once, within the message event. Account requests wait for the network in a task of their
//! own and never hold up the others. Browser only.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use super::accounts;
use super::device::{self, Device, ServerConfig, SignedIn};
use super::device_name;
use super::driver::{self, DriverHandle, Hooks, SessionNotice};
use super::intake::Chosen;
use super::lines::{Lines, Origin};
use super::platform::RealPlatform;
use super::protocol::{
    Account, AttentionAnswer, AttentionRequest, DataAnswer, DataRequest, Failure, FromWorker, LibraryRequest, Opened,
    PROTOCOL, Request, Response, SyncSettings, ToWorker,
};
use super::storage::Storage;
use super::{repair, requests};
use crate::domain::ids::UserId;
use crate::domain::import::Source;
use crate::domain::the_session::Question;
use crate::domain::time::Timestamp;
use crate::remote::auth::Session;
use crate::remote::{Config, the_session};
use crate::store::Store;
use crate::store::calls::Call;
use crate::store::schema::Table;
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
    /// What the tabs were told last of the sync: one that comes later is told the same.
    status: RefCell<Option<SyncStatus>>,
    /// What a person must hear and has not been told yet.
    told: RefCell<Vec<String>>,
    lines: Rc<Lines>,
    /// A file that is being brought in.
    chosen: RefCell<Chosen>,
}

/// How often it is told how far a file is, in microseconds.
const PROGRESS_EVERY: i64 = 100_000;
/// How often, and how long apart, a closing desk looks whether the sync has let go.
const CLOSING_TURNS: u32 = 200;
const CLOSING_PAUSE_MS: u32 = 5;
/// A tab that was put aside may come back, and ask again, after days.
const CALLS_KEPT: i64 = 7 * 86_400_000_000;

/// The present, by the browser's clock.
pub(super) fn now() -> Timestamp {
    chrono::Utc::now().into()
}

/// Opens everything and answers from then on; called once by the worker's entry. What comes before the database is open, waits.
pub async fn run() {
    let early: Rc<RefCell<Vec<(Origin, ToWorker)>>> = Rc::default();
    let opened: Rc<OnceCell<Rc<Runtime>>> = Rc::default();
    let lines: Rc<OnceCell<Rc<Lines>>> = Rc::default();
    let (waiting, running, alive) = (early.clone(), opened.clone(), lines.clone());
    let lines = lines.get_or_init(|| {
        Lines::open(move |origin, message| match (running.get(), alive.get(), message) {
            (Some(runtime), _, message) => runtime.receive(origin, message),
            (None, Some(lines), ToWorker::Hello) => lines.reply(origin, &FromWorker::Alive),
            (None, _, message) => waiting.borrow_mut().push((origin, message)),
        })
    });
    match open(lines.clone()).await {
        Ok(runtime) => {
            let _ = opened.set(runtime.clone());
            runtime.post(&runtime.ready());
            runtime.tell_waiting();
            for (origin, message) in early.take() {
                runtime.receive(origin, message);
            }
            refresh_server_config(&runtime).await;
        }
        Err(failure) => {
            tracing::error!(%failure, "the database could not be opened");
            let opened = Err(failure);
            lines.everybody(&FromWorker::Ready { protocol: PROTOCOL.to_owned(), worker: lines.id(), opened });
        }
    }
}

async fn open(lines: Rc<Lines>) -> Result<Rc<Runtime>, Failure> {
    let storage = Storage::open(device::FILE).await.map_err(storage_failure)?;
    let (device, told) = repair::open_device(&storage).await?;
    let runtime = Rc::new(Runtime {
        storage,
        device: RefCell::new(device),
        desk: RefCell::new(None),
        account: RefCell::new(Account::LocalOnly { server: false }),
        status: RefCell::default(),
        told: RefCell::new(told.into_iter().collect()),
        lines,
        chosen: RefCell::default(),
    });
    let signed_in = runtime.device.borrow().signed_in().map_err(sqlite_failure)?;
    if signed_in.is_none() {
        runtime.device.borrow().local_user().map_err(sqlite_failure)?;
    }
    // Before any file is made for them: a made-up person or device must not be made up again.
    runtime.device.borrow().id().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.reopen_desk().await?;
    if signed_in.is_some()
        && let Err(failure) = accounts::take_leftovers_along(&runtime).await
    {
        // The file stays, and it is tried again at the next start.
        tracing::error!(%failure, "local data could not be taken along yet");
    }
    runtime.read_account()?;
    Ok(runtime)
}

impl Runtime {
    fn receive(self: &Rc<Self>, origin: Origin, message: ToWorker) {
        match message {
            ToWorker::Hello => {
                self.lines.reply(origin, &self.ready());
                if let Some(status) = &*self.status.borrow() {
                    self.lines.reply(origin, &FromWorker::Sync(status.clone()));
                }
            }
            ToWorker::Visible(tab, visible) => {
                let any = self.lines.any_visible(tab, visible);
                self.with_driver(|driver| driver.visible(any));
            }
            ToWorker::Online(online) => self.with_driver(|driver| driver.online(online)),
            ToWorker::Durable(durable) => self.keep_durable(durable),
            ToWorker::Call { tab, id, oldest, again, request } => {
                let runtime = self.clone();
                let answer = move |result| runtime.lines.reply(origin, &FromWorker::Answer { tab, id, result });
                match request {
                    Request::Account(request) => {
                        let runtime = self.clone();
                        wasm_bindgen_futures::spawn_local(async move {
                            answer(accounts::answer(&runtime, request).await.map(Response::Account));
                        });
                    }
                    Request::Attention(AttentionRequest::SyncNow) => {
                        self.with_driver(DriverHandle::sync_now);
                        answer(Ok(Response::Done));
                    }
                    Request::Data(DataRequest::Salvaged) => {
                        answer(
                            self.device
                                .borrow()
                                .salvaged()
                                .map(|json| DataAnswer::Salvaged(json).into())
                                .map_err(sqlite_failure),
                        );
                    }
                    Request::Attention(AttentionRequest::RetryRefused) => {
                        self.with_driver(DriverHandle::retry_refused);
                        answer(Ok(Response::Done));
                    }
                    Request::Library(LibraryRequest::AskTheSession { question }) => {
                        let runtime = self.clone();
                        let call = Call { tab: tab.0, id, oldest };
                        wasm_bindgen_futures::spawn_local(async move {
                            match the_session::ask(&question).await {
                                Ok(json) => {
                                    let request = match question {
                                        Question::Tune(_) => {
                                            LibraryRequest::PreviewImport { source: Source::Session(json) }
                                        }
                                        Question::Search(_) => LibraryRequest::ReadSessionSearch { json },
                                    };
                                    let zone = chrono::Local;
                                    runtime.answer_locally(answer, |store| {
                                        requests::answer_call(store, call, again, request.into(), now(), &zone)
                                    });
                                }
                                Err(error) => answer(Err(Failure::Offline(format!(
                                    "The Session could not be reached ({error}). ABC and tables come in without a connection."
                                )))),
                            }
                        });
                    }
                    Request::Data(request) if request.is_intake() => self.answer_intake(request, answer),
                    request => {
                        let call = Call { tab: tab.0, id, oldest };
                        let zone = chrono::Local;
                        self.answer_locally(answer, |store| {
                            requests::answer_call(store, call, again, request, now(), &zone)
                        });
                    }
                }
            }
        }
    }

    /// Keeps something for [`Runtime::tell_waiting`].
    pub(super) fn tell(&self, text: &str) {
        self.told.borrow_mut().push(text.trim().to_owned());
    }

    /// Tells all tabs what waits to be told.
    pub(super) fn tell_waiting(&self) {
        for text in self.told.take() {
            self.post(&FromWorker::Told(text));
        }
    }

    fn tell_status(&self, status: SyncStatus) {
        self.post(&FromWorker::Sync(status.clone()));
        self.status.replace(Some(status));
    }

    /// What a tab is told first.
    fn ready(&self) -> FromWorker {
        let durable = self.device.borrow().durable().ok().flatten();
        let opened = Opened { storage: self.storage.mode(), account: self.account.borrow().clone(), durable };
        FromWorker::Ready { protocol: PROTOCOL.to_owned(), worker: self.lines.id(), opened: Ok(opened) }
    }

    fn keep_durable(self: &Rc<Self>, durable: bool) {
        if let Err(error) = self.device.borrow().set_durable(durable) {
            tracing::error!(%error, "the browser's answer could not be kept");
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(failure) = runtime.persist_device().await {
                tracing::error!(%failure, "the browser's answer could not be kept");
            }
        });
        self.post(&FromWorker::Durable(durable));
    }

    /// About a file that is brought in. It may take long: everybody hears how far it is, also as a sign of life.
    fn answer_intake(self: &Rc<Self>, request: DataRequest, answer: impl FnOnce(Result<Response, Failure>) + 'static) {
        let account = self.account.borrow().clone();
        let mut told = now();
        let mut on_progress = |progress| {
            let present = now();
            if present.micros() - told.micros() >= PROGRESS_EVERY {
                told = present;
                self.post(&FromWorker::Intake(progress));
            }
        };
        self.answer_locally(answer, |store| {
            self.chosen.borrow_mut().answer(store, &account, request, now(), &mut on_progress)
        });
    }

    /// Answers from the database; where a commit is not durable by itself, only after it was stored.
    fn answer_locally(
        self: &Rc<Self>,
        answer: impl FnOnce(Result<Response, Failure>) + 'static,
        work: impl FnOnce(&mut Store) -> Result<Response, Failure>,
    ) {
        let answered = self.with_store(|store| {
            let result = work(store);
            (result, store.take_changes())
        });
        let (result, changes) = match answered {
            Some(answered) => answered,
            None => (
                Err(Failure::Storage("The database is being changed over to another account. Try again.".into())),
                vec![],
            ),
        };
        if let Ok(Response::Attention(AttentionAnswer::SyncSettings(SyncSettings { name: Some(name), .. }))) = &result {
            self.keep_device_name(name);
        }
        if matches!(result, Err(Failure::Damaged(_))) {
            let runtime = self.clone();
            wasm_bindgen_futures::spawn_local(async move {
                repair::repair(&runtime).await;
                runtime.post(&FromWorker::Changed(Table::ALL.to_vec()));
            });
        }
        if changes.is_empty() {
            return answer(result);
        }
        self.with_driver(DriverHandle::local_edit);
        if !self.storage.needs_persist() {
            answer(result);
            return self.post(&FromWorker::Changed(changes));
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let result = match runtime.persist_desk().await {
                Ok(()) => result,
                // No answer: the tab asks again, the worker that writes now; here it was not done.
                Err(Failure::OtherTab) => return runtime.lines.to_own(&FromWorker::Replaced),
                Err(failure) => Err(Failure::Storage(format!(
                    "The change is in this tab and will be sent, but it is not stored: do not enter it again. {failure}"
                ))),
            };
            answer(result);
            runtime.post(&FromWorker::Changed(changes));
        });
    }

    /// The name belongs to the device, whoever uses it: her database may go, the name stays.
    fn keep_device_name(self: &Rc<Self>, name: &str) {
        let known = self.device.borrow().name().ok().flatten();
        if known.as_deref() == Some(name) {
            return;
        }
        if let Err(error) = self.device.borrow().set_name(name) {
            tracing::error!(%error, "the device's name could not be kept");
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(failure) = runtime.persist_device().await {
                tracing::error!(%failure, "the device's name could not be kept");
            }
        });
    }

    /// Opens the database of whoever uses the device now.
    pub(super) async fn reopen_desk(self: &Rc<Self>) -> Result<(), Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?;
        let user = match &signed_in {
            Some(account) => account.user,
            None => self.device.borrow().local_user().map_err(sqlite_failure)?,
        };
        self.open_desk(user, signed_in.and_then(stored_session)).await
    }

    /// Removes a closed database of which nothing is needed any more.
    pub(super) async fn remove_file(&self, file: &str) -> Result<(), Failure> {
        // First of all: a file that is not there but was looked through counts as one that the browser cleared.
        self.device.borrow().set_checked(file, None).map_err(sqlite_failure)?;
        self.persist_device().await?;
        self.storage.remove(file).await.map_err(storage_failure)
    }

    /// Opens `user`'s database and starts its sync.
    pub(super) async fn open_desk(self: &Rc<Self>, user: UserId, session: Option<Session>) -> Result<(), Failure> {
        let signed_in = self.device.borrow().signed_in().map_err(sqlite_failure)?.is_some_and(|a| a.user == user);
        let file = if signed_in { account_file(user) } else { LOCAL_FILE.to_owned() };
        let mut store = repair::open_store(self, &file, user, signed_in).await?;
        store.lay_reference_data(now()).map_err(Failure::from)?;
        store.forget_calls(now().plus_micros(-CALLS_KEPT)).map_err(Failure::from)?;
        if signed_in {
            store.await_first_pull(now()).map_err(Failure::from)?;
        }
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        let named = self.device.borrow().name().map_err(sqlite_failure)?;
        let named =
            named.unwrap_or_else(|| device_name::from_user_agent(&scope.navigator().user_agent().unwrap_or_default()));
        store.name_device(now(), &named).map_err(Failure::from)?;
        store.take_changes();
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
            on_status: Box::new(move |state| status.tell_status(state)),
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
                    let outcome = runtime.persist_desk().await;
                    if matches!(outcome, Err(Failure::OtherTab)) {
                        // Nothing may be sent that is not stored.
                        runtime.lines.to_own(&FromWorker::Replaced);
                        return std::future::pending().await;
                    }
                    if let Err(failure) = outcome {
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
        self.lines.everybody(message);
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
        runtime.tell_status(SyncStatus::local_only());
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
