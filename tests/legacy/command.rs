//! The command and what it reads and writes: the demo data, its words for everything that is wrong, files beside the file, JSON.

use std::process::Command;

use rusqlite::Connection;
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::load::json;
use tunetrees::legacy::load::postgres::rollback;
use tunetrees::legacy::{Source, excerpt};

use crate::legacy::{Backend, demo_options, on, shared};
use crate::small::{reads, small};

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
