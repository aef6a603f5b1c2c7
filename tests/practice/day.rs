//! A day of practice through the requests: queue, rate, undo, add more; the rules of the old app that are worth keeping.

use crate::fixture::*;
use chrono::FixedOffset;
use tunetrees::domain::ids::{PlaylistId, QueueEntryId, TuneId};
use tunetrees::domain::practice::{Bucket, QueueView, Rating};
use tunetrees::domain::time::{CalendarDate, Timestamp, Zone};
use tunetrees::row;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use tunetrees::worker::protocol::{
    AttentionAnswer, AttentionRequest, Failure, LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest,
    Request, Response,
};
use tunetrees::worker::requests::answer;

fn zone() -> FixedOffset {
    FixedOffset::west_opt(4 * 3600).unwrap()
}

const NOW: &str = "2026-03-10T14:30:00Z";

fn ask(store: &mut Store, request: impl Into<Request>) -> Result<Response, Failure> {
    answer(store, request, at(NOW), &zone())
}

fn queue_at(store: &mut Store, now: Timestamp) -> QueueView {
    match answer(store, PracticeRequest::QueueOf { date: zone().date_at(now) }, now, &zone()).unwrap() {
        Response::Practice(PracticeAnswer::Queue(Some(view))) => view,
        other => panic!("{other:?}"),
    }
}

fn queue(store: &mut Store) -> QueueView {
    queue_at(store, at(NOW))
}

fn tunes(view: &QueueView) -> Vec<(TuneId, Bucket)> {
    view.entries.iter().map(|e| (e.tune, e.bucket)).collect()
}

/// A repertoire of `count` new tunes.
fn world(count: u128) -> (Store, PlaylistId) {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    for n in 1..=count {
        let tune = catalog_tune(&mut store, n, &format!("Tune {n}"));
        member(&mut store, playlist, tune, None);
    }
    store.take_changes();
    (store, playlist)
}

fn cap(store: &mut Store, most: i64) {
    let row = row! {
        "id": "00000000-0000-5000-8000-0000000000f1", "user_id": store.user().to_string(),
        "acceptable_delinquency_window": 7, "max_reviews_per_day": most,
    };
    receive(store, Table::PrefsSchedulingOptions, row);
}

fn today() -> CalendarDate {
    zone().date_at(at(NOW))
}

fn stage(entry: QueueEntryId, rating: Rating) -> PracticeRequest {
    PracticeRequest::Stage { date: today(), entry, rating: Some(rating), technique: None, repeat: false }
}

fn rate(store: &mut Store, position: usize, rating: Rating) -> QueueView {
    let entry = queue(store).entries[position].id;
    ask(store, stage(entry, rating)).unwrap();
    match ask(store, PracticeRequest::Submit { date: today() }).unwrap() {
        Response::Practice(PracticeAnswer::Queue(Some(view))) => view,
        other => panic!("{other:?}"),
    }
}

fn count(store: &Store, table: &str) -> i64 {
    store.conn().query_row(&format!("select count(*) from {table}"), [], |r| r.get(0)).unwrap()
}

#[test]
fn without_a_repertoire_there_is_no_queue() {
    assert_eq!(ask(&mut empty(), PracticeRequest::CurrentQueue), Ok(Response::Practice(PracticeAnswer::Queue(None))));
}

#[test]
fn a_repertoire_without_tunes_has_an_empty_queue_and_nothing_is_written() {
    let (mut store, _) = world(0);
    assert!(queue(&mut store).entries.is_empty());
    assert_eq!((outbox(&store), count(&store, "daily_practice_queue")), (vec![], 0));
    assert_eq!(store.take_changes(), []);
}

