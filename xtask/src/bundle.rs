//! The web app in `dist/`, built by Trunk only when something it is made of changed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{
    paths, say,
    setup::{self, Need},
    shell::{self, Tools},
};

/// Top-level entries the app is not made of. (`xtask` cuts the modules and writes the start, so it counts.)
const NOT_INPUTS: [&str; 14] = [
    "target",
    "dist",
    ".git",
    ".devstack",
    "node_modules",
    "e2e",
    "tests",
    "docs",
    "devstack",
    ".ci",
    "supabase",
    "README.md",
    "LICENSE",
    ".gitignore",
];

/// What the hash of the inputs is kept in, inside `dist/`; hidden, so neither served as the app nor precached.
const STAMP: &str = ".built-from";

/// `cargo xtask build`.
pub fn release() -> Result<bool> {
    let tools = setup::all(&[Need::Wasm, Need::Bundle])?;
    ensure(&tools)?;
    let config = if env::var_os("TUNETREES_SUPABASE_URL").is_some_and(|url| !url.is_empty()) {
        "with the Supabase project of TUNETREES_SUPABASE_URL"
    } else {
        "without a server: it works on the device alone until dist/config.json names one (or build with TUNETREES_SUPABASE_URL and TUNETREES_SUPABASE_KEY)"
    };
    say::done(&format!("the release bundle is in dist/, {config}"));
    Ok(true)
}

/// Builds `dist/` unless it is there and nothing changed.
pub fn ensure(tools: &Tools) -> Result<()> {
    let stamp = paths::dist().join(STAMP);
    let wanted = fingerprint(tools)?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        say::line("dist/ is up to date");
        return Ok(());
    }
    say::heading("Building the app for the browser (release; minutes the first time)");
    let started = Instant::now();
    // Trunk replaces the folder's content but keeps what it does not know.
    let _ = fs::remove_file(&stamp);
    let mut trunk = tools.command("trunk");
    trunk.args(["build", "--release"]);
    // Trunk takes any value but true and false for an error.
    trunk.env_remove("NO_COLOR");
    shell::shown(&mut trunk)?;
    fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
    say::line(&format!("built in {}", say::duration(started.elapsed())));
    Ok(())
}

/// A hash over everything the bundle is made of: files, compiler, configuration.
fn fingerprint(tools: &Tools) -> Result<String> {
    let root = paths::root();
    let mut files = Vec::new();
    for entry in fs::read_dir(&root).context("cannot list the repository")?.flatten() {
        if !NOT_INPUTS.iter().any(|name| entry.file_name() == *name) {
            collect(&entry.path(), &mut files)?;
        }
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(shell::output(tools.command("rustc").arg("--version"))?);
    for variable in ["TUNETREES_SUPABASE_URL", "TUNETREES_SUPABASE_KEY"] {
        hash.update(env::var(variable).unwrap_or_default());
        hash.update([0]);
    }
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        hash.update(file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().as_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))?.flatten() {
            collect(&entry.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}
