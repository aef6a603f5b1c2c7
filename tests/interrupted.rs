#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! The disk is full in the middle of a page or an answer: nothing of it is stored, and the cursor stays where it was.

mod fixture;

use fixture::at;
use serde_json::{Value, json};
use tunetrees::row;
use tunetrees::store::apply::{Page, apply_page};
use tunetrees::store::outbox::{self, BatchLimit, OpResult};
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::{self, Reader};
use tunetrees::store::{Row, Store, StoreError};
use tunetrees::sync::merge::Strategy;
use tunetrees::sync::store::SyncStore;
use uuid::Uuid;

const LIMIT: BatchLimit<'static> = BatchLimit { ops: 100, hard_ops: 200, bytes: 1_000_000, last: &[], not_yet: &[] };

/// The database may not grow any more; or it may again.
fn full(store: &Store, full: bool) {
    let pages: i64 = store.conn().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    let most = if full { pages } else { 1_000_000 };
    store.conn().query_row(&format!("pragma max_page_count = {most}"), [], |_| Ok(())).unwrap();
}

fn page(rows: u128) -> Page {
    let tune = |n: u128| {
        let row = json!({ "id": Uuid::from_u128(n).to_string(), "title": "x".repeat(2000), "sync_version": 1, "deleted": false,
            "private_for": Value::Null, "last_modified_at": "2026-01-01T00:00:00+00:00" });
        ("tune".to_owned(), row.as_object().unwrap().clone())
    };
    Page {
        rows: (1..=rows).map(tune).collect(),
        cursor: "behind".to_owned(),
        has_more: false,
        epoch: "e".to_owned(),
        ..Page::default()
    }
}

#[test]
fn a_page_for_which_there_is_no_room_leaves_the_cursor_where_it_was() {
    let mut store = fixture::empty();
    let reader = Reader::Person(store.user());
    let now = at("2026-02-01T00:00:00Z");
    let count =
        |store: &Store| -> i64 { store.conn().query_row("select count(*) from tune", [], |row| row.get(0)).unwrap() };
    full(&store, true);
    let error = apply_page(&mut store, reader, &page(100), &Strategy::Fields, now).unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    assert_eq!((count(&store), sync_state::cursor(store.conn(), reader).unwrap()), (0, None));
    full(&store, false);
    apply_page(&mut store, reader, &page(100), &Strategy::Fields, now).unwrap();
    assert_eq!((count(&store), sync_state::cursor(store.conn(), reader).unwrap()), (100, Some("behind".to_owned())));
}

#[test]
fn an_answer_for_which_there_is_no_room_leaves_the_entries_where_they_were() {
    let mut store = fixture::empty();
    let now = at("2026-02-01T00:00:00Z");
    let me = store.user().to_string();
    for n in 1..=20 {
        let tune = row! { "id": Uuid::from_u128(n).to_string(), "title": "mine", "private_for": me.as_str() };
        store.edit::<_, StoreError>(now, |edit| edit.insert(Table::Tune, tune)).unwrap();
    }
    let ops = outbox::next_batch(&mut store, LIMIT, now).unwrap();
    let long = |op: &outbox::Op| {
        let mut row: Row = op.row.clone();
        row.extend(
            row! { "sync_version": 2, "title": "y".repeat(4000), "last_modified_at": "2026-03-01T00:00:00+00:00" },
        );
        OpResult::Applied { op: op.op, row }
    };
    let answers: Vec<OpResult> = ops.iter().map(long).collect();
    let titles = |store: &Store| -> i64 {
        store.conn().query_row("select count(*) from tune where title = 'mine'", [], |row| row.get(0)).unwrap()
    };
    full(&store, true);
    assert!(outbox::settle(&mut store, &answers, &Strategy::Fields, now).is_err());
    assert_eq!((outbox::counts(store.conn()).unwrap().pending, titles(&store)), (20, 20));
    full(&store, false);
    outbox::settle(&mut store, &answers, &Strategy::Fields, now).unwrap();
    assert_eq!((outbox::counts(store.conn()).unwrap().pending, titles(&store)), (0, 0));
}

#[test]
fn what_waits_is_sent_from_a_full_device_and_only_then_is_more_fetched() {
    let mut store = fixture::empty();
    store.lay_reserve().unwrap();
    let now = at("2026-02-01T00:00:00Z");
    let me = store.user().to_string();
    for n in 1..=20 {
        let title = "mine".repeat(1000);
        let tune = row! { "id": Uuid::from_u128(n).to_string(), "title": title, "private_for": me.as_str() };
        store.edit::<_, StoreError>(now, |edit| edit.insert(Table::Tune, tune)).unwrap();
    }
    full(&store, true);
    assert!(matches!(outbox::next_batch(&mut store, LIMIT, now), Err(StoreError::Full)), "a mark needs room");
    let ops = SyncStore::next_batch(&mut store, LIMIT, now).unwrap();
    assert_eq!(ops.len(), 20);
    let reader = Reader::Person(store.user());
    let fetched = SyncStore::apply_page(&mut store, reader, &page(100), now);
    assert!(matches!(fetched, Err(StoreError::Full)), "what is left of the room is not for this");
    let stamps = row! { "sync_version": 1, "last_modified_at": "2026-03-01T00:00:00+00:00", "device_id": "x" };
    let answers: Vec<OpResult> = ops.iter().map(|op| OpResult::Applied { op: op.op, row: stamps.clone() }).collect();
    SyncStore::settle(&mut store, &answers, now).unwrap();
    assert_eq!(outbox::counts(store.conn()).unwrap().pending, 0);
    full(&store, false);
    SyncStore::apply_page(&mut store, reader, &page(100), now).unwrap();
    let laid: i64 = store
        .conn()
        .query_row("select length(value) from sync_meta where key = 'reserve'", [], |row| row.get(0))
        .unwrap();
    assert!(laid > 0, "and for the next time it is there again");
}