#[test]
fn deleted_tunes_and_tunes_that_left_do_not_come() {
    let (mut store, playlist) = world(3);
    receive(&mut store, Table::Tune, row! { "id": tune_id(1).to_string(), "title": "Gone", "deleted": 1 });
    answer(&mut store, LibraryRequest::RemoveFromRepertoire { tunes: vec![tune_id(2)] }, at(NOW), &zone()).unwrap();
    let view = queue(&mut store);
    assert_eq!(tunes(&view), [(tune_id(3), Bucket::New)]);
    assert_eq!(view.playlist, playlist);
}

#[test]
fn four_buckets_come_in_order_of_priority() {
    let (mut store, playlist) = world(6);
    cap(&mut store, 10);
    due_at(&mut store, playlist, tune_id(1), at("2026-02-01T12:00:00Z"));
    due_at(&mut store, playlist, tune_id(2), at("2026-03-07T12:00:00Z"));
    due_at(&mut store, playlist, tune_id(3), at("2026-03-10T20:00:00Z"));
    due_at(&mut store, playlist, tune_id(4), at("2026-03-20T20:00:00Z"));
    member(&mut store, playlist, tune_id(5), Some(at("2026-03-10T05:00:00Z")));
    let expected = [
        (tune_id(5), Bucket::DueToday),
        (tune_id(3), Bucket::DueToday),
        (tune_id(2), Bucket::Lapsed),
        (tune_id(6), Bucket::New),
        (tune_id(1), Bucket::OldLapsed),
    ];
    assert_eq!(tunes(&queue(&mut store)), expected);
}

#[test]
fn the_cap_is_kept_and_zero_means_none() {
    for (most, expected) in [(3, 3), (0, 15)] {
        let (mut store, _) = world(15);
        cap(&mut store, most);
        assert_eq!(queue(&mut store).entries.len(), expected);
    }
    assert_eq!(queue(&mut world(15).0).entries.len(), 10, "ten without a setting");
}

#[test]
fn the_queue_is_frozen_for_the_day_and_queued_for_the_server() {
    let (mut store, playlist) = world(3);
    let first = queue(&mut store);
    assert_eq!(outbox(&store).len(), 3);
    store.take_changes();
    due_at(&mut store, playlist, tune_id(3), at("2026-03-10T20:00:00Z"));
    assert_eq!(tunes(&queue_at(&mut store, at("2026-03-11T03:59:59Z"))), tunes(&first));
    assert_eq!(outbox(&store).len(), 3);
    assert_ne!(tunes(&queue_at(&mut store, at("2026-03-11T04:00:00Z"))), tunes(&first), "a new day at local midnight");
}

#[test]
fn two_devices_make_the_same_rows() {
    let (mut here, _) = world(12);
    let (mut there, _) = world(12);
    let rows = |store: &mut Store, now: &str| {
        queue_at(store, at(now));
        let all = contents(store, Table::DailyPracticeQueue);
        all.into_iter().map(|row| row.split("\"generated_at\"").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&mut here, NOW), rows(&mut there, "2026-03-10T22:00:00Z"));
}

#[test]
fn a_rating_is_recorded_everywhere_in_one_edit() {
    let (mut store, playlist) = world(2);
    due_at(&mut store, playlist, tune_id(1), at("2026-03-10T12:00:00Z"));
    let previews =
        match ask(&mut store, PracticeRequest::PreviewRatings { playlist, tune: tune_id(1), manner: None }).unwrap() {
            Response::Practice(PracticeAnswer::Previews(previews)) => previews,
            other => panic!("{other:?}"),
        };
    let view = rate(&mut store, 0, Rating::Good);
    let entry = &view.entries[0];
    assert_eq!((entry.tune, entry.rating), (tune_id(1), Some(Rating::Good)));
    assert_eq!(view.undo.as_ref().unwrap().title, "Tune 1");

    let sql = "select r.quality, r.due, m.\"current\", s.due, q.completed_at = r.practiced, q.outcome, r.\"interval\", r.stability
        from practice_record r join playlist_tune m using (tune_ref) join scheduling_state s using (tune_ref)
        join daily_practice_queue q using (tune_ref) where r.easiness is null";
    let (quality, due, current, state_due, same, outcome): (i64, String, String, String, bool, String) = store
        .conn()
        .query_row(sql, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?)))
        .unwrap();
    assert_eq!((quality, same, outcome.as_str()), (3, true, "Good"));
    assert_eq!((&due, &due), (&current, &state_due));
    // The preview was for the instant she looked; the stamp may be some microseconds later.
    let promised = previews[2].due;
    assert!(due.parse::<Timestamp>().unwrap().micros() - promised.micros() < 1_000_000);
    let transactions: i64 = store
        .conn()
        .query_row(
            "select count(distinct txn) from sync_queue where operation = 'insert' and table_name = 'practice_record'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(transactions, 1);
}

