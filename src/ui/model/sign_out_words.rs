//! The words of signing out with work that is not sent yet.

use super::locale::{counted, number};
use crate::ui::text::{mark, plural, say, t};

/// What is typed to say that it is meant.
pub const WORD: &str = mark("discard");

/// Was the word typed?
pub fn is_meant(typed: &str) -> bool {
    typed.trim().to_lowercase() == t(WORD).to_lowercase()
}

/// The question's title.
pub fn title(unsent: u32) -> String {
    let text = plural(unsent.into(), "{count} change is not sent yet", "{count} changes are not sent yet");
    say!(text, count = number(unsent))
}

/// What it is about; `stuck` = refused, and waiting for a decision.
pub fn explanation(unsent: u32, stuck: (u32, u32)) -> String {
    let them = plural(unsent.into(), "It is", "They are");
    match stuck {
        (0, 0) => {
            say!(
                "{them} on this device only. What shall become of {what}?",
                them,
                what = plural(unsent.into(), "it", "them")
            )
        }
        (refused, 0) => say!(
            "{them} on this device only; {refused} not accepted by the server, so syncing alone does not help.",
            them,
            refused = was(refused)
        ),
        (0, undecided) => {
            say!(
                "{them} on this device only; {undecided} wait for your decision in “Changed in two places”.",
                them,
                undecided
            )
        }
        (refused, undecided) => say!(
            "{them} on this device only; {refused} not accepted by the server, {undecided} wait for your decision.",
            them,
            refused = was(refused),
            undecided
        ),
    }
}

fn was(count: u32) -> String {
    say!(plural(count.into(), "1 was", "{count} were"), count)
}

/// How far the sync has come.
pub fn progress(sent: u32, total: u32, offline: bool, ended: bool) -> String {
    match (offline, ended) {
        (_, true) => t("Your session has ended: sign in again to send them, or keep them on this device.").to_owned(),
        (true, _) => {
            say!(
                "You are offline. {sent} of {total} sent; the rest goes out as soon as there is a network.",
                sent,
                total
            )
        }
        _ => say!("{sent} of {total} sent…", sent, total),
    }
}

/// What discarding means.
pub fn loss(unsent: u32) -> String {
    say!(
        "{unsent} made on this device will be gone for good. What was sent before stays in your account.",
        unsent = counted(unsent, "change")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_what_is_at_stake() {
        assert_eq!(title(1), "1 change is not sent yet");
        assert_eq!(title(3), "3 changes are not sent yet");
        assert!(explanation(3, (0, 0)).starts_with("They are on this device only"));
        assert!(explanation(3, (1, 0)).contains("1 was not accepted"));
        assert_eq!(progress(2, 5, false, false), "2 of 5 sent…");
        assert!(progress(2, 5, true, false).contains("offline"));
        assert!(loss(2).starts_with("2 changes"));
    }

    #[test]
    fn only_the_word_means_it() {
        assert!(is_meant(" Discard "));
        assert!(!is_meant("yes"));
        assert!(!is_meant(""));
    }
}
