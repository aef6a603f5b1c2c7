//! The engine's decisions: when it pushes, pulls, waits, refreshes, and what it says of that.

#![allow(clippy::unwrap_used)]

mod engine;

use std::time::Duration;

use engine::{ME, SECOND, World, status};
use tunetrees::domain::ids::UserId;
use tunetrees::row;
use tunetrees::store::apply::Page;
use tunetrees::store::outbox::OpResult;
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::Reader;
use tunetrees::sync::engine::{Event, SessionInfo};
use tunetrees::sync::failure::RemoteError;
use tunetrees::sync::status::SyncPhase;
use tunetrees::sync::wire::{PushReply, Reply, Request};
use uuid::Uuid;

/// The server asks to be left alone for so many seconds.
fn busy(status: u16, seconds: u64) -> RemoteError {
    let retry_after = Some(Duration::from_secs(seconds));
    RemoteError::Status { status, code: None, message: "busy".into(), retry_after }
}

#[test]
fn several_edits_go_together_and_the_status_is_true_at_every_step() {
    let mut world = World::at_rest();
    world.edit("a");
    world.edit("b");
    assert!(world.sent.is_empty(), "not at once: more may come");
    assert_eq!(world.phase(), SyncPhase::Syncing);
    world.pass(Duration::from_millis(70));
    assert_eq!(world.status.as_ref().unwrap().in_flight, 2);
    world.answer_push();
    assert_eq!(world.phase(), SyncPhase::Synced);
    assert!(world.status.unwrap().last_push.is_some());
}

#[test]
fn without_a_session_only_the_catalog_is_pulled() {
    let mut world = World::new();
    world.edit("a");
    world.tell(Event::LockGained);
    world.pass(10 * SECOND);
    assert_eq!(world.sent.len(), 1);
    assert!(matches!(world.sent[0].1, Request::Pull { reader: Reader::Anonymous, .. }));
    assert_eq!(world.phase(), SyncPhase::LocalOnly);
    // A session of somebody else is none.
    let other = SessionInfo { user: UserId(Uuid::from_u128(2)), expires_at: world.now.plus_micros(3_600_000_000) };
    world.tell(Event::Session(Some(other)));
    world.pass(400 * SECOND);
    assert!(world.sent.iter().all(|(_, request)| matches!(request, Request::Pull { reader: Reader::Anonymous, .. })));
}

#[test]
fn rings_are_bundled_and_one_during_a_pull_means_one_more() {
    let mut world = World::at_rest();
    for _ in 0..5 {
        world.tell(Event::DoorbellRang);
    }
    assert_eq!(world.phase(), SyncPhase::Syncing, "something is there that is not here");
    world.pass(Duration::from_millis(60));
    assert_eq!(world.sent.len(), 1);
    world.tell(Event::DoorbellRang);
    world.tell(Event::DoorbellRang);
    world.answer_pull(&[]);
    assert_eq!(world.phase(), SyncPhase::Syncing, "it rang since that pull began");
    world.pass(Duration::from_millis(60));
    assert_eq!(world.sent.len(), 1);
    world.answer_pull(&[]);
    world.pass(SECOND);
    assert!(world.sent.is_empty());
    assert_eq!(world.phase(), SyncPhase::Synced);
}

#[test]
fn a_stuck_push_does_not_stop_pulls() {
    let mut world = World::at_rest();
    world.edit("a");
    world.pass(SECOND);
    assert_eq!(world.sent.len(), 1, "the push, never answered");
    let stamp = "2026-09-01T00:00:00+00:00";
    let id = Uuid::from_u128(77).to_string();
    let theirs = row! { "id": id, "title": "theirs", "sync_version": 1, "deleted": false, "last_modified_at": stamp };
    world.tell(Event::DoorbellRang);
    world.pass(SECOND);
    world.answer_pull(&[("tune", theirs)]);
    assert_eq!(world.changed, [vec![Table::Tune]]);
    // Given up at last, and sent again.
    world.pass(100 * SECOND);
    assert_eq!(world.sent.iter().filter(|(_, r)| matches!(r, Request::Push { .. })).count(), 2);
}

#[test]
fn polls_come_every_minute_and_rarely_while_hidden() {
    let mut world = World::at_rest();
    world.pass(61 * SECOND);
    assert_eq!(world.sent.len(), 1);
    world.answer_pull(&[]);
    world.tell(Event::Visible(false));
    world.pass(290 * SECOND);
    assert!(world.sent.is_empty());
    world.tell(Event::Visible(true));
    assert_eq!(world.sent.len(), 1, "at once when it comes to the front");
}

