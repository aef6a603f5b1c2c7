//! A device of the person signs in and pulls what was migrated; its due dates are the FSRS crate's own, computed from the legacy file.

use tunetrees::domain::ids::{PlaylistId, TuneId};
use tunetrees::legacy::Source;
use tunetrees::legacy::ids::legacy_uuid;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load, rollback};
use tunetrees::store::schedule;

use crate::crates_own::{Crate, history};
use crate::devices::{Device, config, eventually_for, run, sign_in, stack};
use crate::legacy::{on, options, shared};

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
    let own = Crate::of(source, 1);
    assert_eq!(own.weights, 19, "hers, of FSRS 5");
    let mut checked = 0;
    for ((playlist, tune), reviews) in history(source) {
        let playlist = PlaylistId(legacy_uuid("demo", "playlist", &playlist.to_string()));
        let tune = TuneId(legacy_uuid("demo", "tune", &tune.to_string()));
        let Some(state) = schedule::state(conn.conn(), playlist, tune).unwrap() else { continue };
        let (memory, due) = own.after(&reviews);
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
        rusqlite::Connection::open(&path).unwrap().execute_batch(crate::small::SMALL).unwrap();
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
