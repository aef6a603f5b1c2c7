//! `cargo xtask bench`: the sizes of the bundle, then what `e2e/bench*.mjs` measure in a real browser.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    bundle, chunks, paths,
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
    tools.set("TUNETREES_DIST", served()?);
    setup::packages(&tools, &paths::root().join("e2e"))?;
    say::heading("In the browser");
    for script in [
        "bench.mjs",
        "bench-practice.mjs",
        "bench-lists.mjs",
        "bench-analysis.mjs",
        "bench-sync.mjs",
        "bench-lighthouse.mjs",
    ] {
        shell::shown(tools.command("node").arg(script).current_dir(paths::root().join("e2e")))?;
    }
    say::done("all figures are printed");
    Ok(true)
}

/// The bundle as a real host serves it: a copy in which the compressed form of a file lies beside it, as `file.br`. Compressing 3 MB anew for each visit is what
/// no visitor waits for.
fn served() -> Result<PathBuf> {
    let folder = paths::root().join("target/served");
    let _ = fs::remove_dir_all(&folder);
    let dist = paths::dist();
    for (name, _) in found(&dist)? {
        let (from, to) = (dist.join(&name), folder.join(&name));
        let content = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        let into = to.parent().unwrap_or(&folder);
        fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
        fs::write(&to, &content).with_context(|| format!("cannot write {}", to.display()))?;
        if COMPRESSED.iter().any(|ending| name.ends_with(ending)) {
            fs::write(folder.join(format!("{name}.br")), brotli(&content)?)
                .context("cannot write a compressed file")?;
        }
    }
    Ok(folder)
}

/// What hosts compress; pictures are compressed already.
const COMPRESSED: [&str; 6] = [".wasm", ".js", ".css", ".html", ".svg", ".webmanifest"];

/// What the page loads before it can show anything, what the database's worker loads, what a first visit downloads until one can practise: the most
/// each may take after brotli, in bytes. (The rest comes once that stands, so that every page is there without a network.)
const PAGE: u64 = 250_000;
const WORKER: u64 = 450_000;
const FIRST_VISIT: u64 = 900_000;
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
        say::line(&format!("{name:<50} {:>10} {:>10}{remark}", say::bytes(self.raw), say::bytes(self.brotli)));
    }
}

/// Raw and brotli sizes of what a first visit downloads: the service worker and all it precaches.
fn sizes() -> Result<()> {
    say::heading("Sizes (raw, brotli 11)");
    let [mut page, mut page_practice, mut page_parts] = [Size::default(); 3];
    let [mut worker, mut worker_practice, mut worker_parts] = [Size::default(); 3];
    let [mut vendor, mut before, mut others, mut all] = [Size::default(); 4];
    let sized = sized(&paths::dist())?;
    let practice = practice(&paths::dist(), sized.iter().map(|(path, _)| path.as_str()))?;
    for (path, size) in sized {
        if LISTED.iter().any(|ending| path.ends_with(ending)) {
            size.print(&path, "");
        } else {
            others.add(size);
        }
        match Share::of(&path, &practice) {
            Share::Page => page.add(size),
            Share::PagePractice => page_practice.add(size),
            Share::PageParts => page_parts.add(size),
            Share::Worker => worker.add(size),
            Share::WorkerPractice => worker_practice.add(size),
            Share::WorkerParts => worker_parts.add(size),
            Share::Vendor => vendor.add(size),
            Share::Before => before.add(size),
            Share::Other => {}
        }
        all.add(size);
    }
    others.print("icons, licence, manifest, configuration", "");
    before.print("the document, its styles and small scripts", "");
    page.print("the page, as far as a first visit waits for it", &against(page, PAGE));
    page_practice.print("its practice, fetched beside it if there are tunes", "");
    page_parts.print("its other parts, fetched once that stands", "");
    worker.print("the worker, as far as a first visit waits for it", &against(worker, WORKER));
    worker_practice.print("its practice, fetched beside it if there are tunes", "");
    worker_parts.print("its other parts, fetched once that stands", "");
    vendor.print("the drawing of notes, fetched when there are any", "");
    let mut practising = before;
    for size in [page, page_practice, worker, worker_practice] {
        practising.add(size);
    }
    practising.print("a first visit until one can practise", &against(practising, FIRST_VISIT));
    all.print("and with what it keeps for use without a network", "");
    Ok(())
}

