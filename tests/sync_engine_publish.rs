//! What the engine tells of a pull, and when: once, when all of it is there, and nothing is forgotten meanwhile.

#![allow(clippy::unwrap_used)]

mod engine;

use engine::{ME, SECOND, World};
use tunetrees::domain::listing::{ListQuery, Scope};
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::schema::Table;
use tunetrees::sync::engine::{Engine, Event, SessionInfo};
use tunetrees::sync::status::SyncPhase;
use tunetrees::sync::wire::{Reply, Request};
use uuid::Uuid;

#[test]
fn a_ring_between_the_pages_of_a_pull_is_not_forgotten() {
    let mut world = World::at_rest();
    world.tell(Event::SyncNow);
    world.answer_page(true);
    world.tell(Event::DoorbellRang);
    world.answer_page(true);
    world.answer_page(false);
    assert_ne!(world.phase(), SyncPhase::Synced, "what rang may lie beyond the bound of this pull");
    world.answer_page(false);
    assert_eq!(world.phase(), SyncPhase::Synced);
}

#[test]
fn an_edit_between_two_pages_publishes_nothing_of_the_pull() {
    let mut world = World::at_rest();
    let listed = |world: &World| {
        world.store.listed_tunes(&ListQuery::all(Scope::Catalog), world.now, &chrono::Utc).unwrap().len()
    };
    world.tell(Event::SyncNow);
    let id = Uuid::from_u128(77).to_string();
    let stamp = "2026-09-01T00:00:00+00:00";
    let theirs = row! { "id": id, "title": "theirs", "sync_version": 1, "deleted": false, "last_modified_at": stamp };
    assert_eq!(listed(&world), 0);
    let (request, _) = world.take(false);
    let rows = vec![("tune".to_owned(), theirs)];
    let page = Page { rows, cursor: "c".into(), has_more: true, epoch: "e".into(), ..Page::default() };
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
    assert_eq!((world.store.take_changes(), world.changed.len()), (vec![], 0), "the worker asks after every request");
    assert_eq!(listed(&world), 0, "the store's own lists stand until the pull is told of");
    world.answer_page(false);
    assert_eq!(world.changed, [vec![Table::Tune]]);
    assert_eq!((world.store.take_arrived(), listed(&world)), (vec![Table::Tune], 1), "whoever tells it renews them");
}

#[test]
fn whoever_takes_the_sync_over_tells_what_the_one_before_has_not() {
    let mut world = World::at_rest();
    world.engine = Engine::new();
    world.tell(Event::LockGained);
    world.sent.clear();
    world.tell(Event::Session(Some(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) })));
    world.answer_page(true);
    assert!(world.changed.is_empty());
    world.answer_page(false);
    assert_eq!(world.changed.len(), 1);
    assert!(world.changed[0].contains(&Table::Tune) && world.changed[0].contains(&Table::PracticeRecord));
    world.pass(120 * SECOND);
    world.answer_page(false);
    assert_eq!(world.changed.len(), 1, "once");
}

#[test]
fn a_parent_that_never_comes_is_waited_for_once_and_not_after_every_start() {
    let mut world = World::at_rest();
    let tag = |version: i64| {
        let (id, tune) = (Uuid::from_u128(70).to_string(), Uuid::from_u128(71).to_string());
        row! { "id": id, "user_ref": ME.to_string(), "tune_ref": tune, "tag_text": "x", "sync_version": version,
        "deleted": false, "last_modified_at": "2026-09-01T00:00:00+00:00" }
    };
    world.tell(Event::SyncNow);
    world.answer_pull(&[("tag", tag(1))]);
    let mut looks = 0;
    while world.changed.is_empty() {
        looks += 1;
        assert!(looks < 20, "not for ever");
        world.pass(26 * SECOND);
        world.answer_page(false);
    }
    assert!(looks > 5, "the parent may be on its way");
    world.changed.clear();
    world.engine = Engine::new();
    world.tell(Event::LockGained);
    world.sent.clear();
    world.tell(Event::Session(Some(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) })));
    world.answer_pull(&[("tag", tag(2))]);
    assert_eq!(world.changed.len(), 1, "it was waited for before");
}

#[test]
fn rings_do_not_shorten_the_wait_for_a_parent() {
    let mut world = World::at_rest();
    let (id, tune) = (Uuid::from_u128(70).to_string(), Uuid::from_u128(71).to_string());
    let tag = row! { "id": id, "user_ref": ME.to_string(), "tune_ref": tune, "tag_text": "x", "sync_version": 1,
    "deleted": false, "last_modified_at": "2026-09-01T00:00:00+00:00" };
    world.tell(Event::SyncNow);
    world.answer_pull(&[("tag", tag)]);
    let begun = world.now;
    for _ in 0..200 {
        world.tell(Event::DoorbellRang);
        world.pass(SECOND / 10);
        if world.sent.iter().any(|(_, request)| matches!(request, Request::Pull { .. })) {
            world.answer_page(false);
        }
    }
    assert!(world.now.micros() - begun.micros() >= 20_000_000);
    assert!(world.changed.is_empty(), "the transaction that moved the parent may take a minute");
}

#[test]
fn a_page_made_small_by_a_bad_connection_grows_again_before_the_pull_ends() {
    let mut world = World::at_rest();
    world.tell(Event::SyncNow);
    for _ in 0..12 {
        world.fail(false, engine::status(500, "57014"));
        world.pass(std::time::Duration::from_secs(90));
    }
    let mut sizes = Vec::new();
    for _ in 0..12 {
        let (request, call) = world.take(false);
        let Request::Pull { page_limit, .. } = call else { panic!("a pull") };
        sizes.push(page_limit);
        let page = Page { cursor: "c".into(), has_more: true, epoch: "e".into(), ..Page::default() };
        world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
    }
    assert!(sizes[0] < 10, "{sizes:?}");
    assert!(sizes.is_sorted(), "{sizes:?}");
    assert_eq!(sizes.last(), Some(&500), "{sizes:?}");
}
