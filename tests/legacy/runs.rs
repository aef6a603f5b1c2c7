//! Runs after runs: what changed in the file, what changed here, what breaks off, and back again.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load, rollback, validate};
use tunetrees::legacy::load::{Step, json};
use tunetrees::legacy::{LegacyError, Source, excerpt};

use crate::legacy::{Backend, demo_options, on, options, shared};

/// A small legacy database of our own, in the October shape.
pub const SMALL: &str = "
    create table user (id integer primary key, name text, email text, deleted boolean default false);
    create table genre (id text not null primary key, name text, region text, description text);
    create table instrument (id integer primary key, private_to_user integer, instrument text, description text, genre_default text, deleted boolean);
    create table tune (id integer primary key, type text, structure text, title text, mode text, incipit text, genre text, deleted boolean, private_for integer);
    create table playlist (playlist_id integer primary key, user_ref integer, instrument_ref integer, deleted boolean, sr_alg_type text);
    create table playlist_tune (playlist_ref integer, tune_ref integer, current text, learned text, scheduled text, goal text, deleted boolean, primary key (tune_ref, playlist_ref));
    create table practice_record (id integer primary key, playlist_ref integer, tune_ref integer, practiced text, quality integer, easiness real, interval integer, due text);
    create table note (id integer primary key, user_ref integer, tune_ref integer, playlist_ref integer, created_date text, note_text text, public integer, favorite integer, deleted boolean);
    create table tag (tag_id integer primary key, user_ref integer, tune_ref integer, tag_text text);
    create table daily_practice_queue (id integer primary key, user_ref integer, playlist_ref integer, tune_ref integer, queue_date text, window_start_utc text, window_end_utc text, bucket integer, order_index integer, snapshot_coalesced_ts text, generated_at text, completed_at text, active boolean);
    insert into user values (0, 'all', null, 0), (1, 'Anna', 'anna@example.com', 0), (2, 'Ben', 'ben@example.com', 0);
    insert into genre values ('ITRAD', 'Irish', 'Ireland', null);
    insert into instrument values (1, 0, 'Flute', null, 'ITRAD', 0);
    insert into tune values (10, 'Reel', 'AABB', 'The Silver Spear', 'D Major', 'A2FA', 'ITRAD', 0, 0), (11, 'JigD', 'AABB', 'Banish Misfortune', 'D Mix', 'fed', 'ITRAD', 0, 1);
    insert into playlist values (1, 1, 1, 0, 'FSRS'), (2, 2, 1, 0, null);
    insert into playlist_tune values (1, 10, null, '2024-01-01', null, 'recall', 0), (1, 11, null, null, null, null, 0), (2, 10, null, null, null, null, 0);
    insert into practice_record values (1, 1, 10, '2024-02-01 10:00:00', 3, null, 4, '2024-02-05 10:00:00'), (2, 1, 11, '2024-02-02 10:00:00', 0, 2.5, 0, null);
    insert into note values (1, 1, 10, 1, '2024-03-01 08:00:00', '<b>slow</b>', 0, 1, 0);
    insert into tag values (7, 1, 10, 'slow');
    insert into daily_practice_queue values (1, 1, 1, 10, '2024-02-03', '2024-02-03 00:00:00', null, 1, 0, null, '2024-02-03 07:00:00', null, 1);
";

fn small(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch(SMALL).unwrap();
    db
}

fn reads(path: &Path) -> Source {
    Source::open(path, Some("small")).unwrap()
}

fn local() -> LoadOptions {
    LoadOptions { making: Making::InDatabase(None), ..LoadOptions::default() }
}

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
}

