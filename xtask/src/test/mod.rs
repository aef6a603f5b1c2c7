//! `cargo xtask test`: every check and test, each step counted, a failed step stopping nothing.

mod steps;
mod summary;

use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    say,
    setup::{self, Need},
    shell::Tools,
};
use summary::Count;

/// A third of the tests, for people in a hurry.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Formatting, clippy, docs, dependencies, native and integration tests
    Native,
    /// clippy for WebAssembly and the tests that run inside Chromium
    Wasm,
    /// The whole app in a real browser against the local backend
    E2e,
}

/// One step: what it is called, what it cannot do without, what it does. `None` means there is nothing to do (yet).
struct Step {
    title: &'static str,
    part: Part,
    needs: &'static [Need],
    work: fn(&Tools) -> Result<Option<Count>>,
}

const STEPS: &[Step] = &[
    Step { title: "Cargo.lock is up to date", part: Part::Native, needs: &[], work: steps::lock_file },
    Step { title: "Formatting", part: Part::Native, needs: &[], work: steps::formatting },
    Step { title: "clippy", part: Part::Native, needs: &[], work: steps::clippy_native },
    Step { title: "Documentation", part: Part::Native, needs: &[], work: steps::rustdoc },
    Step { title: "Dependencies (cargo deny)", part: Part::Native, needs: &[Need::Deny], work: steps::deny },
    Step {
        title: "Native and integration tests",
        part: Part::Native,
        needs: &[Need::Postgres, Need::Node],
        work: steps::native_tests,
    },
    Step { title: "Simulated histories of several devices", part: Part::Native, needs: &[], work: steps::simulation },
    Step {
        title: "The local backend under the official JavaScript client",
        part: Part::Native,
        needs: &[Need::Postgres, Need::Node],
        work: steps::javascript_client,
    },
    Step { title: "clippy for WebAssembly", part: Part::Wasm, needs: &[Need::Wasm], work: steps::clippy_wasm },
    Step {
        title: "Tests inside Chromium",
        part: Part::Wasm,
        needs: &[Need::Wasm, Need::Bundle, Need::Browser],
        work: steps::wasm_tests,
    },
    Step {
        title: "End-to-end tests",
        part: Part::E2e,
        needs: &[Need::Wasm, Need::Bundle, Need::Postgres, Need::Node, Need::Browser, Need::Firefox],
        work: steps::end_to_end,
    },
];

/// Runs the steps of `only` (all by default); true when nothing failed.
pub fn test(only: Option<Part>) -> Result<bool> {
    let chosen: Vec<&Step> = STEPS.iter().filter(|step| only.is_none_or(|part| part == step.part)).collect();
    let needs: Vec<Need> = chosen.iter().flat_map(|step| step.needs.iter().copied()).collect();
    let ready = setup::each(&needs)?;
    let mut total = Count::default();
    let mut times = Vec::new();
    for step in chosen {
        say::heading(step.title);
        let started = Instant::now();
        let count = match ready.lacks(step.needs) {
            Some(why) => {
                say::line(&format!("cannot run: {why}"));
                Count::failure(&format!("{}: {why}", step.title))
            }
            None => match (step.work)(&ready.tools) {
                Ok(Some(count)) => count,
                Ok(None) => {
                    say::line("nothing to run here yet");
                    continue;
                }
                Err(error) => {
                    say::line(&format!("{error:#}"));
                    Count::failure(&format!("{}: {error:#}", step.title))
                }
            },
        };
        times.push(format!(
            "{:<56} {:>5} passed {:>3} failed  {}",
            step.title,
            count.passed,
            count.failed,
            say::duration(started.elapsed())
        ));
        total.add(count);
    }
    say::heading("Summary");
    for line in times {
        say::line(&line);
    }
    Ok(end(&total))
}

/// `cargo xtask e2e`.
pub fn e2e_alone(playwright: &[String]) -> Result<bool> {
    e2e_with(playwright, &[])
}

/// The end-to-end tests with these words in their environment.
pub fn e2e_with(playwright: &[String], environment: &[(&str, String)]) -> Result<bool> {
    let needs = [Need::Wasm, Need::Bundle, Need::Postgres, Need::Node, Need::Browser, Need::Firefox];
    let mut tools = setup::all(&needs)?;
    environment.iter().for_each(|(name, value)| tools.set(name, value.clone()));
    let count = steps::playwright(&tools, playwright)?;
    let count = count.unwrap_or_else(|| Count::failure("e2e/package.json is not there, so there is nothing to run"));
    Ok(end(&count))
}

/// The names of what failed, and the one last line.
fn end(total: &Count) -> bool {
    if !total.wavering.is_empty() {
        println!("\nPassed only when played again (look into these):");
        for test in &total.wavering {
            println!("   {test}");
        }
    }
    if !total.failures.is_empty() {
        println!("\nFailed:");
        for failure in &total.failures {
            println!("   {failure}");
        }
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    total.failed == 0
}
