//! Into a JSON file: what a run would write, without a database. One row a line, so that large files can be read line by line, too.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};

use crate::domain::time::Timestamp;
use crate::legacy::catalogue::TABLES;
use crate::legacy::compare::{Comparison, Standing, legacy_cells};
use crate::legacy::convert::draft::{Cell, Draft, carried};
use crate::legacy::convert::{Accounts, Converter, Here, Scope, Setting, UserMap};
use crate::legacy::error::LegacyError;
use crate::legacy::ids::legacy_uuid;
use crate::legacy::report::{AccountReport, Report, TableReport, Validation};
use crate::legacy::source::Source;
use crate::store::schema::{ColumnType, Table};

use super::{OnStep, Step, people};

/// The first line's `format`.
pub const FORMAT: &str = "tunetrees-legacy-1";

/// Writes everything that `source` gives into `path`, then reads it back and compares. People get the ids that a run would give them if it
/// had to make their accounts.
pub fn write(
    source: &Source,
    path: &Path,
    map: &UserMap,
    seed: u64,
    on_step: OnStep<'_>,
) -> Result<Report, LegacyError> {
    let started = std::time::Instant::now();
    let failed = |e: &dyn std::fmt::Display| LegacyError::Write { path: path.to_owned(), message: e.to_string() };
    let now = Timestamp::from(chrono::Utc::now());
    let setting = || setting(source, map, now);
    let mut report = Report::of(source);
    let first = setting()?;
    for person in first.people.iter() {
        let what = match first.people.shares_with(person.legacy_id) {
            Some(other) => format!("shared with user {other}"),
            None => "an id for the file only".to_owned(),
        };
        let id = first.accounts.get(&person.legacy_id).map(ToString::to_string);
        report.accounts.push(AccountReport { legacy_id: person.legacy_id, email: person.email.clone(), id, what });
    }
    // The whole file or none: a name that is never half a file.
    let partial = path.with_extension("json.partial");
    let mut out = BufWriter::new(File::create(&partial).map_err(|e| failed(&e))?);
    let result = pour(source, first, &mut out, &mut report, on_step);
    let written = result.and_then(|()| out.flush().map_err(|e| failed(&e)));
    drop(out);
    report.seconds = started.elapsed().as_secs_f64();
    let compared = written.and_then(|()| compare(source, setting()?, &partial, seed));
    let moved = compared.and_then(|found| {
        report.validation = Some(found);
        std::fs::rename(&partial, path).map_err(|e| failed(&e))
    });
    if let Err(error) = moved {
        let _ = std::fs::remove_file(&partial);
        return Err(error);
    }
    Ok(report)
}

fn setting(source: &Source, map: &UserMap, now: Timestamp) -> Result<Setting, LegacyError> {
    let people = people(source, map)?;
    let mut accounts = Accounts::new();
    for person in people.iter() {
        let owner = people.shares_with(person.legacy_id).unwrap_or(person.legacy_id);
        accounts.insert(person.legacy_id, legacy_uuid(&source.name, "user", &owner.to_string()));
    }
    let (known, here) = Default::default();
    let here: Here = here;
    Ok(Setting {
        scope: Scope::Everybody,
        source: source.name.clone(),
        people,
        accounts,
        known,
        here,
        written: source.newest(now)?,
        now,
    })
}

