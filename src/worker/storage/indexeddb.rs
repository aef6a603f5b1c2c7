//! Database files as pages in IndexedDB, for browsers without OPFS: SQLite works in memory; after a commit the pages that
//! changed are written in one IndexedDB transaction, and only then is the edit acknowledged.
//!
//! Every browser looks in here where the data lie; what only those without OPFS need is called through `pages_part`.

use std::cell::RefCell;
use std::collections::HashMap;

use futures_util::lock::{Mutex, MutexGuard};
use idb::{Database, DatabaseEvent, Factory, KeyPath, ObjectStoreParams, Query, Transaction, TransactionMode};
use js_sys::Uint8Array;
use rusqlite::Connection;
use wasm_bindgen::{JsCast, JsValue};

use super::StorageError;

const DATABASE: &str = "tunetrees";
/// Key `[file, page number]`, value the page's bytes.
const PAGES: &str = "pages";
/// Key file, value its length in bytes.
const FILES: &str = "files";
/// A file that never exists: its entry says that this origin's data lie in OPFS.
const OPFS_MARK: &str = "(opfs)";
/// Another such file: its entry names the worker that writes. Whoever opens the place writes its own name there; whoever finds another's
/// has been replaced.
const WRITER: &str = "(writer)";
/// The unit of comparison and storage; SQLite's own page size need not be the same.
const PAGE: usize = 8192;

pub(super) struct PageStore {
    database: Database,
    /// What stands at [`WRITER`] while this one may write.
    name: String,
    /// What IndexedDB holds, per file: the image that the next one is compared with.
    stored: RefCell<HashMap<String, Vec<u8>>>,
    /// One write at a time, in the order of the commits.
    turns: Mutex<()>,
}

impl PageStore {
    pub(super) async fn open() -> Result<Self, StorageError> {
        let factory = Factory::new().map_err(browser("use IndexedDB"))?;
        let mut request = factory.open(DATABASE, Some(1)).map_err(browser("open IndexedDB"))?;
        request.on_upgrade_needed(|event| {
            // Failing here aborts the opening, which is reported below.
            if let Ok(database) = event.database() {
                for store in [PAGES, FILES] {
                    let mut parameters = ObjectStoreParams::new();
                    parameters.key_path(None::<KeyPath>);
                    let _ = database.create_object_store(store, parameters);
                }
            }
        });
        let database = request.await.map_err(browser("open IndexedDB"))?;
        let name = uuid::Uuid::now_v7().to_string();
        Ok(PageStore { database, name, stored: RefCell::default(), turns: Mutex::new(()) })
    }

    /// From now on only this one may write; what another wrote before is what is loaded.
    pub(super) async fn claim(&self) -> Result<(), StorageError> {
        let failed = browser("write to IndexedDB");
        let transaction = self.database.transaction(&[FILES], TransactionMode::ReadWrite).map_err(&failed)?;
        let files = transaction.object_store(FILES).map_err(&failed)?;
        files.put(&JsValue::from_str(&self.name), Some(&JsValue::from_str(WRITER))).map_err(&failed)?;
        transaction.commit().map_err(&failed)?.await.map_err(&failed)?;
        Ok(())
    }

    /// A transaction that writes; refused to whoever has been replaced.
    async fn writing(&self, failed: &impl Fn(idb::Error) -> StorageError) -> Result<Transaction, StorageError> {
        let transaction = self.database.transaction(&[PAGES, FILES], TransactionMode::ReadWrite).map_err(failed)?;
        let files = transaction.object_store(FILES).map_err(failed)?;
        let writer = files.get(JsValue::from_str(WRITER)).map_err(failed)?.await.map_err(failed)?;
        match writer.and_then(|name| name.as_string()) {
            Some(writer) if writer != self.name => Err(StorageError::Busy),
            _ => Ok(transaction),
        }
    }

    pub(super) async fn connect(&self, name: &str) -> Result<Connection, StorageError> {
        let mut connection = Connection::open_in_memory()?;
        let image = self.load(name).await?;
        if !image.is_empty() {
            connection.deserialize_read_exact(rusqlite::MAIN_DB, image.as_slice(), image.len(), false)?;
        }
        self.stored.borrow_mut().insert(name.to_owned(), image);
        Ok(connection)
    }

