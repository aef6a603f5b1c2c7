//! Whatever a person does, in whatever zone, over days on which the clocks change: what must always hold of queue and ratings.
#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::*;
use proptest::prelude::*;
use tunetrees::domain::ids::TuneId;
use tunetrees::domain::practice::{QueueView, Rating};
use tunetrees::domain::time::{CalendarDate, DAY_MICROS, LocalDay, Timestamp, Zone};
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError};

const HOUR: i64 = DAY_MICROS / 24;

/// A place's clocks in 2026: its offsets in minutes, and the instants at which the second of them holds; or a fixed offset in hours.
#[derive(Clone, Copy, Debug)]
enum Place {
    Berlin,
    NewYork,
    /// Half an hour only.
    LordHowe,
    /// The clocks change at midnight itself, which does not exist on that day.
    Santiago,
    Fixed(i64),
}

impl Place {
    fn offset(self, at: Timestamp) -> i64 {
        let (otherwise, within, from, to) = match self {
            Place::Fixed(hours) => return hours * HOUR,
            Place::Berlin => (60, 120, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
            Place::NewYork => (-300, -240, "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"),
            Place::LordHowe => (660, 630, "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"),
            Place::Santiago => (-180, -240, "2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"),
        };
        let minutes = if self::at(from) <= at && at < self::at(to) { within } else { otherwise };
        minutes * HOUR / 60
    }

    /// Instants around which the clocks change there.
    fn changes(self) -> [&'static str; 2] {
        match self {
            Place::Berlin | Place::Fixed(_) => ["2026-03-27T06:00:00Z", "2026-10-23T06:00:00Z"],
            Place::NewYork => ["2026-03-06T06:00:00Z", "2026-10-30T06:00:00Z"],
            Place::LordHowe => ["2026-04-02T06:00:00Z", "2026-10-01T06:00:00Z"],
            Place::Santiago => ["2026-04-03T06:00:00Z", "2026-09-04T06:00:00Z"],
        }
    }
}

impl Zone for Place {
    fn date_at(&self, at: Timestamp) -> CalendarDate {
        at.plus_micros(self.offset(at)).to_chrono().date_naive().into()
    }