/// The files of practice, of page and worker: what their loaders say.
fn practice<'a>(dist: &Path, paths: impl Iterator<Item = &'a str>) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for loader in paths.filter(|path| is_loader(path.trim_start_matches("worker-"))) {
        let text = fs::read_to_string(dist.join(loader)).with_context(|| format!("cannot read {loader}"))?;
        files.extend(chunks::files_of(&text, chunks::FIRST));
    }
    Ok(files)
}

fn is_loader(path: &str) -> bool {
    path.starts_with("parts-") && path.ends_with(".js")
}

/// What a file is a part of.
#[derive(PartialEq, Eq, Debug)]
enum Share {
    Page,
    PagePractice,
    PageParts,
    Worker,
    WorkerPractice,
    WorkerParts,
    Vendor,
    /// What every visit loads before the modules.
    Before,
    Other,
}

impl Share {
    /// By its path in the output (`xtask/src/split.rs` names the parts), and whether it is among those that practice needs.
    fn of(path: &str, practice: &[String]) -> Share {
        let script = path.ends_with(".js");
        let of_practice = practice.iter().any(|file| file == path);
        let part = |path: &str| {
            ["split_", "chunk_", "chunks-", "practice-"].iter().any(|start| path.starts_with(start))
                && path.ends_with(".wasm")
        };
        match path {
            _ if path.starts_with("app-") || is_loader(path) => Share::Page,
            _ if part(path) => {
                if of_practice {
                    Share::PagePractice
                } else {
                    Share::PageParts
                }
            }
            _ if path.strip_prefix("worker-").is_some_and(part) => {
                if of_practice {
                    Share::WorkerPractice
                } else {
                    Share::WorkerParts
                }
            }
            _ if path.starts_with("worker") => Share::Worker,
            _ if path.starts_with("vendor/") && script => Share::Vendor,
            SERVICE_WORKER => Share::Other,
            _ if script || path.ends_with(".css") || path == "index.html" => Share::Before,
            _ => Share::Other,
        }
    }
}

/// A size beside its budget.
fn against(size: Size, most: u64) -> String {
    let verdict = if size.brotli <= most { "met" } else { "missed" };
    format!("   target ≤ {}: {verdict}", say::bytes(most))
}

/// The sizes of what a first visit downloads from `folder`.
fn sized(folder: &Path) -> Result<Vec<(String, Size)>> {
    let size = |(name, path): (String, PathBuf)| {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((name, Size { raw: content.len() as u64, brotli: brotli(&content)?.len() as u64 }))
    };
    found(folder)?.into_iter().map(size).collect()
}

/// Every file below `folder` that a first visit downloads, with its path in there.
fn found(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
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
                found.push((name, path));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// After brotli at quality 11.
fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressor = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 24);
    compressor.write_all(content).context("cannot compress")?;
    Ok(compressor.into_inner())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn brotli_compresses() {
        let size = brotli(&b"tune ".repeat(1_000)).unwrap().len();
        assert!(size > 4 && size < 100, "{size}");
    }

    #[test]
    fn every_file_has_its_share() {
        let practice = ["worker-practice-1.wasm", "chunk_3-1.wasm"].map(str::to_owned);
        let of = |path| Share::of(path, &practice);
        assert_eq!(of("app-1_bg.wasm"), Share::Page);
        assert_eq!(of("parts-1.js"), Share::Page);
        assert_eq!(of("style-1.css"), Share::Before);
        assert_eq!(of("chunk_3-1.wasm"), Share::PagePractice);
        assert_eq!(of("split_library-1.wasm"), Share::PageParts);
        assert_eq!(of("worker-parts-1.js"), Share::Worker);
        assert_eq!(of("worker_bg.wasm"), Share::Worker);
        assert_eq!(of("worker-practice-1.wasm"), Share::WorkerPractice);
        assert_eq!(of("worker-chunks-1.wasm"), Share::WorkerParts);
        assert_eq!(of("worker-chunk_9-1.wasm"), Share::WorkerParts);
        assert_eq!(of("vendor/abcjs-basic-min.js"), Share::Vendor);
        assert_eq!(of("sw.js"), Share::Other);
        assert_eq!(of("start-1.js"), Share::Before);
        assert_eq!(of("icons/icon-512.png"), Share::Other);
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
