//! The settings in words.

use super::locale::counted;
use crate::worker::protocol::Account;

/// What is typed to say that the deletion is meant.
pub const WORD: &str = "delete";

/// What deleting the account means.
pub const DELETION: &str = "Tunes of your own, repertoires, notes, links, tags and all your practice are deleted for good, on the server and on this \
    device. What you wrote for everybody goes, too. Your other devices keep their copy until you sign out there. Nobody can bring it back: save a copy first.";

/// What deleting everything on the device means.
pub const ERASURE: &str = "Tunes, repertoires, notes, links, tags, all your practice and the snapshots are deleted for good. They are nowhere else: nobody \
    can bring them back. Save a copy first; that file can be restored here or on another device.";

/// The new address waits for its confirmation.
pub const CONFIRM_EMAIL: &str =
    "Open the link in the messages we have sent to your old and your new address. Until then the old one stays.";

/// Was the word typed?
pub fn is_meant(typed: &str) -> bool {
    typed.trim().eq_ignore_ascii_case(WORD)
}

/// Who uses the app.
pub fn account(account: &Account) -> String {
    match account {
        Account::LocalOnly { .. } => "None; everything is on this device".to_owned(),
        Account::SignedIn { email, expired: false } => email.clone(),
        Account::SignedIn { email, expired: true } => format!("{email}: sign in again to sync"),
    }
}

/// What of the sync needs her.
pub fn sync(refused: u32, undecided: u32) -> String {
    match (refused, undecided) {
        (0, 0) => "This device's name, and what happens when two devices disagree".to_owned(),
        (refused, 0) => format!("{} not accepted by the server", counted(i64::from(refused), "change")),
        (0, undecided) => format!("{} to be decided", counted(i64::from(undecided), "change")),
        (refused, undecided) => {
            format!("{} not accepted, {undecided} to be decided", counted(i64::from(refused), "change"))
        }
    }
}

/// Colours and size.
pub fn appearance(theme: &str, text: &str) -> String {
    format!("Colours: {}. Text: {}", theme.to_lowercase(), text.to_lowercase())
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
