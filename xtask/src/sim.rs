//! `cargo xtask sim`: the simulator of `tests/simulation`, built for speed.

use std::process::Command;

use anyhow::Result;

use crate::{
    say, setup,
    shell::{self, Tools},
};

/// The simulator; its arguments are to follow.
pub fn simulator(tools: &Tools) -> Command {
    let mut command = tools.command("cargo");
    command.args(["test", "--quiet", "--package", "tunetrees", "--test", "simulation", "--profile", "tools", "--"]);
    command
}

/// Plays that many seeds, or replays one with its trace; false when a demand is broken.
pub fn sim(seeds: u64, first: u64, seed: Option<u64>, shrink: bool) -> Result<bool> {
    let mut arguments = match seed {
        Some(seed) => vec!["--seed".to_owned(), seed.to_string()],
        None => vec!["--seeds".to_owned(), seeds.to_string(), "--first".to_owned(), first.to_string()],
    };
    if shrink {
        arguments.push("--shrink".to_owned());
    }
    let tools = setup::all(&[])?;
    let (status, _) = shell::teed(simulator(&tools).args(arguments))?;
    if !status.success() {
        say::failed("the simulation found a demand that is not met");
    }
    Ok(status.success())
}
