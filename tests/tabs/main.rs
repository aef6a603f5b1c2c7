//! Several tabs over one database, without a browser: tabs open, close, freeze, hang, come back and reload at random moments, messages are
//! late, workers are killed between carrying a call out and answering it. Every acknowledged edit must be there, every call carried out once
//! at most, and every call of a tab that lives must be answered in the end.
#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeMap;

use rusqlite::Connection;
use tunetrees::domain::time::CalendarDate;
use tunetrees::worker::in_front::{FORGET_MS, SAY_EVERY};
use tunetrees::worker::protocol::{
    Account, AccountRequest, Failure, FromWorker, LibraryRequest, Opened, PROTOCOL, PracticeRequest, StorageMode,
    TabId, ToWorker, WorkerId,
};
use tunetrees::worker::tabs::{Effect, Tab};
use uuid::Uuid;
use world::World;

fn titles(file: &std::path::Path) -> BTreeMap<String, Vec<Uuid>> {
    let conn = Connection::open(file).unwrap();
    let mut statement = conn.prepare("select title, id from tune").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let mut found: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
    for (title, id) in rows.map(Result::unwrap) {
        found.entry(title).or_default().push(id.parse().unwrap());
    }
    found
}

#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    acknowledged: usize,
    unsure: usize,
    takeovers: u32,
    repeated: u32,
}

fn run(seed: u64) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tabs.sqlite3");
    let mut world = World::new(seed, file.clone());
    for _ in 0..3 {
        world.open_page();
    }
    for _ in 0..1_500 {
        world.step();
    }
    world.settle();
    for (name, page) in &world.pages {
        assert!(page.asked.is_empty(), "seed {seed}: page {name} still waits for {:?}", page.asked);
        assert!(page.tab.is_served(), "seed {seed}: page {name} has nobody to talk to");
    }
    let result =
        Tally { takeovers: world.takeovers, repeated: world.repeated, unsure: world.unsure.len(), ..Tally::default() };
    let (acknowledged, asked) = (std::mem::take(&mut world.acknowledged), world.asked.len());
    drop(world);
    let there = titles(&file);
    for (title, id) in &acknowledged {
        assert_eq!(there.get(title), Some(&vec![*id]), "seed {seed}: {title} was acknowledged");
    }
    for (title, ids) in &there {
        assert_eq!(ids.len(), 1, "seed {seed}: {title} was made {} times", ids.len());
    }
    Tally { asked, acknowledged: acknowledged.len(), ..result }
}

#[test]
fn no_acknowledged_edit_is_lost_and_none_is_done_twice_however_tabs_come_and_go() {
    let mut all = Tally::default();
    for seed in 0..60 {
        let one = run(seed);
        all.asked += one.asked;
        all.acknowledged += one.acknowledged;
        all.unsure += one.unsure;
        all.takeovers += one.takeovers;
        all.repeated += one.repeated;
    }
    // The interesting things did happen, and most was answered (the rest was asked by pages that were killed).
    assert!(all.takeovers > 300 && all.repeated > 15 && all.acknowledged * 10 > all.asked * 7, "{all:?}");
    assert!(all.unsure * 50 < all.asked, "{all:?}");
    println!("{all:?}");
}

fn pair() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(1, folder.path().join("tabs.sqlite3"));
    world.open_page();
    world.open_page();
    world.settle();
    (world, folder)
}

#[test]
fn a_hung_owner_loses_the_lock_and_joins_the_others_when_it_moves_again() {
    let (mut world, _folder) = pair();
    assert_eq!(world.owner, Some(1));
    world.hang(1, true);
    world.ask(2);
    for _ in 0..30 {
        world.tick();
    }
    assert_eq!(world.owner, Some(2));
    world.settle();
    assert_eq!(world.acknowledged.len(), 1);
    assert!(world.pages.values().all(|page| page.tab.is_served()));
}

#[test]
fn a_page_put_aside_gives_the_database_away_at_once() {
    let (mut world, _folder) = pair();
    world.freeze(1, true);
    assert!(world.worker.is_none());
    world.grant();
    assert_eq!(world.owner, Some(2));
}

