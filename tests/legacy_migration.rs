//! The migration of real legacy files into a real PostgreSQL with all migrations: exact counts, and nothing twice.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use devstack::postgres::{Cluster, ClusterConfig, prepared_database};
use tokio_postgres::Client;
use tunetrees::domain::ids::{PlaylistId, PlaylistTuneId, TuneId};
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::ids::legacy_uuid;
use tunetrees::legacy::load::connect;
use tunetrees::legacy::report::Report;
use tunetrees::legacy::value::LegacyValue;
use tunetrees::legacy::{LegacyError, LoadOptions, Source, excerpt, load};
use tunetrees::store::schema::Table;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the shared legacy data; `None` (and a word about it) in a checkout that has only the repository.
fn shared(name: &str) -> Option<PathBuf> {
    let path = excerpt::shared_database(here()).map(|p| p.with_file_name(name)).filter(|p| p.is_file());
    if path.is_none() {
        println!("skipped: there is no shared/legacy/{name} here; the bundled excerpt is tested instead");
    }
    path
}

fn demo_options() -> LoadOptions {
    LoadOptions {
        map_users: [(1, "test1@example.com".to_owned()), (100, "test2@example.com".to_owned())].into(),
        password: Some("tunetrees-demo".to_owned()),
        dry_run: false,
        default_options: true,
    }
}

struct Backend {
    cluster: Cluster,
    client: Client,
    url: String,
}

impl Backend {
    async fn start() -> Backend {
        let cluster = Cluster::start(ClusterConfig::default()).unwrap();
        let url = prepared_database(&cluster, "legacy", &here().join("migrations/postgres")).await.unwrap();
        let client = connect(&url).await.unwrap();
        Backend { cluster, client, url }
    }

    async fn load(&mut self, source: &Source, options: &LoadOptions) -> Report {
        let report = load(&mut self.client, source, options).await.unwrap();
        assert!(report.is_explained(), "{}", report.summary());
        report
    }

    /// Every value of every row, sync positions included: equal dumps mean that nothing was written.
    async fn dump(&self) -> BTreeMap<String, String> {
        let mut dump = BTreeMap::new();
        let tables = Table::ALL.iter().map(|t| format!("public.\"{t}\""));
        for table in tables.chain(["auth.users".to_owned(), "auth.identities".to_owned()]) {
            let sql = format!(
                "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} t"
            );
            dump.insert(table, self.client.query_one(&sql, &[]).await.unwrap().get(0));
        }
        dump
    }

