//! The rooms of `src/` depend on each other in one direction, and the inner ones know nothing of the browser. Read from the source,
//! because the compiler would not mind.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// From left to right; a room may know itself and those before it.
const ROOMS: [&str; 6] = ["domain", "store", "sync", "remote", "worker", "ui"];

/// Rooms that are tested natively and must stay free of the browser.
const NATIVE: [&str; 3] = ["domain", "store", "sync"];

const BROWSER: [&str; 9] = [
    "leptos",
    "leptos_router",
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "gloo",
    "gloo_timers",
    "tracing_web",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// (path, room, code without comments) of every file of the rooms.
fn files() -> Vec<(String, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for (room, name) in ROOMS.iter().enumerate() {
        let mut found = Vec::new();
        sources(&root.join(name), &mut found);
        assert!(!found.is_empty(), "src/{name} is empty");
        for path in found {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path.strip_prefix(&root).unwrap().display().to_string(), room, code(&text)));
        }
    }
    files
}

fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The first names after every `crate::`, those in braces included.
fn crate_paths(code: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for (index, _) in code.match_indices("crate::") {
        let rest = &code[index + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                _ if start && !letter.is_whitespace() => {
                    names.push(word(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn no_room_knows_one_to_its_right() {
    let mut wrong = Vec::new();
    for (path, room, code) in files() {
        for name in crate_paths(&code) {
            if ROOMS.iter().position(|r| *r == name).is_some_and(|other| other > room) {
                wrong.push(format!("src/{path} uses crate::{name}, which lies to the right of {}", ROOMS[room]));
            }
            // The migration of old data knows the rooms; no room knows it.
            if name == "legacy" {
                wrong.push(format!("src/{path} uses crate::legacy"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_inner_rooms_do_not_know_the_browser() {
    let mut wrong = Vec::new();
    for (path, room, code) in files() {
        if !NATIVE.contains(&ROOMS[room]) {
            continue;
        }
        for name in BROWSER {
            let used = code.match_indices(name).any(|(at, _)| {
                word(&code[at..]) == name && !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            if used {
                wrong.push(format!("src/{path} uses {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_this_test_sees_paths_in_braces() {
    assert_eq!(
        crate_paths("use crate::{domain::{ids, time}, store, ui::x}; crate::row!{}"),
        ["domain", "store", "ui", "row"]
    );
    assert_eq!(code("a // use crate::ui;\nb"), "a \nb");
}
