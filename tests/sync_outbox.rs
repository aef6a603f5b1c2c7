//! The outbox against an oracle of one row: every short history of edits, sends, answers and losses ends with the server holding
//! what the device last said.

#![allow(clippy::unwrap_used)]

use rusqlite::Connection;
use serde_json::{Value, json};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::apply::{Page, apply_page};
use tunetrees::store::outbox::{self, BatchLimit, Op, OpResult};
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::{self, Reader};
use tunetrees::store::{Identity, Row, Store};
use tunetrees::sync::merge::Strategy;
use uuid::Uuid;

const USER: UserId = UserId(Uuid::from_u128(1));
const ID: &str = "00000000-0000-0000-0000-0000000000aa";
const LIMIT: BatchLimit<'static> = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
}

fn device(number: u128) -> Store {
    let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(number)) };
    Store::open(Connection::open_in_memory().unwrap(), identity).unwrap()
}

/// The server's rule for one row: compare-and-set.
#[derive(Default)]
struct Server {
    row: Option<Row>,
    accepted: u32,
}

impl Server {
    fn push(&mut self, ops: &[Op]) -> Vec<OpResult> {
        ops.iter().map(|op| self.one(op)).collect()
    }

    fn one(&mut self, op: &Op) -> OpResult {
        let stands = self.row.as_ref().map_or(0, rows::version);
        if stands != op.base {
            let wanted = |(name, value): (&String, &Value)| {
                rows::is_stamp(name) || self.row.as_ref().is_some_and(|row| row.get(name) == Some(value))
            };
            let equal = stands >= op.base && op.row.iter().all(wanted);
            return match &self.row {
                Some(row) if equal => OpResult::Applied { op: op.op, row: row.clone() },
                row => OpResult::Conflict { op: op.op, row: row.clone() },
            };
        }
        let mut row = self.row.clone().unwrap_or_default();
        for (name, value) in &op.row {
            row.insert(name.clone(), value.clone());
        }
        row.insert("sync_version".to_owned(), json!(stands + 1));
        self.row = Some(row.clone());
        self.accepted += 1;
        // Of what was just written the stamps only, as `sync_push` does.
        OpResult::Applied { op: op.op, row: row.into_iter().filter(|(name, _)| rows::is_stamp(name)).collect() }
    }
}

fn settle(store: &mut Store, results: &[OpResult], second: i64) {
    outbox::settle(store, results, &Strategy::Fields, at(second)).unwrap();
}

fn insert(store: &mut Store, second: i64, id: &str, title: &str) {
    store
        .edit(at(second), |edit| {
            edit.insert(Table::Tune, row! { "id": id, "title": title, "private_for": USER.to_string() })
        })
        .unwrap();
}

fn set(store: &mut Store, second: i64, row: Row) {
    store.edit(at(second), |edit| edit.update(Table::Tune, ID, row).map(drop)).unwrap();
}

/// Sends until nothing is pending.
fn drain(store: &mut Store, server: &mut Server, second: i64) {
    for _ in 0..5 {
        let ops = outbox::next_batch(store, LIMIT, at(second)).unwrap();
        if ops.is_empty() {
            return;
        }
        let results = server.push(&ops);
        settle(store, &results, second);
    }
    panic!("the outbox does not empty");
}

fn pull(store: &mut Store, server: &Server, second: i64) {
    let rows = server.row.iter().map(|row| ("tune".to_owned(), row.clone())).collect();
    let page = Page { rows, cursor: second.to_string(), has_more: false, epoch: "e".into(), ..Page::default() };
    apply_page(store, Reader::Person(USER), &page, &Strategy::Fields, at(second)).unwrap();
}

#[test]
fn what_was_changed_and_changed_back_is_not_sent() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 1, ID, "The Kesh");
    drain(&mut store, &mut server, 2);
    let before = rows::read(store.conn(), Table::Tune, ID).unwrap();
    set(&mut store, 3, row! { "title": "The Cash" });
    set(&mut store, 4, row! { "title": "The Kesh" });
    assert_eq!(outbox::next_batch(&mut store, LIMIT, at(5)).unwrap(), []);
    assert_eq!(rows::read(store.conn(), Table::Tune, ID).unwrap(), before, "its stamps are the server's again");
    set(&mut store, 6, row! { "title": "The Cash" });
    drain(&mut store, &mut server, 7);
    assert_eq!(server.accepted, 2);
}

