//! The words of the two pages that need a person: what was changed in two places, what the server did not accept. Field names, values,
//! reasons and consequences as a musician would say them.

use super::fields::kind_name;
use super::note_text;
use super::when::{self, counted};
use crate::domain::time::{Timestamp, Zone};
use crate::store::attention::{ConflictNote, EditKind, OtherSide, RefusedEdit, Subject};
use crate::store::schema::Table;

/// Longer values are cut here, with an ellipsis.
const LONGEST_VALUE: usize = 280;
const LONGEST_NAME: usize = 60;

/// The row as a person knows it: “‘The Kesh’”, “Note on ‘The Kesh’”, “Your profile”.
pub fn subject(subject: &Subject) -> String {
    let (nameless, before) = match subject.table {
        Table::Tune => ("A tune", ""),
        Table::TuneOverride => ("Your version of a tune", "Your version of "),
        Table::Playlist => ("A repertoire", "Repertoire "),
        Table::PlaylistTune => ("A tune of a repertoire", "Place in the repertoire of "),
        Table::Note => ("A note", "Note on "),
        Table::Reference => ("A link", "Link of "),
        Table::Tag => ("A tag", "Tag of "),
        Table::PracticeRecord => ("A rating", "Rating of "),
        Table::DailyPracticeQueue => ("A line of a practice queue", "Practice queue: "),
        Table::TableTransientData => ("A prepared rating", "Prepared rating of "),
        Table::Instrument => ("An instrument", "Instrument "),
        Table::UserProfile => ("Your profile", "Profile of "),
        Table::PrefsSpacedRepetition => ("Your scheduler settings", "Scheduler settings of "),
        Table::PrefsSchedulingOptions => ("Your practice settings", "Practice settings of "),
        Table::TabGroupMainState | Table::TableState => ("A view's settings", "View of "),
        Table::Genre | Table::TuneType | Table::GenreTuneType => ("The catalog", "Catalog: "),
    };
    match &subject.what {
        Some(name) => format!("{before}‘{}’", clipped(name, LONGEST_NAME)),
        None => nameless.to_owned(),
    }
}

/// The page on which the row can be edited.
pub fn page_of(subject: &Subject) -> Option<String> {
    match (subject.tune, subject.table) {
        (Some(tune), _) => Some(format!("/tune/{tune}")),
        (None, Table::Playlist | Table::PlaylistTune) => Some("/repertoire".to_owned()),
        _ => None,
    }
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most).collect();
    format!("{}…", start.trim_end())
}

/// A column in people's words.
pub fn field(table: Table, column: &str) -> String {
    let words = match column {
        "type" => "kind of tune",
        "mode" => "mode",
        "incipit" => "first bars",
        "genre" | "genre_default" => "tradition",
        "note_text" => "text",
        "created_date" => "date",
        "public" => "whether others see it",
        "favorite" => "favourite mark",
        "private_for" | "private_to_user" => "owner",
        "scheduled" => "chosen date",
        "current" => "due date",
        "learned" => "date learned",
        "sr_alg_type" | "alg_type" => "scheduler",
        "fsrs_weights" => "scheduler's weights",
        "request_retention" => "share to remember",
        "maximum_interval" => "longest interval",
        "learning_steps" => "first steps",
        "relearning_steps" => "steps after a lapse",
        "enable_fuzzing" => "spread of due dates",
        "acceptable_delinquency_window" => "days until a tune counts as lapsed",
        "min_reviews_per_day" => "fewest tunes a day",
        "max_reviews_per_day" => "most tunes a day",
        "days_per_week" => "days a week",
        "weekly_rules" => "practice days",
        "exceptions" => "days off",
        "url" => "address",
        "ref_type" => "kind of link",
        "tag_text" => "tag",
        "phone_verified" => "phone check",
        "instrument" if table == Table::Instrument => "name",
        "instrument_ref" => "instrument",
        other => return other.trim_end_matches("_ref").trim_end_matches("_id").replace('_', " "),
    };
    words.to_owned()
}

