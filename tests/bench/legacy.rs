//! What `migrate-legacy` costs: rows a second into a real PostgreSQL, and the most memory the program ever took, for the shared October
//! file and for a made one of 200,000 practice records. Prints figures; `cargo xtask bench` runs it.
#![allow(clippy::unwrap_used)]

#[path = "../legacy/made.rs"]
mod made;

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use devstack::postgres::{Cluster, ClusterConfig, prepared_database};
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load};
use tunetrees::legacy::{Source, excerpt};

const RECORDS: u32 = 200_000;

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
        made::make(&path, records);
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
