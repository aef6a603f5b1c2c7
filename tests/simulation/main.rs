//! The simulator: the real engine on real stores against the model server, in a world of one thread, one seed and a clock of its own,
//! in which everything goes wrong that can. `cargo xtask sim --seeds 1000`; `--seed S` replays one with its trace.
//!
//! A seed is one history: 2–5 devices, some 200 operations, faults. Then the faults stop, and what `docs/sync.md` demands must be so.
#![allow(missing_docs, clippy::unwrap_used)]

mod chance;
mod changes;
mod choices;
mod damage;
mod device;
mod disk;
mod fate;
mod faults;
mod fragile;
mod happening;
#[path = "../model/mod.rs"]
mod model;
mod monotone;
mod network;
mod oracle;
mod pages;
mod people;
mod plan;
mod room;
mod run;
mod session;
mod sight;
mod special;
mod tally;
mod trace;
mod upgrade;
mod verdict;
mod watch;
mod world;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use run::{Outcome, run_without};
use tally::Tally;
use tunetrees::remedies;

struct Arguments {
    seeds: u64,
    first: u64,
    only: Option<u64>,
    shrink: bool,
    threads: usize,
    /// Kinds of fault to leave out.
    without: Vec<String>,
    /// One failure is enough.
    until_broken: bool,
    /// The end of the id of a row to be shown whenever it changes.
    row: Option<String>,
    /// The histories only, not the plays of `special.rs`.
    histories_only: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        seeds: 200,
        first: 1,
        only: None,
        shrink: false,
        threads: 2,
        without: Vec::new(),
        until_broken: false,
        row: None,
        histories_only: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|n| n.parse().ok()).ok_or(format!("{word} needs a number"));
        match word.as_str() {
            "--seeds" => found.seeds = number()?,
            "--first" => found.first = number()?,
            "--seed" => found.only = Some(number()?),
            "--until-broken" => found.until_broken = true,
            "--histories-only" => found.histories_only = true,
            "--row" => found.row = words.next(),
            "--shrink" => found.shrink = true,
            "--without" => found.without = words.next().unwrap_or_default().split(',').map(str::to_owned).collect(),
            "--threads" => found.threads = number()? as usize,
            // What cargo and its test runner add.
            "--bench" | "--nocapture" | "--quiet" => {}
            other => {
                return Err(format!(
                    "unknown argument {other}: --seeds N, --first S, --seed S, --shrink, --row END, --without a,b, --until-broken,
                     --histories-only, --threads N"
                ));
            }
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    // SQLite counts its memory under a lock for which the threads would wait.
    // Each connection keeps its statements for the next history: what a new one is made of finds room beside them.
    // SAFETY: nothing has used SQLite yet, and the options take one int, and two.
    unsafe {
        rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0);
        rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_LOOKASIDE, 1200, 1000);
    }
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let templates = disk::Templates::of(&world::people());
    // A broken demand is told with its seed; the panic's own words would only be in the way.
    std::panic::set_hook(Box::new(|_| {}));
    match arguments.only {
        Some(seed) => one(seed, &arguments, &templates),
        None => many(&arguments, &templates),
    }
}

/// Replays one seed, with its trace.
fn one(seed: u64, arguments: &Arguments, templates: &disk::Templates) -> ExitCode {
    let mut without = arguments.without.clone();
    let mut most = None;
    if arguments.shrink {
        (without, most) = run::shrunk(seed, templates, &without);
    }
    let outcome = run::run_readably(seed, templates, &without, most, arguments.row.clone());
    for line in &outcome.lines {
        println!("{line}");
    }
    println!("trace {:016x}", outcome.hash);
    match &outcome.broken {
        Some(broken) => {
            println!("seed {seed}: FAILED: {broken}");
            ExitCode::FAILURE
        }
        None => {
            println!("seed {seed}: passed, quiet {:.1} s after the last fault", outcome.quiet_after as f64 / 1e6);
            ExitCode::SUCCESS
        }
    }
}

struct Sum {
    tally: Tally,
    quiet: Vec<i64>,
    failed: Vec<(u64, String)>,
    unsteady: Vec<u64>,
}

