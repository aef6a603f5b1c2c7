//! The account of a run: for every legacy table what was read, loaded, already there and left out, with the reason for each row.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

/// A row that was not loaded.
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
    /// Rows in the file.
    pub read: usize,
    /// Rows new in the database.
    pub loaded: usize,
    /// Rows that were in the database before.
    pub already_there: usize,
    /// Rows added that the file does not have (demo defaults).
    pub added: usize,
    /// Rows not loaded.
    pub left_out: Vec<LeftOut>,
    /// Rows loaded as tombstones (`deleted`); among those loaded or already there.
    pub tombstones: usize,
    /// Values that could not be taken as they were: `column: rule` → legacy keys.
    pub changes: BTreeMap<String, Vec<String>>,
}

impl TableReport {
    /// Is every row accounted for?
    pub fn is_explained(&self) -> bool {
        self.read == self.loaded + self.already_there + self.left_out.len()
    }

    /// Lists a row as not loaded.
    pub fn leave_out(&mut self, legacy_id: impl Into<String>, reason: impl Into<String>) {
        self.left_out.push(LeftOut { legacy_id: legacy_id.into(), reason: reason.into() });
    }

    /// Lists a value as changed.
    pub fn change(&mut self, legacy_id: &str, column: &str, rule: &str) {
        self.changes.entry(format!("{column}: {rule}")).or_default().push(legacy_id.to_owned());
    }

    /// The reasons with their counts.
    pub fn reasons(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for row in &self.left_out {
            *reasons.entry(row.reason.as_str()).or_default() += 1;
        }
        reasons
    }
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
    /// The account's id.
    pub id: String,
    /// What was done: made, found, shared.
    pub what: String,
}

/// The whole account of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The name of the source, part of every made id.
    pub source: String,
    /// What was found in the file.
    pub shape: String,
    /// Was everything rolled back at the end?
    pub dry_run: bool,
    /// The accounts.
    pub accounts: Vec<AccountReport>,
    /// One entry a migrated table, in loading order.
    pub tables: Vec<TableReport>,
    /// Tables without a place in the new schema.
    pub not_migrated: Vec<NotMigrated>,
    /// Columns that are not carried over, with the reason.
    pub dropped_columns: Vec<String>,
}

impl Report {
    /// Is every row of every table accounted for?
    pub fn is_explained(&self) -> bool {
        self.tables.iter().all(TableReport::is_explained)
    }

    /// The entry of a legacy table.
    pub fn table(&self, legacy: &str) -> Option<&TableReport> {
        self.tables.iter().find(|t| t.legacy == legacy)
    }

    /// A few lines for a terminal.
    pub fn summary(&self) -> String {
        let mut out = format!("{}: {}\n", self.source, self.shape);
        let _ = writeln!(out, "{:<26}{:>7}{:>8}{:>9}{:>9}", "table", "read", "loaded", "present", "left out");
        for t in &self.tables {
            let _ = writeln!(
                out,
                "{:<26}{:>7}{:>8}{:>9}{:>9}{}",
                t.target,
                t.read,
                t.loaded,
                t.already_there,
                t.left_out.len(),
                if t.is_explained() { "" } else { "  NOT EXPLAINED" }
            );
            for (reason, rows) in t.reasons() {
                let _ = writeln!(out, "    left out {rows}: {reason}");
            }
            if t.added > 0 {
                let _ = writeln!(out, "    added {} with default values", t.added);
            }
        }
        for t in self.not_migrated.iter().filter(|t| t.rows > 0) {
            let _ = writeln!(out, "not migrated: {} ({} rows): {}", t.table, t.rows, t.reason);
        }
        let end = if self.dry_run { "dry run: nothing was written" } else { "written in one transaction" };
        let _ = writeln!(
            out,
            "{end}; {}",
            if self.is_explained() { "every row is accounted for" } else { "ROWS ARE MISSING" }
        );
        out
    }

    /// The whole report in Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# Migration of {}\n\n{}. ", self.source, self.shape);
        out.push_str(if self.dry_run { "Dry run: nothing was written.\n" } else { "Written in one transaction.\n" });
        out.push_str(if self.is_explained() {
            "Every row read is loaded, was already there, or is listed below.\n"
        } else {
            "**Not every row is accounted for.**\n"
        });
        out.push_str("\n## Accounts\n\n| legacy id | e-mail | account | |\n|---|---|---|---|\n");
        for a in &self.accounts {
            let _ = writeln!(out, "| {} | {} | `{}` | {} |", a.legacy_id, cell(&a.email), a.id, a.what);
        }
        out.push_str(
            "\n## Tables\n\n| legacy table | table | read | loaded | already there | left out | tombstones | added |\n",
        );
        out.push_str("|---|---|---:|---:|---:|---:|---:|---:|\n");
        for t in &self.tables {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                t.legacy,
                t.target,
                t.read,
                t.loaded,
                t.already_there,
                t.left_out.len(),
                t.tombstones,
                t.added
            );
        }
        out.push_str("\n## Rows left out\n");
        for t in self.tables.iter().filter(|t| !t.left_out.is_empty()) {
            let _ = writeln!(out, "\n### {}\n\n| row | reason |\n|---|---|", t.legacy);
            for row in &t.left_out {
                let _ = writeln!(out, "| {} | {} |", cell(&row.legacy_id), cell(&row.reason));
            }
        }
        out.push_str("\n## Values changed\n\n| table | column and rule | rows | which |\n|---|---|---:|---|\n");
        for t in &self.tables {
            for (rule, rows) in &t.changes {
                let more = if rows.len() > 40 { " …" } else { "" };
                let which = rows.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
                let _ = writeln!(out, "| {} | {} | {} | {}{more} |", t.legacy, cell(rule), rows.len(), cell(&which));
            }
        }
        out.push_str("\n## Not carried over\n\n");
        for t in &self.not_migrated {
            let _ = writeln!(out, "- table `{}`, {} rows: {}", t.table, t.rows, t.reason);
        }
        for column in &self.dropped_columns {
            let _ = writeln!(out, "- {column}");
        }
        out
    }

    /// The whole report in JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data with text keys always serialises")
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
