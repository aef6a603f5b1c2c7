//! The step after Trunk: has the modules cut into parts and the style sheets put together, writes `config.json` and the content security policy, fills in the service worker's list of files and its version.
//!
//! The list is made from the finished output, its version is a hash of that output (SHA-256: the same on every machine),
//! so a release that changes anything gets a new cache, and one that changes nothing gets none.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{paths, policy, split, styles};

/// The service worker's file name, at the top of the site.
pub const SERVICE_WORKER: &str = "sw.js";
const VERSION: &str = "const VERSION = \"dev\";";
const FILES: &str = "const FILES = [];";

/// Called by Trunk's `post_build` hook; the output is in `TRUNK_STAGING_DIR`.
pub fn hook() -> Result<()> {
    let staging =
        env::var_os("TRUNK_STAGING_DIR").context("this command is for Trunk's post_build hook, see Trunk.toml")?;
    let staging = PathBuf::from(staging);
    split::parts(&staging, env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "release"))?;
    styles::together(&staging)?;
    write_config(&staging)?;
    let server = env::var("TUNETREES_SUPABASE_URL").ok().filter(|url| !url.trim().is_empty());
    policy::write(&staging, server.as_deref().map(str::trim))?;
    fill_in(&staging)
}

/// Writes `config.json`: the Supabase project that the environment names, or that there is none (`{}`), and the app works on
/// the device alone until `dist/config.json` names one. A file that is missing would be an error in every visitor's console.
fn write_config(staging: &Path) -> Result<()> {
    let url = env::var("TUNETREES_SUPABASE_URL").unwrap_or_default();
    let key = env::var("TUNETREES_SUPABASE_KEY").unwrap_or_default();
    match (url.trim(), key.trim()) {
        ("", "") => fs::write(staging.join("config.json"), "{}\n").context("cannot write config.json"),
        ("", _) => bail!("TUNETREES_SUPABASE_KEY is set but TUNETREES_SUPABASE_URL is not: set both or none"),
        (_, "") => bail!("TUNETREES_SUPABASE_URL is set but TUNETREES_SUPABASE_KEY is not: set both or none"),
        (url, key) => {
            if key.starts_with("sb_secret_") {
                bail!(
                    "TUNETREES_SUPABASE_KEY is a secret key and would be public in the app: use the publishable (or anon) key"
                );
            }
            let config = serde_json::json!({ "supabase_url": url.trim_end_matches('/'), "supabase_key": key });
            let text = format!("{config:#}\n");
            fs::write(staging.join("config.json"), text).context("cannot write config.json")
        }
    }
}

fn fill_in(staging: &Path) -> Result<()> {
    let worker = staging.join(SERVICE_WORKER);
    if !worker.exists() {
        println!("precache: no {SERVICE_WORKER} in the output, so nothing to fill in");
        return Ok(());
    }
    let template = fs::read_to_string(&worker).with_context(|| format!("cannot read {}", worker.display()))?;
    let mut files = Vec::new();
    collect(staging, staging, &mut files)?;
    files.sort();
    let version = version(&template, &files);
    let urls: Vec<String> = files.iter().map(|(path, _)| url(path)).collect();
    let filled = filled(&template, &version, &urls)?;
    fs::write(&worker, filled).with_context(|| format!("cannot write {}", worker.display()))?;
    println!("precache: {} files, version {version}", urls.len());
    Ok(())
}

/// Every file to cache: its path with `/` between folders, and the hash of its content.
fn collect(top: &Path, folder: &Path, files: &mut Vec<(String, [u8; 32])>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if path.is_dir() {
            collect(top, &path, files)?;
            continue;
        }
        let relative = path.strip_prefix(top).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if is_cached(&relative) {
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((relative, Sha256::digest(content).into()));
        }
    }
    Ok(())
}

/// Not cached: the service worker itself, hidden files (`.trunk-lock`), and files for the host (`_headers`).
pub fn is_cached(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path != SERVICE_WORKER && !name.starts_with(['.', '_']) && !name.ends_with(".map")
}

/// The address a file is asked for under: the page is `/`.
fn url(path: &str) -> String {
    if path == "index.html" { "/".to_owned() } else { format!("/{path}") }
}

/// A hash over names, contents and the service worker's own code.
fn version(template: &str, files: &[(String, [u8; 32])]) -> String {
    let mut hash = Sha256::new();
    hash.update(template);
    for (path, content) in files {
        hash.update(path);
        hash.update([0]);
        hash.update(content);
    }
    paths::short(hash.finalize())
}

fn filled(template: &str, version: &str, urls: &[String]) -> Result<String> {
    for placeholder in [VERSION, FILES] {
        if template.matches(placeholder).count() != 1 {
            bail!("public/{SERVICE_WORKER} must have the line `{placeholder}` exactly once: the build replaces it");
        }
    }
    let list = serde_json::to_string_pretty(urls).context("cannot write the list of files")?;
    Ok(template
        .replace(VERSION, &format!("const VERSION = \"{version}\";"))
        .replace(FILES, &format!("const FILES = {list};")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEMPLATE: &str = "const VERSION = \"dev\";\nconst FILES = [];\nself.onfetch = null;\n";

    fn site(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("xtask-precache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("icons")).unwrap();
        for (file, text) in [
            ("index.html", "<p>"),
            ("app-1.js", "1"),
            ("icons/a b.svg", "<svg>"),
            (".stage", ""),
            ("_headers", "x"),
            ("sw.js", TEMPLATE),
        ] {
            fs::write(folder.join(file), text).unwrap();
        }
        folder
    }

    #[test]
    fn lists_the_output_and_versions_it_by_content() {
        let folder = site("list");
        fill_in(&folder).unwrap();
        let first = fs::read_to_string(folder.join("sw.js")).unwrap();
        for url in ["\"/\"", "\"/app-1.js\"", "\"/icons/a b.svg\""] {
            assert!(first.contains(url), "{url} is missing in {first}");
        }
        assert!(!first.contains("_headers") && !first.contains(".stage") && !first.contains("/sw.js"));
        assert!(!first.contains("\"dev\""));

        fs::write(folder.join("sw.js"), TEMPLATE).unwrap();
        fill_in(&folder).unwrap();
        assert_eq!(fs::read_to_string(folder.join("sw.js")).unwrap(), first, "the same output has the same version");

        fs::write(folder.join("sw.js"), TEMPLATE).unwrap();
        fs::write(folder.join("app-1.js"), "2").unwrap();
        fill_in(&folder).unwrap();
        assert_ne!(fs::read_to_string(folder.join("sw.js")).unwrap(), first, "another content has another version");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_template_without_placeholders_is_an_error() {
        let error = filled("const FILES = [];", "1", &[]).unwrap_err();
        assert!(error.to_string().contains("const VERSION"), "{error}");
    }
}
