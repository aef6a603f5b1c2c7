//! The account of a run: for every legacy table what was read, loaded, already there and left out, with the reason for each row, and
//! the comparison of what arrived with what was sent.

mod markdown;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::catalogue;
use super::compare::TableCheck;
use super::source::Source;

/// A row that was not loaded, or not as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its legacy key.
    pub legacy_id: String,
    /// Why.
    pub reason: String,
}

/// What happened to one legacy table.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TableReport {
    /// The legacy table.
    pub legacy: String,
    /// The new one.
    pub target: String,
    /// Rows that the file counts.
    pub in_file: usize,
    /// Rows that were read.
    pub read: usize,
    /// Rows new in the database.
    pub loaded: usize,
    /// Rows of an earlier run that have changed in the file since.
    pub updated: usize,
    /// Rows that were in the database before, and stay as they are there.
    pub already_there: usize,
    /// Rows added that the file does not have (demo defaults).
    pub added: usize,
    /// Rows not loaded.
    pub left_out: Vec<LeftOut>,
    /// Rows that are there, but not as the file has them; among those already there.
    pub kept: Vec<LeftOut>,
    /// Rows of earlier runs that are in the file no more; they stay.
    pub gone: Vec<String>,
    /// Rows loaded as tombstones (`deleted`); among those loaded or already there.
    pub tombstones: usize,
    /// Values that could not be taken as they were: `column: rule` → legacy keys.
    pub changes: BTreeMap<String, Vec<String>>,
}

impl TableReport {
    /// The account of a table, before its first row.
    pub fn of(table: &catalogue::LegacyTable, source: &Source) -> TableReport {
        TableReport {
            legacy: table.name.to_owned(),
            target: table.target.name().to_owned(),
            in_file: source.tables.get(table.name).map_or(0, |found| found.rows),
            ..TableReport::default()
        }
    }

    /// Is every row accounted for?
    pub fn is_explained(&self) -> bool {
        self.in_file == self.read && self.read == self.loaded + self.updated + self.already_there + self.left_out.len()
    }

    /// Lists a row as not loaded.
    pub fn leave_out(&mut self, legacy_id: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(LeftOut { legacy_id: legacy_id.into(), reason: reason.into() });
    }

    /// Lists a row as there, but different.
    pub fn keep(&mut self, legacy_id: impl Into<String>, reason: impl Into<String>) {
        self.kept.push(LeftOut { legacy_id: legacy_id.into(), reason: reason.into() });
    }

    /// Lists a value as changed.
    pub fn change(&mut self, legacy_id: &str, column: &str, rule: &str) {
        self.changes.entry(format!("{column}: {rule}")).or_default().push(legacy_id.to_owned());
    }

    /// The reasons with their counts.
    pub fn reasons(&self) -> BTreeMap<&str, usize> {
        counted(&self.left_out)
    }
}

fn counted(rows: &[LeftOut]) -> BTreeMap<&str, usize> {
    let mut reasons = BTreeMap::new();
    for row in rows {
        *reasons.entry(row.reason.as_str()).or_default() += 1;
    }
    reasons
}

/// A table of the file that has no place in the new schema.
#[derive(Clone, Debug, Serialize)]
pub struct NotMigrated {
    /// The legacy table.
    pub table: String,
    /// Its rows.
    pub rows: usize,
    /// Why it is not taken.
    pub reason: String,
}

/// A person of the file and the account she became.
#[derive(Clone, Debug, Serialize)]
pub struct AccountReport {
    /// Her legacy id.
    pub legacy_id: i64,
    /// The account's e-mail address.
    pub email: String,
    /// The account's id; none: to be invited.
    pub id: Option<String>,
    /// What was done: made, found, shared, to invite.
    pub what: String,
}

/// References of one kind that lead nowhere, counted over the whole database.
#[derive(Clone, Debug, Serialize)]
pub struct ReferenceCheck {
    /// `table.column → table`, or another rule in words.
    pub what: String,
    /// Rows that break it.
    pub broken: i64,
}

/// The comparison of both sides.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Validation {
    /// Chooses the samples; the same seed shows the same rows.
    pub seed: u64,
    /// One entry a migrated table.
    pub tables: Vec<TableCheck>,
    /// Every foreign key, and what belongs together without one.
    pub references: Vec<ReferenceCheck>,
}

impl Validation {
    /// What is wrong, one line each.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for t in self.tables.iter().filter(|t| !t.is_right()) {
            let first = t.differing.iter().take(5).map(|d| format!("{}: {}", d.legacy_id, d.reason));
            let first = first.collect::<Vec<_>>().join("; ");
            let rows = t.differing.len();
            complaints.push(format!("table {}: {rows} rows are not as the file says ({first})", t.target));
        }
        for r in self.references.iter().filter(|r| r.broken > 0) {
            complaints.push(format!("{}: {} rows lead nowhere", r.what, r.broken));
        }
        complaints
    }
}

