//! In a real browser's worker: an edit is there again after the file was closed and opened, on OPFS and in IndexedDB.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used)]

use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::{LocalDay, Timestamp};
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Identity, Store, StoreError};
use tunetrees::worker::protocol::StorageMode;
use tunetrees::worker::storage::{Storage, StorageError};
use uuid::Uuid;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn open(storage: &Storage, file: &str) -> Store {
    let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
    Store::open(storage.connect(file).await.unwrap(), identity).unwrap()
}

fn tunes(store: &Store) -> i64 {
    store.conn().query_row("select count(*) from tune", [], |row| row.get(0)).unwrap()
}

fn add(store: &mut Store, title: &str) {
    let now = Timestamp::from(chrono::Utc::now());
    store
        .edit(now, |edit| {
            let row = row! { "id": edit.new_id().to_string(), "title": title, "private_for": edit.user().to_string() };
            edit.insert(Table::Tune, row)
        })
        .map_err(|error: StoreError| error.to_string())
        .unwrap();
}

async fn an_edit_survives_closing(mode: StorageMode) {
    let file = "survives.sqlite3";
    let storage = Storage::open_in(mode).await.unwrap();
    storage.remove(file).await.unwrap();
    let mut store = open(&storage, file).await;
    for n in 0..300 {
        add(&mut store, &format!("Tune {n}"));
    }
    storage.persist(file, || store.image().map(Some)).await.unwrap();
    // A second commit writes only what changed over what was stored before.
    add(&mut store, "The last one");
    storage.persist(file, || store.image().map(Some)).await.unwrap();
    drop(store);

    assert!(storage.exists(file).await.unwrap());
    let store = open(&storage, file).await;
    assert_eq!(tunes(&store), 301);
    let sound: String = store.conn().query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let queued: i64 = store.conn().query_row("select count(*) from sync_queue", [], |row| row.get(0)).unwrap();
    assert_eq!(queued, 301);
    drop(store);
    storage.remove(file).await.unwrap();
    assert!(!storage.exists(file).await.unwrap());
}

#[wasm_bindgen_test]
async fn an_edit_survives_closing_on_opfs() {
    an_edit_survives_closing(StorageMode::Opfs).await;
}

#[wasm_bindgen_test]
async fn an_edit_survives_closing_in_indexed_db() {
    an_edit_survives_closing(StorageMode::IndexedDb).await;
}

#[wasm_bindgen_test]
async fn what_was_not_stored_is_not_there() {
    let file = "unstored.sqlite3";
    let storage = Storage::open_in(StorageMode::IndexedDb).await.unwrap();
    storage.remove(file).await.unwrap();
    let mut store = open(&storage, file).await;
    storage.persist(file, || store.image().map(Some)).await.unwrap();
    add(&mut store, "Never acknowledged");
    drop(store);
    assert_eq!(tunes(&open(&storage, file).await), 0);
}

#[wasm_bindgen_test]
async fn who_has_been_replaced_writes_nothing() {
    let file = "replaced.sqlite3";
    let first = Storage::open_in(StorageMode::IndexedDb).await.unwrap();
    first.remove(file).await.unwrap();
    let mut frozen = open(&first, file).await;
    first.persist(file, || frozen.image().map(Some)).await.unwrap();

    let second = Storage::open_in(StorageMode::IndexedDb).await.unwrap();
    let mut store = open(&second, file).await;
    add(&mut store, "By the tab that took over");
    second.persist(file, || store.image().map(Some)).await.unwrap();

    // The first comes back to life with an older image in its hands.
    add(&mut frozen, "By the tab that was frozen");
    let refused = first.persist(file, || frozen.image().map(Some)).await;
    assert!(matches!(refused, Err(StorageError::Busy)), "{refused:?}");
    let titles: String =
        open(&second, file).await.conn().query_row("select title from tune", [], |row| row.get(0)).unwrap();
    assert_eq!(titles, "By the tab that took over");
    second.remove(file).await.unwrap();
}

#[wasm_bindgen_test]
async fn chromium_gets_opfs() {
    assert_eq!(Storage::open("device.sqlite3").await.unwrap().mode(), StorageMode::Opfs);
}

#[wasm_bindgen_test]
async fn where_data_are_is_where_they_are_looked_for() {
    let file = "only-in-indexed-db.sqlite3";
    let pages = Storage::open_in(StorageMode::IndexedDb).await.unwrap();
    let mut store = open(&pages, file).await;
    pages.persist(file, || store.image().map(Some)).await.unwrap();
    let found = Storage::open(file).await.unwrap();
    assert_eq!(found.mode(), StorageMode::IndexedDb);
    found.remove(file).await.unwrap();
    assert_eq!(Storage::open(file).await.unwrap().mode(), StorageMode::Opfs);
}

#[wasm_bindgen_test]
fn the_local_day_is_the_browsers() {
    let now = Timestamp::from(chrono::Utc::now());
    let day = LocalDay::containing(now, &chrono::Local);
    assert!(day.contains(now));
    let hours = (day.end.micros() - day.start.micros()) / 3_600_000_000;
    assert!((23..=25).contains(&hours), "{hours}");
}
