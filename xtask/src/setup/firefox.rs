//! Firefox, the second browser of the end-to-end tests. `FIREFOX` names another.

use anyhow::{Result, bail};

use super::{apt, browser::is_snap};
use crate::shell::Tools;

/// Debian's long-term release first: it is what the tests were made with.
const BROWSERS: [&str; 2] = ["firefox-esr", "firefox"];

/// Finds or installs it and names it in `FIREFOX`.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if choose(tools) {
        return Ok(());
    }
    let installed = apt::install(tools, &["firefox-esr"], "Firefox, the second browser of the end-to-end tests");
    if choose(tools) {
        return Ok(());
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
