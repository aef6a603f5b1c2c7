//! Where database files lie in this browser: OPFS, else IndexedDB, else memory, found out by trying. The only module that
//! knows; everybody else opens files by name and asks to [`Storage::persist`] what was committed before acknowledging it.

mod indexeddb;
mod opfs;
mod pages_part;

use rusqlite::Connection;

use self::indexeddb::PageStore;
use self::opfs::Pool;
use super::protocol::StorageMode;

/// A database file could not be opened, stored or removed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another tab (or a tab just closed) holds the files.
    #[error("Another tab of TuneTrees has the database open. Close it, or use TuneTrees there.")]
    Busy,
    /// The browser refused.
    #[error(
        "This browser could not {what}: {why}. Free some space or restart the browser; nothing stored was changed."
    )]
    Browser {
        /// What was tried.
        what: &'static str,
        /// What the browser said.
        why: String,
    },
    /// What works with the files there is not here: a part of the worker's module that could not be fetched.
    #[error(
        "A part of TuneTrees could not be fetched. It is kept on this device after the first complete visit; until then it needs a connection."
    )]
    Missing,
    /// SQLite refused.
    #[error("The database on this device cannot be opened: {0}.")]
    Sqlite(#[from] rusqlite::Error),
}

enum Backend {
    Opfs(Pool),
    IndexedDb(PageStore),
    Memory,
}

/// The place where database files lie.
pub struct Storage {
    backend: Backend,
}

impl Storage {
    /// Where there are data already, there; else OPFS, then IndexedDB, then memory. `file` is one that exists wherever data do.
    ///
    /// # Errors
    /// The place where the data lie cannot be opened now (another tab holds it, or the browser fails): any other place would look
    /// empty, and what is written there would be lost to sight later.
    pub async fn open(file: &str) -> Result<Self, StorageError> {
        let pages = PageStore::open().await;
        if let Ok(pages) = pages {
            if pages.exists(file).await? {
                return Storage::in_pages(pages).await;
            }
            let data_in_opfs = pages.is_opfs_marked().await?;
            return match Pool::open().await {
                Ok(pool) => {
                    if !data_in_opfs && let Err(reason) = pages.mark_opfs().await {
                        tracing::warn!(%reason, "where the data lie could not be noted");
                    }
                    Ok(Storage { backend: Backend::Opfs(pool) })
                }
                Err(StorageError::Busy) => Err(StorageError::Busy),
                Err(reason) if data_in_opfs => Err(reason),
                Err(reason) => {
                    tracing::warn!(%reason, "no OPFS: the data go to IndexedDB");
                    Storage::in_pages(pages).await
                }
            };
        }
        match Pool::open().await {
            Ok(pool) => Ok(Storage { backend: Backend::Opfs(pool) }),
            Err(StorageError::Busy) => Err(StorageError::Busy),
            Err(reason) => {
                tracing::warn!(%reason, "neither OPFS nor IndexedDB: the data live in memory");
                Ok(Storage { backend: Backend::Memory })
            }
        }
    }

    /// Opens that place and no other; for tests, which must know where they are. In IndexedDB whoever had it is replaced, as in
    /// [`Storage::open`].
    ///
    /// # Errors
    /// The browser does not have it.
    pub async fn open_in(mode: StorageMode) -> Result<Self, StorageError> {
        let backend = match mode {
            StorageMode::Opfs => Backend::Opfs(Pool::open().await?),
            StorageMode::IndexedDb => return Storage::in_pages(PageStore::open().await?).await,
            StorageMode::Memory => Backend::Memory,
        };
        Ok(Storage { backend })
    }

    async fn in_pages(pages: PageStore) -> Result<Self, StorageError> {
        pages_part::claim(&pages).await?;
        Ok(Storage { backend: Backend::IndexedDb(pages) })
    }

    /// Which of the three it is.
    pub fn mode(&self) -> StorageMode {
        match self.backend {
            Backend::Opfs(_) => StorageMode::Opfs,
            Backend::IndexedDb(_) => StorageMode::IndexedDb,
            Backend::Memory => StorageMode::Memory,
        }
    }

    /// Opens, or makes, the database file `name`.
    pub async fn connect(&self, name: &str) -> Result<Connection, StorageError> {
        match &self.backend {
            Backend::Opfs(pool) => pool.connect(name).await,
            Backend::IndexedDb(pages) => pages_part::connect(pages, name).await,
            Backend::Memory => Ok(Connection::open_in_memory()?),
        }
    }

    /// Must a commit be followed by [`Storage::persist`]? On OPFS the commit itself is durable.
    pub fn needs_persist(&self) -> bool {
        matches!(self.backend, Backend::IndexedDb(_))
    }

    /// Stores `image`, the whole database as of the last commit: only its changed pages are written, in one IndexedDB transaction.
    /// The image is asked for when its turn has come; `None` means that the database was closed meanwhile.
    pub async fn persist(
        &self,
        name: &str,
        image: impl FnOnce() -> rusqlite::Result<Option<Vec<u8>>>,
    ) -> Result<(), StorageError> {
        match &self.backend {
            Backend::IndexedDb(pages) => {
                let _turn = pages.turn().await;
                match image()? {
                    Some(image) => pages_part::store(pages, name, image).await,
                    None => Ok(()),
                }
            }
            Backend::Opfs(_) | Backend::Memory => Ok(()),
        }
    }

    /// Does a database file of that name exist?
    pub async fn exists(&self, name: &str) -> Result<bool, StorageError> {
        match &self.backend {
            Backend::Opfs(pool) => pool.exists(name),
            Backend::IndexedDb(pages) => pages.exists(name).await,
            Backend::Memory => Ok(false),
        }
    }

    /// Puts a closed, damaged database file aside under the name `<name>.damaged`, in place of one put aside before. Where there is no room for
    /// that it is removed: what can be read of it has been saved.
    pub async fn set_aside(&self, name: &str) -> Result<(), StorageError> {
        let aside = format!("{name}.damaged");
        self.remove(&aside).await?;
        let kept = match &self.backend {
            Backend::Opfs(pool) => pool.copy(name, &aside),
            Backend::IndexedDb(pages) => pages_part::copy(pages, name, &aside).await,
            Backend::Memory => Ok(()),
        };
        if let Err(reason) = kept {
            tracing::warn!(%reason, "the damaged database could not be kept");
        }
        self.remove(name).await
    }

    /// Removes a closed database file.
    pub async fn remove(&self, name: &str) -> Result<(), StorageError> {
        match &self.backend {
            Backend::Opfs(pool) => pool.remove(name),
            Backend::IndexedDb(pages) => pages_part::remove(pages, name).await,
            Backend::Memory => Ok(()),
        }
    }
}
