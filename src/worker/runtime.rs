//! The worker itself: opens the files, holds them, tells the tabs what changed. What it answers: `answering`; whose database is open, with
//! its sync: `desk`; which server: `server`.
//!
//! Local requests are answered at once, within the message event. Account requests wait for the network in a task of their
//! own and never hold up the others. Browser only.

mod answering;
mod desk;
mod server;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use futures_util::lock::Mutex;

pub(super) use desk::{Desk, LOCAL_FILE, account_file, local_owner};
pub(super) use server::refresh_server_config;

use super::device::{self, Device};
use super::driver::DriverHandle;
use super::intake::Chosen;
use super::lines::{Lines, Origin};
use super::protocol::{Account, Failure, FromWorker, Opened, PROTOCOL, ToWorker};
use super::repair;
use super::storage::{Storage, StorageError};
use crate::domain::time::Timestamp;
use crate::remote::recovery::Recovery;
use crate::store::Store;
use crate::sync::status::SyncStatus;

/// Everything the worker holds.
pub(super) struct Runtime {
    pub(super) storage: Storage,
    pub(super) device: RefCell<Device>,
    /// None only while one person's desk is cleared for another's.
    pub(super) desk: RefCell<Option<Desk>>,
    pub(super) account: RefCell<Account>,
    /// What the tabs were told last of the sync: one that comes later is told the same.
    status: RefCell<Option<SyncStatus>>,
    lines: Rc<Lines>,
    /// Calls that wait for their part of the module.
    #[cfg(feature = "parts")]
    postponed: RefCell<Vec<(super::parts::Part, Origin, ToWorker)>>,
    /// A file that is being brought in.
    chosen: RefCell<Chosen>,
    /// A mailed code that was accepted before another password was.
    pub(super) recovery: Recovery,
    /// Whoever has the snapshots' file open.
    pub(super) keeping: Mutex<()>,
}

/// When the other parts of the module are fetched, in milliseconds after the database is open: the first view comes first.
#[cfg(feature = "parts")]
const PARTS_AFTER: u32 = 1_500;

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
            (None, _, message) => {
                #[cfg(feature = "parts")]
                super::parts::foresee(&message);
                waiting.borrow_mut().push((origin, message));
            }
        })
    });
    match open(lines.clone()).await {
        Ok(runtime) => {
            let _ = opened.set(runtime.clone());
            runtime.post(&runtime.ready());
            runtime.tell_unheard();
            for (origin, message) in early.take() {
                runtime.receive(origin, message);
            }
            #[cfg(feature = "parts")]
            super::parts::fetch_first();
            refresh_server_config(&runtime).await;
            #[cfg(feature = "parts")]
            {
                gloo_timers::future::TimeoutFuture::new(PARTS_AFTER).await;
                super::parts::fetch_all().await;
            }
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
        lines,
        #[cfg(feature = "parts")]
        postponed: RefCell::default(),
        chosen: RefCell::default(),
        recovery: Recovery::default(),
        keeping: Mutex::new(()),
    });
    if let Some(text) = told {
        runtime.tell(&text);
    }
    if runtime.device.borrow().leaving().map_err(sqlite_failure)?.is_some() {
        #[cfg(feature = "parts")]
        super::parts::finish_leaving(&runtime).await?;
        #[cfg(not(feature = "parts"))]
        super::accounts::finish_leaving(&runtime).await?;
    }
    let signed_in = runtime.device.borrow().signed_in().map_err(sqlite_failure)?;
    if signed_in.is_none() {
        runtime.device.borrow().local_user().map_err(sqlite_failure)?;
    }
    // Before any file is made for them: a made-up person or device must not be made up again.
    runtime.device.borrow().id().map_err(sqlite_failure)?;
    runtime.persist_device().await?;
    runtime.reopen_desk().await?;
    if signed_in.is_some()
        && let Err(failure) = take_leftovers_along(&runtime).await
    {
        // The file stays, and it is tried again at the next start.
        tracing::error!(%failure, "local data could not be taken along yet");
    }
    runtime.read_account()?;
    Ok(runtime)
}

/// The tab was killed in the middle of a change-over: somebody is signed in, and there still is a file of local data.
async fn take_leftovers_along(runtime: &Rc<Runtime>) -> Result<(), Failure> {
    if !runtime.storage.exists(LOCAL_FILE).await.map_err(storage_failure)? {
        return Ok(());
    }
    #[cfg(feature = "parts")]
    return super::parts::take_leftovers_along(runtime).await;
    #[cfg(not(feature = "parts"))]
    super::accounts::take_leftovers_along(runtime).await
}

impl Runtime {
    /// Keeps something that a person must hear until she has closed it ([`Runtime::tell_unheard`] says it): this worker, or the tab, may end
    /// before anybody has read it.
    pub(super) fn tell(&self, text: &str) {
        let kept = self.device.borrow().keep_unheard(text.trim());
        if let Err(error) = kept {
            tracing::error!(%error, "what a person must hear could not be kept");
            self.post(&FromWorker::Told(text.trim().to_owned()));
        }
    }

    /// That text is the file that was chosen.
    pub(super) fn choose(&self, name: &str, text: String) {
        self.chosen.borrow_mut().choose(name, text);
    }

    /// Tells all tabs what nobody has closed yet; a tab shows it once.
    pub(super) fn tell_unheard(&self) {
        self.unheard().into_iter().for_each(|text| self.post(&FromWorker::Told(text)));
    }

    fn unheard(&self) -> Vec<String> {
        self.device.borrow().unheard().unwrap_or_else(|error| {
            tracing::error!(%error, "what a person must hear could not be read");
            Vec::new()
        })
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

    pub(super) fn with_store<T>(&self, work: impl FnOnce(&mut Store) -> T) -> Option<T> {
        let store = self.desk.borrow().as_ref().map(|desk| desk.store.clone())?;
        let done = work(&mut store.borrow_mut());
        Some(done)
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

pub(super) fn storage_failure(error: StorageError) -> Failure {
    match error {
        StorageError::Busy => Failure::OtherTab,
        StorageError::Missing => Failure::Offline(error.to_string()),
        other => Failure::Storage(other.to_string()),
    }
}

pub(super) fn sqlite_failure(error: rusqlite::Error) -> Failure {
    Failure::Storage(format!(
        "The database on this device cannot be read: {error}. Reload the page; nothing was deleted."
    ))
}
