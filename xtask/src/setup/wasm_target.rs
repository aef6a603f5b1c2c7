//! A Rust that compiles for `wasm32-unknown-unknown`: the installed one with rustup's target, else Debian's compiler with
//! a standard library built here.

use std::fs;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::{
    paths, say,
    shell::{self, Tools},
};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 8] =
    ["rustc-web", "cargo-web", "rust-web-src", "rustfmt-web", "rust-web-clippy", "clang-22", "lld-22", "llvm-22"];
const SCRIPT: &str = include_str!("debian-toolchain.sh");

/// Finds or makes it. `TUNETREES_TOOLCHAIN=debian` takes the second way without trying the first.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    let debian = tools.get("TUNETREES_TOOLCHAIN").is_some_and(|choice| choice == "debian");
    if !debian && knows_target(tools) {
        return Ok(());
    }
    let folder = paths::cache()?.join("rust-web");
    if folder.join("bin/rustc").exists() {
        use_debian(tools, &folder);
        if knows_target(tools) {
            return Ok(());
        }
        say::line("the Rust made from Debian's packages no longer works (updated since?); making it again");
    }
    let mut reason = "rustup is not installed".to_owned();
    if !debian && tools.find("rustup").is_some() {
        say::line(&format!("adding Rust's {TARGET} target with rustup: the app is WebAssembly"));
        match shell::output(tools.command("rustup").args(["target", "add", TARGET])) {
            Ok(_) if knows_target(tools) => return Ok(()),
            Ok(_) => reason = "rustup added the target, but the compiler in use does not see it".to_owned(),
            Err(error) => reason = format!("{error:#}"),
        }
    }
    if !apt::is_here(tools) {
        bail!(
            "the compiler has no {TARGET} target ({reason}); install Rust from https://rustup.rs and type: rustup target add {TARGET}"
        );
    }
    say::line(&format!("{reason}; making a Rust for WebAssembly from Debian's packages instead (one or two minutes)"));
    apt::install(tools, &DEBIAN_PACKAGES, "a Rust compiler whose standard library can be built for WebAssembly")
        .with_context(|| {
            format!("the compiler has no {TARGET} target ({reason}), and Debian's packages for it cannot be had")
        })?;
    fs::create_dir_all(paths::cache()?).context("cannot make the cache folder")?;
    let mut script = tools.command("sh");
    script.args(["-c", SCRIPT, "debian-toolchain.sh"]).arg(&folder);
    shell::logged("building the standard library", &mut script, &paths::logs()?.join("rust-web.log"))?;
    use_debian(tools, &folder);
    if knows_target(tools) {
        Ok(())
    } else {
        bail!("the Rust made from Debian's packages in {} does not work", folder.display())
    }
}

fn use_debian(tools: &mut Tools, folder: &std::path::Path) {
    tools.prefer(folder.join("bin"));
    // Where rustup's shims are asked all the same (cargo looks for cargo-clippy beside itself), they must agree.
    if tools.find("rustup").is_some() {
        let link = tools.command("rustup").args(["toolchain", "link", "tunetrees-web"]).arg(folder).output();
        if link.is_ok_and(|answer| answer.status.success()) {
            tools.set("RUSTUP_TOOLCHAIN", "tunetrees-web");
        }
    }
}

/// Has the compiler in use a standard library for the target?
fn knows_target(tools: &Tools) -> bool {
    let Ok(folder) = shell::output(tools.command("rustc").args(["--target", TARGET, "--print", "target-libdir"]))
    else {
        return false;
    };
    fs::read_dir(folder.trim())
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-")))
}
