//! One seed from beginning to end: faults and operations, recovery, verdict, silence.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::chance::Chance;
use crate::disk::Templates;
use crate::plan::{MINUTE, Plan, SECOND};
use crate::tally::Tally;
use crate::verdict;
use crate::world::World;

/// After the last fault all must be quiet within this.
pub const QUIET_WITHIN: i64 = 90 * SECOND;
/// Nothing going on, a device polls within this.
const POLL: i64 = 65 * SECOND;
/// And stay so for this many polls of each device.
const IDLE_CYCLES: u64 = 100;

/// What became of a seed.
pub struct Outcome {
    pub broken: Option<String>,
    pub hash: u64,
    pub lines: Vec<String>,
    pub tally: Tally,
    /// µs between the last fault and the last thing that was pushed or changed.
    pub quiet_after: i64,
}

/// Plays a seed without some kinds of fault, and perhaps with fewer operations.
pub fn run_without(seed: u64, templates: &Templates, without: &[String], most: Option<usize>) -> Outcome {
    let (plan, chance) = planned(seed, without, most);
    play(World::new(seed, plan, chance, templates, false))
}

/// The same, with a trace, and perhaps a row that is watched.
pub fn run_readably(
    seed: u64,
    templates: &Templates,
    without: &[String],
    most: Option<usize>,
    row: Option<String>,
) -> Outcome {
    let (plan, chance) = planned(seed, without, most);
    let mut world = World::new(seed, plan, chance, templates, true);
    world.watched.row = row;
    play(world)
}

fn planned(seed: u64, without: &[String], most: Option<usize>) -> (Plan, Chance) {
    let (mut plan, chance) = Plan::of(seed);
    without.iter().for_each(|kind| plan.leave_out(kind));
    plan.operations = most.unwrap_or(plan.operations).min(plan.operations);
    (plan, chance)
}

/// Leaves out of a failing seed what it fails without: kinds of fault, operations.
pub fn shrunk(seed: u64, templates: &Templates, without: &[String]) -> (Vec<String>, Option<usize>) {
    // Failing otherwise is another story.
    let kind = |broken: Option<String>| {
        broken.map(|words| words.split(' ').take(4).filter(|w| !w.contains(char::is_numeric)).collect::<String>())
    };
    let wanted = kind(run_without(seed, templates, without, None).broken);
    let fails = |without: &[String], most| kind(run_without(seed, templates, without, most).broken) == wanted;
    let mut without = without.to_vec();
    let mut kinds = Plan::of(seed).0.kinds();
    let mut most = None;
    for _ in 0..2 {
        for count in [3, 5, 8, 12, 20, 30, 50, 80, 120] {
            if most.is_none_or(|most| count < most) && fails(&without, Some(count)) {
                most = Some(count);
                break;
            }
        }
        kinds.retain(|kind| {
            without.push(kind.clone());
            let goes = fails(&without, most);
            if !goes {
                without.pop();
            }
            !goes
        });
    }
    (without, most)
}

/// Plays it from beginning to end.
fn play(mut world: World<'_>) -> Outcome {
    let done = catch_unwind(AssertUnwindSafe(|| history(&mut world)));
    finish(world, done)
}

/// The outcome of a world that has been played; `done` tells of a panic.
pub fn finish(mut world: World<'_>, done: std::thread::Result<()>) -> Outcome {
    if let Err(panic) = done {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.fail(format!("panic: {}", words.unwrap_or_default()));
    }
    Outcome {
        broken: world.broken,
        hash: world.trace.hash(),
        lines: world.trace.lines().to_vec(),
        tally: world.tally,
        quiet_after: (world.last_stir - world.last_fault).max(0),
    }
}

fn history(world: &mut World<'_>) {
    world.run_until(world.plan.span);
    world.heal();
    // Time-outs of what was lost before end later: they are faults, too.
    while world.broken.is_none() && world.now < world.last_fault + QUIET_WITHIN {
        world.run_until(world.last_fault + QUIET_WITHIN);
    }
    if world.plan.public_notes && world.plan.people > 1 {
        // Nobody rings for what another person has published: it comes with a poll. (Nothing else may still be going on.)
        world.all_sent = true;
        world.run_until(world.now + POLL);
        world.all_sent = false;
    }
    crate::choices::decide_all(world);
    settled(world);
    silence(world);
}

/// All that must be so at the end is checked.
pub fn settled(world: &mut World<'_>) {
    if world.broken.is_none()
        && let Err(broken) = verdict::check(world)
    {
        world.fail(broken);
    }
}

/// Nobody does anything: the devices poll, and that is all.
fn silence(world: &mut World<'_>) {
    if world.broken.is_some() {
        return;
    }
    world.idle = true;
    // What a device has sent last comes back to it with its next poll, and moves its position.
    world.run_until(world.now + POLL);
    let before = verdict::written(world);
    let polls: Vec<u64> = world.devices.iter().map(|device| device.pulls_answered).collect();
    let end = world.now + IDLE_CYCLES as i64 * POLL + 5 * MINUTE;
    let enough = |world: &World<'_>| {
        world.devices.iter().zip(&polls).all(|(device, before)| device.pulls_answered >= before + IDLE_CYCLES)
    };
    while world.broken.is_none() && !enough(world) && world.now < end {
        world.run_until(world.now + 10 * MINUTE);
    }
    if world.broken.is_none() && !enough(world) {
        world.fail("a device has stopped looking".to_owned());
    }
    if world.broken.is_none()
        && let Some((device, (now, before))) =
            verdict::written(world).iter().zip(&before).enumerate().find(|(_, (now, before))| now != before)
    {
        let words = format!("device {device}: {} rows were written although nobody did anything", now - before);
        world.fail(words);
    }
}
