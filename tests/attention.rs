//! What a person is told of the sync and what she can do about it: conflicts under the three strategies, refused edits, exports.
//! Against a server of compare-and-set rows; with a real one in `attention_devices.rs`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Value, json};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::attention::{ConflictNote, ConflictState, EditKind, OtherSide};
use tunetrees::store::outbox::{BatchLimit, Op, OpResult};
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::Reader;
use tunetrees::store::{Identity, Row, Store, devices};
use tunetrees::sync::store::{SyncStore, set_strategy, strategy};
use tunetrees::sync::strategy::Strategy;
use tunetrees::worker::protocol::{AttentionAnswer, AttentionRequest, DataRequest, Request, Response};
use tunetrees::worker::requests;
use uuid::Uuid;

const USER: UserId = UserId(Uuid::from_u128(1));
const LIMIT: BatchLimit = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000 };

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
}

fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// Compare-and-set rows; what `refuses` says is refused with that code.
#[derive(Default)]
struct Server {
    rows: BTreeMap<(Table, String), Row>,
    refuses: Option<fn(&Op) -> Option<&'static str>>,
    clock: i64,
}

impl Server {
    fn one(&mut self, op: &Op) -> OpResult {
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

    fn row(&self, table: Table, id: &str) -> &Row {
        &self.rows[&(table, id.to_owned())]
    }
}

struct Device {
    store: Store,
    number: u128,
}

impl Device {
    fn new(number: u128) -> Device {
        let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(number)) };
        Device { store: Store::open(Connection::open_in_memory().unwrap(), identity).unwrap(), number }
    }

    fn with(strategy: Strategy, number: u128) -> Device {
        let mut device = Device::new(number);
        set_strategy(&mut device.store, strategy, at(0)).unwrap();
        device
    }

    /// The app is closed and opened again.
    fn reopened(self) -> Device {
        let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(self.number)) };
        Device { store: Store::open(self.store.into_connection(), identity).unwrap(), number: self.number }
    }

    fn insert(&mut self, second: i64, table: Table, row: Row) {
        self.store.edit(at(second), |edit| edit.insert(table, row)).unwrap();
    }

    fn tune(&mut self, second: i64, number: u128, title: &str) -> String {
        let row = row! { "id": id(number), "title": title, "mode": "D", "private_for": USER.to_string() };
        self.insert(second, Table::Tune, row);
        id(number)
    }

    fn set(&mut self, second: i64, table: Table, id: &str, row: Row) {
        self.store.edit(at(second), |edit| edit.update(table, id, row).map(drop)).unwrap();
    }

    /// Sends what may be sent, then takes in everything the server has.
    fn sync(&mut self, server: &mut Server) {
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

    fn pull(&mut self, server: &Server) {
        let rows = server.rows.iter().map(|((table, _), row)| (table.name().to_owned(), row.clone())).collect();
        let page = Page {
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

    fn row(&self, table: Table, id: &str) -> Option<Row> {
        rows::read(self.store.conn(), table, id).unwrap()
    }

    fn value(&self, id: &str, column: &str) -> Value {
        self.row(Table::Tune, id).unwrap()[column].clone()
    }

    fn open(&self) -> Vec<ConflictNote> {
        self.store.conflict_notes(false, 100).unwrap().0
    }

    fn ask(&mut self, request: impl Into<Request>) -> Response {
        requests::answer(&mut self.store, request, at(2000), &chrono::Utc).unwrap()
    }

    /// Pending, undecided, refused.
    fn counts(&self) -> (u32, u32, u32) {
        let counts = self.store.counts().unwrap();
        (counts.pending, counts.undecided, counts.refused)
    }
}

/// A tune on two devices, changed on both: first the mode on `b`, then mode and title on `a`; `b` has sent.
fn disagreement(a_strategy: Strategy) -> (Device, Device, Server, String) {
    let (mut a, mut b, mut server) = (Device::with(a_strategy, 1), Device::new(2), Server::default());
    let tune = a.tune(1, 0xaa, "The Abbey Reel");
    a.sync(&mut server);
    b.sync(&mut server);
    // As `sync_pull` tells it.
    let names = json!([{ "id": id(2), "name": "Phone", "last_seen": "2026-01-02T03:04:05+00:00" }, { "id": "legacy-migration" }]);
    a.store.conn().execute("insert into sync_meta values ('devices', ?1)", [names.to_string()]).unwrap();
    assert!(devices::known_devices(a.store.conn()).unwrap()[0].last_seen.is_some());
    a.set(10, Table::Tune, &tune, row! { "mode": "G", "title": "Abbey" });
    b.set(20, Table::Tune, &tune, row! { "mode": "A", "structure": "AABB" });
    b.sync(&mut server);
    (a, b, server, tune)
}

#[test]
fn merging_fields_keeps_what_one_side_changed_and_the_later_of_what_both_did() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "Abbey"]);
        assert_eq!(device.value(&tune, "structure"), "AABB");
    }
    let notes = a.open();
    let note = &notes[0];
    assert_eq!((notes.len(), note.field.as_str(), note.kept_here), (1, "mode", false));
    assert_eq!((note.here.as_deref(), note.there.as_deref()), (Some("G"), Some("A")));
    assert_eq!((&note.from, note.state), (&OtherSide::Device(Some("Phone".into())), ConflictState::Settled));
    assert_eq!(note.subject.what.as_deref(), Some("Abbey"));
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn the_newest_row_wins_whole() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::NewestRow);
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "The Abbey Reel"]);
    }
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn asked_she_keeps_her_value_here_until_she_has_chosen_and_nothing_else_waits() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    let other = a.tune(21, 0xbb, "Another tune");
    a.sync(&mut server);
    // Hers is here, what only the other one changed came in, nothing of this row was sent; the other row was.
    assert_eq!([a.value(&tune, "mode"), a.value(&tune, "structure")], ["G", "AABB"]);
    assert_eq!(server.row(Table::Tune, &tune)["title"], "The Abbey Reel");
    assert_eq!(server.row(Table::Tune, &other)["title"], "Another tune");
    assert_eq!(a.counts(), (0, 1, 0));
    assert_eq!(a.open()[0].state, ConflictState::Undecided);

    // A restart, further changes elsewhere, further edits here: they merge, and it still waits.
    let mut a = a.reopened();
    b.set(30, Table::Tune, &tune, row! { "incipit": "dBB", "mode": "Am" });
    b.sync(&mut server);
    a.set(31, Table::Tune, &tune, row! { "genre": Value::Null, "title": "The Abbey" });
    a.sync(&mut server);
    assert_eq!([a.value(&tune, "mode"), a.value(&tune, "incipit")], ["G", "dBB"]);
    assert_eq!(a.counts(), (0, 1, 0));
    let notes = a.open();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!((notes[0].here.as_deref(), notes[0].there.as_deref()), (Some("G"), Some("Am")));

    // Mine.
    a.ask(AttentionRequest::KeepStanding { conflict: notes[0].id.clone() });
    assert_eq!(a.counts(), (1, 0, 0));
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["G", "The Abbey"]);
    }
    assert!(a.open().is_empty());
    assert_eq!(a.store.conflict_notes(true, 10).unwrap().1, 1);
    assert_eq!(b.store.conflict_notes(false, 10).unwrap().1, 0);
}

