//! Small pieces of a module go together into one file. What several parts share comes in a piece for each set of parts that share it, most of
//! them of one or two kilobytes: a request each, each with the table of all types, compressed on its own. The loader takes each out of the file.

use anyhow::{Result, bail};

/// What is smaller than this, in bytes, lies in the common file. Whoever needs one of them fetches all.
pub const SMALL: usize = 6 * 1024;

/// The file of the small pieces.
#[derive(Default)]
pub struct Together {
    /// What is in it.
    pub content: Vec<u8>,
}

impl Together {
    /// Puts one piece into the file, and lets `loader` take it from there instead of the file `name`.
    pub fn add(&mut self, loader: &str, name: &str, piece: &[u8]) -> Result<String> {
        let fetched = format!("fetch(new URL(\"./{name}\", import.meta.url))");
        if !loader.contains(&fetched) {
            bail!("the loader does not fetch {name} as it used to");
        }
        let from = self.content.len();
        self.content.extend_from_slice(piece);
        Ok(loader.replace(&fetched, &format!("piece({from}, {})", self.content.len())))
    }

    /// `loader` with what takes them out of `file`.
    pub fn finish(&self, loader: &str, file: &str) -> String {
        format!("{loader}{}", TAKEN.replace("FILE", file))
    }
}

/// A failure is not kept, nor what a network's sign-in page answers instead: whoever needs a piece next fetches the file again.
const TAKEN: &str = r#"
let pieces = undefined;
async function fetchPieces() {
    const answer = await fetch(new URL("./FILE", import.meta.url));
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/wasm")) {
        throw new TypeError(`${answer.url} did not come: ${answer.status}`);
    }
    return answer.arrayBuffer();
}
async function piece(from, to) {
    if (pieces === undefined) {
        const fetched = fetchPieces();
        fetched.catch(() => {
            if (pieces === fetched) pieces = undefined;
        });
        pieces = fetched;
    }
    const all = await pieces;
    return new Response(all.slice(from, to), { headers: { "Content-Type": "application/wasm" } });
}
"#;

/// The files that `loader` fetches for `part`: its own, and the pieces that it shares with others.
pub fn files_of(loader: &str, part: &str) -> Vec<String> {
    let defined = |name: &str| loader.split_once(&format!("const {name} = ")).map_or("", |(_, rest)| rest);
    let quoted = |text: &str| {
        let (_, rest) = text.split_once("new URL(\"./")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let file = |name: &str| {
        let (taken, _) = defined(name).split_once(';')?;
        if taken.contains("= piece(") { quoted(loader.split_once("fetchPieces()")?.1) } else { quoted(taken) }
    };
    let own = format!("__wasm_split_load_{part}");
    let shared =
        defined(&own).split_once(", [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(names, _)| names);
    let names = std::iter::once(own.as_str()).chain(shared.split(", ").filter(|name| !name.is_empty()));
    let mut files: Vec<String> = names.filter_map(file).collect();
    files.sort();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_loader_takes_each_piece_from_where_it_lies() {
        let loader = r#"const src = fetch(new URL("./a.wasm", import.meta.url));
            const src = fetch(new URL("./b.wasm", import.meta.url));"#;
        let mut together = Together::default();
        let loader = together.add(loader, "a.wasm", b"one").unwrap();
        let loader = together.add(&loader, "b.wasm", b"other").unwrap();
        assert!(together.add(&loader, "c.wasm", b"none").is_err());
        let loader = together.finish(&loader, "all.wasm");
        assert_eq!(&together.content[..8], b"oneother");
        assert!(loader.contains("const src = piece(0, 3);") && loader.contains("const src = piece(3, 8);"));
        assert!(loader.contains(r#"fetch(new URL("./all.wasm", import.meta.url))"#) && !loader.contains("./a.wasm"));
    }
    #[test]
    fn a_part_is_its_own_file_and_what_it_shares() {
        let loader = r#"const __chunk_1 = makeLoad(() => {
    const src = fetch(new URL("./a.wasm", import.meta.url));
}
, []);
const __chunk_2 = makeLoad(() => {
    const src = fetch(new URL("./b.wasm", import.meta.url));
}
, []);
const __chunk_3 = makeLoad(() => {
    const src = fetch(new URL("./c.wasm", import.meta.url));
}
, []);
export const __wasm_split_load_practice = wrapAsyncCb(makeLoad(() => {
    const src = fetch(new URL("./practice.wasm", import.meta.url));
}
, [__chunk_1, __chunk_3]));
export const __wasm_split_load_alone = wrapAsyncCb(makeLoad(() => {
    const src = fetch(new URL("./alone.wasm", import.meta.url));
}
, []));
"#;
        assert_eq!(files_of(loader, "practice"), ["a.wasm", "c.wasm", "practice.wasm"]);
        assert_eq!(files_of(loader, "alone"), ["alone.wasm"]);
        let mut together = Together::default();
        let loader = together.add(loader, "a.wasm", b"one").unwrap();
        let loader = together.finish(&loader, "all.wasm");
        assert_eq!(files_of(&loader, "practice"), ["all.wasm", "c.wasm", "practice.wasm"]);
    }
}
