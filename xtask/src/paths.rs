//! Where things lie: the repository, the cache outside it, cargo's output.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// The top of the repository.
pub fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run`; the constant serves a binary started by hand.
    let member =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    member.parent().map(Path::to_path_buf).unwrap_or(member)
}

/// The cache shared by all clones: built tools, stamps, logs. `TUNETREES_CACHE` moves it.
pub fn cache() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("TUNETREES_CACHE").filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).context("TUNETREES_CACHE is not a usable path");
    }
    let home =
        env::home_dir().context("no home directory: set TUNETREES_CACHE to a folder for tools that may be kept")?;
    Ok(home.join(".cache/tunetrees"))
}

/// Where `cargo install --root` puts our tools (`bin` below it).
pub fn tools() -> Result<PathBuf> {
    Ok(cache()?.join("tools"))
}

/// Where the output of long installations goes.
pub fn logs() -> Result<PathBuf> {
    let folder = cache()?.join("logs");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    Ok(folder)
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The finished web app.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// What a hash puts into a file's name: enough to tell one content from another.
pub fn short(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
