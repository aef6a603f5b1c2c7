//! What hangs on a row that the server does not have: refused with it, back with it, given up with it; and parents deleted before they
//! were sent. Real stores against the model server.

#![allow(clippy::unwrap_used)]

#[path = "model/mod.rs"]
mod model;

use model::ModelServer;
use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::outbox::{BatchLimit, Op};
use tunetrees::store::row as rows;
use tunetrees::store::schedule;
use tunetrees::store::schema::Table;
use tunetrees::store::{Identity, Row, Store};
use tunetrees::sync::store::SyncStore;
use tunetrees::sync::wire::{Reply, Request};
use uuid::Uuid;

const ME: UserId = UserId(Uuid::from_u128(1));
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(11));

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
}

fn id(n: u128) -> String {
    Uuid::from_u128(0xD000_0000_0000_4000_8000 << 48 | n).to_string()
}

struct World {
    server: ModelServer,
    store: Store,
    second: i64,
}

impl World {
    fn new() -> World {
        let mut server = ModelServer::new("e");
        server.add_user(ME, at(0));
        let identity = Identity { user: ME, device: DEVICE };
        World { server, store: Store::open(Connection::open_in_memory().unwrap(), identity).unwrap(), second: 1 }
    }

    fn now(&mut self) -> Timestamp {
        self.second += 1;
        at(self.second)
    }

    fn put(&mut self, table: Table, n: u128, row: Row) {
        let now = self.now();
        self.store.edit(now, |edit| edit.put(table, id(n), row)).unwrap();
    }

    fn delete(&mut self, table: Table, n: u128) {
        let now = self.now();
        self.store.edit(now, |edit| edit.delete(table, id(n)).map(drop)).unwrap();
    }

    fn batch(&mut self, ops: usize) -> Vec<Op> {
        let now = self.now();
        let limit = BatchLimit { ops, hard_ops: ops, bytes: 1_000_000, last: &[], not_yet: &[] };
        self.store.next_batch(limit, now).unwrap()
    }

    /// Sends all, so many operations at a time; what was sent.
    fn push(&mut self, ops: usize) -> Vec<(Table, String)> {
        let mut sent = Vec::new();
        loop {
            let ops = self.batch(ops);
            if ops.is_empty() {
                return sent;
            }
            sent.extend(ops.iter().map(|op| (op.table, op.id.clone())));
            let request = Request::Push { ops, name: None, epoch: None };
            let now = self.now();
            let reply = self.server.push(ME, &request.body(DEVICE), now).unwrap();
            let Reply::Push(reply) = request.read(&reply).unwrap() else { unreachable!() };
            self.store.settle(&reply.results, now).unwrap();
        }
    }

    /// (row, code) of what is refused.
    fn refused(&self) -> Vec<(String, String)> {
        let sql = "select row_id, refused_code from sync_queue where status = 'refused' order by row_id";
        let mut statement = self.store.conn().prepare(sql).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    }

    /// An instrument the server cannot take (its genre does not exist), a repertoire on it, a link in that, and a tune.
    fn chain(&mut self) {
        let me = ME.to_string();
        self.put(Table::Tune, 1, row! { "title": "Tune", "private_for": me.as_str() });
        // Foreign keys hold here, too: the genre is known here and unknown there.
        self.store
            .apply_remote(at(0), |edit| {
                Ok::<_, tunetrees::store::StoreError>(
                    edit.conn().execute_batch("insert into genre (id) values ('NEW')")?,
                )
            })
            .unwrap();
        let fiddle = row! { "private_to_user": me.as_str(), "instrument": "Fiddle", "genre_default": "NEW" };
        self.put(Table::Instrument, 2, fiddle);
        self.put(Table::Playlist, 3, row! { "user_ref": me.as_str(), "name": "Fiddle", "instrument_ref": id(2) });
        self.put(Table::PlaylistTune, 4, row! { "user_ref": me.as_str(), "playlist_ref": id(3), "tune_ref": id(1) });
    }
}

fn code(n: u128, code: &str) -> (String, String) {
    (id(n), code.to_owned())
}

