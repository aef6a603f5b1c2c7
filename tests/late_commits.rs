#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! Which cursor loses rows? Six writers with transactions of random length, and clients that pull meanwhile: through `sync_pull`, and
//! through the cursors that look right and are not, all over the same rows of a real PostgreSQL. Missed is what a client has not seen
//! when all is quiet and it has pulled once more.
//!
//! `cargo test --test late_commits -- --ignored --nocapture` runs 100,000 rows and prints the table.

mod server;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{ANN, As, Server, begin, literal};
use tokio::task::JoinSet;
use tokio_postgres::Client;

const WRITERS: usize = 6;

/// The columns that the wrong cursors go by; `sync_pull` without its horizon.
const RIVALS: &str = r#"
alter table public.tune add column at_now timestamptz default now();
alter table public.tune add column at_clock timestamptz default clock_timestamp();
create sequence public.arrivals;
grant usage on sequence public.arrivals to authenticated;
alter table public.tune add column at_number bigint default nextval('public.arrivals');
create index on public.tune (at_now, id);
create index on public.tune (at_clock, id);
create index on public.tune (at_number, id);
create index on public.tune (last_modified_at, id);
do $$
declare
  text text := pg_get_functiondef('public.sync_pull(text, integer)'::regprocedure);
  without text := replace(replace(text, 'FUNCTION public.sync_pull(', 'FUNCTION public.sync_pull_without_horizon('),
    'pg_snapshot_xmin(pg_current_snapshot())', 'pg_snapshot_xmax(pg_current_snapshot())');
begin
  if without = replace(text, 'sync_pull(', 'sync_pull_without_horizon(') then
    raise exception 'sync_pull has changed: what takes its horizon away no longer fits';
  end if;
  execute without;
end $$;
grant execute on function public.sync_pull_without_horizon(text, integer) to authenticated;
"#;

