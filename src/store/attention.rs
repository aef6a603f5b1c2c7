//! What of the sync a person should hear about: edits the server refused, fields that were changed in two places, her devices,
//! the facts behind a report. Only what is told; other files of `store` read and change it. Knows no SQLite, so that the
//! interface can be built without it.

use serde::{Deserialize, Serialize};

use super::schema::Table;
use crate::domain::ids::{DeviceId, TuneId};
use crate::domain::time::Timestamp;

/// A row as a person would point at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The table.
    pub table: Table,
    /// The row.
    pub row_id: String,
    /// What the person calls it: the tune's title, the repertoire's name; `None` if it has no name.
    pub what: Option<String>,
    /// The tune it is about, whose page shows it.
    pub tune: Option<TuneId>,
}

/// What an edit did to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EditKind {
    /// Made it.
    Made,
    /// Changed it.
    Changed,
    /// Deleted it.
    Deleted,
}

/// An edit that the server did not accept. It is kept on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEdit {
    /// The row.
    pub subject: Subject,
    /// What was done to it.
    pub kind: EditKind,
    /// The columns that differ from what the server has, for a changed row.
    pub fields: Vec<String>,
    /// PostgreSQL's code, or `device`, `gone`.
    pub code: String,
    /// The server's words.
    pub message: String,
    /// When it was edited.
    pub at: Timestamp,
    /// Has the server an earlier state of the row?
    pub on_server: bool,
    /// Rows on this device that cannot go to the server without this one.
    pub dependants: Vec<Subject>,
}

/// How a conflict stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictState {
    /// It waits for the person's word; until then this device's value is here and not sent.
    Undecided,
    /// It was settled by the strategy.
    Settled,
    /// The person has seen it.
    Reviewed,
}

/// Where the other value of a conflict is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OtherSide {
    /// The server itself, or something that is no device of anybody's.
    Server,
    /// This very device, at an earlier time.
    ThisDevice,
    /// Another device, with its name where that is known.
    Device(Option<String>),
}

/// A field that was changed here and elsewhere, and how that was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictNote {
    /// Its number in the log.
    pub id: String,
    /// The row.
    pub subject: Subject,
    /// The column.
    pub field: String,
    /// This device's value; `None` = empty. A long one is cut.
    pub here: Option<String>,
    /// The other's.
    pub there: Option<String>,
    /// Where the other value is from.
    pub from: OtherSide,
    /// Is this device's value the one that stands? (It may have been edited since.)
    pub kept_here: bool,
    /// Seen, settled, or waiting?
    pub state: ConflictState,
    /// When this device noticed.
    pub at: Timestamp,
}

/// A device of this person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// Its id.
    pub id: DeviceId,
    /// What she calls it.
    pub name: Option<String>,
    /// When it last sent something.
    pub last_seen: Option<Timestamp>,
}

/// What a report about the sync says of the database: numbers and codes, nothing a person has written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Number of the schema.
    pub schema: u32,
    /// Rows of each table that has any: all, and of those deleted.
    pub rows: Vec<(Table, u32, u32)>,
    /// The outbox: table, status, code, how many.
    pub outbox: Vec<(String, String, String, u32)>,
    /// Most attempts of one entry.
    pub attempts: u32,
    /// Conflicts in the log: undecided, settled, reviewed.
    pub conflicts: [u32; 3],
    /// Rows from the server that could not be stored yet.
    pub aside: u32,
    /// Is the whole being compared with the server?
    pub comparing: bool,
    /// Is there a place where pulls go on?
    pub has_cursor: bool,
    /// Bytes of the database file.
    pub bytes: u64,
    /// How conflicts are settled.
    pub strategy: String,
}
