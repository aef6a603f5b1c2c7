//! Everything a person has on this device as one JSON text: her rows, sent or not, deleted or not, what waits for the server, the
//! conflicts. Made for reading elsewhere, and to lose nothing before something is given up.

use rusqlite::Connection;
use rusqlite::types::{ToSql, ValueRef};
use serde_json::{Map, Value, json};

use super::error::StoreError;
use super::schema::Table;
use super::{Store, sync_state};
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::time::Timestamp;

/// The export's `format`, by which it is recognised.
pub(super) const FORMAT: &str = "tunetrees-export";

/// The export's `version`.
pub(super) const VERSION: u64 = 1;

impl Store {
    /// All of it.
    pub fn export_everything(&self, now: Timestamp) -> Result<String, StoreError> {
        Ok(format!("{:#}", everything_of(&self.conn, self.user(), self.device(), now)?))
    }
}

/// All of it, of a file of any schema: tables and columns are read as they are there.
pub(super) fn everything_of(
    conn: &Connection,
    user: UserId,
    device: DeviceId,
    now: Timestamp,
) -> Result<Value, StoreError> {
    let person = user.to_string();
    let mut tables = Map::new();
    for table in Table::ALL {
        let Some(owner) = table.owner_column() else { continue };
        if !has(conn, table.name())? {
            continue;
        }
        let rows = everything(conn, &format!("select * from \"{table}\" where \"{owner}\" = ?1"), &[&person])?;
        if !rows.is_empty() {
            tables.insert(table.name().to_owned(), rows.into());
        }
    }
    // Public tunes that hers speak of: without them a list of ratings is a list of numbers.
    let mentioned =
        "select * from tune where private_for is not ?1 and id in (select tune_ref from playlist_tune union select tune_ref from note
        union select tune_ref from practice_record union select tune_ref from tune_override union select tune_ref from tag
        union select tune_ref from reference where user_ref = ?1 union select tune_ref from daily_practice_queue)";
    Ok(json!({
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now.to_string(),
        "person": person,
        "device": { "id": device.to_string(), "name": sync_state::device_name(conn)? },
        "tables": tables,
        "catalog_tunes": everything(conn, mentioned, &[&person])?,
        "not_sent": everything(conn, "select * from sync_queue order by seq", &[])?,
        "conflicts": everything(conn, "select * from sync_conflict order by detected_at, id", &[])?,
    }))
}

fn has(conn: &Connection, table: &str) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from sqlite_schema where type = 'table' and name = ?1)";
    Ok(conn.query_row(sql, [table], |row| row.get(0))?)
}

/// The rows of a query as objects; texts that are JSON objects become such.
fn everything(conn: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Value>, StoreError> {
    let mut statement = conn.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query(values)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let mut object = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) | ValueRef::Blob(text) => {
                    let text = String::from_utf8_lossy(text).into_owned();
                    match name.as_str() {
                        "base" | "sent" | "local_value" | "remote_value" => {
                            serde_json::from_str(&text).unwrap_or(Value::String(text))
                        }
                        _ => Value::String(text),
                    }
                }
            };
            object.insert(name.clone(), value);
        }
        all.push(Value::Object(object));
    }
    Ok(all)
}
