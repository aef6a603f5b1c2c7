//! Nothing that was edited is lost on its way out, and what comes in does not go out again.

use std::path::Path;
use std::time::Duration;

use devstack::faults::Action;
use rusqlite::Connection;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::schema::{self, Table};
use tunetrees::store::{Edit, Identity, Store, StoreError};
use tunetrees::sync::status::SyncPhase;
use uuid::Uuid;

use super::{PULL, PUSH, away, back, fault, quietly};
use crate::devices::{Device, account, config, database, eventually, eventually_for, now, run, sign_in, stack};

#[test]
fn n05_one_bad_row_blocks_no_other_is_shown_and_can_be_mended() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        let db = database(&stack).await;
        db.batch_execute("alter table tune add constraint no_bad_titles check (title not in ('bad', 'worse'))")
            .await
            .unwrap();
        let ids: Vec<String> =
            ["good 1", "good 2", "bad", "good 3", "worse"].iter().map(|title| a.new_tune(title)).collect();
        // A child of a bad one.
        let owner = a.user.to_string();
        let tag = a.edit(|edit| {
            let id = edit.new_id().to_string();
            let tag = row! { "id": id.as_str(), "user_ref": owner.as_str(), "tune_ref": ids[2].as_str(), "tag_text": "session" };
            edit.insert(Table::Tag, tag)?;
            Ok(id)
        });
        eventually("needs attention", || a.phase() == SyncPhase::NeedsAttention).await;
        assert_eq!((a.status.borrow().pending, a.status.borrow().refused), (0, 3));
        for n in [0, 1, 3] {
            assert_eq!(a.value(Table::Tune, &ids[n], "sync_version"), 1);
        }
        // Shown by title, with the server's reason.
        let (shown, total) = a.store.borrow().refused_edits(50).unwrap();
        assert_eq!((shown.len(), total, shown.iter().map(|edit| edit.dependants.len()).sum::<usize>()), (2, 2, 1));
        assert_eq!(a.count("select count(*) from sync_queue where refused_code = '23514'"), 2);
        // Mending the parent lets the child through, too.
        a.set(Table::Tune, &ids[2], row! { "title": "better" });
        eventually("mended", || a.value(Table::Tag, &tag, "sync_version") == 1).await;
        // Trying again helps once the server would take it, and not before.
        a.driver.retry_refused();
        tokio::time::sleep(Duration::from_millis(300)).await;
        eventually("refused again", || a.phase() == SyncPhase::NeedsAttention && a.pending() == 0).await;
        assert_eq!(a.status.borrow().refused, 1);
        db.batch_execute("alter table tune drop constraint no_bad_titles").await.unwrap();
        a.driver.retry_refused();
        a.synced().await;
        assert_eq!(a.value(Table::Tune, &ids[4], "sync_version"), 1);
        stack.stop().await;
    });
}

#[test]
fn n06_fifteen_hundred_rows_of_one_table_arrive_each_once() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let owner = a.user.to_string();
        a.edit(|edit| {
            for n in 0..1500 {
                let id = edit.new_id().to_string();
                edit.insert(
                    Table::Tune,
                    row! { "id": id, "title": format!("Tune {n}"), "private_for": owner.as_str() },
                )?;
            }
            Ok(())
        });
        eventually_for(60, "all pushed", || a.pending() == 0).await;
        let pushes = stack.faults.stats()[&format!("POST {PUSH}")];
        println!("1,500 rows in {pushes} pushes");

        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        let took = eventually_for(60, "all pulled", || b.phase() == SyncPhase::Synced).await;
        println!("1,500 rows pulled in {took:?}");
        assert_eq!(b.count("select count(*) from tune where private_for is not null"), 1500);
        assert_eq!(b.count("select count(*) from sync_queue"), 0);
        // Told once, at the end.
        assert_eq!(b.changed.borrow().iter().filter(|tables| tables.contains(&Table::Tune)).count(), 1);
        stack.stop().await;
    });
}