#[test]
fn asked_she_takes_theirs() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    let conflict = a.open()[0].id.clone();
    a.ask(AttentionRequest::UseOther { conflict });
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "Abbey"]);
    }
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn asked_she_need_not_answer_once_both_say_the_same() {
    // By an edit here.
    let (mut a, _, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    a.set(40, Table::Tune, &tune, row! { "mode": "A" });
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 0));
    assert!(a.open().is_empty());
    assert_eq!(server.row(Table::Tune, &tune)["title"], "Abbey");
    // By an edit there.
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    b.set(40, Table::Tune, &tune, row! { "mode": "G" });
    b.sync(&mut server);
    a.sync(&mut server);
    assert_eq!(a.counts(), (1, 0, 0), "let go by what came in");
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 0));
    assert!(a.open().is_empty());
    assert_eq!(server.row(Table::Tune, &tune)["title"], "Abbey");
}

#[test]
fn asked_about_a_deletion_either_answer_holds_everywhere() {
    for (deleted_here, keep, stays) in [(true, true, 1), (true, false, 0), (false, true, 0), (false, false, 1)] {
        let (mut a, mut b, mut server) = (Device::with(Strategy::Ask, 1), Device::new(2), Server::default());
        let tune = a.tune(1, 0xaa, "The Kesh");
        a.sync(&mut server);
        b.sync(&mut server);
        let (delete, change) = (row! { "deleted": 1 }, row! { "title": "Kesh" });
        let (here, there) = if deleted_here { (delete, change) } else { (change, delete) };
        a.set(10, Table::Tune, &tune, here);
        b.set(20, Table::Tune, &tune, there);
        b.sync(&mut server);
        a.sync(&mut server);
        assert_eq!(a.counts(), (0, 1, 0));
        assert_eq!(a.value(&tune, "deleted"), i64::from(deleted_here), "as it is here until she has chosen");
        let conflict = a.open()[0].id.clone();
        a.ask(if keep { AttentionRequest::KeepStanding { conflict } } else { AttentionRequest::UseOther { conflict } });
        a.sync(&mut server);
        b.sync(&mut server);
        for device in [&a, &b] {
            assert_eq!(device.value(&tune, "deleted"), stays, "deleted here {deleted_here}, kept {keep}");
            assert_eq!(device.value(&tune, "title"), "Kesh");
        }
    }
}

