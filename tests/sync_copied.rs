//! A profile that was copied onto another machine: two stores under one device id, with the same edit sent and not answered, which both go on.
//! What the server holds under that id is then not always one's own. Real stores against the model server. (`tests/simulation/copied.rs` does the
//! same in the middle of everything else.)

#![allow(clippy::unwrap_used)]

#[path = "model/mod.rs"]
mod model;

use model::ModelServer;
use rusqlite::{Connection, MAIN_DB};
use serde_json::Value;
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

const ME: Identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(11)) };
const TUNE: &str = "d0000000-0000-4000-8000-000000000001";
const LIMIT: BatchLimit<'static> = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };

/// What becomes of a push.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// It never arrives.
    Lost,
    /// It takes effect, and the device hears nothing.
    Unanswered,
    Answered,
}

struct World {
    server: ModelServer,
    second: i64,
}

impl World {
    fn new() -> World {
        let mut world = World { server: ModelServer::new("e"), second: 0 };
        let now = world.now();
        world.server.add_user(ME.user, now);
        world
    }

    fn now(&mut self) -> Timestamp {
        self.second += 1;
        Timestamp::from_micros(1_790_000_000_000_000 + self.second * 1_000_000)
    }

    fn put(&mut self, store: &mut Store, row: Row) {
        let now = self.now();
        store.edit(now, |edit| edit.put(Table::Tune, TUNE, row)).unwrap();
    }

    /// Sends what waits, once. How many operations.
    fn push(&mut self, store: &mut Store, way: Way) -> usize {
        let now = self.now();
        let ops = store.next_batch(LIMIT, now).unwrap();
        let sent = ops.len();
        if sent > 0 && way != Way::Lost {
            let request = Request::Push { ops, name: None, epoch: None };
            let reply = self.server.push(ME.user, &request.body(ME.device), now).unwrap();
            let Reply::Push(reply) = request.read(&reply).unwrap() else { unreachable!() };
            if way == Way::Answered {
                store.settle(&reply.results, now).unwrap();
            }
        }
        sent
    }

    fn pull(&mut self, store: &mut Store) {
        let reader = Reader::Person(ME.user);
        loop {
            let now = self.now();
            let cursor = store.cursor(reader).unwrap();
            let request = Request::Pull { reader, cursor, page_limit: 500, look: Vec::new() };
            let reply = self.server.pull(Some(ME.user), &request.body(ME.device), now).unwrap();
            let Reply::Pull(page) = request.read(&reply).unwrap() else { unreachable!() };
            if !store.apply_page(reader, &page, now).unwrap().unfinished {
                return;
            }
        }
    }

    fn sync(&mut self, store: &mut Store) {
        while self.push(store, Way::Answered) > 0 {}
        self.pull(store);
        while self.push(store, Way::Answered) > 0 {}
    }
}

/// The same file on another machine.
fn copy_of(store: &mut Store) -> Store {
    let bytes = store.image().unwrap();
    let mut copy = Connection::open_in_memory().unwrap();
    copy.deserialize_read_exact(MAIN_DB, &mut bytes.as_slice(), bytes.len(), false).unwrap();
    Store::open(copy, ME).unwrap()
}

/// Is that value of the field in the store's conflict log?
fn is_logged(store: &Store, column: &str, value: &Value) -> bool {
    let sql = "select count(*) from sync_conflict where column_name = ?1 and ?2 in (local_value, remote_value)";
    store.conn().query_row(sql, [column, &value.to_string()], |row| row.get::<_, i64>(0)).unwrap() > 0
}

#[test]
fn two_machines_with_one_profile_lose_nothing_and_come_to_agree() {
    let edits = || {
        [
            ("nothing", row! {}),
            ("another field", row! { "incipit": "GABc" }),
            ("a third field", row! { "mode": "G" }),
            ("the same field", row! { "title": "since" }),
            ("both", row! { "title": "since then", "incipit": "cBAG" }),
        ]
    };
    let mut empty = Store::open(Connection::open_in_memory().unwrap(), ME).unwrap();
    for is_new in [false, true] {
        for before in [None, Some(Way::Lost), Some(Way::Unanswered)] {
            for (words, of_first) in edits() {
                for (other_words, of_second) in edits() {
                    let case =
                        format!("new: {is_new}, sent before: {before:?}, first edits {words}, the other {other_words}");
                    let mut world = World::new();
                    let mut first = copy_of(&mut empty);
                    world.pull(&mut first);
                    let tune = row! { "title": "first", "mode": "D", "private_for": ME.user.to_string() };
                    world.put(&mut first, tune);
                    if !is_new {
                        world.sync(&mut first);
                        world.put(&mut first, row! { "title": "sent" });
                    }
                    if let Some(way) = before {
                        assert_eq!(world.push(&mut first, way), 1, "{case}");
                    }
                    let mut second = copy_of(&mut first);
                    for (store, edit) in [(&mut first, &of_first), (&mut second, &of_second)] {
                        if !edit.is_empty() {
                            world.put(store, edit.clone());
                        }
                    }
                    for _ in 0..2 {
                        world.sync(&mut second);
                        world.sync(&mut first);
                    }
                    world.sync(&mut second);
                    let server = rows::from_wire(Table::Tune, world.server.row(Table::Tune, TUNE).unwrap()).unwrap();
                    for store in [&first, &second] {
                        let here = rows::read(store.conn(), Table::Tune, TUNE).unwrap().unwrap();
                        assert_eq!(here, server, "{case}");
                        assert_eq!(store.counts().unwrap().pending, 0, "{case}");
                        assert_eq!(store.counts().unwrap().refused, 0, "{case}");
                    }
                    for (column, value) in of_first.iter().chain(&of_second) {
                        let stands = server[column] == *value;
                        let told = [&first, &second].into_iter().any(|store| is_logged(store, column, value));
                        assert!(stands || told, "{column} = {value} is lost: {case}");
                    }
                }
            }
        }
    }
}
