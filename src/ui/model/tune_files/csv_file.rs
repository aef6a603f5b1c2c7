//! A table that spreadsheets open: UTF-8 with a byte order mark, CRLF, a comma between cells.

use super::said;
use crate::domain::csv::{self, Meaning};
use crate::domain::kinds::kind_name;
use crate::domain::scheduling::Goal;
use crate::domain::time::{Timestamp, Zone};
use crate::domain::tune_list::ListedTune;

/// Its columns. Those with a meaning come back by our own import.
const COLUMNS: [&str; 18] = [
    Meaning::Title.label(),
    Meaning::Aliases.label(),
    Meaning::Kind.label(),
    Meaning::Mode.label(),
    Meaning::Structure.label(),
    Meaning::Incipit.label(),
    Meaning::Genre.label(),
    Meaning::Tags.label(),
    Meaning::Goal.label(),
    Meaning::Learned.label(),
    Meaning::Link.label(),
    Meaning::Note.label(),
    Meaning::Abc.label(),
    "Repertoires",
    "Own tune",
    "Times practised",
    "Last practised",
    "Due",
];

/// The table.
pub fn csv_file(tunes: &[ListedTune], zone: &impl Zone) -> String {
    let mut out = csv::BYTE_ORDER_MARK.to_owned();
    csv::push_row(&mut out, COLUMNS);
    let day = |at: Option<Timestamp>| at.map(|at| zone.date_at(at).to_string()).unwrap_or_default();
    for tune in tunes {
        let fields = &tune.fields;
        let said = said(tune);
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let goal = match Goal::from_stored(tune.goal.as_deref()) {
            Goal::Recall => String::new(),
            Goal::Other(word) => word,
            known => known.label().to_owned(),
        };
        csv::push_row(
            &mut out,
            [
                text(&fields.title),
                csv::list(&said.aliases),
                fields.kind.as_deref().map(kind_name).unwrap_or_default().to_owned(),
                text(&fields.mode),
                text(&fields.structure),
                text(&fields.incipit),
                text(&fields.genre),
                csv::list(&tune.tags),
                goal,
                day(tune.learned),
                tune.links.join("\n"),
                csv::together(&said.words),
                csv::together(&said.abc),
                tune.repertoires.join("; "),
                if tune.private { "yes".to_owned() } else { String::new() },
                tune.practised.to_string(),
                day(tune.last_practised),
                day(tune.due),
            ],
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tune::TuneFields;

    #[test]
    fn a_table_keeps_commas_quotes_and_lines_in_their_cells() {
        let tune = ListedTune {
            fields: TuneFields {
                title: Some("O'Brien, \"The\"".into()),
                kind: Some("JigD".into()),
                incipit: Some("GAG\nBAB".into()),
                ..TuneFields::default()
            },
            repertoires: vec!["Flute".into(), "Fiddle".into()],
            tags: vec!["slow, low".into()],
            practised: 3,
            ..ListedTune::default()
        };
        let file = csv_file(&[tune], &chrono::Utc);
        let rows: Vec<&str> = file.split("\r\n").collect();
        assert!(rows[0].starts_with("\u{feff}Title,Other titles,Type,Key,"), "{}", rows[0]);
        assert_eq!(rows[1], "\"O'Brien, \"\"The\"\"\",,Jig,,,\"GAG\nBAB\",,\"slow, low;\",,,,,,\"Flute; Fiddle\",,3,,");
    }
}
