//! Runs after runs: what changed in the file, what changed here, what breaks off, and back again.

use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Duration;

use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::load::Step;
use tunetrees::legacy::load::postgres::{LoadOptions, load, rollback, validate};
use tunetrees::legacy::{LegacyError, Source, excerpt};

use crate::legacy::{Backend, on, options};
use crate::small::{local, reads, small};

#[tokio::test]
async fn a_second_run_brings_what_changed_and_undoes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    let file = small(&path);
    let mut backend = Backend::start().await;
    let empty = backend.dump().await;
    let first = backend.load(&reads(&path), &local()).await;
    let after_first = backend.content().await;
    let text = |sql: &'static str| backend.text(sql);

    // In the file: a title, a tag's word, a practice record, a completed queue row, a new note. Here: two edits.
    file.execute_batch(
        "update tune set title = 'Silver Spear, The' where id = 10;
         update tag set tag_text = 'fast' where tag_id = 7;
         update practice_record set quality = 1 where id = 1;
         update practice_record set practiced = '2024-02-02 11:00:00' where id = 2;
         update note set note_text = 'old words' where id = 1;
         update daily_practice_queue set completed_at = '2024-02-03 09:00:00' where id = 1;
         insert into note values (2, 1, 11, null, null, 'new', 1, null, 0);
         delete from playlist_tune where playlist_ref = 2",
    )
    .unwrap();
    assert_eq!(text("select count(*)::text from public.note").await, "1");
    backend.run("update public.note set note_text = 'my words', last_modified_at = now()").await;
    backend
        .run("update public.daily_practice_queue set order_index = 9, last_modified_at = '2024-02-03 08:00:00+00'")
        .await;

    let dry = backend.load(&reads(&path), &LoadOptions { dry_run: true, ..local() }).await;
    let second = backend.load(&reads(&path), &local()).await;
    for (a, b) in dry.tables.iter().zip(&second.tables) {
        assert_eq!((a.loaded, a.updated, a.already_there, &a.kept), (b.loaded, b.updated, b.already_there, &b.kept));
    }
    let table = |name: &str| second.table(name).unwrap();
    assert_eq!(table("tune").updated, 1);
    assert_eq!(backend.text("select title from public.tune where private_for is null").await, "Silver Spear, The");
    assert_eq!(
        backend.text("select string_agg(note_text, ',' order by note_text) from public.note").await,
        "my words,new"
    );
    assert_eq!(
        table("note").kept[0].reason,
        "changed in the file and edited here since it was migrated; here is newer"
    );
    assert_eq!(table("daily_practice_queue").updated, 1, "the file's row says itself that it is newer");
    assert_eq!(backend.text("select order_index::text from public.daily_practice_queue").await, "0");
    let tags = "select string_agg(tag_text || deleted, ',' order by tag_text) from public.tag";
    assert_eq!(backend.text(tags).await, "fastfalse,slowtrue", "the id of a tag is its words");
    let kept: Vec<&str> = table("practice_record").kept.iter().map(|k| k.reason.as_str()).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().any(|r| r.contains("history")) && kept.iter().any(|r| r.starts_with("moved")), "{kept:?}");
    assert_eq!(backend.count("select quality::bigint from public.practice_record where interval = 4").await, 3);
    let records = "select count(*) from public.practice_record where not deleted";
    assert_eq!(backend.count(records).await, 2, "the moved record's old row is a tombstone");
    assert_eq!(table("playlist_tune").gone, ["2:10"]);

    // The validation of a run, later: the same excuses, and a row that was tampered with is found.
    let (one, two) = (first.run.unwrap(), second.run.unwrap());
    let found = validate(&mut backend.client, &reads(&path), two, Some(3), &mut on).await.unwrap();
    assert_eq!(found.complaints(), Vec::<String>::new());
    backend.run("alter table public.tag disable trigger user; update public.tag set tag_text = 'wrong' where tag_text = 'fast'").await;
    let found = validate(&mut backend.client, &reads(&path), two, Some(3), &mut on).await.unwrap();
    assert_eq!(found.complaints(), ["table tag: 1 rows are not as the file says (7: it differs in tag_text)"]);
    backend.run("update public.tag set tag_text = 'fast' where tag_text = 'wrong'; alter table public.tag enable trigger user").await;

    // Back: the second run first, then the first.
    let error = rollback(&mut backend.client, one, false).await.unwrap_err().to_string();
    assert!(error.contains(&format!("run {two} of the same file came after it")), "{error}");
    let dry = rollback(&mut backend.client, two, true).await.unwrap();
    let back = rollback(&mut backend.client, two, false).await.unwrap();
    assert_eq!((&dry.removed, &dry.restored), (&back.removed, &back.restored));
    assert_eq!(back.restored["tune"], 1);
    backend.run("update public.note set note_text = '<b>slow</b>' where note_text = 'my words'").await;
    let mut again = backend.content().await;
    let mut expected = after_first.clone();
    for versions in [
        "public.\"note\"",
        "public.\"tune\"",
        "public.\"tag\"",
        "public.\"practice_record\"",
        "public.\"daily_practice_queue\"",
    ] {
        // These have higher versions now; what is in them is compared below.
        assert_eq!(again[versions].split(' ').next(), expected[versions].split(' ').next(), "{versions}");
        again.remove(versions);
        expected.remove(versions);
    }
    assert_eq!(again, expected);
    let words = "select (select title from public.tune where private_for is null) || (select tag_text || deleted from public.tag)
                 || (select order_index from public.daily_practice_queue) || (select count(*) from public.practice_record where not deleted)";
    assert_eq!(backend.text(words).await, "The Silver Spearslowfalse92", "the edit made here is restored, too");
    let error = rollback(&mut backend.client, two, false).await.unwrap_err().to_string();
    assert!(error.contains("it was rolled back already"), "{error}");
    let back = rollback(&mut backend.client, one, false).await.unwrap();
    let kept: Vec<(&String, usize)> = back.kept.iter().map(|(t, rows)| (t, rows.len())).collect();
    assert_eq!(back.kept["note"][0].reason, "edited here since", "{kept:?}");
    assert_eq!(back.kept["tune"][0].reason, "other rows refer to it");
    assert_eq!(back.accounts, 1, "Ben's; Anna still has a note");

    // A kept row stays known: the next run is not a double. Without the edit a rollback leaves nothing.
    backend.load(&reads(&path), &local()).await;
    assert_eq!(backend.count("select count(*) from public.note").await, 2);
    let mut other = Backend::start().await;
    let run = other.load(&reads(&path), &local()).await.run.unwrap();
    let back = rollback(&mut other.client, run, false).await.unwrap();
    assert!(back.kept.is_empty(), "{:?}", back.kept);
    assert_eq!(other.dump().await, empty, "as if nothing had been");
}