/// A value in words; `None` where it would tell a person nothing (an id).
fn value(column: &str, value: Option<&str>, zone: &impl Zone) -> Option<String> {
    let Some(text) = value else { return Some("(nothing)".to_owned()) };
    if uuid::Uuid::parse_str(text).is_ok() {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(when::date(at, zone));
    }
    let text = match column {
        "note_text" if note_text::plain(text).trim().is_empty() => "(a picture)".to_owned(),
        "note_text" => note_text::plain(text),
        "type" => kind_name(text).to_owned(),
        _ => text.to_owned(),
    };
    Some(clipped(text.trim(), LONGEST_VALUE))
}

/// One of the two sides of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// “Here”, “On Phone”.
    pub place: String,
    /// What it says there.
    pub value: String,
    /// Does it stand?
    pub stands: bool,
}

/// A conflict in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictWords {
    /// “‘The Abbey Reel’: mode was changed here and on Phone”.
    pub headline: String,
    /// This device's side, then the other.
    pub sides: [Side; 2],
    /// What the button for the value that does not stand says: “Use the one from Phone”.
    pub use_other: String,
    /// What the button for the value that stands says: “Keep the one from here”.
    pub keep: String,
}

/// Where the other value is from: “on Phone”.
fn place(side: &OtherSide) -> String {
    match side {
        OtherSide::Server => "on the server".to_owned(),
        OtherSide::ThisDevice => "here earlier".to_owned(),
        OtherSide::Device(None) => "on another device".to_owned(),
        OtherSide::Device(Some(name)) => format!("on {}", device(name)),
    }
}

/// A device's name in a sentence: in quotes where it would read as part of it.
fn device(name: &str) -> String {
    let name = clipped(name, LONGEST_NAME);
    if name.contains(" on ") || name.contains(',') { format!("‘{name}’") } else { name }
}