/// U = a new title, R = the first title again, D = delete, V = revive; s = send and answer, l = send and lose the answer,
/// f = the request is lost, p = pull, B = another device writes another column.
fn play(store: &mut Store, steps: &[char]) {
    let what: String = steps.iter().collect();
    let mut server = Server::default();
    store
        .apply_remote(at(0), |edit| {
            Ok::<_, tunetrees::store::StoreError>(
                edit.conn().execute_batch("delete from tune; delete from sync_queue")?,
            )
        })
        .unwrap();
    insert(store, 0, ID, "first");
    for (n, step) in (1..).zip(steps) {
        match step {
            'U' => set(store, n, row! { "title": format!("title {n}") }),
            'R' => set(store, n, row! { "title": "first" }),
            'D' => set(store, n, row! { "deleted": 1 }),
            'V' => set(store, n, row! { "deleted": 0 }),
            's' | 'l' | 'f' => {
                let ops = outbox::next_batch(store, LIMIT, at(n)).unwrap();
                if *step != 'f' {
                    let results = server.push(&ops);
                    if *step == 's' {
                        settle(store, &results, n);
                    }
                }
            }
            'p' => pull(store, &server, n),
            'B' => {
                if let Some(row) = &mut server.row {
                    let version = rows::version(row) + 1;
                    row.extend(row! { "mode": format!("mode {n}"), "sync_version": version, "device_id": "other",
                    "last_modified_at": at(n).to_string() });
                }
            }
            _ => unreachable!(),
        }
    }
    let said = rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap();
    drain(store, &mut server, 99);
    pull(store, &server, 100);
    assert!(outbox::next_batch(store, LIMIT, at(101)).unwrap().is_empty(), "{what}: the pull left something to send");
    let here = rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap();
    assert_eq!(
        (&here["title"], &here["deleted"]),
        (&said["title"], &said["deleted"]),
        "{what}: the device changed its mind"
    );
    match &server.row {
        None => assert_eq!(here["deleted"], 1, "{what}: the server knows nothing of a living row"),
        Some(row) => {
            let there = rows::from_wire(Table::Tune, row).unwrap();
            assert_eq!(there, here, "{what}");
        }
    }
    assert_eq!(outbox::counts(store.conn()).unwrap(), outbox::Counts::default(), "{what}");
    let conflicts: i64 = store.conn().query_row("select count(*) from sync_conflict", [], |row| row.get(0)).unwrap();
    assert_eq!(conflicts, 0, "{what}: a conflict with itself");
}

#[test]
fn every_short_history_ends_with_what_the_device_said() {
    const STEPS: [char; 8] = ['U', 'R', 'D', 'V', 's', 'l', 'f', 'p'];
    let mut histories: Vec<Vec<char>> = vec![Vec::new()];
    let mut played = 0;
    let mut store = device(1);
    for _ in 0..4 {
        histories = histories.iter().flat_map(|h| STEPS.iter().map(|s| [h.as_slice(), &[*s]].concat())).collect();
        for history in &histories {
            play(&mut store, history);
            played += 1;
        }
    }
    println!("{played} histories");
}

#[test]
fn no_history_with_another_device_takes_back_what_this_one_said() {
    const STEPS: [char; 6] = ['U', 'R', 's', 'l', 'p', 'B'];
    let mut store = device(1);
    for n in 0..STEPS.len().pow(5) {
        let mut history = vec!['s'];
        history.extend((0..5).map(|place| STEPS[n / STEPS.len().pow(place) % STEPS.len()]));
        play(&mut store, &history);
    }
}