fn pour(
    source: &Source,
    setting: Setting,
    out: &mut impl Write,
    report: &mut Report,
    on_step: OnStep<'_>,
) -> Result<(), LegacyError> {
    let failed = |e: std::io::Error| LegacyError::Write { path: "the JSON file".into(), message: e.to_string() };
    let accounts = serde_json::to_value(&report.accounts).unwrap_or_default();
    let mut converter = Converter::new(setting);
    writeln!(
        out,
        "{{\"format\":{},\"source\":{},\"accounts\":{accounts},\"tables\":{{",
        json!(FORMAT),
        json!(source.name)
    )
    .map_err(failed)?;
    let mut done = 0;
    for (at, table) in TABLES.iter().enumerate() {
        let mut table_report = TableReport::of(table, source);
        let unique = source.tables.get(table.name).is_some_and(|found| found.unique);
        writeln!(out, "{}:[", json!(table.target.name())).map_err(failed)?;
        source.each(table, |row| {
            if let Some(draft) = converter.row(table, row, unique, &mut table_report) {
                let comma = if table_report.loaded == 0 { "" } else { "," };
                writeln!(out, "{comma}{}", draft.to_json()).map_err(failed)?;
                table_report.loaded += 1;
            }
            let read = table_report.read;
            let step = Step { doing: "writing", table: table.name, done: done + read, all: source.rows() };
            if read.is_multiple_of(1_000) && on_step(step) == ControlFlow::Break(()) {
                return Err(LegacyError::Stopped(table.name.to_owned()));
            }
            Ok(())
        })?;
        let comma = if at + 1 == TABLES.len() { "" } else { "," };
        writeln!(out, "]{comma}").map_err(failed)?;
        done += table_report.read;
        report.tables.push(table_report);
    }
    writeln!(out, "}}}}").map_err(failed)
}

/// Reads the file back, line by line, beside the source.
fn compare(source: &Source, setting: Setting, path: &Path, seed: u64) -> Result<Validation, LegacyError> {
    let failed = |e: &dyn std::fmt::Display| LegacyError::Write { path: path.to_owned(), message: e.to_string() };
    let mut lines = BufReader::new(File::open(path).map_err(|e| failed(&e))?).lines();
    let mut converter = Converter::new(setting);
    let mut validation = Validation { seed, ..Validation::default() };
    lines.next();
    for table in &TABLES {
        let mut comparison = Comparison::new(table, seed);
        let unique = source.tables.get(table.name).is_some_and(|found| found.unique);
        let mut unheard = TableReport::default();
        lines.next();
        source.each(table, |row| {
            let Some(draft) = converter.row(table, row, unique, &mut unheard) else { return Ok(()) };
            let line = lines.next().transpose().map_err(|e| failed(&e))?.unwrap_or_default();
            let raw = comparison.wants(&draft.legacy_id).then(|| legacy_cells(row));
            let standing = match serde_json::from_str::<Value>(line.trim_start_matches(',')) {
                Ok(value) => Standing::Same(cells(&draft, &value)),
                Err(_) => Standing::Missing,
            };
            comparison.add(&draft, raw.as_deref(), standing);
            Ok(())
        })?;
        lines.next();
        validation.tables.push(comparison.finish());
    }
    Ok(validation)
}

fn cells(draft: &Draft, value: &Value) -> Vec<Cell> {
    let table: Table = draft.table;
    let read = |name: &str, ty: ColumnType| {
        let value = &value[name];
        let text = value.as_str();
        let cell: Option<Cell> = match ty {
            ColumnType::Uuid => text.and_then(|t| t.parse().ok()).map(Cell::Uuid),
            ColumnType::Text => text.map(|t| Cell::Text(t.to_owned())),
            ColumnType::Bool => value.as_bool().map(Cell::Bool),
            ColumnType::Int => value.as_i64().and_then(|n| i32::try_from(n).ok()).map(Cell::Int),
            // The parser of our JSON may miss the last bit of a number; its text has it.
            ColumnType::Real => value.as_f64().map(|read| match draft.get(name) {
                Cell::Real(sent) if (sent - read).abs() <= f64::EPSILON * sent.abs() => Cell::Real(*sent),
                _ => Cell::Real(read),
            }),
            ColumnType::Timestamp => text.and_then(|t| t.parse().ok()).map(Cell::At),
            ColumnType::Date => text.and_then(|t| t.parse().ok()).map(Cell::Date),
        };
        cell.unwrap_or(Cell::Null)
    };
    carried(table).map(|column| read(column.name, column.ty)).collect()
}
