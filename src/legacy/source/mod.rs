//! Reads a legacy SQLite file: says by looking which shape it has, and gives its rows one by one, never a whole table. Knows the
//! connection, not where it comes from: a file ([`mod@file`], native), the bundled excerpt, bytes that a person chose in the app.

pub mod bytes;
#[cfg(not(target_arch = "wasm32"))]
pub mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Rows, Statement};

use crate::domain::time::Timestamp;

use super::catalogue::{self, LegacyTable};
use super::error::LegacyError;
use super::time;
use super::value::{LegacyRow, LegacyValue};

/// The two known shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `practice_record.review_date`, one record a tune; no queue, no overrides.
    January2025,
    /// `practice_record.due`, a queue, overrides, staged evaluations.
    October2025,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::January2025 => "January 2025 shape (practice_record.review_date)",
            Shape::October2025 => "October 2025 shape (practice_record.due)",
        })
    }
}

/// Without these a file is not TuneTrees'. (Each must also have the columns that name its rows.)
const REQUIRED: [&str; 6] = ["user", "tune", "playlist", "playlist_tune", "practice_record", "note"];

/// A table as the file has it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Its columns, in the file's order.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: usize,
    /// Does the file itself guarantee that the catalogue's key names one row, and is never null?
    pub unique: bool,
}

/// A legacy database, open for reading.
#[derive(Debug)]
pub struct Source {
    /// Its name: part of every id made for it, so that a second run finds its rows again.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// The migrated tables it has.
    pub tables: BTreeMap<&'static str, Found>,
    /// Other tables with their row counts.
    pub others: BTreeMap<String, usize>,
    /// Columns that no known version had, as `table.column`, with the number of values.
    pub unknown_columns: BTreeMap<String, usize>,
    db: Connection,
    /// Held for its drop, which removes the copy that is read.
    #[cfg(not(target_arch = "wasm32"))]
    _copy: Option<file::Copy>,
}

