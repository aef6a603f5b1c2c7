//! Queues of another day than today: kept, left, come from another device; and tunes that are sent to another day.

use crate::fixture::*;
use crate::world::*;
use chrono::FixedOffset;
use tunetrees::domain::ids::{QueueEntryId, TuneId};
use tunetrees::domain::practice::{Deed, QueueView, Rating};
use tunetrees::domain::practice_days::PracticeDays;
use tunetrees::domain::scheduling::SchedulerPrefs;
use tunetrees::domain::time::{Timestamp, Zone};
use tunetrees::store::Store;
use tunetrees::store::row::select;
use tunetrees::store::schema::Table;

fn shown(store: &mut Store, when: Timestamp) -> QueueView {
    store.current_queue(when, &zone()).unwrap().unwrap()
}

fn tunes(view: &QueueView) -> Vec<TuneId> {
    view.entries.iter().map(|entry| entry.tune).collect()
}

fn row(store: &mut Store, when: Timestamp, n: u128) -> QueueEntryId {
    shown(store, when).entries.iter().find(|entry| entry.tune == tune_id(n)).unwrap().id
}

fn at_most(store: &mut Store, most: u32) {
    store.set_practice_days(now(), &PracticeDays { most, ..PracticeDays::default() }).unwrap();
}

/// So many tunes, two of them in the queue, one of these with a choice.
fn with_a_choice_of_two(tunes: u128) -> Store {
    let (mut store, _) = world(tunes);
    at_most(&mut store, 2);
    let entry = row(&mut store, now(), 1);
    store.stage(later(1), entry, Rating::Good, None, false).unwrap();
    store
}

fn records(store: &Store) -> i64 {
    store.conn().query_row("select count(*) from practice_record where not deleted", [], |r| r.get(0)).unwrap()
}

#[test]
fn after_a_flight_west_the_new_queue_stays_the_one_she_is_in() {
    let (mut store, _) = world(3);
    let east = FixedOffset::east_opt(10 * 3600).unwrap();
    // In the east it is the 11th already.
    let begun = store.current_queue(now(), &east).unwrap().unwrap();
    assert_eq!(begun.day.date.to_string(), "2026-03-11");
    assert_eq!(shown(&mut store, later(1)).day.date.to_string(), "2026-03-11", "it is kept until she asks");
    store.stage(later(2), begun.entries[0].id, Rating::Good, None, false).unwrap();
    let fresh = store.new_queue(later(3), &zone()).unwrap().unwrap();
    assert_eq!((fresh.day.date.to_string().as_str(), records(&store)), ("2026-03-10", 1));
    // Whatever changes next, she stays in today's.
    store.stage(later(4), fresh.entries[0].id, Rating::Good, None, false).unwrap();
    assert_eq!(shown(&mut store, later(5)).day.date, fresh.day.date);
    for entry in shown(&mut store, later(5)).entries {
        store.bury(later(6), entry.id).unwrap();
    }
    assert_eq!(
        shown(&mut store, later(7)).day.date,
        fresh.day.date,
        "all put aside is not a reason to show another day"
    );
}

type Road = fn(&mut Store, Timestamp);

#[test]
fn every_way_from_a_kept_queue_to_todays_submits_what_was_chosen() {
    let roads: [(&str, Road); 3] = [
        ("a new queue", |store, when| drop(store.new_queue(when, &zone()).unwrap())),
        ("more for today", |store, when| store.add_more(when, &zone(), zone().date_at(when), 1).unwrap()),
        ("plan anew", |store, when| drop(store.renew_queue(when, &zone()).unwrap())),
    ];
    for (name, road) in roads {
        let (mut store, _) = world(4);
        at_most(&mut store, 2);
        for n in 1..=2 {
            let entry = row(&mut store, now(), n);
            store.stage(later(n as i64), entry, Rating::Again, None, false).unwrap();
        }
        let morning = now().plus_days(1);
        let kept = shown(&mut store, morning);
        assert_eq!((kept.day.date.to_string().as_str(), kept.staged()), ("2026-03-10", 2), "{name}");
        road(&mut store, morning);
        let today = shown(&mut store, morning);
        assert_eq!((records(&store), today.staged()), (2, 0), "{name}");
        assert_eq!(today.day.date.to_string(), "2026-03-11", "{name}");
    }
}

