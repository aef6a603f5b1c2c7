//! A device of the person signs in and pulls what was migrated; its due dates are the FSRS crate's own, computed from the legacy file.

use std::collections::BTreeMap;

use fsrs::{FSRS, MemoryState};
use tunetrees::domain::ids::{PlaylistId, TuneId};
use tunetrees::domain::scheduling::elapsed_days;
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::ids::legacy_uuid;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load, rollback};
use tunetrees::legacy::{Source, catalogue, time};
use tunetrees::store::schedule;

use crate::devices::{Device, config, eventually_for, run, sign_in, stack};
use crate::legacy::{on, options, shared};

struct Review {
    practiced: Timestamp,
    id: i64,
    quality: i64,
    sm2: Option<(f64, i64, Option<Timestamp>)>,
}

/// The records of the file by tune and repertoire.
fn history(source: &Source) -> BTreeMap<(i64, i64), Vec<Review>> {
    let mut all: BTreeMap<(i64, i64), Vec<Review>> = BTreeMap::new();
    source
        .each(catalogue::table("practice_record").unwrap(), |row| {
            let at = |column: &str| row.word(column).and_then(time::parse);
            let easiness = match row.get("easiness") {
                tunetrees::legacy::value::LegacyValue::Real(x) => Some(*x),
                _ => None,
            };
            let review = Review {
                practiced: at("practiced").unwrap(),
                id: row.int("id").unwrap(),
                quality: row.int("quality").unwrap(),
                sm2: easiness.map(|e| (e, row.int("interval").unwrap_or(0), at("due"))),
            };
            all.entry((row.int("playlist_ref").unwrap(), row.int("tune_ref").unwrap())).or_default().push(review);
            Ok(())
        })
        .unwrap();
    all.values_mut().for_each(|reviews| reviews.sort_by_key(|r| (r.practiced, r.id)));
    all
}

/// What the crate says: memory after the last review, and when the tune is due.
fn crates_own(fsrs: &FSRS, retention: f32, reviews: &[Review]) -> (MemoryState, Timestamp) {
    let mut memory: Option<MemoryState> = None;
    let mut last: Option<Timestamp> = None;
    let mut due = Timestamp::from_micros(0);
    for review in reviews {
        // SM2: 0–1 Again, 2–3 Hard, 4 Good, 5 Easy.
        let choice = match (&review.sm2, review.quality) {
            (_, ..=1) => 0,
            (Some(_), 2 | 3) | (None, 2) => 1,
            (Some(_), 4) | (None, 3) => 2,
            _ => 3,
        };
        let days = match (memory, &review.sm2) {
            (None, Some((easiness, interval, _))) if *interval >= 1 => {
                memory = Some(fsrs.memory_state_from_sm2(*easiness as f32, *interval as f32, 0.9).unwrap());
                fsrs.next_interval(memory.map(|m| m.stability), retention, 3)
            }
            _ => {
                let elapsed = last.map_or(0, |before| elapsed_days(before, review.practiced));
                let next = fsrs.next_states(memory, retention, elapsed).unwrap();
                let chosen = [next.again, next.hard, next.good, next.easy][choice].clone();
                memory = Some(chosen.memory);
                chosen.interval
            }
        };
        let told = review.sm2.as_ref().and_then(|(_, _, due)| *due);
        due = told.unwrap_or_else(|| review.practiced.plus_days((days.round() as i64).clamp(1, 365)));
        last = Some(review.practiced);
    }
    (memory.unwrap(), due)
}