#[test]
fn a_tune_is_rated_once_a_day() {
    let (mut store, _) = world(1);
    rate(&mut store, 0, Rating::Again);
    let entry = queue(&mut store).entries[0].id;
    assert!(matches!(ask(&mut store, stage(entry, Rating::Good)), Err(Failure::Invalid(_))));
    assert_eq!(count(&store, "practice_record"), 1);
    let due: String = store.conn().query_row("select due from scheduling_state", [], |r| r.get(0)).unwrap();
    assert!(due.as_str() >= "2026-03-11T14:30", "not on the same day: {due}");
}

#[test]
fn a_wish_is_used_up_by_the_rating_it_led_to_and_only_by_that() {
    let (mut store, playlist) = world(2);
    member(&mut store, playlist, tune_id(1), Some(at("2026-03-09T12:00:00Z")));
    member(&mut store, playlist, tune_id(2), Some(at("2026-03-09T11:00:00Z")));
    assert_eq!(queue(&mut store).entries.len(), 2);
    member(&mut store, playlist, tune_id(2), Some(at("2026-04-01T12:00:00Z")));
    rate(&mut store, 0, Rating::Good);
    rate(&mut store, 1, Rating::Good);
    let mut statement = store.conn().prepare("select scheduled from playlist_tune order by tune_ref").unwrap();
    let left: Vec<Option<String>> = statement.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(left, [None, Some("2026-04-01T12:00:00.000000Z".to_owned())]);
}

const PRACTICE: [Table; 3] = [Table::PracticeRecord, Table::DailyPracticeQueue, Table::PlaylistTune];

fn all(store: &Store) -> Vec<Vec<String>> {
    PRACTICE.map(|table| contents(store, table)).to_vec()
}

#[test]
fn undo_goes_back_rating_by_rating_and_survives_a_restart() {
    let (mut store, playlist) = world(3);
    member(&mut store, playlist, tune_id(1), Some(at("2026-03-09T12:00:00Z")));
    queue(&mut store);
    let mut states = vec![all(&store)];
    for position in 0..3 {
        rate(&mut store, position, Rating::ALL[position]);
        states.push(all(&store));
    }
    let mut store = Store::open(store.into_connection(), identity(1)).unwrap();
    for expected in states.iter().rev().skip(1) {
        ask(&mut store, PracticeRequest::Undo { date: today() }).unwrap();
        assert_eq!(&all(&store), expected);
    }
    assert_eq!(count(&store, "scheduling_state"), 0);
    assert!(matches!(ask(&mut store, PracticeRequest::Undo { date: today() }), Err(Failure::Invalid(_))));
    assert!(outbox(&store).iter().all(|(table, _)| table != "practice_record"), "never sent, never to be sent");
}

