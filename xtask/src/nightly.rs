//! `cargo xtask nightly`: what takes too long for every change. Ten thousand histories, every remedy switched off once, a hundred thousand
//! rows of late commits, and a browser killed two hundred times.

use anyhow::Result;

use crate::{
    mutants, say, setup,
    setup::Need,
    shell::{self, Tools},
    sim, test,
};

/// Runs all of it, also when a part fails; false if one did.
pub fn nightly(seeds: u64, kills: u64) -> Result<bool> {
    let tools = setup::all(&Need::ALL)?;
    say::heading("Simulated histories");
    let histories = sim::sim(seeds, 1, None, false)?;
    say::heading("Remedies switched off");
    let remedies = mutants::mutants(200, None)?;
    say::heading("Late commits");
    let rows = late_commits(&tools)?;
    say::heading("A browser that is killed");
    let browser = test::e2e_with(&["kill.spec".to_owned()], &[("TUNETREES_KILL_ROUNDS", kills.to_string())])?;
    let parts = [("histories", histories), ("remedies", remedies), ("late commits", rows), ("kills", browser)];
    let failed: Vec<&str> = parts.iter().filter(|(_, passed)| !passed).map(|(name, _)| *name).collect();
    if failed.is_empty() {
        say::done("the nightly run found nothing");
    } else {
        say::failed(&format!("failed: {}", failed.join(", ")));
    }
    Ok(failed.is_empty())
}

fn late_commits(tools: &Tools) -> Result<bool> {
    let mut command = tools.command("cargo");
    command.args([
        "test",
        "--quiet",
        "--package",
        "tunetrees",
        "--test",
        "late_commits",
        "--",
        "--ignored",
        "--nocapture",
    ]);
    Ok(shell::teed(&mut command)?.0.success())
}
