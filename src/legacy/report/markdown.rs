//! A report for people: counts, then every row and value that needs a word, then the comparison, then rows side by side.

use std::fmt::Write as _;

use super::{LeftOut, Report, Validation};

pub(super) fn write(report: &Report) -> String {
    let mut out = format!("# Migration of {}\n\n{}. ", report.source, report.shape);
    match (report.dry_run, report.run) {
        (true, _) => out.push_str("Dry run: nothing was written.\n"),
        (false, Some(run)) => {
            let _ = writeln!(out, "Run {run}, written in one transaction.");
        }
        (false, None) => out.push_str("Written.\n"),
    }
    out.push_str(if report.is_explained() {
        "Every row read is loaded, was already there, or is listed below.\n"
    } else {
        "**Not every row is accounted for.**\n"
    });
    accounts(&mut out, report);
    tables(&mut out, report);
    out.push_str("\n## Rows left out\n");
    for t in report.tables.iter().filter(|t| !t.left_out.is_empty()) {
        list(&mut out, &t.legacy, &t.left_out);
    }
    out.push_str("\n## Rows kept as they are here\n");
    for t in report.tables.iter().filter(|t| !t.kept.is_empty()) {
        list(&mut out, &t.legacy, &t.kept);
    }
    for t in report.tables.iter().filter(|t| !t.gone.is_empty()) {
        let _ = writeln!(out, "\nOf `{}` in the file no more, kept here: {}", t.legacy, cell(&t.gone.join(", ")));
    }
    out.push_str("\n## Values changed\n\n| table | column and rule | rows | which |\n|---|---|---:|---|\n");
    for t in &report.tables {
        for (rule, rows) in &t.changes {
            let which = rows.join(", ");
            let _ = writeln!(out, "| {} | {} | {} | {} |", t.legacy, cell(rule), rows.len(), cell(&which));
        }
    }
    out.push_str("\n## Not carried over\n\n");
    for t in &report.not_migrated {
        let _ = writeln!(out, "- table `{}`, {} rows: {}", t.table, t.rows, t.reason);
    }
    for column in &report.dropped_columns {
        let _ = writeln!(out, "- {}", column.replace(['\n', '\r'], " "));
    }
    if let Some(found) = &report.validation {
        validation(&mut out, found);
    }
    out
}

fn accounts(out: &mut String, report: &Report) {
    out.push_str("\n## Accounts\n\n| legacy id | e-mail | account | |\n|---|---|---|---|\n");
    for a in &report.accounts {
        let id = a.id.as_ref().map_or(String::new(), |id| format!("`{id}`"));
        let _ = writeln!(out, "| {} | {} | {id} | {} |", a.legacy_id, cell(&a.email), a.what);
    }
}

fn tables(out: &mut String, report: &Report) {
    out.push_str("\n## Tables\n\n| legacy table | table | read | loaded | updated | already there | left out | tombstones | added |\n");
    out.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for t in &report.tables {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            t.legacy,
            t.target,
            t.read,
            t.loaded,
            t.updated,
            t.already_there,
            t.left_out.len(),
            t.tombstones,
            t.added
        );
    }
}

fn list(out: &mut String, table: &str, rows: &[LeftOut]) {
    let _ = writeln!(out, "\n### {table}\n\n| row | reason |\n|---|---|");
    for row in rows {
        let _ = writeln!(out, "| {} | {} |", cell(&row.legacy_id), cell(&row.reason));
    }
}

fn validation(out: &mut String, found: &Validation) {
    out.push_str("\n## Both sides compared\n\n");
    let complaints = found.complaints();
    if complaints.is_empty() {
        out.push_str("Every row was read back and compared value by value; nothing differs but what is listed.\n");
    }
    for complaint in &complaints {
        let _ = writeln!(out, "- **{}**", cell(complaint));
    }
    out.push_str("\nSums over column groups, computed from the legacy file and, on their own, from the database:\n\n");
    out.push_str("| table | rows in file | rows here | excused | columns | sum of the file | sum here | |\n|---|---:|---:|---:|---|---|---|---|\n");
    for t in &found.tables {
        for s in &t.sums {
            let same = if s.legacy == s.here { "same" } else { "**DIFFERS**" };
            let (legacy, here, excused) = (t.rows_legacy, t.rows_here, t.excused.len());
            let group = format!("{:?}", s.group).to_lowercase();
            let _ = writeln!(
                out,
                "| {} | {legacy} | {here} | {excused} | {group} | `{}` | `{}` | {same} |",
                t.target, s.legacy, s.here
            );
        }
    }
    out.push_str("\n| reference | broken |\n|---|---:|\n");
    for r in &found.references {
        let _ = writeln!(out, "| {} | {} |", cell(&r.what), r.broken);
    }
    for t in found.tables.iter().filter(|t| !t.excused.is_empty()) {
        let _ = writeln!(out, "\nExcused from the comparison:");
        list(out, &t.target, &t.excused);
    }
    let _ = writeln!(out, "\n## Rows side by side\n\nChosen by chance, seed {}.", found.seed);
    for t in found.tables.iter().filter(|t| !t.samples.is_empty()) {
        let _ = writeln!(out, "\n### {}\n\n| row | column | legacy | here |\n|---|---|---|---|", t.target);
        for s in &t.samples {
            for (at, v) in s.values.iter().enumerate() {
                let row = if at == 0 { format!("{} `{}`", cell(&s.legacy_id), s.id) } else { String::new() };
                let _ = writeln!(out, "| {row} | {} | {} | {} |", cell(&v.column), cell(&v.legacy), cell(&v.here));
            }
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}
