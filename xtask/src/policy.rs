//! The content security policy: what the finished app may load, and whom it may talk to. Written into the page itself (`<meta>`, for hosts whose
//! headers nobody can set) and into `_headers` for hosts that read one. The workers obey the header of their own files, the page both.
//!
//! No script is inline: what Trunk writes into the page moves into a file (`start.rs`).

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{paths, start};

/// What holds for the page and for the workers alike. Pictures of notes may come from anywhere on the safe web, recordings too; the drawn notation has
/// style attributes, and one style element that abcjs always writes alike (the hash).
const COMMON: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src-elem 'self' 'sha256-BCpnf71gZdCsSCHDzyB1RsBbZ0qQdqseK6v+yJsgg30='; style-src-attr 'unsafe-inline'; \
     img-src 'self' data: blob: https:; media-src 'self' data: blob: https:; font-src 'self'; manifest-src 'self'; worker-src 'self'; \
     object-src 'none'; base-uri 'none'; form-action 'self'";
/// Where tunes are imported from.
const IMPORTS: &str = "https://thesession.org";
const START: &str = "<script type=\"module\">";

/// The page's own: it fetches nothing but its own files. (Whatever goes to a server goes from the worker.)
pub fn of_the_page() -> String {
    format!("{COMMON}; connect-src 'self'")
}

/// The header's: with the server the app is configured for; any on the safe web where it will be configured later.
pub fn of_the_header(server: Option<&str>) -> String {
    let connect = match server.map(|server| server.trim_end_matches('/')) {
        None => "https: wss:".to_owned(),
        Some(server) => match server.split_once("://") {
            Some(("http", host)) => format!("{server} ws://{host} {IMPORTS}"),
            Some((_, host)) => format!("{server} wss://{host} {IMPORTS}"),
            None => format!("https://{server} wss://{server} {IMPORTS}"),
        },
    };
    format!("{COMMON}; connect-src 'self' {connect}; frame-ancestors 'none'")
}

/// Puts both into the finished output.
pub fn write(staging: &Path, server: Option<&str>) -> Result<()> {
    let page = staging.join("index.html");
    let html = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let (html, start) = moved(&start::without_preloads(&html))?;
    if let Some((name, script)) = start {
        fs::write(staging.join(&name), script).with_context(|| format!("cannot write {name}"))?;
    }
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\" />", of_the_page());
    let charset = "<meta charset=\"utf-8\" />";
    if !html.contains(charset) {
        bail!("index.html has no {charset} to put the content security policy behind");
    }
    let html = html.replacen(charset, &format!("{charset}\n    {meta}"), 1);
    fs::write(&page, html).with_context(|| format!("cannot write {}", page.display()))?;
    let headers = format!(
        "/*\n  Content-Security-Policy: {}\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: strict-origin-when-cross-origin\n",
        of_the_header(server)
    );
    fs::write(staging.join("_headers"), headers).context("cannot write _headers")
}

/// The page with its start in a file, whose name has the hash of its content: name and content.
fn moved(html: &str) -> Result<(String, Option<(String, String)>)> {
    let Some(at) = html.find(START) else { return Ok((html.to_owned(), None)) };
    let behind = &html[at + START.len()..];
    let end = behind.find("</script>").context("index.html has a script without an end")?;
    let script = start::script(&behind[..end])?;
    let name = format!("start-{}.js", paths::short(Sha256::digest(&script)));
    let tag = format!("<script type=\"module\" src=\"/{name}\"></script>");
    let html = format!("{}{tag}{}", &html[..at], &behind[end + "</script>".len()..]);
    if html.contains(START) {
        bail!("index.html has more than one inline script");
    }
    Ok((html, Some((name, script))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PAGE: &str = "<html><head><meta charset=\"utf-8\" /><script src=\"/theme.js\"></script>\n<script type=\"module\">\nimport init, * as bindings from '/app.js';\nconst wasm = await init({ module_or_path: '/app_bg.wasm' });\n</script></head></html>";

    #[test]
    fn nothing_inline_is_left() {
        let (html, start) = moved(PAGE).unwrap();
        let (name, script) = start.unwrap();
        assert!(script.contains("import(\"/app.js\")"), "{script}");
        assert!(
            html.contains(&format!("<script type=\"module\" src=\"/{name}\"></script></head>"))
                && !html.contains("import")
        );
        assert_eq!(moved(&html).unwrap(), (html, None), "done twice it stays");
        assert!(moved(&PAGE.replace("</script></head>", "</head>")).is_err());
    }

    #[test]
    fn the_header_names_the_server_both_ways() {
        let hosted = of_the_header(Some("https://abc.supabase.co/"));
        assert!(
            hosted.contains("connect-src 'self' https://abc.supabase.co wss://abc.supabase.co https://thesession.org;"),
            "{hosted}"
        );
        assert!(of_the_header(Some("http://127.0.0.1:54321")).contains("http://127.0.0.1:54321 ws://127.0.0.1:54321 "));
        assert!(of_the_header(None).contains("connect-src 'self' https: wss:;"));
        for policy in [hosted, of_the_page()] {
            let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
            assert!(!scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"), "{scripts}");
        }
    }

    #[test]
    fn the_page_and_the_hosts_file_get_it() {
        let folder = std::env::temp_dir().join(format!("xtask-policy-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), PAGE).unwrap();
        write(&folder, None).unwrap();
        let html = fs::read_to_string(folder.join("index.html")).unwrap();
        assert!(html.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"), "{html}");
        assert!(fs::read_to_string(folder.join("_headers")).unwrap().contains("frame-ancestors 'none'"));
        assert!(
            fs::read_dir(&folder)
                .unwrap()
                .flatten()
                .any(|file| file.file_name().to_string_lossy().starts_with("start-"))
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}
