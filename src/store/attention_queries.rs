//! Reads what `attention` tells: edits the server refused, fields that were changed in two places.
//! Reads the outbox and the conflict log; changes nothing.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::Store;
use super::attention::{ConflictNote, RefusedEdit};
use super::error::StoreError;
use super::row;
use super::schedule::parse;
use super::schema::{ColumnType, Table};
use super::tunes::OVERRIDE;
use crate::domain::ids::UserId;

/// No list is longer; the newest are told.
pub const MOST: u32 = 50;

impl Store {
    /// The refused edits, the last made first, at most [`MOST`].
    pub fn refused_edits(&self) -> Result<Vec<RefusedEdit>, StoreError> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached(
            "select table_name, row_id, refused_code, refused_message from sync_queue where status = 'refused'
             order by seq desc limit ?1",
        )?;
        let mut rows = statement.query([MOST])?;
        let mut edits = Vec::new();
        while let Some(entry) = rows.next()? {
            let Some(table) = Table::from_name(&entry.get::<_, String>(0)?) else { continue };
            let row_id: String = entry.get(1)?;
            let text = |index| Ok::<_, StoreError>(entry.get::<_, Option<String>>(index)?.filter(|t| !t.is_empty()));
            let reason = match (text(3)?, text(2)?) {
                (Some(message), _) => message,
                (None, Some(code)) => format!("The server gave no reason (code {code})."),
                (None, None) => "The server gave no reason.".to_owned(),
            };
            let what = name_of(conn, self.user(), table, &row_id)?;
            edits.push(RefusedEdit { table, row_id, what, reason });
        }
        Ok(edits)
    }

    /// The conflicts this device has settled, newest first, at most [`MOST`].
    pub fn conflict_notes(&self) -> Result<Vec<ConflictNote>, StoreError> {
        let conn = self.conn();
        let mut statement = conn.prepare_cached(
            "select table_name, row_id, column_name, local_value, remote_value, winner = 'local', detected_at
             from sync_conflict order by detected_at desc, id desc limit ?1",
        )?;
        let mut rows = statement.query([MOST])?;
        let mut notes = Vec::new();
        while let Some(entry) = rows.next()? {
            let Some(table) = Table::from_name(&entry.get::<_, String>(0)?) else { continue };
            let row_id: String = entry.get(1)?;
            let field: String = entry.get(2)?;
            let value = |index| Ok::<_, StoreError>(plain(table, &field, entry.get::<_, Option<String>>(index)?));
            notes.push(ConflictNote {
                table,
                what: name_of(conn, self.user(), table, &row_id)?,
                here: value(3)?,
                there: value(4)?,
                kept_here: entry.get(5)?,
                at: parse(entry, 6)?,
                field,
            });
        }
        Ok(notes)
    }
}

/// A logged value (JSON) as text; `None` = empty.
fn plain(table: Table, field: &str, json: Option<String>) -> Option<String> {
    let value: Value = serde_json::from_str(&json?).ok()?;
    let is_bool = table.column(field).is_some_and(|column| column.ty == ColumnType::Bool);
    match value {
        Value::Null => None,
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        flag if is_bool => Some(if flag == 0 { "no" } else { "yes" }.to_owned()),
        other => Some(other.to_string()),
    }
}

/// What the person calls the row: the title of the tune it is about, its own name; deleted rows too.
fn name_of(conn: &Connection, user: UserId, table: Table, id: &str) -> Result<Option<String>, StoreError> {
    let Some(row) = row::read(conn, table, id)? else { return Ok(None) };
    let text = |key: &str| row.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let tune = match table {
        Table::Playlist => return Ok(text("name").map(str::to_owned)),
        Table::Instrument => return Ok(text("instrument").map(str::to_owned)),
        Table::Tune => Some(id),
        _ => text("tune_ref"),
    };
    let Some(tune) = tune else { return Ok(None) };
    let sql = format!("select nullif(coalesce(o.title, t.title), '') from tune t {OVERRIDE} where t.id = ?2");
    let title = conn.prepare_cached(&sql)?.query_row(params![user.to_string(), tune], |row| row.get(0)).optional()?;
    Ok(title.flatten())
}
