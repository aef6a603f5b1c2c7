//! Rows as JSON objects, for everything that treats all tables alike: outbox, merge, apply, import, generic edits.
//!
//! Local form: uuid lower case, booleans 0/1, instants in the canonical text, doubles always as doubles. Wire form: what
//! PostgREST speaks (true/false, instants with an offset).

mod statements;

use std::borrow::Cow;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use serde_json::{Map, Value};

use super::error::StoreError;
use super::schema::{Column, ColumnType, Table};
use crate::domain::time::{CalendarDate, Timestamp};
use crate::remedies::{Remedy, on};

pub(super) use statements::{PerTable, WireInsert, blank, kept};
pub use statements::{change, column_list, from_sql, insert, read, select, update, upsert};

/// Column name → value, in local form unless said otherwise.
pub type Row = Map<String, Value>;

/// Makes a [`Row`] from `column: value` pairs; values are whatever `serde_json::json!` takes.
#[macro_export]
macro_rules! row {
    ($($column:literal : $value:expr),* $(,)?) => {{
        let mut row = $crate::store::row::Row::new();
        $( row.insert($column.to_owned(), ::serde_json::json!($value)); )*
        row
    }};
}

/// A local row as the server wants it. Columns the table does not have are left out.
pub fn to_wire(table: Table, row: &Row) -> Row {
    let convert = |column: &Column, value: &Value| match (column.ty, value) {
        (ColumnType::Bool, Value::Number(n)) => Value::Bool(n.as_i64() != Some(0)),
        _ => value.clone(),
    };
    let known = |(name, value): (&String, &Value)| Some((name.clone(), convert(table.column(name)?, value)));
    row.iter().filter_map(known).collect()
}

/// A server's row in local form. Columns of a newer server are ignored, missing ones stay missing.
///
/// Errors: a value that its column cannot hold.
pub fn from_wire(table: Table, row: &Row) -> Result<Row, StoreError> {
    let mut local = Row::with_capacity(row.len());
    for (name, value) in row {
        if let Some(column) = table.column(name) {
            local.insert(name.clone(), value_from_wire(table, column, value)?);
        } else if !on(Remedy::NewColumnsIgnored) {
            return Err(StoreError::bad(table, name, value, "the table has no such column"));
        }
    }
    Ok(local)
}

fn value_from_wire(table: Table, column: &Column, value: &Value) -> Result<Value, StoreError> {
    Ok(match fitted(table, column, value)? {
        Fitted::Null if !column.nullable => {
            return Err(StoreError::bad(table, column.name, value, "it must have a value"));
        }
        Fitted::Null => Value::Null,
        Fitted::Whole(n) => n.into(),
        Fitted::Real(n) => n.into(),
        Fitted::Text(text) => text.into(),
    })
}

/// A value as its column holds it; texts that are so already are not copied.
enum Fitted<'a> {
    Null,
    Whole(i64),
    Real(f64),
    Text(Cow<'a, str>),
}

impl ToSql for Fitted<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Fitted::Null => ValueRef::Null,
            Fitted::Whole(n) => ValueRef::Integer(*n),
            Fitted::Real(n) => ValueRef::Real(*n),
            Fitted::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// The value in wire or local form as `column` holds it. Nullability is left to SQLite, which names the constraint.
