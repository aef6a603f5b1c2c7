//! The log of fields that were changed here and elsewhere: both values, and which one stands. A conflict may be undecided: then
//! this device's value is here, and its row is not sent before the person has chosen.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::error::StoreError;
use super::row::{self, Row, same_value};
use super::schema::Table;
use super::{Edit, Store, outbox, schedule};
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

impl Winner {
    const fn name(self) -> &'static str {
        match self {
            Winner::Local => "local",
            Winner::Remote => "remote",
        }
    }
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
    /// Does it stand only until the person has chosen?
    pub undecided: bool,
}

/// Writes one conflict down. `local` and `remote` are the rows before the merge. One that waits for the person's word already is
/// brought up to date instead.
pub(super) fn record(
    conn: &Connection,
    table: Table,
    local: &Row,
    remote: &Row,
    conflict: &FieldConflict,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = |row: &Row, key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let id = text(local, "id");
    let (ours, theirs) = (conflict.local.to_string(), conflict.remote.to_string());
    let (winner, device) = (conflict.winner.name(), text(remote, "device_id"));
    let (our_stamp, their_stamp) = (row::stamp(local), row::stamp(remote));
    let known = conn
        .prepare_cached(
            "update sync_conflict set local_value = ?4, remote_value = ?5, winner = ?6, local_modified_at = ?7,
               remote_modified_at = ?8, remote_device_id = ?9, undecided = ?10
             where undecided = 1 and table_name = ?1 and row_id = ?2 and column_name = ?3",
        )?
        .execute(params![
            table.name(),
            id,
            conflict.column,
            ours,
            theirs,
            winner,
            our_stamp,
            their_stamp,
            device,
            conflict.undecided
        ])?;
    if known > 0 {
        return Ok(());
    }
    conn.prepare_cached(
        "insert into sync_conflict (id, table_name, row_id, column_name, local_value, remote_value, winner,
           local_modified_at, remote_modified_at, remote_device_id, detected_at, undecided)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        ids::fresh(now).to_string(),
        table.name(),
        id,
        conflict.column,
        ours,
        theirs,
        winner,
        our_stamp,
        their_stamp,
        device,
        now.to_string(),
        conflict.undecided,
    ])?;
    Ok(())
}

/// Writes one down that nobody has to look at; where she is asked about that field already, the question stands as it is.
pub(super) fn record_seen(
    conn: &Connection,
    table: Table,
    local: &Row,
    remote: &Row,
    conflict: &FieldConflict,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = local.get("id").and_then(Value::as_str);
    let asked =
        "select 1 from sync_conflict where undecided = 1 and table_name = ?1 and row_id = ?2 and column_name = ?3";
    if conn.prepare_cached(asked)?.exists(params![table.name(), id, conflict.column])? {
        return Ok(());
    }
    record(conn, table, local, remote, conflict, now)?;
    conn.prepare_cached(
        "update sync_conflict set reviewed_at = detected_at
         where detected_at = ?4 and undecided = 0 and table_name = ?1 and row_id = ?2 and column_name = ?3",
    )?
    .execute(params![table.name(), id, conflict.column, now.to_string()])?;
    Ok(())
}

/// Undecided conflicts of a row in which both sides now say the same need no word any more.
pub(super) fn close_agreed(
    conn: &Connection,
    table: Table,
    id: &str,
    ours: &Row,
    theirs: &Row,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut open = conn.prepare_cached(
        "select column_name from sync_conflict where undecided = 1 and table_name = ?1 and row_id = ?2",
    )?;
    let columns: Vec<String> = open.query_map([table.name(), id], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for column in columns {
        let agreed = match (ours.get(&column), theirs.get(&column)) {
            (Some(ours), Some(theirs)) => same_value(ours, theirs),
            _ => true,
        };
        if agreed {
            conn.prepare_cached(
                "update sync_conflict set undecided = 0, reviewed_at = ?4
                 where undecided = 1 and table_name = ?1 and row_id = ?2 and column_name = ?3",
            )?
            .execute(params![table.name(), id, column, now.to_string()])?;
        }
    }
    Ok(())
}

/// Whatever is undecided of that row needs no word any more: the row went another way.
pub(super) fn close_all(conn: &Connection, table: Table, id: &str, now: Timestamp) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_conflict set undecided = 0, reviewed_at = ?3 where undecided = 1 and table_name = ?1 and row_id = ?2",
    )?
    .execute(params![table.name(), id, now.to_string()])?;
    Ok(())
}

