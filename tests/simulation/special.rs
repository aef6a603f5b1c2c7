//! Two plays that are not by chance: a session killed at every single call in turn, and a long outage whose requests are counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chance::Chance;
use crate::disk::Templates;
use crate::plan::{MINUTE, Plan, SECOND, Trouble};
use crate::run::{Outcome, finish, settled};
use crate::world::World;

/// The session that is killed: two devices that edit, push and pull, with applied, conflicting and refused edits.
fn session<'a>(templates: &'a Templates, kill: Option<(u64, bool)>, readable: bool) -> World<'a> {
    let mut plan = Plan::quiet(2, 40 * SECOND, 60);
    plan.bad_rows = 0.1;
    plan.told_at_the_end = false;
    let mut world = World::new(7, plan, Chance::new(7), templates, readable);
    if let Some((call, after)) = kill {
        world.devices[0].fuse.dies_at = Some(call);
        world.devices[0].fuse.after = after;
    }
    world
}

/// Kills the session before and after each of its calls to disk and network; how many calls there are, and what did not recover.
pub fn crash_points(templates: &Templates, threads: usize) -> (u64, Vec<String>) {
    let mut whole = session(templates, None, false);
    whole.run_until(whole.plan.span);
    let calls = whole.devices[0].fuse.calls;
    let broken = all(2 * calls, threads, |n| {
        let (call, after) = (n / 2 + 1, n % 2 == 1);
        let what = crash_at(templates, call, after, false).broken?;
        Some(format!("killed {} call {call}: {what}", if after { "after" } else { "before" }))
    });
    (calls, broken.into_iter().flatten().collect())
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

fn crash_at(templates: &Templates, call: u64, after: bool, readable: bool) -> Outcome {
    let mut world = session(templates, Some((call, after)), readable);
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
