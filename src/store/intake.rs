//! What is asked before rows of another origin come in: what is here already, and whence.

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::Value;

use super::error::StoreError;
use super::meta;
use super::row::Row;
use super::schema::Table;
use crate::domain::ids::UserId;

/// With this begins the `device_id` of rows that came from a file of the old TuneTrees; behind it the mark of whoever brought them.
pub const MARK: &str = "legacy:";

/// Did it come from a file of the old TuneTrees?
pub(super) fn is_marked(row: &Row) -> bool {
    row.get("device_id").and_then(Value::as_str).is_some_and(|device| device.starts_with(MARK))
}

/// The marks of all rows that came from such files and were not edited since.
pub fn marks(conn: &Connection) -> Result<BTreeSet<String>, StoreError> {
    let mut marks = BTreeSet::new();
    for table in [Table::PracticeRecord, Table::Note, Table::Reference, Table::PlaylistTune, Table::Playlist] {
        let sql = format!("select distinct device_id from \"{table}\" where device_id like '{MARK}%'");
        let mut statement = conn.prepare(&sql)?;
        let found = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        marks.extend(found);
    }
    Ok(marks)
}

/// Rows of a table, tombstones included.
pub fn count(conn: &Connection, table: Table) -> Result<usize, StoreError> {
    let count: i64 = conn.query_row(&format!("select count(*) from \"{table}\""), [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Shows the repertoire with the most tunes where the one that is shown has none: what has just come in is not to be looked for.
pub fn show_a_full_repertoire(conn: &Connection, user: UserId) -> Result<(), StoreError> {
    let tunes = "select count(*) from playlist_tune m where m.playlist_ref = p.id and not m.deleted";
    let sql = format!(
        "select p.id, ({tunes}) as tunes from playlist p where p.user_ref = ?1 and not p.deleted order by tunes desc, p.id"
    );
    let mut statement = conn.prepare(&sql)?;
    let all: Vec<(String, i64)> =
        statement.query_map([user.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let shown = super::repertoires::current(conn, user)?.map(|id| id.to_string());
    let has_some = shown.is_some_and(|shown| all.iter().any(|(id, tunes)| *id == shown && *tunes > 0));
    match all.first() {
        Some((fullest, 1..)) if !has_some => meta::set(conn, meta::CURRENT_PLAYLIST, fullest),
        _ => Ok(()),
    }
}

/// Has the catalog ever come from a server?
pub fn knows_catalog(conn: &Connection) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from sync_meta where key like 'cursor:%') or exists (select 1 from tune where private_for is null)";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// Is that row of a reference table here?
pub fn has_reference(conn: &Connection, table: Table, row: &Row) -> Result<bool, StoreError> {
    let key = table.primary_key();
    let condition: Vec<String> =
        key.iter().enumerate().map(|(n, column)| format!("\"{column}\" = ?{}", n + 1)).collect();
    let sql = format!("select 1 from \"{table}\" where {}", condition.join(" and "));
    let values = key.iter().map(|column| row.get(*column).and_then(Value::as_str).unwrap_or_default());
    Ok(conn.prepare_cached(&sql)?.exists(rusqlite::params_from_iter(values))?)
}
