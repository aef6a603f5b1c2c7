//! Opening, migrating, editing: what every other part of the store stands on.

use crate::fixture::*;
use rusqlite::Connection;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Row, Store, StoreError, clock, row};

fn note(id: &str, text: &str) -> Row {
    row! { "id": id, "tune_ref": tune_id(1).to_string(), "note_text": text }
}

const ID: &str = "00000000-0000-7000-8000-000000000001";

#[test]
fn a_file_keeps_its_data_when_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tunes.sqlite3");
    let mut store = Store::open(Connection::open(&path).unwrap(), identity(1)).unwrap();
    store.edit::<_, StoreError>(at("2026-01-01T00:00:00Z"), |e| e.insert(Table::Note, note(ID, "slow start"))).unwrap();
    drop(store);
    let store = Store::open(Connection::open(&path).unwrap(), identity(1)).unwrap();
    assert_eq!(row::read(store.conn(), Table::Note, ID).unwrap().unwrap()["note_text"], "slow start");
    assert_eq!(Store::recorded_user(store.conn()).unwrap(), Some(identity(1).user));
}

#[test]
fn a_file_of_a_newer_app_is_refused_with_advice() {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("pragma user_version = 999").unwrap();
    let error = Store::open(conn, identity(1)).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 999, .. }));
    assert!(error.to_string().contains("reload the page"));
}

#[test]
fn a_file_of_another_person_is_refused() {
    let conn = empty().into_connection();
    assert!(matches!(Store::open(conn, identity(2)), Err(StoreError::OtherUser { .. })));
}

#[test]
fn the_persons_own_row_is_made_but_not_queued() {
    let store = empty();
    assert!(row::read(store.conn(), Table::UserProfile, &store.user().to_string()).unwrap().is_some());
    assert_eq!(outbox(&store), []);
}

#[test]
fn an_edit_is_stamped_queued_and_noticed() {
    let mut store = empty();
    store.take_changes();
    let now = at("2026-01-01T00:00:00Z");
    store.edit::<_, StoreError>(now, |e| e.insert(Table::Note, note(ID, "a"))).unwrap();
    let stored = row::read(store.conn(), Table::Note, ID).unwrap().unwrap();
    assert_eq!(stored["last_modified_at"], now.to_string());
    assert_eq!(stored["device_id"], store.device().to_string());
    assert_eq!(outbox(&store), [("note".to_owned(), "insert".to_owned())]);
    assert_eq!(store.take_changes(), [Table::Note]);
    assert_eq!(store.take_changes(), []);
}

#[test]
fn a_failed_edit_leaves_no_trace() {
    let mut store = empty();
    store.take_changes();
    let result = store.edit(at("2026-01-01T00:00:00Z"), |e| {
        e.insert(Table::Note, note(ID, "a"))?;
        Err::<(), _>(StoreError::Invalid("no".into()))
    });
    assert!(result.is_err());
    assert!(row::read(store.conn(), Table::Note, ID).unwrap().is_none());
    assert_eq!((outbox(&store), store.take_changes()), (vec![], vec![]));
}

#[test]
fn an_update_that_changes_nothing_is_not_a_change() {
    let mut store = empty();
    store.edit::<_, StoreError>(at("2026-01-01T00:00:00Z"), |e| e.insert(Table::Note, note(ID, "a"))).unwrap();
    let before = row::read(store.conn(), Table::Note, ID).unwrap();
    store.take_changes();
    let later = at("2026-01-02T00:00:00Z");
    let changed = store.edit::<_, StoreError>(later, |e| e.update(Table::Note, ID, row! { "note_text": "a" })).unwrap();
    assert!(!changed);
    assert_eq!(row::read(store.conn(), Table::Note, ID).unwrap(), before);
    assert_eq!(store.take_changes(), []);
}

#[test]
fn updating_what_does_not_exist_is_an_error() {
    let mut store = empty();
    let result = store
        .edit::<_, StoreError>(at("2026-01-01T00:00:00Z"), |e| e.update(Table::Note, ID, row! { "note_text": "a" }));
    assert!(matches!(result, Err(StoreError::NotFound(_))));
}

#[test]
fn stamps_never_run_backwards_nor_behind_what_was_seen() {
    let mut store = empty();
    let stamp = |store: &mut Store, now: &str, id: &str| {
        store
            .edit::<_, StoreError>(at(now), |e| {
                e.insert(Table::Note, note(id, "x"))?;
                Ok(e.stamp())
            })
            .unwrap()
    };
    let first = stamp(&mut store, "2026-01-02T00:00:00Z", ID);
    let second = stamp(&mut store, "2026-01-01T00:00:00Z", "00000000-0000-7000-8000-000000000002");
    assert_eq!(second, first.plus_micros(1));
    let seen = at("2026-02-01T00:00:00Z");
    store.apply_remote::<_, StoreError>(first, |e| clock::raise_clock(e.conn(), seen)).unwrap();
    assert_eq!(stamp(&mut store, "2026-01-03T00:00:00Z", "00000000-0000-7000-8000-000000000003"), seen.plus_micros(1));
}

#[test]
fn applying_remote_rows_queues_nothing() {
    let mut store = empty();
    catalog_tune(&mut store, 1, "The Banshee");
    assert_eq!(outbox(&store), []);
    assert!(store.take_changes().contains(&Table::Tune));
}

#[test]
fn edits_of_one_transaction_share_its_number() {
    let mut store = empty();
    for (n, now) in ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"].iter().enumerate() {
        store
            .edit::<_, StoreError>(at(now), |e| {
                e.insert(Table::Note, note(&format!("00000000-0000-7000-8000-00000000001{n}"), "a"))?;
                e.insert(Table::Note, note(&format!("00000000-0000-7000-8000-00000000002{n}"), "b"))
            })
            .unwrap();
    }
    let mut statement = store.conn().prepare("select txn from sync_queue order by seq").unwrap();
    let numbers: Vec<i64> = statement.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(numbers, [1, 1, 2, 2]);
}

#[test]
fn every_table_can_be_written_and_read_generically() {
    let store = empty();
    for table in Table::ALL {
        assert!(row::select(store.conn(), table, "true", []).is_ok(), "{table}");
    }
}