    async fn text(&self, sql: &str) -> String {
        self.client.query_one(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")).get(0)
    }

    async fn count(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")).get(0)
    }
}

/// (legacy table, read, loaded, already there, left out)
fn counts(report: &Report) -> Vec<(&str, usize, usize, usize, usize)> {
    report.tables.iter().map(|t| (t.legacy.as_str(), t.read, t.loaded, t.already_there, t.left_out.len())).collect()
}

/// Non-null values, zeros and the sum of a number column, from the file.
fn numbers(source: &Source, table: &str, column: &str) -> (i64, i64, String) {
    let values = source.table(table).iter().filter_map(|row| match row.get(column) {
        LegacyValue::Int(n) => Some(*n as f64),
        LegacyValue::Real(x) => Some(*x),
        _ => None,
    });
    let values: Vec<f64> = values.collect();
    let zeros = values.iter().filter(|x| **x == 0.0).count();
    (values.len() as i64, zeros as i64, format!("{:.6}", values.iter().sum::<f64>()))
}

async fn same_numbers(backend: &Backend, source: &Source, table: &str, columns: &[&str]) {
    for column in columns {
        let sql = format!(
            "select count(\"{column}\"), count(*) filter (where \"{column}\" = 0),
                    to_char(coalesce(sum(\"{column}\"), 0), 'FM999999999990.000000') from public.\"{table}\""
        );
        let row = backend.client.query_one(&sql, &[]).await.unwrap();
        let got: (i64, i64, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(got, numbers(source, table, column), "{table}.{column}");
    }
}

#[tokio::test]
async fn the_october_file_comes_along_whole_and_only_once() {
    let Some(path) = shared("tunetrees_test_clean.sqlite3") else { return };
    let before = std::fs::read(&path).unwrap();
    let source = Source::open(&path, Some("demo")).unwrap();
    assert!(source.found().starts_with("October 2025 shape"), "{}", source.found());
    let mut backend = Backend::start().await;

    let empty = backend.dump().await;
    let dry = backend.load(&source, &LoadOptions { dry_run: true, ..demo_options() }).await;
    assert_eq!(backend.dump().await, empty, "a dry run writes nothing");
    assert_eq!(backend.text("select coalesce(to_regnamespace('legacy')::text, 'none')").await, "none");

    let report = backend.load(&source, &demo_options()).await;
    assert_eq!(counts(&dry), counts(&report), "a dry run tells what a run does");
    assert_eq!(
        counts(&report),
        [
            ("user", 9, 7, 0, 2),
            ("genre", 15, 15, 0, 0),
            ("tune_type", 15, 15, 0, 0),
            ("genre_tune_type", 15, 15, 0, 0),
            ("instrument", 7, 7, 0, 0),
            ("tune", 489, 489, 0, 0),
            ("tune_override", 12, 12, 0, 0),
            ("playlist", 8, 8, 0, 0),
            ("playlist_tune", 513, 496, 0, 17),
            ("practice_record", 1768, 1768, 0, 0),
            ("note", 412, 412, 0, 0),
            ("reference", 495, 495, 0, 0),
            ("tag", 40, 40, 0, 0),
            ("prefs_spaced_repetition", 2, 2, 0, 0),
            ("prefs_scheduling_options", 1, 1, 0, 0),
            ("daily_practice_queue", 435, 435, 0, 0),
            ("tab_group_main_state", 2, 2, 0, 0),
            ("table_state", 24, 12, 0, 12),
            ("table_transient_data", 8, 8, 0, 0),
        ]
    );
    let orphans = report.table("playlist_tune").unwrap();
    assert_eq!(orphans.reasons(), BTreeMap::from([("its tune is gone", 17)]));
    assert_eq!(orphans.changes["current: a flag of an old version, not a time → none"].len(), 496);
    assert_eq!(report.table("prefs_scheduling_options").unwrap().added, 1);
    assert!(report.to_markdown().contains("| 1:7279 | its tune is gone |"), "every orphan is named");
    assert_eq!(backend.count("select count(*) from public.tune where private_for is null").await, 488);
    assert_eq!(backend.count("select count(*) from public.playlist where deleted").await, 4);
    assert_eq!(backend.count("select count(*) from public.instrument where private_to_user is null").await, 5);

    values_are_right(&backend, &source).await;

    // An edit after the migration, then a second run: nothing is undone, nothing doubled.
    backend.client.batch_execute("update public.tune set title = 'Edited' where title = 'Abbey Reel'").await.unwrap();
    let loaded = backend.dump().await;
    let again = backend.load(&source, &demo_options()).await;
    assert_eq!(backend.dump().await, loaded, "a second run writes nothing");
    assert!(again.tables.iter().all(|t| t.loaded == 0 && t.added == 0), "{}", again.summary());
    assert!(again.tables.iter().zip(&report.tables).all(|(b, a)| b.already_there == a.loaded), "{}", again.summary());
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file is only read");
}

async fn values_are_right(backend: &Backend, source: &Source) {
    let integers = ["quality", "interval", "step", "repetitions", "lapses", "elapsed_days", "state"];
    same_numbers(backend, source, "practice_record", &integers).await;
    same_numbers(backend, source, "practice_record", &["easiness", "difficulty", "stability"]).await;
    let queue = ["bucket", "order_index", "tz_offset_minutes_snapshot", "exposures_completed"];
    same_numbers(backend, source, "daily_practice_queue", &queue).await;
    let record = |id: u32| {
        format!(
            "from public.practice_record where id = (select new_uuid from legacy.id_mapping where legacy_table = 'practice_record' and legacy_id = '{id}')"
        )
    };
    let utc = |column: &str| format!("to_char({column} at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')");
    let sql = format!("select {} || ' ' || {} {}", utc("practiced"), utc("due"), record(1));
    assert_eq!(backend.text(&sql).await, "2024-07-13 21:59:59.000000 2025-04-13 21:59:59.000000");
    let sql = format!("select quality || ' ' || interval || ' ' || repetitions {}", record(72));
    assert_eq!(backend.text(&sql).await, "0 1 0", "zero is zero");
    // All six ways of writing a time are UTC: hours and days agree with the file's text.
    let mut in_file: Vec<String> = source
        .table("practice_record")
        .iter()
        .map(|row| row.word("practiced").unwrap()[..19].replace('T', " "))
        .collect();
    in_file.sort();
    let sql = "select string_agg(t, ',' order by t collate \"C\") from (select to_char(practiced at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') t from public.practice_record) x";
    assert_eq!(backend.text(sql).await, in_file.join(","));

    let written = format!("select distinct {} from public.tune", utc("last_modified_at"));
    assert_eq!(backend.text(&written).await, "2025-10-03 12:14:00.000000", "the file's newest time, not now");
    let own = "select count(*) from public.practice_record where last_modified_at <> practiced or device_id <> 'legacy-migration' or sync_version <> 1";
    assert_eq!(backend.count(own).await, 0);
    let steps = "select learning_steps || relearning_steps from public.prefs_spaced_repetition where alg_type = 'FSRS'";
    assert_eq!(backend.text(steps).await, "[1,10][10]");
    let accounts = "select string_agg(email, ' ' order by email) from auth.users
                    where case when encrypted_password <> '' then encrypted_password = extensions.crypt('tunetrees-demo', encrypted_password) end";
    assert_eq!(backend.text(accounts).await, "test1@example.com test2@example.com", "only the mapped have a password");
    let whole = "select count(*) from auth.users u join auth.identities i on i.user_id = u.id join public.user_profile p on p.id = u.id
                 where i.email = u.email and p.name is not null and p.email = u.email";
    assert_eq!(backend.count(whole).await, 7);
    let private = "select t.title || ' ' || u.email from public.tune t join auth.users u on u.id = t.private_for";
    assert_eq!(backend.text(private).await, "A private reel test1@example.com");
    // Rows that belong together have one owner, and a current tune exists (the schema does not check these).
    for stray in [
        "public.playlist_tune x join public.playlist p on p.id = x.playlist_ref where p.user_ref <> x.user_ref",
        "public.practice_record x join public.playlist p on p.id = x.playlist_ref where p.user_ref <> x.user_ref",
        "public.daily_practice_queue x join public.playlist p on p.id = x.playlist_ref where p.user_ref <> x.user_ref",
        "public.table_state x join public.playlist p on p.id = x.playlist_id where p.user_ref <> x.user_id",
        "public.tab_group_main_state x join public.playlist p on p.id = x.playlist_id where p.user_ref <> x.user_id",
        "public.table_state x left join public.tune t on t.id = x.current_tune where x.current_tune is not null and t.id is null",
    ] {
        assert_eq!(backend.count(&format!("select count(*) from {stray}")).await, 0, "{stray}");
    }
    let playlist = PlaylistId(legacy_uuid("demo", "playlist", "1"));
    let id = PlaylistTuneId::of(playlist, TuneId(legacy_uuid("demo", "tune", "634")));
    let sql = format!("select count(*) from public.playlist_tune where id = '{id}'");
    assert_eq!(backend.count(&sql).await, 1, "a device that adds the tune makes the same id");
    same_texts(backend, source).await;
}

/// Notes (some with pictures of half a megabyte) and incipits arrive to the letter.
async fn same_texts(backend: &Backend, source: &Source) {
    for (table, column, legacy) in
        [("note", "note_text", "note"), ("tune", "incipit", "tune"), ("reference", "url", "reference")]
    {
        let sql = format!(
            "select m.legacy_id, t.\"{column}\" from legacy.id_mapping m join public.\"{table}\" t on t.id = m.new_uuid where m.legacy_table = '{legacy}'"
        );
        let rows = backend.client.query(&sql, &[]).await.unwrap();
        let there: BTreeMap<String, Option<String>> = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
        assert_eq!(there.len(), source.table(legacy).rows.len());
        for row in source.table(legacy).iter() {
            let text = row.word(column).map(str::to_owned);
            assert_eq!(there[&row.shown("id")], text, "{table} {}", row.shown("id"));
        }
    }
}

#[tokio::test]
async fn the_january_file_loads_too() {
    let Some(path) = shared("legacy-2025-01.sqlite3") else { return };
    let source = Source::open(&path, None).unwrap();
    assert!(source.found().starts_with("January 2025 shape"), "{}", source.found());
    assert!(source.found().contains("it has no tune_type, genre_tune_type, tune_override"), "{}", source.found());
    let mut backend = Backend::start().await;
    let options = LoadOptions { map_users: [(1, "test1@example.com".to_owned())].into(), ..LoadOptions::default() };
    let report = backend.load(&source, &options).await;
    let loaded: BTreeMap<&str, usize> = report.tables.iter().map(|t| (t.legacy.as_str(), t.loaded)).collect();
    assert_eq!(loaded["user"], 8);
    assert_eq!(loaded["tune"], 488);
    assert_eq!(loaded["playlist_tune"], 495);
    assert_eq!(loaded["practice_record"], 488);
    assert_eq!(loaded["note"], 412);
    assert_eq!(loaded["reference"], 495);
    assert_eq!(loaded["table_state"], 9, "user 100 has layouts of other people's repertoires");
    assert_eq!(backend.count("select count(due) from public.practice_record").await, 488, "review_date became due");
    assert_eq!(backend.count("select count(*) from public.practice_record where easiness is null").await, 0);
    assert_eq!(backend.count("select count(*) from auth.users where encrypted_password <> ''").await, 0);
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
    command_line(&backend).await;
    backend.cluster.stop().unwrap();
}

/// The command: one clear sentence and status 1 for everything that is wrong; a report on request.
async fn command_line(backend: &Backend) {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_migrate-legacy"));
        let done = command.current_dir(dir.path()).args(arguments).output().unwrap();
        let words = String::from_utf8(done.stderr).unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap(), words)
    };
    let report = dir.path().join("report.md");
    let (status, out, _) = run(&["--demo", "--database-url", &backend.url, "--report", report.to_str().unwrap()]);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("every row is accounted for"), "{out}");
    assert!(std::fs::read_to_string(&report).unwrap().contains("| tune | tune | 60 | 0 | 60 | 0 | 0 | 0 |"));

    let text = dir.path().join("text.sqlite3");
    std::fs::write(&text, "this is no database, however long it may be").unwrap();
    let other = dir.path().join("other.sqlite3");
    rusqlite::Connection::open(&other).unwrap().execute_batch("create table cats (name text)").unwrap();
    let without_schema = backend.cluster.url("postgres", "postgres");
    for (arguments, words) in [
        (vec!["--source", "gone.sqlite3", "--database-url", &backend.url], "there is no file gone.sqlite3"),
        (vec!["--source", "text.sqlite3", "--database-url", &backend.url], "cannot be read as a SQLite database"),
        (
            vec!["--source", "other.sqlite3", "--database-url", &backend.url],
            "not one of TuneTrees that is known: it has no table user",
        ),
        (
            vec!["--demo", "--database-url", "postgres://postgres@127.0.0.1:9/postgres"],
            "cannot connect to the database",
        ),
        (vec!["--demo", "--database-url", &without_schema], "apply migrations/postgres first"),
        (vec!["--demo", "--database-url", &backend.url, "--map-user", "7=anna@example.com"], "the file has no user 7"),
    ] {
        let (status, _, error) = run(&arguments);
        assert_eq!(status, 1, "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
        assert_eq!(error.trim().lines().count(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_failure_rolls_everything_back() {
    let source = excerpt::bundled(Timestamp::from(chrono::Utc::now())).unwrap();
    let mut backend = Backend::start().await;
    // A row that the database refuses late in the run.
    let refuse = "alter table public.tag add constraint no_slow check (tag_text <> 'slow')";
    backend.client.batch_execute(refuse).await.unwrap();
    let empty = backend.dump().await;
    let error = load(&mut backend.client, &source, &demo_options()).await.unwrap_err();
    assert!(matches!(error, LegacyError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("tag (legacy rows 1 to 2)") && error.to_string().contains("no_slow"), "{error}");
    assert_eq!(backend.dump().await, empty);
}
