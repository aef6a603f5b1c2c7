//! The settings in words.

use super::locale::counted;
use crate::ui::text::{mark, say, t};
use crate::worker::protocol::Account;

/// What is typed to say that the deletion is meant.
pub const WORD: &str = mark("delete");

/// What deleting the account means.
pub const DELETION: &str = mark(
    "Tunes of your own, repertoires, notes, links, tags and all your practice are deleted for good, on the server and on this \
    device. What you wrote for everybody goes, too. Your other devices keep their copy until you sign out there. Nobody can bring it back: save a copy first.",
);

/// What deleting everything on the device means.
pub const ERASURE: &str = mark(
    "Tunes, repertoires, notes, links, tags, all your practice and the snapshots are deleted for good. They are nowhere else: nobody \
    can bring them back. Save a copy first; that file can be restored here or on another device.",
);

/// The new address waits for its confirmation.
pub const CONFIRM_EMAIL: &str =
    mark("Open the link in the messages we have sent to your old and your new address. Until then the old one stays.");

/// Was the word typed?
pub fn is_meant(typed: &str) -> bool {
    typed.trim().to_lowercase() == t(WORD).to_lowercase()
}

/// Who uses the app.
pub fn account(account: &Account) -> String {
    match account {
        Account::LocalOnly { .. } => t("None; everything is on this device").to_owned(),
        Account::SignedIn { email, expired: false } => email.clone(),
        Account::SignedIn { email, expired: true } => say!("{email}: sign in again to sync", email),
    }
}

/// What of the sync needs her.
pub fn sync(refused: u32, undecided: u32) -> String {
    match (refused, undecided) {
        (0, 0) => t("This device's name, and what happens when two devices disagree").to_owned(),
        (refused, 0) => say!("{changes} not accepted by the server", changes = counted(i64::from(refused), "change")),
        (0, undecided) => say!("{changes} to be decided", changes = counted(i64::from(undecided), "change")),
        (refused, undecided) => {
            say!(
                "{changes} not accepted, {undecided} to be decided",
                changes = counted(i64::from(refused), "change"),
                undecided
            )
        }
    }
}

/// Colours and size.
pub fn appearance(theme: &str, text: &str) -> String {
    say!("Colours: {colours}. Text: {text}", colours = theme.to_lowercase(), text = text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_says_how_things_stand() {
        let signed_in = |expired| account(&Account::SignedIn { email: "a@b.c".into(), expired });
        assert_eq!(signed_in(false), "a@b.c");
        assert_eq!(signed_in(true), "a@b.c: sign in again to sync");
        assert_eq!(sync(1, 0), "1 change not accepted by the server");
        assert_eq!(sync(2, 3), "2 changes not accepted, 3 to be decided");
        assert_eq!(appearance("As the device", "Larger"), "Colours: as the device. Text: larger");
        assert!(is_meant(" Delete ") && !is_meant("yes") && !is_meant(""));
    }
}
