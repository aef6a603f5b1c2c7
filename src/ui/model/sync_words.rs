//! The words of the sync badge and its panel. One source for what is seen and what is read aloud.

use super::note_text;
use super::when::{self, counted};
use crate::domain::time::{Timestamp, Zone};
use crate::store::attention::{ConflictNote, RefusedEdit};
use crate::store::schema::Table;
use crate::sync::status::{SyncPhase, SyncStatus};
use crate::worker::protocol::StorageMode;

/// The sign beside the words; never the only carrier of the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A device: saved here.
    Device,
    /// A tick.
    Tick,
    /// Turning arrows.
    Turning,
    /// A crossed-out cloud.
    Offline,
    /// A person: something is to be done.
    Person,
    /// An exclamation mark.
    Attention,
}

/// What the badge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// The sign.
    pub sign: Sign,
    /// Where there is room, and for screen readers.
    pub long: String,
    /// Where there is not.
    pub short: String,
    /// One sentence for the panel.
    pub explanation: String,
}

/// The name of a phase, for tests and style sheets.
pub const fn phase_name(phase: SyncPhase) -> &'static str {
    match phase {
        SyncPhase::LocalOnly => "local",
        SyncPhase::Synced => "synced",
        SyncPhase::Syncing => "syncing",
        SyncPhase::Offline => "offline",
        SyncPhase::Retrying => "retrying",
        SyncPhase::SignInAgain => "sign-in",
        SyncPhase::NeedsAttention => "attention",
        SyncPhase::UpdateApp => "update",
    }
}

fn changes(count: u32) -> String {
    counted(i64::from(count), "change")
}

/// The badge for a state of the sync.
pub fn badge(status: &SyncStatus, now: Timestamp) -> Badge {
    let pending = status.pending;
    let (sign, long, short, explanation) = match status.phase {
        SyncPhase::LocalOnly => (
            Sign::Device,
            "Saved on this device".to_owned(),
            "On this device".to_owned(),
            "Sign in to back up your tunes and use them on other devices.".to_owned(),
        ),
        // The engine never says so with work pending; should it ever, the badge does not repeat it.
        SyncPhase::Synced if pending == 0 => (
            Sign::Tick,
            "All changes synced".to_owned(),
            "Synced".to_owned(),
            "Everything on this device is on the server, and the other way round.".to_owned(),
        ),
        SyncPhase::Synced | SyncPhase::Syncing if pending > 0 => (
            Sign::Turning,
            format!("Syncing {}…", changes(pending)),
            format!("Syncing {pending}"),
            "Your changes are saved here and are being sent.".to_owned(),
        ),
        SyncPhase::Synced | SyncPhase::Syncing => (
            Sign::Turning,
            "Checking for changes…".to_owned(),
            "Syncing".to_owned(),
            "Fetching what changed on your other devices.".to_owned(),
        ),
        SyncPhase::Offline if pending > 0 => (
            Sign::Offline,
            format!("Offline · {} saved here", changes(pending)),
            format!("Offline · {pending}"),
            format!("{} will be sent when you are back online.", if pending == 1 { "It" } else { "They" }),
        ),
        SyncPhase::Offline => (
            Sign::Offline,
            "Offline".to_owned(),
            "Offline".to_owned(),
            "Everything works; changes are saved on this device until you are back online.".to_owned(),
        ),
        SyncPhase::Retrying => {
            let next = status.next_attempt.map_or_else(|| "soon".to_owned(), |at| when::wait(at, now));
            (
                Sign::Offline,
                format!("Saved here · retrying {next}"),
                "Retrying".to_owned(),
                "The server does not answer as it should. Your changes are safe on this device.".to_owned(),
            )
        }
        SyncPhase::SignInAgain => (
            Sign::Person,
            "Sign in again to sync".to_owned(),
            "Sign in".to_owned(),
            "Your session has ended. Everything goes on working here; sign in to send your changes.".to_owned(),
        ),
        SyncPhase::UpdateApp => (
            Sign::Attention,
            "Update the app to sync".to_owned(),
            "Update".to_owned(),
            "This app is too old for the server to take its changes. Reload the page to update it; everything is kept here until then."
                .to_owned(),
        ),
        SyncPhase::NeedsAttention => {
            let (verb, them, kept) =
                if status.refused == 1 { ("needs", "it", "it is") } else { ("need", "them", "they are") };
            (
                Sign::Attention,
                format!("{} {verb} attention", changes(status.refused)),
                format!("Attention · {}", status.refused),
                format!("The server did not accept {them}. Nothing is lost: {kept} kept on this device."),
            )
        }
    };
    Badge { sign, long, short, explanation }
}

