//! A damaged database file: finding out that it is one, and saving what can still be read of the edits that were not sent.
//!
//! Everything else comes from the server again. What is saved goes into the new file as it was, row, base and all, so that it is merged and sent
//! like any other pending edit; and it is kept as text, for the person to have.

use std::collections::HashSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::raise_clock;
use super::error::StoreError;
use super::row::{self, Row};
use super::schema::{COLUMNS_SINCE, Table};
use super::sync_state::Reader;
use super::{Store, compare, meta, outbox, schedule, sync_state};
use crate::domain::time::Timestamp;

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
    /// conflicts are settled, which repertoire is shown.
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
        "select key, value from sync_meta where key like 'call:%' or key in ('{}', '{}')",
        meta::STRATEGY,
        meta::CURRENT_PLAYLIST
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

impl Salvage {
    /// Puts the edits whose row was read into a new database, as they were: the server's rows come with the next pull and are merged with
    /// them. How many are there now; what is there already is left alone, so that it can be done again.
    ///
    /// # Errors
    /// The new database cannot be written.
    pub fn restore(&self, store: &mut Store, now: Timestamp) -> Result<u32, StoreError> {
        // What the rows refer to comes from the server, later.
        store.apply_loosely(now, |edit| {
            let mut restored = HashSet::new();
            for Unsent { entry, row } in &self.unsent {
                let (Some((table, id)), Some(row)) = (named(entry), row) else { continue };
                // Read twice, from either end, or restored before; her profile, though, is in every new file.
                if !restored.insert((table, id)) || outbox::entry_of(edit.conn(), table, id)?.is_some() {
                    continue;
                }
                row::upsert(edit.conn(), table, row)?;
                if let Ok(stamp) = row::stamp(row).parse() {
                    raise_clock(edit.conn(), stamp)?;
                }
                edit.touch(table);
                // The number is given anew, in the same order.
                insert(edit.conn(), "sync_queue", entry.iter().filter(|(name, _)| *name != "seq"))?;
            }
            if let Some(epoch) = self.epoch.as_deref().filter(|_| !restored.is_empty()) {
                // If the server has another one meanwhile, the edits are to be compared first.
                sync_state::set_epoch(edit.conn(), epoch)?;
            }
            if self.compare && !restored.is_empty() {
                compare::begin_everywhere(edit.conn(), Reader::Person(edit.user()), edit.user())?;
            }
            for line in &self.conflicts {
                insert(edit.conn(), "sync_conflict", line.iter())?;
            }
            for line in &self.kept {
                let text = |name| line.get(name).and_then(Value::as_str);
                if let Some((key, value)) = text("key").zip(text("value")) {
                    meta::set(edit.conn(), key, value)?;
                }
            }
            schedule::recompute_all(edit.conn())?;
            Ok(u32::try_from(restored.len()).unwrap_or(u32::MAX))
        })
    }
}

/// Inserts a line as it was read, unless its key is there.
fn insert<'a>(
    conn: &Connection,
    table: &str,
    line: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<(), StoreError> {
    let (names, values): (Vec<&str>, Vec<_>) = line.map(|(name, value)| (name.as_str(), sql_value(value))).unzip();
    let (names, marks) = (names.join(", "), vec!["?"; values.len()].join(", "));
    let sql = format!("insert or ignore into {table} ({names}) values ({marks})");
    conn.execute(&sql, params_from_iter(values))?;
    Ok(())
}

