//! Build script: names the release by a hash of everything that both halves of the app are made of, so that a page and a worker of
//! different releases notice each other; lists the languages; and asks the linker for what the page's module is cut by.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let mut hasher = DefaultHasher::new();
    for root in ["src", "migrations/sqlite", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={root}");
        add(Path::new(root), &mut hasher)?;
    }
    println!("cargo::rustc-env=TUNETREES_RELEASE={:016x}", hasher.finish());
    println!("cargo::rustc-env=TUNETREES_LANGUAGES={}", languages()?.join(" "));
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        // What the modules are cut into parts by: src/ui/parts.rs, src/worker/parts.rs.
        println!("cargo::rustc-link-arg-bin=app=--emit-relocs");
        if std::env::var_os("CARGO_FEATURE_PARTS").is_some() {
            println!("cargo::rustc-link-arg-bin=worker=--emit-relocs");
        }
    }
    Ok(())
}

/// The tags of the languages there is a catalogue for: `public/languages/de.json`.
fn languages() -> io::Result<Vec<String>> {
    // The folder itself need not be there.
    println!("cargo::rerun-if-changed=public");
    let mut tags = Vec::new();
    for entry in fs::read_dir("public/languages").into_iter().flatten() {
        let name = entry?.file_name();
        tags.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
    }
    tags.sort();
    Ok(tags)
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::path);
        return entries.iter().try_for_each(|entry| add(&entry.path(), hasher));
    }
    path.hash(hasher);
    fs::read(path)?.hash(hasher);
    Ok(())
}