#[test]
fn coming_back_to_a_window_that_was_in_front_all_along_looks_but_forgets_no_pause() {
    let mut world = World::at_rest();
    world.tell(Event::Focused);
    assert_eq!(world.sent.len(), 1, "at once");
    world.fail(false, status(503, ""));
    world.tell(Event::Focused);
    world.pass(Duration::from_millis(900));
    assert!(world.sent.is_empty(), "the server has asked for a pause, whoever comes back how often");
    world.pass(SECOND);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn without_a_network_it_says_when_it_will_try_all_the_same() {
    let mut world = World::at_rest();
    world.tell(Event::Online(false));
    world.edit("a");
    assert_eq!(world.phase(), SyncPhase::Offline);
    let next = world.status.as_ref().and_then(|status| status.next_attempt).expect("it is told");
    assert!(next > world.now && next <= world.now.plus_micros(60_000_000));
    world.pass(Duration::from_micros((next.micros() - world.now.micros()) as u64));
    assert_eq!(world.sent.len(), 1, "and so it is");
}

#[test]
fn hidden_with_something_pending_it_still_looks_every_minute() {
    let mut world = World::at_rest();
    world.tell(Event::Visible(false));
    world.edit("a");
    world.pass(SECOND);
    assert_eq!(world.sent.len(), 1, "the push, never answered");
    let pulls =
        |world: &World| world.sent.iter().filter(|(_, request)| matches!(request, Request::Pull { .. })).count();
    for minute in 1..=3 {
        let end = world.now.plus_micros(60_000_000);
        while world.now < end {
            world.pass(SECOND);
            let wait = world.engine.wake_at().unwrap().micros() - world.now.micros();
            assert!(wait <= 60_000_000, "asleep for {wait} µs with something pending");
        }
        assert_eq!(pulls(&world), 1, "minute {minute}");
        world.answer_pull(&[]);
    }
}

/// Ten minutes of `error` for whatever is asked, with those dice. How many requests it cost, refreshes included.
fn outage(error: &RemoteError, roll: f64, token_ends: bool, answered_after: Duration) -> u32 {
    let mut world = World::at_rest();
    world.roll = roll;
    if token_ends {
        // The access token ends in the middle of it.
        let near = SessionInfo { user: ME, expires_at: world.now.plus_micros(200_000_000) };
        world.tell(Event::SessionRefreshed(near));
        world.answer_pull(&[]);
        world.sent.clear();
    }
    world.edit("a");
    world.tell(Event::DoorbellRang);
    let (mut requests, mut refreshes) = (0, world.refreshes);
    let end = world.now.plus_micros(600_000_000);
    while world.now < end {
        world.pass(Duration::from_millis(100));
        let sent = std::mem::take(&mut world.sent);
        let refreshing = world.refreshes > refreshes;
        if !sent.is_empty() || refreshing {
            world.pass(answered_after);
        }
        if refreshing {
            refreshes = world.refreshes;
            requests += 1;
            world.tell(Event::RefreshFailed { ended: false, message: error.to_string() });
        }
        for (request, _) in sent {
            requests += 1;
            world.tell(Event::Replied { request, result: Err(error.clone()) });
        }
    }
    assert_eq!(world.phase(), SyncPhase::Retrying);
    // The server is back. It is noticed within 90 seconds, without anybody's doing.
    for _ in 0..90 {
        world.pass(SECOND);
        if world.refreshes > refreshes {
            refreshes = world.refreshes;
            let fresh = SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) };
            world.tell(Event::SessionRefreshed(fresh));
        }
        while let Some((_, request)) = world.sent.first() {
            if matches!(request, Request::Push { .. }) { world.answer_push() } else { world.answer_pull(&[]) }
        }
    }
    assert_eq!(world.phase(), SyncPhase::Synced, "{error} {roll}");
    requests
}

#[test]
fn an_outage_costs_few_requests_and_ends_by_itself() {
    let network = RemoteError::Network("refused".into());
    let kinds = [(network, 0), (status(503, ""), 1), (RemoteError::Timeout(30), 30)];
    for (error, seconds) in kinds {
        for token_ends in [false, true] {
            let counts = [0.0, 0.3, 0.6, 0.999].map(|roll| outage(&error, roll, token_ends, seconds * SECOND));
            println!("requests in ten minutes of “{error}”, token ends {token_ends}: {counts:?}");
            assert!(counts.iter().all(|count| *count <= 15), "{error}, token ends {token_ends}: {counts:?}");
        }
    }
}

