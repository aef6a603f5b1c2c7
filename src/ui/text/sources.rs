//! The texts as they stand in the sources: all of them in the template for translators, and none that bypasses `t`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What translators start from.
const TEMPLATE: &str = "docs/translating-template.json";
/// Rooms whose sentences and labels come up to the reader.
const BELOW: [&str; 5] = ["domain", "store", "sync", "remote", "worker"];
/// Literals that look like texts and are none: they are the same in all languages, or no person sees them.
const SAME: [&str; 16] = [
    "■ ",
    "ABC",
    "abcjs",
    "TuneTrees",
    "B",
    "I",
    "#",
    "X:",
    "Title,Type",
    "kesh, or",
    "https://",
    "M4 5l8",
    "M7 3h9",
    "X:1",
    "FSRS",
    "SM2",
];
/// Files whose words are for other programs, for whoever helps, or for nobody.
const NOT_FOR_READERS: [&str; 6] = [
    "ui/text/",
    "ui/model/tune_files/",
    "ui/model/diagnostics.rs",
    "ui/model/abc.rs",
    "ui/model/draft.rs",
    "ui/components/icons.rs",
];
/// Attributes and properties that are read or heard.
const READ: [&str; 12] = [
    "aria-label",
    "title",
    "placeholder",
    "alt",
    "text",
    "what",
    "says",
    "label",
    "hint",
    "legend",
    "save_label",
    "asks",
];

/// A source file without its tests, its strings blanked, and the strings with their places.
struct Source {
    path: String,
    code: String,
    strings: Vec<(usize, String)>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

fn sources(room: &str) -> Vec<Source> {
    let mut found = Vec::new();
    files(&root().join("src").join(room), &mut found);
    let source = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
        let (code, strings) = taken_apart(&text[..end]);
        Source { path: path.strip_prefix(root().join("src")).unwrap().display().to_string(), code, strings }
    };
    found.into_iter().map(source).collect()
}

/// Comments and strings become spaces; the strings, unescaped, with the places of their opening quotes.
fn taken_apart(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let end = rest.find('\n').map_or(bytes.len(), |n| at + n);
            code[at..end].fill(b' ');
            at = end;
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            code[at..at + 3].fill(b' ');
            at += 3;
        } else if rest.starts_with("'\\\"'") || rest.starts_with("'\\''") {
            code[at..at + 4].fill(b' ');
            at += 4;
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            strings.push((at, unescaped(&text[at + 1..end])));
            code[at..=end].fill(b' ');
            code[at] = b'"';
            at = end + 1;
        } else {
            at += rest.chars().next().unwrap().len_utf8();
        }
    }
    (String::from_utf8_lossy(&code).into_owned(), strings)
}

