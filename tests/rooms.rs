//! The rooms of `src/` depend on each other in one direction, and the inner ones know nothing of the browser. Read from the source,
//! because the compiler would not mind.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// From left to right; a room may know itself and those before it.
const ROOMS: [&str; 6] = ["domain", "store", "sync", "remote", "worker", "ui"];

const BROWSER: [&str; 8] =
    ["leptos", "leptos_router", "web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures", "gloo", "gloo_timers"];

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

/// A source file, taken apart.
struct Source {
    path: String,
    code: String,
    literals: Vec<String>,
}

/// Every file of a folder of `src/`.
fn folder(name: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root.join(name), &mut found);
    assert!(!found.is_empty(), "src/{name} is empty");
    let source = |path: PathBuf| {
        let (code, literals) = taken_apart(&fs::read_to_string(&path).unwrap());
        Source { path: path.strip_prefix(&root).unwrap().display().to_string(), code, literals }
    };
    found.into_iter().map(source).collect()
}

/// The code without comments and strings, and the strings.
fn taken_apart(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some(quote) = ["'\"'", "'\\\"'"].iter().find(|quote| rest.starts_with(**quote)) {
            rest = &rest[quote.len()..];
        } else if letter == '"' {
            let hashes = code.len() - code.trim_end_matches('#').len();
            let raw = code.trim_end_matches('#').ends_with('r');
            let end = format!("\"{}", "#".repeat(if raw { hashes } else { 0 }));
            let mut at = 1;
            while at < rest.len() && !rest[at..].starts_with(&end) {
                let escape = !raw && rest[at..].starts_with('\\');
                at += rest[at..].chars().take(1 + usize::from(escape)).map(char::len_utf8).sum::<usize>();
            }
            literals.push(rest[1..at].to_owned());
            rest = &rest[(at + end.len()).min(rest.len())..];
            code.push_str("\"\"");
        } else {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    (code, literals)
}

/// Is `name` used in the code, as a word of its own?
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name)
        .any(|(at, _)| word(&code[at..]) == name && !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Is this string a statement of SQL? (Sentences for people begin with a capital letter.)
fn is_sql(literal: &str) -> bool {
    let words: Vec<&str> = literal.split_whitespace().collect();
    let has = |word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    match words.as_slice() {
        ["select" | "SELECT" | "with" | "WITH", ..] => has("from"),
        ["update" | "UPDATE", ..] => has("set"),
        ["insert" | "INSERT", second, ..] => ["into", "INTO", "or", "OR"].contains(second),
        ["delete" | "DELETE", second, ..] => ["from", "FROM"].contains(second),
        ["create" | "CREATE" | "drop" | "DROP" | "alter" | "ALTER", second, ..] => {
            ["table", "index", "view", "trigger"].iter().any(|kind| second.eq_ignore_ascii_case(kind))
        }
        ["pragma" | "PRAGMA", _, ..] => true,
        _ => false,
    }
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
    for (room, name) in ROOMS.iter().enumerate() {
        for Source { path, code, .. } in folder(name) {
            for used in crate_paths(&code) {
                if ROOMS.iter().position(|r| *r == used).is_some_and(|other| other > room) {
                    wrong.push(format!("src/{path} uses crate::{used}, which lies to the right of {name}"));
                }
                if used == "legacy" && path != "worker/intake.rs" {
                    wrong.push(format!("src/{path} uses crate::legacy, which only worker/intake.rs may"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_migration_of_old_data_uses_domain_and_store_only() {
    let mut wrong = Vec::new();
    for Source { path, code, .. } in folder("legacy") {
        for used in crate_paths(&code) {
            if ROOMS.contains(&used) && !["domain", "store"].contains(&used) {
                wrong.push(format!("src/{path} uses crate::{used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The conversion of old data runs in the browser, too: reading and writing are other files' work.
#[test]
fn old_data_are_converted_without_a_database() {
    let mut wrong = Vec::new();
    for Source { path, code, .. } in folder("legacy") {
        let may: &[&str] = match path.strip_prefix("legacy/").unwrap_or(&path) {
            rest if rest.starts_with("load/postgres") => &["tokio_postgres", "tokio"],
            rest if rest.starts_with("source/") || rest == "excerpt.rs" => &["rusqlite"],
            _ => &[],
        };
        let crates = ["tokio_postgres", "tokio", "rusqlite"].into_iter().filter(|name| !may.contains(name));
        wrong.extend(crates.filter(|name| uses(&code, name)).map(|name| format!("src/{path} uses {name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_do_not_use_the_crates_that_are_not_theirs() {
    let bans: [(&[&str], &[&str]); 3] = [
        (&["domain", "store", "sync", "legacy"], &BROWSER),
        (&["remote", "worker"], &["leptos", "leptos_router"]),
        (&["domain", "sync", "remote", "ui"], &["rusqlite"]),
    ];
    let mut wrong = Vec::new();
    for (rooms, crates) in bans {
        for Source { path, code, .. } in rooms.iter().flat_map(|room| folder(room)) {
            wrong.extend(crates.iter().filter(|name| uses(&code, name)).map(|name| format!("src/{path} uses {name}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_and_the_interface_speak_no_sql() {
    let mut wrong = Vec::new();
    for Source { path, literals, .. } in ["domain", "sync", "remote", "ui"].into_iter().flat_map(folder) {
        wrong.extend(literals.iter().filter(|text| is_sql(text)).map(|text| format!("src/{path} has SQL: {text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_this_test_sees_paths_strings_and_sql() {
    assert_eq!(
        crate_paths("use crate::{domain::{ids, time}, store, ui::x}; crate::row!{}"),
        ["domain", "store", "ui", "row"]
    );
    let (code, literals) = taken_apart("a // use crate::ui;\nb('\"', \"http://\\\"x\", r#\"select \"1\" from t\"#)");
    assert_eq!(code, "a \nb(, \"\", r#\"\")");
    assert_eq!(literals, ["http://\\\"x", "select \"1\" from t"]);
    assert!(uses("use rusqlite::Row;", "rusqlite") && !uses("use rusqlite_x; my_rusqlite", "rusqlite"));
    for sql in
        ["select a from b", "insert or replace into a", "update a\n set b = 1", "delete from a", "PRAGMA user_version"]
    {
        assert!(is_sql(sql), "{sql}");
    }
    for words in ["select", "Delete from this device", "Update the tunes that are set aside", "sync-badge", "with you"]
    {
        assert!(!is_sql(words), "{words}");
    }
}
