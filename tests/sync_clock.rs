//! A device whose clock is far ahead of the server's, which cuts its stamps, and an answer that is lost: the edit that is sent again is
//! known for what it is. Real stores against the model server.

#![allow(clippy::unwrap_used)]

#[path = "model/mod.rs"]
mod model;

use model::ModelServer;
use rusqlite::Connection;
use serde_json::{Value, json};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::outbox::BatchLimit;
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::Reader;
use tunetrees::store::{Identity, Row, Store};
use tunetrees::sync::store::SyncStore;
use tunetrees::sync::wire::{Reply, Request};
use uuid::Uuid;

const ME: UserId = UserId(Uuid::from_u128(1));
const TUNE: &str = "d0000000-0000-4000-8000-000000000001";
const LIMIT: BatchLimit<'static> = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };
const MINUTE: i64 = 60;

/// The server, and the true time in seconds.
struct World {
    server: ModelServer,
    second: i64,
}

struct Device {
    store: Store,
    id: DeviceId,
    /// Its clock is ahead by so many seconds.
    ahead: i64,
}

impl World {
    fn new() -> World {
        let mut world = World { server: ModelServer::new("e"), second: 0 };
        let now = world.now();
        world.server.add_user(ME, now);
        world
    }

    fn now(&mut self) -> Timestamp {
        self.second += 1;
        Timestamp::from_micros(1_790_000_000_000_000 + self.second * 1_000_000)
    }

    fn put(&mut self, device: &mut Device, row: Row) {
        let now = device.clock(self.now());
        device.store.edit(now, |edit| edit.put(Table::Tune, TUNE, row)).unwrap();
    }

    /// Sends what waits, once; `lost`: the server has it, and the device hears nothing. How many operations.
    fn push(&mut self, device: &mut Device, lost: bool) -> usize {
        let now = self.now();
        let ops = device.store.next_batch(LIMIT, device.clock(now)).unwrap();
        let sent = ops.len();
        if sent == 0 {
            return 0;
        }
        let request = Request::Push { ops, name: None, epoch: None };
        let reply = self.server.push(ME, &request.body(device.id), now).unwrap();
        let Reply::Push(reply) = request.read(&reply).unwrap() else { unreachable!() };
        if !lost {
            let told = reply.server_time.as_deref().unwrap().parse().unwrap();
            device.store.heed_time(told, device.clock(now)).unwrap();
            device.store.settle(&reply.results, device.clock(now)).unwrap();
        }
        sent
    }

    fn pull(&mut self, device: &mut Device) {
        let reader = Reader::Person(ME);
        loop {
            let now = self.now();
            let cursor = device.store.cursor(reader).unwrap();
            let request = Request::Pull { reader, cursor, page_limit: 500, look: Vec::new() };
            let reply = self.server.pull(Some(ME), &request.body(device.id), now).unwrap();
            let Reply::Pull(page) = request.read(&reply).unwrap() else { unreachable!() };
            device.store.heed_time(page.server_time.unwrap(), device.clock(now)).unwrap();
            if !device.store.apply_page(reader, &page, device.clock(now)).unwrap().unfinished {
                return;
            }
        }
    }

    fn sync(&mut self, device: &mut Device) {
        self.pull(device);
        while self.push(device, false) > 0 {}
        self.pull(device);
    }

    fn version(&self) -> i64 {
        self.server.row(Table::Tune, TUNE).unwrap()["sync_version"].as_i64().unwrap()
    }
}

impl Device {
    fn new(number: u128, ahead: i64) -> Device {
        let id = DeviceId(Uuid::from_u128(number));
        let store = Store::open(Connection::open_in_memory().unwrap(), Identity { user: ME, device: id }).unwrap();
        Device { store, id, ahead }
    }

    fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_micros(self.ahead * 1_000_000)
    }

    fn row(&self) -> Row {
        rows::read(self.store.conn(), Table::Tune, TUNE).unwrap().unwrap()
    }

    fn count(&self, table: &str) -> i64 {
        self.store.conn().query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
    }
}

