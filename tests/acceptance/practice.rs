//! The day's practice on several devices: one queue, marks that travel, days that begin where the person is.

use std::cell::RefCell;
use std::rc::Rc;

use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, QueueEntryId, TuneId};
use tunetrees::domain::practice::{QueueView, Rating};
use tunetrees::domain::time::{CalendarDate, LocalDay, Timestamp, Zone};
use tunetrees::remote::auth::Session;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Identity, Store};
use tunetrees::worker::protocol::{LibraryRequest, PracticeAnswer, PracticeRequest, Response};
use tunetrees::worker::requests::answer;
use uuid::Uuid;

use super::{PULL, ask, away, back, fault, furnish, queue, quietly, rate};
use crate::devices::{Device, account, config, database, eventually, eventually_for, now, run, sign_in, stack};
use devstack::faults::Action;

/// A new device of this person, opened as the app opens it: what is derived waits for the first pull.
fn new_device(stack: &devstack::Devstack, session: Session) -> Device {
    let identity = Identity { user: session.user, device: DeviceId(Uuid::now_v7()) };
    let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
    store.await_first_pull(now()).unwrap();
    Device::resume(config(stack), Rc::new(RefCell::new(store)), Some(session))
}

/// The queue as people compare it: place, tune, played how.
fn seen(view: &QueueView) -> Vec<(TuneId, Option<Rating>)> {
    view.entries.iter().map(|entry| (entry.tune, entry.rating)).collect()
}

const ROWS: &str = "select count(*) from daily_practice_queue where not deleted";

#[test]
fn n15_a_new_device_waits_for_the_first_pull_before_it_makes_todays_queue() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        furnish(&a, 12);
        a.synced().await;
        // More rows than one page holds between them, so that the new device has the repertoire before the queue.
        a.edit(|edit| {
            for n in 0..600 {
                let (id, user) = (edit.new_id().to_string(), edit.user().to_string());
                edit.insert(Table::Tune, row! { "id": id, "title": format!("Filler {n}"), "private_for": user })?;
            }
            Ok(())
        });
        a.synced().await;
        let made = seen(&queue(&a));
        assert_eq!(made.len(), 10);
        a.synced().await;
        stack.faults.add(fault(PULL, None, Action::DelayMs(200)));
        let b = new_device(&stack, sign_in(&stack, &email).await);
        let repertoire = "select count(*) from playlist_tune";
        eventually_for(20, "the first page", || b.count("select count(*) from tune") > 0).await;
        while b.count(repertoire) == 0 || b.status.borrow().last_pull.is_none() {
            // Asked again and again by an impatient interface.
            let _ = ask(&b, PracticeRequest::CurrentQueue);
            assert_eq!(b.count("select count(*) from sync_queue"), 0, "nothing is made from half of her data");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        stack.faults.clear();
        b.synced().await;
        assert_eq!(seen(&queue(&b)), made);
        assert_eq!((b.count(ROWS), b.count("select count(*) from sync_queue")), (10, 0));
        stack.stop().await;
    });
}

#[test]
fn n15_two_devices_that_are_offline_in_the_morning_make_one_queue() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (_, tunes) = furnish(&a, 12);
        a.synced().await;
        let b = new_device(&stack, sign_in(&stack, &email).await);
        b.synced().await;
        let (a, b) = (away(a).await, away(b).await);
        let entry = |device: &Device, place: usize| queue(device).entries[place].id;
        rate(&a, entry(&a, 0), Rating::Good);
        rate(&b, entry(&b, 1), Rating::Hard);
        // A tune of B's own comes on top.
        let more = ask(&b, PracticeRequest::AddMore { date: queue(&b).day.date, count: 1 });
        assert!(matches!(more, Response::Practice(PracticeAnswer::Queue(Some(view))) if view.entries.len() == 11));
        let (a, b) = (back(&stack, &email, a).await, back(&stack, &email, b).await);
        a.synced().await;
        b.synced().await;
        a.synced().await;
        let one = seen(&queue(&a));
        assert_eq!(one, seen(&queue(&b)));
        let played: Vec<_> = one.iter().filter_map(|(_, rating)| *rating).collect();
        assert_eq!((one.len(), played), (11, vec![Rating::Good, Rating::Hard]));
        let db = database(&stack).await;
        let rows: i64 = db.query_one(ROWS, &[]).await.unwrap().get(0);
        assert_eq!((rows, a.count("select count(*) from sync_queue")), (11, 0));
        assert!(tunes.len() == 12);
        stack.stop().await;
    });
}

