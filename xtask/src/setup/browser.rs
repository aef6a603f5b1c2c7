//! Chromium and its driver. `CHROMIUM` and `CHROMEDRIVER` name others.

use std::{fs, io::Read, path::Path};

use anyhow::{Result, bail};

use super::{apt, version::Version};
use crate::shell::{self, Tools};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVERS: [&str; 3] = ["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];

/// Finds or installs both and names them in `CHROMIUM` and `CHROMEDRIVER`.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if !choose(tools) {
        apt::refresh(tools);
        let packages = packages(|package| apt::knows(tools, package));
        let installed = apt::install(tools, &packages, "Chromium and its driver, for the tests in a real browser");
        if !choose(tools) {
            if let Some(snap) = BROWSERS.iter().chain(&DRIVERS).filter_map(|name| tools.find(name)).find(|p| is_snap(p))
            {
                bail!(
                    "{} only starts a snap, which cannot see the tests' files in /tmp; install Google Chrome, or a Chromium that \
                     is no snap, with its chromedriver, and set CHROMIUM and CHROMEDRIVER to their paths",
                    snap.display()
                );
            }
            installed?;
            bail!(
                "no Chromium with chromedriver, even after installing them; set CHROMIUM and CHROMEDRIVER to their paths"
            );
        }
    }
    let (browser, driver) = (version_of(tools, "CHROMIUM"), version_of(tools, "CHROMEDRIVER"));
    match (browser, driver) {
        (Some(browser), Some(driver)) if browser.0 != driver.0 => {
            bail!("the browser is version {browser} and chromedriver {driver}: they must have the same first number")
        }
        _ => Ok(()),
    }
}

fn choose(tools: &mut Tools) -> bool {
    for (variable, names) in [("CHROMIUM", &BROWSERS[..]), ("CHROMEDRIVER", &DRIVERS[..])] {
        if tools.get(variable).is_some() {
            continue;
        }
        let Some(found) = names.iter().find_map(|name| tools.find(name).filter(|path| !is_snap(path))) else {
            return false;
        };
        tools.set(variable, found);
    }
    true
}

/// What apt calls them: Debian's names, or Ubuntu's.
fn packages(knows: impl Fn(&str) -> bool) -> [&'static str; 2] {
    if !knows("chromium-driver") && knows("chromium-chromedriver") {
        ["chromium-browser", "chromium-chromedriver"]
    } else {
        ["chromium", "chromium-driver"]
    }
}

/// Is this a snap's program, or the script that Ubuntu's packages have instead of one?
pub fn is_snap(program: &Path) -> bool {
    let real = fs::canonicalize(program).unwrap_or_else(|_| program.to_owned());
    if real.starts_with("/snap") || real.ends_with("usr/bin/snap") {
        return true;
    }
    let mut start = Vec::new();
    let read = fs::File::open(&real).and_then(|file| file.take(4096).read_to_end(&mut start));
    let start = String::from_utf8_lossy(&start);
    read.is_ok() && start.starts_with("#!") && start.contains("/snap/bin/")
}

/// The version of the program that a variable names.
pub fn version_of(tools: &Tools, variable: &str) -> Option<Version> {
    let answer = shell::output(tools.command(tools.get(variable)?).arg("--version")).ok()?;
    Version::find(&answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn knows_both_names_of_the_packages() {
        assert_eq!(packages(|name| name == "chromium-chromedriver"), ["chromium-browser", "chromium-chromedriver"]);
        assert_eq!(packages(|_| true), ["chromium", "chromium-driver"]);
        assert_eq!(packages(|_| false), ["chromium", "chromium-driver"]);
    }

    #[test]
    fn tells_a_snap_from_a_program() {
        let file = std::env::temp_dir().join(format!("xtask-snap-{}", std::process::id()));
        fs::write(&file, "#!/bin/sh\nexec /snap/bin/chromium \"$@\"\n").unwrap();
        assert!(is_snap(&file));
        fs::write(&file, "#!/bin/sh\nexec /usr/lib/chromium/chromium \"$@\"\n").unwrap();
        assert!(!is_snap(&file));
        fs::remove_file(&file).unwrap();
        assert!(is_snap(Path::new("/snap/bin/chromium")));
    }
}