#[test]
fn a_device_gets_everything_and_computes_the_crates_dates() {
    let Some(path) = shared("tunetrees_test_clean.sqlite3") else { return };
    run(async {
        let stack = stack().await;
        let source = Source::open(&path, Some("demo")).unwrap();
        let mut client = connect(&stack.database_url).await.unwrap();
        let options = LoadOptions { making: Making::InDatabase(Some("a good password".to_owned())), ..options() };
        let report = load(&mut client, &source, &options, &mut on).await.unwrap();
        assert!(report.is_explained(), "{}", report.summary());

        let session = sign_in(&stack, "test1@example.com").await;
        let user = session.user.to_string();
        let device = Device::start(config(&stack), Some(session));
        eventually_for(60, "all of it is here", || device.count("select count(*) from practice_record") >= 1_700).await;
        device.synced().await;
        for (table, owner) in [
            ("practice_record", "user_ref"),
            ("playlist_tune", "user_ref"),
            ("playlist", "user_ref"),
            ("daily_practice_queue", "user_ref"),
        ] {
            let sql = format!("select count(*) from public.{table} where {owner} = '{user}'");
            let there: i64 = client.query_one(&sql, &[]).await.unwrap().get(0);
            assert!(there > 0, "{table}");
            assert_eq!(device.count(&format!("select count(*) from {table}")), there, "{table}");
        }
        assert_eq!(device.count("select count(*) from tune"), 489);
        assert_eq!(device.pending(), 0, "what was pulled is not sent back");

        dates_are_the_crates(&device, &source);
        device.driver.stop();
        stack.stop().await;
    });
}

/// Every tune of hers: where it stands here, and where the crate puts it from the legacy file alone.
fn dates_are_the_crates(device: &Device, source: &Source) {
    let conn = device.store.borrow();
    let prefs = "select fsrs_weights, request_retention from prefs_spaced_repetition where alg_type = 'FSRS'";
    let prefs = conn.conn().query_row(prefs, [], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, f64>(1)?)));
    let (weights, retention) = prefs.unwrap();
    let weights: Vec<f32> = serde_json::from_str(&weights.unwrap()).unwrap();
    assert_eq!(weights.len(), 19, "hers, of FSRS 5");
    let fsrs = FSRS::new(&weights).unwrap();
    let mut checked = 0;
    for ((playlist, tune), reviews) in history(source) {
        let playlist = PlaylistId(legacy_uuid("demo", "playlist", &playlist.to_string()));
        let tune = TuneId(legacy_uuid("demo", "tune", &tune.to_string()));
        let Some(state) = schedule::state(conn.conn(), playlist, tune).unwrap() else { continue };
        let (memory, due) = crates_own(&fsrs, retention as f32, &reviews);
        assert_eq!(
            (state.stability, state.difficulty, state.due),
            (memory.stability, memory.difficulty, due),
            "{tune}"
        );
        assert_eq!(state.practiced, reviews.last().unwrap().practiced);
        checked += 1;
    }
    assert!(checked > 480, "{checked} tunes of hers");
}

/// What a rollback removes leaves no tombstones; the raised floor makes devices that have it compare everything.
#[test]
fn devices_hear_of_a_rollback() {
    run(async {
        let stack = stack().await;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("small.sqlite3");
        rusqlite::Connection::open(&path).unwrap().execute_batch(crate::runs::SMALL).unwrap();
        let source = Source::open(&path, Some("small")).unwrap();
        let mut client = connect(&stack.database_url).await.unwrap();
        let options = LoadOptions {
            map_users: [(1, "test1@example.com".to_owned())].into(),
            making: Making::InDatabase(Some("a good password".to_owned())),
            ..LoadOptions::default()
        };
        let report = load(&mut client, &source, &options, &mut on).await.unwrap();
        let session = sign_in(&stack, "test1@example.com").await;
        let device = Device::start(config(&stack), Some(session));
        device.synced().await;
        let rows = "select (select count(*) from practice_record) + (select count(*) from note) + (select count(*) from playlist)
                    + (select count(*) from tune) + (select count(*) from tag)";
        assert_eq!(device.count(rows), 2 + 1 + 1 + 2 + 1);

        let back = rollback(&mut client, report.run.unwrap(), false).await.unwrap();
        assert_eq!(back.kept.keys().collect::<Vec<_>>(), ["user_profile"], "she has signed in: {:?}", back.kept);
        device.driver.sync_now();
        eventually_for(30, "what was taken back is gone here, too", || device.count(rows) == 0).await;
        device.synced().await;
        assert_eq!(device.pending(), 0);

        // Brought again, it comes again: its versions are later than those that were removed.
        load(&mut client, &source, &options, &mut on).await.unwrap();
        device.driver.sync_now();
        eventually_for(30, "it is here again", || device.count(rows) == 7).await;
        device.driver.stop();
        stack.stop().await;
    });
}