#[test]
fn n16_played_marks_and_staged_evaluations_travel() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (playlist, tunes) = furnish(&a, 3);
        queue(&a);
        a.synced().await;
        let b = new_device(&stack, sign_in(&stack, &email).await);
        b.synced().await;
        assert!(queue(&b).entries.iter().all(|entry| entry.completed.is_none()));

        let entry = queue(&a).entries[0].clone();
        rate(&a, entry.id, Rating::Easy);
        // Rating has left a row of its own for the first one.
        let other = tunes.into_iter().find(|tune| *tune != entry.tune).unwrap();
        let staged = a.edit(|edit| {
            let id = edit.new_id().to_string();
            let row = row! {
                "id": id.as_str(), "user_id": edit.user().to_string(), "playlist_id": playlist.to_string(),
                "tune_id": other.to_string(), "recall_eval": "good", "note_private": "slow in the B part",
            };
            edit.insert(Table::TableTransientData, row)?;
            Ok(id)
        });
        eventually("played on B", || queue(&b).entries[0].rating == Some(Rating::Easy)).await;
        eventually("staged on B", || b.value(Table::TableTransientData, &staged, "recall_eval") == "good").await;
        // The choice came last, so it goes first; what is noted beside it stays.
        assert_eq!(queue(&b).undo.map(|undo| undo.tune), Some(other), "and can be taken back there");
        ask(&b, PracticeRequest::Undo { date: queue(&b).day.date });
        assert_eq!(queue(&b).undo.map(|undo| undo.tune), Some(entry.tune));
        ask(&b, PracticeRequest::Undo { date: queue(&b).day.date });
        b.set(Table::TableTransientData, &staged, row! { "recall_eval": "hard" });
        eventually("taken back on A", || queue(&a).entries[0].completed.is_none()).await;
        eventually("changed on A", || a.value(Table::TableTransientData, &staged, "recall_eval") == "hard").await;
        assert_eq!(a.value(Table::TableTransientData, &staged, "note_private"), "slow in the B part");
        stack.stop().await;
    });
}

#[test]
fn n17_todays_queue_made_anew_on_one_device_leaves_the_other_consistent() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (_, tunes) = furnish(&a, 8);
        let first = queue(&a);
        a.synced().await;
        let b = new_device(&stack, sign_in(&stack, &email).await);
        b.synced().await;
        let (a, b) = (away(a).await, away(b).await);
        // B plays one; A gives tunes up, takes the whole day back and has it made anew.
        let played = queue(&b).entries[7].clone();
        rate(&b, played.id, Rating::Good);
        ask(&a, LibraryRequest::RemoveFromRepertoire { tunes: vec![first.entries[0].tune, first.entries[1].tune] });
        quietly(&a, |edit| {
            first.entries.iter().try_for_each(|entry| edit.delete(Table::DailyPracticeQueue, entry.id).map(drop))
        });
        let anew = queue(&a);
        assert_eq!(anew.entries.len(), 6);
        let (a, b) = (back(&stack, &email, a).await, back(&stack, &email, b).await);
        a.synced().await;
        b.synced().await;
        a.synced().await;
        let (on_a, on_b) = (seen(&queue(&a)), seen(&queue(&b)));
        assert_eq!(on_a, on_b);
        assert_eq!(on_a.len(), 6);
        assert!(on_a.contains(&(played.tune, Some(Rating::Good))), "what was played stays played: {on_a:?}");
        assert!(!on_a.iter().any(|(tune, _)| *tune == first.entries[0].tune));
        let twice = "select count(*) from (select tune_ref from daily_practice_queue where not deleted group by tune_ref, queue_date having count(*) > 1)";
        assert_eq!((a.count(twice), b.count(twice), tunes.len()), (0, 0, 8));
        stack.stop().await;
    });
}

/// A place whose clocks change in 2026: offsets in hours, and the instants of the changes.
struct Place {
    winter: i64,
    summer: i64,
    from: &'static str,
    to: &'static str,
}

const BERLIN: Place = Place { winter: 1, summer: 2, from: "2026-03-29T01:00:00Z", to: "2026-10-25T01:00:00Z" };
const NEW_YORK: Place = Place { winter: -5, summer: -4, from: "2026-03-08T07:00:00Z", to: "2026-11-01T06:00:00Z" };

impl Place {
    fn offset(&self, at: Timestamp) -> i64 {
        let within = |from: &str, to: &str| from.parse::<Timestamp>().unwrap() <= at && at < to.parse().unwrap();
        3_600_000_000 * if within(self.from, self.to) { self.summer } else { self.winter }
    }
}

impl Zone for Place {
    fn date_at(&self, at: Timestamp) -> CalendarDate {
        at.plus_micros(self.offset(at)).to_chrono().date_naive().into()
    }

