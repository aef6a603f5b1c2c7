//! What the server did not accept: why, what can be done, what discarding it costs.

use super::{field, subject};
use crate::store::attention::{EditKind, RefusedEdit};
use crate::store::schema::Table;
use crate::ui::model::locale::counted;

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