#[test]
fn a_tab_in_front_says_so_again_and_again_or_it_would_be_held_for_crashed() {
    let (mut tab, _) = Tab::new(TabId(Uuid::from_u128(1)));
    let said = |tab: &mut Tab, ticks: u32| -> usize {
        let word = Effect::Send(ToWorker::Visible(TabId(Uuid::from_u128(1)), true));
        (0..ticks).flat_map(|_| tab.tick()).filter(|effect| *effect == word).count()
    };
    assert_eq!(said(&mut tab, 100), 0, "nobody is there to hear it");
    tab.received(World::ready(WorkerId(Uuid::from_u128(1))));
    let minutes = 3;
    // Two words may be missed before the worker takes it for gone.
    assert!(said(&mut tab, minutes * 60) >= (minutes * 60_000 / FORGET_MS * 3) as usize);
    tab.visible(false);
    assert_eq!(said(&mut tab, 100), 0, "it is not in front");
    tab.visible(true);
    assert_eq!((said(&mut tab, SAY_EVERY - 1), said(&mut tab, 1)), (0, 1));
    tab.frozen();
    assert_eq!(said(&mut tab, 100), 0, "it is put aside");
}

#[test]
fn an_account_request_is_not_repeated_but_reported() {
    let (mut tab, _) = Tab::new(TabId(Uuid::from_u128(1)));
    tab.received(World::ready(WorkerId(Uuid::from_u128(1))));
    let (id, sent) = tab.call(AccountRequest::SignUp { email: "a@b.c".into(), password: "secret".into() });
    assert!(matches!(sent.as_slice(), [Effect::Send(ToWorker::Call { again: false, .. })]));
    let after = tab.received(World::ready(WorkerId(Uuid::from_u128(2))));
    assert!(after.contains(&Effect::Answer { id, result: Err(Failure::Unsure) }), "{after:?}");
}

#[test]
fn an_edit_does_not_go_to_another_persons_database() {
    let (mut tab, _) = Tab::new(TabId(Uuid::from_u128(1)));
    tab.received(World::ready(WorkerId(Uuid::from_u128(1))));
    let (id, _) = tab.call(PracticeRequest::Undo { date: CalendarDate::new(2026, 3, 10).unwrap() });
    let account = Account::SignedIn { email: "a@b.c".into(), expired: false };
    let opened = Opened { storage: StorageMode::Opfs, account, durable: None };
    let ready =
        FromWorker::Ready { protocol: PROTOCOL.into(), worker: WorkerId(Uuid::from_u128(2)), opened: Ok(opened) };
    let after = tab.received(ready);
    assert!(after.contains(&Effect::Answer { id, result: Err(Failure::Unsure) }), "{after:?}");
}

#[test]
fn a_tab_of_another_release_says_so_and_goes_on_when_it_is_alone() {
    let (mut tab, _) = Tab::new(TabId(Uuid::from_u128(1)));
    let said = tab.other_release();
    let other = |effect: &Effect| {
        matches!(effect, Effect::Notice(FromWorker::Ready { opened: Err(Failure::OtherRelease), .. }))
    };
    assert!(said.iter().any(other));
    assert!(tab.other_release().is_empty());
    assert_eq!(tab.lock_granted(), [Effect::StartWorker]);
    let after = tab.received(World::ready(WorkerId(Uuid::from_u128(1))));
    assert!(after.iter().any(|effect| matches!(effect, Effect::Notice(FromWorker::Ready { opened: Ok(_), .. }))));
}

#[test]
fn a_worker_that_keeps_failing_is_given_up_in_words() {
    let (mut tab, _) = Tab::new(TabId(Uuid::from_u128(1)));
    tab.lock_granted();
    for _ in 0..3 {
        assert_eq!(tab.worker_failed("boom"), [Effect::StopWorker, Effect::StartWorker]);
    }
    assert!(matches!(
        tab.worker_failed("boom").as_slice(),
        [Effect::StopWorker, Effect::Notice(FromWorker::Ready { opened: Err(Failure::Storage(_)), .. })]
    ));
    let (_, answered) = tab.call(LibraryRequest::Repertoires);
    assert!(matches!(answered.as_slice(), [Effect::Answer { result: Err(_), .. }]));
}
