//! The table of events and states in `docs/sync.md`: every event of the engine has its row there, and each row is true.

#![allow(clippy::unwrap_used)]

mod engine;

use std::time::Duration;

use engine::{ME, World, status};
use tunetrees::domain::time::Timestamp;
use tunetrees::sync::engine::{Event, SessionInfo};
use tunetrees::sync::lane::RequestId;
use tunetrees::sync::status::SyncPhase;
use tunetrees::sync::wire::{PushReply, Reply, Request};

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    SignedIn,
    TokenEnded,
    SessionOver,
    /// Over before the app started: nobody is signed in here, but somebody ought to.
    OverSinceBefore,
    NoAccount,
    /// Signed in; another tab owns the database.
    NotOwner,
    /// Signed in; a push and a pull are on their way.
    Waiting,
}

const STATES: [State; 7] = [
    State::SignedIn,
    State::TokenEnded,
    State::SessionOver,
    State::OverSinceBefore,
    State::NoAccount,
    State::NotOwner,
    State::Waiting,
];

/// How the event is called in the table. A new event does not compile before it has a name here, and so a row there.
fn row_of(event: &Event) -> &'static str {
    match event {
        Event::LockGained => "LockGained",
        Event::LockLost => "LockLost",
        Event::LocalEdit => "LocalEdit",
        Event::Woken => "Woken",
        Event::GoOn { .. } => "GoOn",
        Event::Online(true) => "Online(true)",
        Event::Online(false) => "Online(false)",
        Event::Visible(true) => "Visible(true)",
        Event::Visible(false) => "Visible(false)",
        Event::Focused => "Focused",
        Event::DoorbellUp => "DoorbellUp",
        Event::DoorbellDown => "DoorbellDown",
        Event::DoorbellRang => "DoorbellRang",
        Event::Session(Some(_)) => "Session(some)",
        Event::Session(None) => "Session(none)",
        Event::SessionRefreshed(_) => "SessionRefreshed",
        Event::RefreshFailed { ended: false, .. } => "RefreshFailed, passing",
        Event::RefreshFailed { ended: true, .. } => "RefreshFailed, ended",
        Event::Replied { result: Ok(_), .. } => "Replied, ok",
        Event::Replied { result: Err(_), .. } => "Replied, failed",
        Event::SyncNow => "SyncNow",
        Event::RetryRefused => "RetryRefused",
    }
}

fn session(world: &World) -> SessionInfo {
    SessionInfo { user: ME, expires_at: world.now.plus_micros(3_600_000_000) }
}

fn ended(ended: bool) -> Event {
    Event::RefreshFailed { ended, message: "no".to_owned() }
}