#[test]
fn offline_is_said_and_still_tried_rarely() {
    let mut world = World::at_rest();
    world.tell(Event::Online(false));
    world.edit("a");
    assert_eq!(world.phase(), SyncPhase::Offline);
    world.pass(59 * SECOND);
    assert!(world.sent.is_empty());
    world.pass(10 * SECOND);
    assert!(!world.sent.is_empty(), "browsers are wrong at times");
    world.sent.clear();
    world.tell(Event::Online(true));
    assert_ne!(world.phase(), SyncPhase::Offline);
}

#[test]
fn an_answer_says_more_about_the_network_than_the_browser_does() {
    let mut world = World::at_rest();
    world.tell(Event::Online(false));
    world.edit("a");
    world.pass(61 * SECOND);
    assert_eq!(world.phase(), SyncPhase::Offline);
    world.answer_push();
    assert_ne!(world.phase(), SyncPhase::Offline);
    // What was on its way when the network went says nothing of it.
    world.edit("b");
    world.pass(SECOND);
    assert!(!world.sent.is_empty());
    world.tell(Event::Online(false));
    world.answer_push();
    assert_eq!(world.phase(), SyncPhase::Offline);
}

#[test]
fn a_rejected_token_is_renewed_once_for_both_and_the_same_is_sent_again() {
    let mut world = World::at_rest();
    world.edit("a");
    world.tell(Event::DoorbellRang);
    world.pass(Duration::from_millis(100));
    world.fail(true, status(401, "PGRST303"));
    world.fail(false, status(401, "PGRST303"));
    world.pass(SECOND);
    assert_eq!(world.refreshes, 1);
    assert!(world.sent.is_empty(), "nothing goes with a bad token");
    let fresh = SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) };
    world.tell(Event::SessionRefreshed(fresh));
    assert_eq!(world.sent.len(), 2);
    // Still not accepted: no refreshing in circles.
    world.fail(true, status(401, "PGRST301"));
    world.pass(10 * SECOND);
    assert_eq!(world.refreshes, 1);
}

#[test]
fn sessions_of_a_short_life_are_renewed_in_the_middle_of_it_and_not_in_circles() {
    for (seconds, most) in [(60, 21), (30, 41), (0, 61)] {
        let mut world = World::at_rest();
        let fresh = |world: &World| SessionInfo { user: ME, expires_at: world.now.plus_micros(seconds * 1_000_000) };
        let first = fresh(&world);
        world.tell(Event::SessionRefreshed(first));
        let end = world.now.plus_micros(600_000_000);
        while world.now < end {
            let before = world.refreshes;
            world.pass(SECOND);
            if world.refreshes > before {
                let next = fresh(&world);
                world.tell(Event::SessionRefreshed(next));
            }
        }
        assert!((10..=most).contains(&world.refreshes), "{} renewals in ten minutes", world.refreshes);
    }
}

#[test]
fn a_server_that_asks_for_a_long_pause_has_it_from_a_hidden_app_too() {
    let mut world = World::at_rest();
    world.tell(Event::Visible(false));
    world.tell(Event::DoorbellRang);
    world.fail(false, busy(503, 600));
    world.pass(599 * SECOND);
    assert!(world.sent.is_empty());
    world.pass(2 * SECOND);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn a_session_is_renewed_before_it_ends_and_its_end_signs_nobody_out() {
    let mut world = World::at_rest();
    let near = SessionInfo { user: ME, expires_at: world.now.plus_micros(200_000_000) };
    world.tell(Event::SessionRefreshed(near));
    world.pass(109 * SECOND);
    assert_eq!(world.refreshes, 0);
    world.pass(2 * SECOND);
    assert_eq!(world.refreshes, 1);
    // The network is away: again and again, nobody is signed out.
    world.edit("a");
    for _ in 0..5 {
        let before = world.refreshes;
        world.tell(Event::RefreshFailed { ended: false, message: "no network".into() });
        world.pass(180 * SECOND);
        assert!(world.refreshes > before, "it goes on trying");
    }
    assert_eq!(world.phase(), SyncPhase::Retrying);
    // The server says that it is over.
    world.tell(Event::RefreshFailed { ended: true, message: "over".into() });
    assert_eq!(world.phase(), SyncPhase::SignInAgain);
    assert_eq!(world.status.as_ref().unwrap().pending, 1);
    assert_eq!(world.doorbell.last(), Some(&false));
    world.sent.clear();
    world.pass(1000 * SECOND);
    assert!(world.sent.is_empty());
    let fresh = SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) };
    world.tell(Event::Session(Some(fresh)));
    assert_eq!(world.sent.len(), 2, "signed in again: push and pull");
}