#[test]
fn what_hangs_on_a_refused_row_waits_with_it_at_every_level() {
    for batch in [1, 100] {
        let mut world = World::new();
        world.chain();
        let sent = world.push(batch);
        assert_eq!(world.refused(), [code(2, "23503"), code(3, "held"), code(4, "held")], "batches of {batch}");
        assert!(world.server.row(Table::Tune, &id(1)).is_some(), "what does not hang on it goes");
        if batch == 1 {
            assert_eq!(sent.len(), 2, "the tune and the instrument: the rest is not even tried");
        }
        // Made later, and edited while it waits: neither goes alone.
        let me = ME.to_string();
        world.put(Table::Note, 5, row! { "user_ref": me.as_str(), "tune_ref": id(1), "playlist_ref": id(3) });
        world.put(Table::Playlist, 3, row! { "name": "My fiddle" });
        assert_eq!(world.push(batch), []);
        assert_eq!(world.refused(), [code(2, "23503"), code(3, "held"), code(4, "held"), code(5, "held")]);
        // One of them is retried: with it goes what it hangs on. The server knows the genre by now.
        let now = world.now();
        world.server.write_as_owner(Table::Genre, "NEW", serde_json::json!({}), now);
        world.store.retry_refused_edit(now, Table::PlaylistTune, &id(4)).unwrap();
        world.push(100);
        assert_eq!(world.refused(), []);
        assert_eq!(world.server.row(Table::Playlist, &id(3)).unwrap()["name"], "My fiddle");
        assert!(world.server.row(Table::PlaylistTune, &id(4)).is_some());
        assert!(world.server.row(Table::Note, &id(5)).is_some());
    }
}

#[test]
fn a_parent_mended_by_an_edit_brings_its_chain() {
    let mut world = World::new();
    world.chain();
    world.push(100);
    world.put(Table::Instrument, 2, row! { "genre_default": serde_json::Value::Null });
    world.push(1);
    assert_eq!(world.refused(), []);
    assert!(world.server.row(Table::PlaylistTune, &id(4)).is_some());
}

#[test]
fn giving_a_refused_row_up_gives_up_its_chain() {
    let mut world = World::new();
    world.chain();
    world.push(100);
    let now = world.now();
    assert_eq!(world.store.discard_refused(now, Table::Instrument, &id(2)).unwrap(), 3);
    assert_eq!((world.refused(), world.push(100)), (vec![], vec![]));
    assert_eq!(rows::read(world.store.conn(), Table::PlaylistTune, &id(4)).unwrap(), None);
}

#[test]
fn deleting_a_refused_row_deletes_its_parts_but_no_repertoire_with_its_instrument() {
    let mut world = World::new();
    let me = ME.to_string();
    world.put(Table::Tune, 1, row! { "title": "no\u{0}title", "private_for": me.as_str() });
    world.put(Table::Note, 5, row! { "user_ref": me.as_str(), "tune_ref": id(1), "note_text": "on it" });
    world.push(100);
    assert_eq!(world.refused(), [code(1, "22P05"), code(5, "held")]);
    world.delete(Table::Tune, 1);
    world.push(100);
    assert_eq!((world.refused(), world.push(100)), (vec![], vec![]));
    assert_eq!(rows::read(world.store.conn(), Table::Note, &id(5)).unwrap().unwrap()["deleted"], 1);
    let mut world = World::new();
    world.chain();
    world.push(100);
    world.delete(Table::Instrument, 2);
    world.push(100);
    assert_eq!(world.refused(), [code(2, "23503"), code(3, "held"), code(4, "held")]);
    assert_eq!(rows::read(world.store.conn(), Table::Playlist, &id(3)).unwrap().unwrap()["deleted"], 0);
}

#[test]
fn ratings_that_go_with_a_refused_tune_leave_no_schedule() {
    let mut world = World::new();
    let me = ME.to_string();
    world.put(Table::Playlist, 3, row! { "user_ref": me.as_str(), "name": "Flute" });
    world.push(100);
    world.put(Table::Tune, 1, row! { "title": "no\u{0}title", "private_for": me.as_str() });
    let rating = row! { "user_ref": me.as_str(), "playlist_ref": id(3), "tune_ref": id(1), "practiced": at(1).to_string(), "quality": 3 };
    world.put(Table::PracticeRecord, 7, rating);
    let now = world.now();
    world.store.edit(now, |edit| schedule::recompute_all(edit.conn())).unwrap();
    let scheduled = |world: &World| -> i64 {
        world.store.conn().query_row("select count(*) from scheduling_state", [], |row| row.get(0)).unwrap()
    };
    world.push(100);
    assert_eq!((world.refused().len(), scheduled(&world)), (2, 1));
    world.delete(Table::Tune, 1);
    world.push(100);
    assert_eq!((world.refused(), scheduled(&world)), (vec![], 0));
}

#[test]
fn a_name_that_was_taken_is_tried_again_when_it_may_be_free() {
    let mut world = World::new();
    let me = ME.to_string();
    let named = |name: &str| row! { "private_to_user": me.as_str(), "instrument": name };
    world.put(Table::Instrument, 1, named("Fiddle"));
    world.push(100);
    // The first gets another name here while its description changes elsewhere; a second takes over the old name.
    world.put(Table::Instrument, 1, row! { "instrument": "Old fiddle" });
    world.put(Table::Instrument, 2, named("Fiddle"));
    let now = world.now();
    let elsewhere = serde_json::json!({ "ops": [{ "op": 1, "table": "instrument", "id": id(1), "base": 1,
        "row": { "description": "mine" } }], "device": "another", "schema": 99 });
    world.server.push(ME, &elsewhere, now).unwrap();
    world.push(100);
    assert_eq!(world.refused(), []);
    let name = |world: &World, n| world.server.row(Table::Instrument, &id(n)).unwrap()["instrument"].clone();
    assert_eq!((name(&world, 1), name(&world, 2)), ("Old fiddle".into(), "Fiddle".into()));
}

