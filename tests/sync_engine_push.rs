//! The engine's decisions: how much is sent at once, and what follows from an answer that is not as it should be.

#![allow(clippy::unwrap_used)]

mod engine;

use std::time::Duration;

use engine::{ME, SECOND, World, status};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::outbox::OpResult;
use tunetrees::store::schema::Table;
use tunetrees::store::{Edit, StoreError, meta, row as rows};
use tunetrees::sync::engine::Event;
use tunetrees::sync::failure::RemoteError;
use tunetrees::sync::status::{LocalTrouble, SyncPhase};
use tunetrees::sync::wire::{PushReply, Reply, Request};

#[test]
fn a_batch_that_is_not_accepted_is_halved_down_to_the_one_at_fault() {
    let mut world = World::at_rest();
    for n in 0..8 {
        world.edit(if n == 5 { "poison" } else { "good" });
    }
    world.pass(SECOND);
    let mut calls = 0;
    while world
        .store
        .conn()
        .query_row("select exists (select 1 from sync_queue where status = 'pending')", [], |r| r.get(0))
        .unwrap()
    {
        calls += 1;
        assert!(calls < 30);
        let at = world.sent.iter().position(|(_, r)| matches!(r, Request::Push { .. })).unwrap();
        let Request::Push { ops, .. } = &world.sent[at].1 else { unreachable!() };
        if ops.iter().any(|op| op.row["title"] == "poison") {
            world.fail(true, status(400, "22P05"));
        } else {
            world.answer_push();
        }
        world.pass(Duration::from_millis(10));
    }
    let refused: i64 = world
        .store
        .conn()
        .query_row("select count(*) from sync_queue where refused_code = '22P05'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(refused, 1);
    assert_eq!(world.phase(), SyncPhase::NeedsAttention);
    world.tell(Event::RetryRefused);
    world.answer_push();
    assert_eq!(world.status.unwrap().refused, 0);
}

/// How many operations each push of `edits` carries, if each is answered after `pause`.
fn batches(edits: usize, pause: Duration) -> Vec<usize> {
    let mut world = World::at_rest();
    world.tell(Event::Online(false));
    for n in 0..edits {
        world.edit(&format!("Tune {n}"));
    }
    world.sent.clear();
    world.tell(Event::Online(true));
    let mut sizes = Vec::new();
    while let Some(Request::Push { ops, .. }) =
        world.sent.iter().map(|(_, r)| r).find(|r| matches!(r, Request::Push { .. }))
    {
        sizes.push(ops.len());
        world.pass(pause);
        world.answer_push();
    }
    sizes
}

#[test]
fn batches_grow_while_answers_are_quick_and_shrink_when_they_are_slow() {
    assert_eq!(batches(3500, Duration::from_millis(300)), [100, 400, 1000, 1000, 1000]);
    assert_eq!(batches(3500, SECOND), [100, 200, 400, 800, 1000, 1000]);
    assert_eq!(batches(350, 3 * SECOND), [100, 100, 100, 50]);
    assert_eq!(batches(50, Duration::from_millis(300)), [50]);
}

#[test]
fn what_does_not_get_through_in_time_is_halved() {
    let mut world = World::at_rest();
    world.tell(Event::Online(false));
    for n in 0..300 {
        world.edit(&format!("Tune {n}"));
    }
    world.sent.clear();
    world.tell(Event::Online(true));
    for expected in [100, 50, 25] {
        let at = world.sent.iter().position(|(_, r)| matches!(r, Request::Push { .. })).unwrap();
        let Request::Push { ops, .. } = &world.sent[at].1 else { unreachable!() };
        assert_eq!(ops.len(), expected);
        world.fail(true, RemoteError::Timeout(30));
        world.pass(10 * SECOND);
    }
}

#[test]
fn an_app_too_old_stops_sending_but_not_asking() {
    let mut world = World::at_rest();
    world.edit("a");
    world.pass(SECOND);
    world.fail(true, status(426, "PT426"));
    assert_eq!(world.phase(), SyncPhase::UpdateApp);
    assert!(world.status.as_ref().unwrap().last_error.as_deref().unwrap().contains("update the app"));
    world.pass(290 * SECOND);
    assert!(world.sent.iter().all(|(_, request)| matches!(request, Request::Pull { .. })), "no push");
    assert!(!world.sent.is_empty(), "but pulls");
    assert_eq!((world.phase(), world.status.as_ref().unwrap().pending), (SyncPhase::UpdateApp, 1));
    world.tell(Event::LockGained);
    world.answer_push();
    assert_ne!(world.phase(), SyncPhase::UpdateApp);
}

#[test]
fn one_operation_that_takes_too_long_is_sent_again_and_never_refused() {
    let mut world = World::at_rest();
    world.edit("a");
    world.edit("b");
    world.pass(SECOND);
    for expected in [2, 1, 1] {
        let at = world.sent.iter().position(|(_, r)| matches!(r, Request::Push { .. })).unwrap();
        let Request::Push { ops, .. } = &world.sent[at].1 else { unreachable!() };
        assert_eq!(ops.len(), expected);
        world.fail(true, status(500, "57014"));
        assert!(!world.sent.iter().any(|(_, r)| matches!(r, Request::Push { .. })), "not at once");
        assert_eq!(world.status.as_ref().unwrap().refused, 0);
        world.pass(20 * SECOND);
    }
    // The third time alone: the other one goes first, and at once.
    world.fail(true, status(500, "57014"));
    world.answer_push();
    world.pass(20 * SECOND);
    world.answer_push();
    assert_eq!((world.status.as_ref().unwrap().pending, world.status.as_ref().unwrap().refused), (0, 0));
}

#[test]
fn a_clock_that_is_off_is_said_whatever_time_the_answer_took() {
    let mut world = World::at_rest();
    let mut clock_after = |sent: i64, took: i64| {
        world.tell(Event::SyncNow);
        let server = world.now.plus_micros(sent * 1_000_000);
        world.pass(Duration::from_secs(took as u64));
        let (request, _) = world.take(false);
        let page = Page { cursor: "c".into(), epoch: "e".into(), server_time: Some(server), ..Page::default() };
        world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
        world.status.as_ref().unwrap().clock_ahead
    };
    assert_eq!(clock_after(0, 1), None);
    assert_eq!(clock_after(-299, 1), None);
    assert_eq!(clock_after(-420, 1), Some(420));
    assert_eq!(clock_after(420, 0), Some(-420));
    // The answer was under way for long: the server's word may be of any moment of it.
    assert_eq!(clock_after(330, 60), None);
}

#[test]
fn an_answer_that_slept_with_the_machine_sets_no_stamp_back() {
    // She is quicker than the answer, or it is there before she goes on.
    for edited_first in [true, false] {
        let mut world = World::at_rest();
        world.tell(Event::SyncNow);
        let server = world.now;
        let (request, _) = world.take(false);
        world.now = server.plus_micros(600_000_000);
        let page = Page { cursor: "c".into(), epoch: "e".into(), server_time: Some(server), ..Page::default() };
        let answer = Event::Replied { request, result: Ok(Reply::Pull(page)) };
        let insert = |edit: &mut Edit<'_>| {
            let id = edit.new_id().to_string();
            edit.insert(Table::Tune, row! { "id": id.as_str(), "title": "a", "private_for": ME.to_string() })?;
            Ok::<_, StoreError>(id)
        };
        if !edited_first {
            world.tell(answer.clone());
        }
        let now = world.now;
        let id = world.store.edit(now, insert).unwrap();
        if edited_first {
            world.tell(answer);
        }
        world.tell(Event::LocalEdit);
        world.pass(Duration::from_secs(1));
        world.take(true);
        let row = rows::read(world.store.conn(), Table::Tune, &id).unwrap().unwrap();
        assert!(rows::stamp(&row) >= now.to_string().as_str(), "edited first: {edited_first}, {row:?}");
    }
}

