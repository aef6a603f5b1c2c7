//! What can go wrong in a migration, in words a person can act on.

use std::path::PathBuf;

/// Why a migration did not happen. In every case the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// No such file.
    #[error("there is no file {0}: give the path of the legacy database with --source")]
    NoFile(PathBuf),
    /// The file is no SQLite database, or a damaged one.
    #[error("{path} cannot be read as a SQLite database ({message}): is it the right file, and copied whole?")]
    NotSqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        message: String,
    },
    /// A SQLite file of some other program, or of a version never seen.
    #[error("{path} is a SQLite database, but not one of TuneTrees that is known: {missing}")]
    UnknownShape {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        missing: String,
    },
    /// The file changed or failed while it was read.
    #[error("reading table {table} failed: {message} (is another program writing to the file?)")]
    Reading {
        /// The legacy table.
        table: String,
        /// What SQLite said.
        message: String,
    },
    /// The bundled excerpt is not what the program expects.
    #[error("the bundled demo data is damaged: {0}")]
    Excerpt(String),
    /// The text behind `--map-user` makes no sense, or names somebody who is not in the file.
    #[error("--map-user {0}")]
    MapUser(String),
    /// No connection to PostgreSQL.
    #[error("cannot connect to the database: {0} (is it running, and is --database-url right?)")]
    Unreachable(String),
    /// PostgreSQL answers, but has not our tables.
    #[error(
        "the database has no {0}: apply migrations/postgres first (`supabase db push`, or `cargo xtask run` for a local one)"
    )]
    NoSchema(&'static str),
    /// PostgreSQL refused something; everything was rolled back.
    #[error("loading {what} failed and everything was rolled back: {message}")]
    Refused {
        /// What was being written.
        what: String,
        /// PostgreSQL's message and detail.
        message: String,
    },
    /// The report could not be written.
    #[error("cannot write the report to {path}: {message}")]
    WriteReport {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}

impl LegacyError {
    /// From an error of PostgreSQL while writing `what`, with its detail (which names the row).
    pub fn refused(what: impl Into<String>, error: &tokio_postgres::Error) -> Self {
        LegacyError::Refused { what: what.into(), message: postgres_message(error) }
    }
}

/// PostgreSQL's own words, where there are any: the plain display of the crate says only "db error".
pub fn postgres_message(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return match db.detail() {
            Some(detail) => format!("{} ({detail})", db.message()),
            None => db.message().to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text
}
