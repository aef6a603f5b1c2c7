//! A full compare: tombstones purged behind a device that was away, a server that was set back, an app that has learnt new columns.
//! Real stores against the model server, page by page; between any two pages the app may be closed.

#![allow(clippy::unwrap_used)]

mod confirmed;
mod given_away;
#[path = "../model/mod.rs"]
mod model;
mod restored;
mod upgraded;

use model::ModelServer;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::outbox::BatchLimit;
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::Reader;
use tunetrees::store::{Identity, Row, Store, meta};
use tunetrees::sync::store::{SyncStore, set_strategy};
use tunetrees::sync::strategy::Strategy;
use tunetrees::sync::wire::{Reply, Request};
use uuid::Uuid;

const ME: UserId = UserId(Uuid::from_u128(1));
const LIMIT: BatchLimit<'static> = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
}

fn id(n: u128) -> String {
    Uuid::from_u128(0xD000_0000_0000_4000_8000 << 48 | n).to_string()
}

struct World {
    server: ModelServer,
    second: i64,
    dir: TempDir,
}

struct Device {
    number: u128,
    store: Option<Store>,
}

impl World {
    fn new() -> World {
        let mut server = ModelServer::new("first");
        server.add_user(ME, at(0));
        World { server, second: 1, dir: TempDir::new().unwrap() }
    }

    fn now(&mut self) -> Timestamp {
        self.second += 1;
        at(self.second)
    }

    fn device(&self, number: u128) -> Device {
        let mut device = Device { number, store: None };
        self.reopen(&mut device);
        device
    }

    /// The app is closed and opened again.
    fn reopen(&self, device: &mut Device) {
        drop(device.store.take());
        let identity = Identity { user: ME, device: DeviceId(Uuid::from_u128(device.number)) };
        let path = self.dir.path().join(device.number.to_string());
        device.store = Some(Store::open(Connection::open(path).unwrap(), identity).unwrap());
    }

    fn put(&mut self, device: &mut Device, table: Table, id: &str, row: Row) {
        let now = self.now();
        device.store().edit(now, |edit| edit.put(table, id, row)).unwrap();
    }

    fn delete(&mut self, device: &mut Device, table: Table, id: &str) {
        let now = self.now();
        device.store().edit(now, |edit| edit.delete(table, id).map(drop)).unwrap();
    }

    /// Sends until there is nothing to send, or has to wait. How many operations.
    fn push(&mut self, device: &mut Device) -> usize {
        let mut sent = 0;
        for _ in 0..10 {
            let now = self.now();
            let ops = device.store().next_batch(LIMIT, now).unwrap();
            if ops.is_empty() {
                return sent;
            }
            sent += ops.len();
            let request = Request::Push { ops, name: None, epoch: None };
            let body = request.body(DeviceId(Uuid::from_u128(device.number)));
            let Reply::Push(reply) = request.read(&self.server.push(ME, &body, now).unwrap()).unwrap() else {
                unreachable!()
            };
            device.store().settle(&reply.results, now).unwrap();
        }
        panic!("the outbox does not empty");
    }

    /// One page; is there more to ask?
    fn page(&mut self, device: &mut Device, limit: u32) -> bool {
        let reader = Reader::Person(ME);
        let now = self.now();
        let cursor = device.store().cursor(reader).unwrap();
        let look = device.store().to_look_at(reader, limit as usize).unwrap();
        let request = Request::Pull { reader, cursor, page_limit: limit, look };
        let body = request.body(DeviceId(Uuid::from_u128(device.number)));
        let reply = match self.server.pull(Some(ME), &body, now) {
            Ok(reply) => request.read(&reply).unwrap(),
            // The server does not know this cursor.
            Err(_) => {
                device.store().forget_cursors().unwrap();
                return true;
            }
        };
        let Reply::Pull(page) = reply else { unreachable!() };
        device.store().apply_page(reader, &page, now).unwrap().unfinished
    }

    fn pull(&mut self, device: &mut Device) {
        let mut pages = 0;
        while self.page(device, 3) {
            pages += 1;
            assert!(pages < 200, "the pull does not end");
        }
    }

    /// Pull, push, pull.
    fn sync(&mut self, device: &mut Device) {
        self.pull(device);
        self.push(device);
        self.pull(device);
    }

