//! The scenarios of the old app's own unit tests of the daily queue, by their names, where they still hold. Where the old rule is not kept, the
//! test says so and shows what holds instead. Windows, single buckets and their order by itself are in `domain/queue.rs`; rating, staging and
//! undo in `day.rs` and `staging.rs`.

use crate::fixture::*;
use chrono::{FixedOffset, Utc};
use tunetrees::domain::ids::{PlaylistId, TuneId};
use tunetrees::domain::practice::{Bucket, QueueView, Rating};
use tunetrees::domain::practice_days::PracticeDays;
use tunetrees::domain::queue::{Candidate, Window};
use tunetrees::domain::time::{CalendarDate, Timestamp, Zone};
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError};
use uuid::Uuid;

/// The old suite's sit-down instant and zone.
const NOW: &str = "2025-10-16T14:30:00Z";

fn zone() -> FixedOffset {
    FixedOffset::west_opt(4 * 3600).unwrap()
}

fn now() -> Timestamp {
    at(NOW)
}

fn world() -> (Store, PlaylistId) {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    cap(&mut store, 10);
    (store, playlist)
}

/// A tune that is due then; `None`: never practised.
fn tune(store: &mut Store, playlist: PlaylistId, n: u128, due: Option<&str>) -> TuneId {
    let tune = catalog_tune(store, n, &format!("Tune {n}"));
    member(store, playlist, tune, None);
    if let Some(due) = due {
        due_at(store, playlist, tune, at(due));
    }
    tune
}

fn cap(store: &mut Store, most: u32) {
    store
        .set_practice_days(now(), &PracticeDays { most, least: 0, delinquency_days: 7, ..Default::default() })
        .unwrap();
}

fn queue(store: &mut Store) -> QueueView {
    store.todays_queue(now(), &zone()).unwrap().unwrap()
}

fn buckets(view: &QueueView) -> Vec<(TuneId, Bucket)> {
    view.entries.iter().map(|entry| (entry.tune, entry.bucket)).collect()
}

fn dates(store: &Store) -> Vec<String> {
    store.queue_days(0, 50).unwrap().iter().map(|day| day.date.to_string()).collect()
}

fn rows(store: &Store) -> i64 {
    store.conn().query_row("select count(*) from daily_practice_queue where not deleted", [], |row| row.get(0)).unwrap()
}

fn date(text: &str) -> CalendarDate {
    text.parse().unwrap()
}

#[test]
fn windows_without_offset_and_with_minus_240() {
    let utc = Window::containing(now(), 7, &Utc);
    assert_eq!((utc.day.start, utc.day.end), (at("2025-10-16T00:00:00Z"), at("2025-10-17T00:00:00Z")));
    assert_eq!(utc.floor, at("2025-10-09T00:00:00Z"));
    let west = Window::containing(now(), 7, &zone());
    assert_eq!((west.day.start, west.floor), (at("2025-10-16T04:00:00Z"), at("2025-10-09T04:00:00Z")));
}

#[test]
fn windows_are_kept_in_one_text_format_that_sorts_as_time() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, None);
    queue(&mut store);
    let (start, end, date): (String, String, String) = store
        .conn()
        .query_row("select window_start_utc, window_end_utc, queue_date from daily_practice_queue", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((start.as_str(), end.as_str()), ("2025-10-16T04:00:00.000000Z", "2025-10-17T04:00:00.000000Z"));
    assert_eq!(date, "2025-10-16");
}

#[test]
fn classify_today_lapsed_within_seven_days_eight_days_null_and_formats() {
    let window = Window::containing(now(), 7, &zone());
    let bucket = |due: Option<&str>| {
        window.bucket(&Candidate { tune: TuneId(Uuid::from_u128(1)), scheduled: None, due: due.map(at) })
    };
    assert_eq!(bucket(Some("2025-10-16T15:00:00Z")), Some(Bucket::DueToday));
    assert_eq!(bucket(Some("2025-10-12T15:00:00Z")), Some(Bucket::Lapsed));
    assert_eq!(bucket(Some("2025-10-08T03:00:00Z")), Some(Bucket::OldLapsed));
    // There a tune without a date counted as due today; here it is new.
    assert_eq!(bucket(None), Some(Bucket::New));
    // There a date in the future fell into the last bucket; here it is not due.
    assert_eq!(bucket(Some("2025-10-20T15:00:00Z")), None);
    // There times were texts in several formats; here they are instants, and a text is read only with its zone.
    assert_eq!(at("2025-10-12T17:00:00+02:00"), at("2025-10-12T15:00:00Z"));
    assert!("2025-10-12 15:00:00".parse::<Timestamp>().is_err());
}