/// The lines of the panel: name and value.
pub fn panel(status: &SyncStatus, now: Timestamp, zone: &impl Zone) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if status.phase != SyncPhase::LocalOnly {
        let last = [status.last_pull, status.last_push].into_iter().flatten().max();
        lines.push(("Last synced", last.map_or_else(|| "not yet".to_owned(), |at| when::ago(at, now, zone))));
        lines.push((
            "Waiting to be sent",
            if status.pending == 0 { "nothing".to_owned() } else { changes(status.pending) },
        ));
        if status.refused > 0 {
            lines.push(("Not accepted", changes(status.refused)));
        }
        if let Some(next) = status.next_attempt.filter(|_| status.phase == SyncPhase::Retrying) {
            lines.push(("Next attempt", when::wait(next, now)));
        }
        let live = if status.doorbell { "on: changes elsewhere show at once" } else { "off: checked every minute" };
        lines.push(("Live updates", live.to_owned()));
    }
    if let Some(error) = &status.last_error {
        lines.push(("Last problem", error.clone()));
    }
    lines
}

/// The row as a person knows it: “‘The Kesh’”, “Note on ‘The Kesh’”, “Your profile”.
fn subject(table: Table, name: Option<&str>) -> String {
    let (nameless, before) = match table {
        Table::Tune => ("A tune", ""),
        Table::TuneOverride => ("Your version of a tune", "Your version of "),
        Table::Playlist => ("A repertoire", "Repertoire "),
        Table::PlaylistTune => ("A tune of a repertoire", "Repertoire entry of "),
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
    name.map_or_else(|| nameless.to_owned(), |name| format!("{before}‘{}’", clipped(name)))
}

fn clipped(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{}…", start.trim_end())
}

fn field_words(field: &str) -> String {
    match field {
        "type" => "kind of tune".to_owned(),
        "note_text" => "text".to_owned(),
        "scheduled" => "chosen date".to_owned(),
        "current" => "due date".to_owned(),
        "sr_alg_type" | "alg_type" => "scheduler".to_owned(),
        other => other.trim_end_matches("_ref").replace('_', " "),
    }
}

/// A value in words; `None` where it would tell a person nothing (an id).
fn value_words(field: &str, value: Option<&str>, zone: &impl Zone) -> Option<String> {
    let Some(text) = value else { return Some("nothing".to_owned()) };
    if uuid::Uuid::parse_str(text).is_ok() {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(when::date(at, zone));
    }
    let text = if field == "note_text" { note_text::plain(text) } else { text.to_owned() };
    Some(clipped(text.trim()))
}

/// A refused edit: what it was, and the server's reason.
pub fn refused(edit: &RefusedEdit) -> (String, String) {
    (subject(edit.table, edit.what.as_deref()), edit.reason.clone())
}

/// How a conflict was settled, in a sentence.
pub fn conflict(note: &ConflictNote, zone: &impl Zone) -> String {
    let subject = subject(note.table, note.what.as_deref());
    if note.field == "deleted" {
        let (deleted, changed) = if note.kept_here { ("elsewhere", "here") } else { ("here", "elsewhere") };
        return format!("{subject} was deleted {deleted} and changed {changed} later; it was kept");
    }
    let field = field_words(&note.field);
    let words = |value: &Option<String>| value_words(&note.field, value.as_deref(), zone);
    let (here, there) = (words(&note.here), words(&note.there));
    let (kept, given_up, place) = if note.kept_here { (here, there, "here") } else { (there, here, "from elsewhere") };
    let outcome = match (kept, given_up) {
        (Some(kept), Some(given_up)) if kept != given_up => format!("kept {kept} ({place}), instead of {given_up}"),
        _ if note.kept_here => "kept the one from here".to_owned(),
        _ => "kept the one from elsewhere".to_owned(),
    };
    format!("{subject}: {field} was changed here and elsewhere; {outcome}")
}

/// Where the data lie, and what that means.
pub const fn storage(mode: StorageMode) -> (&'static str, &'static str) {
    match mode {
        StorageMode::Opfs => {
            ("A database file in this browser", "Kept when you close the app. Removing this site's data removes it.")
        }
        StorageMode::IndexedDb => (
            "This browser's IndexedDB",
            "Kept when you close the app; somewhat slower. Removing this site's data removes it.",
        ),
        StorageMode::Memory => (
            "In memory only",
            "This browser lets the app keep nothing: what is not synced is gone when you close this tab.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(phase: SyncPhase, pending: u32) -> SyncStatus {
        SyncStatus { phase, pending, ..SyncStatus::local_only() }
    }

    fn long(status: &SyncStatus) -> String {
        badge(status, Timestamp::from_micros(0)).long
    }

    #[test]
    fn every_phase_has_its_words() {
        use SyncPhase::*;
        assert_eq!(long(&status(LocalOnly, 4)), "Saved on this device");
        assert_eq!(long(&status(Synced, 0)), "All changes synced");
        assert_eq!(long(&status(Syncing, 3)), "Syncing 3 changes…");
        assert_eq!(long(&status(Syncing, 0)), "Checking for changes…");
        assert_eq!(long(&status(Offline, 12)), "Offline · 12 changes saved here");
        assert_eq!(long(&status(Offline, 1)), "Offline · 1 change saved here");
        assert_eq!(long(&status(Offline, 0)), "Offline");
        assert_eq!(long(&status(SignInAgain, 2)), "Sign in again to sync");
        let refused = SyncStatus { refused: 2, ..status(NeedsAttention, 2) };
        assert_eq!(long(&refused), "2 changes need attention");
        let retrying = SyncStatus { next_attempt: Some(Timestamp::from_micros(16_000_000)), ..status(Retrying, 1) };
        assert_eq!(long(&retrying), "Saved here · retrying in 16 s");
    }

    #[test]
    fn the_badge_never_says_synced_while_something_is_pending() {
        let lie = badge(&status(SyncPhase::Synced, 1), Timestamp::from_micros(0));
        assert_eq!((lie.sign, lie.long.as_str()), (Sign::Turning, "Syncing 1 change…"));
    }

    #[test]
    fn the_panel_tells_the_later_of_pull_and_push() {
        let now = Timestamp::from_micros(1_000_000_000);
        let status = SyncStatus {
            last_pull: Some(now.plus_micros(-300_000_000)),
            last_push: Some(now.plus_micros(-120_000_000)),
            ..status(SyncPhase::Synced, 0)
        };
        let lines = panel(&status, now, &chrono::Utc);
        assert!(lines.contains(&("Last synced", "2 minutes ago".into())));
        assert!(lines.contains(&("Waiting to be sent", "nothing".into())));
    }

    fn note(table: Table, field: &str, here: Option<&str>, there: Option<&str>, kept_here: bool) -> String {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let what = owned(Some("The Kesh"));
        let at = Timestamp::from_micros(0);
        let note =
            ConflictNote { table, what, field: field.into(), here: owned(here), there: owned(there), kept_here, at };
        conflict(&note, &chrono::Utc)
    }

    #[test]
    fn a_conflict_is_told_with_both_values() {
        assert_eq!(
            note(Table::Tune, "mode", Some("G Major"), Some("A Major"), true),
            "‘The Kesh’: mode was changed here and elsewhere; kept G Major (here), instead of A Major"
        );
        assert_eq!(
            note(Table::Tune, "mode", Some("G Major"), None, false),
            "‘The Kesh’: mode was changed here and elsewhere; kept nothing (from elsewhere), instead of G Major"
        );
        assert_eq!(
            note(Table::Note, "note_text", Some("<p>slow</p>"), Some("<p><b>fast</b></p>"), false),
            "Note on ‘The Kesh’: text was changed here and elsewhere; kept fast (from elsewhere), instead of slow"
        );
    }

    #[test]
    fn a_conflict_shows_no_ids_no_stamps_and_no_values_that_look_the_same() {
        let ids = ["00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"];
        assert_eq!(
            note(Table::Playlist, "instrument_ref", Some(ids[0]), Some(ids[1]), true),
            "Repertoire ‘The Kesh’: instrument was changed here and elsewhere; kept the one from here"
        );
        let stamps = ["2026-03-02T12:00:00.000000Z", "2026-03-04T12:00:00.000000Z"];
        assert!(
            note(Table::PlaylistTune, "scheduled", Some(stamps[0]), Some(stamps[1]), true)
                .ends_with("kept 2 Mar 2026 (here), instead of 4 Mar 2026")
        );
        let long = "a".repeat(100);
        let told = note(Table::Tune, "incipit", Some(&long), Some(&format!("{long}b")), false);
        assert!(told.ends_with("kept the one from elsewhere"), "{told}");
    }

    #[test]
    fn a_row_brought_back_says_who_deleted_it() {
        assert_eq!(
            note(Table::Tune, "deleted", Some("no"), Some("yes"), true),
            "‘The Kesh’ was deleted elsewhere and changed here later; it was kept"
        );
        assert_eq!(
            note(Table::Tune, "deleted", Some("yes"), Some("no"), false),
            "‘The Kesh’ was deleted here and changed elsewhere later; it was kept"
        );
    }

    #[test]
    fn a_refused_edit_without_a_name_is_called_by_its_kind() {
        let edit = |table, what: Option<&str>| {
            refused(&RefusedEdit {
                table,
                row_id: "x".into(),
                what: what.map(str::to_owned),
                reason: "too long".into(),
            })
        };
        assert_eq!(edit(Table::Tune, Some("The Kesh")), ("‘The Kesh’".to_owned(), "too long".to_owned()));
        assert_eq!(edit(Table::Note, None).0, "A note");
        assert_eq!(edit(Table::UserProfile, None).0, "Your profile");
    }

    #[test]
    fn the_poll_without_the_doorbell_is_told_as_it_is() {
        let lines = panel(&status(SyncPhase::Synced, 0), Timestamp::from_micros(0), &chrono::Utc);
        assert!(lines.contains(&("Live updates", "off: checked every minute".into())));
    }
}