#[test]
fn after_an_undo_a_rating_of_another_device_still_counts() {
    let (mut store, playlist) = world(1);
    queue(&mut store);
    let practiced = at("2026-03-10T13:00:00Z");
    let id = tunetrees::domain::ids::PracticeRecordId::of(playlist, tune_id(1), practiced);
    rate(&mut store, 0, Rating::Good);
    let user = store.user().to_string();
    receive(
        &mut store,
        Table::PracticeRecord,
        row! {
            "id": id.to_string(), "user_ref": user, "playlist_ref": playlist.to_string(), "tune_ref": tune_id(1).to_string(),
            "practiced": practiced.to_string(), "quality": 2,
        },
    );
    ask(&mut store, PracticeRequest::Undo { date: today() }).unwrap();
    let view = queue(&mut store);
    assert_eq!(view.entries[0].rating, Some(Rating::Hard));
    assert_eq!(view.entries[0].completed, Some(practiced));
}

#[test]
fn add_more_brings_tunes_that_are_not_there_yet() {
    let (mut store, _) = world(13);
    let before = tunes(&queue(&mut store));
    let Response::Practice(PracticeAnswer::Queue(Some(view))) =
        ask(&mut store, PracticeRequest::AddMore { date: zone().date_at(at(NOW)), count: 2 }).unwrap()
    else {
        panic!()
    };
    let after = tunes(&view);
    assert_eq!((after[..10] == before, after.len()), (true, 12));
    ask(&mut store, PracticeRequest::AddMore { date: zone().date_at(at(NOW)), count: 50 }).unwrap();
    assert_eq!(queue(&mut store).entries.len(), 13);
    for count in [0, 51] {
        assert!(matches!(
            ask(&mut store, PracticeRequest::AddMore { date: zone().date_at(at(NOW)), count }),
            Err(Failure::Invalid(_))
        ));
    }
}

#[test]
fn an_added_tune_joins_todays_queue_while_there_is_room() {
    let (mut store, _) = world(9);
    queue(&mut store);
    let extra: Vec<TuneId> = (20..23).map(|n| catalog_tune(&mut store, n, "Extra")).collect();
    let added = ask(&mut store, LibraryRequest::AddToRepertoire { tunes: extra.clone() }).unwrap();
    assert_eq!(added, Response::Library(LibraryAnswer::Added { added: extra.clone(), present: 0 }));
    let view = queue(&mut store);
    assert_eq!(view.entries.len(), 10);
    assert_eq!(tunes(&view)[9], (extra[0], Bucket::New));
    assert_eq!(
        ask(&mut store, LibraryRequest::AddToRepertoire { tunes: extra }).unwrap(),
        Response::Library(LibraryAnswer::Added { added: vec![], present: 3 })
    );
}

#[test]
fn a_tune_taken_out_leaves_the_queue_unless_it_was_rated_and_comes_back_with_its_history() {
    let (mut store, _) = world(2);
    rate(&mut store, 0, Rating::Easy);
    let both = vec![tune_id(1), tune_id(2)];
    ask(&mut store, LibraryRequest::RemoveFromRepertoire { tunes: both.clone() }).unwrap();
    assert_eq!(tunes(&queue(&mut store)), [(tune_id(1), Bucket::New)]);
    assert_eq!(
        ask(&mut store, LibraryRequest::AddToRepertoire { tunes: both.clone() }).unwrap(),
        Response::Library(LibraryAnswer::Added { added: both, present: 0 })
    );
    assert_eq!(queue(&mut store).entries.len(), 2);
    let Response::Library(LibraryAnswer::Tune(detail)) =
        ask(&mut store, LibraryRequest::Tune { tune: tune_id(1) }).unwrap()
    else {
        panic!()
    };
    assert_eq!((detail.history.len(), detail.in_repertoire), (1, true));
}

#[test]
fn requests_of_account_and_sync_are_refused_here() {
    assert!(matches!(ask(&mut empty(), AttentionRequest::SyncNow), Err(Failure::Invalid(_))));
    // But what the sync has to tell is in the database.
    let nothing = Response::Attention(AttentionAnswer::Refused { edits: Vec::new(), total: 0 });
    assert_eq!(ask(&mut empty(), AttentionRequest::Refused { limit: 50 }).unwrap(), nothing);
}