/// All events, and what each brings about at once in these states: calls made, the session renewed, the doorbell opened (+) or closed (-).
/// None: it cannot happen there.
fn table(now: Timestamp) -> Vec<(Event, [Option<&'static str>; STATES.len()])> {
    let fresh = SessionInfo { user: ME, expires_at: now.plus_micros(7_200_000_000) };
    // Nobody waits for such an answer.
    let late = RequestId(999);
    let reply = Reply::Push(PushReply::default());
    let nothing = [Some(""); STATES.len()];
    let heart = [Some("pull"), Some("refresh"), Some(""), Some("pull"), Some("pull"), Some(""), Some("")];
    vec![
        (
            Event::LockGained,
            [Some("pull"), Some("refresh"), Some(""), Some("pull"), Some("pull"), Some("pull +"), Some("")],
        ),
        (Event::LockLost, [Some("-"), Some("-"), Some(""), Some(""), Some(""), Some(""), Some("-")]),
        (Event::LocalEdit, [Some("push"), Some(""), Some(""), Some(""), Some(""), Some(""), Some("")]),
        (Event::Woken, nothing),
        (Event::GoOn { asked: false }, nothing),
        (Event::Online(true), heart),
        (Event::Visible(true), heart),
        (Event::SyncNow, heart),
        (Event::Online(false), nothing),
        (Event::Visible(false), nothing),
        (Event::Focused, [Some("pull"), Some(""), Some(""), Some(""), Some(""), Some(""), Some("")]),
        (Event::DoorbellUp, [Some("pull"), Some(""), None, None, None, None, Some("")]),
        (Event::DoorbellDown, [Some(""), Some(""), None, None, None, Some(""), Some("")]),
        (Event::DoorbellRang, [Some("pull"), Some(""), None, None, None, Some(""), Some("")]),
        (
            Event::Session(Some(fresh)),
            [Some("pull +"), Some("pull +"), Some("pull +"), Some("pull +"), Some("pull +"), Some(""), Some("+")],
        ),
        (
            Event::Session(None),
            [Some("pull -"), Some("pull -"), Some("pull"), Some("pull"), Some("pull"), Some(""), Some("pull -")],
        ),
        (Event::SessionRefreshed(fresh), [Some("pull"), Some("pull"), None, None, None, Some(""), Some("")]),
        (ended(false), [Some(""), Some(""), None, None, None, Some(""), Some("")]),
        (ended(true), [Some("-"), Some("-"), None, None, Some(""), Some(""), Some("-")]),
        (Event::Replied { request: late, result: Ok(reply) }, nothing),
        (Event::Replied { request: late, result: Err(status(500, "")) }, nothing),
        (Event::RetryRefused, heart),
    ]
}

/// A world in that state, with nothing to do.
fn world(state: State, event: &Event) -> World {
    let mut world = match state {
        State::NoAccount | State::OverSinceBefore => {
            let mut world = World::new();
            world.tell(Event::LockGained);
            world.answer_pull(&[]);
            world
        }
        _ => World::at_rest(),
    };
    match state {
        State::SignedIn | State::NoAccount => {}
        State::NotOwner => world.tell(Event::LockLost),
        State::Waiting => {
            world.edit("on its way");
            world.tell(Event::SyncNow);
            world.pass(Duration::from_millis(200));
            assert_eq!(world.sent.len(), 2, "a push and a pull");
        }
        State::TokenEnded => {
            let over = SessionInfo { user: ME, expires_at: world.now };
            world.tell(Event::SessionRefreshed(over));
            world.tell(ended(false));
        }
        State::SessionOver | State::OverSinceBefore => world.tell(ended(true)),
    }
    if *event == Event::Visible(true) {
        world.tell(Event::Visible(false));
    }
    world.sent.clear();
    world.doorbell.clear();
    world.refreshes = 0;
    world
}

fn brought_about(world: &World) -> String {
    let mut words = Vec::new();
    for (_, request) in &world.sent {
        words.push(if matches!(request, Request::Push { .. }) { "push" } else { "pull" });
    }
    words.extend((world.refreshes > 0).then_some("refresh"));
    words.extend(world.doorbell.iter().map(|open| if *open { "+" } else { "-" }));
    words.join(" ")
}

#[test]
fn every_event_has_its_row_and_each_row_is_true() {
    let mut named = Vec::new();
    for (event, expected) in table(World::new().now) {
        named.push(row_of(&event));
        for (state, expected) in STATES.into_iter().zip(expected) {
            let Some(expected) = expected else { continue };
            let mut world = world(state, &event);
            let event = match event.clone() {
                Event::Session(Some(_)) => Event::Session(Some(session(&world))),
                event => event,
            };
            match event {
                Event::LocalEdit => world.edit("a"),
                ref event => world.tell(event.clone()),
            }
            world.pass(Duration::from_millis(200));
            assert_eq!(brought_about(&world), expected, "{} while {state:?}", row_of(&event));
            let phase = match (&event, state) {
                (Event::RefreshFailed { ended: true, .. }, _) => Some(SyncPhase::SignInAgain),
                (Event::Session(None), _) | (_, State::NoAccount) if !matches!(event, Event::Session(Some(_))) => {
                    Some(SyncPhase::LocalOnly)
                }
                (Event::Online(false), State::SignedIn | State::TokenEnded | State::NotOwner | State::Waiting) => {
                    Some(SyncPhase::Offline)
                }
                (Event::Session(Some(_)), _) => None,
                (_, State::SessionOver | State::OverSinceBefore) => Some(SyncPhase::SignInAgain),
                _ => None,
            };
            if let Some(phase) = phase {
                assert_eq!(world.phase(), phase, "{} while {state:?}", row_of(&event));
            }
        }
    }
    let text = include_str!("../docs/sync.md");
    let heads: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
    for name in &named {
        let name = *name;
        let has_row =
            |head: &&str| head == &name || (!name.contains(", ") && head.split(", ").any(|part| part == name));
        assert!(heads.iter().any(has_row), "docs/sync.md has no row for {name}");
    }
}

#[test]
fn the_short_table_says_what_the_long_one_means_cell_by_cell() {
    let text = include_str!("../docs/sync.md");
    let (_, after) = text.split_once("| at once | signed in |").expect("docs/sync.md has the short table");
    let written: Vec<&str> = after.lines().skip(2).take_while(|line| line.starts_with("| ")).collect();
    let cell = |cell: Option<&'static str>| match cell {
        None => "–",
        Some("") => "·",
        Some(words) => words,
    };
    let true_ones = table(World::new().now).into_iter().map(|(event, cells)| {
        let cells: Vec<&str> = std::iter::once(row_of(&event)).chain(cells.map(cell)).collect();
        format!("| {} |", cells.join(" | "))
    });
    assert_eq!(written, true_ones.collect::<Vec<_>>());
}

#[test]
fn a_gap_in_time_and_a_clock_set_back_make_it_look() {
    for by in [160_000_000, -3_000_000] {
        let mut world = World::at_rest();
        world.doorbell.clear();
        world.now = world.now.plus_micros(by);
        world.tell(Event::Woken);
        assert_eq!(brought_about(&world), "pull", "{by}");
    }
}