#[test]
fn a_clock_once_set_wrong_does_not_stay_in_the_future() {
    let mut world = World::at_rest();
    let right = world.now;
    world.now = right.plus_micros(365 * 86_400_000_000);
    world.edit("a");
    world.now = right;
    world.tell(Event::SyncNow);
    let (request, _) = world.take(false);
    let page = Page { cursor: "c".into(), epoch: "e".into(), server_time: Some(right), ..Page::default() };
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
    let stamp = world.store.edit(right, |edit| Ok::<_, StoreError>(edit.stamp())).unwrap();
    assert!(stamp <= right.plus_micros(301_000_000), "{stamp}");
    let hlc: Timestamp = meta::get(world.store.conn(), meta::HLC).unwrap().unwrap().parse().unwrap();
    assert_eq!(hlc, right.plus_micros(300_000_000));
}

#[test]
fn an_answer_of_another_history_settles_nothing_and_edits_wait_for_the_compare() {
    let mut world = World::at_rest();
    world.edit("a");
    world.pass(SECOND);
    let (request, Request::Push { ops, .. }) = world.take(true) else { unreachable!() };
    let reply = serde_json::json!({
        "results": [{ "op": ops[0].op, "status": "applied", "row": { "sync_version": 1 } }], "epoch": "another",
    });
    let reply = Request::Push { ops: ops.clone(), name: None, epoch: None }.read(&reply).unwrap();
    world.tell(Event::Replied { request, result: Ok(reply) });
    assert_eq!(world.status.as_ref().unwrap().pending, 1, "it may be on a server that is no more");
    // A pull looks, finds the other history, and starts anew; until its end nothing is sent.
    let other = |has_more: bool| Page { cursor: "c".into(), has_more, epoch: "another".into(), ..Page::default() };
    let (request, Request::Pull { cursor, .. }) = world.take(false) else { unreachable!() };
    assert!(cursor.is_some());
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(other(false))) });
    let (request, Request::Pull { cursor, .. }) = world.take(false) else { unreachable!() };
    assert_eq!(cursor, None);
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(other(true))) });
    world.pass(5 * SECOND);
    assert!(world.sent.iter().all(|(_, request)| matches!(request, Request::Pull { .. })), "edits wait");
    let (request, _) = world.take(false);
    world.tell(Event::Replied { request, result: Ok(Reply::Pull(other(false))) });
    world.pass(5 * SECOND);
    world.answer_push();
    assert_eq!(world.status.as_ref().unwrap().pending, 0);
}

