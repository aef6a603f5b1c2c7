//! Evaluations that are chosen first and submitted later, and what else one does with a tune of the day: put it aside, wish for it, take things
//! back.
use crate::fixture::*;
use crate::world::*;
use tunetrees::domain::ids::QueueEntryId;
use tunetrees::domain::listing::DueState;
use tunetrees::domain::practice::{Deed, QueueView, Rating};
use tunetrees::domain::practice_days::{FreeDay, PracticeDays};
use tunetrees::domain::queue::SUSPENDED;
use tunetrees::domain::scheduling::{Algorithm, Goal, Manner, SchedulerPrefs, Technique};
use tunetrees::domain::time::{CalendarDate, LocalDay, Timestamp, Zone};
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError};

fn queue(store: &mut Store) -> QueueView {
    store.todays_queue(now(), &zone()).unwrap().unwrap()
}

fn ids(store: &mut Store) -> Vec<QueueEntryId> {
    queue(store).entries.iter().map(|entry| entry.id).collect()
}

fn day() -> LocalDay {
    LocalDay::containing(now(), &zone())
}

fn date(text: &str) -> CalendarDate {
    text.parse().unwrap()
}

const PRACTICE: [Table; 4] =
    [Table::PracticeRecord, Table::DailyPracticeQueue, Table::PlaylistTune, Table::TableTransientData];

fn all(store: &Store) -> Vec<Vec<String>> {
    PRACTICE.map(|table| contents(store, table)).to_vec()
}

fn count(store: &Store, table: &str) -> i64 {
    store.conn().query_row(&format!("select count(*) from {table} where not deleted"), [], |r| r.get(0)).unwrap()
}

#[test]
fn a_choice_is_staged_shown_changed_and_taken_back_without_a_record() {
    let (mut store, _) = world(2);
    let first = ids(&mut store)[0];
    store.stage(now(), first, Rating::Again, None, false).unwrap();
    store.stage(later(1), first, Rating::Good, Some(Technique::Metronome), false).unwrap();
    let view = queue(&mut store);
    let staged = view.entries[0].staged.clone().unwrap();
    assert_eq!((staged.rating, staged.interval_days, view.staged()), (Rating::Good, 2, 1));
    assert_eq!(view.entries[0].manner.technique, Technique::Metronome);
    assert_eq!(count(&store, "practice_record"), 0);
    assert!(outbox(&store).contains(&("table_transient_data".into(), "insert".into())), "it travels");
    store.unstage(later(2), first).unwrap();
    assert_eq!(queue(&mut store).staged(), 0);
}

#[test]
fn submitting_makes_records_of_the_instant_of_choosing() {
    let (mut store, playlist) = world(3);
    let rows = ids(&mut store);
    store.stage(later(1), rows[1], Rating::Easy, None, false).unwrap();
    store.stage(later(3), rows[0], Rating::Hard, None, false).unwrap();
    let promised: Vec<Timestamp> =
        queue(&mut store).entries[..2].iter().map(|entry| entry.staged.as_ref().unwrap().due).collect();
    assert_eq!(store.submit(later(60), day().date).unwrap(), 2);
    let view = queue(&mut store);
    assert_eq!(
        (view.staged(), view.entries[0].rating, view.entries[1].rating),
        (0, Some(Rating::Hard), Some(Rating::Easy))
    );
    assert_eq!(view.entries[1].completed, Some(later(1)));
    let due: Vec<Timestamp> = view.entries[..2].iter().map(|entry| entry.memory.unwrap().due).collect();
    assert_eq!(due, promised, "the preview kept its word");
    assert_eq!((count(&store, "practice_record"), count(&store, "table_transient_data")), (2, 0));
    assert_eq!(store.submit(later(61), day().date).unwrap(), 0);
    assert_eq!(playlist, view.playlist);
    assert!(store.stage(later(62), rows[0], Rating::Good, None, false).is_err(), "submitted: undo first");
}

