//! The step after Trunk that cuts both modules into parts: what every visit needs, and what is fetched when it is first asked for
//! (`src/ui/parts.rs`, `src/worker/parts.rs`). Trunk knows no such step, so its own output is replaced: the module that cargo has linked
//! is cut, and wasm-bindgen goes over the main part. Pieces go together: `chunks`.

use std::{convert::Infallible, fs, path::Path, process::Command};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use wasm_encoder::reencode::{self, Reencode};
use wasm_split_cli_support::Options;
use wasmparser::{CustomSectionReader, Parser};

use crate::{
    chunks::{self, Together},
    imports, paths, shell,
};

/// One of the two modules.
struct Module {
    /// Its name for cargo.
    name: &'static str,
    /// Its script and module in the output: `stem`.js and `stem`_bg.wasm.
    stem: String,
    /// What the names of its parts begin with.
    parts: &'static str,
}

/// Replaces the scripts and modules in `staging` and puts the parts beside them.
pub fn parts(staging: &Path, release: bool) -> Result<()> {
    let Some(page) = page(staging)? else { return Ok(()) };
    cut(staging, release, &Module { name: "app", stem: page, parts: "" })?;
    cut(staging, release, &Module { name: "worker", stem: "worker".to_owned(), parts: "worker-" })
}

fn cut(staging: &Path, release: bool, Module { name, stem, parts }: &Module) -> Result<()> {
    let profile = if release { "release" } else { "debug" };
    let linked = paths::target().join(format!("wasm32-unknown-unknown/{profile}/{name}.wasm"));
    let module = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    // Parts fit the module they were cut from, and no other.
    let hash = paths::short(Sha256::digest(&module));
    let work = paths::target().join(format!("parts-of-{name}"));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;

    let main = work.join("main.wasm");
    let (link, script) = (format!("./{parts}parts-{hash}.js"), format!("./{stem}.js"));
    let mut options = Options::new(&module);
    options.output_dir = &work;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &script;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the module `{name}` cannot be cut into parts: {error:#}"))?;
    if split.split_modules.is_empty() {
        bail!(
            "the module `{name}` was not cut: was it linked with --emit-relocs (src/release.rs) and its names kept (profile `release`)?"
        );
    }

    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--keep-lld-exports", "--remove-name-section"]);
    bindgen.args(["--remove-producers-section", "--out-name", name, "--out-dir"]).arg(work.join("bound")).arg(&main);
    shell::output(&mut bindgen)?;

    let bound = |ending: &str| work.join(format!("bound/{name}{ending}"));
    let script = fs::read_to_string(bound(".js")).context("cannot read what wasm-bindgen has made")?;
    let module = fs::read(bound("_bg.wasm")).context("cannot read what wasm-bindgen has made")?;
    let (script, module) = imports::shortened(&script, &module)?;
    let put = |file: &str, content: &[u8]| {
        fs::write(staging.join(file), content).with_context(|| format!("cannot write {file}"))
    };
    put(&format!("{stem}.js"), script.as_bytes())?;
    put(&format!("{stem}_bg.wasm"), &module)?;

    let mut loader = fs::read_to_string(work.join(&link)).context("cannot read the loader of the parts")?;
    let of_the_first = chunks::files_of(&loader, chunks::FIRST);
    let mut first = Together::new(format!("{parts}{}-{hash}.wasm", chunks::FIRST));
    let mut small = Together::new(format!("{parts}chunks-{hash}.wasm"));
    for part in &split.split_modules {
        let file = part.file_name().and_then(|file| file.to_str()).context("a part has no name")?;
        let content = compact(&fs::read(part)?)?;
        if of_the_first.iter().any(|needed| needed == file) {
            loader = first.add(&loader, file, &content)?;
        } else if file.starts_with("chunk_") && content.len() < chunks::SMALL {
            loader = small.add(&loader, file, &content)?;
        } else {
            let hashed = format!("{parts}{}-{hash}.wasm", file.trim_end_matches(".wasm"));
            loader = loader.replace(&format!("\"./{file}\""), &format!("\"./{hashed}\""));
            put(&hashed, &content)?;
        }
    }
    for together in [first, small].iter().filter(|together| !together.content.is_empty()) {
        put(&together.file, &together.content)?;
    }
    loader.push_str(chunks::TAKEN);
    fs::write(staging.join(&link), loader).context("cannot write the loader of the parts")?;
    println!("{name}: {} parts beside the main one", split.split_modules.len());
    Ok(())
}

/// The name of the page's script in the output, with a hash that Trunk has given, without `.js`.
fn page(staging: &Path) -> Result<Option<String>> {
    let entries = fs::read_dir(staging).with_context(|| format!("cannot list {}", staging.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names
        .filter_map(|name| Some(name.strip_suffix(".js").filter(|name| name.starts_with("app-"))?.to_owned()))
        .next())
}

/// A part as it is shipped. The linker leaves room in every number for a larger one to be written over it, which makes a fifth of a part: each
/// gets the length it needs. What only says something about the part (names, producers) goes.
struct Compact;

impl Reencode for Compact {
    type Error = Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        Ok(())
    }
}

fn compact(part: &[u8]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    Compact
        .parse_core_module(&mut module, Parser::new(0), part)
        .map_err(|error| anyhow!("a part is not WebAssembly: {error}"))?;
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_take_the_room_they_need_and_custom_sections_go() {
        let head = b"\0asm\x01\0\0\0".to_vec();
        let rest = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
        let names = b"\0\x85\x00\x04name";
        // One function: `i32.const 1; drop`.
        let padded = [10, 11, 1, 9, 0, 0x41, 0x81, 0x80, 0x80, 0x80, 0x00, 0x1a, 0x0b];
        let short = [10, 7, 1, 5, 0, 0x41, 1, 0x1a, 0x0b];
        let part = [&head[..], &rest, &padded, names].concat();
        assert_eq!(compact(&part).unwrap(), [&head[..], &rest, &short].concat());
    }
}