#[test]
fn more_tunes_go_into_the_queue_that_is_open_whatever_day_it_is_of() {
    let mut store = with_a_choice_of_two(9);
    let (kept, morning) = (shown(&mut store, now()).day.date, now().plus_days(1));
    store.add_more(morning, &zone(), kept, 3).unwrap();
    let open = shown(&mut store, morning);
    assert_eq!((open.day.date, open.entries.len(), open.staged()), (kept, 5, 1), "no other day is begun for it");
    assert_eq!(records(&store), 0, "nothing is submitted unasked");
    let entry = open.entries[4].id;
    store.stage(morning, entry, Rating::Good, None, false).unwrap();
    assert_eq!(store.submit(morning, kept).unwrap(), 2, "the new ones are like the others");
    // A day she only looks at is left as it is.
    store.new_queue(morning, &zone()).unwrap();
    for looked_at in [kept, kept.plus_days(2)] {
        assert!(store.add_more(morning, &zone(), looked_at, 1).is_err());
    }
    assert_eq!(store.queue_of(morning, &zone(), kept).unwrap().unwrap().entries.len(), 5);
}

#[test]
fn on_the_queue_of_today_nothing_is_submitted_by_asking_for_more() {
    let mut store = with_a_choice_of_two(4);
    store.add_more(later(2), &zone(), zone().date_at(later(2)), 1).unwrap();
    store.renew_queue(later(3), &zone()).unwrap();
    assert_eq!((records(&store), shown(&mut store, later(4)).staged()), (0, 1));
}

#[test]
fn what_was_chosen_in_a_kept_queue_is_submitted_when_todays_comes_from_another_device() {
    let (mut here, _) = world(4);
    let (mut there, _) = world(4);
    for store in [&mut here, &mut there] {
        at_most(store, 3);
    }
    for n in 1..=3 {
        let entry = row(&mut here, now(), n);
        here.stage(later(n as i64), entry, Rating::Good, None, false).unwrap();
    }
    let morning = now().plus_days(1);
    // There today's queue was made without a word of that; two of the three are in it, and here the third has no place to be seen.
    at_most(&mut there, 2);
    there.todays_queue(morning, &zone()).unwrap();
    for row in select(there.conn(), Table::DailyPracticeQueue, "queue_date = '2026-03-11'", []).unwrap() {
        receive(&mut here, Table::DailyPracticeQueue, row);
    }
    let today = shown(&mut here, morning);
    assert_eq!(tunes(&today), [tune_id(1), tune_id(2)]);
    assert_eq!((today.staged(), records(&here)), (2, 1), "what is seen can still be changed");
    assert!(here.tune(tune_id(3)).unwrap().place.unwrap().due.is_some());
}

#[test]
fn a_tune_wished_for_on_a_later_day_leaves_the_queue_until_then_and_can_be_taken_back() {
    let (mut store, playlist) = world(3);
    member(&mut store, playlist, tune_id(2), Some(later(-600)));
    assert_eq!(shown(&mut store, now()).entries.len(), 3);
    let friday = now().plus_days(3);
    store.wish(later(1), &zone(), tune_id(2), Some(friday)).unwrap();
    let view = shown(&mut store, later(2));
    assert_eq!(tunes(&view), [tune_id(1), tune_id(3)]);
    assert_eq!(view.undo.as_ref().map(|undo| undo.deed), Some(Deed::Postponed));
    let then = store.todays_queue(friday, &zone()).unwrap().unwrap();
    assert!(tunes(&then).contains(&tune_id(2)), "on that day it comes");
    store.undo(later(3), view.day).unwrap();
    let place = store.tune(tune_id(2)).unwrap().place.unwrap();
    assert_eq!(place.scheduled, Some(later(-600)), "the wish before it is back");
    assert_eq!(shown(&mut store, later(4)).entries.len(), 3);
    // Or it is left to the schedule after all.
    store.wish(later(5), &zone(), tune_id(1), Some(friday)).unwrap();
    store.wish(later(6), &zone(), tune_id(1), Some(friday.plus_days(1))).unwrap();
    assert_eq!(shown(&mut store, later(7)).entries.len(), 2);
    store.wish(later(8), &zone(), tune_id(1), None).unwrap();
    assert_eq!(shown(&mut store, later(9)).entries.len(), 3);
}

