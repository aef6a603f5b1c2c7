//! `cargo xtask bench`: the sizes of the bundle, then what `e2e/bench.mjs` measures in a real browser.

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    bundle, paths, run, say,
    setup::{self, Need},
    shell,
};

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
    say::heading("Sync engine over HTTP and PostgreSQL (native build)");
    let mut engine = tools.command("cargo");
    engine.args(["bench", "--quiet", "--package", "tunetrees", "--bench", "sync", "--profile", "tools"]);
    shell::shown(&mut engine)?;
    let programs = run::build_programs(&tools, run::Profile::Tools)?;
    programs.tell(&mut tools);
    setup::packages(&tools, &paths::root().join("e2e"))?;
    say::heading("In the browser");
    shell::shown(tools.command("node").arg("bench.mjs").current_dir(paths::root().join("e2e")))?;
    say::done("all figures are printed");
    Ok(true)
}

/// Raw and brotli sizes of what a first visit downloads.
fn sizes() -> Result<()> {
    say::heading("Sizes (raw, brotli 11)");
    let mut files: Vec<PathBuf> = fs::read_dir(paths::dist())
        .context("cannot list dist/")?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_some_and(|ext| ["wasm", "js", "css", "html"].iter().any(|known| ext == *known))
        })
        .collect();
    files.sort();
    let (mut raw, mut small) = (0, 0);
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let compressed = brotli(&content)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        say::line(&format!("{name:<40} {:>10} {:>10}", say::bytes(content.len() as u64), say::bytes(compressed)));
        raw += content.len() as u64;
        small += compressed;
    }
    say::line(&format!("{:<40} {:>10} {:>10}", "in all", say::bytes(raw), say::bytes(small)));
    Ok(())
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
}