fn from(side: &OtherSide) -> String {
    match side {
        OtherSide::Server => "from the server".to_owned(),
        OtherSide::ThisDevice => "from earlier".to_owned(),
        OtherSide::Device(None) => "from the other device".to_owned(),
        OtherSide::Device(Some(name)) => format!("from {}", device(name)),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A conflict in words.
pub fn conflict(note: &ConflictNote, zone: &impl Zone) -> ConflictWords {
    let what = subject(&note.subject);
    let there = place(&note.from);
    let (headline, values) = if note.field == "deleted" {
        let deleted_here = note.here.as_deref() == Some("yes");
        let values = ["Deleted", "Kept, with what was changed"];
        if deleted_here {
            (format!("{what} was deleted here and changed {there}"), values.map(str::to_owned))
        } else {
            let [deleted, kept] = values.map(str::to_owned);
            (format!("{what} was changed here and deleted {there}"), [kept, deleted])
        }
    } else {
        let words = |text: &Option<String>, other: &str| {
            value(&note.field, text.as_deref(), zone).unwrap_or_else(|| format!("another one {other}"))
        };
        let values = [words(&note.here, "than there"), words(&note.there, "than here")];
        (format!("{what}: {} was changed here and {there}", field(note.subject.table, &note.field)), values)
    };
    let [here_value, there_value] = values;
    let sides = [
        Side { place: "Here".to_owned(), value: here_value, stands: note.kept_here },
        Side { place: sentence(&there), value: there_value, stands: !note.kept_here },
    ];
    let (here, there) = ("the one from here".to_owned(), format!("the one {}", from(&note.from)));
    let (kept, other) = if note.kept_here { (here, there) } else { (there, here) };
    ConflictWords { headline, sides, use_other: format!("Use {other}"), keep: format!("Keep {kept}") }
}

/// A refused edit in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedWords {
    /// “‘The Kesh’”.
    pub subject: String,
    /// “Your change of mode and title”.
    pub did: String,
    /// Why the server did not accept it.
    pub reason: String,
    /// What can be done.
    pub advice: String,
    /// What discarding it means.
    pub loss: String,
    /// The server's own words and code, for those who want them.
    pub server: String,
}

/// A list in a sentence: “a, b and c”.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Why, and what to do, by PostgreSQL's code.
fn reason(code: &str) -> (&'static str, &'static str) {
    match code {
        "23505" => (
            "The server already has one just like it.",
            "Give this one another name, or discard it and use the one that is there.",
        ),
        "23503" => (
            "It belongs to something the server does not have.",
            "Often that comes later: try again. If it was deleted elsewhere, discard this.",
        ),
        "23514" => ("A value is outside of what the server allows.", "Edit it: the changed version is sent by itself."),
        "23502" => (
            "Something that must be filled in is empty.",
            "Edit it and fill in what is missing: it is sent again by itself.",
        ),
        "42501" => (
            "Your account may not change this: it belongs to somebody else, or to the public catalog.",
            "Discard the change. What you write down yourself is yours to change.",
        ),
        "22001" => ("A text is longer than the server takes.", "Shorten it: it is sent again by itself."),
        "54000" | "413" | "PT413" => {
            ("It is too large to be sent.", "Take out a picture or shorten the text: it is sent again by itself.")
        }
        "gone" => (
            "It is no longer there for you: it was removed elsewhere, or is not shared with you any more.",
            "Save a copy if you need what you wrote, then discard it.",
        ),
        "device" => (
            "The server's answer did not fit into the database on this device.",
            "Try again; if it comes back, copy the diagnostics and ask for help.",
        ),
        code if code.starts_with("22") => (
            "A value is not in the form the server expects, such as a date or a number.",
            "Edit it: the changed version is sent by itself.",
        ),
        code if code.starts_with("23") => ("It breaks a rule of the server's database.", "Edit it, or discard it."),
        code if code.starts_with("PT") || code == "P0001" => {
            ("A rule of the server forbids it.", "The server's own words may say more. Edit it, or discard it.")
        }
        _ => (
            "The server gave no reason that this app knows.",
            "Try again; if it comes back, copy the diagnostics and ask for help.",
        ),
    }
}

/// A refused edit in words.
pub fn refused(edit: &RefusedEdit) -> RefusedWords {
    let what = subject(&edit.subject);
    let fields: Vec<String> = edit.fields.iter().map(|column| field(edit.subject.table, column)).collect();
    let fields = listed(&fields);
    let did = match edit.kind {
        EditKind::Made => "Made on this device".to_owned(),
        EditKind::Deleted => "Deleted on this device".to_owned(),
        EditKind::Changed if fields.is_empty() => "Changed on this device".to_owned(),
        EditKind::Changed => format!("Changed on this device: {fields}"),
    };
    let (reason, advice) = reason(&edit.code);
    let along = match edit.dependants.len() {
        0 => String::new(),
        1 => format!(", and with it {}", inner(&subject(&edit.dependants[0]))),
        many => format!(", and with it {many} things that belong to it"),
    };
    let loss = match (edit.on_server, edit.kind) {
        (false, _) => format!("{what} was never on the server: it is removed from this device{along}."),
        (true, EditKind::Deleted) => format!("{what} comes back, as the server has it."),
        (true, _) if fields.is_empty() => format!("{what} is again as the server has it."),
        (true, _) => format!("{what} is again as the server has it; your change is lost: {fields}."),
    };
    let message = edit.message.trim();
    let server = match (message.is_empty(), edit.code.is_empty()) {
        (true, true) => "It said nothing.".to_owned(),
        (true, false) => format!("Code {}", edit.code),
        (false, true) => message.to_owned(),
        (false, false) => format!("{message} (code {})", edit.code),
    };
    RefusedWords { subject: what, did, reason: reason.to_owned(), advice: advice.to_owned(), loss, server }
}

/// What begins a sentence, in the middle of one.
fn inner(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if first.is_uppercase() && !text.starts_with('‘') => {
            first.to_lowercase().collect::<String>() + letters.as_str()
        }
        _ => text.to_owned(),
    }
}

