//! A goal of one's own as it is typed: a name, and after how many days the tune comes again, “1, 3, 7” or “12h 2 5”.

use crate::domain::decimal::decimal;
use crate::domain::scheduling::Goal;
use crate::ui::text::{say, t};

/// The goal that is typed.
///
/// Errors: what cannot be meant, in words.
pub fn read(name: &str, days: &str) -> Result<Goal, String> {
    let one = |word: &str| -> Option<f64> {
        let (number, share) = match word.strip_suffix(['h', 'H']) {
            Some(hours) => (hours, 24.0),
            None => (word.strip_suffix(['d', 'D']).unwrap_or(word), 1.0),
        };
        decimal(number.trim()).map(|number| number / share)
    };
    let words = days.split([' ', ',', ';']).filter(|word| !word.is_empty());
    let days: Option<Vec<f64>> = words.map(one).collect();
    let days = days.ok_or(t("Write days like “1, 3, 7”, or hours like “12h”."))?;
    Goal::named(name, &days).map_err(str::to_owned)
}

/// After how long tunes with that goal come again: “after 1, 3, 7, 14 and 21 days”.
pub fn rhythm_words(goal: &Goal) -> String {
    let Some(days) = goal.rhythm() else {
        return t("The schedule decides when it comes.").to_owned();
    };
    let one = |days: &f64| {
        if *days < 1.0 {
            say!("{hours} h", hours = (days * 24.0).round())
        } else {
            format!("{}", (days * 10.0).round() / 10.0)
        }
    };
    let words: Vec<String> = days.iter().map(one).collect();
    match words.split_last() {
        Some((last, [])) => say!("It comes after {last} days each time.", last),
        Some((last, rest)) => {
            say!(
                "It comes after {days} and {last} days, a step further each time it goes well.",
                days = rest.join(", "),
                last
            )
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_goal_is_read_as_it_is_meant_and_said_in_words() {
        let gig = read("Gig", "12h, 2 5;9").unwrap();
        assert_eq!(gig.stored(), "Gig [0.5, 2, 5, 9]");
        assert_eq!(rhythm_words(&gig), "It comes after 12 h, 2, 5 and 9 days, a step further each time it goes well.");
        assert_eq!(rhythm_words(&read("Gig", "3d").unwrap()), "It comes after 3 days each time.");
        assert_eq!(rhythm_words(&Goal::Recall), "The schedule decides when it comes.");
        assert!(read("Gig", "soon").unwrap_err().contains("1, 3, 7"));
        assert!(read("Gig", "").is_err() && read(" ", "1").is_err());
    }
}