const CRASH: &str = "TUNETREES_TEST_CRASH";

fn on_disk(path: &Path, user: UserId) -> Store {
    let identity = Identity { user, device: DeviceId(Uuid::from_u128(0xD1)) };
    Store::open(Connection::open(path).unwrap(), identity).unwrap()
}

/// Not a test of its own: what the process does that [`n09_an_edit_survives_a_kill_and_so_does_its_outbox_entry`] kills.
#[test]
#[ignore = "the other half of n09, in a process that dies"]
fn n09_the_process_that_dies() {
    let Ok(path) = std::env::var(CRASH) else { return };
    let user = UserId(std::env::var("TUNETREES_TEST_USER").unwrap().parse().unwrap());
    let mut store = on_disk(Path::new(&path), user);
    let tune = |edit: &mut Edit<'_>, title: &str| {
        let id = edit.new_id().to_string();
        edit.insert(Table::Tune, row! { "id": id, "title": title, "private_for": edit.user().to_string() })
    };
    store.edit(now(), |edit| tune(edit, "acknowledged")).unwrap();
    let _: Result<(), StoreError> = store.edit(now(), |edit| {
        tune(edit, "half written")?;
        std::process::abort()
    });
}

#[test]
fn n09_an_edit_survives_a_kill_and_so_does_its_outbox_entry() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("user.sqlite3");
        let died = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "outbox::n09_the_process_that_dies", "--ignored", "--test-threads=1"])
            .env(CRASH, &path)
            .env("TUNETREES_TEST_USER", session.user.to_string())
            .output()
            .unwrap();
        assert!(!died.status.success(), "it was to die");
        let store = on_disk(&path, session.user);
        let a = Device::resume(config(&stack), std::rc::Rc::new(std::cell::RefCell::new(store)), Some(session));
        assert_eq!(a.count("select count(*) from tune where title = 'acknowledged'"), 1);
        assert_eq!(a.count("select count(*) from tune where title = 'half written'"), 0);
        assert_eq!(a.count("select count(*) from sync_queue"), 1);
        a.synced().await;
        let db = database(&stack).await;
        let titles = db.query("select title from tune where private_for is not null", &[]).await.unwrap();
        assert_eq!(titles.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), ["acknowledged"]);
        stack.stop().await;
    });
}

#[test]
fn n10_what_is_written_while_rows_come_in_is_sent() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.edit(|edit| {
            for n in 0..2500 {
                let id = edit.new_id().to_string();
                let owner = edit.user().to_string();
                edit.insert(Table::Tune, row! { "id": id, "title": format!("Tune {n}"), "private_for": owner })?;
            }
            Ok(())
        });
        eventually_for(60, "all pushed", || a.pending() == 0).await;
        // Longer than a page takes to be stored, on a busy machine too: the next one is asked for meanwhile.
        stack.faults.add(fault(PULL, None, Action::DelayMs(600)));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        let there = || b.count("select count(*) from tune where title like 'Tune %'");
        let mut written = Vec::new();
        let mut between = 0;
        while there() < 2500 {
            if there() > 0 {
                between += 1;
            }
            written.push(b.new_tune(&format!("Meanwhile {}", written.len())));
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        assert!(between > 3, "edits between the first page and the last: {between}");
        // And a page that cannot be stored leaves no mark that would keep the next edit out of the outbox.
        let failed: Result<(), StoreError> =
            b.store.borrow_mut().apply_remote(now(), |_| Err(StoreError::Invalid("no".into())));
        assert!(failed.is_err());
        written.push(b.new_tune("Afterwards"));
        stack.faults.clear();
        b.synced().await;
        let db = database(&stack).await;
        for id in &written {
            let found = db.query("select 1 from tune where id = $1::text::uuid", &[id]).await.unwrap();
            assert_eq!(found.len(), 1, "{id} of {} did not arrive", written.len());
        }
        stack.stop().await;
    });
}

