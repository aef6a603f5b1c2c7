//! The words of the sync badge and its panel. One source for what is seen and what is read aloud.

use super::locale::{self, counted};
use super::when;
use crate::domain::time::{Timestamp, Zone};
use crate::sync::status::{LocalTrouble, SyncPhase, SyncStatus};
use crate::sync::strategy::Strategy;
use crate::ui::text::{plural, say, t, told};
use crate::worker::protocol::{StorageMode, SyncSettings};

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
            t("Saved on this device").to_owned(),
            t("On this device").to_owned(),
            t("Sign in to back up your tunes and use them on other devices.").to_owned(),
        ),
        // The engine never says so with work pending; should it ever, the badge does not repeat it.
        SyncPhase::Synced if pending == 0 => (
            Sign::Tick,
            t("All changes synced").to_owned(),
            t("Synced").to_owned(),
            t("Everything on this device is on the server, and the other way round.").to_owned(),
        ),
        SyncPhase::Synced | SyncPhase::Syncing if pending > 0 => (
            Sign::Turning,
            say!("Syncing {changes}…", changes = changes(pending)),
            say!("Syncing {pending}", pending),
            t("Your changes are saved here and are being sent.").to_owned(),
        ),
        SyncPhase::Synced | SyncPhase::Syncing => (
            Sign::Turning,
            t("Checking for changes…").to_owned(),
            t("Syncing").to_owned(),
            t("Fetching what changed on your other devices.").to_owned(),
        ),
        SyncPhase::Offline if pending > 0 => (
            Sign::Offline,
            say!("Offline · {changes} saved here", changes = changes(pending)),
            say!("Offline · {pending}", pending),
            plural(pending.into(), "It will be sent when you are back online.", "They will be sent when you are back online.").to_owned(),
        ),
        SyncPhase::Offline => (
            Sign::Offline,
            t("Offline").to_owned(),
            t("Offline").to_owned(),
            t("Everything works; changes are saved on this device until you are back online.").to_owned(),
        ),
        SyncPhase::Retrying if status.trouble == Some(LocalTrouble::NoRoom) => (
            Sign::Attention,
            t("No room on this device").to_owned(),
            t("No room").to_owned(),
            t("There is no room for what is new on the server, so it is not fetched. Your own changes are still saved and sent. Free some space on this device.")
                .to_owned(),
        ),
        SyncPhase::Retrying => {
            let next = status.next_attempt.map_or_else(|| t("soon").to_owned(), |at| when::wait(at, now));
            (
                Sign::Offline,
                say!("Saved here · retrying {next}", next),
                t("Retrying").to_owned(),
                t("The server does not answer as it should. Your changes are safe on this device.").to_owned(),
            )
        }
        SyncPhase::SignInAgain => (
            Sign::Person,
            t("Sign in again to sync").to_owned(),
            t("Sign in").to_owned(),
            t("Your session has ended. Everything goes on working here; sign in to send your changes.").to_owned(),
        ),
        SyncPhase::UpdateApp => (
            Sign::Attention,
            t("Update the app to sync").to_owned(),
            t("Update").to_owned(),
            t("This app is too old for the server to take its changes. Reload the page to update it; everything is kept here until then.")
                .to_owned(),
        ),
        SyncPhase::NeedsAttention => {
            let count = status.refused + status.undecided;
            let needs = plural(count.into(), "{count} change needs attention", "{count} changes need attention");
            let why = match (status.refused, status.undecided) {
                (1, 0) => t("The server did not accept it. Nothing is lost: it is kept on this device.").to_owned(),
                (_, 0) => t("The server did not accept them. Nothing is lost: they are kept on this device.").to_owned(),
                (0, _) => t("Changed in two places: choose which one shall stand. Until then it is kept as it is here.").to_owned(),
                _ => t("Some were not accepted by the server, some were changed in two places. All are kept on this device.").to_owned(),
            };
            (Sign::Attention, say!(needs, count = locale::number(count)), say!("Attention · {count}", count), why)
        }
    };
    Badge { sign, long, short, explanation }
}