#[test]
fn a_parent_deleted_before_it_was_sent_goes_as_a_tombstone_if_something_needs_it() {
    let mut world = World::new();
    let me = ME.to_string();
    world.put(Table::Tune, 1, row! { "title": "Tune", "private_for": me.as_str() });
    world.put(Table::Note, 5, row! { "user_ref": me.as_str(), "tune_ref": id(1), "note_text": "kept" });
    world.delete(Table::Tune, 1);
    world.push(1);
    assert_eq!(world.refused(), []);
    assert_eq!(world.server.row(Table::Tune, &id(1)).unwrap()["deleted"], true);
    assert_eq!(world.server.row(Table::Note, &id(5)).unwrap()["deleted"], false);
    // Nothing needs it: no trace.
    world.put(Table::Tune, 7, row! { "title": "Tune", "private_for": me.as_str() });
    world.delete(Table::Tune, 7);
    assert_eq!(world.push(100), []);
    // The needing one goes first: no trace of either.
    world.put(Table::Tune, 8, row! { "title": "Tune", "private_for": me.as_str() });
    world.put(Table::Note, 9, row! { "user_ref": me.as_str(), "tune_ref": id(8) });
    world.delete(Table::Note, 9);
    world.delete(Table::Tune, 8);
    assert_eq!(world.push(100), []);
}

/// A chain on an instrument that the server does not take; then the repertoire is taken off it, and is itself not taken as it is.
fn freed_and_refused_for_itself(world: &mut World) {
    world.chain();
    world.push(100);
    assert_eq!(world.refused(), [code(2, "23503"), code(3, "held"), code(4, "held")]);
    world.put(Table::Playlist, 3, row! { "instrument_ref": serde_json::Value::Null, "name": "no\u{0}name" });
    world.push(100);
}

#[test]
fn who_does_not_hang_on_the_refused_row_any_more_is_refused_for_itself_and_holds_its_own() {
    let mut world = World::new();
    freed_and_refused_for_itself(&mut world);
    let me = ME.to_string();
    world.put(Table::Note, 5, row! { "user_ref": me.as_str(), "tune_ref": id(1), "playlist_ref": id(3) });
    world.push(100);
    assert_eq!(world.refused(), [code(2, "23503"), code(3, "22P05"), code(4, "held"), code(5, "held")]);
    // One that hangs on the repertoire is tried again: so is that, and not the instrument.
    let now = world.now();
    world.store.retry_refused_edit(now, Table::PlaylistTune, &id(4)).unwrap();
    assert_eq!(world.refused(), [code(2, "23503")]);
    world.push(100);
    world.put(Table::Playlist, 3, row! { "name": "Mended" });
    world.push(100);
    assert_eq!(world.refused(), [code(2, "23503")]);
    assert!(world.server.row(Table::PlaylistTune, &id(4)).is_some());
    assert!(world.server.row(Table::Note, &id(5)).is_some());
}

#[test]
fn giving_up_the_row_that_was_hung_on_before_gives_up_nothing_else() {
    let mut world = World::new();
    freed_and_refused_for_itself(&mut world);
    let now = world.now();
    assert_eq!(world.store.discard_refused(now, Table::Instrument, &id(2)).unwrap(), 1);
    assert_eq!(world.refused(), [code(3, "22P05"), code(4, "held")]);
    world.put(Table::Playlist, 3, row! { "name": "Mended" });
    world.push(100);
    assert_eq!(world.refused(), []);
    assert!(world.server.row(Table::PlaylistTune, &id(4)).is_some());
}

#[test]
fn no_entry_names_a_cause_that_is_not_the_reason_why_it_waits() {
    let mut world = World::new();
    freed_and_refused_for_itself(&mut world);
    let causes = |world: &World| -> Vec<(String, String)> {
        let sql = "select row_id, cause from sync_queue where cause is not null order by row_id";
        let mut statement = world.store.conn().prepare(sql).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        found.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(causes(&world), [(id(4), id(3))]);
    // The refused repertoire is edited, and sent again with its link once the server has it.
    world.put(Table::Playlist, 3, row! { "name": "Mended" });
    world.push(1);
    assert_eq!(causes(&world), []);
    assert_eq!(world.refused(), [code(2, "23503")]);
}