/// The whole account of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The name of the source, part of every made id.
    pub source: String,
    /// What was found in the file.
    pub shape: String,
    /// The run's number in `legacy.run`; none after a dry run, or where there is no database.
    pub run: Option<i32>,
    /// Was everything rolled back at the end?
    pub dry_run: bool,
    /// Seconds that reading, converting and writing took.
    pub seconds: f64,
    /// The accounts.
    pub accounts: Vec<AccountReport>,
    /// One entry a migrated table, in loading order.
    pub tables: Vec<TableReport>,
    /// Tables without a place in the new schema.
    pub not_migrated: Vec<NotMigrated>,
    /// Columns that are not carried over, with the reason.
    pub dropped_columns: Vec<String>,
    /// The comparison of what arrived with what was sent.
    pub validation: Option<Validation>,
}

impl Report {
    /// The account of a source, before its first table.
    pub fn of(source: &Source) -> Report {
        let not_migrated = source.others.iter().map(|(table, rows)| NotMigrated {
            table: table.clone(),
            rows: *rows,
            reason: catalogue::why_not_migrated(table).to_owned(),
        });
        let mut dropped_columns = catalogue::dropped();
        for (column, values) in &source.unknown_columns {
            dropped_columns
                .push(format!("{column}: no known version had it; its {values} values are not carried over"));
        }
        Report {
            source: source.name.clone(),
            shape: source.found(),
            not_migrated: not_migrated.collect(),
            dropped_columns,
            ..Report::default()
        }
    }

    /// Is every row of every table accounted for, and did all arrive as sent?
    pub fn is_explained(&self) -> bool {
        self.tables.iter().all(TableReport::is_explained)
            && self.validation.as_ref().is_none_or(|v| v.complaints().is_empty())
    }

    /// The entry of a legacy table.
    pub fn table(&self, legacy: &str) -> Option<&TableReport> {
        self.tables.iter().find(|t| t.legacy == legacy)
    }

    /// People who have no account yet.
    pub fn to_invite(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().filter(|a| a.id.is_none()).map(|a| a.email.as_str())
    }

    /// Rows that were written, and how many a second.
    pub fn pace(&self) -> (usize, f64) {
        let rows: usize = self.tables.iter().map(|t| t.loaded + t.updated).sum();
        (rows, rows as f64 / self.seconds.max(1e-9))
    }

    /// A few lines for a terminal.
    pub fn summary(&self) -> String {
        let mut out = format!("{}: {}\n", self.source, self.shape);
        let _ = writeln!(
            out,
            "{:<26}{:>8}{:>8}{:>9}{:>9}{:>10}",
            "table", "read", "loaded", "updated", "present", "left out"
        );
        for t in &self.tables {
            let _ = writeln!(
                out,
                "{:<26}{:>8}{:>8}{:>9}{:>9}{:>10}{}",
                t.target,
                t.read,
                t.loaded,
                t.updated,
                t.already_there,
                t.left_out.len(),
                if t.is_explained() { "" } else { "  NOT EXPLAINED" }
            );
            for (reason, rows) in t.reasons() {
                let _ = writeln!(out, "    left out {rows}: {reason}");
            }
            for (reason, rows) in counted(&t.kept) {
                let _ = writeln!(out, "    kept {rows} as they are here: {reason}");
            }
            if !t.gone.is_empty() {
                let _ = writeln!(out, "    {} rows of earlier runs are in the file no more; they stay", t.gone.len());
            }
            if t.added > 0 {
                let _ = writeln!(out, "    added {} with default values", t.added);
            }
        }
        for t in self.not_migrated.iter().filter(|t| t.rows > 0) {
            let _ = writeln!(out, "not migrated: {} ({} rows): {}", t.table, t.rows, t.reason);
        }
        for email in self.to_invite() {
            let _ = writeln!(out, "TO INVITE: {email} has no account; her rows wait until she has one");
        }
        let (rows, pace) = self.pace();
        if rows > 0 && self.seconds > 0.0 {
            let _ = writeln!(out, "{rows} rows in {:.1} s, {pace:.0} rows a second", self.seconds);
        }
        for complaint in self.validation.iter().flat_map(Validation::complaints) {
            let _ = writeln!(out, "WRONG: {complaint}");
        }
        let end = match (self.dry_run, self.run) {
            (true, _) => "dry run: nothing was written".to_owned(),
            (false, Some(run)) => format!("run {run}, written in one transaction"),
            (false, None) => "written".to_owned(),
        };
        let accounted =
            if self.is_explained() { "every row is accounted for" } else { "NOT EVERY ROW IS ACCOUNTED FOR" };
        let _ = writeln!(out, "{end}; {accounted}");
        out
    }

    /// The whole report in Markdown.
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// The whole report in JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data with text keys always serialises")
    }
}
