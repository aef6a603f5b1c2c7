//! Tables as spreadsheets write them, and which of their columns mean what.

use serde::{Deserialize, Serialize};

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
    /// A remark.
    Note,
}

impl Meaning {
    /// All, in the order in which they are offered.
    pub const ALL: [Meaning; 8] = [
        Meaning::Title,
        Meaning::Kind,
        Meaning::Mode,
        Meaning::Structure,
        Meaning::Incipit,
        Meaning::Tags,
        Meaning::Link,
        Meaning::Note,
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
            Meaning::Note => "Note",
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
        } else if words(&["link", "url", "web", "source", "reference"]) {
            Some(Meaning::Link)
        } else if words(&["note", "notes", "comment", "comments", "remark", "remarks"]) {
            Some(Meaning::Note)
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
        let mark = if cell.starts_with(FORMULA) && cell.parse::<f64>().is_err() { "'" } else { "" };
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