#[test]
fn empty_queue_with_no_tunes_and_with_only_deleted_tunes() {
    let (mut store, playlist) = world();
    assert!(queue(&mut store).entries.is_empty());
    tune(&mut store, playlist, 1, Some("2025-10-16T15:00:00Z"));
    receive(&mut store, Table::Tune, row! { "id": tune_id(1).to_string(), "title": "Gone", "deleted": 1 });
    assert!(queue(&mut store).entries.is_empty());
    assert_eq!(rows(&store), 0, "nothing is written down for a day without tunes");
}

#[test]
fn q1_single_several_ordered_by_time_and_max_respected() {
    let (mut store, playlist) = world();
    for (n, hour) in [(1, "18"), (2, "15"), (3, "17"), (4, "16")] {
        tune(&mut store, playlist, n, Some(&format!("2025-10-16T{hour}:00:00Z")));
    }
    cap(&mut store, 3);
    let expected = [2, 4, 3].map(|n| (tune_id(n), Bucket::DueToday));
    assert_eq!(buckets(&queue(&mut store)), expected);
}

#[test]
fn q2_three_days_late_fills_after_q1_and_is_left_out_when_q1_is_full() {
    for (most, expected) in [(10, vec![(2, Bucket::DueToday), (1, Bucket::Lapsed)]), (1, vec![(2, Bucket::DueToday)])] {
        let (mut store, playlist) = world();
        tune(&mut store, playlist, 1, Some("2025-10-13T12:00:00Z"));
        tune(&mut store, playlist, 2, Some("2025-10-16T15:00:00Z"));
        cap(&mut store, most);
        let expected: Vec<_> = expected.into_iter().map(|(n, bucket)| (tune_id(n), bucket)).collect();
        assert_eq!(buckets(&queue(&mut store)), expected);
    }
}

#[test]
fn q3_never_scheduled_in_order_of_id_apart_from_q4_within_the_capacity() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 3, None);
    tune(&mut store, playlist, 1, None);
    tune(&mut store, playlist, 2, Some("2025-09-01T12:00:00Z"));
    cap(&mut store, 3);
    let expected = [(1, Bucket::New), (3, Bucket::New), (2, Bucket::OldLapsed)].map(|(n, b)| (tune_id(n), b));
    assert_eq!(buckets(&queue(&mut store)), expected, "Q3 before Q4");
    let (mut store, playlist) = world();
    for n in 1..=3 {
        tune(&mut store, playlist, n, None);
    }
    tune(&mut store, playlist, 4, Some("2025-10-06T12:00:00Z"));
    cap(&mut store, 2);
    assert_eq!(buckets(&queue(&mut store)), [(tune_id(1), Bucket::New), (tune_id(2), Bucket::New)]);
}

#[test]
fn unscheduled_with_recent_due_is_q2_and_with_old_due_is_old_lapsed_not_new() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, Some("2025-10-14T12:00:00Z"));
    // There it counted as new.
    tune(&mut store, playlist, 2, Some("2025-08-14T12:00:00Z"));
    assert_eq!(buckets(&queue(&mut store)), [(tune_id(1), Bucket::Lapsed), (tune_id(2), Bucket::OldLapsed)]);
}

#[test]
fn q4_ten_days_old_and_scheduled_by_hand_long_ago() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, Some("2025-10-06T12:00:00Z"));
    let asked = catalog_tune(&mut store, 2, "Asked for");
    member(&mut store, playlist, asked, Some(at("2025-10-01T12:00:00Z")));
    assert_eq!(buckets(&queue(&mut store)), [(asked, Bucket::OldLapsed), (tune_id(1), Bucket::OldLapsed)]);
}

#[test]
fn four_buckets_in_priority_order() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, Some("2025-09-06T12:00:00Z"));
    tune(&mut store, playlist, 2, None);
    tune(&mut store, playlist, 3, Some("2025-10-13T12:00:00Z"));
    tune(&mut store, playlist, 4, Some("2025-10-16T12:00:00Z"));
    let view = queue(&mut store);
    let expected = [(4, Bucket::DueToday), (3, Bucket::Lapsed), (2, Bucket::New), (1, Bucket::OldLapsed)];
    assert_eq!(buckets(&view), expected.map(|(n, bucket)| (tune_id(n), bucket)));
    let places: Vec<i64> = store
        .conn()
        .prepare("select order_index from daily_practice_queue order by bucket")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(places, [0, 1, 2, 3], "numbered through all buckets");
}

#[test]
fn a_second_call_returns_the_same_queue_and_a_reload_leaves_its_rows_alone() {
    let (mut store, playlist) = world();
    for n in 1..=3 {
        tune(&mut store, playlist, n, None);
    }
    let first = queue(&mut store);
    tune(&mut store, playlist, 4, Some("2025-10-16T12:00:00Z"));
    assert_eq!(buckets(&queue(&mut store)), buckets(&first));
    // sync-001: the number of rows is unchanged by reloads.
    let before = rows(&store);
    let mut store = Store::open(store.into_connection(), identity(1)).unwrap();
    assert_eq!((buckets(&queue(&mut store)), rows(&store)), (buckets(&first), before));
}

