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
    /// Somebody else writes to it.
    #[error("{path} is in use by another program ({message}): stop the old TuneTrees, or migrate a copy of the file")]
    Locked {
        /// The file.
        path: PathBuf,
        /// What was seen.
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
    #[error("reading table {table} failed: {message} (is the file damaged, or written by another program?)")]
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
    /// The database address cannot be used.
    #[error("--database-url: {0}")]
    DatabaseUrl(String),
    /// No connection to PostgreSQL.
    #[error("cannot connect to the database: {0} (is it running, and is --database-url right?)")]
    Unreachable(String),
    /// Somebody else migrates into the same database.
    #[error("another migration is at work in this database: wait until it has ended, then run this again")]
    NotAlone,
    /// PostgreSQL answers, but has not our tables.
    #[error(
        "the database has no {0}: apply migrations/postgres first (`supabase db push`, or `cargo xtask run` for a local one)"
    )]
    NoSchema(&'static str),
    /// Supabase Auth did not make an account.
    #[error("making the account of {email} failed: {message}")]
    Account {
        /// Whose.
        email: String,
        /// What the server said.
        message: String,
    },
    /// PostgreSQL refused something; everything was rolled back.
    #[error("loading {what} failed and everything was rolled back: {message}")]
    Refused {
        /// What was being written.
        what: String,
        /// PostgreSQL's message and detail.
        message: String,
    },
    /// The person, or a test, stopped it.
    #[error("stopped while loading {0}; everything was rolled back, so just run it again")]
    Stopped(String),
    /// What was loaded is not what the file says; everything was rolled back.
    #[error("what was loaded differs from the file and was rolled back: {0}")]
    Differs(String),
    /// The device's own database refused a row; nothing was changed.
    #[error("row {row} of {table} does not fit into the database on this device, so nothing was changed: {message}")]
    NotTaken {
        /// The legacy table.
        table: String,
        /// The legacy row.
        row: String,
        /// What the database said.
        message: String,
    },
    /// The device's own database cannot be read or written.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Nobody of that number is in the file.
    #[error("there is no user {0} in this file: choose one of the list")]
    NoSuchPerson(i64),
    /// `--validate` or `--rollback` of a run that cannot be.
    #[error("run {run}: {message}")]
    Run {
        /// The run's number.
        run: i32,
        /// Why not.
        message: String,
    },
    /// The report or the JSON file could not be written.
    #[error("cannot write {path}: {message}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
}