#[test]
fn edits_of_one_row_become_one_operation() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 0, ID, "a");
    set(&mut store, 1, row! { "title": "b" });
    set(&mut store, 2, row! { "mode": "D" });
    let ops = outbox::next_batch(&mut store, LIMIT, at(3)).unwrap();
    assert_eq!((ops.len(), ops[0].base, ops[0].row["title"].as_str()), (1, 0, Some("b")));
    assert!(!ops[0].row.contains_key("sync_version"));
    settle(&mut store, &server.push(&ops), 3);
    // An update carries what changed, and the stamps.
    set(&mut store, 4, row! { "mode": "G" });
    let ops = outbox::next_batch(&mut store, LIMIT, at(5)).unwrap();
    let mut names: Vec<&str> = ops[0].row.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!((names, ops[0].base), (vec!["device_id", "last_modified_at", "mode"], 1));
    settle(&mut store, &server.push(&ops), 5);
    // Changed and changed back: nothing to send, and the stamps are the server's again.
    let before = rows::read(store.conn(), Table::Tune, ID).unwrap();
    set(&mut store, 6, row! { "mode": "A" });
    set(&mut store, 7, row! { "mode": "G" });
    assert!(outbox::next_batch(&mut store, LIMIT, at(8)).unwrap().is_empty());
    assert_eq!(rows::read(store.conn(), Table::Tune, ID).unwrap(), before);
    assert_eq!(server.accepted, 2);
}

#[test]
fn an_edit_made_while_the_push_is_on_its_way_stays_pending() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 0, ID, "a");
    let ops = outbox::next_batch(&mut store, LIMIT, at(1)).unwrap();
    let results = server.push(&ops);
    set(&mut store, 2, row! { "title": "b" });
    settle(&mut store, &results, 3);
    assert_eq!(outbox::counts(store.conn()).unwrap().pending, 1);
    assert_eq!(rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap()["title"], "b");
    drain(&mut store, &mut server, 4);
    assert_eq!(server.row.unwrap()["title"], "b");
}

#[test]
fn a_batch_is_cut_between_transactions_by_count_and_by_bytes() {
    let mut store = device(1);
    let many = |store: &mut Store, second: i64, first: u128, count: u128, text: &str| {
        store
            .edit(at(second), |edit| {
                for n in first..first + count {
                    let id = Uuid::from_u128(n).to_string();
                    edit.insert(Table::Tune, row! { "id": id, "title": text, "private_for": USER.to_string() })?;
                }
                Ok::<_, tunetrees::store::StoreError>(())
            })
            .unwrap();
    };
    many(&mut store, 0, 1000, 60, "x");
    many(&mut store, 1, 2000, 60, "x");
    let size = |store: &mut Store, limit| outbox::next_batch(store, limit, at(9)).unwrap().len();
    assert_eq!(size(&mut store, LIMIT), 60, "the second transaction would not fit whole");
    let small = BatchLimit { ops: 10, hard_ops: 10, ..LIMIT };
    assert_eq!(size(&mut store, small), 10, "a transaction that fits into no call is cut");

    let mut store = device(2);
    many(&mut store, 0, 1, 1, &"n".repeat(600_000));
    many(&mut store, 1, 2, 1, &"n".repeat(600_000));
    many(&mut store, 2, 3, 1, "small");
    assert_eq!(size(&mut store, LIMIT), 1, "two do not fit into a megabyte");
    let mut store = device(3);
    many(&mut store, 0, 1, 1, &"n".repeat(2_000_000));
    assert_eq!(size(&mut store, LIMIT), 1, "a large one goes alone");
}

#[test]
fn parents_go_before_children_although_they_were_edited_later() {
    let mut store = device(1);
    insert(&mut store, 0, ID, "a");
    store
        .edit(at(1), |edit| {
            let tag =
                row! { "id": edit.new_id().to_string(), "user_ref": USER.to_string(), "tune_ref": ID, "tag_text": "t" };
            edit.insert(Table::Tag, tag)
        })
        .unwrap();
    set(&mut store, 2, row! { "title": "b" });
    let one = BatchLimit { ops: 1, hard_ops: 1, ..LIMIT };
    assert_eq!(outbox::next_batch(&mut store, one, at(3)).unwrap()[0].table, Table::Tune);
}