/// The lines of the panel: name and value.
pub fn panel(status: &SyncStatus, now: Timestamp, zone: &impl Zone) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if status.phase != SyncPhase::LocalOnly {
        let moment =
            |at: Option<Timestamp>, never: &str| at.map_or_else(|| never.to_owned(), |at| when::ago(at, now, zone));
        let waiting = match (status.pending, status.in_flight) {
            (0, _) => t("nothing").to_owned(),
            (pending, 0) => changes(pending),
            (pending, flying) if flying >= pending => say!("{changes}, on the way now", changes = changes(pending)),
            (pending, flying) => say!("{changes}, {flying} of them on the way now", changes = changes(pending), flying),
        };
        lines.push((t("Waiting to be sent"), waiting));
        if status.slow > 0 {
            let text = plural(
                status.slow.into(),
                "One large change is waiting for a better connection; everything else goes first.",
                "{count} large changes are waiting for a better connection; everything else goes first.",
            );
            lines.push((t("Large changes"), say!(text, count = status.slow)));
        }
        let refused = if status.refused == 0 { t("nothing").to_owned() } else { changes(status.refused) };
        lines.push((t("Not accepted by the server"), refused));
        lines.push((t("Last sent"), moment(status.last_push, t("nothing yet"))));
        lines.push((t("Last fetched"), moment(status.last_pull, t("not yet"))));
        if let Some(next) = status.next_attempt {
            lines.push((t("Next attempt"), when::wait(next, now)));
        }
        let live = match status.phase {
            _ if status.doorbell => t("on: changes elsewhere show at once"),
            SyncPhase::Offline => t("off: there is no connection"),
            _ => t("off: checked every minute"),
        };
        lines.push((t("Live updates"), live.to_owned()));
    }
    if let Some(seconds) = status.clock_ahead {
        lines.push((t("Clock"), clock(seconds)));
    }
    if let Some(error) = &status.last_error {
        lines.push((t("Last problem"), told(error).to_owned()));
    }
    lines
}

/// How far this device's clock is ahead of the server's, or behind it, and why that matters.
fn clock(seconds: i64) -> String {
    let long = match seconds.abs() {
        s if s < 2 * 3600 => counted(s / 60, "minute"),
        s if s < 48 * 3600 => counted(s / 3600, "hour"),
        s => counted(s / 86_400, "day"),
    };
    let is = match seconds > 0 {
        true => say!("{long} ahead of the server's.", long),
        false => say!("{long} behind the server's.", long),
    };
    let advice = t(
        "Set this device's date and time right: of two changes of the same thing the later one stands, and what is due today goes by it, too.",
    );
    format!("{is} {advice}")
}

/// What the panel points at: the words of the link and its page.
pub fn links(status: &SyncStatus) -> Vec<(String, &'static str)> {
    let mut links = Vec::new();
    if status.refused > 0 {
        links.push((say!("{changes} not accepted by the server", changes = changes(status.refused)), "/refused"));
    }
    if status.undecided > 0 {
        links.push((say!("{changes} to decide", changes = changes(status.undecided)), "/conflicts"));
    }
    if status.unreviewed > 0 {
        links.push((say!("{changes} in two places, settled", changes = changes(status.unreviewed)), "/conflicts"));
    }
    links
}

/// How sure it is that the browser keeps the data; `None` where nothing is kept. `can_be_asked`: not every browser, and not every address, lets
/// a page ask.
pub fn durability(mode: StorageMode, persisted: Option<bool>, can_be_asked: bool) -> Option<&'static str> {
    match (mode, persisted) {
        (StorageMode::Memory, _) => None,
        (_, Some(true)) => Some(t("The browser has agreed to keep it even when space runs short.")),
        (_, Some(false)) => Some(t("The browser may clear it when space runs short.")),
        (_, None) if can_be_asked => Some(t("The browser is asked to keep it with your first change.")),
        (_, None) => Some(t("This browser cannot be asked to keep it: it may clear it when space runs short.")),
    }
}

/// A strategy's name, and what it means.
pub fn strategy(strategy: Strategy) -> (&'static str, &'static str) {
    match strategy {
        Strategy::Fields => (
            t("Merge"),
            t(
                "What only one side changed stays. Where both changed the same, the later change stands, and you are told.",
            ),
        ),
        Strategy::NewestRow => (
            t("The newest wins"),
            t("The later change replaces the other one as a whole: the whole tune, the whole note."),
        ),
        Strategy::Ask => (
            t("Ask me"),
            t(
                "As with merging, but where both changed the same, you choose. Until then yours stays on this device and is not sent.",
            ),
        ),
    }
}

/// The person's other devices: name, and when they were last heard of.
pub fn other_devices(settings: &SyncSettings, now: Timestamp, zone: &impl Zone) -> Vec<(String, String)> {
    let others = settings.devices.iter().filter(|device| device.id != settings.device);
    let told = others.map(|device| {
        let name = device.name.clone().unwrap_or_else(|| t("A device without a name").to_owned());
        (name, device.last_seen.map_or_else(String::new, |at| say!("last sent {ago}", ago = when::ago(at, now, zone))))
    });
    told.collect()
}