fn many(arguments: &Arguments, templates: &disk::Templates) -> ExitCode {
    let begun = Instant::now();
    let plays = |now: bool| if now { specials(templates, arguments.threads.max(1)) } else { 0 };
    let before = plays(!arguments.histories_only && !arguments.until_broken);
    let next = AtomicU64::new(arguments.first);
    let end = arguments.first + arguments.seeds;
    let sum = Mutex::new(Sum { tally: Tally::default(), quiet: Vec::new(), failed: Vec::new(), unsteady: Vec::new() });
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || (arguments.until_broken && !sum.lock().unwrap().failed.is_empty()) {
                        return;
                    }
                    let play = || run_without(seed, templates, &arguments.without, None);
                    let mut outcome = play();
                    // Of a missing remedy only that history tells something which goes well with it.
                    if cfg!(feature = "mutants") && outcome.broken.is_some() && remedies::whole(play).broken.is_some() {
                        outcome.broken = None;
                    }
                    // Every hundredth is run again: the same seed must be the same history.
                    let steady = !seed.is_multiple_of(100) || play().hash == outcome.hash;
                    take(&mut sum.lock().unwrap(), seed, outcome, steady, arguments, begun);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    // Where one failure is enough, a history mostly has it sooner.
    let after = plays(!arguments.histories_only && arguments.until_broken && sum.failed.is_empty());
    report(&sum, arguments, begun.elapsed(), before + after)
}

/// In ten minutes without a server, a device asks so often at most.
const MOST_REQUESTS: u64 = 15;

/// The plays that are not by chance; how many of their demands are broken.
fn specials(templates: &disk::Templates, threads: usize) -> usize {
    let (calls, broken) = special::crash_points(templates, threads);
    for what in broken.iter().take(5) {
        println!("crash points: FAILED: {what}");
    }
    println!(
        "crash points: {calls} calls to disk and network, killed before and after each, {} not recovered",
        broken.len()
    );
    let most = special::outage(templates, 60, threads);
    println!(
        "ten minutes without a server: at most {most} requests a device in 60 outages (demanded: {MOST_REQUESTS})"
    );
    if most > MOST_REQUESTS {
        println!("outages: FAILED: {most} requests in ten minutes without a server");
    }
    broken.len() + usize::from(most > MOST_REQUESTS)
}

fn take(sum: &mut Sum, seed: u64, outcome: Outcome, steady: bool, arguments: &Arguments, begun: Instant) {
    sum.tally.add(&outcome.tally);
    sum.quiet.push(outcome.quiet_after);
    if !steady {
        sum.unsteady.push(seed);
    }
    if let Some(broken) = outcome.broken {
        if sum.failed.len() < 40 {
            println!("seed {seed}: FAILED: {broken}");
        }
        sum.failed.push((seed, broken));
    }
    let done = sum.quiet.len() as u64;
    if done.is_multiple_of((arguments.seeds / 10).max(1)) {
        let seconds = begun.elapsed().as_secs_f64();
        println!("{done} of {} seeds, {} failed, {seconds:.1} s", arguments.seeds, sum.failed.len());
    }
}

fn report(sum: &Sum, arguments: &Arguments, took: Duration, specials: usize) -> ExitCode {
    println!("\nWhat happened in {} histories:", sum.quiet.len());
    for (words, count) in sum.tally.lines() {
        println!("{count:>12}  {words}");
    }
    // A kind of trouble that never comes proves nothing.
    let never: Vec<&str> =
        sum.tally.lines().into_iter().filter(|(_, count)| *count == 0).map(|(words, _)| words).collect();
    println!("never happened: {}", if never.is_empty() { "nothing of all that".to_owned() } else { never.join("; ") });
    let mut quiet = sum.quiet.clone();
    quiet.sort_unstable();
    let seconds = |at: usize| quiet.get(at).map_or(0.0, |micros| *micros as f64 / 1e6);
    let last = quiet.len().saturating_sub(1);
    println!(
        "quiet after the last fault: median {:.1} s, 99 of 100 {:.1} s, longest {:.1} s of simulated time",
        seconds(last / 2),
        seconds(last * 99 / 100),
        seconds(last)
    );
    for seed in &sum.unsteady {
        println!("seed {seed}: NOT REPEATABLE: two runs of it differ");
    }
    if let Some((seed, _)) = sum.failed.first() {
        println!("replay one with: cargo xtask sim --seed {seed}");
    }
    let failed = sum.failed.len() + sum.unsteady.len() + specials;
    let per_seed = took.as_secs_f64() * 1e3 * arguments.threads as f64 / quiet.len().max(1) as f64;
    println!(
        "simulation: {} seeds from {}, {failed} failed, {:.1} s ({per_seed:.0} ms of a core each)",
        quiet.len(),
        arguments.first,
        took.as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
