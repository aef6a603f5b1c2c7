//! The step after Trunk that cuts the page's module into parts: what every visit needs, and what is fetched when a page of it is first
//! opened (`src/ui/parts.rs`). Trunk knows no such step, so its own output of the page is replaced: the module that cargo has linked is cut,
//! and wasm-bindgen goes over the main part.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, bail};
use wasm_split_cli_support::Options;

use crate::{paths, shell};

/// Where cargo puts what is linked with each of Trunk's profiles.
const RELEASE: &str = "wasm32-unknown-unknown/page/app.wasm";
const DEBUG: &str = "wasm32-unknown-unknown/debug/app.wasm";

/// Replaces the page's script and module in `staging` and puts the parts beside them.
pub fn parts(staging: &Path, release: bool) -> Result<()> {
    let Some(name) = page(staging)? else { return Ok(()) };
    let linked = paths::target().join(if release { RELEASE } else { DEBUG });
    let module = fs::read(&linked).with_context(|| format!("cannot read {}", linked.display()))?;
    let work = paths::target().join("page-parts");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;

    let main = work.join("app.wasm");
    let (link, script) = (format!("./parts-{name}.js"), format!("./app-{name}.js"));
    let mut options = Options::new(&module);
    options.output_dir = &work;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &script;
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("the page's module cannot be cut into parts: {error:#}"))?;
    if split.split_modules.is_empty() {
        bail!(
            "the page's module was not cut: was it linked with --emit-relocs (src/release.rs) and its names kept (profile `page`)?"
        );
    }

    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.args([
        "--target",
        "web",
        "--no-typescript",
        "--keep-lld-exports",
        "--remove-name-section",
        "--out-name",
        "app",
    ]);
    bindgen.args(["--remove-producers-section", "--out-dir"]).arg(work.join("bound")).arg(&main);
    shell::output(&mut bindgen)?;

    let put = |from: PathBuf, to: String| {
        fs::copy(&from, staging.join(&to))
            .with_context(|| format!("cannot copy {} to {to}", from.display()))
            .map(|_| ())
    };
    put(work.join("bound/app.js"), format!("app-{name}.js"))?;
    put(work.join("bound/app_bg.wasm"), format!("app-{name}_bg.wasm"))?;
    let mut loader = fs::read_to_string(work.join(&link)).context("cannot read the loader of the parts")?;
    for part in &split.split_modules {
        let file = part.file_name().and_then(|file| file.to_str()).context("a part has no name")?;
        let stem = file.trim_end_matches(".wasm");
        let hashed = format!("{stem}-{name}.wasm");
        loader = loader.replace(&format!("\"./{file}\""), &format!("\"./{hashed}\""));
        fs::write(staging.join(&hashed), without_custom_sections(&fs::read(part)?))
            .with_context(|| format!("cannot write {hashed}"))?;
    }
    fs::write(staging.join(&link), loader).context("cannot write the loader of the parts")?;
    println!("page: {} parts beside the main one", split.split_modules.len());
    Ok(())
}

/// The page's script in the output, by what stands between `app-` and `.js`: a hash that Trunk has given.
fn page(staging: &Path) -> Result<Option<String>> {
    let entries = fs::read_dir(staging).with_context(|| format!("cannot list {}", staging.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter_map(|name| Some(name.strip_prefix("app-")?.strip_suffix(".js")?.to_owned())).next())
}

/// A module without the sections that say something about it (names, producers): nobody runs them.
fn without_custom_sections(module: &[u8]) -> Vec<u8> {
    /// The magic number and the version.
    const HEAD: usize = 8;
    let mut kept = module.get(..HEAD).unwrap_or_default().to_vec();
    let mut at = HEAD;
    while let Some(kind) = module.get(at) {
        let (mut size, mut shift, mut behind) = (0_usize, 0, at + 1);
        while let Some(byte) = module.get(behind) {
            size |= usize::from(byte & 0x7f) << shift;
            (shift, behind) = (shift + 7, behind + 1);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let end = (behind + size).min(module.len());
        if *kind != 0 {
            kept.extend_from_slice(&module[at..end]);
        }
        at = end;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_sections_go_and_all_others_stay() {
        let head = b"\0asm\x01\0\0\0".to_vec();
        let types = [1, 4, 1, 0x60, 0, 0];
        let names = [&[0, 0x85, 0x00][..], b"\x04name"].concat();
        let module = [&head[..], &names, &types, &names].concat();
        assert_eq!(without_custom_sections(&module), [&head[..], &types].concat());
    }
}
