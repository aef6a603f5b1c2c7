//! Database files in the origin-private file system, through the SAH-pool VFS: synchronous, durable at commit, one owner.

use gloo_timers::future::TimeoutFuture;
use rsqlite_vfs::VfsFilesManager;
use rsqlite_vfs::transfer::DbTransfer;
use rusqlite::{Connection, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};

use super::StorageError;

const VFS: &str = "tunetrees-opfs";
const DIRECTORY: &str = "tunetrees";
/// A database and its journal take a slot each; three databases may be open.
const SLOTS: usize = 12;
/// A worker that was ended while busy keeps its handles for 1–2.5 s: try for longer than that.
const ATTEMPTS: u32 = 32;
/// The first pause; they grow to the longest.
const ATTEMPT_PAUSE_MS: u32 = 15;
const LONGEST_PAUSE_MS: u32 = 250;

/// The pool of file handles, held for as long as the worker lives.
pub(super) struct Pool {
    pool: OpfsSAHPoolUtil,
}

impl Pool {
    pub(super) async fn open() -> Result<Self, StorageError> {
        let config = OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(DIRECTORY).initial_capacity(SLOTS).build();
        let mut attempt = 1;
        let mut pause = ATTEMPT_PAUSE_MS;
        loop {
            match install::<WasmOsCallback>(&config, false).await {
                Ok(pool) => return Ok(Pool { pool }),
                Err(error) if !held_elsewhere(&error) => return Err(browser("use its private file system", &error)),
                Err(_) if attempt == ATTEMPTS => return Err(StorageError::Busy),
                Err(_) => {
                    attempt += 1;
                    TimeoutFuture::new(pause).await;
                    pause = (pause * 3 / 2).min(LONGEST_PAUSE_MS);
                }
            }
        }
    }

    pub(super) async fn connect(&self, name: &str) -> Result<Connection, StorageError> {
        let needed = self.pool.len().map_err(|e| browser("list its files", &e))? + 4;
        self.pool.ensure_capacity(needed).await.map_err(|e| browser("make room for a database", &e))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Ok(Connection::open_with_flags_and_vfs(name, flags, VFS)?)
    }

    pub(super) fn exists(&self, name: &str) -> Result<bool, StorageError> {
        self.pool.contains(name).map_err(|e| browser("list its files", &e))
    }

    /// Copies a closed file; what is in it need not be a database any more.
    pub(super) fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        // A journal of a file that cannot be opened says nothing any more.
        self.pool.remove(&format!("{from}-journal")).map_err(|e| browser("remove a journal", &e))?;
        let bytes = self.pool.export_db(from).map_err(|e| browser("read a damaged database", &e))?;
        self.pool.import_db_unchecked(to, &bytes).map_err(|e| browser("keep a damaged database", &e))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), StorageError> {
        for file in [name.to_owned(), format!("{name}-journal")] {
            self.pool.remove(&file).map_err(|e| browser("remove a database", &e))?;
        }
        Ok(())
    }
}

/// Another owner holds the handles: `NoModificationAllowedError` in Chromium and Firefox, `InvalidStateError` in Safari.
fn held_elsewhere(error: &OpfsSAHError) -> bool {
    let said = error.to_string();
    said.contains("NoModificationAllowed") || said.contains("InvalidStateError")
}

fn browser(what: &'static str, error: &OpfsSAHError) -> StorageError {
    StorageError::Browser { what, why: error.to_string() }
}
