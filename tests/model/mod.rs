#![allow(dead_code, clippy::unwrap_used)]
//! The server in memory: what `sync_push` and `sync_pull` of `migrations/postgres` answer, as far as a client can notice: versions,
//! compare-and-set, row level security, constraints, stamps, positions, horizon, cursors, epoch, refusals.
//!
//! For the simulator, which needs ten thousand servers. `tests/model_vs_postgres.rs` holds it to the real one.
//! May know the catalogue of tables and the wire form of rows; must not know stores, engines, clocks.

mod pull;
mod push;
pub mod rules;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use tunetrees::remedies::{Remedy, on};
use tunetrees::store::row::Row;
use tunetrees::store::schema::Table;
use tunetrees::sync::failure::RemoteError;

/// A row and the transaction that last wrote it.
#[derive(Clone, Debug)]
struct Stored {
    row: Row,
    xid: u64,
    /// When that was, by the server's clock.
    at: Timestamp,
}

/// All that a backup would hold.
#[derive(Clone, Debug)]
pub struct State {
    tables: [BTreeMap<String, Stored>; 19],
    /// Every row in the order of pulling: transaction, table, id.
    order: BTreeSet<(u64, usize, String)>,
    /// Unique keys: table, values → id.
    keys: BTreeMap<(usize, String), String>,
    accounts: BTreeSet<String>,
    /// Who sends from where: person, device → name, when last.
    devices: BTreeMap<(String, String), (Option<String>, Timestamp)>,
    next_xid: u64,
    /// Tombstones of transactions below it may have been purged.
    floor: u64,
    /// The highest version among them: a row made anew goes on from there.
    purged_version: i64,
    /// The server's clock.
    now: Timestamp,
}

impl State {
    fn row(&self, table: Table, id: &str) -> Option<&Row> {
        self.tables[table as usize].get(id).map(|stored| &stored.row)
    }

    fn key(table: Table, row: &Row) -> Option<(usize, String)> {
        let columns = rules::unique_key(table);
        let parts: Option<Vec<&str>> = columns.iter().map(|column| row[*column].as_str()).collect();
        (!columns.is_empty()).then_some((table as usize, parts?.join("\u{1}")))
    }

    /// The other row that has the unique key of `row`.
    fn holder_of_key(&self, table: Table, id: &str, row: &Row) -> Option<&str> {
        self.keys.get(&Self::key(table, row)?).map(String::as_str).filter(|holder| *holder != id)
    }

    fn put(&mut self, table: Table, id: &str, row: Row, xid: u64) {
        let rank = table as usize;
        let is_public = |row: &Row| row.get("public").is_some_and(|public| *public == true);
        if matches!(table, Table::Note | Table::Reference)
            && self.row(table, id).is_some_and(is_public)
            && !is_public(&row)
        {
            // Others have copies: they compare.
            self.floor = self.floor.max(xid + 1);
        }
        self.remove(table, id);
        // A position by the devices' clocks, where the real one is switched off.
        let stamp = || row["last_modified_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let xid = match on(Remedy::ServerPosition) || !table.is_synced() {
            true => xid,
            false => stamp().map_or(xid, |at| at.micros() as u64),
        };
        if let Some(key) = Self::key(table, &row) {
            self.keys.insert(key, id.to_owned());
        }
        self.order.insert((xid, rank, id.to_owned()));
        self.tables[rank].insert(id.to_owned(), Stored { row, xid, at: self.now });
    }

    fn remove(&mut self, table: Table, id: &str) {
        let rank = table as usize;
        if let Some(old) = self.tables[rank].remove(id) {
            self.order.remove(&(old.xid, rank, id.to_owned()));
            if let Some(key) = Self::key(table, &old.row) {
                self.keys.remove(&key);
            }
        }
    }
}

/// Why one operation is not accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// SQLSTATE.
    pub code: &'static str,
    /// Words.
    pub message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Refusal { code, message: message.into() }
    }
}

/// A call that fails as a whole, as PostgREST answers it.
fn failed(status: u16, code: &str, message: impl Into<String>) -> RemoteError {
    RemoteError::Status { status, code: Some(code.to_owned()), message: message.into(), retry_after: None }
}

/// A transaction that is open: it has its number and keeps the horizon back.
#[derive(Debug, PartialEq, Eq)]
pub struct Hold {
    xid: u64,
    life: u64,
}

/// A backup.
#[derive(Clone, Debug)]
pub struct Snapshot(State);

