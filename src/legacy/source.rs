//! Reads a legacy SQLite file: never writes to it, takes it as one snapshot, and says by looking which shape it has.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::domain::time::Timestamp;

use super::error::LegacyError;
use super::time;
use super::value::{LegacyTable, LegacyValue};

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

/// Legacy tables that are migrated.
pub const MIGRATED: [&str; 19] = [
    "user",
    "genre",
    "tune_type",
    "genre_tune_type",
    "instrument",
    "tune",
    "tune_override",
    "playlist",
    "playlist_tune",
    "practice_record",
    "note",
    "reference",
    "tag",
    "prefs_spaced_repetition",
    "prefs_scheduling_options",
    "daily_practice_queue",
    "tab_group_main_state",
    "table_state",
    "table_transient_data",
];

/// Without these a file is not TuneTrees'.
const REQUIRED: [&str; 6] = ["user", "tune", "playlist", "playlist_tune", "practice_record", "note"];

/// A legacy database, read into memory.
#[derive(Debug)]
pub struct Source {
    /// Its name: part of every id made for it, so that a second run finds its rows again.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// The migrated tables it has.
    pub tables: BTreeMap<String, LegacyTable>,
    /// Other tables with their row counts.
    pub others: BTreeMap<String, usize>,
}

impl Source {
    /// Reads the file at `path`; `name` defaults to the file's name without its ending.
    pub fn open(path: &Path, name: Option<&str>) -> Result<Source, LegacyError> {
        if !path.is_file() {
            return Err(LegacyError::NoFile(path.to_owned()));
        }
        let not_sqlite = |e: rusqlite::Error| LegacyError::NotSqlite { path: path.to_owned(), message: e.to_string() };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(not_sqlite)?;
        db.busy_timeout(Duration::from_secs(5)).map_err(not_sqlite)?;
        db.execute_batch("pragma query_only = on; begin").map_err(not_sqlite)?;
        let names = table_names(&db).map_err(not_sqlite)?;

        let missing: Vec<&str> = REQUIRED.into_iter().filter(|t| !names.iter().any(|n| n == t)).collect();
        if !missing.is_empty() {
            let missing = format!("it has no table {}", missing.join(", "));
            return Err(LegacyError::UnknownShape { path: path.to_owned(), missing });
        }
        let mut tables = BTreeMap::new();
        let mut others = BTreeMap::new();
        for table in names {
            let reading = |e: rusqlite::Error| LegacyError::Reading { table: table.clone(), message: e.to_string() };
            if MIGRATED.contains(&table.as_str()) {
                let rows = read_table(&db, &table).map_err(reading)?;
                tables.insert(table, rows);
            } else {
                let count: i64 = db
                    .query_row(&format!("select count(*) from {}", quoted(&table)), [], |r| r.get(0))
                    .map_err(reading)?;
                others.insert(table, usize::try_from(count).unwrap_or(0));
            }
        }
        let shape = shape_of(&tables["practice_record"]).ok_or_else(|| LegacyError::UnknownShape {
            path: path.to_owned(),
            missing: "practice_record has neither a column due nor review_date".to_owned(),
        })?;
        let stem = path.file_stem().map_or("legacy".into(), |s| s.to_string_lossy().into_owned());
        Ok(Source { name: name.map_or(stem, str::to_owned), shape, tables, others })
    }

    /// A table; an empty one if the file has none of that name.
    pub fn table(&self, name: &str) -> &LegacyTable {
        static EMPTY: LegacyTable = LegacyTable { columns: Vec::new(), rows: Vec::new() };
        self.tables.get(name).unwrap_or(&EMPTY)
    }

    /// What was found, in one line.
    pub fn found(&self) -> String {
        let rows: usize = self.tables.values().map(|t| t.rows.len()).sum();
        let absent: Vec<&str> = MIGRATED.into_iter().filter(|t| !self.tables.contains_key(*t)).collect();
        let absent = if absent.is_empty() { String::new() } else { format!("; it has no {}", absent.join(", ")) };
        format!("{}, {} tables, {rows} rows{absent}", self.shape, self.tables.len())
    }

    /// The newest time at which something was written into this file, as far as it tells. Stands in for the write time of rows
    /// that carry none: never the time of the migration, so that a second run is identical and newer edits win.
    pub fn newest(&self) -> Timestamp {
        let written = [
            ("practice_record", "practiced"),
            ("note", "created_date"),
            ("daily_practice_queue", "generated_at"),
            ("daily_practice_queue", "completed_at"),
            ("playlist_tune", "learned"),
            ("user", "email_verified"),
        ];
        let times = written.iter().flat_map(|(table, column)| {
            self.table(table).iter().filter_map(|row| match time::read(row.get(column)) {
                time::LegacyTime::At(at) => Some(at),
                _ => None,
            })
        });
        times.max().unwrap_or(Timestamp::from_micros(0))
    }
}

/// Which shape a practice table has.
pub(super) fn shape_of(practice: &LegacyTable) -> Option<Shape> {
    if practice.has("due") {
        Some(Shape::October2025)
    } else if practice.has("review_date") {
        Some(Shape::January2025)
    } else {
        None
    }
}

fn table_names(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

fn read_table(db: &Connection, table: &str) -> rusqlite::Result<LegacyTable> {
    let mut statement = db.prepare(&format!("select * from {}", quoted(table)))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement
        .query_map([], |row| (0..columns.len()).map(|at| Ok(cell(row.get_ref(at)?))).collect())?
        .collect::<rusqlite::Result<Vec<Vec<LegacyValue>>>>()?;
    Ok(LegacyTable { columns, rows })
}

fn cell(value: ValueRef<'_>) -> LegacyValue {
    match value {
        ValueRef::Null => LegacyValue::Null,
        ValueRef::Integer(n) => LegacyValue::Int(n),
        ValueRef::Real(x) => LegacyValue::Real(x),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => LegacyValue::Text(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
