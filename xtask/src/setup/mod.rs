//! Set-up: one module per tool, each of which detects, says what it installs and why, installs, and verifies.
//! Running it again costs well under a second when nothing is missing.

mod apt;
mod browser;
mod cargo_tool;
mod clang;
mod firefox;
mod node;
mod postgres;
mod version;
mod wasm_target;

use std::fs::{self, File};

use anyhow::{Context, Result};

use crate::{disk, paths, say, shell::Tools};

pub use cargo_tool::{DENY, TRUNK, wasm_bindgen};
pub use node::packages;

/// Something a command cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Rust for WebAssembly: the target, a clang for SQLite's C.
    Wasm,
    /// Trunk and wasm-bindgen, which make the bundle and run wasm tests.
    Bundle,
    /// PostgreSQL's programs and wal2json.
    Postgres,
    /// Node and npm.
    Node,
    /// Chromium and chromedriver.
    Browser,
    /// Firefox, for what must work in two browsers.
    Firefox,
    /// cargo-deny.
    Deny,
}

impl Need {
    /// All of them, cheapest first.
    pub const ALL: [Need; 7] =
        [Need::Wasm, Need::Postgres, Need::Node, Need::Browser, Need::Firefox, Need::Bundle, Need::Deny];

    fn title(self) -> &'static str {
        match self {
            Need::Wasm => "Rust for WebAssembly",
            Need::Bundle => "Trunk and wasm-bindgen",
            Need::Postgres => "PostgreSQL",
            Need::Node => "Node",
            Need::Browser => "Chromium",
            Need::Firefox => "Firefox",
            Need::Deny => "cargo-deny",
        }
    }

    fn ensure(self, tools: &mut Tools) -> Result<()> {
        match self {
            Need::Wasm => {
                wasm_target::ensure(tools)?;
                clang::ensure(tools)
            }
            Need::Bundle => {
                cargo_tool::ensure(tools, &wasm_bindgen()?)?;
                cargo_tool::ensure(tools, &TRUNK)
            }
            Need::Postgres => postgres::ensure(tools),
            Need::Node => node::ensure(tools),
            Need::Browser => browser::ensure(tools),
            Need::Firefox => firefox::ensure(tools),
            Need::Deny => cargo_tool::ensure(tools, &DENY),
        }
    }
}

/// What could be set up, and what could not and why.
pub struct Ready {
    /// The environment for everything that follows.
    pub tools: Tools,
    missing: Vec<(Need, String)>,
}

impl Ready {
    /// The first of these needs that is not there, as a sentence.
    pub fn lacks(&self, needs: &[Need]) -> Option<&str> {
        self.missing.iter().find(|(need, _)| needs.contains(need)).map(|(_, why)| why.as_str())
    }
}

/// Sets up each need, going on after one that cannot be had.
pub fn each(needs: &[Need]) -> Result<Ready> {
    say::heading("Set-up");
    disk::check(&paths::target())?;
    let cache = paths::cache()?;
    fs::create_dir_all(paths::tools()?.join("bin"))
        .with_context(|| format!("cannot make folders in {}", cache.display()))?;
    // Two set-ups at once would install the same thing twice.
    let lock = File::create(cache.join("setup.lock")).context("cannot write the set-up lock")?;
    if lock.try_lock().is_err() {
        say::line("another set-up is running; waiting for it");
        lock.lock().context("cannot take the set-up lock")?;
    }

    let mut ready = Ready { tools: Tools::default(), missing: Vec::new() };
    ready.tools.prefer(paths::tools()?.join("bin"));
    for need in Need::ALL.into_iter().filter(|need| needs.contains(need)) {
        if let Err(error) = need.ensure(&mut ready.tools) {
            let why = format!("{}: {error:#}", need.title());
            say::line(&why);
            ready.missing.push((need, why));
        }
    }
    Ok(ready)
}

/// Sets up every need or fails with the first that cannot be had.
pub fn all(needs: &[Need]) -> Result<Tools> {
    let ready = each(needs)?;
    match ready.lacks(needs) {
        None => Ok(ready.tools),
        Some(why) => Err(anyhow::anyhow!("{why}")),
    }
}