#[tokio::test]
async fn people_are_found_invited_or_made_and_never_mixed_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    let file = small(&path);
    let mut backend = Backend::start().await;
    backend.run("insert into auth.users (id, instance_id, aud, role, email, created_at, updated_at)
        values ('11111111-2222-4333-8444-555555555555', '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'Anna@example.com', now(), now())").await;
    let report = backend.load(&reads(&path), &LoadOptions::default()).await;
    assert_eq!(report.to_invite().collect::<Vec<_>>(), ["ben@example.com"]);
    assert!(report.summary().contains("TO INVITE: ben@example.com"), "{}", report.summary());
    assert_eq!(report.table("playlist").unwrap().left_out[0].reason, "its owner, user 2, has no account");
    assert_eq!(
        backend.text("select name from public.user_profile").await,
        "Anna",
        "a found profile gets what it has not"
    );
    // Once she is there, the next run brings the rest.
    file.execute_batch("update user set email = 'ben2@example.com' where id = 2").unwrap();
    let report = backend.load(&reads(&path), &local()).await;
    assert_eq!(report.table("playlist").unwrap().loaded, 1);
    assert_eq!(report.table("playlist_tune").unwrap().loaded, 1);
    // Another address for the same person would hand her data to somebody else.
    let taken = LoadOptions { map_users: [(1, "ben2@example.com".to_owned())].into(), ..local() };
    let error = backend.try_load(&reads(&path), &taken).await.unwrap_err().to_string();
    assert!(error.contains("an earlier run gave user 1 to Anna@example.com"), "{error}");
    let rollback = rollback(&mut backend.client, report.run.unwrap(), false).await.unwrap();
    assert_eq!((rollback.accounts, rollback.removed["playlist"]), (1, 1));
}

#[tokio::test]
async fn accounts_are_made_through_the_auth_api() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    small(&path);
    let stack = crate::devstack_with_auth().await;
    let mut client = connect(&stack.database_url).await.unwrap();
    let api = tunetrees::legacy::load::postgres::AuthApi::new(&stack.url, &stack.service_role_jwt);
    let options = LoadOptions { making: Making::Api(api), ..LoadOptions::default() };
    let dry = LoadOptions { dry_run: true, ..options.clone() };
    load(&mut client, &reads(&path), &dry, &mut on).await.unwrap();
    let count = "select count(*) from auth.users";
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0, "a dry run makes nobody");
    let report = load(&mut client, &reads(&path), &options, &mut on).await.unwrap();
    assert!(report.is_explained(), "{}", report.summary());
    assert_eq!(report.table("user").unwrap().loaded, 2);
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 2);
    let again = load(&mut client, &reads(&path), &options, &mut on).await.unwrap();
    assert!(again.tables.iter().all(|t| t.loaded + t.updated == 0), "{}", again.summary());
    let wrong = tunetrees::legacy::load::postgres::AuthApi::new(&stack.url, "no-key");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("insert into user values (3, 'C', 'c@example.com', 0)")
        .unwrap();
    let options = LoadOptions { making: Making::Api(wrong), ..LoadOptions::default() };
    let error = load(&mut client, &reads(&path), &options, &mut on).await.unwrap_err().to_string();
    assert!(error.contains("making the account of c@example.com failed"), "{error}");
    rollback(&mut client, report.run.unwrap(), false).await.unwrap();
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn the_bundled_excerpt_gives_a_demo_with_something_due() {
    let now = Timestamp::from(chrono::Utc::now());
    let source = excerpt::bundled(now).unwrap();
    let mut backend = Backend::start().await;
    let report = backend.load(&source, &demo_options()).await;
    assert!(report.tables.iter().all(|t| t.legacy == "user" || t.left_out.is_empty()), "{}", report.summary());
    assert_eq!(report.table("prefs_scheduling_options").unwrap().added, 2);
    assert_eq!(backend.count("select count(*) from public.tune where incipit is not null").await, 60);
    assert_eq!(backend.count("select count(*) from public.practice_record where practiced > now()").await, 0);
    let due = "select count(*) from (select distinct on (tune_ref) due from public.practice_record order by tune_ref, practiced desc) r where due < now()";
    let due = backend.count(due).await;
    assert!((8..=30).contains(&due), "{due} tunes are due");
    let empty = "select count(*) from public.playlist p join auth.users u on u.id = p.user_ref
                 where u.email = 'test2@example.com' and not exists (select from public.playlist_tune t where t.playlist_ref = p.id)";
    assert_eq!(backend.count(empty).await, 1);
    // On another day the relative times are others, but the rows are the same.
    let loaded = backend.dump().await;
    let later = excerpt::bundled(now.plus_days(3)).unwrap();
    backend.load(&later, &demo_options()).await;
    assert_eq!(backend.dump().await, loaded);
    the_whole_file_as_demo_is_another_source(&mut backend, now).await;
    command_line(&backend).await;
    backend.cluster.stop().unwrap();
}

/// Whoever had the excerpt and gets the legacy test database beside the repository: the same numbers mean other rows there.
async fn the_whole_file_as_demo_is_another_source(backend: &mut Backend, now: Timestamp) {
    if shared("tunetrees_test_clean.sqlite3").is_none() {
        return;
    }
    let whole = excerpt::demo(crate::legacy::here(), now).unwrap();
    assert_eq!(whole.name, excerpt::DEMO_WHOLE);
    let report = backend.load(&whole, &demo_options()).await;
    assert_eq!(report.table("practice_record").unwrap().loaded, 1_768);
    let loaded = backend.dump().await;
    backend.load(&excerpt::bundled(now).unwrap(), &demo_options()).await;
    assert_eq!(backend.dump().await, loaded);
    let mixed = "select count(*) from public.practice_record r join public.playlist p on p.id = r.playlist_ref where p.user_ref <> r.user_ref";
    assert_eq!(backend.count(mixed).await, 0);
    rollback(&mut backend.client, report.run.unwrap(), false).await.unwrap();
}