#[test]
fn forced_regeneration_replaces_persists_and_keeps_what_is_rated() {
    let (mut store, playlist) = world();
    for n in 1..=3 {
        tune(&mut store, playlist, n, None);
    }
    cap(&mut store, 2);
    let first = queue(&mut store);
    rate(&mut store, now(), first.entries[0].id, Rating::Good).unwrap();
    tune(&mut store, playlist, 9, Some("2025-10-16T12:00:00Z"));
    let renewed = store.renew_queue(now(), &zone()).unwrap().unwrap();
    // There what was completed was lost.
    assert_eq!(buckets(&renewed), [(tune_id(1), Bucket::New), (tune_id(9), Bucket::DueToday)]);
    assert_eq!(buckets(&queue(&mut store)), buckets(&renewed));
}

#[test]
fn add_more_appends_skips_present_and_refuses_a_count_of_nothing() {
    let (mut store, playlist) = world();
    for n in 1..=4 {
        tune(&mut store, playlist, n, Some("2025-09-01T12:00:00Z"));
    }
    cap(&mut store, 2);
    let first = buckets(&queue(&mut store));
    store.add_more(now(), &zone(), zone().date_at(now()), 1).unwrap();
    let after = buckets(&queue(&mut store));
    assert_eq!((&after[..2], after.len()), (&first[..], 3));
    assert!(queue(&mut store).more);
    store.add_more(now(), &zone(), zone().date_at(now()), 50).unwrap();
    let all = queue(&mut store);
    assert_eq!((all.entries.len(), all.more), (4, false), "then it is not offered any more");
    assert!(store.add_more(now(), &zone(), zone().date_at(now()), 0).is_err());
}

#[test]
fn add_more_without_a_queue_makes_it_first() {
    let (mut store, playlist) = world();
    for n in 1..=4 {
        tune(&mut store, playlist, n, None);
    }
    cap(&mut store, 2);
    // There nothing happened.
    store.add_more(now(), &zone(), zone().date_at(now()), 1).unwrap();
    assert_eq!(queue(&mut store).entries.len(), 3);
}

#[test]
fn the_latest_window_is_shown_even_when_complete_and_inactive_rows_do_not_count() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, None);
    assert_eq!(dates(&store), [""; 0], "none: nothing");
    let entry = queue(&mut store).entries[0].id;
    rate(&mut store, now(), entry, Rating::Good).unwrap();
    let tomorrow = now().plus_days(1);
    let current = |store: &mut Store| store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date;
    assert_eq!(current(&mut store), date("2025-10-16"));
    // A tune put aside is an inactive row: a day of such rows only is no queue any more.
    let day = queue(&mut store).day;
    store.undo(now(), day).unwrap();
    store.suspend(now(), entry).unwrap();
    tune(&mut store, playlist, 2, None);
    assert_eq!(current(&mut store), date("2025-10-17"));
}

#[test]
fn recent_windows_newest_first_with_counts_and_paging_one_line_a_date() {
    let (mut store, playlist) = world();
    for n in 1..=3 {
        tune(&mut store, playlist, n, None);
    }
    for day in 0..3 {
        let then = now().plus_days(day);
        let view = store.todays_queue(then, &zone()).unwrap().unwrap();
        let open = view.entries.iter().find(|entry| !entry.is_rated()).unwrap().id;
        rate(&mut store, then, open, Rating::Easy).unwrap();
    }
    // A row of another device in another zone, with the same date: still one line.
    catalog_tune(&mut store, 9, "There");
    let user = store.user().to_string();
    receive(
        &mut store,
        Table::DailyPracticeQueue,
        row! {
            "id": "00000000-0000-5000-8000-0000000000d1", "user_ref": user, "playlist_ref": playlist.to_string(),
            "tune_ref": tune_id(9).to_string(), "queue_date": "2025-10-17", "window_start_utc": "2025-10-17T07:00:00.000000Z",
            "window_end_utc": "2025-10-18T07:00:00.000000Z", "bucket": 1, "order_index": 9, "active": 1,
            "snapshot_coalesced_ts": "2025-10-17T07:00:00.000000Z", "generated_at": "2025-10-17T10:00:00.000000Z",
        },
    );
    assert_eq!(dates(&store), ["2025-10-18", "2025-10-17", "2025-10-16"]);
    let all = store.queue_days(0, 50).unwrap();
    assert_eq!(all.iter().map(|day| (day.tunes, day.rated)).collect::<Vec<_>>(), [(1, 1), (3, 1), (3, 1)]);
    let page = |offset, limit| store.queue_days(offset, limit).unwrap().iter().map(|d| d.date).collect::<Vec<_>>();
    assert_eq!((page(0, 2), page(2, 2), page(9, 2)), (vec![all[0].date, all[1].date], vec![all[2].date], vec![]));
}