/// Where the data lie, and what that means.
pub fn storage(mode: StorageMode) -> (&'static str, &'static str) {
    match mode {
        StorageMode::Opfs => (
            t("A database file in this browser"),
            t(
                "Kept when you close the app. Removing this site's data removes it; a private window takes it along when it is closed.",
            ),
        ),
        StorageMode::IndexedDb => (
            t("This browser's IndexedDB"),
            t(
                "Kept when you close the app; somewhat slower. Removing this site's data removes it; a private window takes it along when it is closed.",
            ),
        ),
        StorageMode::Memory => (
            t("In memory only"),
            t("This browser lets the app keep nothing: what is not synced is gone when you close this tab."),
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
        let full = SyncStatus { trouble: Some(LocalTrouble::NoRoom), ..retrying.clone() };
        assert_eq!(long(&full), "No room on this device");
        assert_eq!(long(&retrying), "Saved here · retrying in 16 s");
    }

    #[test]
    fn the_badge_never_says_synced_while_something_is_pending() {
        let lie = badge(&status(SyncPhase::Synced, 1), Timestamp::from_micros(0));
        assert_eq!((lie.sign, lie.long.as_str()), (Sign::Turning, "Syncing 1 change…"));
    }

    #[test]
    fn the_panel_tells_what_waits_and_what_flies_and_when() {
        let now = Timestamp::from_micros(1_000_000_000);
        let status = SyncStatus {
            in_flight: 2,
            last_pull: Some(now.plus_micros(-300_000_000)),
            last_push: Some(now.plus_micros(-120_000_000)),
            ..status(SyncPhase::Syncing, 3)
        };
        let lines = panel(&status, now, &chrono::Utc);
        assert!(lines.contains(&("Waiting to be sent", "3 changes, 2 of them on the way now".into())));
        assert!(lines.contains(&("Last sent", "2 minutes ago".into())));
        assert!(lines.contains(&("Last fetched", "5 minutes ago".into())));
        assert!(lines.contains(&("Not accepted by the server", "nothing".into())));
        assert!(links(&status).is_empty());
    }

    #[test]
    fn the_next_attempt_is_told_wherever_one_is_planned() {
        let now = Timestamp::from_micros(1_000_000_000);
        for phase in [SyncPhase::Retrying, SyncPhase::UpdateApp, SyncPhase::Offline] {
            let status = SyncStatus { next_attempt: Some(now.plus_micros(16_000_000)), ..status(phase, 1) };
            assert!(panel(&status, now, &chrono::Utc).contains(&("Next attempt", "in 16 s".into())), "{phase:?}");
        }
    }

    #[test]
    fn it_is_said_how_sure_it_is_that_the_browser_keeps_the_data() {
        let told = |persisted, can_be_asked| durability(StorageMode::Opfs, persisted, can_be_asked).unwrap_or_default();
        assert!(told(None, true).contains("asked to keep it with your first change"));
        assert!(told(None, false).contains("cannot be asked"));
        assert!(told(Some(true), true).contains("agreed"));
        assert_eq!(durability(StorageMode::Memory, None, true), None, "nothing is kept");
        for kept in [StorageMode::Opfs, StorageMode::IndexedDb] {
            assert!(storage(kept).1.contains("private window"), "what a private window makes of it");
        }
    }

    #[test]
    fn what_needs_a_person_is_counted_and_led_to() {
        let wrong = |seconds| {
            let status = SyncStatus { clock_ahead: Some(seconds), ..status(SyncPhase::Synced, 0) };
            panel(&status, Timestamp::from_micros(0), &chrono::Utc)
                .into_iter()
                .find(|line| line.0 == "Clock")
                .map(|line| line.1)
                .unwrap_or_default()
        };
        assert!(wrong(420).starts_with("7 minutes ahead of the server's."));
        assert!(wrong(-3 * 86_400).starts_with("3 days behind the server's."));
        let some = SyncStatus { refused: 1, undecided: 2, unreviewed: 1, ..status(SyncPhase::NeedsAttention, 0) };
        assert_eq!(long(&some), "3 changes need attention");
        let pages: Vec<_> = links(&some).into_iter().map(|(_, page)| page).collect();
        assert_eq!(pages, ["/refused", "/conflicts", "/conflicts"]);
        assert_eq!(links(&some)[0].0, "1 change not accepted by the server");
    }

    #[test]
    fn the_poll_without_the_doorbell_is_told_as_it_is() {
        let lines = panel(&status(SyncPhase::Synced, 0), Timestamp::from_micros(0), &chrono::Utc);
        assert!(lines.contains(&("Live updates", "off: checked every minute".into())));
        let lines = panel(&status(SyncPhase::Offline, 0), Timestamp::from_micros(0), &chrono::Utc);
        assert!(lines.contains(&("Live updates", "off: there is no connection".into())));
    }
}