/// “3 things wait for it: …”; `None` if nothing does. The kinds are counted: a tune may have hundreds of ratings.
pub fn dependants(edit: &RefusedEdit) -> Option<String> {
    if edit.dependants.is_empty() {
        return None;
    }
    let mut kinds: Vec<(Table, i64)> = Vec::new();
    for one in &edit.dependants {
        match kinds.iter_mut().find(|(table, _)| *table == one.table) {
            Some((_, count)) => *count += 1,
            None => kinds.push((one.table, 1)),
        }
    }
    let words: Vec<String> = kinds.iter().map(|(table, count)| plural(*count, kind(*table))).collect();
    Some(format!("Waiting for it: {}", listed(&words)))
}

/// `2 lines of a practice queue`: the noun comes first.
fn plural(count: i64, kind: &str) -> String {
    match kind.split_once(' ') {
        Some((noun, rest)) if count != 1 && noun != "prepared" => format!("{} {rest}", counted(count, noun)),
        _ => counted(count, kind),
    }
}

const fn kind(table: Table) -> &'static str {
    match table {
        Table::Tune => "tune",
        Table::TuneOverride => "version of a tune",
        Table::Playlist => "repertoire",
        Table::PlaylistTune => "place in a repertoire",
        Table::Note => "note",
        Table::Reference => "link",
        Table::Tag => "tag",
        Table::PracticeRecord => "rating",
        Table::DailyPracticeQueue => "line of a practice queue",
        Table::TableTransientData => "prepared rating",
        Table::Instrument => "instrument",
        _ => "setting",
    }
}