    /// Copies a closed file.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        let image = self.load(from).await?;
        let _turn = self.turn().await;
        self.store(to, image).await
    }

    async fn load(&self, name: &str) -> Result<Vec<u8>, StorageError> {
        let failed = browser("read the database from IndexedDB");
        let transaction = self.database.transaction(&[PAGES, FILES], TransactionMode::ReadOnly).map_err(&failed)?;
        let files = transaction.object_store(FILES).map_err(&failed)?;
        let length = files.get(JsValue::from_str(name)).map_err(&failed)?.await.map_err(&failed)?;
        let Some(length) = length.and_then(|v| v.as_f64()) else { return Ok(Vec::new()) };
        let length = length as usize;
        let pages = transaction.object_store(PAGES).map_err(&failed)?;
        let range =
            idb::KeyRange::bound(&key(name, 0), &key(name, length.div_ceil(PAGE)), None, None).map_err(&failed)?;
        let found = pages.get_all(Some(Query::KeyRange(range)), None).map_err(&failed)?.await.map_err(&failed)?;
        let mut image = Vec::with_capacity(length + PAGE);
        for page in found {
            image.extend_from_slice(&page.unchecked_into::<Uint8Array>().to_vec());
        }
        image.truncate(length);
        Ok(image)
    }

    /// Waits until it is this write's turn: an image that is made only then never stores an earlier state after a later one.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turns.lock().await
    }

    /// Stores `image`; for whoever has the [`PageStore::turn`].
    pub(super) async fn store(&self, name: &str, image: Vec<u8>) -> Result<(), StorageError> {
        let failed = browser("store the change in IndexedDB");
        let before = self.stored.borrow_mut().remove(name).unwrap_or_default();
        let outcome = async {
            let transaction = self.writing(&failed).await?;
            let pages = transaction.object_store(PAGES).map_err(&failed)?;
            for (number, page) in image.chunks(PAGE).enumerate() {
                let old = before.get(number * PAGE..(number * PAGE + page.len()).min(before.len()));
                if old != Some(page) {
                    pages.put(&Uint8Array::from(page), Some(&key(name, number))).map_err(&failed)?;
                }
            }
            let files = transaction.object_store(FILES).map_err(&failed)?;
            files.put(&JsValue::from_f64(image.len() as f64), Some(&JsValue::from_str(name))).map_err(&failed)?;
            transaction.commit().map_err(&failed)?.await.map_err(&failed)?;
            Ok(())
        }
        .await;
        // After a failure nothing of this transaction is stored: compare with the old image again.
        let now = if outcome.is_ok() { image } else { before };
        self.stored.borrow_mut().insert(name.to_owned(), now);
        outcome
    }

    /// Notes that this origin's data lie in OPFS from now on.
    pub(super) async fn mark_opfs(&self) -> Result<(), StorageError> {
        let failed = browser("write to IndexedDB");
        let transaction = self.database.transaction(&[FILES], TransactionMode::ReadWrite).map_err(&failed)?;
        let files = transaction.object_store(FILES).map_err(&failed)?;
        files.put(&JsValue::from_f64(0.0), Some(&JsValue::from_str(OPFS_MARK))).map_err(&failed)?;
        transaction.commit().map_err(&failed)?.await.map_err(&failed)?;
        Ok(())
    }

    /// Do this origin's data lie in OPFS?
    pub(super) async fn is_opfs_marked(&self) -> Result<bool, StorageError> {
        self.exists(OPFS_MARK).await
    }

    pub(super) async fn exists(&self, name: &str) -> Result<bool, StorageError> {
        let failed = browser("look into IndexedDB");
        let transaction = self.database.transaction(&[FILES], TransactionMode::ReadOnly).map_err(&failed)?;
        let files = transaction.object_store(FILES).map_err(&failed)?;
        let length = files.get(JsValue::from_str(name)).map_err(&failed)?.await.map_err(&failed)?;
        Ok(length.is_some())
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), StorageError> {
        let failed = browser("remove a database from IndexedDB");
        let _turn = self.turn().await;
        let transaction = self.writing(&failed).await?;
        let range = idb::KeyRange::bound(&key(name, 0), &key(name, u32::MAX as usize), None, None).map_err(&failed)?;
        let pages = transaction.object_store(PAGES).map_err(&failed)?;
        pages.delete(Query::KeyRange(range)).map_err(&failed)?;
        let files = transaction.object_store(FILES).map_err(&failed)?;
        files.delete(JsValue::from_str(name)).map_err(&failed)?;
        transaction.commit().map_err(&failed)?.await.map_err(&failed)?;
        self.stored.borrow_mut().remove(name);
        Ok(())
    }
}

fn key(name: &str, page: usize) -> JsValue {
    js_sys::Array::of2(&JsValue::from_str(name), &JsValue::from_f64(page as f64)).into()
}

fn browser(what: &'static str) -> impl Fn(idb::Error) -> StorageError {
    move |error| StorageError::Browser { what, why: error.to_string() }
}
