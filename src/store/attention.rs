//! What of the sync a person should hear about: edits the server refused, fields that were changed in two places. Only what is
//! told; `attention_queries` reads it. Knows no SQLite, so that the interface can be built without it.

use serde::{Deserialize, Serialize};

use super::schema::Table;
use crate::domain::time::Timestamp;

/// An edit that the server did not accept. It is kept on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEdit {
    /// The table.
    pub table: Table,
    /// The row.
    pub row_id: String,
    /// What the person calls it: the tune's title, the repertoire's name; `None` if it has no name.
    pub what: Option<String>,
    /// Why, in the server's words.
    pub reason: String,
}

/// A field that was changed here and elsewhere, and how that was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictNote {
    /// The table.
    pub table: Table,
    /// What the person calls it, as in [`RefusedEdit::what`].
    pub what: Option<String>,
    /// The column.
    pub field: String,
    /// This device's value; `None` = empty.
    pub here: Option<String>,
    /// The other's.
    pub there: Option<String>,
    /// Was this device's value kept? (It may have been edited since.)
    pub kept_here: bool,
    /// When this device settled it.
    pub at: Timestamp,
}