#[test]
fn what_hangs_on_a_row_that_does_not_get_through_waits_for_it() {
    let mut store = device(1);
    insert(&mut store, 0, ID, "large");
    store
        .edit(at(1), |edit| {
            let tag =
                row! { "id": edit.new_id().to_string(), "user_ref": USER.to_string(), "tune_ref": ID, "tag_text": "t" };
            edit.insert(Table::Tag, tag)
        })
        .unwrap();
    let other = Uuid::from_u128(0x77).to_string();
    insert(&mut store, 2, &other, "small");
    let all = outbox::next_batch(&mut store, LIMIT, at(3)).unwrap();
    assert_eq!(all.len(), 3);
    let large = [all.iter().find(|op| op.id == ID).unwrap().op];
    let last = BatchLimit { last: &large, ..LIMIT };
    let ids = |ops: Vec<outbox::Op>| ops.into_iter().map(|op| op.id).collect::<Vec<_>>();
    assert_eq!(ids(outbox::next_batch(&mut store, last, at(4)).unwrap()), std::slice::from_ref(&other));
    store.conn().execute("delete from sync_queue where row_id = ?1", [&other]).unwrap();
    let not_yet = BatchLimit { not_yet: &large, ..LIMIT };
    assert_eq!(outbox::next_batch(&mut store, not_yet, at(5)).unwrap(), []);
    assert_eq!(ids(outbox::next_batch(&mut store, last, at(6)).unwrap()), [ID], "alone, when nothing else is left");
}

#[test]
fn a_page_and_its_cursor_are_one_and_a_bad_row_is_kept_aside() {
    let mut store = device(1);
    let wire = |id: u128, title: Value| {
        let stamp = "2026-01-01T00:00:00+00:00";
        let row = row! { "id": Uuid::from_u128(id).to_string(), "title": title, "sync_version": 1, "deleted": false,
        "last_modified_at": stamp, "device_id": "x", "column_of_tomorrow": 1 };
        ("tune".to_owned(), row)
    };
    let page = |rows: Vec<(String, Row)>, cursor: &str| Page {
        rows,
        cursor: cursor.into(),
        has_more: false,
        epoch: "e".into(),
        ..Page::default()
    };
    let mut apply = |page: &Page| apply_page(&mut store, Reader::Person(USER), page, &Strategy::Fields, at(1)).unwrap();
    let unknown = ("table_of_tomorrow".to_owned(), row! { "id": "x" });
    let outcome = apply(&page(vec![wire(1, json!("a")), wire(2, json!(7)), unknown, wire(3, json!("c"))], "c1"));
    assert_eq!((outcome.changed.as_slice(), outcome.aside), ([Table::Tune].as_slice(), 1));
    // The same page again changes nothing.
    let outcome = apply(&page(vec![wire(1, json!("a"))], "c2"));
    assert!(outcome.changed.is_empty());
    // The bad one was tried again, and is still kept.
    assert_eq!(outcome.aside, 1);
    assert_eq!(sync_state::cursor(store.conn(), Reader::Person(USER)).unwrap().as_deref(), Some("c2"));
    assert_eq!(sync_state::cursor(store.conn(), Reader::Anonymous).unwrap(), None);
    assert_eq!(outbox::counts(store.conn()).unwrap(), outbox::Counts::default(), "remote rows are not queued");
}

#[test]
fn a_server_set_back_gets_again_what_it_lost() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 0, ID, "a");
    drain(&mut store, &mut server, 1);
    let backup = server.row.clone();
    set(&mut store, 2, row! { "title": "b" });
    drain(&mut store, &mut server, 3);
    server.row = backup;
    let page =
        |epoch: &str, rows| Page { rows, cursor: "c".into(), has_more: false, epoch: epoch.into(), ..Page::default() };
    let mut apply = |page: &Page| apply_page(&mut store, Reader::Person(USER), page, &Strategy::Fields, at(4)).unwrap();
    apply(&page("old", Vec::new()));
    assert!(apply(&page("new", Vec::new())).restarted);
    let rows = vec![("tune".to_owned(), server.row.clone().unwrap())];
    apply(&page("new", rows));
    assert_eq!(rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap()["title"], "b");
    drain(&mut store, &mut server, 5);
    assert_eq!(server.row.unwrap()["title"], "b");
}