/// How a client pulls.
#[derive(Clone, Copy, PartialEq)]
enum Cursor {
    /// A function with the signature of `sync_pull`.
    Function(&'static str),
    /// The greatest value seen of that column, and the id.
    Column(&'static str),
}

const CURSORS: [(&str, Cursor); 6] = [
    ("sync_pull: transaction, below the oldest that runs", Cursor::Function("sync_pull")),
    ("the same without the horizon", Cursor::Function("sync_pull_without_horizon")),
    ("last_modified_at, clocks up to 2 s apart", Cursor::Column("last_modified_at")),
    ("now() of the server", Cursor::Column("at_now")),
    ("clock_timestamp() of the server", Cursor::Column("at_clock")),
    ("a sequence", Cursor::Column("at_number")),
];

/// A client: where it stands, what it has seen.
struct Puller {
    client: Client,
    cursor: Cursor,
    at: Option<(String, String)>,
    seen: HashSet<String>,
    twice: usize,
    pages: usize,
}

impl Puller {
    fn take(&mut self, id: String) {
        if !self.seen.insert(id) {
            self.twice += 1;
        }
    }

    /// One page; is there more?
    async fn page(&mut self) -> bool {
        self.pages += 1;
        match self.cursor {
            Cursor::Function(name) => {
                let from = self.at.as_ref().map_or("null".to_owned(), |(text, _)| literal(text));
                let sql = format!("select public.{name}({from}, 500)");
                let reply = server::request(&self.client, As::User(ANN), &sql).await.unwrap();
                let reply: Value = serde_json::from_str(reply[0].as_deref().unwrap()).unwrap();
                for row in reply["rows"].as_array().unwrap().iter().filter(|row| row[0] == "tune") {
                    self.take(row[1]["id"].as_str().unwrap().to_owned());
                }
                self.at = Some((reply["cursor"].as_str().unwrap().to_owned(), String::new()));
                reply["has_more"] == json!(true)
            }
            Cursor::Column(column) => {
                let after = match &self.at {
                    Some((value, id)) => format!("where ({column}, id) > ({}, {})", literal(value), literal(id)),
                    None => String::new(),
                };
                let sql = format!(
                    "select id::text, {column}::text as position from public.tune {after} order by {column}, id limit 500"
                );
                let rows = self.client.simple_query(&sql).await.unwrap();
                let mut count = 0;
                for row in rows {
                    let tokio_postgres::SimpleQueryMessage::Row(row) = row else { continue };
                    let cell = |at: usize| row.get(at).unwrap().to_owned();
                    self.take(cell(0));
                    self.at = Some((cell(1), cell(0)));
                    count += 1;
                }
                count == 500
            }
        }
    }

    async fn catch_up(&mut self) {
        while self.page().await {}
    }
}

fn dice(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Transactions of one to three rows, each kept open for a while before its commit: mostly short, some long, a few very long.
async fn write(client: Client, writer: usize, left: Arc<AtomicUsize>, longest: u64) {
    let mut chance = writer as u64 * 7919 + 1;
    let ahead = writer as i64 * 2000 / (WRITERS as i64 - 1) - 1000;
    let mut number = 0_u64;
    loop {
        let rows = 1 + dice(&mut chance) as usize % 3;
        if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(rows))).unwrap() == 0
        {
            return;
        }
        let at = chrono::Utc::now() + chrono::Duration::milliseconds(ahead);
        let ops: Value = (0..rows)
            .map(|op| {
                number += 1;
                let id = format!("{:08x}-0000-4000-8000-{:012x}", writer + 1, number);
                json!({"op": op, "table": "tune", "id": id, "base": 0,
                    "row": {"title": "x", "private_for": ANN, "last_modified_at": at.to_rfc3339()}})
            })
            .collect();
        begin(&client, As::User(ANN)).await;
        client.batch_execute(&format!("select public.sync_push({}, null)", literal(&ops.to_string()))).await.unwrap();
        let micros = match dice(&mut chance) % 1000 {
            0..900 => dice(&mut chance) % 3_000,
            900..995 => dice(&mut chance) % 50_000,
            _ => dice(&mut chance) % (longest * 1000),
        };
        tokio::time::sleep(Duration::from_micros(micros)).await;
        client.batch_execute("commit").await.unwrap();
    }
}

/// Runs the writers until that many rows are there. For each cursor: how many it missed.
async fn run(rows: usize, longest: u64, pause: Duration) -> Vec<usize> {
    let server = Server::new().await;
    let admin = server.admin().await;
    admin.batch_execute(RIVALS).await.unwrap();
    let begun = Instant::now();
    let quiet = Arc::new(AtomicBool::new(false));
    let mut pullers = Vec::new();
    for (_, cursor) in CURSORS {
        let client = if matches!(cursor, Cursor::Function(_)) { server.rest().await } else { server.admin().await };
        let mut puller = Puller { client, cursor, at: None, seen: HashSet::new(), twice: 0, pages: 0 };
        let quiet = quiet.clone();
        pullers.push(tokio::spawn(async move {
            while !quiet.load(Ordering::Relaxed) {
                puller.catch_up().await;
                tokio::time::sleep(pause).await;
            }
            puller.catch_up().await;
            puller
        }));
    }
    let left = Arc::new(AtomicUsize::new(rows));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(server.rest().await, writer, left.clone(), longest));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    quiet.store(true, Ordering::Relaxed);
    let all = admin.query("select id::text from public.tune", &[]).await.unwrap();
    let all: HashSet<String> = all.iter().map(|row| row.get(0)).collect();
    println!(
        "{} rows by {WRITERS} writers in {:.1} s, transactions up to {longest} ms",
        all.len(),
        begun.elapsed().as_secs_f64()
    );
    println!("{:<52} {:>8} {:>7} {:>8} {:>7}", "cursor", "missed", "", "twice", "pages");
    let mut missed = Vec::new();
    for ((name, _), puller) in CURSORS.iter().zip(pullers) {
        let puller = puller.await.unwrap();
        let lost = all.difference(&puller.seen).count();
        let share = 100.0 * lost as f64 / all.len() as f64;
        println!("{name:<52} {lost:>8} {share:>6.1}% {:>8} {:>7}", puller.twice, puller.pages);
        missed.push(lost);
    }
    missed
}

fn judge(missed: &[usize]) {
    assert_eq!(missed[0], 0, "sync_pull missed rows");
    for ((name, _), missed) in CURSORS.iter().zip(missed).skip(1) {
        assert!(*missed > 0, "this run is too tame to tell anything: {name} missed nothing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_row_is_missed_however_late_it_is_committed() {
    judge(&run(5_000, 500, Duration::from_millis(20)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "100,000 rows take minutes"]
async fn a_hundred_thousand_rows() {
    judge(&run(100_000, 5_000, Duration::from_millis(50)).await);
}
