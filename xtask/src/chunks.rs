//! Pieces of a module go together into one file. What several parts share comes in a piece for each set of parts that share it, most of
//! them of one or two kilobytes: a request each, each with the table of all types, compressed on its own. So what practice needs is one file, and what is
//! small besides is another. The loader takes each piece out of its file.

use anyhow::{Result, bail};

/// The part that is fetched first, with all it needs.
pub const FIRST: &str = "practice";
/// What is smaller than this, in bytes, lies in a common file. Whoever needs one of them fetches all.
pub const SMALL: usize = 6 * 1024;

/// A file of several pieces.
pub struct Together {
    /// Its name.
    pub file: String,
    /// What is in it.
    pub content: Vec<u8>,
}

impl Together {
    /// Nothing yet.
    pub fn new(file: String) -> Self {
        Together { file, content: Vec::new() }
    }

    /// Puts one piece into the file, and lets `loader` take it from there instead of the file `name`.
    pub fn add(&mut self, loader: &str, name: &str, piece: &[u8]) -> Result<String> {
        let fetched = format!("fetch(new URL(\"./{name}\", import.meta.url))");
        if !loader.contains(&fetched) {
            bail!("the loader does not fetch {name} as it used to");
        }
        let from = self.content.len();
        self.content.extend_from_slice(piece);
        let taken = format!("piece(\"./{}\", {from}, {})", self.file, self.content.len());
        Ok(loader.replace(&fetched, &taken))
    }
}

/// What a loader takes pieces by. A failure is not kept, nor what a network's sign-in page answers instead: whoever needs a piece next fetches the
/// file again.
pub const TAKEN: &str = r#"
const pieces = new Map();
async function fetchPieces(file) {
    const answer = await fetch(new URL(file, import.meta.url));
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/wasm")) {
        throw new TypeError(`${answer.url} did not come: ${answer.status}`);
    }
    return answer.arrayBuffer();
}
async function piece(file, from, to) {
    if (!pieces.has(file)) {
        const fetched = fetchPieces(file);
        pieces.set(file, fetched);
        fetched.catch(() => pieces.delete(file));
    }
    const all = await pieces.get(file);
    return new Response(all.slice(from, to), { headers: { "Content-Type": "application/wasm" } });
}
"#;

/// The files that `loader` fetches for `part`: its own, and the pieces that it shares with others.
pub fn files_of(loader: &str, part: &str) -> Vec<String> {
    let defined = |name: &str| loader.split_once(&format!("const {name} = ")).map_or("", |(_, rest)| rest);
    let file = |name: &str| {
        let (taken, _) = defined(name).split_once(';')?;
        let (_, named) = taken.split_once("\"./")?;
        Some(named.split_once('"')?.0.to_owned())
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
        let mut together = Together::new("all.wasm".to_owned());
        let loader = together.add(loader, "a.wasm", b"one").unwrap();
        let loader = together.add(&loader, "b.wasm", b"other").unwrap();
        assert!(together.add(&loader, "c.wasm", b"none").is_err());
        assert_eq!(together.content, b"oneother");
        assert!(loader.contains(r#"const src = piece("./all.wasm", 0, 3);"#));
        assert!(loader.contains(r#"const src = piece("./all.wasm", 3, 8);"#));
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
        let mut together = Together::new("all.wasm".to_owned());
        let loader = together.add(loader, "a.wasm", b"one").unwrap();
        assert_eq!(files_of(&loader, "practice"), ["all.wasm", "c.wasm", "practice.wasm"]);
    }
}