#[test]
fn an_answer_older_than_what_a_pull_has_brought_changes_nothing() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 0, ID, "a");
    drain(&mut store, &mut server, 1);
    let elsewhere = |server: &mut Server, name: &str, value: &str, second: i64| {
        let row = server.row.as_mut().unwrap();
        row.insert(name.to_owned(), value.into());
        row.insert("sync_version".to_owned(), json!(rows::version(row) + 1));
        row.insert("last_modified_at".to_owned(), at(second).to_string().into());
    };
    elsewhere(&mut server, "mode", "G", 2);
    set(&mut store, 3, row! { "title": "b" });
    let ops = outbox::next_batch(&mut store, LIMIT, at(4)).unwrap();
    let late = server.push(&ops);
    assert!(matches!(late[0], OpResult::Conflict { .. }));
    elsewhere(&mut server, "mode", "A", 5);
    pull(&mut store, &server, 6);
    settle(&mut store, &late, 7);
    let here = rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap();
    assert_eq!((rows::version(&here), here["mode"].as_str(), here["title"].as_str()), (3, Some("A"), Some("b")));
    drain(&mut store, &mut server, 8);
    assert_eq!(server.row.unwrap()["title"], "b");
}

/// The rule that a rating taken back stays taken back is for two devices; here one has brought it back, and knows.
/// A device with a rating that the server has, too; and the server's side of that rating.
fn with_a_rating() -> (Store, Server, String) {
    let mut store = device(1);
    let [tune, playlist, record] = [1, 2, 3].map(|n| Uuid::from_u128(n).to_string());
    let with = |mut row: Row| {
        row.extend(
            row! { "sync_version": 1, "last_modified_at": at(0).to_string(), "device_id": "other", "deleted": false },
        );
        row
    };
    let rating = with(row! { "id": record, "user_ref": USER.to_string(), "playlist_ref": playlist, "tune_ref": tune,
    "practiced": at(0).to_string() });
    let known = [
        ("tune", with(row! { "id": tune, "title": "a" })),
        ("playlist", with(row! { "id": playlist, "user_ref": USER.to_string() })),
        ("practice_record", rating.clone()),
    ];
    take(&mut store, known.map(|(name, row)| (name.to_owned(), row)).into(), 1);
    (store, Server { row: Some(rating), accepted: 0 }, record)
}

/// A page of a pull.
fn take(store: &mut Store, rows: Vec<(String, Row)>, second: i64) {
    let page = Page { rows, cursor: second.to_string(), epoch: "e".into(), ..Page::default() };
    apply_page(store, Reader::Person(USER), &page, &Strategy::Fields, at(second)).unwrap();
}

/// The rating is deleted, or brought back.
fn set_deleted(store: &mut Store, second: i64, record: &str, deleted: i64) {
    let row = row! { "deleted": deleted };
    store.edit(at(second), |edit| edit.update(Table::PracticeRecord, record, row).map(drop)).unwrap();
}

fn is_deleted(store: &Store, record: &str) -> Value {
    rows::read(store.conn(), Table::PracticeRecord, record).unwrap().unwrap()["deleted"].clone()
}

#[test]
fn a_rating_brought_back_stays_when_the_answer_comes_after_the_pull_that_told_the_same() {
    let (mut store, mut server, record) = with_a_rating();
    set_deleted(&mut store, 2, &record, 1);
    let deletion = outbox::next_batch(&mut store, LIMIT, at(3)).unwrap();
    server.push(&deletion);
    set_deleted(&mut store, 4, &record, 0);
    let late = server.push(&outbox::next_batch(&mut store, LIMIT, at(5)).unwrap());
    assert!(matches!(late[0], OpResult::Conflict { .. }));
    take(&mut store, vec![("practice_record".to_owned(), server.row.clone().unwrap())], 6);
    settle(&mut store, &late, 7);
    drain(&mut store, &mut server, 8);
    assert_eq!((is_deleted(&store, &record), &server.row.unwrap()["deleted"]), (json!(0), &json!(false)));
}