/// A row in each of the 15 tables a person writes to.
fn one_of_each(edit: &mut Edit<'_>) -> Result<(), StoreError> {
    let (user, at) = (edit.user().to_string(), edit.stamp().to_string());
    let mut ids = (0..15).map(|_| edit.new_id().to_string()).collect::<Vec<_>>().into_iter();
    let mut next = || ids.next().unwrap_or_default();
    let (instrument, tune, playlist) = (next(), next(), next());
    let rows = [
        (
            Table::Instrument,
            row! { "id": instrument.as_str(), "private_to_user": user.as_str(), "instrument": "Serpent" },
        ),
        (Table::PrefsSpacedRepetition, row! { "id": next(), "user_id": user.as_str(), "alg_type": "FSRS" }),
        (Table::PrefsSchedulingOptions, row! { "id": next(), "user_id": user.as_str(), "max_reviews_per_day": 7 }),
        (Table::Tune, row! { "id": tune.as_str(), "private_for": user.as_str(), "title": "Own" }),
        (Table::TuneOverride, row! { "id": next(), "user_ref": user.as_str(), "tune_ref": tune.as_str(), "mode": "G" }),
        (
            Table::Playlist,
            row! { "id": playlist.as_str(), "user_ref": user.as_str(), "instrument_ref": instrument.as_str() },
        ),
        (
            Table::PlaylistTune,
            row! { "id": next(), "user_ref": user.as_str(), "playlist_ref": playlist.as_str(), "tune_ref": tune.as_str() },
        ),
        (
            Table::Note,
            row! { "id": next(), "user_ref": user.as_str(), "tune_ref": tune.as_str(), "note_text": "<p>x</p>" },
        ),
        (Table::Reference, row! { "id": next(), "user_ref": user.as_str(), "tune_ref": tune.as_str(), "url": "u" }),
        (Table::Tag, row! { "id": next(), "user_ref": user.as_str(), "tune_ref": tune.as_str(), "tag_text": "t" }),
        (
            Table::PracticeRecord,
            row! { "id": next(), "user_ref": user.as_str(), "playlist_ref": playlist.as_str(), "tune_ref": tune.as_str(),
            "practiced": at.as_str(), "quality": 3 },
        ),
        (
            Table::DailyPracticeQueue,
            row! { "id": next(), "user_ref": user.as_str(), "playlist_ref": playlist.as_str(), "tune_ref": tune.as_str(),
            "queue_date": "2026-11-22", "window_start_utc": at.as_str(), "window_end_utc": at.as_str(), "bucket": 1,
            "order_index": 0, "snapshot_coalesced_ts": at.as_str(), "generated_at": at.as_str() },
        ),
        (
            Table::TabGroupMainState,
            row! { "id": next(), "user_id": user.as_str(), "playlist_id": playlist.as_str(), "which_tab": "catalog" },
        ),
        (
            Table::TableState,
            row! { "id": next(), "user_id": user.as_str(), "playlist_id": playlist.as_str(), "screen_size": "small",
            "purpose": "practice" },
        ),
        (
            Table::TableTransientData,
            row! { "id": next(), "user_id": user.as_str(), "playlist_id": playlist.as_str(), "tune_id": tune.as_str(),
            "recall_eval": "good" },
        ),
    ];
    rows.into_iter().try_for_each(|(table, row)| edit.insert(table, row))?;
    edit.update(Table::UserProfile, user, row! { "name": "Ann" }).map(drop)
}

#[test]
fn n11_rows_that_come_in_are_not_queued() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        a.edit(one_of_each);
        a.synced().await;
        let pushes = || stack.faults.stats().get(&format!("POST {PUSH}")).copied();
        let before = pushes();
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
            let sql = format!("select count(*) from \"{table}\" where sync_version > 0");
            assert!(b.count(&sql) > 0, "a row of {table} came");
        }
        assert_eq!(b.count("select count(*) from sync_queue"), 0);
        assert_eq!(pushes(), before, "and nothing was sent");
        stack.stop().await;
    });
}

