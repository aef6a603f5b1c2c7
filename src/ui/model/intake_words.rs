//! The words about a file that is brought in: what it is, what it would do or did, table by table. Pure.

use super::when::{self, counted};
use crate::domain::time::Zone;
use crate::store::schema::Table;
use crate::worker::protocol::{IntakeAnswer, IntakeKind, IntakeRemark, IntakeTable, LegacyPerson, RemarkKind};

/// What a person calls the rows of a table.
pub const fn rows_of(table: Table) -> &'static str {
    match table {
        Table::Genre => "Genres",
        Table::TuneType => "Types of tune",
        Table::GenreTuneType => "Types by genre",
        Table::UserProfile => "Your profile",
        Table::Instrument => "Instruments",
        Table::PrefsSpacedRepetition => "Scheduling settings",
        Table::PrefsSchedulingOptions => "Practice settings",
        Table::Tune => "Tunes",
        Table::TuneOverride => "Your own versions of tunes",
        Table::Playlist => "Repertoires",
        Table::PlaylistTune => "Tunes in repertoires",
        Table::Note => "Notes",
        Table::Reference => "Links",
        Table::Tag => "Tags",
        Table::PracticeRecord => "Practice records",
        Table::DailyPracticeQueue => "Entries of practice days",
        Table::TabGroupMainState => "What was open last",
        Table::TableState => "Layouts of lists",
        Table::TableTransientData => "Ratings not yet submitted",
    }
}

/// What kind of file it is, in a sentence.
pub fn kind(kind: &IntakeKind, zone: &impl Zone) -> String {
    match kind {
        IntakeKind::Legacy { .. } => "A database of the old TuneTrees.".to_owned(),
        IntakeKind::Export { made, other_person } => {
            let when = made.map(|at| format!(" of {}", when::date(at, zone))).unwrap_or_default();
            let whose = if *other_person {
                " It was made by another account, or before you had one; its rows become yours."
            } else {
                ""
            };
            format!("An export{when}.{whose}")
        }
    }
}

/// What should be known before it is taken in.
pub fn warning(answer: &IntakeAnswer, first_pull_open: bool) -> Option<&'static str> {
    if answer.done {
        return None;
    }
    if first_pull_open {
        return Some(
            "This device has not yet fetched what you have on the server. Wait until it has, so that nothing comes twice.",
        );
    }
    match answer.kind {
        IntakeKind::Legacy { without_catalog: true, .. } => Some(
            "The tune catalog has not come to this device yet, so every tune would become one of your own. If you can, go online and wait a moment first.",
        ),
        _ => None,
    }
}

/// Somebody of an old file: “Anna (anna@example.com)”.
pub fn person(person: &LegacyPerson) -> String {
    match (person.name.as_deref(), person.email.as_deref()) {
        (Some(name), Some(email)) => format!("{name} ({email})"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => format!("User {}", person.id),
    }
}

/// “2 repertoires, 1,768 practice records, 412 notes”.
pub fn person_has(person: &LegacyPerson) -> String {
    let all = [(person.repertoires, "repertoire"), (person.records, "practice record"), (person.notes, "note")];
    let words: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| counted(i64::from(*n), noun)).collect();
    words.join(", ")
}

/// The sum over all tables.
pub fn summary(answer: &IntakeAnswer) -> String {
    let sum = |of: fn(&IntakeTable) -> u32| answer.tables.iter().map(of).sum::<u32>();
    let (added, replaced, revived) = (sum(|t| t.added), sum(|t| t.replaced), sum(|t| t.revived));
    let new = i64::from(added + replaced + revived);
    match (answer.done, new) {
        (false, 0) => "Everything in it is here already: there is nothing to take in.".to_owned(),
        (true, 0) => "Nothing was changed: everything in it was here already.".to_owned(),
        (false, _) => format!("{} would come in.", counted(new, "row")),
        (true, _) => format!("Done: {} came in.", counted(new, "row")),
    }
}

