//! Reads what `attention` tells: edits the server refused, fields that were changed in two places, the facts of a report.
//! Reads the outbox and the conflict log; changes nothing.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::attention::{ConflictNote, ConflictState, EditKind, Facts, OtherSide, RefusedEdit, Subject};
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::parse;
use super::schema::{ColumnType, Table};
use super::tunes::OVERRIDE;
use super::{Store, chains, compare, devices, meta, refused, sync_state};
use crate::domain::ids::{DeviceId, UserId};

/// Of a longer value so much is told.
const LONGEST_VALUE: usize = 4000;

impl Store {
    /// The refused edits that wait for nothing but a decision, the last made first, at most `limit`; those that cannot go without them
    /// are told with them. Second: how many there are.
    pub fn refused_edits(&self, limit: usize) -> Result<(Vec<RefusedEdit>, u32), StoreError> {
        let conn = self.conn();
        let entries = refused::entries(conn)?;
        let mut needed_by: HashMap<(Table, String), Vec<(Table, String)>> = HashMap::new();
        let mut followers = HashSet::new();
        for entry in &entries {
            let key = (entry.table, entry.row_id.clone());
            let dependants = chains::dependants(conn, entry.table, &entry.row_id)?;
            followers.extend(dependants.iter().cloned());
            needed_by.insert(key, dependants);
        }
        let roots: Vec<_> = entries.iter().filter(|e| !followers.contains(&(e.table, e.row_id.clone()))).collect();
        let total = u32::try_from(roots.len()).unwrap_or(u32::MAX);
        let mut edits = Vec::new();
        for entry in roots.into_iter().take(limit) {
            let here = row::read(conn, entry.table, &entry.row_id)?.unwrap_or_default();
            let kind = match &entry.base {
                _ if row::is_deleted(&here) => EditKind::Deleted,
                None => EditKind::Made,
                Some(_) => EditKind::Changed,
            };
            let fields = entry.base.as_ref().map(|base| changed_fields(entry.table, base, &here)).unwrap_or_default();
            let dependants = needed_by.remove(&(entry.table, entry.row_id.clone())).unwrap_or_default();
            let told = |(table, id): &(Table, String)| subject(conn, self.user(), *table, id);
            edits.push(RefusedEdit {
                subject: subject(conn, self.user(), entry.table, &entry.row_id)?,
                kind,
                fields,
                code: entry.code.clone(),
                message: entry.message.clone(),
                at: row::stamp(&here).parse().unwrap_or(entry.at),
                on_server: entry.base.is_some(),
                dependants: dependants.iter().map(told).collect::<Result<_, _>>()?,
            });
        }
        Ok((edits, total))
    }

