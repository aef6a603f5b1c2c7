//! Firefox, the second browser of the end-to-end tests. `FIREFOX` names another.

use anyhow::{Result, bail};

use super::{
    apt,
    browser::{is_snap, version_of},
    version::Version,
};
use crate::shell::Tools;

/// The first that collects what the network brings when WebDriver BiDi asks for it; Playwright always asks.
const OLDEST: Version = Version(143, 0, 0);

/// Debian's long-term release first: it is what the tests were made with.
const BROWSERS: [&str; 2] = ["firefox-esr", "firefox"];

/// Finds or installs it, or a newer one, and names it in `FIREFOX`.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if choose(tools) && is_new_enough(tools) {
        return Ok(());
    }
    let installed = apt::install(tools, &["firefox-esr"], "Firefox, the second browser of the end-to-end tests");
    if choose(tools) {
        if is_new_enough(tools) {
            return Ok(());
        }
        bail!("Firefox is older than {}, which the tests need; set FIREFOX to the path of a newer one", OLDEST.0);
    }
    if let Some(snap) = BROWSERS.iter().filter_map(|name| tools.find(name)).find(|path| is_snap(path)) {
        bail!(
            "{} only starts a snap, which cannot see the tests' files in /tmp; install a Firefox that is no snap and set FIREFOX to its path",
            snap.display()
        );
    }
    installed?;
    bail!("no Firefox, even after installing it; set FIREFOX to its path")
}

/// A program that does not tell its version is tried.
fn is_new_enough(tools: &Tools) -> bool {
    version_of(tools, "FIREFOX").is_none_or(|version| version >= OLDEST)
}

fn choose(tools: &mut Tools) -> bool {
    if tools.get("FIREFOX").is_some() {
        return true;
    }
    let Some(found) = BROWSERS.iter().find_map(|name| tools.find(name).filter(|path| !is_snap(path))) else {
        return false;
    };
    tools.set("FIREFOX", found);
    true
}
