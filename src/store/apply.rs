//! Remote rows come in: pages of a pull, rows of a push's answer. What is queued here is merged, never overwritten; what is older
//! than what stands here is skipped. Nothing of it enters the outbox.
//!
//! The merge itself is a rule of `sync`, handed in as [`Merge`].

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::conflicts::{self, FieldConflict};
use super::edit::raise_clock;
use super::error::StoreError;
use super::outbox::{self, Entry};
use super::row::{self, Row, WireInsert, same_content};
use super::schema::Table;
use super::sync_state::{self, Reader};
use super::{Edit, Store, schedule};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// How two states of a row become one.
pub trait Merge {
    /// Merges `local` with `remote`, both made from `base` (`None`: each made the row by itself). Stamps are the caller's.
    fn merge(&self, table: Table, base: Option<&Row>, local: &Row, remote: &Row) -> Merged;
}

/// What a merge gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The row, in local form.
    pub row: Row,
    /// Fields that both sides had changed to different values and a person may want to see.
    pub conflicts: Vec<FieldConflict>,
}

/// A page of a pull.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Table name and row in wire form, in the server's order.
    pub rows: Vec<(String, Row)>,
    /// Where the next page goes on.
    pub cursor: String,
    /// Is there one at once?
    pub has_more: bool,
    /// Which history of the server this is.
    pub epoch: String,
    /// The server's clock when it answered.
    pub server_time: Option<Timestamp>,
    /// Tombstones that the cursor had not come to yet were purged: only a full compare tells what is gone.
    pub floor_passed: bool,
    /// The person's devices, as JSON `[{id, name, last_seen}]`; with the last page of a pull.
    pub devices: Option<String>,
}

/// What a page did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageOutcome {
    /// Tables whose visible content changed.
    pub changed: Vec<Table>,
    /// The server has another history than the one the cursors belong to: nothing was applied, pull again from the start.
    pub restarted: bool,
    /// Rows that could not be stored yet; they are kept and tried again with every pull.
    pub aside: usize,
}

/// A transaction that applies remote rows.
pub(in crate::store) struct Applying<'a, 'e> {
    edit: &'a mut Edit<'e>,
    merge: &'a dyn Merge,
    now: Timestamp,
    changed: BTreeSet<Table>,
    practised: BTreeSet<(String, String)>,
    seen: String,
    comparing: bool,
    /// Something is queued, so that a row that comes in may meet it.
    queued: bool,
    inserts: BTreeMap<Table, WireInsert>,
}

