//! Cells and rows as read from a legacy file: loosely typed, because SQLite is and legacy code was.

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum LegacyValue {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A fraction.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes that are no UTF-8.
    Bytes(Vec<u8>),
}

/// The value of a column that this file has not.
const ABSENT: LegacyValue = LegacyValue::Null;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct LegacyRow<'a> {
    columns: &'a [String],
    cells: &'a [LegacyValue],
}

impl<'a> LegacyRow<'a> {
    /// A row of the table with these columns.
    pub fn new(columns: &'a [String], cells: &'a [LegacyValue]) -> Self {
        LegacyRow { columns, cells }
    }

    /// The cell of that column, NULL if the file has no such column.
    pub fn get(&self, column: &str) -> &'a LegacyValue {
        self.columns.iter().position(|c| c == column).and_then(|at| self.cells.get(at)).unwrap_or(&ABSENT)
    }

    /// Column names and cells.
    pub fn cells(&self) -> impl Iterator<Item = (&'a str, &'a LegacyValue)> + use<'a> {
        self.columns.iter().map(String::as_str).zip(self.cells)
    }

    /// A whole number, also one written as text or fraction; `None` for everything else.
    pub fn int(&self, column: &str) -> Option<i64> {
        whole(self.get(column))
    }

    /// A text that is not empty.
    pub fn word(&self, column: &str) -> Option<&'a str> {
        match self.get(column) {
            LegacyValue::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    /// Several cells joined by `:`, the name of a row.
    pub fn key(&self, columns: &[&str]) -> String {
        match columns {
            [one] => shown(self.get(one), 60),
            many => many.iter().map(|c| shown(self.get(c), 60)).collect::<Vec<_>>().join(":"),
        }
    }
}

/// A cell as people read it, cut after `letters`.
pub fn shown(value: &LegacyValue, letters: usize) -> String {
    match value {
        LegacyValue::Null => "NULL".to_owned(),
        LegacyValue::Int(n) => n.to_string(),
        LegacyValue::Real(x) => x.to_string(),
        LegacyValue::Text(text) => cut(text, letters),
        LegacyValue::Bytes(bytes) => cut(&latin(bytes), letters),
    }
}

/// The first `letters` of a text; a NUL, which no database of ours stores, as U+2400.
pub fn cut(text: &str, letters: usize) -> String {
    let mut out: String = text.chars().take(letters).map(|c| if c == '\0' { '\u{2400}' } else { c }).collect();
    if text.chars().nth(letters).is_some() {
        out.push('…');
    }
    out
}

/// Bytes that are no UTF-8, read as Latin-1: each byte is one letter, nothing is lost.
pub fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// A whole number, however it was stored. (What is whole here, SQLite's `cast(… as integer)` reads as the same number.)
pub fn whole(value: &LegacyValue) -> Option<i64> {
    match value {
        LegacyValue::Int(n) => Some(*n),
        LegacyValue::Real(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(*x as i64),
        LegacyValue::Text(text) => text.trim_matches(' ').parse().ok(),
        _ => None,
    }
}

/// What legacy code wrote for yes and no. ([`super::source`] sorts by the same list of yeses.)
pub fn yes_or_no(value: &LegacyValue) -> Option<bool> {
    match value {
        LegacyValue::Int(0) => Some(false),
        LegacyValue::Int(1) => Some(true),
        LegacyValue::Real(x) if *x == 0.0 => Some(false),
        LegacyValue::Real(x) if *x == 1.0 => Some(true),
        LegacyValue::Text(text) => match text.as_str() {
            "0" | "false" | "FALSE" | "False" | "f" | "F" => Some(false),
            "1" | "true" | "TRUE" | "True" | "t" | "T" => Some(true),
            _ => None,
        },
        _ => None,
    }
}