impl Source {
    /// Looks at an open database. `path` is for messages.
    pub fn over(db: Connection, name: &str, path: &str) -> Result<Source, LegacyError> {
        let path = PathBuf::from(path);
        let not_sqlite = |e: rusqlite::Error| opening(&path, &e);
        // The sorts of large tables go to files, not to memory.
        db.execute_batch("pragma query_only = on; pragma cache_size = -4000; begin").map_err(not_sqlite)?;
        let names = table_names(&db).map_err(not_sqlite)?;
        check_pages(&db, &path)?;

        let unknown = |missing: String| LegacyError::UnknownShape { path: path.clone(), missing };
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|t| !names.iter().any(|n| n == t)).collect();
        if !missing.is_empty() {
            return Err(unknown(format!("it has no table {}", missing.join(", "))));
        }
        let mut tables = BTreeMap::new();
        let mut others = BTreeMap::new();
        let mut unknown_columns = BTreeMap::new();
        for table in names {
            let reading = |e: rusqlite::Error| LegacyError::Reading { table: table.clone(), message: e.to_string() };
            let rows = count(&db, &format!("select count(*) from {}", quoted(&table)));
            let Some(known) = catalogue::table(&table) else {
                // It may be one that only its own program can read.
                others.insert(table, rows.unwrap_or(0));
                continue;
            };
            let rows = rows.map_err(reading)?;
            let (columns, unique) = columns(&db, known).map_err(reading)?;
            if let Some(key) = known.key.iter().find(|key| !columns.iter().any(|c| c == *key)) {
                return Err(unknown(format!("its table {table} has no column {key}")));
            }
            for column in columns.iter().filter(|c| known.column(c).is_none()) {
                let sql = format!("select count({}) from {}", quoted(column), quoted(&table));
                unknown_columns.insert(format!("{table}.{column}"), count(&db, &sql).map_err(reading)?);
            }
            tables.insert(known.name, Found { columns, rows, unique });
        }
        let practice = &tables["practice_record"].columns;
        let has = |name: &str| practice.iter().any(|c| c == name);
        let shape = match (has("due"), has("review_date")) {
            (true, _) => Shape::October2025,
            (false, true) => Shape::January2025,
            _ => return Err(unknown("practice_record has neither a column due nor review_date".to_owned())),
        };
        Ok(Source {
            name: name.to_owned(),
            shape,
            tables,
            others,
            unknown_columns,
            db,
            #[cfg(not(target_arch = "wasm32"))]
            _copy: None,
        })
    }

    /// What was found, in one line.
    pub fn found(&self) -> String {
        let absent: Vec<&str> =
            catalogue::TABLES.iter().map(|t| t.name).filter(|t| !self.tables.contains_key(*t)).collect();
        let absent = if absent.is_empty() { String::new() } else { format!("; it has no {}", absent.join(", ")) };
        format!("{}, {} tables, {} rows{absent}", self.shape, self.tables.len(), self.rows())
    }

    /// Rows of all migrated tables.
    pub fn rows(&self) -> usize {
        self.tables.values().map(|t| t.rows).sum()
    }

    /// A reader of one table; `None` if the file has not got it.
    pub fn reader(&self, table: &LegacyTable) -> Result<Option<Reader<'_>>, LegacyError> {
        let Some(found) = self.tables.get(table.name) else { return Ok(None) };
        let reading =
            |e: rusqlite::Error| LegacyError::Reading { table: table.name.to_owned(), message: e.to_string() };
        let list = found.columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
        let mut order = Vec::new();
        if let Some(near) = table.near.filter(|near| found.columns.iter().any(|c| c == near)) {
            order.push(format!("cast({} as integer)", quoted(near)));
        }
        if found.columns.iter().any(|c| c == "deleted") {
            // Of two rows that turn out to be one, the living one is read first.
            order.push("case when deleted in (1, '1', 'true', 'TRUE', 'True', 't', 'T') then 1 else 0 end".to_owned());
        }
        let order_by = if order.is_empty() { String::new() } else { format!(" order by {}", order.join(", ")) };
        let sql = format!("select {list} from {}{order_by}", quoted(table.name));
        let statement = self.db.prepare(&sql).map_err(reading)?;
        Ok(Some(Reader { statement, table: table.name, columns: &found.columns }))
    }

    /// Calls `each` with every row of a table.
    pub fn each(
        &self,
        table: &LegacyTable,
        mut each: impl FnMut(LegacyRow<'_>) -> Result<(), LegacyError>,
    ) -> Result<(), LegacyError> {
        let Some(mut reader) = self.reader(table)? else { return Ok(()) };
        let mut cursor = reader.rows()?;
        while let Some(row) = cursor.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// The newest time up to `now` at which something was written into this file, as far as it tells. Stands in for the write time of
    /// rows that carry none.
    pub fn newest(&self, now: Timestamp) -> Result<Timestamp, LegacyError> {
        let written = [
            ("practice_record", "practiced"),
            ("note", "created_date"),
            ("daily_practice_queue", "generated_at"),
            ("daily_practice_queue", "completed_at"),
            ("playlist_tune", "learned"),
            ("user", "email_verified"),
        ];
        let mut newest = Timestamp::from_micros(0);
        for (table, column) in written {
            if !self.tables.get(table).is_some_and(|t| t.columns.iter().any(|c| c == column)) {
                continue;
            }
            let reading = |e: rusqlite::Error| LegacyError::Reading { table: table.to_owned(), message: e.to_string() };
            let sql = format!("select distinct {} from {}", quoted(column), quoted(table));
            let mut statement = self.db.prepare(&sql).map_err(reading)?;
            let mut rows = statement.query([]).map_err(reading)?;
            while let Some(row) = rows.next().map_err(reading)? {
                if let time::LegacyTime::At(at) = time::read(&cell(row.get_ref(0).map_err(reading)?)) {
                    newest = newest.max(Some(at).filter(|at| *at <= now).unwrap_or(newest));
                }
            }
        }
        Ok(newest)
    }
}

/// A table about to be read.
pub struct Reader<'a> {
    statement: Statement<'a>,
    table: &'a str,
    columns: &'a [String],
}

