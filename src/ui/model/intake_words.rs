//! The words about a file that is brought in: what it is, what it would do or did, table by table. Pure.

use super::locale::{self, counted, number};
use super::{snapshot_words, when};
use crate::domain::time::Zone;
use crate::store::schema::Table;
use crate::ui::text::{plural, say, t, told};
use crate::worker::protocol::{
    IntakeAnswer, IntakeKind, IntakeProgress, IntakeRemark, IntakeTable, LegacyPerson, RemarkKind,
};

/// What a person calls the rows of a table.
pub fn rows_of(table: Table) -> &'static str {
    match table {
        Table::Genre => t("Genres"),
        Table::TuneType => t("Types of tune"),
        Table::GenreTuneType => t("Types by genre"),
        Table::UserProfile => t("Your profile"),
        Table::Instrument => t("Instruments"),
        Table::PrefsSpacedRepetition => t("Scheduling settings"),
        Table::PrefsSchedulingOptions => t("Practice settings"),
        Table::Tune => t("Tunes"),
        Table::TuneOverride => t("Your own versions of tunes"),
        Table::Playlist => t("Repertoires"),
        Table::PlaylistTune => t("Tunes in repertoires"),
        Table::Note => t("Notes"),
        Table::Reference => t("Links"),
        Table::Tag => t("Tags"),
        Table::PracticeRecord => t("Practice records"),
        Table::DailyPracticeQueue => t("Entries of practice days"),
        Table::TabGroupMainState => t("What was open last"),
        Table::TableState => t("Layouts of lists"),
        Table::TableTransientData => t("Ratings not yet submitted"),
    }
}

/// What kind of file it is, in a sentence.
pub fn kind(kind: &IntakeKind, zone: &impl Zone) -> String {
    match kind {
        IntakeKind::Legacy { .. } => t("A database of the old TuneTrees.").to_owned(),
        IntakeKind::Export { made, other_person } => {
            let when = made.map(|at| say!(" of {day}", day = when::date(at, zone))).unwrap_or_default();
            let whose = if *other_person {
                t(" It was made by another account, or before you had one; its rows become yours.")
            } else {
                ""
            };
            say!("An export{when}.{whose}", when, whose)
        }
        IntakeKind::Snapshot { made } => {
            let when =
                made.map(|at| say!(" on {day}, {time}", day = when::date(at, zone), time = locale::time(at, zone)));
            say!("Everything as it was{when}.", when = when.unwrap_or_default())
        }
    }
}

/// What the button says that does it.
pub fn button(kind: &IntakeKind) -> &'static str {
    if matches!(kind, IntakeKind::Snapshot { .. }) { t("Go back to it") } else { t("Take it in") }
}

/// What keeps her safe.
pub fn safety(kind: &IntakeKind) -> &'static str {
    if matches!(kind, IntakeKind::Snapshot { .. }) {
        t("What there is now is kept as a snapshot first, so you can return to it.")
    } else {
        t(
            "What is here stays. A snapshot of everything is kept first, under Snapshots; you can also save it as a file.",
        )
    }
}

/// What should be known before it is taken in.
pub fn warning(answer: &IntakeAnswer, first_pull_open: bool) -> Option<&'static str> {
    if answer.done {
        return None;
    }
    if first_pull_open {
        return Some(t(
            "This device has not yet fetched what you have on the server. Wait until it has, so that nothing comes twice.",
        ));
    }
    match answer.kind {
        IntakeKind::Legacy { without_catalog: true, .. } => Some(t(
            "The tune catalog has not come to this device yet, so every tune would become one of your own. If you can, go online and wait a moment first.",
        )),
        _ => None,
    }
}

