//! `cargo xtask bench`: the sizes of the bundle, then what `e2e/bench*.mjs` measure in a real browser.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};

use crate::{
    bundle, paths,
    precache::{SERVICE_WORKER, is_cached},
    run, say,
    setup::{self, Need},
    shell,
};

/// The programs that measure without a browser, and what they measure.
const NATIVE: [(&str, &str); 3] = [
    ("sync", "Sync engine over HTTP and PostgreSQL (native build)"),
    ("analysis", "Analysis over 100,000 ratings (native build)"),
    ("legacy", "Legacy migration into PostgreSQL"),
];

/// Prints the figures; false when a measurement failed.
pub fn bench() -> Result<bool> {
    let script = paths::root().join("e2e/bench.mjs");
    let mut needs = vec![Need::Wasm, Need::Bundle];
    if script.exists() {
        needs.extend([Need::Postgres, Need::Node, Need::Browser]);
    }
    let mut tools = setup::all(&needs)?;
    bundle::ensure(&tools)?;
    sizes()?;
    if !script.exists() {
        say::done("sizes only: e2e/bench.mjs, which measures in the browser, is not there");
        return Ok(true);
    }
    for (name, heading) in NATIVE {
        say::heading(heading);
        let mut program = tools.command("cargo");
        program.args(["bench", "--quiet", "--package", "tunetrees", "--bench", name, "--profile", "tools"]);
        shell::shown(&mut program)?;
    }
    let programs = run::build_programs(&tools, run::Profile::Tools)?;
    programs.tell(&mut tools);
    setup::packages(&tools, &paths::root().join("e2e"))?;
    say::heading("In the browser");
    for script in ["bench.mjs", "bench-practice.mjs", "bench-sync.mjs"] {
        shell::shown(tools.command("node").arg(script).current_dir(paths::root().join("e2e")))?;
    }
    say::done("all figures are printed");
    Ok(true)
}

/// What a first visit may download at most, compressed.
const TARGET: u64 = 1_500_000;
/// What is listed by name; the rest (icons, licence, manifest) is one line.
const LISTED: [&str; 4] = [".wasm", ".js", ".css", ".html"];

/// Raw and brotli sizes, in bytes.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
struct Size {
    raw: u64,
    brotli: u64,
}

impl Size {
    fn add(&mut self, other: Size) {
        self.raw += other.raw;
        self.brotli += other.brotli;
    }

    fn print(self, name: &str, remark: &str) {
        say::line(&format!("{name:<46} {:>10} {:>10}{remark}", say::bytes(self.raw), say::bytes(self.brotli)));
    }
}

/// Raw and brotli sizes of what a first visit downloads: the service worker and all it precaches.
fn sizes() -> Result<()> {
    say::heading("Sizes (raw, brotli 11)");
    let (mut modules, mut others, mut all) = (Size::default(), Size::default(), Size::default());
    for (path, size) in sized(&paths::dist())? {
        if LISTED.iter().any(|ending| path.ends_with(ending)) {
            size.print(&path, "");
        } else {
            others.add(size);
        }
        if path.ends_with(".wasm") {
            modules.add(size);
        }
        all.add(size);
    }
    others.print("icons, licence, manifest, configuration", "");
    modules.print("the WebAssembly modules together", "");
    let verdict = if all.brotli <= TARGET { "met" } else { "missed" };
    all.print("a first visit in all", &format!("   target ≤ 1.5 MB brotli in all: {verdict}"));
    Ok(())
}

/// Every file below `folder` that a first visit downloads, by its path in there.
fn sized(folder: &Path) -> Result<Vec<(String, Size)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).with_context(|| format!("cannot list {}", current.display()))? {
            let path = entry.with_context(|| format!("cannot list {}", current.display()))?.path();
            if path.is_dir() {
                // Trunk may leave its `.stage` there.
                if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                    folders.push(path);
                }
                continue;
            }
            let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if name == SERVICE_WORKER || is_cached(&name) {
                let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                found.push((name, Size { raw: content.len() as u64, brotli: brotli(&content)? }));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// The size after brotli at quality 11, in bytes.
fn brotli(content: &[u8]) -> Result<u64> {
    let mut compressor = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 24);
    compressor.write_all(content).context("cannot compress")?;
    Ok(compressor.into_inner().len() as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn brotli_compresses() {
        let size = brotli(&b"tune ".repeat(1_000)).unwrap();
        assert!(size > 4 && size < 100, "{size}");
    }

    #[test]
    fn counts_what_lies_deeper_and_leaves_out_what_no_visitor_gets() {
        let folder = std::env::temp_dir().join(format!("xtask-sizes-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("vendor/deep")).unwrap();
        fs::create_dir_all(folder.join(".stage")).unwrap();
        for name in
            ["app.wasm", "sw.js", "vendor/deep/abc.js", ".built-from", "_headers", "app.js.map", ".stage/app.js"]
        {
            fs::write(folder.join(name), "12345").unwrap();
        }
        let found = sized(&folder).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["app.wasm", "sw.js", "vendor/deep/abc.js"]);
        assert!(found.iter().all(|(_, size)| size.raw == 5 && size.brotli > 0));
        fs::remove_dir_all(&folder).unwrap();
    }
}
