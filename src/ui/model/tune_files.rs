//! Her tunes as files for other programs: ABC notation, a table (CSV). Pure.

use std::fmt::Write as _;

use super::abc;
use super::fields::{kind_name, title};
use crate::domain::csv;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune_list::ListedTune;

/// An ABC file: one tune after the other, numbered, each with its first bars.
pub fn abc_file(tunes: &[ListedTune]) -> String {
    let mut out = String::from("%abc-2.1\n");
    for (at, tune) in tunes.iter().enumerate() {
        out.push('\n');
        let fields = &tune.fields;
        let _ = writeln!(out, "X:{}\nT:{}", at + 1, line(&title(fields)));
        let body = fields.incipit.as_deref().unwrap_or_default();
        if body.lines().any(|line| line.trim_start().starts_with("K:")) {
            // A whole tune: it has headers of its own.
            let own = |line: &&str| !line.trim().is_empty() && !line.starts_with("X:") && !line.starts_with("T:");
            body.lines().filter(own).for_each(|line| out.push_str(&format!("{line}\n")));
            continue;
        }
        if let Some(kind) = fields.kind.as_deref() {
            let _ = writeln!(out, "R:{}", line(kind_name(kind)).to_lowercase());
            if let Some(metre) = abc::metre(kind) {
                let _ = writeln!(out, "M:{metre}");
            }
        }
        if let Some(parts) = fields.structure.as_deref() {
            let _ = writeln!(out, "N:parts {}", line(parts));
        }
        let key = fields.mode.as_deref().and_then(abc::key).unwrap_or_else(|| "C".into());
        let _ = writeln!(out, "L:1/8\nK:{key}");
        // A blank line would end the tune.
        body.lines()
            .filter(|line| !line.trim().is_empty())
            .for_each(|bars| out.push_str(&format!("{}\n", bars.trim())));
    }
    out
}

/// The columns of [`csv_file`].
const COLUMNS: [&str; 14] = [
    "Title",
    "Type",
    "Key",
    "Structure",
    "Incipit",
    "Genre",
    "Repertoires",
    "Own tune",
    "Tags",
    "Learned",
    "Times practised",
    "Last practised",
    "Due",
    "Kind id",
];

/// A table that spreadsheets open: UTF-8 with a byte order mark, CRLF, a comma between cells.
pub fn csv_file(tunes: &[ListedTune], zone: &impl Zone) -> String {
    let mut out = csv::BYTE_ORDER_MARK.to_owned();
    csv::push_row(&mut out, COLUMNS);
    let day = |at: Option<Timestamp>| at.map(|at| zone.date_at(at).to_string()).unwrap_or_default();
    for tune in tunes {
        let fields = &tune.fields;
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        csv::push_row(
            &mut out,
            [
                text(&fields.title),
                fields.kind.as_deref().map(kind_name).unwrap_or_default().to_owned(),
                text(&fields.mode),
                text(&fields.structure),
                text(&fields.incipit),
                text(&fields.genre),
                tune.repertoires.join("; "),
                if tune.private { "yes".to_owned() } else { String::new() },
                tune.tags.join("; "),
                day(tune.learned),
                tune.practised.to_string(),
                day(tune.last_practised),
                day(tune.due),
                text(&fields.kind),
            ],
        );
    }
    out
}

/// On one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tune::TuneFields;

    fn tune(title: &str, incipit: &str) -> ListedTune {
        let fields = TuneFields {
            title: Some(title.into()),
            kind: Some("JigD".into()),
            mode: Some("A Dorian".into()),
            structure: Some("AABB".into()),
            incipit: Some(incipit.into()),
            genre: Some("ITRAD".into()),
        };
        ListedTune { fields, repertoires: vec!["Flute".into(), "Fiddle".into()], practised: 3, ..ListedTune::default() }
    }

    #[test]
    fn an_abc_file_has_a_numbered_tune_for_each() {
        let whole = "X:7\nT:Other name\nM:6/8\nL:1/8\nK:G\n|:GAG\n\nBAB:|";
        let file = abc_file(&[tune("The Kesh\nJig", "|:GAG GAB|\n\nABA|"), tune("Whole", whole)]);
        assert_eq!(
            file,
            "%abc-2.1\n\nX:1\nT:The Kesh Jig\nR:jig\nM:6/8\nN:parts AABB\nL:1/8\nK:Ador\n|:GAG GAB|\nABA|\n\nX:2\nT:Whole\nM:6/8\nL:1/8\nK:G\n|:GAG\nBAB:|\n"
        );
        assert_eq!(abc_file(&[]), "%abc-2.1\n");
    }

    #[test]
    fn a_table_keeps_commas_quotes_and_lines_in_their_cells() {
        let file = csv_file(&[tune("O'Brien, \"The\"", "GAG\nBAB")], &chrono::Utc);
        let rows: Vec<&str> = file.split("\r\n").collect();
        assert!(rows[0].starts_with("\u{feff}Title,Type,Key,"), "{}", rows[0]);
        assert_eq!(
            rows[1],
            "\"O'Brien, \"\"The\"\"\",Jig,A Dorian,AABB,\"GAG\nBAB\",ITRAD,\"Flute; Fiddle\",,,,3,,,JigD"
        );
    }
}