    /// The conflicts that nobody has looked at, or (`reviewed`) those somebody has; the undecided first, then the newest first, at
    /// most `limit`. Second: how many there are.
    pub fn conflict_notes(&self, reviewed: bool, limit: u32) -> Result<(Vec<ConflictNote>, u32), StoreError> {
        let conn = self.conn();
        let condition = if reviewed { "reviewed_at is not null" } else { "reviewed_at is null" };
        let count = format!("select count(*) from sync_conflict where {condition}");
        let total: u32 = conn.prepare_cached(&count)?.query_row([], |row| row.get(0))?;
        let names: HashMap<_, _> = devices::known_devices(conn)?.into_iter().map(|d| (d.id, d.name)).collect();
        let sql = format!(
            "select id, table_name, row_id, column_name, local_value, remote_value, winner = 'local', detected_at,
               remote_device_id, undecided, reviewed_at is not null
             from sync_conflict where {condition} order by undecided desc, coalesce(reviewed_at, detected_at) desc, id desc limit ?1"
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query([limit])?;
        let mut notes = Vec::new();
        while let Some(entry) = rows.next()? {
            let Some(table) = Table::from_name(&entry.get::<_, String>(1)?) else { continue };
            let row_id: String = entry.get(2)?;
            let field: String = entry.get(3)?;
            let undecided: bool = entry.get(9)?;
            let logged = |index| Ok::<_, StoreError>(entry.get::<_, Option<String>>(index)?);
            let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
            // While it waits the person may go on editing: what is here counts, not what was here.
            let here = match row::read(conn, table, &row_id)? {
                Some(row) if undecided => row.get(&field).cloned(),
                _ => json(logged(4)?),
            };
            let from = match logged(8)?.and_then(|id| id.parse::<DeviceId>().ok()) {
                None => OtherSide::Server,
                Some(id) if id == self.device() => OtherSide::ThisDevice,
                Some(id) => OtherSide::Device(names.get(&id).cloned().flatten()),
            };
            notes.push(ConflictNote {
                id: entry.get(0)?,
                here: plain(conn, table, &field, here)?,
                there: plain(conn, table, &field, json(logged(5)?))?,
                from,
                kept_here: entry.get(6)?,
                state: match (undecided, entry.get(10)?) {
                    (true, _) => ConflictState::Undecided,
                    (false, false) => ConflictState::Settled,
                    (false, true) => ConflictState::Reviewed,
                },
                at: parse(entry, 7)?,
                subject: subject(conn, self.user(), table, &row_id)?,
                field,
            });
        }
        Ok((notes, total))
    }

    /// Numbers and codes for a report.
    pub fn facts(&self) -> Result<Facts, StoreError> {
        let conn = self.conn();
        let mut rows = Vec::new();
        for table in Table::ALL {
            let deleted = if table.is_synced() { "count(*) filter (where deleted)" } else { "0" };
            let sql = format!("select count(*), {deleted} from \"{table}\"");
            let (all, gone): (u32, u32) = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if all > 0 {
                rows.push((table, all, gone));
            }
        }
        let mut outbox = conn.prepare(
            "select table_name, status, coalesce(refused_code, ''), count(*) from sync_queue group by 1, 2, 3 order by 1, 2, 3",
        )?;
        let outbox = outbox
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(Facts {
            schema: number("select user_version from pragma_user_version")? as u32,
            rows,
            outbox,
            attempts: number("select coalesce(max(attempts), 0) from sync_queue")? as u32,
            conflicts: [
                number("select count(*) from sync_conflict where undecided = 1")? as u32,
                number("select count(*) from sync_conflict where undecided = 0 and reviewed_at is null")? as u32,
                number("select count(*) from sync_conflict where undecided = 0 and reviewed_at is not null")? as u32,
            ],
            aside: sync_state::aside(conn)?.len() as u32,
            comparing: compare::is_running(conn)?,
            has_cursor: number("select count(*) from sync_meta where key like 'cursor:%'")? > 0,
            bytes: number("select page_count * page_size from pragma_page_count, pragma_page_size")? as u64,
            strategy: meta::get(conn, meta::STRATEGY)?.unwrap_or_else(|| "as delivered".to_owned()),
        })
    }
}

/// The columns in which the two differ, stamps aside.
fn changed_fields(table: Table, base: &Row, here: &Row) -> Vec<String> {
    let differs = |name: &str| match (base.get(name), here.get(name)) {
        (Some(was), Some(is)) => !row::same_value(was, is),
        // The server did not have that column.
        (None, Some(is)) => !row::says_nothing(table, name, is),
        _ => false,
    };
    let columns = table.columns().iter().map(|column| column.name);
    columns.filter(|name| !row::is_stamp(name) && *name != "deleted" && differs(name)).map(str::to_owned).collect()
}

/// A value as text; `None` = empty. What refers to another row is told by that row's name.
fn plain(conn: &Connection, table: Table, field: &str, value: Option<Value>) -> Result<Option<String>, StoreError> {
    let column = table.column(field).map(|column| column.ty);
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(flag) if column == Some(ColumnType::Bool) => {
            return Ok(Some(if flag == 0 { "no" } else { "yes" }.to_owned()));
        }
        Some(other) => other.to_string(),
    };
    let text = match (column, field) {
        (Some(ColumnType::Uuid), "instrument_ref") => {
            own_name(conn, Table::Instrument, "instrument", &text)?.unwrap_or(text)
        }
        (Some(ColumnType::Uuid), "playlist_ref" | "playlist_id") => {
            own_name(conn, Table::Playlist, "name", &text)?.unwrap_or(text)
        }
        (Some(ColumnType::Text), _) => slim(&text),
        _ => text,
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

fn own_name(conn: &Connection, table: Table, column: &str, id: &str) -> Result<Option<String>, StoreError> {
    let row = row::read(conn, table, id)?;
    Ok(row.and_then(|row| row.get(column).and_then(Value::as_str).map(str::to_owned)))
}

/// Without the pictures pasted into it, and not longer than a screen can show.
fn slim(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("data:image/") {
        short.push_str(&rest[..at]);
        let picture = &rest[at..];
        rest = picture.find(['"', '\'', '>', ' ']).map_or("", |end| &picture[end..]);
    }
    short.push_str(rest);
    match short.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &short[..end]),
        None => short,
    }
}

/// The row as a person would point at it; deleted rows too.
pub(super) fn subject(conn: &Connection, user: UserId, table: Table, id: &str) -> Result<Subject, StoreError> {
    let mut subject = Subject { table, row_id: id.to_owned(), what: None, tune: None };
    let Some(row) = row::read(conn, table, id)? else { return Ok(subject) };
    let text = |key: &str| row.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let tune = match table {
        Table::Playlist => {
            subject.what = match text("name") {
                Some(name) => Some(name.to_owned()),
                None => text("instrument_ref")
                    .map(|id| own_name(conn, Table::Instrument, "instrument", id))
                    .transpose()?
                    .flatten(),
            };
            None
        }
        Table::Instrument => {
            subject.what = text("instrument").map(str::to_owned);
            None
        }
        Table::Tune => Some(id),
        _ => text("tune_ref").or_else(|| text("tune_id")),
    };
    let Some(tune) = tune else { return Ok(subject) };
    let sql =
        format!("select nullif(coalesce(o.title, t.title), ''), t.deleted from tune t {OVERRIDE} where t.id = ?2");
    let found: Option<(Option<String>, bool)> = conn
        .prepare_cached(&sql)?
        .query_row(params![user.to_string(), tune], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((title, deleted)) = found {
        subject.what = title;
        subject.tune = tune.parse().ok().filter(|_| !deleted);
    }
    Ok(subject)
}
