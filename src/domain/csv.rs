//! Tables as spreadsheets write them, and which of their columns mean what.

use serde::{Deserialize, Serialize};

use super::decimal::decimal;

/// A table: its lines, each a list of cells.
pub type Lines = Vec<Vec<String>>;

/// What a column of a table means for a tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Meaning {
    /// Title.
    Title,
    /// Kind of tune.
    Kind,
    /// Key and mode.
    Mode,
    /// Parts.
    Structure,
    /// First bars in ABC.
    Incipit,
    /// Tags, parted by commas or semicolons.
    Tags,
    /// An address.
    Link,
    /// Remarks.
    Note,
    /// Its other titles, parted by semicolons.
    Aliases,
    /// All of it in ABC.
    Abc,
    /// A genre's id.
    Genre,
    /// What it is practised for.
    Goal,
    /// The day since when she knows it.
    Learned,
}

impl Meaning {
    /// All, in the order in which they are offered.
    pub const ALL: [Meaning; 13] = [
        Meaning::Title,
        Meaning::Kind,
        Meaning::Mode,
        Meaning::Structure,
        Meaning::Incipit,
        Meaning::Tags,
        Meaning::Link,
        Meaning::Note,
        Meaning::Aliases,
        Meaning::Abc,
        Meaning::Genre,
        Meaning::Goal,
        Meaning::Learned,
    ];

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Meaning::Title => "Title",
            Meaning::Kind => "Type",
            Meaning::Mode => "Key",
            Meaning::Structure => "Structure",
            Meaning::Incipit => "First bars",
            Meaning::Tags => "Tags",
            Meaning::Link => "Link",
            Meaning::Note => "Notes",
            Meaning::Aliases => "Other titles",
            Meaning::Abc => "Whole tune (ABC)",
            Meaning::Genre => "Genre",
            Meaning::Goal => "Goal",
            Meaning::Learned => "Learned",
        }
    }

    /// What a head probably means.
    fn of(head: &str) -> Option<Self> {
        let head = head.trim().to_lowercase();
        let words = |list: &[&str]| list.contains(&head.as_str());
        if words(&["title", "name", "tune", "tune name", "tune title"]) {
            Some(Meaning::Title)
        } else if words(&["type", "kind", "rhythm", "tune type", "dance"]) {
            Some(Meaning::Kind)
        } else if words(&["key", "mode", "key and mode", "key/mode", "tonality"]) {
            Some(Meaning::Mode)
        } else if words(&["structure", "form", "parts"]) {
            Some(Meaning::Structure)
        } else if words(&["incipit", "abc", "first bars", "first notes"]) {
            Some(Meaning::Incipit)
        } else if words(&["tags", "tag", "labels", "sets"]) {
            Some(Meaning::Tags)
        } else if words(&["link", "links", "url", "web", "source", "reference"]) {
            Some(Meaning::Link)
        } else if words(&["note", "notes", "comment", "comments", "remark", "remarks"]) {
            Some(Meaning::Note)
        } else if words(&["other titles", "aliases", "alias", "aka", "also known as", "other names"]) {
            Some(Meaning::Aliases)
        } else if words(&["whole tune (abc)", "whole tune", "full abc", "setting"]) {
            Some(Meaning::Abc)
        } else if words(&["genre"]) {
            Some(Meaning::Genre)
        } else if words(&["goal"]) {
            Some(Meaning::Goal)
        } else if words(&["learned", "learnt", "date learned"]) {
            Some(Meaning::Learned)
        } else {
            None
        }
    }
}

/// What the heads probably mean; each meaning once. Where no title is found, the first column without a meaning is taken for it.
pub fn guess(heads: &[String]) -> Vec<Option<Meaning>> {
    let mut meanings: Vec<Option<Meaning>> = Vec::new();
    for head in heads {
        let meaning = Meaning::of(head).filter(|meaning| !meanings.contains(&Some(*meaning)));
        meanings.push(meaning);
    }
    if !meanings.contains(&Some(Meaning::Title))
        && let Some(first) = meanings.iter_mut().find(|meaning| meaning.is_none())
    {
        *first = Some(Meaning::Title);
    }
    meanings
}

/// Does this text begin as a table of tunes does: a line of several heads, one of which says that titles stand below it?
pub fn is_table(text: &str) -> bool {
    let first = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).lines().next().unwrap_or_default();
    let heads = read(first).into_iter().next().unwrap_or_default();
    heads.len() > 1 && heads.iter().any(|head| Meaning::of(head) == Some(Meaning::Title))
}

