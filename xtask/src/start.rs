//! The script that starts the app. Trunk's loads both files of the app beside the page itself, so on a first visit a slow line and a slow processor are
//! busy with them before the welcome is painted, which needs neither. Ours lets the welcome be painted first; whoever has tunes here waits for nothing.

use anyhow::{Context, Result};

/// `boot` is the word of `public/theme.js`. A tab in the background paints nothing: it goes on after a while.
const START: &str = r#"if (document.documentElement.dataset.boot === "welcome") {
  await new Promise((go) => {
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go, 20)));
    setTimeout(go, 500);
  });
}
const module_or_path = fetch("WASM", { credentials: "same-origin" });
const { default: init } = await import("SCRIPT");
await init({ module_or_path });
"#;

/// Our script, for the files that Trunk's names.
pub fn script(trunk: &str) -> Result<String> {
    let named = |before: &str, after: char| {
        trunk.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(name, _)| name)
    };
    let script = named("import init, * as bindings from '", '\'').context("Trunk's start names no script")?;
    let wasm = named("module_or_path: '", '\'').context("Trunk's start names no WebAssembly")?;
    Ok(START.replace("SCRIPT", script).replace("WASM", wasm))
}

/// The page without the links by which Trunk lets both files be loaded at once.
pub fn without_preloads(html: &str) -> String {
    let mut left = html.to_owned();
    for begin in ["<link rel=\"modulepreload\" href=\"/app-", "<link rel=\"preload\" href=\"/app-"] {
        if let Some(at) = left.find(begin)
            && let Some(end) = left[at..].find('>')
        {
            left.replace_range(at..=at + end, "");
        }
    }
    left
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_files_are_named_and_nothing_is_loaded_beforehand() {
        let trunk = "import init, * as bindings from '/app-1.js';\nconst wasm = await init({ module_or_path: '/app-1_bg.wasm' });\n\nwindow.wasmBindings = bindings;\n";
        let ours = script(trunk).unwrap();
        assert!(ours.contains("import(\"/app-1.js\")") && ours.contains("fetch(\"/app-1_bg.wasm\","), "{ours}");
        assert!(script("import init from '/app.js';").is_err());
        let html = "<head><link rel=\"icon\" href=\"/i.svg\"/><link rel=\"modulepreload\" href=\"/app-1.js\" crossorigin=\"anonymous\"><link rel=\"preload\" href=\"/app-1_bg.wasm\" as=\"fetch\"></head>";
        assert_eq!(without_preloads(html), "<head><link rel=\"icon\" href=\"/i.svg\"/></head>");
    }
}