fn fitted<'a>(table: Table, column: &Column, value: &'a Value) -> Result<Fitted<'a>, StoreError> {
    let bad = |why: &str| StoreError::bad(table, column.name, value, why);
    let text = || value.as_str().ok_or_else(|| bad("a text is expected"));
    if value.is_null() {
        return Ok(Fitted::Null);
    }
    Ok(match column.ty {
        ColumnType::Uuid => {
            let text = text()?;
            Fitted::Text(if is_canonical_uuid(text) {
                text.into()
            } else {
                let id: uuid::Uuid = text.parse().map_err(|_| bad("a UUID is expected"))?;
                id.as_hyphenated().to_string().into()
            })
        }
        ColumnType::Text => Fitted::Text(text()?.into()),
        ColumnType::Bool => Fitted::Whole(match value {
            Value::Bool(flag) => i64::from(*flag),
            Value::Number(n) => {
                n.as_i64().filter(|n| matches!(n, 0 | 1)).ok_or_else(|| bad("true or false is expected"))?
            }
            _ => return Err(bad("true or false is expected")),
        }),
        ColumnType::Int => Fitted::Whole(value.as_i64().ok_or_else(|| bad("a whole number is expected"))?),
        ColumnType::Real if !on(Remedy::NumbersKept) => {
            Fitted::Real(f64::from(value.as_f64().unwrap_or_default() as f32))
        }
        ColumnType::Real => Fitted::Real(value.as_f64().ok_or_else(|| bad("a number is expected"))?),
        ColumnType::Timestamp if !on(Remedy::CanonicalTime) => Fitted::Text(text()?.into()),
        ColumnType::Timestamp => {
            let text = text()?;
            Fitted::Text(match canonical_instant(text) {
                Some(canonical) => canonical,
                None => {
                    let at: Timestamp = text.parse().map_err(|e| StoreError::bad(table, column.name, value, e))?;
                    at.to_string().into()
                }
            })
        }
        ColumnType::Date => {
            let date: CalendarDate = text()?.parse().map_err(|_| bad("a date such as 2026-01-02 is expected"))?;
            Fitted::Text(date.to_string().into())
        }
    })
}

fn is_canonical_uuid(text: &str) -> bool {
    let fits = |(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// The canonical text of an instant in the two forms that come most: the canonical one, and PostgreSQL's in UTC. Most rows carry two or
/// three, and the general way costs a hundred times as much. `None`: the general way must tell.
fn canonical_instant(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        bytes
            .get(from..to)?
            .iter()
            .try_fold(0, |n, byte| byte.is_ascii_digit().then(|| n * 10 + u32::from(byte - b'0')))
    };
    let punctuated = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
        .iter()
        .all(|(at, mark)| bytes.get(*at) == Some(mark));
    let in_range = number(0, 4).is_some()
        && matches!(number(5, 7)?, 1..=12)
        // The 29th and later exist in some months only.
        && matches!(number(8, 10)?, 1..=28)
        && number(11, 13)? < 24
        && number(14, 16)? < 60
        && number(17, 19)? < 60;
    if !punctuated || !in_range {
        return None;
    }
    let (fraction, zone) = match bytes.get(19)? {
        b'.' => {
            let digits = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            (text.get(20..20 + digits)?, text.get(20 + digits..)?)
        }
        _ => ("", text.get(19..)?),
    };
    match (fraction.len(), zone) {
        (6, "Z") => Some(text.into()),
        (0..=6, "Z" | "+00:00") if !fraction.is_empty() || bytes[19] != b'.' => {
            Some(format!("{}.{fraction:0<6}Z", &text[..19]).into())
        }
        _ => None,
    }
}

/// A row as the text in which this device keeps it (a base, what was sent). It is JSON already, so writing it cannot fail.
pub(in crate::store) fn to_text(row: &Row) -> String {
    Value::Object(row.clone()).to_string()
}

/// The same of several. ([`kept`] reads both.)
pub(in crate::store) fn all_to_text(rows: &[Row]) -> String {
    Value::Array(rows.iter().cloned().map(Value::Object).collect()).to_string()
}

/// Are two local values the same? Doubles that went through SQLite's JSON lose their last digits.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() || y.is_f64() => {
            let (x, y) = (x.as_f64().unwrap_or(f64::NAN), y.as_f64().unwrap_or(f64::NAN));
            x == y || (x - y).abs() <= 1e-13 * x.abs().max(y.abs())
        }
        _ => a == b,
    }
}

/// The columns that say how a row travelled, not what it says.
pub fn is_stamp(column: &str) -> bool {
    matches!(column, "sync_version" | "last_modified_at" | "device_id")
}

/// Do two local rows say the same, stamps aside? A column that one of them lacks is not compared.
pub fn same_content(table: Table, a: &Row, b: &Row) -> bool {
    table.columns().iter().filter(|c| !is_stamp(c.name)).all(|c| match (a.get(c.name), b.get(c.name)) {
        (Some(x), Some(y)) => same_value(x, y),
        _ => true,
    })
}

/// Has `here` something in a column that `there` lacks?
pub(in crate::store) fn says_more(table: Table, here: &Row, there: &Row) -> bool {
    let mut lacking = here.iter().filter(|(name, _)| !there.contains_key(*name) && !is_stamp(name));
    lacking.any(|(name, value)| !says_nothing(table, name, value))
}