#[test]
fn a_rating_brought_back_stays_where_its_deletion_was_sent_under_an_earlier_id_of_the_device() {
    let (mut store, mut server, record) = with_a_rating();
    set_deleted(&mut store, 2, &record, 1);
    // Sent and not answered; then the database is repaired, and the device goes on under another id.
    server.push(&outbox::next_batch(&mut store, LIMIT, at(3)).unwrap());
    let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(2)) };
    let mut store = Store::open(store.into_connection(), identity).unwrap();
    set_deleted(&mut store, 4, &record, 0);
    take(&mut store, vec![("practice_record".to_owned(), server.row.clone().unwrap())], 5);
    assert_eq!(is_deleted(&store, &record), json!(0), "she brought it back");
    drain(&mut store, &mut server, 6);
    assert_eq!((is_deleted(&store, &record), &server.row.unwrap()["deleted"]), (json!(0), &json!(false)));
}

#[test]
fn edits_of_a_clock_far_ahead_do_not_win_over_what_was_written_since() {
    let (mut store, mut server) = (device(1), Server::default());
    insert(&mut store, 0, ID, "a");
    drain(&mut store, &mut server, 1);
    let year = 365 * 86_400;
    set(&mut store, 10 + year, row! { "title": "b" });
    // Sent and not answered; another device replaces it after a minute.
    let ops = outbox::next_batch(&mut store, LIMIT, at(11 + year)).unwrap();
    server.push(&ops);
    let row = server.row.as_mut().unwrap();
    row.insert("title".to_owned(), "c".into());
    row.insert("sync_version".to_owned(), json!(3));
    row.insert("last_modified_at".to_owned(), at(70).to_string().into());
    store.heed_time(at(100), at(100 + year)).unwrap();
    let here = rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap();
    assert_eq!(rows::stamp(&here), at(10).to_string(), "as the server's clock was then");
    pull(&mut store, &server, 101 + year);
    let here = rows::read(store.conn(), Table::Tune, ID).unwrap().unwrap();
    assert_eq!(here["title"], "c");
    assert_eq!(outbox::counts(store.conn()).unwrap().pending, 0);
}

#[test]
fn a_profile_edited_before_it_first_came_brings_nothing_that_nobody_has_set() {
    let me = USER.to_string();
    let window = "acceptable_delinquency_window";
    let profile = |days: Value| {
        row! {
            "id": me, "name": "Ann", "email": "ann@example.test", "sr_alg_type": Value::Null, "phone": Value::Null,
            "phone_verified": Value::Null, "acceptable_delinquency_window": days, "sync_version": 4,
            "last_modified_at": at(50).to_string(), "device_id": Value::Null, "deleted": false,
        }
    };
    // (what the server has, the edit of a new database, when, what stands after it)
    let histories = [
        (Value::Null, row! { "phone": "1" }, 60, Value::Null),
        (json!(546), row! { "phone": "1" }, 60, json!(546)),
        (json!(546), row! { "phone": "1" }, 40, json!(546)),
        (json!(21), row! { "acceptable_delinquency_window": 546 }, 40, json!(546)),
        (Value::Null, row! { "acceptable_delinquency_window": 546 }, 40, json!(546)),
    ];
    for (there, edit, second, stands) in histories {
        let (mut store, mut server) = (device(1), Server { row: Some(profile(there.clone())), accepted: 0 });
        let before = rows::read(store.conn(), Table::UserProfile, &me).unwrap().unwrap();
        assert_eq!(before[window], 21, "as the column begins");
        store.edit(at(second), |tables| tables.update(Table::UserProfile, &me, edit.clone()).map(drop)).unwrap();
        drain(&mut store, &mut server, 70);
        let now = server.row.unwrap();
        assert_eq!(now[window], stands, "{there} there, {edit:?} at {second}");
        assert!(edit.iter().all(|(name, value)| now[name] == *value), "{there} there, {edit:?} at {second}");
        assert_eq!(now["name"], "Ann");
        let here = rows::read(store.conn(), Table::UserProfile, &me).unwrap().unwrap();
        assert_eq!(here[window], stands, "the same here");
        let sql = "select count(*) from sync_conflict where column_name = ?1";
        let told: u32 = store.conn().query_row(sql, [window], |line| line.get(0)).unwrap();
        // (What was sent before the server's row was last written to may have been there, and set back since.)
        assert_eq!(told, u32::from(edit.contains_key(window)), "{there} there, {edit:?} at {second}");
    }
}