#[test]
fn n12_children_and_parents_in_any_order() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        let a = away(a).await;
        // Out: the parent is edited after its children were made, and all go in one push.
        let tune = quietly(&a, |edit| {
            let (user, tune) = (edit.user().to_string(), edit.new_id().to_string());
            edit.insert(Table::Tune, row! { "id": tune.as_str(), "title": "Parent", "private_for": user.as_str() })?;
            Ok(tune)
        });
        quietly(&a, |edit| {
            let note = row! { "id": edit.new_id().to_string(), "user_ref": edit.user().to_string(), "tune_ref": tune.as_str(), "note_text": "x" };
            edit.insert(Table::Note, note)
        });
        quietly(&a, |edit| edit.update(Table::Tune, &tune, row! { "mode": "G" }).map(drop));
        let a = back(&stack, &email, a).await;
        a.synced().await;
        assert_eq!(a.refused(), Vec::<String>::new());

        // In: the parent's last change is pages behind its child.
        a.edit(|edit| {
            for n in 0..700 {
                let (id, user) = (edit.new_id().to_string(), edit.user().to_string());
                edit.insert(Table::Tune, row! { "id": id, "title": format!("Filler {n}"), "private_for": user })?;
            }
            Ok(())
        });
        a.synced().await;
        a.set(Table::Tune, &tune, row! { "mode": "D" });
        a.synced().await;
        stack.faults.add(fault(PULL, None, Action::DelayMs(600)));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        let (mut early, mut told_early) = (false, false);
        while b.row(Table::Tune, &tune).is_none() {
            let child = b.count("select count(*) from note") == 1;
            early |= child;
            told_early |= child && b.changed.borrow().iter().any(|tables| tables.contains(&Table::Note));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(early, "the child came first");
        assert!(!told_early, "and nobody was shown it without its parent");
        stack.faults.clear();
        b.synced().await;
        assert_eq!(b.count("select count(*) from pragma_foreign_key_check"), 0);
        assert_eq!(b.count("select count(*) from note n join tune t on t.id = n.tune_ref"), 1);
        stack.stop().await;
    });
}

/// A database as the first release made it (three migrations), with an edit that waits.
fn of_the_first_release(path: &Path, user: UserId) {
    let conn = Connection::open(path).unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_schema.sql"),
        include_str!("../../migrations/sqlite/0002_sync.sql"),
        include_str!("../../migrations/sqlite/0003_views.sql"),
    ] {
        conn.execute_batch(sql).unwrap();
    }
    let at = Timestamp::from_micros(1_780_000_000_000_000);
    conn.execute_batch(&format!(
        "pragma user_version = 3; pragma foreign_keys = off;
         insert into tune (id, title, private_for, sync_version, last_modified_at, deleted)
         values ('0a000000-0000-7000-8000-000000000001', 'Written before the update', '{user}', 0, '{at}', 0);"
    ))
    .unwrap();
    let waiting: i64 = conn.query_row("select count(*) from sync_queue", [], |row| row.get(0)).unwrap();
    assert_eq!(waiting, 1);
}

#[test]
fn n21_a_new_schema_under_a_waiting_outbox_loses_nothing() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("user.sqlite3");
        of_the_first_release(&path, session.user);
        let store = on_disk(&path, session.user);
        let a = Device::resume(config(&stack), std::rc::Rc::new(std::cell::RefCell::new(store)), Some(session));
        const { assert!(schema::VERSION > 3, "there is something to upgrade to") };
        assert_eq!(a.count("select user_version from pragma_user_version"), i64::from(schema::VERSION));
        assert_eq!(a.pending(), 1);
        a.synced().await;
        let db = database(&stack).await;
        let title: String =
            db.query_one("select title from tune where private_for is not null", &[]).await.unwrap().get(0);
        assert_eq!(title, "Written before the update");
        stack.stop().await;
    });
}
