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

/// Put into the cache where the system's Node is older (Debian 12 has 18). The npm package `node` carries the program.
const PINNED: Version = Version(20, 20, 2);

/// Finds or installs Node 20 or newer, with npm.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    // Playwright would fetch browsers of its own.
    tools.set("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    if tools.find("node").is_none() || tools.find("npm").is_none() {
        apt::install(tools, &["nodejs", "npm"], "Node 20 or newer with npm, for the end-to-end tests")?;
    }
    let found = shell::output(tools.command("node").arg("--version"))?;
    if is_new_enough(&found) {
        return Ok(());
    }
    pinned(tools).with_context(|| {
        format!(
            "the system's Node is {}, the tests need 20 or newer, and Node {PINNED} could not be installed from npm; \
             install a newer one from https://nodejs.org",
            found.trim()
        )
    })
}

fn is_new_enough(answer: &str) -> bool {
    Version::find(answer).is_some_and(|version| version >= OLDEST)
}

/// Prefers the pinned Node; installs it where it is missing or does not run.
fn pinned(tools: &mut Tools) -> Result<()> {
    let folder = paths::cache()?.join(format!("node-{PINNED}"));
    let programs = folder.join("node_modules/node/bin");
    let program = programs.join("node");
    let runs = |tools: &Tools| {
        shell::output(tools.command(&program).arg("--version"))
            .is_ok_and(|answer| Version::find(&answer) == Some(PINNED))
    };
    if !runs(tools) {
        say::line(&format!("installing Node {PINNED} from npm: the system's is older than {}", OLDEST.0));
        // What an interrupted installation left would be taken for whole.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut command = tools.command("npm");
        // The package's own script brings the program for this machine, so scripts must run.
        command.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts=false", "--prefix"]);
        command.arg(&folder).arg(format!("node@{PINNED}")).current_dir(&folder);
        shell::logged(&format!("npm install node@{PINNED}"), &mut command, &paths::logs()?.join("node.log"))?;
        if !runs(tools) {
            bail!("{} does not run", program.display());
        }
    }
    // npm is the system's, run by this Node.
    tools.prefer(programs);
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_12_is_too_old() {
        assert!(!is_new_enough("v18.20.4\n"));
        assert!(is_new_enough("v20.0.0\n") && is_new_enough("v24.1.0\n"));
        assert!(!is_new_enough("no version"));
        assert!(PINNED >= OLDEST);
    }
}
