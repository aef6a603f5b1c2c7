//! The legacy tables and columns, and what becomes of each: what the converter goes by, what a report calls "not carried over", and
//! the table in `docs/migration-guide.md`. A test checks it against the converter, both legacy files and the new schema.

mod people;
mod practice;
mod repertoire;
mod rules;
mod tunes;

use std::fmt::Write as _;

use crate::store::schema::Table;

/// What becomes of a legacy column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// The column of the same name, with the same value.
    Same,
    /// That column, by a rule.
    Rule(&'static str, &'static str),
    /// Nothing, for that reason.
    Dropped(&'static str),
}

/// One legacy table.
#[derive(Debug)]
pub struct LegacyTable {
    /// Its name.
    pub name: &'static str,
    /// Where its rows go.
    pub target: Table,
    /// The columns that name a row.
    pub key: &'static [&'static str],
    /// Rows that could turn out to be one row in the new schema agree in this column; they are read together, the living first.
    pub near: Option<&'static str>,
    /// Its columns over all shapes.
    pub columns: &'static [(&'static str, Becomes)],
    /// Columns of the target that no legacy column fills, and what they get.
    pub fills: &'static [(&'static str, &'static str)],
}

impl LegacyTable {
    /// What becomes of a column; `None` if no known version of the old product had it.
    pub fn column(&self, name: &str) -> Option<Becomes> {
        self.columns.iter().find(|(column, _)| *column == name).map(|(_, becomes)| *becomes)
    }
}

/// All of them, parents first: the order of loading.
pub const TABLES: [LegacyTable; 19] = [
    people::USER,
    tunes::GENRE,
    tunes::TUNE_TYPE,
    tunes::GENRE_TUNE_TYPE,
    tunes::INSTRUMENT,
    tunes::TUNE,
    tunes::TUNE_OVERRIDE,
    repertoire::PLAYLIST,
    repertoire::PLAYLIST_TUNE,
    practice::PRACTICE_RECORD,
    repertoire::NOTE,
    repertoire::REFERENCE,
    repertoire::TAG,
    people::PREFS_SPACED_REPETITION,
    people::PREFS_SCHEDULING_OPTIONS,
    practice::DAILY_PRACTICE_QUEUE,
    people::TAB_GROUP_MAIN_STATE,
    people::TABLE_STATE,
    practice::TABLE_TRANSIENT_DATA,
];

/// The table of that name, if it is migrated.
pub fn table(name: &str) -> Option<&'static LegacyTable> {
    const { &TABLES }.iter().find(|t| t.name == name)
}

/// Why a legacy table that is not among [`TABLES`] has no place in the new schema.
pub fn why_not_migrated(table: &str) -> &'static str {
    match table {
        "account" | "session" | "verification_token" => "sign-in data of the old server; people sign in anew",
        "alembic_version" => "bookkeeping of the old schema",
        "practice_history" | "user_annotation_set" | "external_ref" => "given up by the old product itself",
        _ => "not a table that TuneTrees is known to use",
    }
}

/// The columns that are not carried over, each with its reason.
pub fn dropped() -> Vec<String> {
    let dropped = const { &TABLES }.iter().flat_map(|table| {
        table.columns.iter().filter_map(|(column, becomes)| match becomes {
            Becomes::Dropped(reason) => Some(format!("{}.{column}: {reason}", table.name)),
            _ => None,
        })
    });
    dropped.collect()
}

/// The whole catalogue in Markdown, for the guide.
pub fn to_markdown() -> String {
    let mut out = String::new();
    for table in const { &TABLES } {
        let _ = writeln!(
            out,
            "### `{}` → `{}`\n\n| legacy column | column | rule |\n|---|---|---|",
            table.name, table.target
        );
        for (column, becomes) in table.columns {
            let (target, rule) = match becomes {
                Becomes::Same => (format!("`{column}`"), "as it is"),
                Becomes::Rule(target, rule) => (format!("`{target}`"), *rule),
                Becomes::Dropped(reason) => ("dropped".to_owned(), *reason),
            };
            let _ = writeln!(out, "| `{column}` | {target} | {rule} |");
        }
        for (column, what) in table.fills {
            let _ = writeln!(out, "| (none) | `{column}` | {what} |");
        }
        out.push('\n');
    }
    out
}