/// Somebody of an old file: “Anna (anna@example.com)”.
pub fn person(person: &LegacyPerson) -> String {
    match (person.name.as_deref(), person.email.as_deref()) {
        (Some(name), Some(email)) => format!("{name} ({email})"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => say!("User {id}", id = person.id),
    }
}

/// “2 repertoires, 1,768 practice records, 412 notes”.
pub fn person_has(person: &LegacyPerson) -> String {
    let all = [
        (person.repertoires, counted(person.repertoires, "repertoire")),
        (person.records, counted(person.records, "practice record")),
        (person.notes, counted(person.notes, "note")),
    ];
    let words: Vec<String> = all.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
    words.join(", ")
}

/// The tables as a musician would ask for them: what she plays first, settings and layouts last.
const IN_ORDER: [Table; 16] = [
    Table::Playlist,
    Table::PlaylistTune,
    Table::Tune,
    Table::TuneOverride,
    Table::PracticeRecord,
    Table::Note,
    Table::Reference,
    Table::Tag,
    Table::DailyPracticeQueue,
    Table::TableTransientData,
    Table::Instrument,
    Table::UserProfile,
    Table::PrefsSpacedRepetition,
    Table::PrefsSchedulingOptions,
    Table::TabGroupMainState,
    Table::TableState,
];

/// What became of each table, in the order of reading.
pub fn in_order(answer: &IntakeAnswer) -> Vec<&IntakeTable> {
    let place = |t: &IntakeTable| IN_ORDER.iter().position(|table| *table == t.table).unwrap_or(IN_ORDER.len());
    let mut tables: Vec<&IntakeTable> = answer.tables.iter().collect();
    tables.sort_by_key(|t| place(t));
    tables
}

/// All of it in a sentence: what a musician would miss, by name; else settings.
pub fn summary(answer: &IntakeAnswer) -> String {
    if matches!(answer.kind, IntakeKind::Snapshot { .. }) {
        return snapshot_words::summary(answer);
    }
    let news = |t: &IntakeTable| t.added + t.replaced + t.revived;
    let of = |table: Table| answer.tables.iter().filter(|t| t.table == table).map(news).sum::<u32>();
    if answer.tables.iter().map(news).sum::<u32>() == 0 {
        let words = match answer.done {
            false => t("Everything in it is here already: there is nothing to take in."),
            true => t("Nothing was changed: everything in it was here already."),
        };
        return words.to_owned();
    }
    let in_repertoires = |n: u32| {
        say!(
            plural(n.into(), "{count} tune in your repertoires", "{count} tunes in your repertoires"),
            count = number(n)
        )
    };
    let all: [(Table, &dyn Fn(u32) -> String); 7] = [
        (Table::Playlist, &|n| counted(n, "repertoire")),
        (Table::PlaylistTune, &in_repertoires),
        (Table::Tune, &|n| counted(n, "new tune")),
        (Table::PracticeRecord, &|n| counted(n, "practice record")),
        (Table::Note, &|n| counted(n, "note")),
        (Table::Reference, &|n| counted(n, "link")),
        (Table::Tag, &|n| counted(n, "tag")),
    ];
    let all = all.into_iter().map(|(table, words)| (of(table), words)).filter(|(n, _)| *n > 0);
    let mut things: Vec<String> = all.map(|(n, words)| words(n)).collect();
    let what = match things.pop() {
        None if answer.done => t("settings").to_owned(),
        None => t("Settings").to_owned(),
        Some(last) if things.is_empty() => last,
        Some(last) => say!("{parts} and {last}", parts = things.join(", "), last),
    };
    if answer.done { say!("Done: {what} came in.", what) } else { say!("{what} would come in.", what) }
}

/// Would it change anything?
pub fn has_news(answer: &IntakeAnswer) -> bool {
    answer.tables.iter().any(|t| t.added + t.replaced + t.revived + t.removed > 0)
}

/// Does it hold rows that are deleted here?
pub fn has_deleted_here(answer: &IntakeAnswer) -> bool {
    let dead = |remark: &IntakeRemark| matches!(remark.about, RemarkKind::DeletedHere | RemarkKind::Revived);
    answer.tables.iter().any(|t| t.remarks.iter().any(dead))
}

/// What becomes of a table's rows: “489 new · 7 here already · 24 left out”; `back`: of those of a snapshot that she goes back to.
pub fn table(table: &IntakeTable, back: bool) -> String {
    let replaced = match table.table {
        _ if back => t("set back"),
        Table::UserProfile => t("completed"),
        _ => t("newer in the file"),
    };
    let parts = [
        (table.added, if back { t("brought back") } else { t("new") }),
        (table.replaced, replaced),
        (table.revived, t("brought back")),
        (table.removed, t("taken away")),
        (table.present, if back { t("as they were") } else { t("here already") }),
        // Others' profiles are nothing of hers.
        (if table.table == Table::UserProfile { 0 } else { table.left_out }, t("left out")),
    ];
    let words: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", number(*n))).collect();
    words.join(" · ")
}

/// The remarks on a table that are hers to know.
pub fn remarks(table: &IntakeTable) -> &[IntakeRemark] {
    if table.table == Table::UserProfile { &[] } else { &table.remarks }
}

/// A remark in words.
pub fn remark(remark: &IntakeRemark) -> String {
    let rows = number(remark.rows);
    let text = told(&remark.text);
    match remark.about {
        RemarkKind::LeftOut => say!("{rows} left out: {text}", rows, text),
        RemarkKind::Kept if text.is_empty() => say!("{rows} newer here, so kept", rows),
        RemarkKind::Kept => say!("{rows} kept as here: {text}", rows, text),
        RemarkKind::DeletedHere => say!("{rows} deleted here since, and staying so", rows),
        RemarkKind::Replaced => say!("{rows} replaced by what the file says", rows),
        RemarkKind::Revived => say!("{rows} deleted here, and brought back", rows),
        RemarkKind::Removed => say!("{rows} made since, and taken away", rows),
        RemarkKind::Changed => {
            say!(
                "{rows} changed: {how}",
                rows,
                how = text.replace(" → none", t(", so left empty")).replace(" → ", t(", now "))
            )
        }
    }
}

/// How far it is: “Reading 40%”.
pub fn percent(done: u64, all: u64) -> u32 {
    u32::try_from((done * 100).checked_div(all).unwrap_or(100).min(100)).unwrap_or(100)
}

/// The same, of rows.
pub fn percent_of(rows: IntakeProgress) -> u32 {
    percent(u64::from(rows.done), u64::from(rows.all))
}

/// How many of how many.
pub fn so_far(rows: IntakeProgress) -> String {
    say!("{done} of {all}", done = number(rows.done), all = number(rows.all))
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
            removed: 0,
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
        assert_eq!(summary(&answer(false, vec![notes(3, 1, 0)])), "3 notes would come in.");
        assert_eq!(summary(&answer(true, vec![notes(1, 1, 0)])), "Done: 1 note came in.");
        let of = |table, added| IntakeTable { table, ..notes(added, 0, 0) };
        let whole =
            vec![of(Table::TableState, 3), notes(1_412, 0, 0), of(Table::PlaylistTune, 489), of(Table::Playlist, 2)];
        assert_eq!(
            summary(&answer(false, whole.clone())),
            "2 repertoires, 489 tunes in your repertoires and 1,412 notes would come in."
        );
        let order: Vec<Table> = in_order(&answer(false, whole)).iter().map(|t| t.table).collect();
        assert_eq!(order, [Table::Playlist, Table::PlaylistTune, Table::Note, Table::TableState]);
        assert_eq!(summary(&answer(true, vec![of(Table::TableState, 3)])), "Done: settings came in.");
        assert_eq!(
            summary(&answer(true, vec![notes(0, 4, 1)])),
            "Nothing was changed: everything in it was here already."
        );
        assert!(!has_news(&answer(false, vec![notes(0, 4, 1)])));
        assert_eq!(table(&notes(3, 0, 2), false), "3 new · 2 left out");
    }

    #[test]
    fn a_change_is_told_in_words() {
        let change = |text: &str| {
            remark(&IntakeRemark { about: RemarkKind::Changed, text: text.into(), rows: 1_200, names: Vec::new() })
        };
        assert_eq!(change("no such genre → none"), "1,200 changed: no such genre, so left empty");
        assert_eq!(
            change("quality: 0 or 5 without an easiness → 1 or 4"),
            "1,200 changed: quality: 0 or 5 without an easiness, now 1 or 4"
        );
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
        let rows = IntakeProgress::of(5_501, 22_002);
        assert_eq!((percent_of(rows), so_far(rows).as_str()), (25, "5,501 of 22,002"));
    }
}