fn sql_value(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Bool(yes) => i64::from(*yes).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.clone().into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Seek, SeekFrom, Write};
    use std::path::Path;

    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{DeviceId, UserId};
    use crate::domain::tune::TuneFields;
    use crate::store::calls::Call;
    use crate::store::{Identity, conflicts, outbox};

    fn open(file: &Path) -> Result<Store, StoreError> {
        let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
        Store::open(Connection::open(file).unwrap(), identity)
    }

    fn at(n: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + n)
    }

    /// A file with some unsent tunes.
    fn file_with(folder: &Path, tunes: i64) -> std::path::PathBuf {
        let file = folder.join("a.sqlite3");
        let mut store = open(&file).unwrap();
        for n in 0..tunes {
            let fields = TuneFields { title: Some(format!("Tune {n}")), ..TuneFields::default() };
            store.create_tune(at(n), &chrono::Utc, &fields).unwrap();
        }
        file
    }

    /// Overwrites the page in which `name` begins, or the page of that number.
    fn smash(file: &Path, page: i64) {
        let size: i64 = Connection::open(file).unwrap().query_row("pragma page_size", [], |row| row.get(0)).unwrap();
        let mut bytes = std::fs::OpenOptions::new().write(true).open(file).unwrap();
        bytes.seek(SeekFrom::Start(((page - 1) * size) as u64)).unwrap();
        bytes.write_all(&vec![0xa5; size as usize]).unwrap();
    }

    fn root(file: &Path, name: &str) -> i64 {
        let sql = "select rootpage from sqlite_schema where name = ?1";
        Connection::open(file).unwrap().query_row(sql, [name], |row| row.get(0)).unwrap()
    }

    fn unsent(store: &Store) -> u32 {
        outbox::counts(store.conn()).unwrap().pending
    }

    #[test]
    fn a_sound_file_is_sound_and_gives_everything() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_with(folder.path(), 30);
        let conn = Connection::open(&file).unwrap();
        assert_eq!(damage(&conn, true), None);
        let saved = salvage(&conn);
        assert!(saved.complete);
        assert_eq!(saved.unsent.len(), 30);
        let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
        assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 30);
        assert_eq!(unsent(&fresh), 30);
        // The same entries, so the same pushes: base, operation, row.
        assert_eq!(salvage(fresh.conn()).unsent.len(), 30);
        let strip = |saved: Salvage| saved.unsent.into_iter().map(|edit| edit.row).collect::<Vec<_>>();
        assert_eq!(strip(salvage(fresh.conn())), strip(saved));
    }

    #[test]
    fn with_the_key_of_the_outbox_smashed_its_edits_are_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_with(folder.path(), 30);
        smash(&file, root(&file, "sqlite_autoindex_tune_1"));
        let conn = Connection::open(&file).unwrap();
        assert!(damage(&conn, false).is_some());
        let saved = salvage(&conn);
        assert_eq!(saved.unsent.iter().filter(|edit| edit.row.is_some()).count(), 30);
    }

    #[test]
    fn a_smashed_page_in_the_middle_costs_what_was_on_it_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_with(folder.path(), 2_000);
        let table = root(&file, "tune");
        let pages: i64 = Connection::open(&file).unwrap().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
        assert!(pages > 100 && table < pages);
        smash(&file, pages / 2);
        let conn = Connection::open(&file).unwrap();
        assert!(damage(&conn, false).is_some());
        let saved = salvage(&conn);
        assert!(saved.unsent.len() > 1_000, "{}", saved.unsent.len());
        let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
        let restored = saved.restore(&mut fresh, at(100_000)).unwrap();
        assert!(restored > 900, "{restored}");
        assert_eq!(unsent(&fresh), restored);
        assert_eq!(damage(fresh.conn(), true), None);
    }

    #[test]
    fn an_edit_of_the_profile_is_carried_over_and_on_what_history_all_were_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&file_with(folder.path(), 1)).unwrap();
        let me = store.user().to_string();
        let name = crate::row! { "name": "Annie" };
        store.edit::<_, StoreError>(at(10), |edit| edit.update(Table::UserProfile, &me, name).map(drop)).unwrap();
        store.apply_remote(at(11), |edit| sync_state::set_epoch(edit.conn(), "first")).unwrap();
        let saved = salvage(store.conn());
        let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
        assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 2);
        let profile = row::read(fresh.conn(), Table::UserProfile, &me).unwrap().unwrap();
        assert_eq!((profile["name"].as_str(), unsent(&fresh)), (Some("Annie"), 2));
        assert_eq!(sync_state::epoch(fresh.conn()).unwrap().as_deref(), Some("first"));
        assert!(!compare::is_running(fresh.conn()).unwrap());
        // They were waiting for a compare with that history.
        let user = store.user();
        store.apply_remote(at(12), |edit| compare::begin_everywhere(edit.conn(), Reader::Person(user), user)).unwrap();
        let mut fresh = open(&folder.path().join("c.sqlite3")).unwrap();
        salvage(store.conn()).restore(&mut fresh, at(100)).unwrap();
        assert!(compare::holds_edits(fresh.conn(), user).unwrap());
    }

    #[test]
    fn what_was_carried_out_is_remembered_and_new_edits_are_later_than_what_is_carried_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.sqlite3");
        let mut store = open(&file).unwrap();
        let call = Call { tab: Uuid::from_u128(7), id: 3, oldest: 3 };
        let fields = TuneFields { title: Some("Ahead".to_owned()), ..TuneFields::default() };
        store.begin_call(Some(call));
        let tune = store.create_tune(at(1_000_000_000), &chrono::Utc, &fields).unwrap();
        store.begin_call(None);
        let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
        salvage(store.conn()).restore(&mut fresh, at(100)).unwrap();
        assert!(fresh.call_done(call).unwrap().is_some());
        // The clock has been set back meanwhile.
        fresh
            .edit_tune(at(200), tune, &TuneFields { title: Some("Edited".to_owned()), ..TuneFields::default() })
            .unwrap();
        let row = row::read(fresh.conn(), Table::Tune, &tune.to_string()).unwrap().unwrap();
        assert!(row::stamp(&row) > at(1_000_000_000).to_string().as_str());
    }

    #[test]
    fn a_question_to_her_and_her_choices_are_carried_over_also_when_it_is_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&file_with(folder.path(), 1)).unwrap();
        let ours = salvage(store.conn()).unsent[0].row.clone().unwrap();
        let theirs = crate::row! { "id": ours["id"].clone(), "last_modified_at": at(5).to_string() };
        let asked = conflicts::FieldConflict {
            column: "title",
            local: ours["title"].clone(),
            remote: "Another".into(),
            winner: conflicts::Winner::Local,
            undecided: true,
        };
        store
            .apply_remote::<_, StoreError>(at(10), |edit| {
                meta::set(edit.conn(), meta::STRATEGY, "ask")?;
                meta::set(edit.conn(), meta::CURRENT_PLAYLIST, "the one shown")?;
                conflicts::record(edit.conn(), Table::Tune, &ours, &theirs, &asked, at(10))
            })
            .unwrap();
        let saved = salvage(store.conn());
        assert_eq!(saved.conflicts.len(), 1);
        let file = folder.path().join("b.sqlite3");
        // The tab is closed after the first, before anybody knows of it.
        for _ in 0..2 {
            let mut fresh = open(&file).unwrap();
            assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 1);
        }
        let fresh = open(&file).unwrap();
        let counts = outbox::counts(fresh.conn()).unwrap();
        assert_eq!((counts.pending + counts.undecided, counts.undecided), (1, 1));
        assert_eq!(salvage(fresh.conn()).conflicts, saved.conflicts);
        assert_eq!(meta::get(fresh.conn(), meta::STRATEGY).unwrap().as_deref(), Some("ask"));
        assert_eq!(meta::get(fresh.conn(), meta::CURRENT_PLAYLIST).unwrap().as_deref(), Some("the one shown"));
    }

    #[test]
    fn a_file_that_is_no_database_is_told_from_an_error_and_gives_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = file_with(folder.path(), 3);
        std::fs::write(&file, vec![7_u8; 8192]).unwrap();
        assert!(matches!(open(&file), Err(StoreError::Damaged(_))));
        let saved = salvage(&Connection::open(&file).unwrap());
        assert!(saved.unsent.is_empty() && !saved.complete);
    }
}