#[test]
fn two_devices_that_submit_the_same_choice_make_the_same_rows() {
    let (mut here, _) = world(2);
    let first = ids(&mut here)[0];
    here.stage(later(1), first, Rating::Good, None, false).unwrap();
    let staged = tunetrees::store::row::select(here.conn(), Table::TableTransientData, "true", []).unwrap().remove(0);
    let (mut there, _) = world(2);
    ids(&mut there);
    receive(&mut there, Table::TableTransientData, staged);
    here.submit(later(5), day().date).unwrap();
    there.submit(later(90), day().date).unwrap();
    for table in [Table::PracticeRecord, Table::TableTransientData, Table::PlaylistTune] {
        assert_eq!(contents(&here, table), contents(&there, table));
    }
    // And a device that has got the record, but still the choice, submits nothing twice.
    let record = tunetrees::store::row::select(here.conn(), Table::PracticeRecord, "true", []).unwrap().remove(0);
    let (mut third, playlist) = world(2);
    ids(&mut third);
    receive(&mut third, Table::PracticeRecord, record);
    let again = third.todays_queue(now(), &zone()).unwrap().unwrap().entries[0].id;
    assert_eq!(again, first);
    third
        .edit::<_, StoreError>(later(2), |edit| {
            let row = row! {
                "id": edit.new_id().to_string(), "user_id": edit.user().to_string(), "playlist_id": playlist.to_string(),
                "tune_id": tune_id(1).to_string(), "recall_eval": "good", "practiced": later(1).to_string(),
            };
            edit.insert(Table::TableTransientData, row)
        })
        .unwrap();
    third.submit(later(3), day().date).unwrap();
    assert_eq!((count(&third, "practice_record"), count(&third, "table_transient_data")), (1, 0));
}

#[test]
fn undo_goes_back_through_everything_of_the_day_also_after_a_restart() {
    let (mut store, playlist) = world(4);
    member(&mut store, playlist, tune_id(4), Some(at("2026-03-10T12:00:00Z")));
    let rows = ids(&mut store);
    let mut states = vec![all(&store)];
    store.stage(later(1), rows[0], Rating::Good, None, false).unwrap();
    store.submit(later(2), day().date).unwrap();
    states.push(all(&store));
    store.bury(later(3), rows[1]).unwrap();
    states.push(all(&store));
    store.stage(later(4), rows[2], Rating::Hard, None, false).unwrap();
    states.push(all(&store));
    store.suspend(later(5), rows[3]).unwrap();
    let mut store = Store::open(store.into_connection(), identity(1)).unwrap();
    let deeds = [Deed::Suspended, Deed::Staged(Rating::Hard), Deed::Buried];
    for (deed, expected) in deeds.into_iter().zip(states.iter().rev()) {
        assert_eq!(queue(&mut store).undo.unwrap().deed, deed);
        store.undo(later(6), day()).unwrap();
        assert_eq!(&all(&store), expected, "{deed:?}");
    }
    store.undo(later(7), day()).unwrap();
    let view = queue(&mut store);
    assert_eq!((view.undo, view.entries.len()), (None, 4));
    assert_eq!(all(&store), states[0]);
    assert!(store.undo(later(8), day()).is_err());
}

#[test]
fn a_buried_tune_comes_tomorrow_a_suspended_one_not_until_it_is_woken() {
    let (mut store, _) = world(3);
    let rows = ids(&mut store);
    store.bury(now(), rows[0]).unwrap();
    store.suspend(later(1), rows[1]).unwrap();
    assert_eq!(queue(&mut store).entries.len(), 1);
    store.add_more(later(2), &zone(), zone().date_at(later(2)), 5).unwrap();
    assert_eq!(queue(&mut store).entries.len(), 1, "neither comes back by asking for more");
    let tomorrow = |store: &mut Store| {
        let view = store.todays_queue(now().plus_days(1), &zone()).unwrap().unwrap();
        view.entries.iter().map(|entry| entry.tune).collect::<Vec<_>>()
    };
    assert_eq!(tomorrow(&mut store), [tune_id(1), tune_id(3)]);
    let far = now().plus_days(400);
    assert_eq!(store.todays_queue(far, &zone()).unwrap().unwrap().entries.len(), 2);
    store.wish(far, &zone(), tune_id(2), None).unwrap();
    assert_eq!(store.todays_queue(far.plus_days(1), &zone()).unwrap().unwrap().entries.len(), 3);
    assert_eq!(SUSPENDED.to_string(), "9999-01-01T00:00:00.000000Z");
}