#[test]
fn a_device_at_rest_writes_nothing() {
    let mut world = World::at_rest();
    let long = SessionInfo { user: ME, expires_at: world.now.plus_micros(30 * 86_400_000_000) };
    world.tell(Event::SessionRefreshed(long));
    world.answer_page(false);
    let before = world.store.conn().total_changes();
    for n in 0..100 {
        world.pass(61 * SECOND);
        let (request, Request::Pull { cursor, .. }) = world.take(false) else { unreachable!() };
        let known = if n == 0 { "c".to_owned() } else { format!("c{}", n - 1) };
        assert_eq!(cursor, Some(known), "it goes on where the last one ended");
        let page = Page { cursor: format!("c{n}"), epoch: "e".into(), ..Page::default() };
        world.tell(Event::Replied { request, result: Ok(Reply::Pull(page)) });
        assert_eq!(world.status.as_ref().unwrap().last_pull, Some(world.now), "and it is said when that was");
    }
    assert_eq!(world.store.conn().total_changes(), before);
    // Once a day the position is written: what the server purges meanwhile must not overtake it.
    world.now = world.now.plus_micros(86_400_000_000);
    world.tell(Event::SyncNow);
    world.answer_page(false);
    assert!(world.store.conn().total_changes() > before);
}

#[test]
fn a_portal_and_a_misfit_are_no_success() {
    let mut world = World::at_rest();
    world.tell(Event::SyncNow);
    world.fail(false, RemoteError::NotOurs { status: 200, found: "text/html".into() });
    assert_eq!(world.phase(), SyncPhase::Retrying);
    world.pass(5 * SECOND);
    world.fail(false, status(404, "PGRST202"));
    world.pass(250 * SECOND);
    assert!(world.sent.is_empty(), "an old server is not asked every minute");
    world.tell(Event::SyncNow);
    assert_eq!(world.sent.len(), 1, "unless a person asks");
}

#[test]
fn retry_after_is_heeded() {
    let mut world = World::at_rest();
    world.tell(Event::SyncNow);
    world.fail(false, busy(429, 120));
    world.pass(119 * SECOND);
    assert!(world.sent.is_empty());
    world.pass(2 * SECOND);
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn without_the_lock_nothing_is_sent_or_written_until_it_is_gained_again() {
    let mut world = World::at_rest();
    assert_eq!(world.doorbell, [true]);
    world.edit("a");
    world.pass(Duration::from_millis(70));
    let (request, Request::Push { ops, .. }) = world.take(true) else { unreachable!() };
    world.tell(Event::LockLost);
    assert_eq!(world.doorbell, [true, false]);
    let before = world.store.conn().total_changes();
    // The answer to what was on its way, a ring, a wish, a poll, a renewed session: all come too late.
    let row = row! { "id": ops[0].id.as_str(), "title": "a", "sync_version": 1, "deleted": false };
    let results = vec![OpResult::Applied { op: ops[0].op, row }];
    let reply = Reply::Push(PushReply { results, ..PushReply::default() });
    world.tell(Event::Replied { request, result: Ok(reply) });
    world.tell(Event::DoorbellRang);
    world.tell(Event::SyncNow);
    world.tell(Event::RetryRefused);
    world.tell(Event::SessionRefreshed(SessionInfo { user: ME, expires_at: world.now.plus_micros(50_000_000) }));
    world.pass(600 * SECOND);
    assert!(world.sent.is_empty());
    assert_eq!((world.refreshes, world.store.conn().total_changes()), (0, before));
    world.tell(Event::SessionRefreshed(SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) }));
    world.tell(Event::LockGained);
    assert_eq!(world.doorbell, [true, false, true]);
    world.answer_push();
    world.answer_pull(&[]);
    assert_eq!(world.phase(), SyncPhase::Synced);
}

#[test]
fn a_clock_set_back_stops_nothing() {
    let mut world = World::at_rest();
    world.edit("a");
    world.pass(SECOND);
    world.fail(true, status(503, ""));
    world.now = world.now.plus_micros(-365 * 86_400_000_000);
    world.tell(Event::Woken);
    world.pass(61 * SECOND);
    assert!(world.sent.iter().any(|(_, request)| matches!(request, Request::Push { .. })), "the push is tried again");
    // The answer of a call that began “later” than now is still waited for, and no longer than usual.
    world.sent.clear();
    world.now = world.now.plus_micros(-365 * 86_400_000_000);
    world.tell(Event::Woken);
    world.pass(100 * SECOND);
    assert!(world.sent.iter().any(|(_, request)| matches!(request, Request::Push { .. })), "given up and tried again");
}
