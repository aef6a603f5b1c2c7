//! A damaged database file: finding out that it is one, and saving what can still be read of the edits that were not sent.
//!
//! Everything else comes from the server again. What is saved goes into the new file as it was, row, base and all, so that it is merged and sent
//! like any other pending edit (`salvage/carry_over.rs`); and it is kept as text, for the person to have.

mod carry_over;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::row::{self, Row};
use super::schema::{COLUMNS_SINCE, Table};
use super::{meta, sync_state};

/// An edit that was not confirmed by the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsent {
    /// The line of the outbox.
    pub entry: Map<String, Value>,
    /// The row it is about, if it can be read.
    pub row: Option<Row>,
}

/// What was saved of a damaged file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Salvage {
    /// The edits, oldest first.
    pub unsent: Vec<Unsent>,
    /// Which history of the server they were made on.
    #[serde(default)]
    pub epoch: Option<String>,
    /// Did they wait for a compare: with another history than the one they were made on, or for columns that they lack?
    #[serde(default)]
    pub compare: bool,
    /// What the server does not have either, of `sync_meta`: which calls had been carried out (whoever repeats one must not do it twice), how
    /// conflicts are settled, which repertoire is shown, which columns the app has learnt.
    #[serde(default)]
    pub kept: Vec<Map<String, Value>>,
    /// The log of conflicts: an edit that waits for her word would wait for ever without it.
    #[serde(default)]
    pub conflicts: Vec<Map<String, Value>>,
    /// Could the whole outbox be read, and every row it names?
    pub complete: bool,
}

/// What is wrong with the file, in SQLite's words; `None` if it is sound. `thorough` looks at every index entry too, and takes longer.
pub fn damage(conn: &Connection, thorough: bool) -> Option<String> {
    let sql = if thorough { "pragma integrity_check(5)" } else { "pragma quick_check(5)" };
    let found: rusqlite::Result<Vec<String>> =
        conn.prepare(sql).and_then(|mut check| check.query_map([], |row| row.get(0))?.collect());
    match found {
        Ok(lines) if lines == ["ok"] => None,
        Ok(lines) => Some(lines.join("; ")),
        Err(error) => Some(error.to_string()),
    }
}

/// Reads what can be read; never fails.
pub fn salvage(conn: &Connection) -> Salvage {
    // From both ends towards the damage.
    let (mut entries, whole) = lines(conn, "select * from sync_queue order by seq");
    if !whole {
        let (mut later, _) = lines(conn, "select * from sync_queue order by seq desc");
        later.retain(|line| !entries.contains(line));
        later.reverse();
        entries.extend(later);
    }
    let unsent: Vec<Unsent> = entries.into_iter().map(|entry| Unsent { row: find(conn, &entry), entry }).collect();
    let complete = whole && unsent.iter().all(|edit| edit.row.is_some());
    let epoch = sync_state::epoch(conn).ok().flatten();
    let of_device = format!(
        "select key, value from sync_meta where key like 'call:%' or key in ('{}', '{}', '{}')",
        meta::STRATEGY,
        meta::CURRENT_PLAYLIST,
        sync_state::LEARNT
    );
    let (kept, _) = lines(conn, &of_device);
    let (conflicts, _) = lines(conn, "select * from sync_conflict");
    let (compares, _) =
        lines(conn, "select key, value from sync_meta where key like 'compare:%' or key like 'columns:%'");
    let waits = |line: &Map<String, Value>| {
        let text = |name| line.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("key").starts_with("compare:") {
            true => !text("value").starts_with("same"),
            false => text("value").parse::<u32>().is_ok_and(|known| known < COLUMNS_SINCE),
        }
    };
    Salvage { unsent, epoch, compare: compares.iter().any(waits), kept, conflicts, complete }
}

/// The rows of a query until it fails, and whether it did not.
fn lines(conn: &Connection, sql: &str) -> (Vec<Map<String, Value>>, bool) {
    let mut found = Vec::new();
    let outcome = conn.prepare(sql).and_then(|mut statement| {
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut line = Map::new();
            for (at, name) in names.iter().enumerate() {
                line.insert(name.clone(), json(row.get_ref(at)?));
            }
            found.push(line);
        }
        Ok(())
    });
    (found, outcome.is_ok())
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
    }
}

fn named(entry: &Map<String, Value>) -> Option<(Table, &str)> {
    let name = entry.get("table_name")?.as_str()?;
    let table = Table::ALL.into_iter().find(|table| table.name() == name)?;
    Some((table, entry.get("row_id")?.as_str()?))
}

/// The row by its key; where the index is damaged, by looking through the table until the damage.
fn find(conn: &Connection, entry: &Map<String, Value>) -> Option<Row> {
    let (table, id) = named(entry)?;
    if let Ok(Some(row)) = row::read(conn, table, id) {
        return Some(row);
    }
    let sql = format!("select {} from {table} not indexed", row::column_list(table));
    let mut statement = conn.prepare(&sql).ok()?;
    let mut rows = statement.query([]).ok()?;
    while let Ok(Some(line)) = rows.next() {
        if let Ok(row) = row::from_sql(table, line)
            && row.get("id").and_then(Value::as_str) == Some(id)
        {
            return Some(row);
        }
    }
    None
}

#[cfg(test)]
mod tests;
