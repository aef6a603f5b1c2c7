//! The words of the two pages that need a person: what was changed in two places, what the server did not accept. Field names, values,
//! reasons and consequences as a musician would say them.

mod conflict;
mod refused;

pub use self::conflict::{ConflictWords, Side, conflict};
pub use self::refused::{RefusedWords, dependants, refused};
use super::fields::kind_name;
use super::when;
use crate::domain::note_text;
use crate::domain::time::{Timestamp, Zone};
use crate::store::attention::Subject;
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

/// A file name for what is saved: “tunetrees-2026-03-02.json”.
pub fn file_name(what: &str, now: Timestamp, zone: &impl Zone) -> String {
    format!("tunetrees-{what}-{}.json", zone.date_at(now).to_chrono().format("%Y-%m-%d"))
}

#[cfg(test)]
mod tests;
