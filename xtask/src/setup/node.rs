//! Node and npm, for the end-to-end tests and the suite that drives the backend with the official JavaScript client.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::{apt, version::Version};
use crate::{
    paths, say,
    shell::{self, Tools},
};

const OLDEST: Version = Version(20, 0, 0);

/// Finds or installs Node 20 or newer, with npm.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    // Playwright would fetch browsers of its own.
    tools.set("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    if tools.find("node").is_none() || tools.find("npm").is_none() {
        apt::install(tools, &["nodejs", "npm"], "Node 20 or newer with npm, for the end-to-end tests")?;
    }
    let answer = shell::output(tools.command("node").arg("--version"))?;
    match Version::find(&answer) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => bail!("Node is {}, and the tests need 20 or newer: install it from https://nodejs.org", answer.trim()),
    }
}

/// Installs the npm packages of a folder when its lock file changed.
pub fn packages(tools: &Tools, folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let content = fs::read(&lock)
        .with_context(|| format!("{} is missing: make it with `npm install` and commit it", lock.display()))?;
    let wanted = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let stamp = folder.join("node_modules/.tunetrees-lock");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    let name = folder.strip_prefix(paths::root()).unwrap_or(folder).display().to_string();
    say::line(&format!("npm ci in {name}: its lock file is new or changed"));
    let mut command = tools.command("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    shell::logged(&format!("npm ci in {name}"), &mut command, &paths::logs()?.join("npm.log"))?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}