    /// What the server has and what the device has is the same.
    fn same(&self, device: &mut Device) {
        let count: i64 = device.store().conn().query_row("select count(*) from sync_queue", [], |r| r.get(0)).unwrap();
        assert_eq!(count, 0, "the outbox is empty");
        for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
            let wire = self.server.rows(table).map(|(_, row)| rows::from_wire(table, row).unwrap());
            let mut there: Vec<String> = wire.map(|row| Value::Object(row).to_string()).collect();
            let here = rows::select(device.store().conn(), table, "sync_version > 0", []).unwrap();
            // A tombstone that was purged there may lie here for ever: nobody sees it.
            let kept =
                |row: &Row| !rows::is_deleted(row) || self.server.row(table, row["id"].as_str().unwrap()).is_some();
            let mut here: Vec<String> =
                here.into_iter().filter(kept).map(|row| Value::Object(row).to_string()).collect();
            there.sort();
            here.sort();
            assert_eq!(here, there, "{table}");
        }
        let mut check = device.store.as_ref().unwrap().conn().prepare("pragma foreign_key_check").unwrap();
        assert!(check.query([]).unwrap().next().unwrap().is_none(), "something hangs on nothing");
        drop(check);
        let left: i64 = device
            .store()
            .conn()
            .query_row(
                "select (select count(*) from sync_seen) + (select count(*) from sync_meta where key like 'compare:%')",
                [],
                |r| r.get(0),
            )
            .unwrap();
        assert_eq!(left, 0, "nothing is left of the compare");
    }

    /// All tombstones that nothing refers to are purged.
    fn purge(&mut self) {
        let now = self.now();
        assert!(self.server.purge_tombstones(now) > 0);
    }
}

impl Device {
    fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    fn row(&mut self, table: Table, id: &str) -> Option<Row> {
        rows::read(self.store().conn(), table, id).unwrap()
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.store().conn().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn tune(title: &str) -> Row {
    row! { "title": title, "private_for": ME.to_string() }
}

fn note(tune: &str, text: &str) -> Row {
    row! { "user_ref": ME.to_string(), "tune_ref": tune, "note_text": text }
}

fn playlist() -> Row {
    row! { "user_ref": ME.to_string(), "name": "Fiddle" }
}

fn link(playlist: &str, tune: &str) -> Row {
    row! { "user_ref": ME.to_string(), "playlist_ref": playlist, "tune_ref": tune }
}

/// A tune with a note, in a repertoire, twice; both devices have it.
fn two_devices(world: &mut World) -> (Device, Device) {
    let (mut a, b) = (world.device(11), world.device(12));
    world.put(&mut a, Table::Playlist, &id(50), playlist());
    for n in 0..2 {
        world.put(&mut a, Table::Tune, &id(n), tune(&format!("Tune {n}")));
        world.put(&mut a, Table::Note, &id(10 + n), note(&id(n), "by ear"));
        world.put(&mut a, Table::PlaylistTune, &id(20 + n), link(&id(50), &id(n)));
    }
    world.sync(&mut a);
    let mut b = b;
    world.sync(&mut b);
    world.same(&mut a);
    world.same(&mut b);
    (a, b)
}

/// The first tune and all that hangs on it is deleted by A; the server forgets the tombstones.
fn deleted_and_purged(world: &mut World, a: &mut Device) {
    for (table, n) in [(Table::PlaylistTune, 20), (Table::Note, 10), (Table::Tune, 0)] {
        world.delete(a, table, &id(n));
    }
    world.sync(a);
    world.purge();
}

#[test]
fn who_was_away_longer_than_tombstones_are_kept_keeps_no_ghosts_and_loses_nothing() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    deleted_and_purged(&mut world, &mut a);
    // B was away all the while, and has worked.
    world.put(&mut b, Table::Tune, &id(5), tune("Made by B"));
    world.put(&mut b, Table::Tune, &id(1), tune("Edited by B"));
    world.pull(&mut b);
    assert_eq!(b.row(Table::Tune, &id(0)), None);
    assert_eq!(b.row(Table::Tune, &id(5)).unwrap()["title"], "Made by B");
    world.sync(&mut b);
    world.sync(&mut a);
    for device in [&mut a, &mut b] {
        world.same(device);
        assert_eq!(device.row(Table::Tune, &id(1)).unwrap()["title"], "Edited by B");
        assert_eq!(device.number("select count(*) from sync_conflict"), 0);
    }
    assert_eq!(world.push(&mut a) + world.push(&mut b), 0);
}

#[test]
fn a_row_made_anew_after_its_tombstone_was_purged_reaches_who_still_has_the_tombstone() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    world.sync(&mut b);
    world.delete(&mut a, Table::PlaylistTune, &id(20));
    world.sync(&mut a);
    world.put(&mut a, Table::PlaylistTune, &id(20), link(&id(50), &id(0)));
    world.sync(&mut a);
    world.delete(&mut a, Table::PlaylistTune, &id(20));
    world.sync(&mut a);
    world.purge();
    // B has never heard of any of it; a new device makes the link anew.
    let mut c = world.device(13);
    world.sync(&mut c);
    world.put(&mut c, Table::PlaylistTune, &id(20), link(&id(50), &id(0)));
    world.sync(&mut c);
    world.sync(&mut a);
    world.sync(&mut b);
    for device in [&mut a, &mut b, &mut c] {
        world.same(device);
        assert_eq!(device.row(Table::PlaylistTune, &id(20)).unwrap()["deleted"], 0);
    }
}