/// What parts several texts in one cell: a line of its own.
const NEXT: &str = "\n* * *\n";

/// Several texts in one cell.
pub fn together(texts: &[String]) -> String {
    texts.join(NEXT)
}

/// The texts of a cell.
pub fn several(cell: &str) -> Vec<String> {
    let cell = cell.replace("\r\n", "\n");
    cell.split(NEXT).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// A list of words or titles in one cell.
pub fn list(words: &[String]) -> String {
    // A single one with a comma in it must not be taken for two.
    let end = if words.len() == 1 && words[0].contains(',') { ";" } else { "" };
    format!("{}{end}", words.join("; "))
}

/// The words or titles of a cell: parted by semicolons, or, where there is none, by commas.
pub fn listed(cell: &str) -> Vec<String> {
    let sign = if cell.contains(';') { ';' } else { ',' };
    cell.split(sign).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Tells spreadsheets that a table is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Signs with which a cell would be a formula to a spreadsheet, which may fetch and send things: an apostrophe before them makes it text.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes a line of a table: commas, quotes where they are needed, CRLF. No cell is a formula.
pub fn push_row(out: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    for (at, cell) in cells.into_iter().enumerate() {
        let cell = cell.as_ref();
        if at > 0 {
            out.push(',');
        }
        let mark = if cell.starts_with(FORMULA) && decimal(cell).is_none() { "'" } else { "" };
        if cell.contains(['"', ',', '\n', '\r', ';']) || cell.starts_with(' ') || cell.ends_with(' ') {
            out.push('"');
            out.push_str(mark);
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(mark);
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// The sign between the cells: the one the first line has most of.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: char| first.matches(sign).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(',')
}

/// Reads a table. Quotes may hold separators and line ends, two quotes are one; empty lines are left out.
pub fn read(text: &str) -> Lines {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = separator(text);
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if c == separator && !quoted => line.push(std::mem::take(&mut cell)),
            '\n' | '\r' if !quoted => {
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            c => cell.push(c),
        }
    }
    line.push(cell);
    lines.push(line);
    for cell in lines.iter_mut().flatten() {
        let text = cell.trim();
        // The apostrophe that `push_row` writes.
        let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text);
        *cell = text.to_owned();
    }
    lines.retain(|line| line.iter().any(|cell| !cell.is_empty()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_separators_line_ends_and_quotes() {
        let read = read("\u{feff}Title,Note\r\n\"Kesh, The\",\"say \"\"slow\"\"\nthen fast\"\r\n\r\nBanshee,\n");
        assert_eq!(read, [["Title", "Note"], ["Kesh, The", "say \"slow\"\nthen fast"], ["Banshee", ""]]);
    }

    #[test]
    fn the_separator_is_found() {
        assert_eq!(read("Title;Key\nKesh, The;G")[1], ["Kesh, The", "G"]);
        assert_eq!(read("Title\tKey\nKesh; The\tG")[1], ["Kesh; The", "G"]);
        assert_eq!(read("Kesh\nBanshee"), [["Kesh"], ["Banshee"]]);
    }

    #[test]
    fn heads_are_understood_and_no_meaning_is_taken_twice() {
        let heads: Vec<String> = ["Tune", "Rhythm", "KEY", "Name", "colour", "URL"].map(String::from).to_vec();
        let meanings = guess(&heads);
        assert_eq!(meanings[..3], [Some(Meaning::Title), Some(Meaning::Kind), Some(Meaning::Mode)]);
        assert_eq!(meanings[3..], [None, None, Some(Meaning::Link)]);
        assert_eq!(guess(&["Was".to_owned(), "key".to_owned()]), [Some(Meaning::Title), Some(Meaning::Mode)]);
    }

    #[test]
    fn no_cell_that_is_written_is_a_formula_and_all_come_back() {
        let cells =
            ["=HYPERLINK(\"http://x\",\"y\")", "@SUM(A1)", "+1 tune", "-4.5", "-slow", "'tis", "a=b", "The \"Kesh\""];
        let mut out = String::from(BYTE_ORDER_MARK);
        push_row(&mut out, cells);
        assert!(out.contains("\"'=HYPERLINK") && out.contains(",'@SUM") && out.contains(",-4.5,'-slow,'tis,"), "{out}");
        assert_eq!(read(&out), [cells.map(String::from)]);
    }

    #[test]
    fn broken_tables_never_panic() {
        for text in ["", "\"", "\"\"\"", ",,,", "a\"b\",c", "\"open\n,;\t"] {
            let _ = read(text);
        }
        assert_eq!(read(""), Lines::new());
    }
}