#[test]
fn a_deletion_that_meets_a_change_is_told_and_can_be_turned() {
    let (mut a, mut b, mut server) = (Device::new(1), Device::new(2), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    b.sync(&mut server);
    a.set(10, Table::Tune, &tune, row! { "title": "Kesh" });
    b.set(20, Table::Tune, &tune, row! { "deleted": 1 });
    b.sync(&mut server);
    a.sync(&mut server);
    assert_eq!(a.value(&tune, "deleted"), 1);
    let notes = a.open();
    assert_eq!((notes.len(), notes[0].field.as_str(), notes[0].kept_here), (1, "deleted", false));
    assert_eq!(notes[0].subject.tune, None, "there is no page of a deleted tune");
    a.ask(AttentionRequest::UseOther { conflict: notes[0].id.clone() });
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!([b.value(&tune, "deleted"), b.value(&tune, "title")], [json!(0), json!("Kesh")]);
}

#[test]
fn the_other_value_of_a_settled_conflict_is_written_as_an_edit_and_may_be_taken_back() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    let conflict = a.open()[0].id.clone();
    a.ask(AttentionRequest::UseOther { conflict: conflict.clone() });
    assert!(a.open().is_empty());
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!(b.value(&tune, "mode"), "G");
    let (seen, _) = a.store.conflict_notes(true, 10).unwrap();
    assert!(seen[0].kept_here);
    a.ask(AttentionRequest::UseOther { conflict });
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!(b.value(&tune, "mode"), "A");
    let gone = requests::answer(&mut a.store, AttentionRequest::UseOther { conflict: id(7) }, at(0), &chrono::Utc);
    assert!(gone.is_err());
}

#[test]
fn hundreds_of_conflicts_are_counted_and_seen_at_once() {
    let mut a = Device::new(1);
    for n in 0..300 {
        a.store
            .conn()
            .execute(
                "insert into sync_conflict (id, table_name, row_id, column_name, winner, local_modified_at, remote_modified_at, detected_at)
                 values (?1, 'tune', 'x', 'mode', 'local', '', '', ?2)",
                [id(n), at(n as i64).to_string()],
            )
            .unwrap();
    }
    let (notes, total) = a.store.conflict_notes(false, 50).unwrap();
    assert_eq!((notes.len(), total, notes[0].at), (50, 300, at(299)));
    assert_eq!(a.store.counts().unwrap().unreviewed, 300);
    assert_eq!(a.store.conflict_notes(false, 250).unwrap().0.len(), 250);
    a.ask(AttentionRequest::KeepAllSettled);
    assert_eq!(a.store.counts().unwrap().unreviewed, 0);
    assert_eq!(a.store.conflict_notes(true, 50).unwrap().1, 300);
}