fn unescaped(literal: &str) -> String {
    let mut out = String::new();
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied()) {
            ('\\', Some('\n')) => while letters.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('u')) => {
                let digits: String = letters.by_ref().skip(2).take_while(|c| *c != '}').collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            ('\\', Some('n')) => {
                letters.next();
                out.push('\n');
            }
            ('\\', Some(_)) => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

impl Source {
    /// What is called just before that place: `t`, `say!`…
    fn called(&self, at: usize) -> &str {
        let Some(before) = self.code[..at].trim_end().strip_suffix('(') else { return "" };
        let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '!' | '.');
        &before[before.rfind(|c| !name(c)).map_or(0, |n| n + before[n..].chars().next().unwrap().len_utf8())..]
    }

    /// The strings in the parentheses of each call of `function`.
    fn arguments(&self, function: &str) -> Vec<Vec<&(usize, String)>> {
        let begin = format!("{function}(");
        let calls = self.code.match_indices(&begin).filter(|(at, _)| {
            !self.code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && !self.code[..*at].ends_with("fn ")
        });
        let inside = |at: usize| {
            let (open, mut depth) = (at + begin.len(), 1);
            let length = self.code[open..].find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let close = open + length.unwrap_or(0);
            self.strings.iter().filter(|(place, _)| (open..close).contains(place)).collect()
        };
        calls.map(|(at, _)| inside(at)).collect()
    }

    /// Keys and English texts, and the places of the strings that are keys.
    fn texts(&self) -> (Vec<(String, String)>, Vec<usize>) {
        let (mut texts, mut places) = (Vec::new(), Vec::new());
        for (at, text) in &self.strings {
            if matches!(self.called(*at), "t" | "mark" | "say!") {
                texts.push((text.clone(), text.clone()));
                places.push(*at);
            }
        }
        for strings in self.arguments("t_in") {
            if let [(_, context), (at, text)] = strings[..] {
                texts.push((format!("{text} [{context}]"), text.clone()));
                places.push(*at);
            }
        }
        for strings in self.arguments("plural") {
            if let [.., (first, one), (second, more)] = strings[..] {
                texts.push((format!("{more} [one]"), one.clone()));
                texts.push((format!("{more} [other]"), more.clone()));
                places.extend([*first, *second]);
            }
        }
        for strings in self.arguments("counted") {
            if let [.., (at, noun)] = strings[..] {
                let more = format!("{{count}} {}", super::many(noun));
                texts.push((format!("{more} [one]"), format!("{{count}} {noun}")));
                texts.push((format!("{more} [other]"), more));
                places.push(*at);
            }
        }
        (texts, places)
    }

    /// What the rooms below say to people: sentences without values, and labels.
    fn told(&self) -> Vec<String> {
        let until = |at: usize, end: &str| at..self.code[at..].find(end).map_or(self.code.len(), |length| at + length);
        let labels: Vec<_> = self.code.match_indices("fn label(").map(|(at, _)| until(at, "\n    }\n")).collect();
        let is_label = |at: usize| labels.iter().any(|range| range.contains(&at));
        let is_sentence = |text: &str| {
            text.starts_with(|c: char| c.is_uppercase()) && text.contains(' ') && text.ends_with(['.', '?', '!'])
        };
        let wanted = self
            .strings
            .iter()
            .filter(|(at, text)| !text.contains(['{', '\n']) && (is_label(*at) || is_sentence(text)));
        // Of each kind of tune: what is stored, its name, its metre.
        let kinds = self.code.find("pub const KINDS").map_or(0..0, |at| until(at, "];"));
        let kinds = self.strings.iter().filter(|(at, _)| kinds.contains(at)).skip(1).step_by(3);
        wanted.chain(kinds).map(|(_, text)| text.clone()).collect()
    }
}

fn template() -> BTreeMap<String, String> {
    let own = sources("ui")
        .into_iter()
        .filter(|source| !source.path.starts_with("ui/text/"))
        .flat_map(|source| source.texts().0);
    let below = BELOW.into_iter().flat_map(sources).flat_map(|source| source.told());
    own.chain(below.map(|text| (text.clone(), text))).collect()
}

#[test]
fn the_template_has_every_text() {
    let path = root().join(TEMPLATE);
    let wanted = serde_json::to_string_pretty(&template()).unwrap() + "\n";
    if std::env::var("TUNETREES_RENEW").is_ok() {
        fs::write(&path, &wanted).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == wanted,
        "{TEMPLATE} is not what the sources say: renew it with TUNETREES_RENEW=1 cargo test --lib the_template"
    );
}

#[test]
fn no_text_of_the_interface_bypasses_the_languages() {
    let mut wrong = Vec::new();
    for source in sources("ui") {
        if NOT_FOR_READERS.iter().any(|path| source.path.starts_with(path)) {
            continue;
        }
        let places = source.texts().1;
        for (at, text) in &source.strings {
            let words = text.split(|c: char| !c.is_alphabetic()).any(|word| word.len() > 1);
            let key = ["Major", "Minor", "Dorian", "Mixolydian"].iter().any(|mode| text.ends_with(mode));
            let pattern = source.code[at + 1..].trim_start().starts_with("=>");
            if !words || key || pattern || places.contains(at) || SAME.iter().any(|same| text.starts_with(same)) {
                continue;
            }
            let before = source.code[..*at].trim_end();
            let in_a_view = before.ends_with('}') || before.ends_with('>') && !before.ends_with("=>");
            let read = READ.iter().any(|name| source.code[..*at].ends_with(&format!(" {name}=")));
            let sentence = text.starts_with(|c: char| c.is_uppercase() || c == '“') && text.contains(' ');
            if in_a_view || read || sentence {
                wrong.push(format!("src/{}: {text}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "these are not said through ui::text:\n{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_this_test_finds_texts() {
    let (code, strings) = taken_apart(
        "say!(\"{a} \\\"b\\\"\", a = t(\n \"c\")); plural(n, \"one\", \"{count} more\"); counted(f(n), \"tune\")",
    );
    let source = Source { path: String::new(), code, strings };
    let keys: Vec<String> = source.texts().0.into_iter().map(|(key, _)| key).collect();
    let wanted = [
        "{a} \"b\"",
        "c",
        "{count} more [one]",
        "{count} more [other]",
        "{count} tunes [one]",
        "{count} tunes [other]",
    ];
    assert_eq!(keys, wanted);
}
