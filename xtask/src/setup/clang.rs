//! A clang that compiles SQLite's C code to WebAssembly, and the archiver that goes with it.

use anyhow::{Result, bail};

use super::{apt, version::Version};
use crate::shell::{self, Tools};

const CC: &str = "CC_wasm32_unknown_unknown";
const AR: &str = "AR_wasm32_unknown_unknown";
const CFLAGS: &str = "CFLAGS_wasm32_unknown_unknown";

/// Newest first; `""` is plain `clang`.
const SUFFIXES: [&str; 9] = ["-22", "-21", "-20", "-19", "-18", "-17", "-16", "", "-14"];

/// Finds or installs it and names it in `CC_…` and `AR_…`; what the user has set herself stays.
pub fn ensure(tools: &mut Tools) -> Result<()> {
    if tools.get(CC).is_some() {
        return Ok(());
    }
    if choose(tools) {
        return Ok(());
    }
    apt::refresh(tools);
    let newest =
        ["22", "21", "20", "19", "18", "17", "16"].into_iter().find(|n| apt::knows(tools, &format!("clang-{n}")));
    let packages = match newest {
        Some(number) => [format!("clang-{number}"), format!("llvm-{number}")],
        None => ["clang".to_owned(), "llvm".to_owned()],
    };
    apt::install(tools, &[&packages[0], &packages[1]], "a clang that knows WebAssembly, for SQLite's C code")?;
    if choose(tools) {
        Ok(())
    } else {
        bail!("no clang that compiles for wasm32 and no llvm-ar beside it, even after installing {}", packages[0])
    }
}

fn choose(tools: &mut Tools) -> bool {
    for suffix in SUFFIXES {
        let (clang, ar) = (format!("clang{suffix}"), format!("llvm-ar{suffix}"));
        let (Some(clang), Some(ar)) = (tools.find(&clang), tools.find(&ar)) else { continue };
        let Ok(answer) = shell::output(tools.command(&clang).arg("--version")) else { continue };
        let Some(version) = Version::find(&answer) else { continue };
        // Apple's clang has no wasm32.
        let targets = shell::output(tools.command(&clang).arg("--print-targets")).unwrap_or_default();
        if version < Version(14, 0, 0) || !targets.contains("wasm32") {
            continue;
        }
        if version < Version(16, 0, 0) {
            // SQLite's WebAssembly shims use C23, which clang calls gnu2x before 18 and needs to be asked for before 16.
            tools.set(CFLAGS, "-std=gnu2x");
        }
        tools.set(CC, clang);
        tools.set(AR, ar);
        return true;
    }
    false
}