#[test]
fn a_wish_for_today_joins_the_queue_one_for_later_waits() {
    let (mut store, playlist) = world(1);
    for n in 2..=3 {
        let tune = catalog_tune(&mut store, n, "More");
        member(&mut store, playlist, tune, None);
        due_at(&mut store, playlist, tune, at("2026-06-01T00:00:00Z"));
    }
    assert_eq!(ids(&mut store).len(), 1);
    store.wish(now(), &zone(), tune_id(2), Some(later(60))).unwrap();
    store.wish(now(), &zone(), tune_id(3), Some(now().plus_days(2))).unwrap();
    let view = queue(&mut store);
    assert_eq!(view.entries.iter().map(|e| e.tune).collect::<Vec<_>>(), [tune_id(1), tune_id(2)]);
    let then = store.queue_of(now(), &zone(), date("2026-03-12")).unwrap().unwrap();
    assert_eq!((then.stored, then.entries.iter().map(|e| e.tune).collect::<Vec<_>>()), (false, vec![tune_id(3)]));
    assert!(store.wish(now(), &zone(), tune_id(99), None).is_err());
}

#[test]
fn goal_and_technique_set_the_date_and_are_written_down() {
    let (mut store, _) = world(1);
    let row = ids(&mut store)[0];
    store.set_goal(now(), tune_id(1), &Goal::Fluency).unwrap();
    let previews = store.preview_ratings(now(), playlist_id(1), tune_id(1), None).unwrap();
    assert_eq!(previews.map(|p| p.interval_days), [1, 1, 3, 3]);
    let manner = Manner { goal: Goal::Fluency, technique: Technique::DailyPractice };
    assert_eq!(store.preview_ratings(now(), playlist_id(1), tune_id(1), Some(manner)).unwrap()[3].interval_days, 1);
    store.stage(later(1), row, Rating::Easy, Some(Technique::DailyPractice), false).unwrap();
    store.submit(later(2), day().date).unwrap();
    let (goal, technique): (String, String) = store
        .conn()
        .query_row("select goal, technique from practice_record", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap();
    assert_eq!((goal.as_str(), technique.as_str()), ("fluency", "daily_practice"));
    assert_eq!(queue(&mut store).entries[0].memory.unwrap().due, later(1).plus_days(1));
}

#[test]
fn with_learning_steps_a_lost_tune_comes_again_on_the_same_day() {
    let (mut store, _) = world(1);
    let prefs = SchedulerPrefs { learning_steps: vec![5], ..Default::default() };
    store.set_scheduler_prefs(now(), &prefs).unwrap();
    let row = ids(&mut store)[0];
    store.stage(later(1), row, Rating::Again, None, false).unwrap();
    let view = queue(&mut store);
    assert_eq!(view.entries[0].again_at(view.day), Some(later(6)));
    assert!(view.entries[0].is_rated() && !view.entries[0].is_done(view.day));
    store.stage(later(6), row, Rating::Good, None, true).unwrap();
    assert_eq!(count(&store, "practice_record"), 1, "the first choice is submitted");
    store.submit(later(7), day().date).unwrap();
    let view = queue(&mut store);
    assert!(view.entries[0].is_done(view.day));
    assert_eq!(view.entries[0].rating, Some(Rating::Good));
    assert_eq!(count(&store, "practice_record"), 2);
    assert!(store.stage(later(8), row, Rating::Good, None, true).is_err(), "it is through");
    // Back, rating by rating: the first one shows again, and comes once more.
    store.undo(later(9), day()).unwrap();
    let view = queue(&mut store);
    assert_eq!((view.entries[0].rating, view.entries[0].is_done(view.day)), (Some(Rating::Again), false));
    store.undo(later(10), day()).unwrap();
    assert!(!queue(&mut store).entries[0].is_rated());
}

#[test]
fn settings_are_kept_checked_and_change_when_tunes_are_due() {
    let (mut store, _) = world(1);
    let row = ids(&mut store)[0];
    rate(&mut store, later(1), row, Rating::Easy).unwrap();
    let due = |store: &mut Store| queue(store).entries[0].memory.unwrap().due;
    assert_eq!(due(&mut store), later(1).plus_days(8));
    let strict = SchedulerPrefs { retention: 0.95, maximum_interval: 3, ..Default::default() };
    store.set_scheduler_prefs(later(2), &strict).unwrap();
    assert_eq!((due(&mut store), store.scheduler_prefs().unwrap()), (later(1).plus_days(3), strict.clone()));
    let sm2 = SchedulerPrefs { algorithm: Algorithm::Sm2, ..strict };
    store.set_scheduler_prefs(later(2), &sm2).unwrap();
    assert_eq!((due(&mut store), store.scheduler_prefs().unwrap()), (later(1).plus_days(1), sm2.clone()));
    assert!(store.set_scheduler_prefs(later(3), &SchedulerPrefs { retention: 0.2, ..sm2 }).is_err());

    let days = PracticeDays { least: 2, most: 4, days_per_week: 5, delinquency_days: 9, ..Default::default() };
    store.set_practice_days(later(4), &days).unwrap();
    assert_eq!(store.practice_days().unwrap(), days);
    assert!(store.set_practice_days(later(5), &PracticeDays { least: 5, ..days }).is_err());
    assert_eq!((count(&store, "prefs_scheduling_options"), count(&store, "prefs_spaced_repetition")), (1, 1));
}

#[test]
fn an_old_queue_stays_until_a_new_one_is_asked_for_and_what_was_staged_is_submitted_then() {
    let (mut store, _) = world(2);
    let row = ids(&mut store)[0];
    store.stage(now(), row, Rating::Good, None, false).unwrap();
    let tomorrow = now().plus_days(1);
    let kept = store.current_queue(tomorrow, &zone()).unwrap().unwrap();
    assert_eq!((kept.day.date, kept.staged()), (date("2026-03-10"), 1));
    let fresh = store.new_queue(tomorrow, &zone()).unwrap().unwrap();
    assert_eq!(
        (fresh.day.date, fresh.staged(), fresh.entries.len()),
        (date("2026-03-11"), 0, 1),
        "one is due in two days"
    );
    assert_eq!(count(&store, "practice_record"), 1);
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2026-03-11"));
    let days = store.queue_days(0, 10).unwrap();
    assert_eq!(
        days.iter().map(|d| (d.date, d.tunes, d.rated)).collect::<Vec<_>>(),
        [(date("2026-03-11"), 1, 0), (date("2026-03-10"), 2, 1),]
    );
    assert_eq!(store.queue_days(1, 10).unwrap().len(), 1);
    let past = store.queue_of(tomorrow, &zone(), date("2026-03-10")).unwrap().unwrap();
    assert_eq!((past.entries.len(), past.entries[0].rating), (2, Some(Rating::Good)));
    let never = store.queue_of(tomorrow, &zone(), date("2026-01-10")).unwrap().unwrap();
    assert_eq!((never.entries.len(), never.stored), (0, false));
}

#[test]
fn a_queue_made_elsewhere_is_the_current_one_here() {
    let (mut store, _) = world(2);
    ids(&mut store);
    let tomorrow = now().plus_days(1);
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2026-03-10"));
    let (mut other, _) = world(2);
    other.todays_queue(tomorrow, &zone()).unwrap();
    for row in tunetrees::store::row::select(other.conn(), Table::DailyPracticeQueue, "true", []).unwrap() {
        receive(&mut store, Table::DailyPracticeQueue, row);
    }
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2026-03-11"));
}

#[test]
fn free_days_bring_nothing_unless_asked_and_quiet_ones_are_filled() {
    let (mut store, playlist) = world(1);
    for n in 2..=6 {
        let tune = catalog_tune(&mut store, n, "More");
        member(&mut store, playlist, tune, None);
        due_at(&mut store, playlist, tune, at("2026-04-01T00:00:00Z").plus_days(n as i64));
    }
    let mut days = PracticeDays { least: 3, ..Default::default() };
    days.week[1].free = true; // 10 March 2026 is a Tuesday
    store.set_practice_days(now(), &days).unwrap();
    let view = queue(&mut store);
    assert_eq!((view.entries.len(), view.stored, view.free), (0, false, Some(FreeDay::Weekday)));
    store.add_more(now(), &zone(), zone().date_at(now()), 1).unwrap();
    assert_eq!((queue(&mut store).entries.len(), queue(&mut store).free), (1, None));
    let wednesday = store.queue_of(now(), &zone(), date("2026-03-11")).unwrap().unwrap();
    assert_eq!(wednesday.entries.len(), 3, "brought forward");
    assert_eq!(wednesday.entries[0].tune, tune_id(2), "the new one is in today's queue already");
}

#[test]
fn a_full_week_is_free() {
    let (mut store, _) = world(20);
    store.set_practice_days(now(), &PracticeDays { days_per_week: 2, most: 3, ..Default::default() }).unwrap();
    let monday = at("2026-03-09T14:00:00Z");
    for offset in [0, 2] {
        let then = monday.plus_days(offset);
        let entry = store.todays_queue(then, &zone()).unwrap().unwrap().entries[0].id;
        rate(&mut store, then, entry, Rating::Good).unwrap();
        assert_eq!(store.todays_queue(then, &zone()).unwrap().unwrap().free, None);
    }
    let view = |store: &mut Store, offset| store.todays_queue(monday.plus_days(offset), &zone()).unwrap().unwrap();
    assert_eq!(view(&mut store, 4).free, Some(FreeDay::WeekIsFull));
    assert_eq!(view(&mut store, 7).entries.len(), 3, "a new week");
}

#[test]
fn planning_anew_keeps_what_is_rated_or_staged() {
    let (mut store, _) = world(8);
    store.set_practice_days(now(), &PracticeDays { most: 4, ..Default::default() }).unwrap();
    let rows = ids(&mut store);
    rate(&mut store, now(), rows[0], Rating::Good).unwrap();
    store.stage(now(), rows[1], Rating::Good, None, false).unwrap();
    store.remove_from_repertoire(later(1), &[tune_id(3)]).unwrap();
    let view = store.renew_queue(later(2), &zone()).unwrap().unwrap();
    let tunes: Vec<_> = view.entries.iter().map(|entry| entry.tune).collect();
    assert_eq!(tunes, [tune_id(1), tune_id(2), tune_id(4), tune_id(5)]);
    assert_eq!((view.entries[0].completed.is_some(), view.staged()), (true, 1));
}

#[test]
fn a_note_kept_beside_a_choice_survives_its_submission() {
    let (mut store, playlist) = world(1);
    let row = ids(&mut store)[0];
    let user = store.user().to_string();
    store
        .edit::<_, StoreError>(now(), |edit| {
            let row = row! {
                "id": "00000000-0000-7000-8000-0000000000aa", "user_id": user.as_str(), "playlist_id": playlist.to_string(),
                "tune_id": tune_id(1).to_string(), "note_private": "slow in the B part",
            };
            edit.insert(Table::TableTransientData, row)
        })
        .unwrap();
    assert_eq!(queue(&mut store).staged(), 0);
    store.stage(later(1), row, Rating::Good, None, false).unwrap();
    assert_eq!(count(&store, "table_transient_data"), 1, "one row a tune, whatever its id");
    store.submit(later(2), day().date).unwrap();
    assert!(contents(&store, Table::TableTransientData)[0].contains("slow in the B part"));
    assert_eq!(queue(&mut store).staged(), 0);
}

#[test]
fn a_tune_put_aside_on_its_page_leaves_todays_queue_and_comes_back_when_it_is_brought_back() {
    let (mut store, _) = world(2);
    ids(&mut store);
    let tunes = |store: &mut Store| queue(store).entries.iter().map(|entry| entry.tune).collect::<Vec<_>>();
    store.wish(later(1), &zone(), tune_id(1), Some(SUSPENDED)).unwrap();
    assert_eq!(tunes(&mut store), [tune_id(2)]);
    let place = store.tune(tune_id(1)).unwrap().place.unwrap();
    let states = [DueState::of(place.comes(), &day()), DueState::of(place.due, &day())];
    assert_eq!(states, [DueState::PutAside, DueState::New]);
    store.wish(later(2), &zone(), tune_id(1), None).unwrap();
    assert_eq!(tunes(&mut store), [tune_id(1), tune_id(2)]);
    // Put aside in the queue, and wished for today on its page.
    let row = ids(&mut store)[1];
    store.suspend(later(3), row).unwrap();
    store.wish(later(4), &zone(), tune_id(2), Some(later(60))).unwrap();
    assert_eq!(tunes(&mut store), [tune_id(1), tune_id(2)]);
    // One that is only not for today stays away when it is left to the schedule.
    let row = ids(&mut store)[0];
    store.bury(later(5), row).unwrap();
    store.wish(later(6), &zone(), tune_id(1), None).unwrap();
    assert_eq!(tunes(&mut store), [tune_id(2)]);
}

#[test]
fn a_goal_of_ones_own_is_offered_again_and_the_date_learned_is_kept() {
    let (mut store, _) = world(2);
    let gig = Goal::named("Gig", &[1.0, 5.0]).unwrap();
    store.set_goal(now(), tune_id(1), &gig).unwrap();
    assert_eq!(store.goals().unwrap().last(), Some(&gig));
    assert_eq!(store.goals().unwrap().len(), Goal::CHOICES.len() + 1);
    assert_eq!(
        store.preview_ratings(now(), playlist_id(1), tune_id(1), None).unwrap().map(|p| p.interval_days),
        [1, 1, 5, 5]
    );
    store.set_learned(now(), tune_id(1), Some(later(-9000))).unwrap();
    assert_eq!(store.tune(tune_id(1)).unwrap().place.unwrap().learned, Some(later(-9000)));
    store.set_learned(now(), tune_id(1), None).unwrap();
    assert_eq!(store.tune(tune_id(1)).unwrap().place.unwrap().learned, None);
    assert!(store.set_learned(now(), tune_id(99), None).is_err() && store.set_goal(now(), tune_id(99), &gig).is_err());
}

#[test]
fn what_the_old_app_marked_as_played_is_played_and_does_not_come_once_more() {
    let (mut store, playlist) = world(1);
    due_at(&mut store, playlist, tune_id(1), at("2026-02-01T00:00:00Z"));
    let row = ids(&mut store)[0];
    let done = row! { "id": row.to_string(), "completed_at": now().to_string() };
    store
        .apply_remote::<_, StoreError>(now(), |edit| edit.update(Table::DailyPracticeQueue, row, done).map(drop))
        .unwrap();
    let view = queue(&mut store);
    assert!(view.entries[0].is_done(view.day), "{:?}", view.entries[0]);
}

#[test]
fn submit_takes_what_is_in_the_queue_that_is_shown_and_leaves_what_an_old_app_left_without_a_date() {
    let (mut store, playlist) = world(2);
    let rows = ids(&mut store);
    let elsewhere = catalog_tune(&mut store, 3, "Not in the queue");
    member(&mut store, playlist, elsewhere, Some(now().plus_days(30)));
    let left = row! {
        "id": "00000000-0000-7000-8000-0000000000ab", "user_id": store.user().to_string(), "playlist_id": playlist.to_string(),
        "tune_id": elsewhere.to_string(), "recall_eval": "good", "quality": 3,
    };
    receive(&mut store, Table::TableTransientData, left);
    store.stage(later(1), rows[0], Rating::Good, None, false).unwrap();
    assert_eq!(store.submit(later(2), day().date).unwrap(), 1);
    store.stage(later(3), rows[1], Rating::Good, None, false).unwrap();
    store.new_queue(now().plus_days(1), &zone()).unwrap();
    let played: Vec<String> = contents(&store, Table::PracticeRecord);
    assert_eq!(played.len(), 2);
    // In its own queue it stands as chosen, and can be submitted like any other.
    let then = now().plus_days(30);
    let view = store.todays_queue(then, &zone()).unwrap().unwrap();
    assert_eq!(view.entries.iter().find(|entry| entry.tune == elsewhere).unwrap().shown_rating(), Some(Rating::Good));
    assert_eq!(store.submit(then, view.day.date).unwrap(), 1);
}