#[test]
fn add_specific_tunes_without_regeneration_skips_those_that_are_there() {
    let (mut store, playlist) = world();
    for n in 1..=3 {
        tune(&mut store, playlist, n, Some("2026-03-01T12:00:00Z"));
    }
    tune(&mut store, playlist, 4, None);
    let first = buckets(&queue(&mut store));
    assert_eq!(first, [(tune_id(4), Bucket::New)]);
    store.wish(now(), &zone(), tune_id(2), Some(now())).unwrap();
    store.wish(now(), &zone(), tune_id(4), Some(now())).unwrap();
    assert_eq!(buckets(&queue(&mut store)), [(tune_id(4), Bucket::New), (tune_id(2), Bucket::DueToday)]);
}

#[test]
fn a_consumed_override_is_cleared_only_if_unchanged_since_generation() {
    for (changed, left) in [(false, None), (true, Some(at("2025-12-01T12:00:00Z")))] {
        let (mut store, playlist) = world();
        let wanted = catalog_tune(&mut store, 1, "Wanted");
        member(&mut store, playlist, wanted, Some(at("2025-10-16T12:00:00Z")));
        let entry = queue(&mut store).entries[0].id;
        if changed {
            store.wish(now(), &zone(), wanted, left).unwrap();
        }
        store.stage(now(), entry, Rating::Good, None, false).unwrap();
        store.submit(now(), date("2025-10-16")).unwrap();
        assert_eq!(store.tune(wanted).unwrap().place.unwrap().scheduled, left);
    }
}

#[test]
fn sync_003_a_fresh_device_takes_yesterdays_synced_window_instead_of_generating() {
    let (mut phone, playlist) = world();
    tune(&mut phone, playlist, 1, None);
    queue(&mut phone);
    let (mut laptop, playlist) = world();
    tune(&mut laptop, playlist, 1, None);
    for row in tunetrees::store::row::select(phone.conn(), Table::DailyPracticeQueue, "true", []).unwrap() {
        receive(&mut laptop, Table::DailyPracticeQueue, row);
    }
    let tomorrow = now().plus_days(1);
    let view = laptop.current_queue(tomorrow, &zone()).unwrap().unwrap();
    assert_eq!((view.day.date, rows(&laptop)), (date("2025-10-16"), 1));
}

#[test]
fn sync_005_midnight_in_utc_does_not_roll_over_in_a_western_zone() {
    let (mut store, playlist) = world();
    tune(&mut store, playlist, 1, None);
    let evening = at("2025-10-17T01:30:00Z");
    let view = store.todays_queue(evening, &zone()).unwrap().unwrap();
    assert_eq!(view.day.date, date("2025-10-16"));
    assert_eq!(store.todays_queue(at("2025-10-17T03:59:00Z"), &zone()).unwrap().unwrap().day.date, date("2025-10-16"));
    assert_eq!(store.todays_queue(at("2025-10-17T04:00:00Z"), &zone()).unwrap().unwrap().day.date, date("2025-10-17"));
}

#[test]
fn practice_005_each_repertoire_has_its_own_day() {
    let (mut store, flute) = world();
    tune(&mut store, flute, 1, None);
    queue(&mut store);
    let banjo = repertoire(&mut store, 2);
    tune(&mut store, banjo, 2, None);
    let tomorrow = now().plus_days(1);
    // The flute waits for a new queue; the banjo begins with today's.
    store.choose_repertoire(banjo).unwrap();
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-17"));
    store.choose_repertoire(flute).unwrap();
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-16"));
    assert_eq!(store.new_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-17"));
    assert_eq!(store.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-17"));
}

#[test]
fn practice_005_a_new_queue_that_arrives_by_sync_clears_the_banner() {
    let (mut here, playlist) = world();
    let (mut there, _) = world();
    for store in [&mut here, &mut there] {
        tune(store, playlist, 1, None);
    }
    queue(&mut here);
    let tomorrow = now().plus_days(1);
    assert_eq!(here.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-16"));
    there.todays_queue(tomorrow, &zone()).unwrap();
    let arrived = tunetrees::store::row::select(there.conn(), Table::DailyPracticeQueue, "true", []).unwrap();
    here.apply_remote::<_, StoreError>(tomorrow, |edit| {
        arrived.iter().try_for_each(|row| {
            edit.touch(Table::DailyPracticeQueue);
            tunetrees::store::row::upsert(edit.conn(), Table::DailyPracticeQueue, row)
        })
    })
    .unwrap();
    assert_eq!(here.current_queue(tomorrow, &zone()).unwrap().unwrap().day.date, date("2025-10-17"));
}
