//! The local database: open, migrate, read and write, one file per aggregate; the outbox; applying remote rows.
//!
//! May know: `domain`, rusqlite. Must not know: the network, the browser, Leptos, or what time it is.

mod analysis;
pub mod apply;
pub mod attention;
mod attention_queries;
mod bulk;
pub mod calls;
mod chains;
pub mod clock;
mod compare;
pub mod conflicts;
mod deleted;
pub mod devices;
pub mod edit;
pub mod error;
mod export;
mod glance;
mod image;
pub mod import;
pub mod intake;
pub mod meta;
pub mod migrate;
mod notes;
pub mod outbox;
mod past_practice;
mod practice;
mod practice_look;
mod put_aside;
mod queue;
mod queue_view;
mod reference_data;
mod references;
mod refused;
mod repertoires;
mod reserve;
pub mod restore;
pub mod row;
pub mod salvage;
pub mod schedule;
pub mod schema;
mod search;
pub mod settings;
pub mod snapshots;
mod staged;
pub mod sync_state;
mod table_look;
mod tags;
pub mod take_along;
mod training;
mod tune_list;
mod tune_removal;
mod tunes;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

pub use edit::Edit;
pub use error::StoreError;
use glance::{Glance, SinceWritten};
pub use row::Row;
use schema::Table;

use crate::domain::ids::{DeviceId, UserId};
use crate::domain::scheduling::Training;

/// Whose database, on which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub user: UserId,
    /// The installation.
    pub device: DeviceId,
}

/// The local database of one person, open.
pub struct Store {
    conn: Connection,
    identity: Identity,
    changed: BTreeSet<Table>,
    /// Changed by a sync of which the interface has not been told yet.
    arrived: BTreeSet<Table>,
    /// The catalog folded for searching; made when first searched, dropped when what it shows changes.
    lists: RefCell<search::Lists>,
    /// Whose call the next edit carries out.
    call: Option<calls::Call>,
    /// How many calls have been met.
    calls_begun: u64,
    /// Weights being fitted to her history.
    training: Option<Training>,
    glance: SinceWritten<Glance>,
    seen: SinceWritten<Rc<meta::Seen>>,
    /// What pulls without news have left behind.
    idle: apply::Idle,
    /// The last word of the server on the time.
    heard: Option<clock::Heard>,
}

impl Store {
    /// Opens the database behind `conn` (a file, a VFS of the browser, or memory) for `identity`: sets the pragmas, applies missing
    /// migrations, makes the person's profile row where there is none.
    ///
    /// Errors: a file of a newer app, a failed migration, a file of another person.
    pub fn open(conn: Connection, identity: Identity) -> Result<Store, StoreError> {
        // Exclusive: one worker owns the file, so SQLite need not look for other processes at every statement. The journal stays, with its head
        // struck out: as safe as one that is emptied, and half the time of a commit where the disk is the browser's. Up to 16 MB of pages are kept
        // in memory: a page of a pull touches more than the usual 2 MB hold, and would write them twice.
        conn.execute_batch(
            "pragma locking_mode = exclusive; pragma journal_mode = persist; pragma journal_size_limit = 4194304;
             pragma synchronous = full; pragma cache_size = -16000;",
        )?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        // A plan is for the statement, not for the values bound to it: else SQLite prepares it anew for other ones.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // More than there are different ones.
        conn.set_prepared_statement_cache_capacity(2000);
        migrate::migrate(&conn)?;
        outbox::readmit_unknown(&conn)?;
        let (changed, arrived, idle) = (BTreeSet::new(), BTreeSet::new(), apply::Idle::default());
        let (lists, glance, seen) = (RefCell::default(), SinceWritten::default(), SinceWritten::default());
        let (call, calls_begun, training, heard) = (None, 0, None, None);
        let mut store =
            Store { conn, identity, changed, arrived, lists, call, calls_begun, training, glance, seen, idle, heard };
        store.claim()?;
        Ok(store)
    }

    /// Whose database the file behind `conn` is; `None` if it is new. Works before [`Store::open`].
    pub fn recorded_user(conn: &Connection) -> Result<Option<UserId>, StoreError> {
        let has_meta = conn
            .query_row("select 1 from sqlite_schema where name = 'sync_meta'", [], |_| Ok(()))
            .optional()?
            .is_some();
        if !has_meta {
            return Ok(None);
        }
        Ok(meta::get(conn, meta::USER)?.and_then(|text| text.parse().ok()))
    }

    /// The person's own row is made here without being queued: the server makes hers itself when she signs up, and hers wins.
    fn claim(&mut self) -> Result<(), StoreError> {
        use crate::domain::time::Timestamp;
        let user = self.identity.user.to_string();
        match meta::get(&self.conn, meta::USER)? {
            Some(found) if found != user => return Err(StoreError::OtherUser { found }),
            Some(_) => return Ok(()),
            None => {}
        }
        let epoch = Timestamp::from_micros(0);
        self.apply_remote(epoch, |edit| {
            if row::read(edit.conn(), Table::UserProfile, &user)?.is_none() {
                let profile = crate::row! { "id": user.as_str(), "last_modified_at": epoch.to_string() };
                row::insert(edit.conn(), Table::UserProfile, &profile)?;
            }
            meta::set(edit.conn(), meta::USER, &user)
        })
    }

    /// The connection, for reads.
    pub fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Whose database it is.
    pub fn user(&self) -> UserId {
        self.identity.user
    }

    /// Which device this is.
    pub fn device(&self) -> DeviceId {
        self.identity.device
    }

    /// Closes the database and gives the connection back.
    pub fn into_connection(self) -> Connection {
        self.conn
    }

    /// The tables of which rows changed here since the last call.
    pub fn take_changes(&mut self) -> Vec<Table> {
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    /// The tables of which the sync has changed rows since the last call: it is told now. Until then lists stand as they were, so that a long
    /// pull does not have them made anew for every look at them.
    pub fn take_arrived(&mut self) -> Vec<Table> {
        let arrived = std::mem::take(&mut self.arrived);
        self.forget_lists(&arrived);
        arrived.into_iter().collect()
    }

    fn note_arrived(&mut self, changed: BTreeSet<Table>) {
        self.arrived.extend(changed);
    }

    fn note_changes(&mut self, changed: BTreeSet<Table>) {
        self.forget_lists(&changed);
        self.changed.extend(changed);
    }

    /// What was made from these tables is made anew when it is next asked for.
    fn forget_lists(&mut self, changed: &BTreeSet<Table>) {
        if [Table::Tune, Table::TuneOverride, Table::Note].iter().any(|table| changed.contains(table)) {
            self.lists.get_mut().forget_tunes();
        } else if !changed.is_empty() {
            self.lists.get_mut().forget_places();
        }
    }
}
