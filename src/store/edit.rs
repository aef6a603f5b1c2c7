//! One local edit: one transaction, one stamp. The triggers of `migrations/sqlite/0002_sync.sql` put what it writes into the
//! outbox inside that transaction.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt::Display;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde_json::Value;
use uuid::Uuid;

use super::clock::last_stamp;
use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use super::{Identity, Store, calls, meta, outbox};
use crate::domain::ids::{self, DeviceId, UserId};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// An open transaction. What is written through it is stamped and noticed.
pub struct Edit<'a> {
    conn: &'a Connection,
    identity: Identity,
    stamp: Timestamp,
    begun: bool,
    changed: BTreeSet<Table>,
    /// Changed by the sync, which tells of it itself, once the pull has ended.
    synced: BTreeSet<Table>,
    /// The first id made up.
    made: Cell<Option<Uuid>>,
    /// Rows that were written and are tombstones now.
    deleted: Vec<(Table, String)>,
}

impl<'a> Edit<'a> {
    /// The stamp of everything this edit writes: the present, but always later than any stamp this device has made or seen.
    pub fn stamp(&self) -> Timestamp {
        self.stamp
    }

    /// Whose database it is.
    pub fn user(&self) -> UserId {
        self.identity.user
    }

    /// Which device this is.
    pub fn device(&self) -> DeviceId {
        self.identity.device
    }

    /// The transaction's connection, for reading and for local tables.
    pub fn conn(&self) -> &'a Connection {
        self.conn
    }

    /// A new id (v7, of this edit's time).
    pub fn new_id(&self) -> Uuid {
        let id = ids::fresh(self.stamp);
        self.made.set(self.made.get().or(Some(id)));
        id
    }

    /// Notes that rows of `table` changed, for writes that go past [`Edit::insert`] and [`Edit::update`].
    pub fn touch(&mut self, table: Table) {
        self.changed.insert(table);
    }

    /// Notes that the sync has changed rows of `table`: lists kept here are stale, but [`Store::take_changes`] does not say so. Whoever applies
    /// it tells the interface, which must not see half a pull.
    pub(in crate::store) fn touch_by_sync(&mut self, table: Table) {
        self.synced.insert(table);
    }

    /// Inserts a row; stamps it.
    pub fn insert(&mut self, table: Table, mut row: Row) -> Result<(), StoreError> {
        self.begin()?;
        self.sign(&mut row);
        row::insert(self.conn, table, &row)?;
        self.touch(table);
        Ok(())
    }

    /// Sets columns of a row and stamps it; a row that already says so is left alone, and `false` returned.
    ///
    /// Errors: [`StoreError::NotFound`] where there is no such row.
    pub fn update(&mut self, table: Table, id: impl Display, row: Row) -> Result<bool, StoreError> {
        let id = id.to_string();
        let Some(old) = row::read(self.conn, table, &id)? else {
            return Err(StoreError::NotFound(format!("There is no {table} {id} on this device any more.")));
        };
        let mut changes: Row = row.into_iter().filter(|(name, value)| old.get(name) != Some(value)).collect();
        if changes.is_empty() {
            return Ok(false);
        }
        self.begin()?;
        self.sign(&mut changes);
        row::change(self.conn, table, &id, &changes)?;
        self.touch(table);
        if row::is_deleted(&changes) || (row::is_deleted(&old) && !changes.contains_key("deleted")) {
            self.deleted.push((table, id));
        }
        Ok(true)
    }

    /// Inserts the row, or sets its columns in the row of that id and revives it if it was a tombstone. For natural keys.
    pub fn put(&mut self, table: Table, id: impl Display, mut row: Row) -> Result<(), StoreError> {
        let id = id.to_string();
        if row::read(self.conn, table, &id)?.is_some() {
            row.insert("deleted".to_owned(), 0.into());
            self.update(table, id, row)?;
            return Ok(());
        }
        row.insert("id".to_owned(), id.into());
        self.insert(table, row)
    }

    /// Makes a row a tombstone. `false` if it was one.
    pub fn delete(&mut self, table: Table, id: impl Display) -> Result<bool, StoreError> {
        self.update(table, id, crate::row! { "deleted": 1 })
    }

    /// Inserts a row that was written elsewhere and earlier: it keeps its write time (but none to come) and the name of its device, so that
    /// whatever was edited since wins over it.
    pub fn insert_as_written(&mut self, table: Table, mut row: Row) -> Result<(), StoreError> {
        self.begin()?;
        let stamp = self.stamp.to_string();
        if row::stamp(&row).is_empty() || row::stamp(&row) > stamp.as_str() {
            row.insert("last_modified_at".to_owned(), stamp.into());
        }
        // The server has never had it, as far as is known here.
        row.insert("sync_version".to_owned(), 0.into());
        row::insert(self.conn, table, &row)?;
        self.touch(table);
        Ok(())
    }

    /// Stores a row of everybody's that is not for the outbox: it is not hers to send.
    pub fn insert_public(&mut self, table: Table, row: &Row) -> Result<(), StoreError> {
        meta::set(self.conn, meta::APPLYING, "1")?;
        let stored = row::upsert(self.conn, table, row);
        meta::set(self.conn, meta::APPLYING, "0")?;
        self.touch(table);
        stored
    }

    fn sign(&self, row: &mut Row) {
        row.insert("last_modified_at".to_owned(), self.stamp.to_string().into());
        row.insert("device_id".to_owned(), Value::from(self.identity.device.to_string()));
    }

    /// With the first write: the stamp is spent and the transaction gets its number. An edit that writes nothing costs nothing.
    fn begin(&mut self) -> Result<(), StoreError> {
        if !self.begun {
            meta::set(self.conn, meta::HLC, &self.stamp.to_string())?;
            self.conn
                .prepare_cached("update sync_meta set value = cast(value as integer) + 1 where key = 'txn'")?
                .execute([])?;
            self.begun = true;
        }
        Ok(())
    }
}