impl Reader<'_> {
    /// Starts reading.
    pub fn rows(&mut self) -> Result<Cursor<'_>, LegacyError> {
        let (table, columns) = (self.table, self.columns);
        let rows = self.statement.query([]).map_err(|e| reading(table, &e))?;
        Ok(Cursor { rows, table, columns, cells: Vec::with_capacity(columns.len()) })
    }
}

/// A table being read. Holds one row.
pub struct Cursor<'a> {
    rows: Rows<'a>,
    table: &'a str,
    columns: &'a [String],
    cells: Vec<LegacyValue>,
}

impl Cursor<'_> {
    /// The next row.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<LegacyRow<'_>>, LegacyError> {
        let table = self.table;
        let Some(row) = self.rows.next().map_err(|e| reading(table, &e))? else { return Ok(None) };
        self.cells.clear();
        for at in 0..self.columns.len() {
            self.cells.push(cell(row.get_ref(at).map_err(|e| reading(table, &e))?));
        }
        Ok(Some(LegacyRow::new(self.columns, &self.cells)))
    }
}

fn reading(table: &str, error: &rusqlite::Error) -> LegacyError {
    LegacyError::Reading { table: table.to_owned(), message: error.to_string() }
}

/// What an error before the first row means.
fn opening(path: &std::path::Path, error: &rusqlite::Error) -> LegacyError {
    let (path, message) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LegacyError::Locked { path, message },
        _ => LegacyError::NotSqlite { path, message },
    }
}

/// A file that was cut off or damaged is refused before anything of it is believed. Rows that break a rule of their own table are
/// none of this: the converter deals with them.
fn check_pages(db: &Connection, path: &std::path::Path) -> Result<(), LegacyError> {
    let damaged = |message: String| LegacyError::NotSqlite { path: path.to_owned(), message };
    let harmless =
        ["ok", "NULL value in", "CHECK constraint failed", "NUMERIC value in", "TEXT value in", "non-unique"];
    let mut statement = db.prepare("pragma quick_check(10)").map_err(|e| damaged(e.to_string()))?;
    let mut rows = statement.query([]).map_err(|e| damaged(e.to_string()))?;
    while let Some(row) = rows.next().map_err(|e| damaged(e.to_string()))? {
        let line: String = row.get(0).unwrap_or_default();
        if !harmless.iter().any(|start| line.starts_with(start)) {
            return Err(damaged(line));
        }
    }
    Ok(())
}

fn table_names(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn count(db: &Connection, sql: &str) -> rusqlite::Result<usize> {
    let count: i64 = db.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Its columns, and whether its key is an `integer primary key` (any other key may be null in SQLite).
fn columns(db: &Connection, table: &LegacyTable) -> rusqlite::Result<(Vec<String>, bool)> {
    let sql = format!("select name, upper(type), pk from pragma_table_info({})", quoted(table.name));
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut columns, mut keys, mut integer) = (Vec::new(), Vec::new(), false);
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let (ty, pk): (String, i64) = (row.get(1)?, row.get(2)?);
        if pk > 0 {
            keys.push(name.clone());
            integer = ty == "INTEGER";
        }
        columns.push(name);
    }
    let unique = integer && keys.len() == 1 && table.key.len() == 1 && keys[0] == table.key[0];
    Ok((columns, unique))
}

fn cell(value: ValueRef<'_>) -> LegacyValue {
    match value {
        ValueRef::Null => LegacyValue::Null,
        ValueRef::Integer(n) => LegacyValue::Int(n),
        ValueRef::Real(x) => LegacyValue::Real(x),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => LegacyValue::Text(text.to_owned()),
            Err(_) => LegacyValue::Bytes(bytes.to_vec()),
        },
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
