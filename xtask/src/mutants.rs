//! `cargo xtask mutants`: switches the remedies of `src/remedies.rs` off, one by one, and asks the tests whether they notice.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{
    paths, say,
    setup::{self, Need},
    shell::{self, Tools},
};

/// Test programs beside the simulator, in the order in which they are asked.
const SUITES: [&str; 7] =
    ["lib", "sync_engine", "sync_engine_publish", "sync_outbox", "sync_chains", "full_compare", "interrupted"];
/// Those with a real PostgreSQL, whose functions are patched (`tests/server/mutants.rs`): asked about the server's remedies. The simulator's server is a
/// model of it, and what it notices says nothing of the SQL.
const SERVER_SUITES: [&str; 5] = ["sync_pull", "sync_push", "sync_compare", "sync_gate", "late_commits"];

/// Remedies without which nothing breaks that a test could see, and why they stay.
const SURVIVORS: &[(&str, &str)] = &[];

/// One line of the list in `src/remedies.rs`.
struct Remedy {
    name: String,
    pitfall: u32,
    words: String,
}

impl Remedy {
    /// Is it, or half of it, in the server's functions?
    fn of_server(&self) -> bool {
        self.server_alone() || self.words.ends_with("(Server, too.)")
    }

    /// Does the device have no part in it?
    fn server_alone(&self) -> bool {
        self.words.ends_with("(Server.)")
    }
}

/// Prints the table; false when a mutant survives that is not declared to.
pub fn mutants(seeds: u64, only: Option<&str>) -> Result<bool> {
    let tools = setup::all(&[Need::Postgres])?;
    let programs = built(&tools)?;
    let remedies = remedies()?;
    let begun = Instant::now();
    let unsound: Vec<&str> =
        SUITES.into_iter().chain(SERVER_SUITES).filter(|name| asked(&programs[*name], "", &[]).is_some()).collect();
    if !unsound.is_empty() {
        bail!("these fail with every remedy in place: {}", unsound.join(", "));
    }
    say::heading("What notices that a remedy is missing");
    let (mut noticed, mut survived) = (0, Vec::new());
    let asked_for = |remedy: &&Remedy| only.is_none_or(|only| only.split(',').any(|name| name == remedy.name));
    for remedy in remedies.iter().filter(asked_for) {
        say::line(&format!("{:>2}  {:<22} {}", remedy.pitfall, remedy.name, remedy.words));
        let near = if remedy.server_alone() { &[][..] } else { &SUITES[..] };
        let history = simulated(&programs["simulation"], remedy, seeds).map(|words| format!("simulator, {words}"));
        let test = tested(&programs, near, remedy).map(|words| format!("test {words}"));
        let server = if remedy.of_server() { &SERVER_SUITES[..] } else { &[][..] };
        let server = tested(&programs, server, remedy).map(|words| format!("PostgreSQL {words}"));
        for words in [&history, &test, &server].into_iter().flatten() {
            say::line(&format!("      {words}"));
        }
        // Of a remedy that is in both places each place has to be missed.
        let near = remedy.server_alone() || history.is_some() || test.is_some();
        let missing = match (near, server.is_some() || !remedy.of_server()) {
            (true, true) => {
                noticed += 1;
                continue;
            }
            (true, false) => "nobody with PostgreSQL",
            (false, true) if remedy.of_server() => "nobody without PostgreSQL",
            _ => "NOBODY",
        };
        let declared = SURVIVORS.iter().find(|(name, _)| *name == remedy.name);
        say::line(
            &declared.map_or(format!("      {missing}"), |(_, why)| format!("      {missing}, as declared: {why}")),
        );
        survived.push(remedy.name.as_str());
    }
    let undeclared: Vec<&&str> =
        survived.iter().filter(|name| SURVIVORS.iter().all(|(known, _)| known != *name)).collect();
    let of = noticed + survived.len();
    say::done(&format!("{noticed} of {of} missing remedies noticed, in {}", say::duration(begun.elapsed())));
    if !undeclared.is_empty() {
        say::failed(&format!("nobody noticed: {undeclared:?}"));
    }
    Ok(undeclared.is_empty())
}

