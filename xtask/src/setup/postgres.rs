//! PostgreSQL's programs and the wal2json plug-in. Only the programs: the local backend starts a server of its own in a
//! folder of its own, and never touches one that the system runs. devstack looks for them where `PG_BIN` says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::{apt, version::Version};
use crate::shell::{self, Tools};

const OLDEST: Version = Version(15, 0, 0);

/// Finds or installs them; puts their folder first on `PATH`.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if use_found(tools) {
        return Ok(());
    }
    if let Some(chosen) = tools.get("PG_BIN") {
        bail!("PG_BIN is {}, which has no PostgreSQL 15 or newer with the wal2json plug-in", chosen.to_string_lossy());
    }
    apt::refresh(tools);
    let newest = ["18", "17", "16", "15"].into_iter().find(|n| apt::knows(tools, &format!("postgresql-{n}-wal2json")));
    let number = newest.unwrap_or("15");
    let packages = [format!("postgresql-{number}"), format!("postgresql-{number}-wal2json")];
    apt::install(tools, &[&packages[0], &packages[1]], "PostgreSQL 15 or newer with wal2json, for the local backend")?;
    if use_found(tools) {
        return Ok(());
    }
    bail!("no PostgreSQL 15 or newer with the wal2json plug-in, even after installing {}", packages.join(" "))
}

fn use_found(tools: &mut Tools) -> bool {
    let found = find(tools);
    if let Some(bin) = &found {
        tools.set("PG_BIN", bin);
        tools.prefer(bin);
    }
    found.is_some()
}

/// The newest `bin` folder with a server and the plug-in; `PG_BIN` names one.
fn find(tools: &Tools) -> Option<PathBuf> {
    if let Some(chosen) = tools.get("PG_BIN").map(PathBuf::from) {
        return usable_version(tools, &chosen).map(|_| chosen);
    }
    let mut folders: Vec<PathBuf> =
        tools.find("initdb").and_then(|file| file.parent().map(Path::to_path_buf)).into_iter().collect();
    for parent in ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt"] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        folders.extend(entries.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("postgres").exists()));
    }
    let mut usable: Vec<(Version, PathBuf)> =
        folders.into_iter().filter_map(|bin| Some((usable_version(tools, &bin)?, bin))).collect();
    usable.sort();
    usable.pop().map(|(_, bin)| bin)
}

fn usable_version(tools: &Tools, bin: &Path) -> Option<Version> {
    let answer = shell::output(tools.command(bin.join("postgres")).arg("--version")).ok()?;
    let version = Version::find(&answer).filter(|version| *version >= OLDEST)?;
    let libraries = shell::output(tools.command(bin.join("pg_config")).arg("--pkglibdir")).ok()?;
    let plugin = Path::new(libraries.trim());
    (plugin.join("wal2json.so").exists() || plugin.join("wal2json.dylib").exists()).then_some(version)
}