/// Would it change anything?
pub fn has_news(answer: &IntakeAnswer) -> bool {
    answer.tables.iter().any(|t| t.added + t.replaced + t.revived > 0)
}

/// Does it hold rows that are deleted here?
pub fn has_deleted_here(answer: &IntakeAnswer) -> bool {
    let dead = |remark: &IntakeRemark| matches!(remark.about, RemarkKind::DeletedHere | RemarkKind::Revived);
    answer.tables.iter().any(|t| t.remarks.iter().any(dead))
}

/// What becomes of a table's rows: “489 new · 7 here already · 24 left out”.
pub fn table(table: &IntakeTable) -> String {
    let parts = [
        (table.added, "new"),
        (table.replaced, if table.table == Table::UserProfile { "completed" } else { "newer in the file" }),
        (table.revived, "brought back"),
        (table.present, "here already"),
        // Others' profiles are nothing of hers.
        (if table.table == Table::UserProfile { 0 } else { table.left_out }, "left out"),
    ];
    let words: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    words.join(" · ")
}

/// The remarks on a table that are hers to know.
pub fn remarks(table: &IntakeTable) -> &[IntakeRemark] {
    if table.table == Table::UserProfile { &[] } else { &table.remarks }
}

/// A remark in words.
pub fn remark(remark: &IntakeRemark) -> String {
    let rows = remark.rows;
    let text = remark.text.as_str();
    match remark.about {
        RemarkKind::LeftOut => format!("{rows} left out: {text}"),
        RemarkKind::Kept if text.is_empty() => format!("{rows} newer here, so kept"),
        RemarkKind::Kept => format!("{rows} kept as here: {text}"),
        RemarkKind::DeletedHere => format!("{rows} deleted here since, and staying so"),
        RemarkKind::Replaced => format!("{rows} replaced by what the file says"),
        RemarkKind::Revived => format!("{rows} deleted here, and brought back"),
        RemarkKind::Changed => format!("{rows} with a value that does not come along as it was ({text})"),
    }
}

/// How far it is: “Reading 40%”.
pub fn percent(done: u64, all: u64) -> u32 {
    u32::try_from((done * 100).checked_div(all).unwrap_or(100).min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(added: u32, present: u32, left_out: u32) -> IntakeTable {
        IntakeTable {
            table: Table::Note,
            in_file: added + present + left_out,
            added,
            replaced: 0,
            revived: 0,
            present,
            left_out,
            remarks: Vec::new(),
        }
    }

    fn answer(done: bool, tables: Vec<IntakeTable>) -> IntakeAnswer {
        let kind = IntakeKind::Legacy { people: Vec::new(), person: Some(1), without_catalog: false };
        IntakeAnswer { file: "old.sqlite3".into(), kind, done, tables }
    }

    #[test]
    fn what_would_happen_and_what_did_are_told_apart() {
        assert_eq!(summary(&answer(false, vec![notes(3, 1, 0)])), "3 rows would come in.");
        assert_eq!(summary(&answer(true, vec![notes(1, 1, 0)])), "Done: 1 row came in.");
        assert_eq!(
            summary(&answer(true, vec![notes(0, 4, 1)])),
            "Nothing was changed: everything in it was here already."
        );
        assert!(!has_news(&answer(false, vec![notes(0, 4, 1)])));
        assert_eq!(table(&notes(3, 0, 2)), "3 new · 2 left out");
    }

    #[test]
    fn whoever_has_no_name_has_a_number() {
        let mut who = LegacyPerson { id: 7, name: None, email: None, repertoires: 1, records: 0, notes: 2 };
        assert_eq!(person(&who), "User 7");
        assert_eq!(person_has(&who), "1 repertoire, 2 notes");
        who.name = Some("Anna".into());
        assert_eq!(person(&who), "Anna");
    }

    #[test]
    fn half_is_fifty_and_nothing_is_all() {
        assert_eq!((percent(5, 10), percent(0, 0), percent(11, 10)), (50, 100, 100));
    }
}
