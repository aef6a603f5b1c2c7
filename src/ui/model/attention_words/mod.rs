//! The words of the two pages that need a person: what was changed in two places, what the server did not accept. Field names, values,
//! reasons and consequences as a musician would say them.

mod conflict;
mod refused;

pub use self::conflict::{ConflictWords, Side, conflict};
pub use self::refused::{RefusedWords, dependants, refused, refused_total};
use super::fields::kind_name;
use super::when;
use crate::domain::note_text;
use crate::domain::time::{Timestamp, Zone};
use crate::store::attention::Subject;
use crate::store::schema::Table;
use crate::ui::text::{fill, t};

/// Longer values are cut here, with an ellipsis.
const LONGEST_VALUE: usize = 280;
const LONGEST_NAME: usize = 60;

/// The row as a person knows it: “‘The Kesh’”, “Note on ‘The Kesh’”, “Your profile”.
pub fn subject(subject: &Subject) -> String {
    let (nameless, named) = match subject.table {
        Table::Tune => (t("A tune"), "{name}"),
        Table::TuneOverride => (t("Your version of a tune"), t("Your version of {name}")),
        Table::Playlist => (t("A repertoire"), t("Repertoire {name}")),
        Table::PlaylistTune => (t("A tune of a repertoire"), t("Place in the repertoire of {name}")),
        Table::Note => (t("A note"), t("Note on {name}")),
        Table::Reference => (t("A link"), t("Link of {name}")),
        Table::Tag => (t("A tag"), t("Tag of {name}")),
        Table::PracticeRecord => (t("A rating"), t("Rating of {name}")),
        Table::DailyPracticeQueue => (t("A line of a practice queue"), t("Practice queue: {name}")),
        Table::TableTransientData => (t("A prepared rating"), t("Prepared rating of {name}")),
        Table::Instrument => (t("An instrument"), t("Instrument {name}")),
        Table::UserProfile => (t("Your profile"), t("Profile of {name}")),
        Table::PrefsSpacedRepetition => (t("Your scheduler settings"), t("Scheduler settings of {name}")),
        Table::PrefsSchedulingOptions => (t("Your practice settings"), t("Practice settings of {name}")),
        Table::TabGroupMainState | Table::TableState => (t("A view's settings"), t("View of {name}")),
        Table::Genre | Table::TuneType | Table::GenreTuneType => (t("The catalog"), t("Catalog: {name}")),
    };
    match &subject.what {
        Some(name) => fill(named, &[("name", &format!("‘{}’", clipped(name, LONGEST_NAME)))]),
        None => nameless.to_owned(),
    }
}

/// The page on which the row can be edited.
pub fn page_of(subject: &Subject) -> Option<String> {
    if let Some(tune) = subject.tune {
        return Some(format!("/tune/{tune}"));
    }
    let page = match subject.table {
        Table::Playlist => "/repertoires",
        Table::PlaylistTune => "/repertoire",
        Table::PrefsSpacedRepetition | Table::PrefsSchedulingOptions => "/settings/practice",
        Table::DailyPracticeQueue | Table::TableTransientData => "/",
        // No page edits the others. An instrument whose name is taken gets another one by itself; how a list looks, and what an account brings
        // along, the app writes down by itself; the catalog is nobody's to edit; all else is about a tune that is gone.
        _ => return None,
    };
    Some(page.to_owned())
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
        "type" => t("kind of tune"),
        "mode" => t("mode"),
        "incipit" => t("first bars"),
        "genre" | "genre_default" => t("tradition"),
        "note_text" => t("text"),
        "created_date" => t("date"),
        "public" => t("whether others see it"),
        "favorite" => t("favourite mark"),
        "private_for" | "private_to_user" => t("owner"),
        "scheduled" => t("chosen date"),
        "current" => t("due date"),
        "learned" => t("date learned"),
        "sr_alg_type" | "alg_type" => t("scheduler"),
        "fsrs_weights" => t("scheduler's weights"),
        "request_retention" => t("share to remember"),
        "maximum_interval" => t("longest interval"),
        "learning_steps" => t("first steps"),
        "relearning_steps" => t("steps after a lapse"),
        "enable_fuzzing" => t("spread of due dates"),
        "acceptable_delinquency_window" => t("days until a tune counts as lapsed"),
        "min_reviews_per_day" => t("fewest tunes a day"),
        "max_reviews_per_day" => t("most tunes a day"),
        "days_per_week" => t("days a week"),
        "weekly_rules" => t("practice days"),
        "exceptions" => t("days off"),
        "url" => t("address"),
        "ref_type" => t("kind of link"),
        "tag_text" => t("tag"),
        "phone_verified" => t("phone check"),
        "instrument" if table == Table::Instrument => t("name"),
        "instrument_ref" => t("instrument"),
        other => return other.trim_end_matches("_ref").trim_end_matches("_id").replace('_', " "),
    };
    words.to_owned()
}

/// A value in words; `None` where it would tell a person nothing (an id).
fn value(column: &str, value: Option<&str>, zone: &impl Zone) -> Option<String> {
    let Some(text) = value else { return Some(t("(nothing)").to_owned()) };
    if uuid::Uuid::parse_str(text).is_ok() {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(when::date(at, zone));
    }
    let text = match column {
        "note_text" if note_text::plain(text).trim().is_empty() => t("(a picture)").to_owned(),
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
