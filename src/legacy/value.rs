//! Cells, rows and tables as read from a legacy file: loosely typed, because SQLite is and legacy code was.

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum LegacyValue {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A fraction.
    Real(f64),
    /// A text; bytes that are no UTF-8 became U+FFFD.
    Text(String),
}

/// The value of a column that this file has not.
const ABSENT: LegacyValue = LegacyValue::Null;

/// One table, whole.
#[derive(Clone, Debug, Default)]
pub struct LegacyTable {
    /// Column names in the file's order.
    pub columns: Vec<String>,
    /// Rows in the file's order.
    pub rows: Vec<Vec<LegacyValue>>,
}

impl LegacyTable {
    /// Has it that column?
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|c| c == column)
    }

    /// Its rows.
    pub fn iter(&self) -> impl Iterator<Item = LegacyRow<'_>> {
        self.rows.iter().map(|cells| LegacyRow { columns: &self.columns, cells })
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct LegacyRow<'a> {
    columns: &'a [String],
    cells: &'a [LegacyValue],
}

impl<'a> LegacyRow<'a> {
    /// The cell of that column, NULL if the file has no such column.
    pub fn get(&self, column: &str) -> &'a LegacyValue {
        self.columns.iter().position(|c| c == column).and_then(|at| self.cells.get(at)).unwrap_or(&ABSENT)
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

    /// A cell as it goes into a list of left-out rows.
    pub fn shown(&self, column: &str) -> String {
        match self.get(column) {
            LegacyValue::Null => "NULL".to_owned(),
            LegacyValue::Int(n) => n.to_string(),
            LegacyValue::Real(x) => x.to_string(),
            LegacyValue::Text(text) => text.chars().take(60).collect(),
        }
    }

    /// Several cells joined by `:`, the name of a row in tables with composite keys.
    pub fn key(&self, columns: &[&str]) -> String {
        columns.iter().map(|c| self.shown(c)).collect::<Vec<_>>().join(":")
    }
}

/// A whole number, however it was stored.
pub fn whole(value: &LegacyValue) -> Option<i64> {
    match value {
        LegacyValue::Int(n) => Some(*n),
        LegacyValue::Real(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(*x as i64),
        LegacyValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}
