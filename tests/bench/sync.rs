//! Figures of the sync engine over real HTTP and a real PostgreSQL, without a browser: what 1,000 edits and 1,000 rows cost.
//! Prints figures; `cargo xtask bench` runs it. Compare ratios, not milliseconds, between machines.
#![allow(clippy::unwrap_used)]

#[path = "../devices/mod.rs"]
mod devices;

use std::time::{Duration, Instant};

use devices::{Device, account, config, eventually_for, run, sign_in, stack};
use tunetrees::row;
use tunetrees::store::schema::Table;

/// Edits made offline, and how soon they should be on the server: what is wanted of the browser (`e2e/bench-sync.mjs`), with 20 ms added to each request.
const TARGETS: [(usize, &str); 3] = [(100, "0.3 s"), (1_000, "1 s"), (10_000, "3 s, 25 requests")];
const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    run(async {
        for (edits, target) in TARGETS {
            push_and_pull(edits, target).await;
        }
        device_to_device().await;
        years_of_practice(100_000, 1_000).await;
    });
}

/// A new device for somebody who has practised for years: `ratings` of `tunes` tunes come, and the schedule of each tune is reckoned.
async fn years_of_practice(ratings: usize, tunes: usize) {
    let stack = stack().await;
    let (email, session) = account(&stack).await;
    let a = Device::start(config(&stack), Some(session));
    let owner = a.user.to_string();
    let playlist = a.edit(|edit| {
        let id = edit.new_id().to_string();
        edit.insert(Table::Playlist, row! { "id": id.as_str(), "user_ref": owner.as_str(), "name": "Flute" })?;
        Ok(id)
    });
    a.synced().await;
    a.driver.stop();
    let database = devices::database(&stack).await;
    database
        .batch_execute(&format!(
            "with made as (insert into tune (id, title, private_for, device_id)
               select gen_random_uuid(), 'Tune number ' || n, '{owner}', 'bench' from generate_series(1, {tunes}) as n returning id)
             insert into playlist_tune (id, user_ref, playlist_ref, tune_ref, device_id)
               select gen_random_uuid(), '{owner}', '{playlist}', id, 'bench' from made;
             insert into practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality, device_id)
               select gen_random_uuid(), '{owner}', '{playlist}', p.tune_ref,
                      now() - n * interval '11 days' - p.place * interval '61 seconds', 1 + (n + p.place) % 4, 'bench'
               from (select tune_ref, row_number() over (order by tune_ref) as place from playlist_tune where playlist_ref = '{playlist}') as p,
                    generate_series(1, {ratings} / {tunes}) as n;"
        ))
        .await
        .unwrap();
    let session = sign_in(&stack, &email).await;
    let before = calls(&stack, "sync_pull");
    let started = Instant::now();
    let store = devices::store(a.user);
    store.borrow_mut().await_first_pull(devices::now()).unwrap();
    let b = Device::resume(config(&stack), store, Some(session));
    eventually_for(600, "all of it there", || b.count("select count(*) from scheduling_state") >= tunes as i64).await;
    let requests = calls(&stack, "sync_pull") - before;
    line(&format!("{ratings} ratings, pulled by a new device"), &mut [started.elapsed()], ratings, requests, "");
    b.driver.stop();
    stack.stop().await;
}

async fn push_and_pull(edits: usize, target: &str) {
    let (mut pushes, mut pulls, mut requests) = (Vec::new(), Vec::new(), (0, 0));
    for _ in 0..ROUNDS {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        a.driver.online(false);
        for n in 0..edits {
            a.new_tune(&format!("Tune {n}"));
        }
        let before = calls(&stack, "sync_push");
        let started = Instant::now();
        a.driver.online(true);
        eventually_for(60, "all edits sent", || a.pending() == 0).await;
        pushes.push(started.elapsed());
        requests.0 = calls(&stack, "sync_push") - before;
        a.driver.stop();

        let session = sign_in(&stack, &email).await;
        let before = calls(&stack, "sync_pull");
        let started = Instant::now();
        let b = Device::start(config(&stack), Some(session));
        let all = i64::try_from(edits).unwrap();
        eventually_for(60, "all rows there", || b.count("select count(*) from tune") >= all).await;
        pulls.push(started.elapsed());
        requests.1 = calls(&stack, "sync_pull") - before;
        b.driver.stop();
        stack.stop().await;
    }
    line(&format!("{edits} edits of before, pushed"), &mut pushes, edits, requests.0, &format!("   target ≤ {target}"));
    line(&format!("{edits} rows, pulled by a new device"), &mut pulls, edits, requests.1, "");
}

async fn device_to_device() {
    let stack = stack().await;
    let (email, session) = account(&stack).await;
    let a = Device::start(config(&stack), Some(session));
    let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
    a.synced().await;
    b.synced().await;
    eventually_for(10, "both doorbells", || a.status.borrow().doorbell && b.status.borrow().doorbell).await;
    let mut took = Vec::new();
    let id = a.new_tune("To and fro");
    eventually_for(10, "the tune on B", || b.row(Table::Tune, &id).is_some()).await;
    for n in 0..30 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let title = format!("To and fro {n}");
        let started = Instant::now();
        a.set(Table::Tune, &id, row! { "title": title.as_str() });
        eventually_for(10, "the edit on B", || b.value(Table::Tune, &id, "title") == title.as_str()).await;
        took.push(started.elapsed());
    }
    took.sort();
    println!(
        "{:<42} median {:>6} ms   p95 {:>6} ms   n={}   target median ≤ 150 ms",
        "an edit on A until stored on B",
        took[took.len() / 2].as_millis(),
        took[took.len() * 95 / 100].as_millis(),
        took.len()
    );
    stack.stop().await;
}

fn line(name: &str, took: &mut [Duration], rows: usize, requests: u64, target: &str) {
    took.sort();
    let median = took[took.len() / 2];
    println!(
        "{name:<42} median {:>6} ms   {:>8.0} rows/s   {requests} requests   (min {}, max {}, n={}){target}",
        median.as_millis(),
        rows as f64 / median.as_secs_f64(),
        took[0].as_millis(),
        took[took.len() - 1].as_millis(),
        took.len()
    );
}

fn calls(stack: &devstack::Devstack, function: &str) -> u64 {
    stack.faults.stats().get(&format!("POST /rest/v1/rpc/{function}")).copied().unwrap_or_default()
}
