//! A page of a pull is stored in parts, and others use the database in between: what a kill, a local edit or a lost lock finds there.

#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ME, World};
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::{self, Reader};
use tunetrees::store::{Row, Store};
use tunetrees::sync::engine::{Engine, Event, SessionInfo};
use tunetrees::sync::status::SyncPhase;
use tunetrees::sync::wire::{Reply, Request};
use uuid::Uuid;

const PART: usize = 10;

fn tune(number: u128) -> (String, Row) {
    let id = Uuid::from_u128(1000 + number).to_string();
    let stamps = row! { "sync_version": 1, "last_modified_at": "2026-01-01T00:00:00+00:00", "deleted": false };
    let mut row = row! { "id": id, "title": format!("Tune {number}"), "private_for": ME.to_string() };
    row.extend(stamps);
    ("tune".to_owned(), row)
}

fn page(rows: u128, has_more: bool) -> Page {
    Page {
        rows: (1..=rows).map(tune).collect(),
        cursor: "behind".into(),
        has_more,
        epoch: "e".into(),
        ..Page::default()
    }
}

/// Signed in, caught up, and a pull is on its way.
fn pulling() -> World {
    let mut world = World::at_rest();
    world.engine = Engine::in_parts_of(PART);
    world.tell(Event::LockGained);
    world.sent.clear();
    world.tell(Event::Session(Some(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) })));
    world.changed.clear();
    world.in_hand = true;
    world
}

fn answer(world: &mut World, page: Page) {
    let (request, _) = world.take(false);
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
}

fn tunes(store: &Store) -> usize {
    store
        .conn()
        .query_row("select count(*) from tune where title like 'Tune %'", [], |row| row.get::<_, i64>(0))
        .unwrap() as usize
}

fn cursor(store: &Store) -> String {
    sync_state::cursor(store.conn(), Reader::Person(ME)).unwrap().unwrap()
}

#[test]
fn the_cursor_moves_with_the_last_part_and_nobody_is_told_before() {
    let mut world = pulling();
    answer(&mut world, page(25, false));
    assert_eq!((tunes(&world.store), cursor(&world.store)), (10, "c".to_owned()));
    world.tell(Event::GoOn { asked: true });
    assert_eq!((tunes(&world.store), cursor(&world.store)), (20, "c".to_owned()));
    assert_eq!((world.changed.len(), world.phase()), (0, SyncPhase::Syncing));
    // Nor by whoever only looks meanwhile.
    assert_eq!(world.store.take_changes(), []);
    world.tell(Event::GoOn { asked: true });
    assert_eq!((tunes(&world.store), cursor(&world.store)), (25, "behind".to_owned()));
    assert_eq!((world.changed.len(), world.phase()), (1, SyncPhase::Synced));
    assert!(world.store.take_arrived().contains(&Table::Tune));
    assert!(world.sent.is_empty());
    // A late word changes nothing.
    world.tell(Event::GoOn { asked: true });
    assert_eq!((world.changed.len(), world.phase()), (1, SyncPhase::Synced));
}

#[test]
fn the_next_page_is_asked_for_when_all_parts_are_stored() {
    let mut world = pulling();
    answer(&mut world, page(15, true));
    assert!(world.sent.is_empty());
    world.tell(Event::GoOn { asked: true });
    let (_, Request::Pull { cursor, .. }) = world.take(false) else { panic!("a pull") };
    assert_eq!(cursor.as_deref(), Some("behind"));
}

#[test]
fn who_is_killed_between_parts_pulls_the_page_again_and_is_told_of_all_of_it() {
    let mut world = pulling();
    answer(&mut world, page(25, false));
    // Another tab, the same database.
    world.engine = Engine::in_parts_of(100);
    world.in_hand = false;
    world.tell(Event::LockGained);
    world.sent.clear();
    world.tell(Event::Session(Some(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) })));
    let (request, Request::Pull { cursor: asked, .. }) = world.take(false) else { panic!("a pull") };
    assert_eq!(asked.as_deref(), Some("c"));
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(page(25, false))) });
    assert_eq!((tunes(&world.store), cursor(&world.store)), (25, "behind".to_owned()));
    assert!(world.changed.iter().flatten().any(|table| *table == Table::Tune));
}

#[test]
fn nothing_more_is_stored_once_another_tab_owns_the_database() {
    let mut world = pulling();
    answer(&mut world, page(25, false));
    world.tell(Event::LockLost);
    world.tell(Event::GoOn { asked: true });
    assert_eq!((tunes(&world.store), cursor(&world.store)), (10, "c".to_owned()));
}

#[test]
fn a_row_edited_between_parts_keeps_its_edit() {
    let mut world = pulling();
    answer(&mut world, page(25, false));
    let id = tune(3).1["id"].as_str().unwrap().to_owned();
    let now = world.now;
    world.store.edit(now, |edit| edit.update(Table::Tune, &id, row! { "title": "Mine" }).map(drop)).unwrap();
    world.tell(Event::LocalEdit);
    world.in_hand = false;
    world.tell(Event::GoOn { asked: true });
    let title: String =
        world.store.conn().query_row("select title from tune where id = ?1", [&id], |row| row.get(0)).unwrap();
    assert_eq!((title.as_str(), tunes(&world.store)), ("Mine", 24));
}

#[test]
fn a_first_pull_and_a_compare_take_their_pages_whole() {
    let mut world = pulling();
    sync_state::forget_cursors(world.store.conn()).unwrap();
    answer(&mut world, page(25, false));
    assert_eq!((tunes(&world.store), cursor(&world.store)), (25, "behind".to_owned()));
}
