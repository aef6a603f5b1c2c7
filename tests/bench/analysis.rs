//! What the analysis and the practice history cost over 100,000 ratings, without a browser. Prints figures; `cargo xtask bench` runs it.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../fixture/mod.rs"]
mod fixture;

use std::time::{Duration, Instant};

use fixture::{at, catalog_tune, identity, member, repertoire};
use rusqlite::Connection;
use tunetrees::domain::analysis::HistoryQuery;
use tunetrees::domain::ids::PracticeRecordId;
use tunetrees::domain::practice::Rating;
use tunetrees::domain::time::DAY_MICROS;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError, row as rows};

const RATINGS: i64 = 100_000;
const TUNES: i64 = 1_000;
const ROUNDS: usize = 15;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite3");
    let started = Instant::now();
    fill(&mut Store::open(Connection::open(&path).unwrap(), identity(1)).unwrap());
    let size = std::fs::metadata(&path).unwrap().len() >> 20;
    println!(
        "{RATINGS} ratings of {TUNES} tunes received in {:.1} s; the file has {size} MB",
        started.elapsed().as_secs_f64()
    );

    let open = || Store::open(Connection::open(&path).unwrap(), identity(1)).unwrap();
    let (now, zone) = (at("2026-03-01T12:00:00Z"), chrono::FixedOffset::east_opt(3600).unwrap());
    line("the analysis, the database just opened", " target ≤ 200 ms", || {
        let store = open();
        Box::new(move || {
            let analysis = store.analysis(None, now, &zone).unwrap();
            assert_eq!(i64::from(analysis.rhythm.ratings), RATINGS);
        })
    });
    let page = |name: &str, query: HistoryQuery, offset: u32| {
        line(name, "", || {
            let (store, query) = (open(), query.clone());
            Box::new(move || assert_eq!(store.history(&query, offset, 50, &zone).unwrap().lines.len(), 50))
        });
    };
    let all = HistoryQuery::default;
    page("the history's first page", all(), 0);
    page("the history's last page", all(), 99_950);
    page("the history of one tune", HistoryQuery { text: "Tune 77 ".into(), ..all() }, 0);
    page("what was forgotten", HistoryQuery { ratings: vec![Rating::Again], ..all() }, 0);
    let month = HistoryQuery { from: "2026-01-01".parse().ok(), to: "2026-01-31".parse().ok(), ..all() };
    page("a month", month, 0);
    line("the whole history as a table", "", || {
        let store = open();
        Box::new(move || assert!(store.history_table(&HistoryQuery::default(), &zone).unwrap().len() > 1_000_000))
    });
}

/// Three years of practice, received as the first pull brings it: in the order of the ids, not of the time.
fn fill(store: &mut Store) {
    let playlist = repertoire(store, 1);
    let tunes: Vec<_> = (1..=TUNES).map(|n| catalog_tune(store, n as u128, &format!("Tune {n} of many"))).collect();
    for tune in &tunes {
        member(store, playlist, *tune, None);
    }
    let first = at("2023-03-01T12:00:00Z");
    let mut records: Vec<_> = (0..RATINGS)
        .map(|n| {
            let practiced = first.plus_micros(n * 1095 * (DAY_MICROS / RATINGS));
            let tune = tunes[((n * 7919) % TUNES) as usize];
            (PracticeRecordId::of(playlist, tune, practiced), tune, practiced, n)
        })
        .collect();
    records.sort();
    let user = store.user().to_string();
    store
        .apply_remote::<_, StoreError>(at("2026-03-01T00:00:00Z"), |edit| {
            for (id, tune, practiced, n) in records {
                let record = row! {
                    "id": id.to_string(), "user_ref": user.as_str(), "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(),
                    "practiced": practiced.to_string(), "quality": 1 + n % 10 % 4, "difficulty": 5.5, "stability": 10.0 + (n % 300) as f64,
                    "interval": n % 90, "repetitions": n / TUNES, "lapses": 0, "elapsed_days": 11, "state": 2,
                    "due": practiced.plus_days(n % 90).to_string(), "goal": "recall", "sync_version": 1,
                    "last_modified_at": practiced.to_string(), "device_id": "00000000-0000-0000-0000-00000000d001", "deleted": 0,
                };
                rows::insert(edit.conn(), Table::PracticeRecord, &record)?;
            }
            tunetrees::store::schedule::recompute_all(edit.conn())
        })
        .unwrap();
}

/// Times what `make` gives, each round anew.
fn line(name: &str, target: &str, make: impl Fn() -> Box<dyn FnOnce()>) {
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let work = make();
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    took.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{name:<42} median {:>7.1} ms   min {:>7.1}   max {:>7.1}   n={ROUNDS}{target}",
        ms(took[ROUNDS / 2]),
        ms(took[0]),
        ms(took[ROUNDS - 1])
    );
}