    fn start_of(&self, date: CalendarDate) -> Timestamp {
        // The first minute whose local date is that one: slow, and without a doubt.
        let midnight = Timestamp::from(date.to_chrono().and_time(chrono::NaiveTime::MIN).and_utc());
        (-15 * 60..=13 * 60)
            .map(|minutes| midnight.plus_micros(minutes * HOUR / 60))
            .find(|at| self.date_at(*at) == date)
            .unwrap()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Rate(usize, Rating),
    RateAndUndo(usize, Rating),
    Undo,
    Stage(usize, Rating),
    StageAndUndo(usize, Rating),
    Submit,
    Bury(usize),
    Suspend(usize),
    Wish(u128, i64),
    Renew,
    More(u32),
    Add(u128),
    Remove(u128),
}

fn step() -> impl Strategy<Value = Step> {
    let rating = || prop::sample::select(Rating::ALL.to_vec());
    prop_oneof![
        3 => (1..60_i64).prop_map(Step::Wait),
        6 => (0..12_usize, rating()).prop_map(|(n, r)| Step::Rate(n, r)),
        3 => (0..12_usize, rating()).prop_map(|(n, r)| Step::RateAndUndo(n, r)),
        2 => Just(Step::Undo),
        5 => (0..12_usize, rating()).prop_map(|(n, r)| Step::Stage(n, r)),
        3 => (0..12_usize, rating()).prop_map(|(n, r)| Step::StageAndUndo(n, r)),
        2 => Just(Step::Submit),
        1 => (0..12_usize).prop_map(Step::Bury),
        1 => (0..12_usize).prop_map(Step::Suspend),
        1 => (0..20_u128, -1..4_i64).prop_map(|(n, days)| Step::Wish(n, days)),
        1 => Just(Step::Renew),
        1 => (1..4_u32).prop_map(Step::More),
        1 => (0..20_u128).prop_map(Step::Add),
        1 => (0..20_u128).prop_map(Step::Remove),
    ]
}

const PRACTICE: [Table; 4] =
    [Table::PracticeRecord, Table::DailyPracticeQueue, Table::PlaylistTune, Table::TableTransientData];

fn practice(store: &Store) -> Vec<Vec<String>> {
    let mut all = PRACTICE.map(|table| contents(store, table)).to_vec();
    let sql = "select playlist_ref || tune_ref || due || practiced || stability || repetitions || lapses from scheduling_state order by 1";
    let mut statement = store.conn().prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    all.push(rows.collect::<Result<_, _>>().unwrap());
    all
}

fn derived(store: &mut Store) -> Vec<String> {
    store
        .apply_remote::<_, StoreError>(at("2026-01-01T00:00:00Z"), |e| {
            tunetrees::store::schedule::recompute_all(e.conn())
        })
        .unwrap();
    practice(store).pop().unwrap()
}

fn unrated(view: &QueueView, n: usize) -> Option<&tunetrees::domain::practice::QueueEntry> {
    let open: Vec<_> = view.entries.iter().filter(|entry| !entry.is_rated()).collect();
    (!open.is_empty()).then(|| open[n % open.len()])
}

fn due(store: &Store, tune: TuneId) -> Timestamp {
    let text: String = store
        .conn()
        .query_row("select due from scheduling_state where tune_ref = ?1", [tune.to_string()], |r| r.get(0))
        .unwrap();
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn queue_and_ratings_hold_whatever_happens(
        steps in proptest::collection::vec(step(), 1..40),
        place in prop_oneof![
            Just(Place::Berlin), Just(Place::NewYork), Just(Place::LordHowe), Just(Place::Santiago),
            (-11..=13_i64).prop_map(Place::Fixed),
        ],
        autumn in any::<bool>(), cap in 1..6_i64,
    ) {
        let mut store = empty();
        let playlist = repertoire(&mut store, 1);
        let user = store.user().to_string();
        receive(&mut store, Table::PrefsSchedulingOptions, row! {
            "id": "00000000-0000-5000-8000-0000000000f1", "user_id": user,
            "acceptable_delinquency_window": 3, "max_reviews_per_day": cap,
        });
        let mut now = at(place.changes()[usize::from(autumn)]);
        for n in 0..20 {
            let tune = catalog_tune(&mut store, n, &format!("Tune {n}"));
            if n < 12 {
                let wish = (n % 4 == 0).then(|| now.plus_days(n as i64 - 5));
                member(&mut store, playlist, tune, wish);
            }
        }
        let mut extra = 0;
        let mut today = place.date_at(now);
        for step in steps {
            now = now.plus_micros(60_000_000);
            if let Step::Wait(hours) = step {
                now = now.plus_micros(hours * HOUR);
            }
            if place.date_at(now) != today {
                (today, extra) = (place.date_at(now), 0);
            }
            let view = store.todays_queue(now, &place).unwrap().unwrap();
            match step {
                Step::Wait(_) => {}
                Step::Rate(n, rating) | Step::RateAndUndo(n, rating) => {
                    if let Some(entry) = unrated(&view, n) {
                        let before = practice(&store);
                        store.rate(now, entry.id, rating).unwrap();
                        prop_assert!(due(&store, entry.tune).micros() - now.micros() >= DAY_MICROS);
                        prop_assert!(store.rate(now, entry.id, rating).is_err());
                        if matches!(step, Step::RateAndUndo(..)) {
                            store.undo_rating(now, &place).unwrap();
                            prop_assert_eq!(practice(&store), before);
                        }
                    }
                }
                Step::Stage(n, rating) | Step::StageAndUndo(n, rating) => {
                    if let Some(entry) = unrated(&view, n) {
                        let before = practice(&store);
                        store.stage(now, entry.id, rating, None, false).unwrap();
                        let promised = store.todays_queue(now, &place).unwrap().unwrap();
                        let promised = promised.entries.iter().find(|e| e.id == entry.id).unwrap().staged.clone().unwrap().due;
                        if matches!(step, Step::StageAndUndo(..)) {
                            store.undo(now, view.day).unwrap();
                            prop_assert_eq!(practice(&store), before);
                        } else {
                            store.submit(now.plus_micros(1_000_000), view.day.date).unwrap();
                            prop_assert_eq!(due(&store, entry.tune), promised, "the preview kept its word");
                        }
                    }
                }
                Step::Submit => {
                    store.submit(now, view.day.date).unwrap();
                    prop_assert_eq!(store.submit(now, view.day.date).unwrap(), 0);
                }
                Step::Bury(n) | Step::Suspend(n) => {
                    if let Some(entry) = unrated(&view, n) {
                        let before = practice(&store);
                        let put_aside = if matches!(step, Step::Bury(_)) { Store::bury } else { Store::suspend };
                        put_aside(&mut store, now, entry.id).unwrap();
                        let gone = store.todays_queue(now, &place).unwrap().unwrap();
                        prop_assert!(gone.entries.iter().all(|e| e.id != entry.id));
                        if n % 2 == 0 {
                            store.undo(now, view.day).unwrap();
                            prop_assert_eq!(practice(&store), before);
                        }
                    }
                }
                Step::Wish(n, days) => {
                    let when = (days >= 0).then(|| now.plus_days(days));
                    // Not in the repertoire: refused, and nothing else.
                    let _ = store.wish(now, &place, tune_id(n), when);
                }
                Step::Renew => {
                    store.renew_queue(now, &place).unwrap();
                }
                Step::Undo => prop_assert_eq!(store.undo_rating(now, &place).is_ok(), view.undo.is_some()),
                Step::More(count) => {
                    store.add_more(now, &place, count).unwrap();
                    extra += count as usize;
                }
                Step::Add(n) => { store.add_to_repertoire(now, &place, &[tune_id(n)]).unwrap(); }
                Step::Remove(n) => store.remove_from_repertoire(now, &[tune_id(n)]).unwrap(),
            }
            let view = store.todays_queue(now, &place).unwrap().unwrap();
            prop_assert_eq!(store.todays_queue(now, &place).unwrap().unwrap(), view.clone(), "asked twice, one answer");
            prop_assert!(view.day.contains(now));
            let current = store.current_queue(now, &place).unwrap().unwrap();
            prop_assert!(current.day.date <= place.date_at(now).plus_days(1));
            for entry in &view.entries {
                prop_assert!(!(entry.staged.is_some() && entry.completed.is_some()), "staged or submitted, never both");
            }
            prop_assert!(view.entries.len() <= cap as usize + extra, "{} > {cap} + {extra}", view.entries.len());
            let mut tunes: Vec<TuneId> = view.entries.iter().map(|entry| entry.tune).collect();
            tunes.sort_unstable();
            tunes.dedup();
            prop_assert_eq!(tunes.len(), view.entries.len(), "no tune twice");
            let stored = practice(&store).pop().unwrap();
            prop_assert_eq!(derived(&mut store), stored, "what is kept is what the records say");
        }
    }
}

#[test]
fn days_on_which_the_clocks_change_are_shorter_and_longer() {
    let minutes = |place: Place, dates: [&str; 4]| {
        dates.map(|date| {
            let day = LocalDay::of(date.parse().unwrap(), &place);
            assert_eq!((place.date_at(day.start), place.date_at(day.end.plus_micros(-1))), (day.date, day.date));
            (day.end.micros() - day.start.micros()) / (HOUR / 60) - 1440
        })
    };
    let berlin = ["2026-03-28", "2026-03-29", "2026-10-25", "2026-10-26"];
    assert_eq!(minutes(Place::Berlin, berlin), [0, -60, 60, 0]);
    assert_eq!(minutes(Place::NewYork, ["2026-03-07", "2026-03-08", "2026-11-01", "2026-11-02"]), [0, -60, 60, 0]);
    assert_eq!(minutes(Place::LordHowe, ["2026-04-04", "2026-04-05", "2026-10-04", "2026-10-05"]), [0, 30, -30, 0]);
    assert_eq!(minutes(Place::Santiago, ["2026-04-04", "2026-04-05", "2026-09-06", "2026-09-07"]), [60, 0, -60, 0]);
}