#[test]
fn rows_that_did_not_come_are_asked_for_before_a_compare_ends() {
    let mut world = World::at_rest();
    let row = |n: u128| {
        row! { "id": uuid::Uuid::from_u128(n).to_string(), "title": "theirs", "sync_version": 1, "deleted": false,
        "last_modified_at": "2026-09-01T00:00:00+00:00" }
    };
    world.tell(Event::SyncNow);
    world.answer_pull(&[("tune", row(7)), ("tune", row(8)), ("tune", row(9))]);
    world.tell(Event::SyncNow);
    world.changed.clear();
    let answer = |world: &mut World, page: Page| {
        let (request, asked) = world.take(false);
        world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
        let Request::Pull { look, .. } = asked else { unreachable!() };
        look
    };
    let page = || Page { cursor: "c".into(), epoch: "e".into(), ..Page::default() };
    assert_eq!(answer(&mut world, Page { floor_passed: true, ..page() }), []);
    assert_eq!(answer(&mut world, Page { rows: vec![("tune".into(), row(7))], ..page() }), []);
    assert_ne!(world.phase(), SyncPhase::Synced);
    assert!(world.changed.is_empty(), "nothing is shown before the end");
    let eight = (Table::Tune, uuid::Uuid::from_u128(8).to_string());
    let gone = vec![(Table::Tune, uuid::Uuid::from_u128(9).to_string())];
    let asked = answer(&mut world, Page { rows: vec![("tune".into(), row(8))], gone: Some(gone.clone()), ..page() });
    assert_eq!(asked, [vec![eight], gone].concat());
    assert_eq!(world.phase(), SyncPhase::Synced);
    assert_eq!(world.changed, [vec![Table::Tune]]);
    let left: i64 = world.store.conn().query_row("select count(*) from tune", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 2);
}

#[test]
fn a_push_during_a_pull_that_starts_over_tells_nobody_before_the_end() {
    let mut world = World::at_rest();
    world.edit("mine");
    world.pass(SECOND);
    let (push, Request::Push { ops, .. }) = world.take(true) else { unreachable!() };
    world.tell(Event::SyncNow);
    world.changed.clear();
    // The pull has to start over: parents of what the push brings may be missing until it has gone through.
    let (pull, _) = world.take(false);
    let over = Page { cursor: "c".into(), epoch: "e".into(), floor_passed: true, ..Page::default() };
    world.tell(Event::Replied { request: pull, result: Ok(Reply::Pull(over)) });
    let mut theirs = ops[0].row.clone();
    theirs.extend(row! {
        "sync_version": 3, "title": "theirs", "last_modified_at": "2099-01-01T00:00:00+00:00",
        "device_id": uuid::Uuid::from_u128(9).to_string(),
    });
    let results = vec![OpResult::Conflict { op: ops[0].op, row: Some(theirs.clone()) }];
    let reply = PushReply { results, ..PushReply::default() };
    world.tell(Event::Replied { request: push, result: Ok(Reply::Push(reply)) });
    assert!(world.changed.is_empty(), "told of {:?}", world.changed);
    world.answer_pull(&[("tune", theirs)]);
    assert!(world.changed.iter().flatten().any(|table| *table == Table::Tune));
}

