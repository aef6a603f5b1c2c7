//! Remote rows come in: pages of a pull, rows of a push's answer. What is queued here is merged, never overwritten; what is older
//! than what stands here is skipped. Nothing of it enters the outbox.
//!
//! The merge itself is a rule of `sync`, handed in as [`Merge`]. What a full compare concludes: `apply/compared.rs`.

mod compared;
mod dangling;
mod idle;
mod merging;
mod page;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::clock::raise_clock;
use super::compare::{self, Cause, Compare};
use super::conflicts;
use super::error::StoreError;
use super::outbox::{self, Entry};
use super::row::{self, Row, WireInsert, same_content, says_more};
use super::schema::Table;
use super::sync_state::{self, Reader};
use super::{Edit, Store, schedule};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

pub use compared::compare_anew;
pub use dangling::dangling;
pub(in crate::store) use idle::Idle;
pub use merging::{Local, Merge, Merged};
pub use page::{Applied, Page, PageOutcome, apply_page, takes_parts};

/// A transaction that applies remote rows.
pub(in crate::store) struct Applying<'a, 'e> {
    edit: &'a mut Edit<'e>,
    merge: &'a dyn Merge,
    now: Timestamp,
    changed: BTreeSet<Table>,
    practised: BTreeSet<(String, String)>,
    seen: String,
    /// Parents that have come, while something is queued here.
    parents: HashSet<String>,
    /// A full compare of that reader is under way.
    compare: Option<Compare>,
    /// Something is queued, so that a row that comes in may meet it.
    queued: bool,
    /// The first pull had not ended before it: what is derived waits for that.
    arriving: bool,
    inserts: BTreeMap<Table, WireInsert>,
    /// Columns of which the rows here say nothing yet.
    learnt: Vec<(Table, String)>,
}