/// The first history that goes wrong without the remedy, and what is wrong with it.
fn simulated(program: &PathBuf, remedy: &Remedy, seeds: u64) -> Option<String> {
    let text = asked(program, &remedy.name, &["--seeds", &seeds.to_string(), "--until-broken"])?;
    let line = text.lines().find(|line| line.contains(": FAILED: ")).unwrap_or("it failed");
    // Which history, or which of the plays that are not by chance.
    let (play, why) = line.split_once(": FAILED: ").unwrap_or(("nobody knows which", line));
    let why: String = why.chars().take(100).collect();
    Some(format!("{play}: {why}"))
}

/// The first test of these programs that fails without the remedy.
fn tested(programs: &BTreeMap<String, PathBuf>, suites: &[&str], remedy: &Remedy) -> Option<String> {
    suites.iter().find_map(|suite| {
        let text = asked(&programs[*suite], &remedy.name, &[])?;
        let test = text.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        Some(format!("{suite}: {}", test.unwrap_or("it failed")))
    })
}

/// Runs a test program without a remedy: what it printed if it failed.
fn asked(program: &PathBuf, remedy: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(paths::root()).env("TUNETREES_MUTANT", remedy).env("RUST_BACKTRACE", "0");
    match command.output() {
        Ok(answer) if answer.status.success() => None,
        // A patch whose function has changed takes nothing away (tests/server/mutants.rs): that notices nothing.
        Ok(answer) => {
            Some(String::from_utf8_lossy(&answer.stdout).into_owned()).filter(|text| !text.contains("no longer fits"))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// The list, read from the source.
fn remedies() -> Result<Vec<Remedy>> {
    let text = fs::read_to_string(paths::root().join("src/remedies.rs")).context("cannot read src/remedies.rs")?;
    let list = text
        .split_once("\nremedies! {\n")
        .and_then(|(_, rest)| rest.split_once("\n}\n"))
        .context("src/remedies.rs has no list")?;
    let mut words = String::new();
    let mut found = Vec::new();
    for line in list.0.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("/// ") {
            words = doc.to_owned();
        } else if let Some((name, pitfall)) = line.trim_end_matches(',').split_once(" = ") {
            let pitfall = pitfall.parse().with_context(|| format!("{name}: {pitfall} is no number"))?;
            found.push(Remedy { name: name.to_owned(), pitfall, words: std::mem::take(&mut words) });
        }
    }
    Ok(found)
}

/// Builds the test programs with switches in them: name → where it lies.
fn built(tools: &Tools) -> Result<BTreeMap<String, PathBuf>> {
    say::heading("Building the tests with switches");
    let mut command = tools.command("cargo");
    command.args(["test", "--no-run", "--package", "tunetrees", "--features", "mutants", "--profile", "tools"]);
    command.args(["--message-format", "json-render-diagnostics", "--lib", "--test", "simulation"]);
    for suite in SUITES.iter().skip(1).chain(&SERVER_SUITES) {
        command.args(["--test", suite]);
    }
    let mut found = BTreeMap::new();
    for line in shell::output(&mut command)?.lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        if let (Some(program), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str()) {
            let name = if message["target"]["kind"][0] == "rlib" { "lib" } else { name };
            found.insert(name.to_owned(), PathBuf::from(program));
        }
    }
    for name in ["simulation"].into_iter().chain(SUITES).chain(SERVER_SUITES) {
        if !found.contains_key(name) {
            bail!("cargo has not built {name}");
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_remedy_of_the_server_has_a_patch_and_nothing_else_has() {
        let patches = fs::read_to_string(paths::root().join("tests/server/mutants.rs")).unwrap();
        let remedies = remedies().unwrap();
        assert!(remedies.iter().any(Remedy::server_alone));
        for remedy in remedies {
            assert_eq!(patches.contains(&format!("\"{}\"", remedy.name)), remedy.of_server(), "{}", remedy.name);
        }
    }
}
