//! The bundled demo data: an excerpt of the legacy test database as JSON, for those who have only the repository. It takes the same
//! way as a file. Times such as `@-3 18:30:00` mean three days before today, so that a queue always has something due.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::time::Timestamp;

use super::error::LegacyError;
use super::source::{Source, quoted};

/// The excerpt. MIT licence, as its origin, the test database of the old TuneTrees.
const EXCERPT: &str = include_str!("../../migrations/demo/irish-tunes.json");

/// The name of the bundled excerpt in ids and in `legacy.id_mapping`.
pub const DEMO: &str = "demo";

/// The name of the whole legacy test database as demo data: another one, for its rows have other ids and other owners.
pub const DEMO_WHOLE: &str = "demo-legacy";

#[derive(Deserialize)]
struct Excerpt {
    tables: BTreeMap<String, ExcerptTable>,
}

#[derive(Deserialize)]
struct ExcerptTable {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

/// The demo data: the legacy test database if it lies in a `shared/legacy` beside or above `start`, else the excerpt.
pub fn demo(start: &Path, now: Timestamp) -> Result<Source, LegacyError> {
    match shared_database(start) {
        Some(path) => Source::open(&path, Some(DEMO_WHOLE)),
        None => bundled(now),
    }
}

/// `../shared/legacy/tunetrees_test_clean.sqlite3`, from `start` or (in a worktree) from the directory above it.
pub fn shared_database(start: &Path) -> Option<PathBuf> {
    let above = start.ancestors().skip(1).take(2);
    above.map(|dir| dir.join("shared/legacy/tunetrees_test_clean.sqlite3")).find(|path| path.is_file())
}

/// The bundled excerpt, its relative times counted from `now`.
pub fn bundled(now: Timestamp) -> Result<Source, LegacyError> {
    let excerpt: Excerpt = serde_json::from_str(EXCERPT).map_err(|e| LegacyError::Excerpt(e.to_string()))?;
    let db = in_memory(excerpt, now).map_err(|e| LegacyError::Excerpt(e.to_string()))?;
    Source::over(db, DEMO, "the bundled demo data")
}

/// As the SQLite database that it is an excerpt of, without the types of its columns.
fn in_memory(excerpt: Excerpt, now: Timestamp) -> rusqlite::Result<Connection> {
    let db = Connection::open_in_memory()?;
    for (name, table) in excerpt.tables {
        let columns = table.columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
        db.execute_batch(&format!("create table {} ({columns})", quoted(&name)))?;
        let places = vec!["?"; table.columns.len()].join(", ");
        let mut insert = db.prepare(&format!("insert into {} values ({places})", quoted(&name)))?;
        for row in table.rows {
            insert.execute(params_from_iter(row.into_iter().map(|value| cell(value, now))))?;
        }
    }
    Ok(db)
}

fn cell(value: Value, now: Timestamp) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Bool(flag) => SqlValue::Integer(i64::from(flag)),
        Value::Number(n) => {
            n.as_i64().map_or_else(|| n.as_f64().map_or(SqlValue::Null, SqlValue::Real), SqlValue::Integer)
        }
        Value::String(text) => SqlValue::Text(relative(&text, now).unwrap_or(text)),
        other => SqlValue::Text(other.to_string()),
    }
}

/// `@-3 18:30:00` → that time of day three days before `now`'s date.
fn relative(text: &str, now: Timestamp) -> Option<String> {
    let (days, clock) = text.strip_prefix('@')?.split_once(' ')?;
    let days: i64 = days.parse().ok()?;
    let date = now.plus_days(days).to_chrono().format("%Y-%m-%d");
    Some(format!("{date} {clock}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn relative_times_count_from_today() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(relative("@-3 18:30:00", now).as_deref(), Some("2026-02-27 18:30:00"));
        assert_eq!(relative("@+1 08:00:00", now).as_deref(), Some("2026-03-03 08:00:00"));
        assert_eq!(relative("2024-01-01", now), None);
    }

    #[test]
    fn the_bundled_excerpt_reads() {
        let now = "2026-03-02T10:00:00Z".parse().unwrap();
        let source = bundled(now).unwrap();
        assert!(source.tables["tune"].rows >= 50);
        assert!(source.newest(now).unwrap() <= now);
    }
}
