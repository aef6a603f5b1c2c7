//! What can go wrong in the local database, in words a person can act on.

use crate::store::schema::Table;

/// Why the local database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a later version of the app.
    #[error(
        "The data on this device were written by a newer TuneTrees (schema {found}, this one knows {known}). Close all its tabs and \
         reload the page to get the newer app; nothing is lost."
    )]
    Newer {
        /// Schema number in the file.
        found: usize,
        /// The last one this app knows.
        known: usize,
    },
    /// A migration did not apply; the file is as it was before it.
    #[error(
        "Bringing the data on this device up to date failed at step {number}: {source}. They are unchanged; reload to try again."
    )]
    Migration {
        /// Which migration, from 1.
        number: usize,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file belongs to somebody else.
    #[error("This database belongs to another account ({found}). Open the file of the account that is signed in.")]
    OtherUser {
        /// Whose it is.
        found: String,
    },
    /// A value that a column cannot hold.
    #[error("{table}.{column} cannot hold {value}: {why}.")]
    BadValue {
        /// The table.
        table: Table,
        /// The column.
        column: String,
        /// The value, as JSON.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// What is asked for cannot be done as it is; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// What is asked for does not exist (any more).
    #[error("{0}")]
    NotFound(String),
    /// There is no room left for the data.
    #[error(
        "This device has no room left for TuneTrees' data, so nothing was saved by this. Free some space, then do it again; \
         what was saved before is kept."
    )]
    Full,
    /// The file is damaged.
    #[error(
        "The database on this device is damaged ({0}). It is being rebuilt; what can be read of unsent changes is kept."
    )]
    Damaged(String),
    /// SQLite reports an error.
    #[error(
        "The database on this device could not be read or written: {0}. Reload the page; if it comes again, free some space on the device."
    )]
    Sqlite(#[source] rusqlite::Error),
}

/// SQLite's extended code for a write that the file system did not take.
const IOERR_WRITE: i32 = 10 | (3 << 8);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase};
        match error.sqlite_error_code() {
            Some(DiskFull) => StoreError::Full,
            // What the browser's file system says when the quota is reached.
            _ if error.sqlite_error().is_some_and(|error| error.extended_code == IOERR_WRITE) => StoreError::Full,
            Some(DatabaseCorrupt | NotADatabase) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Something in the database is not in the form this app writes.
    pub(crate) fn bad(table: Table, column: &str, value: &serde_json::Value, why: impl ToString) -> Self {
        StoreError::BadValue { table, column: column.to_owned(), value: value.to_string(), why: why.to_string() }
    }
}