    fn start_of(&self, date: CalendarDate) -> Timestamp {
        let midnight = Timestamp::from(date.to_chrono().and_time(chrono::NaiveTime::MIN).and_utc());
        midnight.plus_micros(-self.offset(midnight.plus_micros(-self.offset(midnight))))
    }

    fn minutes_at(&self, at: Timestamp) -> u32 {
        chrono::Timelike::num_seconds_from_midnight(&at.plus_micros(self.offset(at)).to_chrono()) / 60
    }
}

/// A store with a repertoire of three tunes, and what its queue says at an instant in a place.
fn at_home() -> Store {
    let identity =
        Identity { user: tunetrees::domain::ids::UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
    let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    store.create_repertoire(at, "Flute", None).unwrap();
    for n in 0..3 {
        let fields = tunetrees::domain::tune::TuneFields { title: Some(format!("Tune {n}")), ..Default::default() };
        store.create_tune(at, &chrono::Utc, &fields).unwrap();
    }
    store
}

fn queue_in(store: &mut Store, at: &str, place: &impl Zone) -> QueueView {
    let now = at.parse().unwrap();
    match answer(store, PracticeRequest::QueueOf { date: place.date_at(now) }, now, place).unwrap() {
        Response::Practice(PracticeAnswer::Queue(Some(view))) => view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn n18_days_west_and_east_days_of_23_and_25_hours_and_midnight() {
    let hours = |place: &Place, date: &str| {
        let day = LocalDay::of(date.parse().unwrap(), place);
        (day.end.micros() - day.start.micros()) / 3_600_000_000
    };
    assert_eq!(
        [hours(&BERLIN, "2026-03-28"), hours(&BERLIN, "2026-03-29"), hours(&BERLIN, "2026-10-25")],
        [24, 23, 25]
    );
    assert_eq!([hours(&NEW_YORK, "2026-03-08"), hours(&NEW_YORK, "2026-11-01")], [23, 25]);

    let west = chrono::FixedOffset::west_opt(10 * 3600).unwrap();
    let east = chrono::FixedOffset::east_opt(13 * 3600).unwrap();
    // The last instant of a local day and the first of the next, far west, far east, and on the days on which clocks change.
    type Ask<'a> = &'a dyn Fn(&mut Store, &str) -> QueueView;
    let midnights: [(&str, &str, &str, Ask<'_>); 5] = [
        ("2026-06-02T09:59:59Z", "2026-06-02T10:00:00Z", "2026-06-01", &|s, at| queue_in(s, at, &west)),
        ("2026-06-01T10:59:59Z", "2026-06-01T11:00:00Z", "2026-06-01", &|s, at| queue_in(s, at, &east)),
        ("2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", "2026-03-29", &|s, at| queue_in(s, at, &BERLIN)),
        ("2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z", "2026-10-25", &|s, at| queue_in(s, at, &BERLIN)),
        ("2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z", "2026-03-08", &|s, at| queue_in(s, at, &NEW_YORK)),
    ];
    for (last, first, date, queue) in midnights {
        let mut store = at_home();
        let today = queue(&mut store, last);
        assert_eq!(today.day.date.to_string(), date, "{last}");
        assert!(today.day.contains(last.parse().unwrap()));
        let entry = today.entries[0].id;
        store.stage(last.parse().unwrap(), entry, Rating::Good, None, false).unwrap();
        store.submit(last.parse().unwrap(), today.day.date).unwrap();
        assert!(queue(&mut store, last).entries[0].completed.is_some(), "the same day, the same queue");
        let tomorrow = queue(&mut store, first);
        assert_eq!(tomorrow.day.date, today.day.date.plus_days(1), "{first}");
        assert_eq!(tomorrow.day.start, first.parse().unwrap());
        assert!(tomorrow.entries.iter().all(|entry| entry.completed.is_none()), "a new day, a new queue");
        assert!(
            !tomorrow.entries.iter().any(|next| next.tune == today.entries[0].tune),
            "rated Good: not due tomorrow"
        );
    }

    // Over the date line: the same instant, two dates, two queues with ids of their own.
    let mut store = at_home();
    let ids = |view: &QueueView| view.entries.iter().map(|entry| entry.id).collect::<Vec<QueueEntryId>>();
    let (there, here) =
        (queue_in(&mut store, "2026-06-02T00:00:00Z", &east), queue_in(&mut store, "2026-06-02T00:00:00Z", &west));
    assert_eq!((there.day.date.to_string(), here.day.date.to_string()), ("2026-06-02".into(), "2026-06-01".into()));
    assert!(ids(&there).iter().all(|id| !ids(&here).contains(id)));
}