/// A tune that the server has in version 5, edited here and sent.
fn edited_on_version_five() -> (World, String) {
    let mut world = World::at_rest();
    let id = uuid::Uuid::from_u128(77).to_string();
    world.tell(Event::SyncNow);
    world.answer_pull(&[("tune", theirs(&id, 5, "old"))]);
    let now = world.now;
    world.store.edit::<_, StoreError>(now, |edit| edit.update(Table::Tune, &id, row! { "title": "mine" })).unwrap();
    world.tell(Event::LocalEdit);
    world.pass(SECOND);
    (world, id)
}

fn theirs(id: &str, version: i64, title: &str) -> tunetrees::store::Row {
    let stamp = "2026-09-01T00:00:00+00:00";
    row! { "id": id, "title": title, "sync_version": version, "deleted": false, "last_modified_at": stamp,
    "private_for": engine::ME.to_string() }
}

fn answer_conflict(world: &mut World, row: tunetrees::store::Row) {
    let (request, Request::Push { ops, .. }) = world.take(true) else { unreachable!() };
    let results = vec![OpResult::Conflict { op: ops[0].op, row: Some(row) }];
    let reply = Reply::Push(PushReply { results, epoch: Some("e".into()), ..PushReply::default() });
    world.tell(Event::Replied { request, result: Ok(reply) });
}

#[test]
fn a_server_that_has_gone_back_without_saying_so_is_compared_with_and_not_asked_for_ever() {
    let (mut world, id) = edited_on_version_five();
    answer_conflict(&mut world, theirs(&id, 1, "by hand"));
    world.pass(Duration::from_millis(100));
    let pushes = |world: &World| world.sent.iter().filter(|(_, r)| matches!(r, Request::Push { .. })).count();
    assert_eq!(pushes(&world), 0, "the same again would be answered the same");
    let (_, Request::Pull { cursor: None, .. }) = &world.sent[0] else { panic!("everything is compared") };
    world.answer_pull(&[("tune", theirs(&id, 1, "by hand"))]);
    world.pass(SECOND);
    let (_, Request::Push { ops, .. }) = &world.sent[0] else { panic!("and then it goes on") };
    assert_eq!((ops[0].base, &ops[0].row["title"]), (1, &serde_json::json!("mine")));
    world.answer_push();
    assert_eq!(world.phase(), SyncPhase::Synced);
}

#[test]
fn a_page_asked_for_before_everything_is_compared_is_not_taken_for_the_first_of_the_comparison() {
    let (mut world, id) = edited_on_version_five();
    world.tell(Event::DoorbellRang);
    let (early, Request::Pull { cursor: Some(_), .. }) = world.take(false) else { panic!("a pull is on its way") };
    answer_conflict(&mut world, theirs(&id, 1, "by hand"));
    // Its answer comes after all: it tells nothing of what lies below its cursor.
    let page = Page { cursor: "late".into(), epoch: "e".into(), ..Page::default() };
    world.tell(Event::Replied { request: early, result: Ok(Reply::Pull(page)) });
    world.pass(Duration::from_millis(100));
    let (_, Request::Pull { cursor: None, .. }) = world.take(false) else { panic!("everything is compared") };
}

#[test]
fn an_edit_that_a_filter_on_the_way_takes_offence_at_lets_the_others_pass() {
    for offence in [RemoteError::NotOurs { status: 403, found: "text/html".into() }, status(500, "XX000")] {
        let mut world = World::at_rest();
        world.edit("drop table");
        let mut sent = std::collections::BTreeSet::new();
        for n in 0..120 {
            if n == 60 {
                world.edit("harmless");
            }
            world.pass(5 * SECOND);
            while let Some((_, request)) = world.sent.first() {
                let Request::Push { ops, .. } = request else {
                    world.answer_pull(&[]);
                    continue;
                };
                let titles: Vec<String> = ops.iter().map(|op| op.row["title"].as_str().unwrap().to_owned()).collect();
                if titles.iter().any(|title| title == "drop table") {
                    world.fail(true, offence.clone());
                } else {
                    sent.extend(titles);
                    world.answer_push();
                }
            }
        }
        let status = world.status.as_ref().unwrap();
        assert_eq!((sent.contains("harmless"), status.pending, status.refused), (true, 1, 0), "{offence}");
    }
}

