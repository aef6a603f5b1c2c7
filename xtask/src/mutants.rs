//! `cargo xtask mutants`: switches the remedies of `src/remedies.rs` off, one by one, and asks the tests whether they notice.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{
    paths, say,
    setup::{self, Need},
    shell::{self, Tools},
};

/// Test programs beside the simulator, in the order in which they are asked; those with PostgreSQL only about the server's remedies.
const SUITES: [&str; 7] =
    ["lib", "sync_engine", "sync_engine_publish", "sync_outbox", "sync_chains", "full_compare", "interrupted"];
const SERVER_SUITES: [&str; 4] = ["sync_push", "sync_pull", "sync_compare", "late_commits"];

/// Remedies without which nothing breaks that a test could see, and why they stay.
const SURVIVORS: &[(&str, &str)] = &[];

/// One line of the list in `src/remedies.rs`.
struct Remedy {
    name: String,
    pitfall: u32,
    words: String,
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
    for remedy in remedies.iter().filter(|remedy| only.is_none_or(|only| only == remedy.name)) {
        let history = simulated(&programs["simulation"], remedy, seeds);
        let test = tested(&programs, remedy, history.is_none());
        let declared = SURVIVORS.iter().find(|(name, _)| *name == remedy.name);
        say::line(&format!("{:>2}  {:<22} {}", remedy.pitfall, remedy.name, remedy.words));
        match (&history, &test) {
            (None, None) => {
                say::line(
                    &declared.map_or("      NOBODY".to_owned(), |(_, why)| format!("      nobody, as declared: {why}")),
                );
                survived.push(remedy.name.as_str());
            }
            _ => {
                noticed += 1;
                history.iter().for_each(|words| say::line(&format!("      simulator, {words}")));
                test.iter().for_each(|words| say::line(&format!("      test {words}")));
            }
        }
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
    let (seed, why) = line.split_once(": FAILED: ").unwrap_or(("", line));
    let why: String = why.chars().take(100).collect();
    Some(format!("{seed}: {why}"))
}

/// The first test that fails without the remedy. The real server is asked only where nobody else has noticed: it takes long.
fn tested(programs: &BTreeMap<String, PathBuf>, remedy: &Remedy, server_too: bool) -> Option<String> {
    let of_server = remedy.words.ends_with("(Server.)");
    let near = SUITES.iter().filter(|_| !of_server);
    let suites = near.chain(SERVER_SUITES.iter().filter(|_| of_server && server_too));
    suites.into_iter().find_map(|suite| {
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