#[test]
fn a_compare_goes_on_after_any_page_as_if_nothing_had_been() {
    // Closed after the nth page, for every n.
    for closed_after in 0.. {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        deleted_and_purged(&mut world, &mut a);
        world.put(&mut b, Table::Tune, &id(5), tune("Made by B"));
        let mut pages = 0;
        while world.page(&mut b, 2) {
            if pages == closed_after {
                world.reopen(&mut b);
                // Meanwhile something is sent, something is edited elsewhere, beyond the bound of the pages.
                world.push(&mut b);
                world.put(&mut a, Table::Tune, &id(1), tune("Edited by A"));
                world.push(&mut a);
            }
            pages += 1;
        }
        for (table, n) in [(Table::Tune, 0), (Table::Note, 10), (Table::PlaylistTune, 20)] {
            assert_eq!(b.row(table, &id(n)), None, "{closed_after}");
        }
        assert!(b.row(Table::Tune, &id(1)).is_some() && b.row(Table::Note, &id(11)).is_some(), "{closed_after}");
        world.sync(&mut b);
        world.same(&mut b);
        if closed_after >= pages {
            assert!(pages >= 4, "there were pages to be closed between");
            return;
        }
    }
}

#[test]
fn edits_of_purged_rows_go_by_the_rule_for_deletions() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    deleted_and_purged(&mut world, &mut a);
    // Somebody's work, a link, and something new on what is no more.
    world.put(&mut b, Table::Note, &id(10), note(&id(0), "in D, slower"));
    world.put(&mut b, Table::PlaylistTune, &id(20), row! { "scheduled": "2026-12-01T00:00:00.000000Z" });
    let tag = row! { "user_ref": ME.to_string(), "tune_ref": id(0), "tag_text": "session" };
    world.put(&mut b, Table::Tag, &id(30), tag);
    world.sync(&mut b);
    world.sync(&mut a);
    for device in [&mut a, &mut b] {
        world.same(device);
        let note = device.row(Table::Note, &id(10)).unwrap();
        assert_eq!(
            (&note["note_text"], &note["deleted"]),
            (&json!("in D, slower"), &json!(0)),
            "work on it revives it"
        );
        let link = device.row(Table::PlaylistTune, &id(20));
        assert!(link.is_none_or(|row| row["deleted"] == 1), "the deletion of a link stands");
        assert_eq!(device.row(Table::Tag, &id(30)).unwrap()["deleted"], 0);
        assert_eq!(device.row(Table::Tune, &id(0)).unwrap()["deleted"], 1, "what they hang on stays deleted");
    }
    let told =
        "select count(*) from sync_conflict where table_name = 'note' and column_name = 'deleted' and winner = 'local'";
    assert_eq!((b.number(told), b.number("select count(*) from sync_conflict")), (1, 1));
}

#[test]
fn the_same_rule_where_a_push_is_the_first_to_notice() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    world.put(&mut b, Table::Note, &id(10), note(&id(0), "in D, slower"));
    world.delete(&mut b, Table::Tune, &id(0));
    world.put(&mut b, Table::PlaylistTune, &id(20), row! { "scheduled": "2026-12-01T00:00:00.000000Z" });
    deleted_and_purged(&mut world, &mut a);
    world.push(&mut b);
    world.sync(&mut b);
    world.same(&mut b);
    assert_eq!(b.row(Table::Note, &id(10)).unwrap()["note_text"], "in D, slower");
    assert_eq!(b.row(Table::Tune, &id(0)).unwrap()["deleted"], 1);
    assert_eq!(b.row(Table::PlaylistTune, &id(20)), None);
}

#[test]
fn rows_from_before_a_new_column_get_its_values() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
    world.sync(&mut a);
    world.sync(&mut b);
    // As if B's app had not known the column until now; one of the rows has an edit of its own.
    let reader = format!("columns:{ME}");
    b.store()
        .apply_remote(at(0), |edit| {
            edit.conn().execute_batch("update tune set mode = null")?;
            meta::set(edit.conn(), &reader, "0")
        })
        .unwrap();
    world.put(&mut b, Table::Tune, &id(0), row! { "title": "Edited" });
    world.sync(&mut b);
    world.same(&mut b);
    let row = b.row(Table::Tune, &id(0)).unwrap();
    assert_eq!((&row["mode"], &row["title"]), (&json!("D"), &json!("Edited")));
    // Once is enough.
    assert!(!world.page(&mut b, 500) && b.store().cursor(Reader::Person(ME)).unwrap().is_some());
}