/// An instrument that is refused, a repertoire on it, a tune in that; a tag that is refused for itself.
fn refusals() -> (Device, Server, [String; 4]) {
    let (mut a, mut server) = (Device::new(1), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    let [instrument, playlist, member] = [id(0x11), id(0x12), id(0x13)];
    let me = USER.to_string();
    a.insert(2, Table::Instrument, row! { "id": instrument, "private_to_user": me, "instrument": "Fiddle" });
    a.insert(3, Table::Playlist, row! { "id": playlist, "user_ref": me, "instrument_ref": instrument });
    let row = row! { "id": member, "user_ref": me, "playlist_ref": playlist, "tune_ref": tune };
    a.insert(4, Table::PlaylistTune, row);
    a.set(5, Table::Tune, &tune, row! { "mode": "X", "type": "Reel" });
    server.refuses = Some(|op| match op.table {
        Table::Instrument => Some("23505"),
        Table::Playlist | Table::PlaylistTune => Some("23503"),
        _ => Some("23514"),
    });
    a.sync(&mut server);
    (a, server, [instrument, playlist, member, tune])
}

#[test]
fn refused_edits_are_told_with_what_hangs_on_them() {
    let (mut a, mut server, [instrument, playlist, member, tune]) = refusals();
    assert_eq!(a.counts(), (0, 0, 4));
    let (edits, total) = a.store.refused_edits(50).unwrap();
    assert_eq!((edits.len(), total), (2, 2), "{edits:?}");
    assert_eq!((edits[0].subject.what.as_deref(), edits[0].code.as_str()), (Some("The Kesh"), "23514"));
    assert_eq!((edits[0].kind, edits[0].on_server), (EditKind::Changed, true));
    assert_eq!(edits[0].fields, ["type", "mode"]);
    assert_eq!(edits[0].subject.tune.unwrap().to_string(), tune);
    assert_eq!((edits[1].subject.what.as_deref(), edits[1].kind), (Some("Fiddle"), EditKind::Made));
    let hang: Vec<_> = edits[1].dependants.iter().map(|d| (d.table, d.row_id.clone())).collect();
    assert_eq!(hang, [(Table::Playlist, playlist.clone()), (Table::PlaylistTune, member)]);
    assert_eq!(a.store.refused_edits(1).unwrap().0.len(), 1);

    // The copy has it all.
    let copy = a.store.export_refused(at(9), Table::Instrument, &instrument).unwrap();
    for part in ["Fiddle", &playlist, "23505"] {
        assert!(copy.contains(part), "{part} in {copy}");
    }
    // One is tried again, with all that hangs on it.
    server.refuses = Some(|op| (op.table == Table::Tune).then_some("23514"));
    a.ask(AttentionRequest::RetryRefusedEdit { table: Table::Instrument, row: instrument.clone() });
    assert_eq!(a.counts(), (3, 0, 1));
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 1));
    assert!(server.rows.contains_key(&(Table::Instrument, instrument)));
}