#[test]
fn a_push_that_settles_nothing_waits_longer_and_longer() {
    let (mut world, id) = edited_on_version_five();
    let mut pushes = 0;
    let end = world.now.plus_micros(600_000_000);
    while world.now < end {
        world.pass(Duration::from_millis(100));
        while let Some((_, request)) = world.sent.first() {
            // A server of two minds: its pulls still have the fifth version.
            if matches!(request, Request::Pull { .. }) {
                world.answer_pull(&[("tune", theirs(&id, 5, "old"))]);
            } else {
                pushes += 1;
                answer_conflict(&mut world, theirs(&id, 1, "by hand"));
            }
        }
    }
    assert!(pushes <= 25, "{pushes} pushes in ten minutes");
}

#[test]
fn a_change_too_large_for_the_connection_lets_the_others_pass_and_is_tried_again_last() {
    let mut world = World::at_rest();
    world.edit("a picture");
    world.pass(SECOND);
    let is_large = |ops: &[tunetrees::store::outbox::Op]| ops.iter().any(|op| op.row["title"] == "a picture");
    for _ in 0..3 {
        world.fail(true, RemoteError::Timeout(30));
        world.pass(10 * SECOND);
    }
    assert_eq!(world.status.as_ref().unwrap().slow, 1);
    // On its way for the fourth time; whatever is edited from now on does not wait for it longer than that.
    let mut tries = 0;
    for n in 0..10 {
        world.edit(&format!("small {n}"));
        world.pass(SECOND);
        while world.sent.iter().any(|(_, request)| matches!(request, Request::Push { .. })) {
            let at = world.sent.iter().position(|(_, request)| matches!(request, Request::Push { .. })).unwrap();
            let Request::Push { ops, .. } = &world.sent[at].1 else { unreachable!() };
            if is_large(ops) {
                tries += 1;
                assert_eq!(ops.len(), 1, "alone");
                world.fail(true, RemoteError::Timeout(30));
            } else {
                world.answer_push();
            }
            world.pass(SECOND);
        }
        assert!(world.status.as_ref().unwrap().pending <= 1, "edit {n} has gone");
    }
    assert!((1..=6).contains(&tries), "{tries} more attempts: with pauses of its own, however much else is sent");
    world.sent.clear();
    world.tell(Event::SyncNow);
    world.answer_push();
    assert_eq!((world.status.as_ref().unwrap().pending, world.status.as_ref().unwrap().slow), (0, 0));
}

#[test]
fn damage_that_the_sync_meets_is_told_to_whoever_can_repair_it() {
    let mut world = World::at_rest();
    world.edit("a");
    // The outbox lies where there is nothing.
    world
        .store
        .conn()
        .execute_batch(
            "pragma writable_schema = on; update sqlite_schema set rootpage = 1000000 where name = 'sync_queue';
             pragma writable_schema = reset",
        )
        .unwrap();
    assert_eq!(world.status.as_ref().unwrap().trouble, None);
    world.pass(SECOND);
    assert_eq!(world.status.as_ref().unwrap().trouble, Some(LocalTrouble::Damaged));
}

#[test]
fn a_full_device_says_so_and_not_that_the_server_is_at_fault() {
    let mut world = World::at_rest();
    let pages: i64 = world.store.conn().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    let limit = |world: &World, pages: i64| {
        world.store.conn().query_row(&format!("pragma max_page_count = {pages}"), [], |_| Ok(())).unwrap()
    };
    limit(&world, pages);
    world.tell(Event::SyncNow);
    let large = row! { "id": uuid::Uuid::from_u128(7).to_string(), "title": "n".repeat(2_000_000), "sync_version": 1,
    "deleted": false, "last_modified_at": "2026-09-01T00:00:00+00:00" };
    world.answer_pull(&[("tune", large.clone())]);
    assert_eq!(world.status.as_ref().unwrap().trouble, Some(LocalTrouble::NoRoom));
    world.pass(61 * SECOND);
    assert!(world.sent.is_empty(), "fetching more makes it worse");
    // There is room again, and a person says so.
    limit(&world, pages + 10_000);
    world.tell(Event::SyncNow);
    world.answer_pull(&[("tune", large)]);
    assert_eq!(world.phase(), SyncPhase::Synced);
}
