//! The bundled demo data: an excerpt of the legacy test database as JSON, for those who have only the repository. It takes the same
//! way as a file. Times such as `@-3 18:30:00` mean three days before today, so that a queue always has something due.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::domain::time::Timestamp;

use super::error::LegacyError;
use super::source::{Source, shape_of};
use super::value::{LegacyTable, LegacyValue};

/// The excerpt. MIT licence, as its origin, the test database of the old TuneTrees.
const EXCERPT: &str = include_str!("../../migrations/demo/irish-tunes.json");

/// The name that demo data has in ids and in `legacy.id_mapping`, whichever of the two it comes from.
pub const DEMO: &str = "demo";

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
        Some(path) => Source::open(&path, Some(DEMO)),
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
    let tables: BTreeMap<String, LegacyTable> = excerpt
        .tables
        .into_iter()
        .map(|(name, table)| {
            let rows = table.rows.into_iter().map(|row| row.into_iter().map(|v| cell(v, now)).collect()).collect();
            (name, LegacyTable { columns: table.columns, rows })
        })
        .collect();
    let shape = tables
        .get("practice_record")
        .and_then(shape_of)
        .ok_or_else(|| LegacyError::Excerpt("no practice records".to_owned()))?;
    Ok(Source { name: DEMO.to_owned(), shape, tables, others: BTreeMap::new() })
}

fn cell(value: Value, now: Timestamp) -> LegacyValue {
    match value {
        Value::Null => LegacyValue::Null,
        Value::Bool(flag) => LegacyValue::Int(i64::from(flag)),
        Value::Number(n) => {
            n.as_i64().map_or_else(|| n.as_f64().map_or(LegacyValue::Null, LegacyValue::Real), LegacyValue::Int)
        }
        Value::String(text) => LegacyValue::Text(relative(&text, now).unwrap_or(text)),
        other => LegacyValue::Text(other.to_string()),
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
        let source = bundled("2026-03-02T10:00:00Z".parse().unwrap()).unwrap();
        assert!(source.table("tune").rows.len() >= 50);
        assert!(source.newest() < "2026-03-03T00:00:00Z".parse().unwrap());
    }
}