#[test]
fn a_discarded_change_is_as_the_server_has_it_and_a_discarded_row_takes_along_what_needs_it() {
    let (mut a, mut server, [instrument, playlist, member, tune]) = refusals();
    a.ask(AttentionRequest::DiscardRefused { table: Table::Tune, row: tune.clone() });
    let theirs = rows::from_wire(Table::Tune, server.row(Table::Tune, &tune)).unwrap();
    assert_eq!(a.row(Table::Tune, &tune).unwrap(), theirs);
    a.ask(AttentionRequest::DiscardRefused { table: Table::Instrument, row: instrument.clone() });
    for (table, id) in [(Table::Instrument, &instrument), (Table::Playlist, &playlist), (Table::PlaylistTune, &member)]
    {
        assert_eq!(a.row(table, id), None, "{table}");
    }
    assert_eq!(a.counts(), (0, 0, 0));
    let broken = a.store.conn().prepare("pragma foreign_key_check").unwrap().exists([]).unwrap();
    assert!(!broken);
    let on: bool = a.store.conn().query_row("pragma foreign_keys", [], |row| row.get(0)).unwrap();
    assert!(on, "foreign keys are checked again");
    // Nothing of it comes back, nothing is sent.
    server.refuses = None;
    a.sync(&mut server);
    assert_eq!(server.rows.len(), 1);
    let again = AttentionRequest::DiscardRefused { table: Table::Tune, row: tune };
    assert!(requests::answer(&mut a.store, again, at(0), &chrono::Utc).is_err());
}

#[test]
fn a_discarded_deletion_brings_the_row_back() {
    let (mut a, mut server) = (Device::new(1), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    a.set(2, Table::Tune, &tune, row! { "deleted": 1 });
    server.refuses = Some(|_| Some("42501"));
    a.sync(&mut server);
    assert_eq!(a.store.refused_edits(9).unwrap().0[0].kind, EditKind::Deleted);
    a.ask(AttentionRequest::DiscardRefused { table: Table::Tune, row: tune.clone() });
    assert_eq!(a.value(&tune, "deleted"), 0);
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn the_export_has_everything_she_has_sent_or_not() {
    let (mut a, _, [instrument, .., tune]) = refusals();
    let Response::Export(text) = a.ask(DataRequest::ExportEverything) else { panic!("an export") };
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["format"], "tunetrees-export");
    assert_eq!(export["tables"]["instrument"][0]["id"], instrument);
    assert_eq!(export["tables"]["tune"][0]["mode"], "X");
    assert_eq!(export["not_sent"].as_array().unwrap().len(), 4);
    let unsent = export["not_sent"].as_array().unwrap().iter().find(|entry| entry["row_id"] == tune).unwrap();
    assert_eq!(unsent["base"]["mode"], "D", "the server's state of it, too");
    let (mut a, _, mut server, _) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    let Response::Export(text) = a.ask(DataRequest::ExportEverything) else { panic!("an export") };
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["conflicts"][0]["local_value"], "G");
}

#[test]
fn the_strategy_and_the_name_are_kept() {
    let mut a = Device::new(1);
    assert_eq!(strategy(&a.store).unwrap(), Strategy::Fields);
    a.ask(AttentionRequest::ChooseStrategy { strategy: Strategy::Ask });
    let Response::Attention(AttentionAnswer::SyncSettings(settings)) =
        a.ask(AttentionRequest::NameDevice { name: "  Phone\n in the kitchen ".into() })
    else {
        panic!("settings")
    };
    assert_eq!((settings.name.as_deref(), settings.strategy), (Some("Phone in the kitchen"), Strategy::Ask));
    let mut a = a.reopened();
    let Response::Attention(AttentionAnswer::SyncSettings(again)) = a.ask(AttentionRequest::SyncSettings) else {
        panic!("settings")
    };
    assert_eq!(again, settings);
    assert!(
        requests::answer(&mut a.store, AttentionRequest::NameDevice { name: " ".into() }, at(0), &chrono::Utc).is_err()
    );
    assert_eq!(devices::tidy_name(&"x".repeat(99)).unwrap().len(), devices::LONGEST_NAME);
}

#[test]
fn a_report_has_numbers_and_codes_only() {
    let (mut a, ..) = refusals();
    let Response::Attention(AttentionAnswer::Facts(facts)) = a.ask(AttentionRequest::Facts) else { panic!("facts") };
    assert!(facts.outbox.contains(&("instrument".into(), "refused".into(), "23505".into(), 1)));
    assert!(facts.rows.contains(&(Table::PlaylistTune, 1, 0)));
    assert!(facts.schema >= 4 && facts.bytes > 0);
    assert!(!format!("{facts:?}").contains("Kesh"));
}
