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

/// Berlin's clocks in 2026, or a fixed offset.
#[derive(Clone, Copy, Debug)]
enum Place {
    Berlin,
    Fixed(i64),
}

impl Place {
    fn offset(self, at: Timestamp) -> i64 {
        let summer = |at: Timestamp| self::at("2026-03-29T01:00:00Z") <= at && at < self::at("2026-10-25T01:00:00Z");
        match self {
            Place::Fixed(hours) => hours * HOUR,
            Place::Berlin => {
                if summer(at) {
                    2 * HOUR
                } else {
                    HOUR
                }
            }
        }
    }
}

impl Zone for Place {
    fn date_at(&self, at: Timestamp) -> CalendarDate {
        at.plus_micros(self.offset(at)).to_chrono().date_naive().into()
    }

    fn start_of(&self, date: CalendarDate) -> Timestamp {
        let midnight = Timestamp::from(date.to_chrono().and_time(chrono::NaiveTime::MIN).and_utc());
        // Berlin's clocks change hours after midnight, so an hour's error in the guess does not matter.
        midnight.plus_micros(-self.offset(midnight.plus_micros(-HOUR)))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Rate(usize, Rating),
    RateAndUndo(usize, Rating),
    Undo,
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
        1 => (1..4_u32).prop_map(Step::More),
        1 => (0..20_u128).prop_map(Step::Add),
        1 => (0..20_u128).prop_map(Step::Remove),
    ]
}

const PRACTICE: [Table; 3] = [Table::PracticeRecord, Table::DailyPracticeQueue, Table::PlaylistTune];

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
    let open: Vec<_> = view.entries.iter().filter(|entry| entry.completed.is_none()).collect();
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
        place in prop_oneof![Just(Place::Berlin), (-11..=13_i64).prop_map(Place::Fixed)],
        autumn in any::<bool>(), cap in 1..6_i64,
    ) {
        let mut store = empty();
        let playlist = repertoire(&mut store, 1);
        let user = store.user().to_string();
        receive(&mut store, Table::PrefsSchedulingOptions, row! {
            "id": "00000000-0000-5000-8000-0000000000f1", "user_id": user,
            "acceptable_delinquency_window": 3, "max_reviews_per_day": cap,
        });
        let mut now = at(if autumn { "2026-10-23T06:00:00Z" } else { "2026-03-27T06:00:00Z" });
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
fn days_on_which_the_clocks_change_are_23_and_25_hours_long() {
    let hours = |date: &str| {
        let day = LocalDay::of(date.parse().unwrap(), &Place::Berlin);
        (day.end.micros() - day.start.micros()) / HOUR
    };
    assert_eq!([hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25"), hours("2026-10-26")], [24, 23, 25, 24]);
}
