//! What can go wrong with the local PostgreSQL, each said in one sentence that a person can act on.

use std::path::PathBuf;

/// An error of the local PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No server programs on this machine.
    #[error(
        "PostgreSQL 15 or newer is not installed: no directory with `initdb` and `postgres` in /usr/lib/postgresql, PATH or PG_BIN; \
         install it (Debian, Ubuntu: `apt install postgresql postgresql-15-wal2json`) or set PG_BIN to its bin directory"
    )]
    NoBinaries,
    /// PG_BIN is set, but wrongly.
    #[error("PG_BIN is {0}, but there is no `initdb` and `postgres` in it; correct it or unset it")]
    WrongPgBin(PathBuf),
    /// The disk of the data directory is full.
    #[error("the disk that holds {0} is full; free some space and start again")]
    DiskFull(PathBuf),
    /// Somebody else listens on the wanted port.
    #[error("port {0} on 127.0.0.1 is in use; stop the program that uses it or choose another port for PostgreSQL")]
    PortBusy(u16),
    /// A living process of ours works on the same directory.
    #[error("another process already runs the database in {0}; stop it first or use another directory")]
    InUse(PathBuf),
    /// The directory has something else in it, or belongs to another version.
    #[error(
        "{dir} holds a PostgreSQL {found} database, but the installed server is {installed}; delete the directory or set PG_BIN to a PostgreSQL {found}"
    )]
    OtherVersion {
        /// The data directory.
        dir: PathBuf,
        /// Version of the files.
        found: String,
        /// Version of the programs.
        installed: String,
    },
    /// A program of PostgreSQL failed; the message is its own.
    #[error("{program} failed: {message} (log: {log})")]
    Failed {
        /// `initdb`, `postgres` …
        program: &'static str,
        /// Its last error line.
        message: String,
        /// Where to read more.
        log: PathBuf,
    },
    /// The server did not become ready or did not stop in time.
    #[error("PostgreSQL in {dir} did not {what} within {seconds} s; see {dir}/postgres.log")]
    TimedOut {
        /// The directory.
        dir: PathBuf,
        /// `start` or `stop`.
        what: &'static str,
        /// How long we waited.
        seconds: u64,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A migration failed.
    #[error("migration {file}, line {line}: {message}")]
    Migration {
        /// File name.
        file: String,
        /// Line of the statement that failed, or 1 when unknown.
        line: usize,
        /// PostgreSQL's message.
        message: String,
    },
    /// A migration's name is not `<timestamp>_name.sql`.
    #[error("migration file {0} is not named <timestamp>_name.sql (for instance 20261122000100_schema.sql); rename it")]
    MigrationName(String),
    /// A connection or statement failed.
    #[error("{context}: {message}")]
    Sql {
        /// What was tried.
        context: &'static str,
        /// PostgreSQL's message.
        message: String,
    },
}

impl PostgresError {
    pub(super) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull(path),
            _ => Self::File { path, source },
        }
    }

    pub(super) fn sql(context: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |error| Self::Sql { context, message: message_of(&error) }
    }
}

/// PostgreSQL's own words: message, detail and hint; tokio-postgres alone says only "db error".
pub(super) fn message_of(error: &tokio_postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        return match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
    };
    let mut text = format!("{} ({})", db.message(), db.code().code());
    for more in [db.detail(), db.hint(), db.where_()].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    text
}
