//! The steps of `cargo xtask test`, one function each.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use super::summary::{Count, Runner};
use crate::{
    bundle, paths,
    run::{self, Profile},
    say, setup,
    shell::{self, Tools},
    sim,
};

type Done = Result<Option<Count>>;

/// A step that passes or fails as one.
fn check(title: &str, command: &mut Command) -> Done {
    let (status, _) = shell::teed(command)?;
    Ok(Some(if status.success() { Count::success() } else { Count::failure(title) }))
}

/// A test runner whose own summary is counted.
fn tests(title: &str, runner: Runner, command: &mut Command) -> Done {
    let (status, text) = shell::teed(command)?;
    Ok(Some(runner.count(title, &text, status.success())))
}

fn cargo(tools: &Tools, arguments: &[&str]) -> Command {
    let mut command = tools.command("cargo");
    command.args(arguments);
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) && tools.get("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

pub fn lock_file(tools: &Tools) -> Done {
    let mut command = cargo(tools, &["metadata", "--locked", "--format-version", "1"]);
    Ok(Some(match shell::output(&mut command) {
        Ok(_) => Count::success(),
        Err(error) => {
            say::line(&format!("{error:#}"));
            Count::failure("Cargo.lock does not fit the Cargo.toml files: run any cargo command and commit it")
        }
    }))
}

pub fn formatting(tools: &Tools) -> Done {
    check("cargo fmt --check (mend with `cargo fmt`)", &mut cargo(tools, &["fmt", "--all", "--check"]))
}

pub fn clippy_native(tools: &Tools) -> Done {
    let mut total = Count::default();
    // The simulator is a program of its own, none of what cargo calls all targets.
    for what in [&["--workspace", "--all-targets"][..], &["--package", "tunetrees", "--test", "simulation"]] {
        let mut command = cargo(tools, &["clippy"]);
        command.args(what).args(["--", "-D", "warnings"]);
        check("clippy", &mut command)?.into_iter().for_each(|count| total.add(count));
    }
    Ok(Some(total))
}

pub fn clippy_wasm(tools: &Tools) -> Done {
    let mut total = Count::default();
    for half in Half::ALL {
        let mut command =
            cargo(tools, &["clippy", "--target", "wasm32-unknown-unknown", "--package", "tunetrees", "--lib"]);
        command.args(half.build());
        for name in half.tests() {
            command.args(["--test", &name]);
        }
        let count = check("clippy for WebAssembly", command.args(["--", "-D", "warnings"]))?;
        count.into_iter().for_each(|count| total.add(count));
    }
    Ok(Some(total))
}

pub fn rustdoc(tools: &Tools) -> Done {
    let mut command = cargo(tools, &["doc", "--workspace", "--no-deps"]);
    check("rustdoc", command.env("RUSTDOCFLAGS", "-Dwarnings"))
}

pub fn deny(tools: &Tools) -> Done {
    let log = paths::logs()?.join("deny-fetch.log");
    let fetched = shell::watched("fetching the advisory database", &mut cargo(tools, &["deny", "fetch", "db"]), &log);
    let has_database = fetched.is_ok_and(|status| status.success());
    let mut command = cargo(tools, &["deny", "check"]);
    if has_database {
        command.arg("advisories");
    } else {
        say::line("the advisory database cannot be fetched from GitHub: checking bans, licences and sources only");
    }
    check("cargo deny check", command.args(["bans", "licenses", "sources"]))
}

pub fn native_tests(tools: &Tools) -> Done {
    // Schedules are held against ts-fsrs.
    setup::packages(tools, &paths::root().join("tests/js"))?;
    // Not nextest: it starts a process for every test, and so a PostgreSQL for every integration test.
    tests("cargo test", Runner::Cargo, &mut cargo(tools, &["test", "--workspace", "--no-fail-fast"]))
}

/// How many of the simulator's histories every run of the tests plays.
const SEEDS: &str = "1000";

pub fn simulation(tools: &Tools) -> Done {
    let title = "cargo xtask sim: a demand of docs/sync.md is not met";
    check(title, sim::simulator(tools).args(["--seeds", SEEDS]))
}

pub fn javascript_client(tools: &Tools) -> Done {
    let folder = paths::root().join("devstack/js");
    if !folder.join("package.json").exists() {
        return Ok(None);
    }
    let mut tools = tools.clone();
    run::build_programs(&tools, Profile::Dev)?.tell(&mut tools);
    setup::packages(&tools, &folder)?;
    let mut command = tools.command("npm");
    command.args(["test", "--silent"]).current_dir(folder);
    tests("devstack/js", Runner::Node, &mut command)
}

pub fn wasm_tests(tools: &Tools) -> Done {
    let mut total = Count::default();
    for half in Half::ALL {
        let mut command =
            cargo(tools, &["test", "--target", "wasm32-unknown-unknown", "--package", "tunetrees", "--no-fail-fast"]);
        if half == Half::Page {
            command.arg("--no-default-features");
        }
        let names = half.tests();
        for name in &names {
            command.args(["--test", name]);
        }
        if !names.is_empty() {
            let count = tests("wasm tests", Runner::Cargo, &mut command)?;
            count.into_iter().for_each(|count| total.add(count));
        }
    }
    Ok(Some(total))
}

/// The app is built twice: the page without the database, the worker without the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Page,
    Worker,
}

impl Half {
    const ALL: [Half; 2] = [Half::Page, Half::Worker];

    fn build(self) -> &'static [&'static str] {
        match self {
            Half::Page => &["--bin", "app", "--no-default-features"],
            Half::Worker => &["--bin", "worker", "--features", "parts"],
        }
    }

    /// The integration tests written for the browser: `tests/wasm_*.rs`; of the interface, `tests/wasm_ui*.rs`.
    fn tests(self) -> Vec<String> {
        let entries = fs::read_dir(paths::root().join("tests")).into_iter().flatten().flatten();
        let files = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let mut names: Vec<String> = files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.retain(|name| name.starts_with("wasm_") && name.starts_with("wasm_ui") == (self == Half::Page));
        names.sort();
        names
    }
}

pub fn end_to_end(tools: &Tools) -> Done {
    playwright(tools, &[])
}

/// Builds what the end-to-end tests drive, and runs them.
pub fn playwright(tools: &Tools, arguments: &[String]) -> Done {
    let folder: PathBuf = paths::root().join("e2e");
    if !folder.join("package.json").exists() {
        return Ok(None);
    }
    let mut tools = tools.clone();
    run::build_programs(&tools, Profile::Dev)?.tell(&mut tools);
    bundle::ensure(&tools)?;
    setup::packages(&tools, &folder)?;
    say::heading("Playwright");
    let mut command = tools.command("npx");
    command.args(["--no-install", "playwright", "test"]).args(arguments).current_dir(folder);
    tests("playwright", Runner::Playwright, &mut command)
}
