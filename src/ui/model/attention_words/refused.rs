//! What the server did not accept: why, what can be done, what discarding it costs.

use super::{field, subject};
use crate::store::attention::{EditKind, RefusedEdit};
use crate::store::schema::Table;
use crate::ui::model::locale::{counted, number};
use crate::ui::text::{plural, say, t};

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
        [all @ .., last] => say!("{parts} and {last}", parts = all.join(", "), last),
    }
}

/// Why, and what to do, by PostgreSQL's code.
fn reason(code: &str) -> (&'static str, &'static str) {
    match code {
        "23505" => (
            t("The server already has one just like it."),
            t("Give this one another name, or discard it and use the one that is there."),
        ),
        "23503" => (
            t("It belongs to something the server does not have."),
            t("Often that comes later: try again. If it was deleted elsewhere, discard this."),
        ),
        "23514" => {
            (t("A value is outside of what the server allows."), t("Edit it: the changed version is sent by itself."))
        }
        "23502" => (
            t("Something that must be filled in is empty."),
            t("Edit it and fill in what is missing: it is sent again by itself."),
        ),
        "42501" => (
            t("Your account may not change this: it belongs to somebody else, or to the public catalog."),
            t("Discard the change. What you write down yourself is yours to change."),
        ),
        "42703" => (
            t("The server has no place for a part of it: it is older than this app, or was set back."),
            t("Nothing has to be done: it is sent again each time the app is started."),
        ),
        "22001" => (t("A text is longer than the server takes."), t("Shorten it: it is sent again by itself.")),
        "54000" | "413" | "PT413" => {
            (t("It is too large to be sent."), t("Take out a picture or shorten the text: it is sent again by itself."))
        }
        "gone" => (
            t("It is no longer there for you: it was removed elsewhere, or is not shared with you any more."),
            t("Save a copy if you need what you wrote, then discard it."),
        ),
        "device" => (
            t("The server's answer did not fit into the database on this device."),
            t("Try again; if it comes back, copy the diagnostics and ask for help."),
        ),
        code if code.starts_with("22") => (
            t("A value is not in the form the server expects, such as a date or a number."),
            t("Edit it: the changed version is sent by itself."),
        ),
        code if code.starts_with("23") => {
            (t("It breaks a rule of the server's database."), t("Edit it, or discard it."))
        }
        code if code.starts_with("PT") || code == "P0001" => {
            (t("A rule of the server forbids it."), t("The server's own words may say more. Edit it, or discard it."))
        }
        _ => (
            t("The server gave no reason that this app knows."),
            t("Try again; if it comes back, copy the diagnostics and ask for help."),
        ),
    }
}

/// A refused edit in words.
pub fn refused(edit: &RefusedEdit) -> RefusedWords {
    let what = subject(&edit.subject);
    let fields: Vec<String> = edit.fields.iter().map(|column| field(edit.subject.table, column)).collect();
    let fields = listed(&fields);
    let did = match edit.kind {
        EditKind::Made => t("Made on this device").to_owned(),
        EditKind::Deleted => t("Deleted on this device").to_owned(),
        EditKind::Changed if fields.is_empty() => t("Changed on this device").to_owned(),
        EditKind::Changed => say!("Changed on this device: {fields}", fields),
    };
    let (reason, advice) = reason(&edit.code);
    let along = match edit.dependants.len() {
        0 => String::new(),
        1 => say!(", and with it {it}", it = inner(&subject(&edit.dependants[0]))),
        many => say!(", and with it {many} things that belong to it", many),
    };
    let loss = match (edit.on_server, edit.kind) {
        (false, _) => say!("{what} was never on the server: it is removed from this device{along}.", what, along),
        (true, EditKind::Deleted) => say!("{what} comes back, as the server has it.", what),
        (true, _) if fields.is_empty() => say!("{what} is again as the server has it.", what),
        (true, _) => say!("{what} is again as the server has it; your change is lost: {fields}.", what, fields),
    };
    let message = edit.message.trim();
    let server = match (message.is_empty(), edit.code.is_empty()) {
        (true, true) => t("It said nothing.").to_owned(),
        (true, false) => say!("Code {code}", code = edit.code),
        (false, true) => message.to_owned(),
        (false, false) => say!("{message} (code {code})", message, code = edit.code),
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

/// How many there are, and how many wait for one of them: together they are what the badge counts.
pub fn refused_total(refused: u32, waiting: u32) -> String {
    let changes = counted(i64::from(refused), "change");
    if waiting == 0 {
        return say!("{changes} not accepted", changes);
    }
    let waiting = i64::from(waiting);
    let text = plural(
        waiting,
        "{changes} not accepted, {count} more waits for that",
        "{changes} not accepted, {count} more wait for that",
    );
    say!(text, changes, count = number(waiting))
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
    let words: Vec<String> = kinds.iter().map(|(table, count)| so_many(*count, *table)).collect();
    Some(say!("Waiting for it: {things}", things = listed(&words)))
}

/// `2 lines of a practice queue`.
fn so_many(count: i64, table: Table) -> String {
    let text = match table {
        Table::Tune => plural(count, "{count} tune", "{count} tunes"),
        Table::TuneOverride => plural(count, "{count} version of a tune", "{count} versions of a tune"),
        Table::Playlist => plural(count, "{count} repertoire", "{count} repertoires"),
        Table::PlaylistTune => plural(count, "{count} place in a repertoire", "{count} places in a repertoire"),
        Table::Note => plural(count, "{count} note", "{count} notes"),
        Table::Reference => plural(count, "{count} link", "{count} links"),
        Table::Tag => plural(count, "{count} tag", "{count} tags"),
        Table::PracticeRecord => plural(count, "{count} rating", "{count} ratings"),
        Table::DailyPracticeQueue => {
            plural(count, "{count} line of a practice queue", "{count} lines of a practice queue")
        }
        Table::TableTransientData => plural(count, "{count} prepared rating", "{count} prepared ratings"),
        Table::Instrument => plural(count, "{count} instrument", "{count} instruments"),
        _ => plural(count, "{count} setting", "{count} settings"),
    };
    say!(text, count = number(count))
}