/// An open transaction; one that is not committed is taken back. (Not rusqlite's, which has SQLite read `BEGIN` and `COMMIT` anew each time.)
struct Open<'a>(&'a Connection);

impl<'a> Open<'a> {
    fn begin(conn: &'a Connection) -> Result<Self, StoreError> {
        run(conn, "begin immediate")?;
        Ok(Open(conn))
    }

    fn commit(self) -> Result<(), StoreError> {
        run(self.0, "commit")
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() && run(self.0, "rollback").is_err() {
            tracing::warn!("a transaction could not be taken back");
        }
    }
}

fn run(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// What a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A person's edit: the triggers queue what it writes, and the journal of calls has whose it was.
    Edit,
    /// What the server has said, or the app's own bookkeeping: nothing is queued.
    Apply,
    /// The same, and a child may come before its parent.
    ApplyLoosely,
}

impl Store {
    /// Performs one local edit in ONE transaction: all of it is stored and queued for the server, or nothing.
    pub fn edit<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(Purpose::Edit, now, work)
    }

    /// Performs an edit and takes it back: what it would have done.
    pub fn rehearse<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        enum End<T, E> {
            Rehearsed(T),
            Failed(E),
        }
        impl<T, E: From<StoreError>> From<StoreError> for End<T, E> {
            fn from(error: StoreError) -> Self {
                End::Failed(error.into())
            }
        }
        // An edit that ends in an error leaves nothing behind.
        let ended: Result<T, End<T, E>> =
            self.transaction(Purpose::Edit, now, |edit| Err(work(edit).map_or_else(End::Failed, End::Rehearsed)));
        match ended {
            Ok(done) | Err(End::Rehearsed(done)) => Ok(done),
            Err(End::Failed(error)) => Err(error),
        }
    }

    /// Performs one transaction that applies what the server sent: nothing in it is queued, and no stamp is spent. Use `row::upsert`
    /// on [`Edit::conn`], [`Edit::touch`] and [`raise_clock`](super::clock::raise_clock); [`Edit::insert`] and [`Edit::update`] would stamp the rows as local.
    pub fn apply_remote<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(Purpose::Apply, now, work)
    }

    /// As [`Store::apply_remote`], where a child may come before its parent: foreign keys are not looked at.
    pub(in crate::store) fn apply_loosely<T, E: From<StoreError>>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(Purpose::ApplyLoosely, now, work)
    }

    /// Are foreign keys looked at from here on? They are left as they are until a transaction wants them otherwise: each change makes SQLite prepare
    /// all its statements anew. (Within a transaction SQLite does not let them be changed.)
    fn heed_keys(&self, on: bool) -> Result<(), StoreError> {
        if self.heeds_keys()? != on {
            self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, on)?;
        }
        Ok(())
    }

    /// Are they looked at now?
    pub(in crate::store) fn heeds_keys(&self) -> Result<bool, StoreError> {
        Ok(self.conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY)?)
    }

    /// The one way into a transaction and out of it: `work` is done wholly, or, where it ends in an error, not at all.
    fn transaction<T, E: From<StoreError>>(
        &mut self,
        purpose: Purpose,
        now: Timestamp,
        work: impl FnOnce(&mut Edit<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let applying = purpose != Purpose::Edit;
        self.heed_keys(purpose != Purpose::ApplyLoosely)?;
        let last = last_stamp(&*self.seen()?)?;
        let open = Open::begin(&self.conn)?;
        let conn = open.0;
        let stamp = match last {
            Some(last) if last >= now => last.plus_micros(1),
            _ => now,
        };
        let mut edit = Edit {
            conn,
            identity: self.identity,
            stamp,
            begun: false,
            changed: BTreeSet::new(),
            synced: BTreeSet::new(),
            made: Cell::new(None),
            deleted: Vec::new(),
        };
        if applying && on(Remedy::ApplyingQueuesNothing) {
            meta::set(conn, meta::APPLYING, "1")?;
        }
        let done = work(&mut edit)?;
        let (begun, made, changed, synced) = (edit.begun, edit.made.get(), edit.changed, edit.synced);
        if applying {
            meta::set(conn, meta::APPLYING, "0")?;
        } else {
            outbox::forget_unsent(conn, &mut edit.deleted)?;
            if begun && let Some(call) = self.call.take() {
                calls::note(conn, call, made, stamp)?;
            }
        }
        open.commit()?;
        self.note_arrived(synced);
        self.note_changes(changed);
        Ok(done)
    }
}