impl Applying<'_, '_> {
    /// Runs `work` in one transaction, with nothing queued. A child may come before its parent: where one does, the whole is done
    /// again with foreign keys off. (Not at once: switching them makes SQLite prepare all its statements anew, twice.)
    pub fn run(
        store: &mut Store,
        reader: Reader,
        merge: &dyn Merge,
        now: Timestamp,
        work: impl Fn(&mut Applying<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<Applied, StoreError> {
        match Self::run_once(store, false, reader, merge, now, &work) {
            Err(error) if lacks_parent(&error) => {}
            done => return Ok(Applied { changed: done?, ..Applied::default() }),
        }
        Self::run_loosely(store, reader, merge, now, work)
    }

    /// As [`Applying::run`], for what is known to bring children before their parents.
    pub fn run_loosely(
        store: &mut Store,
        reader: Reader,
        merge: &dyn Merge,
        now: Timestamp,
        work: impl Fn(&mut Applying<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<Applied, StoreError> {
        let changed = Self::run_once(store, true, reader, merge, now, &work)?;
        Ok(Applied { changed, loose: true, ..Applied::default() })
    }

    fn run_once(
        store: &mut Store,
        loosely: bool,
        reader: Reader,
        merge: &dyn Merge,
        now: Timestamp,
        work: impl FnOnce(&mut Applying<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<Vec<Table>, StoreError> {
        let work = |edit: &mut Edit<'_>| {
            let edit_conn = edit.conn();
            let mut applying = Applying {
                edit,
                merge,
                now,
                changed: BTreeSet::new(),
                practised: BTreeSet::new(),
                seen: String::new(),
                parents: HashSet::new(),
                compare: None,
                queued: outbox::has_entries(edit_conn)?,
                arriving: sync_state::awaits_first_pull(edit_conn)?,
                inserts: BTreeMap::new(),
                learnt: Vec::new(),
            };
            applying.compare_from_here(compare::running(edit_conn, reader)?)?;
            work(&mut applying)?;
            applying.finish()
        };
        if loosely { store.apply_loosely(now, work) } else { store.apply_remote(now, work) }
    }

    fn finish(self) -> Result<Vec<Table>, StoreError> {
        let conn = self.edit.conn();
        if let Ok(seen) = self.seen.parse() {
            raise_clock(conn, seen)?;
        }
        if sync_state::awaits_first_pull(conn)? {
            // All of it is reckoned once, when that has ended.
        } else if self.arriving || self.changed.iter().any(|table| schedule::follows_from(*table)) {
            schedule::recompute_all(conn)?;
        } else {
            let parsed = |(playlist, tune): &(String, String)| Some((playlist.parse().ok()?, tune.parse().ok()?));
            schedule::recompute_these(
                conn,
                self.practised.iter().filter(|_| on(Remedy::ScheduleRecomputed)).filter_map(parsed),
            )?;
        }
        outbox::readmit_children(conn, &self.parents)?;
        if self.changed.contains(&Table::Instrument) {
            outbox::readmit_names(conn)?;
        }
        for table in &self.changed {
            self.edit.touch_by_sync(*table);
        }
        Ok(self.changed.into_iter().collect())
    }

    /// The transaction's connection.
    pub fn conn(&self) -> &Connection {
        self.edit.conn()
    }

    /// Stores `row` (local form) as it is, over what stands there.
    pub fn write(&mut self, table: Table, id: &str, row: &Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        let before = row::read(conn, table, id)?;
        match &before {
            Some(_) => {
                row::update(conn, table, id, row)?;
            }
            None => row::insert(conn, table, row)?,
        }
        self.note(table, id, row)?;
        if self.queued && matches!(table, Table::Tune | Table::Playlist | Table::Instrument) {
            self.parents.insert(id.to_owned());
        }
        if !before.as_ref().is_some_and(|before| same_content(table, before, row)) {
            self.changed.insert(table);
            if table == Table::PracticeRecord {
                self.note_practice(row);
            }
        }
        Ok(())
    }

    /// Stores the server's stamps of a row that is otherwise here as the server has it: nobody sees a difference.
    pub fn write_stamps(&mut self, table: Table, id: &str, stamps: &Row) -> Result<(), StoreError> {
        row::update(self.edit.conn(), table, id, stamps)?;
        self.note(table, id, stamps)
    }

    /// The server has that row, with that stamp.
    fn note(&mut self, table: Table, id: &str, row: &Row) -> Result<(), StoreError> {
        if let Some(compare) = self.compare.filter(|_| table.is_synced()) {
            // Confirmed beyond the bound of the pages: it need not come with them.
            compare.note_seen(self.edit.conn(), table, id)?;
        }
        if row::stamp(row) > self.seen.as_str() {
            self.seen = row::stamp(row).to_owned();
        }
        Ok(())
    }

    /// A queued row meets the server's state of it.
    pub fn meet(&mut self, entry: &Entry, remote: Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        let Some(local) = row::read(conn, entry.table, &entry.id)? else {
            self.write(entry.table, &entry.id, &remote)?;
            return outbox::remove(self.edit.conn(), entry);
        };
        let own_echo = entry.is_echoed_by(&remote, self.edit.device());
        let next = entry.base.is_none() || row::version(&remote) == entry.base_version() + 1;
        let merged = if own_echo && next {
            // The server's state is what this device sent before: whatever differs was edited since.
            Merged { row: local.clone(), conflicts: Vec::new() }
        } else {
            let here = Local { row: &local, sent: &entry.sent };
            let base = entry.base_against(&remote, &local, row::blank(conn, entry.table)?);
            self.merge.merge(entry.table, base.as_ref(), here, &remote)
        };
        self.join(entry, &local, remote, &merged, !own_echo)
    }

    /// A queued row becomes what the merge of it with the server's state has given.
    fn join(
        &mut self,
        entry: &Entry,
        local: &Row,
        remote: Row,
        merged: &Merged,
        logged: bool,
    ) -> Result<(), StoreError> {
        conflicts::close_agreed(self.edit.conn(), entry.table, &entry.id, &merged.row, &remote, self.now)?;
        // The server may have no column, yet or any more, for what the row says here: then it does not have that.
        if same_content(entry.table, &merged.row, &remote) && !says_more(entry.table, &merged.row, &remote) {
            self.make_room(entry.table, &entry.id, &remote)?;
            self.write(entry.table, &entry.id, &remote)?;
            outbox::remove(self.edit.conn(), entry)?;
        } else {
            let mut row = merged.row.clone();
            let stamp = row::stamp(local).max(row::stamp(&remote)).to_owned();
            row.insert("last_modified_at".to_owned(), stamp.into());
            row.insert("device_id".to_owned(), self.edit.device().to_string().into());
            row.insert("sync_version".to_owned(), row::version(&remote).into());
            self.make_room(entry.table, &entry.id, &row)?;
            self.write(entry.table, &entry.id, &row)?;
            outbox::rebase(self.edit.conn(), entry, &remote)?;
        }
        for conflict in merged.conflicts.iter().filter(|_| logged) {
            conflicts::record(self.edit.conn(), entry.table, local, &remote, conflict, self.now)?;
        }
        Ok(())
    }

    /// A row of a page.
    fn pulled(&mut self, table: Table, wire: &Row) -> Result<(), StoreError> {
        if let (Some(compare), true, Some(id)) =
            (self.compare, table.is_synced(), wire.get("id").and_then(Value::as_str))
        {
            compare.note_seen(self.edit.conn(), table, id)?;
        }
        if self.arrived(table, wire)? {
            return Ok(());
        }
        let remote = row::from_wire(table, wire)?;
        if !table.is_synced() {
            row::upsert(self.edit.conn(), table, &remote)?;
            self.changed.insert(table);
            return Ok(());
        }
        let id = match remote.get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => return Err(StoreError::bad(table, "id", &Value::Null, "a row needs an id")),
        };
        if self.compare.is_some() {
            self.fill_learnt(table, &id, &remote)?;
        }
        if self.compare.is_some_and(|compare| compare.cause == Cause::OtherHistory) {
            let unknown_there: Vec<&str> =
                table.columns().iter().map(|column| column.name).filter(|name| !remote.contains_key(*name)).collect();
            self.reconcile(table, &id, remote)?;
            return self.send_again_unknown(table, &id, &unknown_there);
        }
        let conn = self.edit.conn();
        let comparing = self.compare.is_some();
        if let Some(entry) = outbox::entry_of(conn, table, &id)?.filter(|_| on(Remedy::PendingMerged)) {
            let base = entry.base.as_ref().filter(|_| comparing && row::version(&remote) == entry.base_version());
            // A column that was not known when the base was stored.
            let lacks = |base: &Row| remote.keys().any(|name| !base.contains_key(name));
            let fuller = base.is_some_and(|base| lacks(base) || !same_content(table, base, &remote));
            return match row::version(&remote) > entry.base_version() || fuller {
                true => self.meet(&entry, remote),
                false => Ok(()),
            };
        }
        let here = row::read(conn, table, &id)?;
        let known = here.as_ref().map_or(0, row::version);
        let fuller = comparing
            && row::version(&remote) == known
            && here.is_some_and(|here| !same_content(table, &here, &remote));
        if row::version(&remote) <= known && !fuller && on(Remedy::OlderSkipped) {
            return Ok(());
        }
        self.make_room(table, &id, &remote)?;
        self.write(table, &id, &remote)
    }

    /// The short way of most rows: nothing here can meet it, so it is stored if there is no row of its id. Whether it was.
    fn arrived(&mut self, table: Table, wire: &Row) -> Result<bool, StoreError> {
        // Two instruments of one name have to be told apart first.
        if !table.is_synced()
            || self.queued
            || self.compare.is_some()
            || table == Table::Instrument
            || !wire.contains_key("id")
        {
            return Ok(false);
        }
        let mut stamp = String::new();
        let insert = self.inserts.entry(table).or_default();
        if !insert.insert(self.edit.conn(), table, wire, &mut stamp)? {
            return Ok(false);
        }
        if stamp > self.seen {
            self.seen = stamp;
        }
        self.changed.insert(table);
        if table == Table::PracticeRecord {
            self.note_practice(&row::from_wire(table, wire)?);
        }
        Ok(true)
    }

    /// The schedule of that record's tune is to be reckoned anew.
    fn note_practice(&mut self, record: &Row) {
        let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.practised.insert((text("playlist_ref"), text("tune_ref")));
    }

    /// The name of this instrument is held by another one here: two devices gave it offline. Both stay; the one of which the server
    /// does not say so gets another name. (If that is not queued, it is the server's row of yesterday, and its new name is on its way.)
    fn make_room(&mut self, table: Table, id: &str, remote: &Row) -> Result<(), StoreError> {
        let (Table::Instrument, Some(owner), Some(name)) = (
            table,
            remote.get("private_to_user").and_then(Value::as_str),
            remote.get("instrument").and_then(Value::as_str),
        ) else {
            return Ok(());
        };
        let conn = self.edit.conn();
        let sql = "select id from instrument where private_to_user = ?1 and instrument = ?2 and id <> ?3";
        let holder: Option<String> =
            conn.prepare_cached(sql)?.query_row([owner, name, id], |row| row.get(0)).optional()?;
        let Some(holder) = holder else { return Ok(()) };
        let mut taken =
            conn.prepare_cached("select 1 from instrument where private_to_user = ?1 and instrument = ?2")?;
        let mut free = format!("{name} (2)");
        for number in 3.. {
            if !taken.exists([owner, &free])? {
                break;
            }
            free = format!("{name} ({number})");
        }
        row::update(conn, table, &holder, &crate::row! { "instrument": free })?;
        self.changed.insert(table);
        outbox::edited_again(conn, table, &holder)?;
        Ok(())
    }
}

/// Of which rows the server is to be asked next: all pages of a full compare have come, and these were not among them. (Without a cursor they
/// come anew: the app has learnt new columns since.)
pub fn to_look_at(store: &Store, reader: Reader, limit: usize) -> Result<Vec<(Table, String)>, StoreError> {
    let all_came = sync_state::cursor(&*store.seen()?, reader)?.is_some();
    match compare::running(&*store.seen()?, reader)?.filter(|compare| compare.looking && all_came) {
        Some(compare) => compare.unseen(store.conn(), limit),
        None => Ok(Vec::new()),
    }
}

fn lacks_parent(error: &StoreError) -> bool {
    matches!(error, StoreError::Sqlite(rusqlite::Error::SqliteFailure(error, _))
        if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Is it the row's fault (a value or a constraint), as opposed to the disk's? Not for want of a parent, which may still come.
pub(in crate::store) fn is_about_the_row(error: &StoreError) -> bool {
    match error {
        StoreError::BadValue { .. } => true,
        error if lacks_parent(error) => false,
        StoreError::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation),
        _ => false,
    }
}