/// The outbox entries that wait for the person's word. First those are let go that she has settled by editing.
pub(super) fn waiting_entries(conn: &Connection, now: Timestamp) -> Result<HashSet<i64>, StoreError> {
    let mut open = conn.prepare_cached("select distinct table_name, row_id from sync_conflict where undecided = 1")?;
    let rows: Vec<(String, String)> =
        open.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (table, id) in &rows {
        let Some(table) = Table::from_name(table) else { continue };
        match (outbox::entry_of(conn, table, id)?, row::read(conn, table, id)?) {
            (Some(entry), Some(ours)) => {
                close_agreed(conn, table, id, &ours, &entry.base.unwrap_or_default(), now)?;
            }
            _ => close_all(conn, table, id, now)?,
        }
    }
    let mut waiting = conn.prepare_cached(
        "select q.seq from sync_conflict c cross join sync_queue q on q.table_name = c.table_name and q.row_id = c.row_id
         where c.undecided = 1",
    )?;
    Ok(waiting.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

struct Logged {
    table: Table,
    row_id: String,
    column: String,
    local: Value,
    remote: Value,
    kept_here: bool,
    undecided: bool,
}

fn logged(edit: &Edit<'_>, id: &str) -> Result<Logged, StoreError> {
    let gone = || StoreError::NotFound("This is not in the list any more.".to_owned());
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    let mut statement = edit.conn().prepare_cached(
        "select table_name, row_id, column_name, local_value, remote_value, winner = 'local', undecided
         from sync_conflict where id = ?1",
    )?;
    let found = statement
        .query_row([id], |row| {
            let table: String = row.get(0)?;
            Ok(Table::from_name(&table).map(|table| {
                Ok::<_, rusqlite::Error>(Logged {
                    table,
                    row_id: row.get(1)?,
                    column: row.get(2)?,
                    local: json(row.get(3)?),
                    remote: json(row.get(4)?),
                    kept_here: row.get(5)?,
                    undecided: row.get(6)?,
                })
            }))
        })
        .optional()?
        .flatten();
    Ok(found.ok_or_else(gone)??)
}

fn reviewed(edit: &Edit<'_>, id: &str, kept_here: bool) -> Result<(), StoreError> {
    let winner = if kept_here { Winner::Local } else { Winner::Remote };
    edit.conn()
        .prepare_cached("update sync_conflict set undecided = 0, winner = ?2, reviewed_at = ?3 where id = ?1")?
        .execute(params![id, winner.name(), edit.stamp().to_string()])?;
    Ok(())
}

impl Store {
    /// The other value shall stand: it is written as an edit of now.
    pub fn use_other(&mut self, now: Timestamp, conflict: &str) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let logged = logged(edit, conflict)?;
            let value = if logged.kept_here { &logged.remote } else { &logged.local };
            let mut change = Row::new();
            change.insert(logged.column.clone(), value.clone());
            edit.update(logged.table, &logged.row_id, change)?;
            edit.touch(logged.table);
            if schedule::follows_from(logged.table) {
                schedule::recompute_all(edit.conn())?;
            }
            reviewed(edit, conflict, !logged.kept_here)
        })
    }

    /// What stands shall stand. Of an undecided one this is this device's value, which is sent now.
    pub fn keep_standing(&mut self, now: Timestamp, conflict: &str) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let logged = logged(edit, conflict)?;
            edit.touch(logged.table);
            if logged.undecided && row::read(edit.conn(), logged.table, &logged.row_id)?.is_some() {
                // Chosen now, so it is later than whatever was seen.
                let stamp = crate::row! { "last_modified_at": edit.stamp().to_string() };
                edit.update(logged.table, &logged.row_id, stamp)?;
            }
            reviewed(edit, conflict, logged.kept_here)
        })
    }

    /// Everything that was settled by itself has been seen.
    pub fn keep_all_settled(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        self.edit(now, |edit| {
            edit.touch(Table::UserProfile);
            let mut mark = edit.conn().prepare_cached(
                "update sync_conflict set reviewed_at = ?1 where reviewed_at is null and undecided = 0",
            )?;
            Ok(mark.execute([edit.stamp().to_string()])?)
        })
    }
}
