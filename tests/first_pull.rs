//! A device new to an account: what is derived from its data waits until they have all come.
#![allow(clippy::unwrap_used)]

use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, PlaylistId, PlaylistTuneId, TuneId, UserId};
use tunetrees::domain::time::{Timestamp, Zone};
use tunetrees::row;
use tunetrees::store::apply::{Page, apply_page};
use tunetrees::store::row::Row;
use tunetrees::store::sync_state::Reader;
use tunetrees::store::{Identity, Store, StoreError};
use tunetrees::sync::merge::Strategy;
use uuid::Uuid;

const USER: UserId = UserId(Uuid::from_u128(1));

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn page(rows: Vec<(String, Row)>, has_more: bool) -> Page {
    Page { rows, cursor: "a.1.-.1.x".into(), has_more, epoch: "e".into(), ..Page::default() }
}

/// The first page: a repertoire with a tune. What was practised, and today's queue, come later.
fn first_page() -> Vec<(String, Row)> {
    let (playlist, tune) = (PlaylistId(Uuid::from_u128(100)), TuneId(Uuid::from_u128(200)));
    let stamps = |mut row: Row| {
        row.extend(row! { "sync_version": 1, "last_modified_at": "2026-11-01T00:00:00+00:00", "deleted": false });
        row
    };
    vec![
        ("tune".into(), stamps(row! { "id": tune.to_string(), "title": "The Kesh" })),
        ("playlist".into(), stamps(row! { "id": playlist.to_string(), "user_ref": USER.to_string(), "name": "Flute" })),
        (
            "playlist_tune".into(),
            stamps(row! { "id": PlaylistTuneId::of(playlist, tune).to_string(), "user_ref": USER.to_string(),
            "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string() }),
        ),
    ]
}

fn queued(store: &Store) -> i64 {
    store.conn().query_row("select count(*) from sync_queue", [], |row| row.get(0)).unwrap()
}

#[test]
fn todays_queue_is_not_made_from_half_of_the_first_pull() {
    let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(2)) };
    let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
    store.await_first_pull(now()).unwrap();
    apply_page(&mut store, Reader::Person(USER), &page(first_page(), true), &Strategy::Fields, now()).unwrap();
    let queue = store.todays_queue(now(), &chrono::Utc).unwrap().unwrap();
    assert!(queue.entries.is_empty());
    assert_eq!(queued(&store), 0);
    assert!(matches!(store.add_more(now(), &chrono::Utc, chrono::Utc.date_at(now()), 5), Err(StoreError::Invalid(_))));

    apply_page(&mut store, Reader::Person(USER), &page(Vec::new(), false), &Strategy::Fields, now()).unwrap();
    let queue = store.todays_queue(now(), &chrono::Utc).unwrap().unwrap();
    assert_eq!(queue.entries.len(), 1);
    assert_eq!(queued(&store), 1);
    // From now on the device makes its queues itself, pull or not.
    store.await_first_pull(now().plus_days(1)).unwrap();
    assert_eq!(store.todays_queue(now().plus_days(1), &chrono::Utc).unwrap().unwrap().entries.len(), 1);
}

#[test]
fn what_was_practised_is_reckoned_once_at_the_end_of_the_first_pull_as_it_would_have_been_page_by_page() {
    let identity = Identity { user: USER, device: DeviceId(Uuid::from_u128(2)) };
    let (playlist, tune) = (PlaylistId(Uuid::from_u128(100)), TuneId(Uuid::from_u128(200)));
    let rating = |n: u128| {
        let practised = format!("2026-10-{:02}T10:00:00+00:00", n + 1);
        let row = row! { "id": Uuid::from_u128(300 + n).to_string(), "user_ref": USER.to_string(),
        "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(), "practiced": practised, "quality": 3,
        "sync_version": 1, "last_modified_at": practised, "deleted": false };
        ("practice_record".to_owned(), row)
    };
    let states = |store: &Store| {
        let sql = "select records || ' ' || due || ' ' || stability from scheduling_state";
        let mut all = store.conn().prepare(sql).unwrap();
        all.query_map([], |row| row.get::<_, String>(0)).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let pulled = |awaits: bool| {
        let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
        if awaits {
            store.await_first_pull(now()).unwrap();
        }
        let pages = [first_page(), vec![rating(1), rating(8)], vec![rating(4)]];
        for (n, rows) in pages.into_iter().enumerate() {
            let page = page(rows, n < 2);
            apply_page(&mut store, Reader::Person(USER), &page, &Strategy::Fields, now()).unwrap();
            assert_eq!(states(&store).is_empty(), n == 0 || (awaits && n < 2));
        }
        states(&store)
    };
    let reckoned = pulled(true);
    assert!(reckoned.len() == 1 && reckoned[0].starts_with("3 "), "{reckoned:?}");
    assert_eq!(reckoned, pulled(false));
}