/// A file name for what is saved: “tunetrees-2026-03-02.json”.
pub fn file_name(what: &str, now: Timestamp, zone: &impl Zone) -> String {
    format!("tunetrees-{what}-{}.json", zone.date_at(now).to_chrono().format("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::attention::ConflictState;

    fn about(table: Table, what: Option<&str>) -> Subject {
        Subject { table, row_id: "x".into(), what: what.map(str::to_owned), tune: None }
    }

    fn phone() -> OtherSide {
        OtherSide::Device(Some("Phone".into()))
    }

    fn note(table: Table, field: &str, here: Option<&str>, there: Option<&str>, kept_here: bool) -> ConflictWords {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let note = ConflictNote {
            id: "1".into(),
            subject: about(table, Some("The Abbey Reel")),
            field: field.into(),
            here: owned(here),
            there: owned(there),
            from: phone(),
            kept_here,
            state: ConflictState::Settled,
            at: Timestamp::from_micros(0),
        };
        conflict(&note, &chrono::Utc)
    }

    #[test]
    fn a_conflict_is_told_with_both_values_and_the_devices_name() {
        let told = note(Table::Tune, "mode", Some("G Major"), Some("A Major"), true);
        assert_eq!(told.headline, "‘The Abbey Reel’: mode was changed here and on Phone");
        let sides: Vec<_> = told.sides.iter().map(|s| (s.place.as_str(), s.value.as_str(), s.stands)).collect();
        assert_eq!(sides, [("Here", "G Major", true), ("On Phone", "A Major", false)]);
        assert_eq!((told.use_other.as_str(), told.keep.as_str()), ("Use the one from Phone", "Keep the one from here"));
        let told = note(Table::Note, "note_text", Some("<p>slow</p>"), None, false);
        assert_eq!(told.headline, "Note on ‘The Abbey Reel’: text was changed here and on Phone");
        assert_eq!([told.sides[0].value.as_str(), told.sides[1].value.as_str()], ["slow", "(nothing)"]);
        assert_eq!(told.use_other, "Use the one from here");
    }

    #[test]
    fn names_of_devices_read_as_names() {
        assert_eq!(place(&OtherSide::Device(Some("Chrome on Android".into()))), "on ‘Chrome on Android’");
        assert_eq!(place(&OtherSide::Device(None)), "on another device");
        assert_eq!(place(&OtherSide::Server), "on the server");
    }

    #[test]
    fn ids_are_not_shown_dates_are_dates_and_long_texts_are_cut() {
        let ids = ["00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"];
        let told = note(Table::Note, "playlist_ref", Some(ids[0]), Some(ids[1]), true);
        assert_eq!(told.sides[0].value, "another one than there");
        let told = note(Table::PlaylistTune, "scheduled", Some("2026-03-02T12:00:00.000000Z"), None, true);
        assert_eq!(told.sides[0].value, "2 Mar 2026");
        assert!(told.headline.contains("chosen date"), "{}", told.headline);
        let told = note(Table::Tune, "incipit", Some(&"a".repeat(1000)), None, true);
        assert_eq!(told.sides[0].value.chars().count(), LONGEST_VALUE + 1);
    }

    #[test]
    fn a_deletion_and_a_change_say_who_did_which() {
        let told = note(Table::Tune, "deleted", Some("no"), Some("yes"), true);
        assert_eq!(told.headline, "‘The Abbey Reel’ was changed here and deleted on Phone");
        assert_eq!(
            [told.sides[0].value.as_str(), told.sides[1].value.as_str()],
            ["Kept, with what was changed", "Deleted"]
        );
        let told = note(Table::Tune, "deleted", Some("yes"), Some("no"), true);
        assert_eq!(told.headline, "‘The Abbey Reel’ was deleted here and changed on Phone");
        assert_eq!(told.sides[0].value, "Deleted");
    }

    fn edit(kind: EditKind, code: &str, on_server: bool, dependants: Vec<Subject>) -> RefusedEdit {
        RefusedEdit {
            subject: about(Table::Tune, Some("The Kesh")),
            kind,
            fields: if kind == EditKind::Changed { vec!["mode".into(), "type".into()] } else { Vec::new() },
            code: code.into(),
            message: "violates check constraint".into(),
            at: Timestamp::from_micros(0),
            on_server,
            dependants,
        }
    }

    #[test]
    fn every_code_has_its_words_and_the_servers_own_are_kept() {
        let mut reasons: Vec<String> = Vec::new();
        for code in ["23505", "23503", "23514", "42501", "22P02", "23502", "22001", "PT409", "device", "gone", "XX000"]
        {
            let told = refused(&edit(EditKind::Changed, code, true, Vec::new()));
            assert!(!reasons.contains(&told.reason), "{code}: {}", told.reason);
            assert_eq!(told.server, format!("violates check constraint (code {code})"));
            reasons.push(told.reason);
        }
    }

    #[test]
    fn what_is_lost_is_said_before() {
        let told = refused(&edit(EditKind::Changed, "23514", true, Vec::new()));
        assert_eq!(told.did, "Changed on this device: mode and kind of tune");
        assert_eq!(told.loss, "‘The Kesh’ is again as the server has it; your change is lost: mode and kind of tune.");
        let told = refused(&edit(EditKind::Deleted, "42501", true, Vec::new()));
        assert_eq!(told.loss, "‘The Kesh’ comes back, as the server has it.");
        let with_note = vec![about(Table::Note, Some("The Kesh"))];
        let told = refused(&edit(EditKind::Made, "23505", false, with_note.clone()));
        assert_eq!(
            told.loss,
            "‘The Kesh’ was never on the server: it is removed from this device, and with it note on ‘The Kesh’."
        );
        let many = [with_note.clone(), with_note, vec![about(Table::PlaylistTune, None)]].concat();
        let edit = edit(EditKind::Made, "23505", false, many);
        assert_eq!(dependants(&edit).as_deref(), Some("Waiting for it: 2 notes and 1 place in a repertoire"));
        assert!(refused(&edit).loss.contains("3 things that belong to it"));
    }

    #[test]
    fn a_row_without_a_name_is_called_by_its_kind() {
        assert_eq!(subject(&about(Table::Note, None)), "A note");
        assert_eq!(subject(&about(Table::UserProfile, None)), "Your profile");
        assert_eq!(file_name("export", Timestamp::from_micros(0), &chrono::Utc), "tunetrees-export-1970-01-01.json");
    }
}