/// The server.
#[derive(Clone, Debug)]
pub struct ModelServer {
    state: State,
    epoch: String,
    held: BTreeSet<u64>,
    /// Raised by a restore: transactions of an earlier life are gone.
    life: u64,
    rung: BTreeSet<String>,
    min_schema: i64,
    most_rows: i64,
    /// A column that its schema does not have.
    unknown: Option<(Table, &'static str)>,
}

impl ModelServer {
    /// An empty server.
    pub fn new(epoch: &str) -> Self {
        let state = State {
            tables: Default::default(),
            order: BTreeSet::new(),
            keys: BTreeMap::new(),
            accounts: BTreeSet::new(),
            devices: BTreeMap::new(),
            next_xid: 700,
            floor: 0,
            purged_version: 0,
            now: Timestamp::from_micros(0),
        };
        let (held, rung) = (BTreeSet::new(), BTreeSet::new());
        ModelServer {
            state,
            epoch: epoch.to_owned(),
            held,
            life: 0,
            rung,
            min_schema: 0,
            most_rows: 1000,
            unknown: None,
        }
    }

    /// A new account, which gets its profile.
    pub fn add_user(&mut self, user: UserId, now: Timestamp) {
        let id = user.to_string();
        self.state.accounts.insert(id.clone());
        self.write_as_owner(Table::UserProfile, &id, json!({ "email": format!("{id}@example.test") }), now);
    }

    /// A row written by the project's owner, past all policies: genres, public tunes, another hand at work. Columns not named keep
    /// their value or default.
    pub fn write_as_owner(&mut self, table: Table, id: &str, columns: Value, now: Timestamp) {
        self.state.now = self.state.now.max(now);
        let mut row = match self.state.row(table, id) {
            Some(row) => row.clone(),
            None => push::blank(table, now),
        };
        let known = self.state.row(table, id).is_some();
        if table != Table::GenreTuneType {
            row.insert("id".to_owned(), id.into());
        }
        row.extend(columns.as_object().unwrap().clone());
        if table.is_synced() {
            let before = if known { row["sync_version"].as_i64().unwrap() } else { self.state.purged_version };
            let version = before + 1;
            row.insert("sync_version".to_owned(), version.into());
        }
        let xid = self.begin();
        self.ring_for(table, &row);
        // `sync_out_of_sight`: it becomes one person's, or changes its owner.
        let whose = |row: &Row| rules::owner(table, row).map(str::to_owned);
        let before = self.state.row(table, id).map(whose);
        if matches!(table, Table::Tune | Table::Instrument)
            && before.is_some_and(|was| whose(&row).is_some() && was != whose(&row))
        {
            self.state.floor = self.state.floor.max(xid + 1);
        }
        self.state.put(table, id, row, xid);
        self.held.remove(&xid);
    }

    /// A public row is removed by the project's owner, by hand: without a tombstone. False if something names it.
    pub fn remove_as_owner(&mut self, table: Table, id: &str, now: Timestamp) -> bool {
        if self.is_referred_to(table, id) {
            return false;
        }
        self.state.now = self.state.now.max(now);
        let xid = self.begin();
        self.state.remove(table, id);
        self.state.floor = self.state.floor.max(xid + 1);
        self.held.remove(&xid);
        true
    }

    fn begin(&mut self) -> u64 {
        let xid = self.state.next_xid;
        self.state.next_xid += 1;
        self.held.insert(xid);
        xid
    }

    /// Opens a transaction: it takes its number now. Nothing later can be pulled until it ends.
    pub fn hold(&mut self) -> Hold {
        Hold { xid: self.begin(), life: self.life }
    }

    /// Ends a transaction that wrote nothing (more).
    pub fn release(&mut self, hold: Hold) {
        if hold.life == self.life {
            self.held.remove(&hold.xid);
        }
    }

    /// `sync_push` in a transaction of its own.
    pub fn push(&mut self, who: UserId, body: &Value, now: Timestamp) -> Result<Value, RemoteError> {
        let hold = self.hold();
        self.push_held(hold, who, body, now)
    }

    /// `sync_push` in a transaction that was opened earlier and commits now: its rows appear late, at an early position.
    pub fn push_held(&mut self, hold: Hold, who: UserId, body: &Value, now: Timestamp) -> Result<Value, RemoteError> {
        if hold.life != self.life {
            return Err(RemoteError::Network("the server was restarted".to_owned()));
        }
        self.state.now = self.state.now.max(now);
        let mut reply = push::call(self, hold.xid, who, body, now);
        self.held.remove(&hold.xid);
        if let (Some((table, column)), Ok(reply)) = (self.unknown, &mut reply) {
            let of_table = |op: &Value| {
                body["ops"]
                    .as_array()
                    .is_some_and(|ops| ops.iter().any(|sent| sent["op"] == *op && sent["table"] == table.name()))
            };
            let results = reply["results"].as_array_mut().into_iter().flatten();
            for result in results.filter(|result| of_table(&result["op"])) {
                result["row"].as_object_mut().map(|row| row.shift_remove(column));
            }
        }
        reply
    }

