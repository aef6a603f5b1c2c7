//! Finds the programs of PostgreSQL on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;

/// The directory with `initdb` and `postgres`: PG_BIN, else the newest under /usr/lib/postgresql (Debian keeps them off the PATH)
/// and its like, else the PATH.
pub(super) fn find() -> Result<PathBuf, PostgresError> {
    if let Some(dir) = env::var_os("PG_BIN").filter(|v| !v.is_empty()) {
        let dir = PathBuf::from(dir);
        return if complete(&dir) { Ok(dir) } else { Err(PostgresError::WrongPgBin(dir)) };
    }
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    for root in ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let Ok(entries) = fs::read_dir(root) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().replace("postgresql@", "");
            let (Ok(version), bin) = (name.parse::<u32>(), entry.path().join("bin")) else { continue };
            if version >= 15 && complete(&bin) {
                versions.push((version, bin));
            }
        }
    }
    if let Some((_, bin)) = versions.into_iter().max() {
        return Ok(bin);
    }
    env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .find(|dir| complete(dir))
        .map(|dir| fs::canonicalize(&dir).unwrap_or(dir))
        .ok_or(PostgresError::NoBinaries)
}

fn complete(dir: &Path) -> bool {
    dir.join("initdb").is_file() && dir.join("postgres").is_file()
}

/// The major version of the programs in `bin`, as in the file PG_VERSION.
pub(super) fn major_version(bin: &Path) -> Option<String> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(number.chars().take_while(char::is_ascii_digit).collect())
}
