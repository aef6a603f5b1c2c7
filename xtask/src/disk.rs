//! Is there room on the disk? A build that dies half-way for want of it explains itself badly.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

const WANTED: u64 = 3_000_000_000;

/// Fails with one sentence when the disk that holds `folder` has less than 3 GB left.
pub fn check(folder: &Path) -> Result<()> {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(folder);
    // No answer from `df` is no reason to stop.
    let Ok(answer) = Command::new("df").arg("-Pk").arg(existing).output() else { return Ok(()) };
    match free_bytes(&String::from_utf8_lossy(&answer.stdout)) {
        Some(free) if free < WANTED => bail!(
            "the disk that holds {} has {:.1} GB free, and a build needs 3 GB: free some space (or set CARGO_TARGET_DIR to a folder on another disk)",
            existing.display(),
            free as f64 / 1e9
        ),
        _ => Ok(()),
    }
}

/// The "Available" column of `df -Pk`, in bytes.
fn free_bytes(df: &str) -> Option<u64> {
    let kilobytes: u64 = df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_df() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263174212 14000000 2000 16% /\n";
        assert_eq!(free_bytes(df), Some(2_048_000));
        assert_eq!(free_bytes("nonsense"), None);
    }
}