    /// `sync_pull`, or `sync_look` where the body names rows, for a person or for nobody.
    pub fn pull(&mut self, who: Option<UserId>, body: &Value, now: Timestamp) -> Result<Value, RemoteError> {
        let looks = body.get("rows").is_some();
        let mut reply = if looks { pull::look(self, who, body, now) } else { pull::call(self, who, body, now) };
        if let (Some((table, column)), Ok(reply)) = (self.unknown, &mut reply) {
            let rows = reply["rows"].as_array_mut().into_iter().flatten();
            for line in rows.filter(|line| line[0] == table.name()) {
                line[1].as_object_mut().map(|row| row.shift_remove(column));
            }
        }
        reply
    }

    /// Nothing at or above this transaction is pulled: the oldest one still running.
    fn horizon(&self) -> u64 {
        self.held.first().copied().filter(|_| on(Remedy::SnapshotHorizon)).unwrap_or(self.state.next_xid)
    }

    fn ring_for(&mut self, table: Table, row: &Row) {
        if let Some(owner) = rules::owner(table, row) {
            self.rung.insert(owner.to_owned());
        }
    }

    /// Was anything of this person's written since the last call? (What the doorbell tells.)
    pub fn changed_since_last_ring(&mut self, user: UserId) -> bool {
        self.rung.remove(&user.to_string())
    }

    /// The present state.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.state.clone())
    }

    /// Brings an earlier state back, as a restored backup does: another epoch, open transactions are gone.
    pub fn restore(&mut self, snapshot: &Snapshot, new_epoch: &str) {
        self.state = snapshot.0.clone();
        self.epoch = new_epoch.to_owned();
        self.held.clear();
        self.life += 1;
    }

    /// The backup is from before its schema had that column: nothing is in it, and it cannot be named until [`ModelServer::learn_all`].
    pub fn forget_column(&mut self, table: Table, column: &'static str) {
        self.unknown = Some((table, column));
        for stored in self.state.tables[table as usize].values_mut() {
            stored.row.insert(column.to_owned(), Value::Null);
        }
    }

    /// Its schema is today's again.
    pub fn learn_all(&mut self) {
        self.unknown = None;
    }

    /// Devices that know less than this schema may pull, not push.
    pub fn set_min_schema(&mut self, schema: i64) {
        self.min_schema = schema;
    }

    /// However much is asked for, no page is larger.
    pub fn set_most_rows(&mut self, rows: i64) {
        self.most_rows = rows;
    }

    /// Removes tombstones that were written here before `older_than` and to which no row refers. How many.
    pub fn purge_tombstones(&mut self, older_than: Timestamp) -> usize {
        let mut purged = 0;
        // Children first.
        for table in Table::ALL.into_iter().rev().filter(|table| table.is_synced() && *table != Table::UserProfile) {
            let old = |stored: &Stored| stored.row["deleted"] == Value::Bool(true) && stored.at < older_than;
            let rows = self.state.tables[table as usize].iter().filter(|(_, stored)| old(stored));
            let facts =
                |(id, stored): (&String, &Stored)| (id.clone(), stored.xid, stored.row["sync_version"].as_i64());
            let rows: Vec<(String, u64, Option<i64>)> = rows.map(facts).collect();
            for (id, xid, version) in rows {
                if !self.is_referred_to(table, &id) {
                    self.state.remove(table, &id);
                    self.state.purged_version = self.state.purged_version.max(version.unwrap_or(0));
                    self.state.floor = self.state.floor.max(xid + 1);
                    purged += 1;
                }
            }
        }
        purged
    }

    fn is_referred_to(&self, table: Table, id: &str) -> bool {
        Table::ALL.into_iter().any(|child| {
            let columns = rules::references(child).iter().filter(|(_, parent)| *parent == table);
            columns.map(|(column, _)| *column).any(|column| self.rows(child).any(|(_, row)| row[column] == *id))
        })
    }

    /// The rows of a table in the order of their ids, wire form, tombstones included.
    pub fn rows(&self, table: Table) -> impl Iterator<Item = (&str, &Row)> {
        self.state.tables[table as usize].iter().map(|(id, stored)| (id.as_str(), &stored.row))
    }

    /// The row with that id, tombstones included.
    pub fn row(&self, table: Table, id: &str) -> Option<&Row> {
        self.state.row(table, id)
    }

    /// Which history it is.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }
}