/// Is it what the column begins with: nothing, or zero where there must be something? (Where there need not be, zero was said by somebody.)
pub(in crate::store) fn says_nothing(table: Table, column: &str, value: &Value) -> bool {
    let must_be = table.column(column).is_some_and(|column| !column.nullable);
    value.is_null() || (must_be && value.as_i64() == Some(0))
}

/// A value unlike any that a column holds: what two sides had in common is not known, as if both had changed it.
pub fn unknown() -> Value {
    Value::Array(Vec::new())
}

/// Is it that?
pub fn is_unknown(value: &Value) -> bool {
    value.is_array()
}

/// A row of which nothing is known.
pub fn of_unknown(table: Table) -> Row {
    table.columns().iter().map(|column| (column.name.to_owned(), unknown())).collect()
}

/// Its `sync_version`; 0 = never accepted by the server.
pub fn version(row: &Row) -> i64 {
    row.get("sync_version").and_then(Value::as_i64).unwrap_or(0)
}

/// Its `last_modified_at` in canonical text, so that text order is time order; empty if it has none.
pub fn stamp(row: &Row) -> &str {
    row.get("last_modified_at").and_then(Value::as_str).unwrap_or_default()
}

/// Is it a tombstone?
pub fn is_deleted(row: &Row) -> bool {
    row.get("deleted").and_then(Value::as_i64) == Some(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_row_survives_the_way_to_the_server_and_back() {
        let local = row! {
            "id": "00000000-0000-0000-0000-000000000001", "practiced": "2026-01-02T03:04:05.000006Z", "easiness": 2.118_103_981,
            "quality": 3, "deleted": 1, "due": Value::Null,
        };
        let wire = to_wire(Table::PracticeRecord, &local);
        assert_eq!(wire["deleted"], Value::Bool(true));
        assert_eq!(from_wire(Table::PracticeRecord, &wire).unwrap(), local);
    }

    #[test]
    fn the_servers_spelling_becomes_ours() {
        let wire = row! {
            "id": "00000000-0000-0000-0000-00000000000A", "practiced": "2026-01-02T03:04:05+00:00", "easiness": 2,
            "column_of_tomorrow": 7,
        };
        let expected = row! {
            "id": "00000000-0000-0000-0000-00000000000a", "practiced": "2026-01-02T03:04:05.000000Z", "easiness": 2.0,
        };
        assert_eq!(from_wire(Table::PracticeRecord, &wire).unwrap(), expected);
    }

    #[test]
    fn the_quick_way_to_read_an_instant_says_what_the_general_one_says() {
        let seconds = [
            "2026-01-02T03:04:05",
            "2024-02-28T23:59:59",
            "2024-02-29T00:00:00",
            "2023-02-29T00:00:00",
            "0001-01-01T00:00:00",
        ];
        let wrong = [
            "2026-13-02T03:04:05",
            "2026-00-02T03:04:05",
            "2026-01-02T24:04:05",
            "2026-01-02 03:04:05",
            "026-01-02T03:04:05",
            "2026-01-02T03:04",
        ];
        let fractions = ["", ".1", ".12", ".123456", ".1234567", ".", ".x"];
        let zones = ["Z", "+00:00", "+02:00", "z", "", "+00"];
        for text in seconds.iter().chain(&wrong) {
            for (fraction, zone) in fractions.iter().flat_map(|fraction| zones.iter().map(move |zone| (fraction, zone)))
            {
                let text = format!("{text}{fraction}{zone}");
                if let Some(quick) = canonical_instant(&text) {
                    assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), quick, "{text}");
                }
            }
        }
        assert_eq!(canonical_instant("2026-01-02T03:04:05.12+00:00").unwrap(), "2026-01-02T03:04:05.120000Z");
        assert_eq!(canonical_instant("2026-01-02T03:04:05+00:00").unwrap(), "2026-01-02T03:04:05.000000Z");
    }

    #[test]
    fn a_value_that_does_not_fit_is_named() {
        let error = from_wire(Table::PracticeRecord, &row! { "practiced": "yesterday" }).unwrap_err().to_string();
        assert!(error.starts_with("practice_record.practiced cannot hold \"yesterday\""), "{error}");
        assert!(from_wire(Table::PracticeRecord, &row! { "deleted": Value::Null }).is_err());
    }
}
