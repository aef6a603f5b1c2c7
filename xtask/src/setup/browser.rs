//! Chromium and its driver. `CHROMIUM` and `CHROMEDRIVER` name others.

use anyhow::{Result, bail};

use super::{apt, version::Version};
use crate::shell::{self, Tools};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const DRIVERS: [&str; 3] = ["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver"];

/// Finds or installs both and names them in `CHROMIUM` and `CHROMEDRIVER`.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if !choose(tools) {
        apt::install(
            tools,
            &["chromium", "chromium-driver"],
            "Chromium and its driver, for the tests in a real browser",
        )?;
        if !choose(tools) {
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
        let Some(found) = names.iter().find_map(|name| tools.find(name)) else { return false };
        tools.set(variable, found);
    }
    true
}

fn version_of(tools: &Tools, variable: &str) -> Option<Version> {
    let answer = shell::output(tools.command(tools.get(variable)?).arg("--version")).ok()?;
    Version::find(&answer)
}
