//! Both real files: exact counts, exact values, and what a device sees afterwards.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tunetrees::domain::ids::{PlaylistId, PlaylistTuneId, TuneId};
use tunetrees::legacy::ids::legacy_uuid;
use tunetrees::legacy::load::postgres::{LoadOptions, Making};
use tunetrees::legacy::report::TableReport;
use tunetrees::legacy::value::{LegacyRow, LegacyValue};
use tunetrees::legacy::{Source, catalogue};

use crate::legacy::{Backend, counts, options, shared};

/// Something about every row of a legacy table.
fn rows<T>(source: &Source, table: &str, mut look: impl FnMut(LegacyRow<'_>) -> T) -> Vec<T> {
    let mut all = Vec::new();
    source
        .each(catalogue::table(table).unwrap(), |row| {
            all.push(look(row));
            Ok(())
        })
        .unwrap();
    all
}

/// Non-null values, zeros and the sum of a number column, from the file.
fn numbers(source: &Source, table: &str, column: &str) -> (i64, i64, String) {
    let values: Vec<f64> = rows(source, table, |row| match row.get(column) {
        LegacyValue::Int(n) => Some(*n as f64),
        LegacyValue::Real(x) => Some(*x),
        _ => None,
    })
    .into_iter()
    .flatten()
    .collect();
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
    let dry = backend.load(&source, &LoadOptions { dry_run: true, ..options() }).await;
    assert_eq!(backend.dump().await, empty, "a dry run writes nothing");
    assert_eq!(backend.text("select coalesce(to_regnamespace('legacy')::text, 'none')").await, "none");

    let report = backend.load(&source, &options()).await;
    assert_eq!(counts(&dry), counts(&report), "a dry run tells what a run does");
    assert_eq!(
        counts(&report),
        [
            ("user", 9, 7, 0, 2),
            ("genre", 15, 0, 15, 0),
            ("tune_type", 15, 0, 15, 0),
            ("genre_tune_type", 15, 0, 15, 0),
            ("instrument", 7, 2, 5, 0),
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
    let kept = report.tables.iter().map(|t| t.kept.len()).sum::<usize>();
    assert_eq!(kept, 0, "genres, kinds of tune and instruments are those that every server begins with");
    assert_eq!(orphans.changes["current: a flag of an old version, not a time → none"].len(), 496);
    assert!(report.to_markdown().contains("| 1:7279 | its tune is gone |"), "every orphan is named");
    assert_eq!(backend.count("select count(*) from public.tune where private_for is null").await, 488);
    assert_eq!(backend.count("select count(*) from public.playlist where deleted").await, 4);
    assert_eq!(backend.count("select count(*) from public.instrument where private_to_user is null").await, 13);

    let found = report.validation.as_ref().unwrap();
    let compared: usize = found.tables.iter().map(|t| t.rows_here).sum();
    let arrived = |t: &TableReport| t.loaded + t.already_there;
    assert_eq!(compared, report.tables.iter().map(arrived).sum::<usize>(), "every row is read back");
    assert!(found.tables.iter().all(|t| t.excused.is_empty()));
    assert_eq!(found.tables.iter().find(|t| t.target == "practice_record").unwrap().samples.len(), 20);
    assert!(found.references.len() > 30 && found.references.iter().all(|r| r.broken == 0));

    values_are_right(&backend, &source).await;

    // An edit after the migration, then a second run: nothing is undone, nothing doubled.
    backend.run("update public.tune set title = 'Edited' where title = 'Abbey Reel'").await;
    let loaded = backend.dump().await;
    let again = backend.load(&source, &options()).await;
    assert_eq!(backend.dump().await, loaded, "a second run writes nothing");
    assert!(again.tables.iter().all(|t| t.loaded == 0 && t.updated == 0), "{}", again.summary());
    assert!(again.tables.iter().zip(&report.tables).all(|(b, a)| b.already_there == arrived(a)), "{}", again.summary());
    assert_eq!(again.table("tune").unwrap().kept[0].reason, "edited here since it was migrated");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the file is only read");
    a_device_pulls_it(&backend, &report).await;
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
    let mut in_file: Vec<String> =
        rows(source, "practice_record", |row| row.word("practiced").unwrap()[..19].replace('T', " "));
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
    let playlist = PlaylistId(legacy_uuid("demo", "playlist", "1"));
    let id = PlaylistTuneId::of(playlist, TuneId(legacy_uuid("demo", "tune", "634")));
    let sql = format!("select count(*) from public.playlist_tune where id = '{id}'");
    assert_eq!(backend.count(&sql).await, 1, "a device that adds the tune makes the same id");
    same_texts(backend, source).await;
}

/// Notes (some with pictures of half a megabyte) and incipits arrive to the letter.
async fn same_texts(backend: &Backend, source: &Source) {
    for (table, column) in [("note", "note_text"), ("tune", "incipit"), ("reference", "url")] {
        let sql = format!(
            "select m.legacy_id, t.\"{column}\" from legacy.id_mapping m join public.\"{table}\" t on t.id = m.new_uuid where m.legacy_table = '{table}'"
        );
        let there = backend.client.query(&sql, &[]).await.unwrap();
        let there: BTreeMap<String, Option<String>> = there.iter().map(|r| (r.get(0), r.get(1))).collect();
        let in_file = rows(source, table, |row| (row.key(&["id"]), row.word(column).map(str::to_owned)));
        assert_eq!(there, in_file.into_iter().collect(), "{table}.{column}");
    }
}

/// Signed in as test1, a device pulls page by page and gets her rows, all of them, once.
async fn a_device_pulls_it(backend: &Backend, report: &tunetrees::legacy::Report) {
    let me = backend.text("select id::text from auth.users where email = 'test1@example.com'").await;
    backend
        .run(&format!(
            "set role authenticated; select set_config('request.jwt.claims', '{{\"sub\":\"{me}\",\"role\":\"authenticated\"}}', false)"
        ))
        .await;
    let mut cursor: Option<String> = None;
    let mut pulled: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let sql = "select public.sync_pull(\"cursor\" => $1, page_limit => 500)";
        let page: Value = backend.client.query_one(sql, &[&cursor]).await.unwrap().get(0);
        for row in page["rows"].as_array().unwrap() {
            *pulled.entry(row[0].as_str().unwrap().to_owned()).or_default() += 1;
        }
        cursor = Some(page["cursor"].as_str().unwrap().to_owned());
        if page["has_more"] != json!(true) {
            break;
        }
    }
    backend.run("reset role").await;
    for table in ["tune", "genre", "tune_type"] {
        let there = report.table(table).unwrap();
        assert_eq!(pulled.get(table), Some(&(there.loaded + there.already_there)), "{table}");
    }
    for (table, owner) in
        [("practice_record", "user_ref"), ("playlist_tune", "user_ref"), ("tag", "user_ref"), ("playlist", "user_ref")]
    {
        let own = backend.count(&format!("select count(*) from public.{table} where {owner} = '{me}'")).await;
        assert!(own > 0 || table == "tag");
        assert_eq!(pulled.get(table).copied().unwrap_or(0) as i64, own, "{table}");
    }
    let notes = backend.count(&format!("select count(*) from public.note where user_ref = '{me}' or public")).await;
    assert_eq!(pulled["note"] as i64, notes);
}

#[tokio::test]
async fn the_january_file_loads_too() {
    let Some(path) = shared("legacy-2025-01.sqlite3") else { return };
    let source = Source::open(&path, None).unwrap();
    assert!(source.found().starts_with("January 2025 shape"), "{}", source.found());
    assert!(source.found().contains("it has no tune_type, genre_tune_type, tune_override"), "{}", source.found());
    let mut backend = Backend::start().await;
    let options = LoadOptions {
        map_users: [(1, "test1@example.com".to_owned())].into(),
        making: Making::InDatabase(None),
        ..LoadOptions::default()
    };
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

    // The same person's newer file under another name: the catalogue is recognised, not doubled.
    let Some(path) = shared("tunetrees_test_clean.sqlite3") else { return };
    let newer = Source::open(&path, None).unwrap();
    let report = backend.load(&newer, &options).await;
    let tunes = report.table("tune").unwrap();
    assert_eq!((tunes.loaded, tunes.already_there), (1, 488), "{:?}", tunes.kept.first());
    assert_eq!(report.table("instrument").unwrap().loaded, 0);
    assert_eq!(report.table("playlist").unwrap().loaded, 8, "repertoires are a person's own");
    assert_eq!(backend.count("select count(*) from public.tune where private_for is null").await, 488);
}