#[tokio::test]
async fn broken_off_at_any_batch_it_leaves_nothing_and_runs_again() {
    let source = excerpt::bundled(Timestamp::from(chrono::Utc::now())).unwrap();
    let mut backend = Backend::start().await;
    let empty = backend.dump().await;
    let mut steps = 0;
    load(&mut backend.client, &source, &LoadOptions { dry_run: true, ..options() }, &mut |_| {
        steps += 1;
        ControlFlow::Continue(())
    })
    .await
    .unwrap();
    assert!(steps > 20, "{steps}");
    for stop in 0..steps {
        let mut left = stop;
        let mut on_step = |_: Step| match left {
            0 => ControlFlow::Break(()),
            _ => {
                left -= 1;
                ControlFlow::Continue(())
            }
        };
        let error = load(&mut backend.client, &source, &options(), &mut on_step).await.unwrap_err();
        assert!(matches!(error, LegacyError::Stopped(_)), "{error}");
    }
    assert_eq!(backend.dump().await, empty);
    // A row that the database refuses late in the run is named.
    backend.run("alter table public.tag add constraint no_slow check (tag_text <> 'slow')").await;
    let error = backend.try_load(&source, &options()).await.unwrap_err().to_string();
    assert!(error.contains("tag (legacy row ") && error.contains("no_slow"), "{error}");
    assert_eq!(backend.dump().await, empty);
    backend.run("alter table public.tag drop constraint no_slow").await;

    backend.load(&source, &options()).await;
    let mut clean = Backend::start().await;
    clean.load(&source, &options()).await;
    assert_eq!(backend.content().await, clean.content().await, "after all those attempts it is as at the first");
}

#[tokio::test]
async fn killed_while_it_writes_it_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    small(&path);
    let backend = Backend::start().await;
    let empty = backend.dump().await;
    // A statement that waits keeps the program in the middle of its transaction while it is killed.
    backend.run("create function public.wait() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return null; end $$").await;
    for table in ["tune", "practice_record", "tag"] {
        backend
            .run(&format!("create trigger wait after insert on public.{table} execute function public.wait()"))
            .await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-legacy"));
        command.args(["--source", path.to_str().unwrap(), "--database-url", &backend.url, "--make-accounts"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let waiting = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
        for _ in 0..600 {
            if backend.count(waiting).await > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(backend.count(waiting).await, 1, "{table}: it never came so far");
        child.kill().unwrap();
        child.wait().unwrap();
        backend.run("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'").await;
        backend.run(&format!("drop trigger wait on public.{table}")).await;
        assert_eq!(backend.dump().await, empty, "{table}");
    }
    let mut backend = backend;
    backend.load(&Source::open(&path, None).unwrap(), &local()).await;
    assert_eq!(backend.count("select count(*) from public.practice_record").await, 2);
    let mut clean = Backend::start().await;
    clean.load(&Source::open(&path, None).unwrap(), &local()).await;
    assert_eq!(backend.content().await, clean.content().await, "after three kills it is as at the first time");
}