#[test]
fn a_wish_for_a_tune_that_is_rated_already_is_for_the_time_after() {
    let (mut store, _) = world(2);
    let (first, second) = (row(&mut store, now(), 1), row(&mut store, now(), 2));
    store.stage(later(1), first, Rating::Good, None, false).unwrap();
    store.stage(later(1), second, Rating::Good, None, false).unwrap();
    let day = shown(&mut store, now()).day;
    store.submit(later(2), day.date).unwrap();
    store.undo(later(3), day).unwrap();
    store.stage(later(4), second, Rating::Good, None, false).unwrap();
    let friday = now().plus_days(3);
    for n in 1..=2 {
        store.wish(later(5), &zone(), tune_id(n), Some(friday)).unwrap();
    }
    let view = shown(&mut store, later(6));
    assert_eq!((view.entries.len(), view.staged()), (2, 1), "the rating that is chosen is not dropped");
    store.submit(later(7), view.day.date).unwrap();
    for n in 1..=2 {
        assert_eq!(store.tune(tune_id(n)).unwrap().place.unwrap().scheduled, Some(friday));
    }
}

#[test]
fn from_a_kept_queue_too_a_tune_can_be_sent_to_another_day() {
    let (mut store, _) = world(2);
    shown(&mut store, now());
    let morning = now().plus_days(1);
    store.wish(morning, &zone(), tune_id(1), Some(morning.plus_days(2))).unwrap();
    assert_eq!(tunes(&shown(&mut store, morning)), [tune_id(2)]);
}

#[test]
fn a_choice_that_was_cleared_comes_back_and_goes_again() {
    let (mut store, _) = world(2);
    let (first, second) = (row(&mut store, now(), 1), row(&mut store, now(), 2));
    store.stage(later(1), first, Rating::Hard, None, false).unwrap();
    store.stage(later(2), second, Rating::Good, None, false).unwrap();
    let before = shown(&mut store, later(2));
    store.unstage(later(3), first).unwrap();
    let view = shown(&mut store, later(4));
    assert_eq!((view.staged(), view.undo.as_ref().unwrap().deed), (1, Deed::Unstaged(Rating::Hard)));
    assert_eq!(store.submit(later(4), view.day.date).unwrap(), 1, "what is cleared is not submitted");
    store.undo(later(5), view.day).unwrap();
    let back = shown(&mut store, later(6));
    assert_eq!(back.entries[0].staged, before.entries[0].staged, "as it was chosen, with its date");
    assert!(matches!(back.undo.unwrap().deed, Deed::Rated(Rating::Good, _)), "submitted, and chosen after it");
    store.undo(later(7), view.day).unwrap();
    assert_eq!(shown(&mut store, later(8)).undo.unwrap().deed, Deed::Staged(Rating::Hard));
    store.undo(later(9), view.day).unwrap();
    let end = shown(&mut store, later(10));
    assert_eq!((end.staged(), end.undo), (0, None));
    // On the next day nobody speaks of it any more.
    store.stage(later(12), first, Rating::Hard, None, false).unwrap();
    store.unstage(later(13), first).unwrap();
    let tomorrow = now().plus_days(1);
    assert_eq!(store.new_queue(tomorrow, &zone()).unwrap().unwrap().undo, None);
}

#[test]
fn a_tune_that_came_back_within_the_day_is_open_again_when_its_second_rating_is_taken_back() {
    let (mut store, _) = world(1);
    store.set_scheduler_prefs(now(), &SchedulerPrefs { learning_steps: vec![10], ..Default::default() }).unwrap();
    shown(&mut store, now());
    // Yesterday's queue is played this morning, and lost; so the tune is due again today.
    let morning = now().plus_days(1);
    let kept = shown(&mut store, morning);
    store.stage(morning, kept.entries[0].id, Rating::Again, None, false).unwrap();
    let minutes = |n: i64| morning.plus_micros(n * 60_000_000);
    let fresh = store.new_queue(minutes(1), &zone()).unwrap().unwrap();
    assert_eq!((tunes(&fresh), !fresh.entries[0].is_rated()), (vec![tune_id(1)], true));
    store.stage(minutes(2), fresh.entries[0].id, Rating::Good, None, false).unwrap();
    store.submit(minutes(3), fresh.day.date).unwrap();
    store.undo(minutes(4), fresh.day).unwrap();
    let back = store.queue_of(minutes(5), &zone(), fresh.day.date).unwrap().unwrap();
    assert!(!back.entries[0].is_rated(), "the rating of the earlier queue is not this one's");
    assert_eq!(records(&store), 1);
}
