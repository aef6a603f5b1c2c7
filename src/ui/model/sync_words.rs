//! The words of the sync badge and its panel. One source for what is seen and what is read aloud.

use super::when::{self, counted};
use crate::domain::time::{Timestamp, Zone};
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
        let live =
            if status.doorbell { "on: changes elsewhere show at once" } else { "off: checked every few minutes" };
        lines.push(("Live updates", live.to_owned()));
    }
    if let Some(error) = &status.last_error {
        lines.push(("Last problem", error.clone()));
    }
    lines
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
}
