//! What rows of a file are called, and why one of them was left out.

use rusqlite::Connection;
use serde_json::Value;

use crate::store::error::StoreError;
use crate::store::row::{self, Row};
use crate::store::schema::Table;

pub(super) fn reason(error: &StoreError) -> String {
    match error {
        StoreError::Sqlite(error) if error.to_string().contains("FOREIGN KEY") => {
            "what it belongs to is not here".to_owned()
        }
        StoreError::Sqlite(error) => error.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// All that is printed of a tune.
pub(super) fn tune_name(row: &Row) -> String {
    ["title", "type", "structure", "mode", "incipit"]
        .map(|column| text(row, column).trim().to_lowercase())
        .join("\u{1f}")
}

/// What a person calls the row: its own name, or that of its tune.
pub(super) fn name_of(conn: &Connection, table: Table, file: &Row) -> Result<String, StoreError> {
    let own =
        ["title", "name", "instrument"].into_iter().map(|column| text(file, column)).find(|name| !name.is_empty());
    if let Some(own) = own {
        return Ok(own.to_owned());
    }
    let tune = ["tune_ref", "tune_id"].into_iter().map(|column| text(file, column)).find(|id| !id.is_empty());
    let title = match tune {
        Some(tune) => row::read(conn, Table::Tune, tune)?.map(|tune| text(&tune, "title").to_owned()),
        None => None,
    };
    Ok(title.filter(|title| !title.is_empty()).unwrap_or_else(|| table.name().replace('_', " ")))
}
