//! Two plays that are not by chance: sessions killed at every single call in turn, and a long outage whose requests are counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chance::Chance;
use crate::disk::Templates;
use crate::plan::{MINUTE, Plan, SECOND, Trouble};
use crate::run::{Outcome, finish, settled};
use crate::world::World;

/// A session that is killed: two devices that edit, push and pull, with applied, conflicting and refused edits.
struct Script {
    name: &'static str,
    seed: u64,
    /// Who is killed.
    device: usize,
    plan: fn() -> Plan,
}

const SCRIPTS: [Script; 2] = [
    Script { name: "an ordinary session", seed: 7, device: 0, plan: ordinary },
    Script { name: "a server set back, tokens that end", seed: 8, device: 1, plan: set_back },
];

fn ordinary() -> Plan {
    let mut plan = Plan::quiet(2, 40 * SECOND, 60);
    plan.bad_rows = 0.1;
    plan.told_at_the_end = false;
    plan
}

/// In the middle the server is set back, so that everything is compared and what it has lost is sent again; the token is renewed all the time.
fn set_back() -> Plan {
    let mut plan = ordinary();
    plan.token = 24 * SECOND;
    plan.troubles = vec![(14 * SECOND, Trouble::Backup), (26 * SECOND, Trouble::Restore)];
    plan
}

/// Where a script is killed: at which of its calls, before or after it took effect.
type Point = (u64, bool);

fn session<'a>(script: &Script, templates: &'a Templates, kill: Option<Point>) -> World<'a> {
    let mut world = World::new(script.seed, (script.plan)(), Chance::new(script.seed), templates, false);
    if let Some((call, after)) = kill {
        let fuse = &mut world.devices[script.device].fuse;
        fuse.dies_at = Some(call);
        fuse.after = after;
    }
    world
}

/// What became of a script that was killed everywhere.
pub struct Crashes {
    pub script: &'static str,
    /// Calls to disk and network; it was killed before and after each.
    pub calls: u64,
    /// Of them renewals of the session.
    pub renewals: u64,
    /// What did not recover.
    pub broken: Vec<String>,
}

/// Kills each script before and after each of its calls to disk and network.
pub fn crash_points(templates: &Templates, threads: usize) -> Vec<Crashes> {
    SCRIPTS.iter().map(|script| crash_everywhere(script, templates, threads)).collect()
}

fn crash_everywhere(script: &Script, templates: &Templates, threads: usize) -> Crashes {
    let mut whole = session(script, templates, None);
    whole.run_until(whole.plan.span);
    let fuse = whole.devices[script.device].fuse;
    let broken = all(2 * fuse.calls, threads, |n| {
        let (call, after) = (n / 2 + 1, n % 2 == 1);
        let what = crash_at(script, templates, (call, after)).broken?;
        Some(format!("{}, killed {} call {call}: {what}", script.name, if after { "after" } else { "before" }))
    });
    let broken = broken.into_iter().flatten().collect();
    Crashes { script: script.name, calls: fuse.calls, renewals: fuse.renewals, broken }
}

/// Does `work` for 0 … `count`, on so many threads.
fn all<T: Send>(count: u64, threads: usize, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        return;
                    }
                    let result = work(n);
                    done.lock().unwrap().push((n, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
}

fn crash_at(script: &Script, templates: &Templates, kill: Point) -> Outcome {
    let mut world = session(script, templates, Some(kill));
    let done = catch_unwind(AssertUnwindSafe(|| {
        world.run_until(world.plan.span);
        if world.tally.kills != 1 {
            world.fail(format!("it was killed {} times", world.tally.kills));
        }
        world.heal();
        world.run_until(world.plan.span + 90 * SECOND);
        settled(&mut world);
    }));
    finish(world, done)
}

/// The most requests that a device with unsent edits makes in ten minutes without a server, over so many seeds.
pub fn outage(templates: &Templates, seeds: u64, threads: usize) -> u64 {
    let most = all(seeds, threads, |seed| {
        let mut plan = Plan::quiet(2, 2 * MINUTE, 20);
        let long = 20 * MINUTE;
        let begin = MINUTE;
        match seed % 3 {
            // No answer, an answer that is none of ours, 503.
            0 => plan.troubles.extend((0..2).map(|device| (begin, Trouble::Outage { device, long, said: false }))),
            1 => plan.troubles.extend((0..2).map(|device| (begin, Trouble::Portal { device, long }))),
            _ => plan.troubles.push((begin, Trouble::ServerDown { long })),
        }
        let mut world = World::new(seed, plan, Chance::new(seed), templates, false);
        world.run_until(2 * MINUTE);
        let before: Vec<u64> = world.devices.iter().map(|device| device.requests).collect();
        world.run_until(12 * MINUTE);
        let counts = world.devices.iter().zip(&before).map(|(device, before)| device.requests - before);
        counts.max().unwrap_or(0)
    });
    most.into_iter().max().unwrap_or(0)
}
