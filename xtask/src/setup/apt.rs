//! System packages on Debian and Ubuntu. Elsewhere, or without the right to install, one sentence says what to type.

use std::{process::Command, sync::Once};

use anyhow::{Result, bail};

use crate::{
    paths, say,
    shell::{self, Tools},
};

/// Is this a Debian-like machine?
pub fn is_here(tools: &Tools) -> bool {
    tools.find("apt-get").is_some() && tools.find("dpkg").is_some()
}

/// Does apt know a package of this name?
pub fn knows(tools: &Tools, package: &str) -> bool {
    let answer = shell::output(tools.command("apt-cache").args(["policy", package])).unwrap_or_default();
    answer.lines().any(|line| line.trim().strip_prefix("Candidate:").is_some_and(|found| found.trim() != "(none)"))
}

/// Refreshes the package lists, once per run: with lists of long ago apt installs what was new then (a browser that the tests' tools do
/// not know how to drive), or asks for files that are gone.
pub fn refresh(tools: &Tools) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if is_here(tools)
            && let Some(mut update) = as_root(tools, &["update"])
        {
            say::line("apt-get update");
            // Failure shows when a package is then not found.
            let _ = shell::output(&mut update);
        }
    });
}

/// Installs packages; `why` completes "installing … for".
pub fn install(tools: &Tools, packages: &[&str], why: &str) -> Result<()> {
    let names = packages.join(" ");
    if !is_here(tools) {
        bail!(
            "{why} is missing; install it with your system's package manager (on Debian or Ubuntu: sudo apt-get install {names})"
        );
    }
    refresh(tools);
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(packages);
    let Some(mut command) = as_root(tools, &arguments) else {
        bail!(
            "{why} is missing and this user may not install it; type: sudo apt-get install -y --no-install-recommends {names}"
        );
    };
    say::line(&format!("installing {names} with apt-get: {why}"));
    let log = paths::logs()?.join("apt.log");
    shell::logged(&format!("apt-get install {names}"), &mut command, &log)
}

/// `apt-get` as root: directly, or with sudo where that asks for no password.
fn as_root(tools: &Tools, arguments: &[&str]) -> Option<Command> {
    let is_root = shell::output(tools.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = if is_root {
        tools.command("env")
    } else {
        shell::output(tools.command("sudo").args(["-n", "true"])).ok()?;
        let mut sudo = tools.command("sudo");
        sudo.args(["-n", "env"]);
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=600"]).args(arguments);
    Some(command)
}