/// What is done on the device between the answer that is lost and the next attempt: words, the edit, what the tune is called in the end.
fn edits_since() -> [(&'static str, Option<Row>, &'static str); 4] {
    [
        ("nothing", None, "sent"),
        ("another field", Some(row! { "incipit": "GABc" }), "sent"),
        ("the same field", Some(row! { "title": "since" }), "since"),
        ("taken back", Some(row! { "title": "first" }), "first"),
    ]
}

#[test]
fn an_edit_whose_stamp_was_cut_and_whose_answer_was_lost_is_known_when_it_is_sent_again() {
    // A clock just beyond what the server lets pass, one an hour ahead, one a year; set right in between, or not.
    for (ahead, set_right) in
        [(5 * MINUTE + 3, false), (60 * MINUTE, false), (60 * MINUTE, true), (365 * 24 * 60 * MINUTE, false)]
    {
        for (what, since, title) in edits_since() {
            for (pulled_first, seen_elsewhere, is_new) in [
                (false, false, false),
                (true, false, false),
                (false, true, false),
                (true, true, false),
                (false, false, true),
                (true, true, true),
            ] {
                let case = format!(
                    "{ahead} s ahead, set right: {set_right}, {what}, pulled first: {pulled_first}, seen: {seen_elsewhere}, new: {is_new}"
                );
                let mut world = World::new();
                let (mut a, mut b) = (Device::new(11, ahead), Device::new(12, 0));
                // The app has heard of the server's time before.
                world.pull(&mut a);
                let first = row! { "title": "first", "mode": "D", "private_for": ME.to_string() };
                if is_new {
                    world.put(&mut a, row! { "title": "sent", "mode": "D", "private_for": ME.to_string() });
                } else {
                    world.put(&mut a, first);
                    world.sync(&mut a);
                    world.put(&mut a, row! { "title": "sent" });
                }
                assert_eq!(world.push(&mut a, true), 1, "{case}");
                let mut versions = world.version();
                if seen_elsewhere {
                    world.sync(&mut b);
                    world.put(&mut b, row! { "mode": "G" });
                    world.sync(&mut b);
                    versions += 1;
                }
                if set_right {
                    a.ahead = 0;
                }
                if let Some(since) = since.clone() {
                    world.put(&mut a, since);
                    versions += 1;
                }
                if pulled_first {
                    world.sync(&mut a);
                } else {
                    while world.push(&mut a, false) > 0 {}
                }
                world.sync(&mut a);
                world.sync(&mut b);
                assert_eq!(world.version(), versions, "nothing is written twice: {case}");
                let mode = if seen_elsewhere { "G" } else { "D" };
                let server = rows::from_wire(Table::Tune, world.server.row(Table::Tune, TUNE).unwrap()).unwrap();
                for device in [&a, &b] {
                    assert_eq!(device.row(), server, "{case}");
                    assert_eq!((&server["title"], &server["mode"]), (&json!(title), &json!(mode)), "{case}");
                    assert_eq!(device.count("sync_queue"), 0, "{case}");
                    // Of a row that was new, nobody knows what the other has seen of it.
                    let may_be_told = is_new && seen_elsewhere;
                    assert!(device.count("sync_conflict") <= i64::from(may_be_told), "nobody has disagreed: {case}");
                }
            }
        }
    }
}

#[test]
fn who_has_seen_a_state_that_was_cut_and_replaced_it_is_later() {
    for set_right in [false, true] {
        let mut world = World::new();
        let (mut a, mut b) = (Device::new(11, 60 * MINUTE), Device::new(12, 0));
        world.put(&mut a, row! { "title": "first", "private_for": ME.to_string() });
        world.sync(&mut a);
        world.put(&mut a, row! { "title": "sent" });
        world.push(&mut a, true);
        world.sync(&mut b);
        world.put(&mut b, row! { "title": "replaced" });
        world.sync(&mut b);
        world.second += 30 * MINUTE;
        if set_right {
            a.ahead = 0;
        }
        world.sync(&mut a);
        world.sync(&mut b);
        let titles = [a.row(), b.row()].map(|row| row.get("title").cloned().unwrap_or(Value::Null));
        assert_eq!(titles, [json!("replaced"), json!("replaced")], "set right: {set_right}");
    }
}
