//! Devices, and a server of compare-and-set rows between them.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::attention::ConflictNote;
use tunetrees::store::outbox::{BatchLimit, Op, OpResult};
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::Reader;
use tunetrees::store::{Identity, Row, Store};
use tunetrees::sync::store::{SyncStore, set_strategy};
use tunetrees::sync::strategy::Strategy;
use tunetrees::worker::protocol::{Request, Response};
use tunetrees::worker::requests;
use uuid::Uuid;

pub const USER: UserId = UserId(Uuid::from_u128(1));
pub const LIMIT: BatchLimit<'static> =
    BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
}

pub fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// Compare-and-set rows; what `refuses` says is refused with that code.
#[derive(Default)]
pub struct Server {
    pub rows: BTreeMap<(Table, String), Row>,
    pub refuses: Option<fn(&Op) -> Option<&'static str>>,
    pub clock: i64,
}

impl Server {
    pub fn one(&mut self, op: &Op) -> OpResult {
        if let Some(code) = self.refuses.and_then(|refuses| refuses(op)) {
            return OpResult::Refused { op: op.op, code: code.into(), message: "no".into() };
        }
        let key = (op.table, op.id.clone());
        let row = self.rows.get(&key).cloned();
        let stands = row.as_ref().map_or(0, rows::version);
        if stands != op.base {
            return OpResult::Conflict { op: op.op, row };
        }
        let mut row = row.unwrap_or_default();
        row.extend(op.row.clone());
        row.insert("sync_version".to_owned(), json!(stands + 1));
        self.rows.insert(key, row.clone());
        OpResult::Applied { op: op.op, row }
    }

    pub fn row(&self, table: Table, id: &str) -> &Row {
        &self.rows[&(table, id.to_owned())]
    }
}

pub struct Device {
    pub store: Store,
    pub number: u128,
}

impl Device {
    pub fn new(number: u128) -> Device {
        let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(number)) };
        Device { store: Store::open(Connection::open_in_memory().unwrap(), identity).unwrap(), number }
    }

    pub fn with(strategy: Strategy, number: u128) -> Device {
        let mut device = Device::new(number);
        set_strategy(&mut device.store, strategy, at(0)).unwrap();
        device
    }

    /// The app is closed and opened again.
    pub fn reopened(self) -> Device {
        let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(self.number)) };
        Device { store: Store::open(self.store.into_connection(), identity).unwrap(), number: self.number }
    }

    pub fn insert(&mut self, second: i64, table: Table, row: Row) {
        self.store.edit(at(second), |edit| edit.insert(table, row)).unwrap();
    }

    pub fn tune(&mut self, second: i64, number: u128, title: &str) -> String {
        let row = row! { "id": id(number), "title": title, "mode": "D", "private_for": USER.to_string() };
        self.insert(second, Table::Tune, row);
        id(number)
    }

    pub fn set(&mut self, second: i64, table: Table, id: &str, row: Row) {
        self.store.edit(at(second), |edit| edit.update(table, id, row).map(drop)).unwrap();
    }

    /// Sends what may be sent, then takes in everything the server has.
    pub fn sync(&mut self, server: &mut Server) {
        for round in 0.. {
            assert!(round < 8, "the outbox does not empty");
            server.clock += 1;
            let now = at(1000 + server.clock);
            let ops = self.store.next_batch(LIMIT, now).unwrap();
            if ops.is_empty() {
                break;
            }
            let results: Vec<_> = ops.iter().map(|op| server.one(op)).collect();
            self.store.settle(&results, now).unwrap();
        }
        self.pull(server);
    }

    pub fn pull(&mut self, server: &Server) {
        let rows = server.rows.iter().map(|((table, _), row)| (table.name().to_owned(), row.clone())).collect();
        let page = Page {
            partly: false,
            rows,
            cursor: "c".into(),
            has_more: false,
            epoch: "e".into(),
            server_time: None,
            floor_passed: false,
            devices: None,
            gone: None,
        };
        self.store.apply_page(Reader::Person(USER), &page, at(1000 + server.clock)).unwrap();
    }

    pub fn row(&self, table: Table, id: &str) -> Option<Row> {
        rows::read(self.store.conn(), table, id).unwrap()
    }

    pub fn value(&self, id: &str, column: &str) -> Value {
        self.row(Table::Tune, id).unwrap()[column].clone()
    }

    pub fn open(&self) -> Vec<ConflictNote> {
        self.store.conflict_notes(false, 100).unwrap().0
    }

    pub fn ask(&mut self, request: impl Into<Request>) -> Response {
        requests::answer(&mut self.store, request, at(2000), &chrono::Utc).unwrap()
    }

    /// Pending, undecided, refused.
    pub fn counts(&self) -> (u32, u32, u32) {
        let counts = self.store.counts().unwrap();
        (counts.pending, counts.undecided, counts.refused)
    }
}
