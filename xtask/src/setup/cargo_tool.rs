//! Tools that come from crates.io, each in one exact version, built once per machine into the cache.

use std::{fs, path::Path, process::Command, time::Instant};

use anyhow::{Context, Result, bail};

use super::version::Version;
use crate::{
    paths, say,
    shell::{self, Tools},
};

/// One such tool.
pub struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: Version,
    features: &'static [&'static str],
    optimisation: &'static str,
    why: &'static str,
}

/// Builds the bundle.
pub const TRUNK: CargoTool = CargoTool {
    package: "trunk",
    program: "trunk",
    version: Version(0, 21, 14),
    features: &["--no-default-features", "--features", "rustls"],
    optimisation: "1",
    why: "it puts the app together",
};

/// Checks licences, sources and security advisories of what we depend on.
pub const DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: Version(0, 20, 2),
    features: &["--no-default-features"],
    optimisation: "1",
    why: "it checks the licences and advisories of what we depend on",
};

/// Makes the JavaScript side of the modules and runs wasm tests. Must equal the crate's version in `Cargo.lock`.
pub fn wasm_bindgen() -> Result<CargoTool> {
    let lock = fs::read_to_string(paths::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    Ok(CargoTool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version,
        features: &[],
        // It works on megabytes at every build.
        optimisation: "2",
        why: "it joins WebAssembly to JavaScript; its version must equal the one in Cargo.lock",
    })
}

/// The version of a package in a `Cargo.lock`.
fn locked(lock: &str, package: &str) -> Option<Version> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?.parse().ok()
}

/// Uses the one on `PATH` if it is the right one, else builds it into the cache.
pub fn ensure(tools: &Tools, tool: &CargoTool) -> Result<()> {
    if is_there(tools, tool) {
        return Ok(());
    }
    let CargoTool { package, version, .. } = tool;
    say::line(&format!("building {package} {version}: {} (minutes, but only once on this machine)", tool.why));
    let started = Instant::now();
    let build = paths::cache()?.join("build").join(package);
    let log = paths::logs()?.join(format!("{package}.log"));
    let what = format!("building {package}");
    let status = shell::watched(&what, install(tools, tool, &build)?.arg("--locked"), &log)?;
    if !status.success() {
        // A registry mirror may lag behind the versions that a tool's own lock file names.
        if fs::read_to_string(&log).unwrap_or_default().contains("failed to select a version") {
            say::line(
                "its own lock file names a version that this registry does not have; building with the nearest ones",
            );
        }
        shell::logged(&what, &mut install(tools, tool, &build)?, &log)?;
    }
    let _ = fs::remove_dir_all(&build);
    if !is_there(tools, tool) {
        bail!("{package} was built, but `{} --version` does not answer {version}", tool.program);
    }
    say::line(&format!("{package} {version} is ready ({})", say::duration(started.elapsed())));
    Ok(())
}

fn install(tools: &Tools, tool: &CargoTool, build: &Path) -> Result<Command> {
    let root = paths::tools()?;
    let mut command = tools.command("cargo");
    command.args(["install", tool.package, "--version", &tool.version.to_string(), "--force", "--root"]).arg(&root);
    command.args(tool.features);
    // Outside the repository: its .cargo/config.toml is about the app. A kept folder lets an interrupted build go on.
    command.current_dir(&root).env("CARGO_TARGET_DIR", build);
    // These run for seconds and build for minutes: do not optimise them as their authors would for a release.
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", tool.optimisation)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUSTFLAGS");
    Ok(command)
}

fn is_there(tools: &Tools, tool: &CargoTool) -> bool {
    tools.find(tool.program).is_some()
        && shell::output(tools.command(tool.program).arg("--version"))
            .is_ok_and(|answer| Version::find(&answer) == Some(tool.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some(Version(0, 2, 130)));
        assert_eq!(locked(lock, "serde"), None);
    }
}
