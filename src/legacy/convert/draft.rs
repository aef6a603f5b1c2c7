//! A row of the new schema, typed, ready for whichever way it is written: COPY, JSON, or the device's own database.

use std::fmt::Write as _;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::ids::NAMESPACE;
use crate::domain::time::{CalendarDate, Timestamp};
use crate::store::schema::{Column, ColumnType, Table};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A UUID.
    Uuid(Uuid),
    /// A text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i32),
    /// A fraction.
    Real(f64),
    /// An instant.
    At(Timestamp),
    /// A date.
    Date(CalendarDate),
}

macro_rules! cell_from {
    ($($from:ty => $variant:ident),*) => {$(
        impl From<$from> for Cell {
            fn from(value: $from) -> Cell {
                Cell::$variant(value)
            }
        }
    )*};
}
cell_from!(Uuid => Uuid, String => Text, bool => Bool, i32 => Int, f64 => Real, Timestamp => At, CalendarDate => Date);

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

impl Cell {
    /// As JSON: what a device sends and gets.
    pub fn to_json(&self) -> Value {
        match self {
            Cell::Null => Value::Null,
            Cell::Uuid(id) => json!(id),
            Cell::Text(text) => json!(text),
            Cell::Bool(flag) => json!(flag),
            Cell::Int(n) => json!(n),
            Cell::Real(x) => json!(x),
            Cell::At(at) => json!(at.to_string()),
            Cell::Date(date) => json!(date.to_string()),
        }
    }

    /// One text for one value, by which both sides are compared; also what a report shows.
    pub fn canonical(&self, out: &mut String) {
        let _ = match self {
            Cell::Null => out.write_str("NULL"),
            Cell::Uuid(id) => write!(out, "{}", id.as_hyphenated()),
            Cell::Text(text) => out.write_str(text),
            Cell::Bool(flag) => write!(out, "{flag}"),
            Cell::Int(n) => write!(out, "{n}"),
            Cell::Real(x) => write!(out, "{x:?}"),
            Cell::At(at) => write!(out, "{at}"),
            Cell::Date(date) => write!(out, "{date}"),
        };
    }

    /// Is it of that type, or NULL?
    pub fn fits(&self, ty: ColumnType) -> bool {
        matches!(
            (self, ty),
            (Cell::Null, _)
                | (Cell::Uuid(_), ColumnType::Uuid)
                | (Cell::Text(_), ColumnType::Text)
                | (Cell::Bool(_), ColumnType::Bool)
                | (Cell::Int(_), ColumnType::Int)
                | (Cell::Real(_), ColumnType::Real)
                | (Cell::At(_), ColumnType::Timestamp)
                | (Cell::Date(_), ColumnType::Date)
        )
    }
}

/// The columns that a migrated row sets: all but the version, which the server alone gives.
pub fn carried(table: Table) -> impl Iterator<Item = &'static Column> {
    table.columns().iter().filter(|column| column.name != "sync_version")
}

/// The columns whose values come from the legacy row; the others say when and by whom a row was written.
pub fn is_content(column: &str) -> bool {
    !matches!(column, "last_modified_at" | "device_id")
}

/// A row ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Where it goes.
    pub table: Table,
    /// Its key in the legacy table.
    pub legacy_id: String,
    /// Its values, in the order of [`carried`].
    pub cells: Vec<Cell>,
    /// Does the legacy row itself say when it was written?
    pub dated: bool,
}

impl Draft {
    /// An empty row.
    pub fn new(table: Table) -> Draft {
        let cells = carried(table).map(|_| Cell::Null).collect();
        Draft { table, legacy_id: String::new(), cells, dated: false }
    }

    /// Sets a column. (A name that the table has not is a mistake of ours, which `tests/legacy_catalogue.rs` finds.)
    pub fn set(&mut self, column: &str, value: impl Into<Cell>) {
        let value = value.into();
        let place = carried(self.table).position(|c| c.name == column);
        debug_assert!(place.is_some(), "{} has no column {column}", self.table);
        if let Some(cell) = place.and_then(|at| self.cells.get_mut(at)) {
            *cell = value;
        }
    }

    /// The value of a column; `Null` if there is no such column.
    pub fn get(&self, column: &str) -> &Cell {
        carried(self.table).position(|c| c.name == column).and_then(|at| self.cells.get(at)).unwrap_or(&Cell::Null)
    }

    /// Columns and values.
    pub fn values(&self) -> impl Iterator<Item = (&'static Column, &Cell)> {
        carried(self.table).zip(&self.cells)
    }

    /// Is it a tombstone?
    pub fn is_tombstone(&self) -> bool {
        *self.get("deleted") == Cell::Bool(true)
    }

    /// The UUID that stands for it: its id, or one of its name where the schema names rows by text.
    pub fn identity(&self) -> Uuid {
        if let Cell::Uuid(id) = self.get("id") {
            return *id;
        }
        let mut name = self.table.name().to_owned();
        for key in self.table.primary_key() {
            name.push(':');
            self.get(key).canonical(&mut name);
        }
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// The same for the same content, whenever and by whatever run it was made.
    pub fn fingerprint(&self) -> Uuid {
        let mut text = String::with_capacity(256);
        for (column, cell) in self.values().filter(|(column, _)| is_content(column.name)) {
            let before = text.len();
            cell.canonical(&mut text);
            // The length keeps values apart, the type NULL from the text "NULL".
            let _ = write!(text, "\u{1f}{}{}\u{1f}{}\u{1e}", column.name, text.len() - before, *cell == Cell::Null);
        }
        Uuid::new_v5(&NAMESPACE, text.as_bytes())
    }

    /// As a JSON object.
    pub fn to_json(&self) -> Value {
        Value::Object(self.values().map(|(column, cell)| (column.name.to_owned(), cell.to_json())).collect())
    }
}
