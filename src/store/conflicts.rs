//! The log of fields that were changed here and elsewhere: both values, and which one stands.

use rusqlite::{Connection, params};
use serde_json::Value;

use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use crate::domain::ids;
use crate::domain::time::Timestamp;

/// Whose value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    /// This device's.
    Local,
    /// The other's.
    Remote,
}

/// A field changed on both sides to different values.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldConflict {
    /// The column.
    pub column: &'static str,
    /// This device's value.
    pub local: Value,
    /// The server's value.
    pub remote: Value,
    /// Which one stands.
    pub winner: Winner,
}

/// Writes one conflict down. `local` and `remote` are the rows before the merge.
pub(super) fn record(
    conn: &Connection,
    table: Table,
    local: &Row,
    remote: &Row,
    conflict: &FieldConflict,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = |row: &Row, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let winner = match conflict.winner {
        Winner::Local => "local",
        Winner::Remote => "remote",
    };
    conn.prepare_cached(
        "insert into sync_conflict (id, table_name, row_id, column_name, local_value, remote_value, winner,
           local_modified_at, remote_modified_at, remote_device_id, detected_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        ids::fresh(now).to_string(),
        table.name(),
        text(local, "id"),
        conflict.column,
        conflict.local.to_string(),
        conflict.remote.to_string(),
        winner,
        row::stamp(local),
        row::stamp(remote),
        text(remote, "device_id"),
        now.to_string(),
    ])?;
    Ok(())
}