/// The command: one clear sentence and status 1 for everything that is wrong; a report on request.
async fn command_line(backend: &Backend) {
    // Deep enough that no legacy file lies beside it: then --demo is the bundled excerpt.
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    let dir = tempfile::tempdir_in(&deep).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-legacy"));
        let done = command.current_dir(dir.path()).args(arguments).output().unwrap();
        let words = String::from_utf8(done.stderr).unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap(), words)
    };
    let report = dir.path().join("report.md");
    let (status, out, error) = run(&["--demo", "--database-url", &backend.url, "--report", report.to_str().unwrap()]);
    assert_eq!(status, 0, "{out}{error}");
    assert!(out.contains("every row is accounted for"), "{out}");
    assert!(std::fs::read_to_string(&report).unwrap().contains("| tune | tune | 60 | 0 | 0 | 60 | 0 | 0 | 0 |"));
    let json = dir.path().join("demo.json");
    let (status, out, error) = run(&["--demo", "--to", json.to_str().unwrap()]);
    assert_eq!(status, 0, "{out}{error}");
    assert!(json.is_file());

    let text = dir.path().join("text.sqlite3");
    std::fs::write(&text, "this is no database, however long it may be").unwrap();
    let other = dir.path().join("other.sqlite3");
    Connection::open(&other).unwrap().execute_batch("create table cats (name text)").unwrap();
    let whole = dir.path().join("whole.sqlite3");
    let locker = small(&whole);
    let cut = dir.path().join("cut.sqlite3");
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let old = dir.path().join("old.sqlite3");
    small(&old).execute_batch("alter table practice_record rename column due to later").unwrap();
    locker.execute_batch("begin exclusive").unwrap();
    let without_schema = backend.cluster.url("postgres", "postgres");
    let url = backend.url.as_str();
    for (arguments, words) in [
        (vec!["--source", "gone.sqlite3", "--database-url", url], "there is no file gone.sqlite3"),
        (vec!["--source", "text.sqlite3", "--database-url", url], "cannot be read as a SQLite database"),
        (vec!["--source", "cut.sqlite3", "--database-url", url], "copied whole?"),
        (vec!["--source", "whole.sqlite3", "--database-url", url], "is in use by another program"),
        (
            vec!["--source", "other.sqlite3", "--database-url", url],
            "not one of TuneTrees that is known: it has no table user",
        ),
        (
            vec!["--source", "old.sqlite3", "--database-url", url],
            "practice_record has neither a column due nor review_date",
        ),
        (
            vec!["--demo", "--database-url", "postgres://postgres@127.0.0.1:9/postgres"],
            "cannot connect to the database",
        ),
        (vec!["--demo", "--database-url", &without_schema], "apply migrations/postgres first"),
        (vec!["--demo", "--database-url", url, "--map-user", "7=anna@example.com"], "the file has no user 7"),
        (vec!["--rollback", "99", "--database-url", url], "run 99: there is no such run"),
    ] {
        let (status, _, error) = run(&arguments);
        assert_eq!(status, 1, "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
        assert_eq!(error.trim().lines().count(), 1, "{error}");
    }
}

/// What an old program left beside the file is read, and nothing is written there.
#[test]
fn a_write_ahead_log_is_read_and_nothing_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal.sqlite3");
    let writer = small(&path);
    writer
        .execute_batch(
            "pragma journal_mode = wal; pragma wal_autocheckpoint = 0; insert into tag values (8, 2, 10, 'in the log')",
        )
        .unwrap();
    let there = || {
        let mut files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap()).collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        files.iter().map(|f| (f.file_name(), std::fs::read(f.path()).unwrap())).collect::<Vec<_>>()
    };
    let before = there();
    assert_eq!(reads(&path).tables["tag"].rows, 2, "what is in the log counts");
    assert!(there() == before, "a file was written or made");
    drop(writer);
    // In the mode, but with all of it in the file.
    let before = there();
    assert_eq!(before.len(), 1);
    assert_eq!(reads(&path).tables["tag"].rows, 2);
    assert!(there() == before);
}

#[test]
fn a_json_file_holds_the_same_rows() {
    let Some(path) = shared("tunetrees_test_clean.sqlite3") else { return };
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("rows.json");
    let source = Source::open(&path, Some("demo")).unwrap();
    let report = json::write(&source, &to, &Default::default(), 1, &mut on).unwrap();
    assert!(report.is_explained(), "{}", report.summary());
    let whole: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&to).unwrap()).unwrap();
    assert_eq!(whole["format"], json::FORMAT);
    assert_eq!(whole["tables"]["practice_record"].as_array().unwrap().len(), 1768);
    assert_eq!(whole["accounts"].as_array().unwrap().len(), 8);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing half-written is left");
}
