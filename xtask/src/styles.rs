//! The style sheets in one file: Trunk gives each its own, twenty requests that compress less well than one. Their order is that of `index.html`.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::paths;

const LINK: &str = "<link rel=\"stylesheet\" href=\"/";

/// Puts the style sheets that the page names into one, without comments and indentation.
pub fn together(staging: &Path) -> Result<()> {
    let page = staging.join("index.html");
    let html = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let (html, names) = taken_out(&html)?;
    let Some(html) = html else { return Ok(()) };
    let mut all = String::new();
    for name in names {
        let file = staging.join(&name);
        let sheet = fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
        all.push_str(&tightened(&sheet));
        fs::remove_file(&file).with_context(|| format!("cannot remove {name}"))?;
    }
    let name = format!("style-{}.css", paths::short(Sha256::digest(&all)));
    fs::write(staging.join(&name), all).with_context(|| format!("cannot write {name}"))?;
    fs::write(&page, html.replacen(PLACE, &format!("{LINK}{name}\" />"), 1))
        .with_context(|| format!("cannot write {}", page.display()))
}

/// Where the one link goes.
const PLACE: &str = "<!-- style -->";

/// The page without its links to style sheets, a mark where the first was, and what they name. No page if there are none.
fn taken_out(html: &str) -> Result<(Option<String>, Vec<String>)> {
    let (mut rest, mut kept, mut names) = (html, String::new(), Vec::new());
    while let Some((before, link)) = rest.split_once(LINK) {
        let (tag, after) = link.split_once('>').context("index.html has a link without an end")?;
        let (name, attributes) = tag.split_once('"').context("index.html has a link to nothing")?;
        if attributes.contains("media=") {
            bail!("the style sheet {name} is for some media only, and cannot go together with the others");
        }
        kept.push_str(if names.is_empty() { before } else { before.trim_end() });
        if names.is_empty() {
            kept.push_str(PLACE);
        }
        names.push(name.to_owned());
        rest = after;
    }
    kept.push_str(rest);
    Ok(((!names.is_empty()).then_some(kept), names))
}

/// Without comments, indentation and empty lines. What stands in quotes stays as it is.
fn tightened(sheet: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(sheet.len()), sheet);
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        let end = match here.as_bytes()[0] {
            b'/' if here.starts_with("/*") => {
                rest = here.find("*/").map_or("", |end| &here[end + 2..]);
                continue;
            }
            b'/' => 1,
            // Up to the same quote.
            quote => here[1..].find(char::from(quote)).map_or(here.len(), |end| end + 2),
        };
        out.push_str(&here[..end]);
        rest = &here[end..];
    }
    out.push_str(rest);
    out.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_sheets_go_together_in_their_order() {
        let folder = std::env::temp_dir().join(format!("xtask-styles-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let html = "<head>\n    <link rel=\"stylesheet\" href=\"/b-1.css\" integrity=\"x\"/>\n    <link rel=\"stylesheet\" href=\"/a-1.css\"/>\n    <title>";
        fs::write(folder.join("index.html"), html).unwrap();
        fs::write(folder.join("b-1.css"), "/* first */\np {\n  color: red; /* so */\n}\n").unwrap();
        fs::write(folder.join("a-1.css"), "q::after {\n\n  content: \"/* '\";\n  width: calc(1px / 2);\n}\n").unwrap();
        together(&folder).unwrap();
        let html = fs::read_to_string(folder.join("index.html")).unwrap();
        let (_, name) = html.split_once("href=\"/").unwrap();
        let (name, _) = name.split_once('"').unwrap();
        assert_eq!(html, format!("<head>\n    <link rel=\"stylesheet\" href=\"/{name}\" />\n    <title>"));
        let all = fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(all, "p {\ncolor: red;\n}\nq::after {\ncontent: \"/* '\";\nwidth: calc(1px / 2);\n}\n");
        assert!(!folder.join("a-1.css").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
