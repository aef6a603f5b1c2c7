//! What `migrate-legacy` costs: rows a second into a real PostgreSQL, and the most memory the program ever took, for the shared October
//! file and for a made one of 200,000 practice records. Prints figures; `cargo xtask bench` runs it.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use devstack::postgres::{Cluster, ClusterConfig, prepared_database};
use rusqlite::{Connection, params};
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load};
use tunetrees::legacy::{Source, excerpt};

const RECORDS: u32 = 200_000;
const TUNES: u32 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` only wants to know that it builds.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(at) = arguments.iter().position(|a| a == "--load") {
        // A process of its own for each measurement: the most memory is counted from its start.
        return runtime.block_on(measure(Path::new(&arguments[at + 1]), &arguments[at + 2]));
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let mut files = vec![];
    if let Some(october) = excerpt::shared_database(here) {
        files.push(("the October 2025 file".to_owned(), october));
    }
    for records in [RECORDS / 10, RECORDS] {
        let path = dir.path().join(format!("made-{records}.sqlite3"));
        make(&path, records);
        files.push((format!("a made file, {records} practice records"), path));
    }
    let cluster = Cluster::start(ClusterConfig::default()).unwrap();
    for (n, (what, path)) in files.iter().enumerate() {
        let url = runtime
            .block_on(prepared_database(&cluster, &format!("bench{n}"), &here.join("migrations/postgres")))
            .unwrap();
        let done = Command::new(std::env::current_exe().unwrap())
            .args(["--load", path.to_str().unwrap(), &url])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        println!("{what:<42} {}", String::from_utf8_lossy(&done.stdout).trim());
    }
    cluster.stop().unwrap();
}

async fn measure(path: &Path, url: &str) {
    let source = Source::open(path, None).unwrap();
    let opened = peak();
    let mut client = connect(url).await.unwrap();
    let options = LoadOptions { making: Making::InDatabase(None), ..LoadOptions::default() };
    let started = Instant::now();
    let report = load(&mut client, &source, &options, &mut |_| ControlFlow::Continue(())).await.unwrap();
    assert!(report.is_explained(), "{}", report.summary());
    let (rows, pace) = report.pace();
    let all = started.elapsed().as_secs_f64();
    println!(
        "{rows:>7} rows in {:>5.1} s, {pace:>6.0} rows/s; compared and committed after {all:>5.1} s; peak memory {:.1} MB (after opening {:.1} MB)",
        report.seconds,
        peak() as f64 / 1024.0,
        opened as f64 / 1024.0
    );
}

/// The most memory this process ever had, in kilobytes (`VmHWM`).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A legacy database of one person with that many practice records.
fn make(path: &Path, records: u32) {
    let mut db = Connection::open(path).unwrap();
    db.execute_batch(
        "create table user (id integer primary key, name text, email text, deleted boolean default false);
         create table tune (id integer primary key, type text, structure text, title text, mode text, incipit text, genre text, deleted boolean, private_for integer);
         create table playlist (playlist_id integer primary key, user_ref integer, instrument_ref integer, deleted boolean, sr_alg_type text);
         create table playlist_tune (playlist_ref integer, tune_ref integer, current text, learned text, scheduled text, goal text, deleted boolean, primary key (tune_ref, playlist_ref));
         create table practice_record (id integer primary key, playlist_ref integer, tune_ref integer, practiced text, quality integer, difficulty real, stability real, interval integer, step integer, repetitions integer, lapses integer, elapsed_days integer, state integer, due text, goal text, technique text);
         create table note (id integer primary key, user_ref integer, tune_ref integer, playlist_ref integer, created_date text, note_text text, public integer, favorite integer, deleted boolean);
         insert into user values (0, 'all', null, 0), (1, 'Anna', 'anna@example.com', 0);
         insert into playlist values (1, 1, null, 0, 'FSRS')",
    )
    .unwrap();
    let tx = db.transaction().unwrap();
    for tune in 1..=TUNES {
        let sql = "insert into tune values (?1, 'Reel', 'AABB', 'Tune ' || ?1, 'D Major', 'A2FA DFAF', null, 0, 0)";
        tx.execute(sql, [tune]).unwrap();
        tx.execute("insert into playlist_tune values (1, ?1, null, '2020-01-01', null, 'recall', 0)", [tune]).unwrap();
    }
    let mut insert = tx
        .prepare(
            "insert into practice_record values (?1, 1, ?2, datetime('2015-01-01', ?3), ?4, 5.5, 12.25, 4, 1, 3, 0, 2, 2,
               datetime('2015-01-05', ?3), 'recall', null)",
        )
        .unwrap();
    for n in 0..records {
        insert.execute(params![n + 1, n % TUNES + 1, format!("+{} minutes", n * 17), n % 4 + 1]).unwrap();
    }
    drop(insert);
    tx.commit().unwrap();
}