impl Applying<'_, '_> {
    /// Runs `work` in one transaction with foreign keys off (a page may bring a child before its parent) and nothing queued.
    pub fn run(
        store: &mut Store,
        merge: &dyn Merge,
        now: Timestamp,
        work: impl FnOnce(&mut Applying<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<Vec<Table>, StoreError> {
        store.conn().execute_batch("pragma foreign_keys = off")?;
        let done = store.apply_remote(now, |edit| {
            let edit_conn = edit.conn();
            let comparing = sync_state::comparing(edit_conn)?;
            let mut applying = Applying {
                edit,
                merge,
                now,
                changed: BTreeSet::new(),
                practised: BTreeSet::new(),
                seen: String::new(),
                comparing,
                queued: outbox::has_entries(edit_conn)?,
                inserts: BTreeMap::new(),
            };
            work(&mut applying)?;
            applying.finish()
        });
        store.conn().execute_batch("pragma foreign_keys = on")?;
        done
    }

    fn finish(self) -> Result<Vec<Table>, StoreError> {
        let conn = self.edit.conn();
        if let Ok(seen) = self.seen.parse() {
            raise_clock(conn, seen)?;
        }
        if [Table::PrefsSpacedRepetition, Table::Playlist, Table::UserProfile]
            .iter()
            .any(|table| self.changed.contains(table))
        {
            schedule::recompute_all(conn)?;
        } else {
            let parsed = |(playlist, tune): &(String, String)| Some((playlist.parse().ok()?, tune.parse().ok()?));
            schedule::recompute_these(
                conn,
                self.practised.iter().filter(|_| on(Remedy::ScheduleRecomputed)).filter_map(parsed),
            )?;
        }
        for table in &self.changed {
            self.edit.touch(*table);
        }
        Ok(self.changed.into_iter().collect())
    }

    /// The transaction's connection.
    pub fn conn(&self) -> &Connection {
        self.edit.conn()
    }

    /// Whose database it is.
    pub fn user(&self) -> UserId {
        self.edit.user()
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
        if row::stamp(row) > self.seen.as_str() {
            self.seen = row::stamp(row).to_owned();
        }
        if !before.as_ref().is_some_and(|before| same_content(table, before, row)) {
            self.changed.insert(table);
            if table == Table::PracticeRecord {
                self.note_practice(row);
            }
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
        let device = Value::from(self.edit.device().to_string());
        let own_echo = remote.get("device_id") == Some(&device);
        let own_echo = own_echo && entry.is_echoed_by(&remote);
        let merged = if own_echo && row::version(&remote) == entry.base_version() + 1 {
            // The server's state is what this device sent before: whatever differs was edited since.
            Merged { row: local.clone(), conflicts: Vec::new() }
        } else {
            self.merge.merge(entry.table, entry.base_against(&remote).as_ref(), &local, &remote)
        };
        conflicts::close_agreed(self.edit.conn(), entry.table, &entry.id, &merged.row, &remote, self.now)?;
        if same_content(entry.table, &merged.row, &remote) {
            self.make_room(entry.table, &entry.id, &remote)?;
            self.write(entry.table, &entry.id, &remote)?;
            outbox::remove(self.edit.conn(), entry)?;
        } else {
            let mut row = merged.row;
            let stamp = row::stamp(&local).max(row::stamp(&remote)).to_owned();
            row.insert("last_modified_at".to_owned(), stamp.into());
            row.insert("device_id".to_owned(), device);
            row.insert("sync_version".to_owned(), row::version(&remote).into());
            self.make_room(entry.table, &entry.id, &row)?;
            self.write(entry.table, &entry.id, &row)?;
            outbox::rebase(self.edit.conn(), entry, Some(&remote))?;
        }
        if !own_echo {
            for conflict in &merged.conflicts {
                conflicts::record(self.edit.conn(), entry.table, &local, &remote, conflict, self.now)?;
            }
        }
        Ok(())
    }

    /// A row of a page.
    fn pulled(&mut self, table: Table, wire: &Row) -> Result<(), StoreError> {
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
        let conn = self.edit.conn();
        if let Some(entry) = outbox::entry_of(conn, table, &id)?.filter(|_| on(Remedy::PendingMerged)) {
            return match row::version(&remote) > entry.base_version() || self.comparing {
                true => self.meet(&entry, remote),
                false => Ok(()),
            };
        }
        let here = row::read(conn, table, &id)?;
        let known = here.as_ref().map_or(0, row::version);
        if self.comparing && row::version(&remote) < known {
            return self.outlived(table, &id, &remote);
        }
        if row::version(&remote) <= known && !self.comparing && on(Remedy::OlderSkipped) {
            return Ok(());
        }
        self.make_room(table, &id, &remote)?;
        self.write(table, &id, &remote)
    }

    /// The short way of most rows: nothing here can meet it, so it is stored if there is no row of its id. Whether it was.
    fn arrived(&mut self, table: Table, wire: &Row) -> Result<bool, StoreError> {
        // Two instruments of one name have to be told apart first.
        if !table.is_synced() || self.queued || self.comparing || table == Table::Instrument || !wire.contains_key("id")
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

    /// The server was set back: what this device has of the row is later than what the server has. It is sent again.
    fn outlived(&mut self, table: Table, id: &str, remote: &Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        outbox::queue_again(conn, table, id, remote, self.now)?;
        row::update(conn, table, id, &crate::row! { "sync_version": row::version(remote) })?;
        Ok(())
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

/// Applies a page and moves the cursor, in one transaction. Rows of unknown tables are ignored; rows that do not fit (yet) are kept
/// aside and tried again at the end of every pull, so that one bad row stops nothing and none is lost.
pub fn apply_page(
    store: &mut Store,
    reader: Reader,
    page: &Page,
    merge: &dyn Merge,
    now: Timestamp,
) -> Result<PageOutcome, StoreError> {
    if let Some(known) = sync_state::epoch(store.conn())?
        && known != page.epoch
        && on(Remedy::EpochCompared)
    {
        store.apply_remote(now, |edit| {
            sync_state::set_epoch(edit.conn(), &page.epoch)?;
            sync_state::set_comparing(edit.conn(), true)?;
            sync_state::forget_cursors(edit.conn())
        })?;
        return Ok(PageOutcome { restarted: true, ..PageOutcome::default() });
    }
    if !on(Remedy::CursorWithPage) {
        store.apply_remote(now, |edit| sync_state::set_cursor(edit.conn(), reader, &page.cursor))?;
    }
    let mut aside = 0;
    let changed = Applying::run(store, merge, now, |applying| {
        let kept = sync_state::aside(applying.conn())?;
        let again = !kept.is_empty() && !page.has_more;
        let mut failed = if again { Vec::new() } else { kept.clone() };
        let retried = if again { kept.as_slice() } else { &[] };
        for (name, wire) in page.rows.iter().chain(retried) {
            let Some(table) = Table::from_name(name) else { continue };
            match applying.pulled(table, wire) {
                Ok(()) => {}
                Err(error) if is_about_the_row(&error) => {
                    tracing::warn!(table = name, %error, "a row from the server is kept aside");
                    failed.push((name.clone(), wire.clone()));
                }
                Err(error) => return Err(error),
            }
        }
        aside = failed.len();
        if aside > 0 || !kept.is_empty() {
            sync_state::set_aside(applying.conn(), &failed)?;
        }
        sync_state::set_cursor(applying.conn(), reader, &page.cursor)?;
        sync_state::set_epoch(applying.conn(), &page.epoch)?;
        if let Some(devices) = &page.devices {
            sync_state::set_devices(applying.conn(), devices)?;
        }
        if !page.has_more {
            if matches!(reader, Reader::Person(_)) {
                sync_state::first_pull_done(applying.conn())?;
            }
            sync_state::set_comparing(applying.conn(), false)?;
            sync_state::pulled(applying.conn(), now)?;
        }
        Ok(())
    })?;
    Ok(PageOutcome { changed, restarted: false, aside })
}

/// Is it the row's fault (a value or a constraint), as opposed to the disk's?
pub(in crate::store) fn is_about_the_row(error: &StoreError) -> bool {
    match error {
        StoreError::BadValue { .. } => true,
        StoreError::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation),
        _ => false,
    }
}
