//! The words of signing out with work that is not sent yet.

use super::locale::counted;

/// What is typed to say that it is meant.
pub const WORD: &str = "discard";

/// Was the word typed?
pub fn is_meant(typed: &str) -> bool {
    typed.trim().eq_ignore_ascii_case(WORD)
}

fn changes(count: u32) -> String {
    counted(i64::from(count), "change")
}

/// The question's title.
pub fn title(unsent: u32) -> String {
    format!("{} {} not sent yet", changes(unsent), if unsent == 1 { "is" } else { "are" })
}

/// What it is about; `stuck` = refused, and waiting for a decision.
pub fn explanation(unsent: u32, stuck: (u32, u32)) -> String {
    let them = if unsent == 1 { "It is" } else { "They are" };
    match stuck {
        (0, 0) => {
            format!("{them} on this device only. What shall become of {}?", if unsent == 1 { "it" } else { "them" })
        }
        (refused, 0) => format!(
            "{them} on this device only; {} not accepted by the server, so syncing alone does not help.",
            was(refused)
        ),
        (0, undecided) => {
            format!("{them} on this device only; {} wait for your decision in “Changed in two places”.", undecided)
        }
        (refused, undecided) => format!(
            "{them} on this device only; {} not accepted by the server, {undecided} wait for your decision.",
            was(refused)
        ),
    }
}

fn was(count: u32) -> String {
    if count == 1 { "1 was".to_owned() } else { format!("{count} were") }
}

/// How far the sync has come.
pub fn progress(sent: u32, total: u32, offline: bool, ended: bool) -> String {
    match (offline, ended) {
        (_, true) => "Your session has ended: sign in again to send them, or keep them on this device.".to_owned(),
        (true, _) => {
            format!("You are offline. {sent} of {total} sent; the rest goes out as soon as there is a network.")
        }
        _ => format!("{sent} of {total} sent…"),
    }
}

/// What discarding means.
pub fn loss(unsent: u32) -> String {
    format!(
        "{} made on this device will be gone for good. What was sent before stays in your account.",
        changes(unsent)
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
