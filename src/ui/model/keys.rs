//! Single-key shortcuts of the practice page (switchable off, WCAG 2.1.4).

use crate::domain::practice::Rating;
use crate::ui::text::mark;

/// What a key does while practising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Rate the current tune.
    Rate(Rating),
    /// Take the last thing back.
    Undo,
    /// Turn the card.
    Turn,
    /// To the tune before.
    Previous,
    /// To the tune after.
    Next,
    /// Show the keys.
    Help,
}

/// The keys and what they do, for the sheet that `?` opens.
pub const SHEET: [(&str, &str); 9] = [
    ("1", mark("Again: lost it")),
    ("2", mark("Hard: got through")),
    ("3", mark("Good: knew it")),
    ("4", mark("Easy: no effort")),
    (mark("Space"), mark("Turn the card: the first bars, your notes")),
    ("U", mark("Take the last one back (Ctrl+Z, too)")),
    ("←", mark("The tune before")),
    ("→", mark("The tune after")),
    ("?", mark("These keys")),
];

/// What was pressed, and where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Press<'a> {
    /// `KeyboardEvent.key`.
    pub key: &'a str,
    /// With Ctrl or Meta.
    pub command: bool,
    /// With Alt.
    pub alt: bool,
    /// Held down, so that the browser repeats it.
    pub repeated: bool,
    /// In a field, a menu or an open dialog.
    pub writing: bool,
    /// On a button or a link, which has its own use for the space bar.
    pub on_control: bool,
}

/// The command of a press; `enabled` is the person's switch.
pub fn command(press: Press<'_>, enabled: bool) -> Option<Command> {
    if !enabled || press.writing || press.repeated || press.alt {
        return None;
    }
    if press.command {
        return matches!(press.key, "z" | "Z").then_some(Command::Undo);
    }
    match press.key {
        "1" => Some(Command::Rate(Rating::Again)),
        "2" => Some(Command::Rate(Rating::Hard)),
        "3" => Some(Command::Rate(Rating::Good)),
        "4" => Some(Command::Rate(Rating::Easy)),
        "u" | "U" => Some(Command::Undo),
        " " if !press.on_control => Some(Command::Turn),
        "ArrowLeft" | "PageUp" => Some(Command::Previous),
        "ArrowRight" | "PageDown" => Some(Command::Next),
        "?" => Some(Command::Help),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> Press<'_> {
        Press { key, ..Press::default() }
    }

    #[test]
    fn digits_rate_and_u_takes_back() {
        for (key, rating) in [("1", Rating::Again), ("2", Rating::Hard), ("3", Rating::Good), ("4", Rating::Easy)] {
            assert_eq!(command(press(key), true), Some(Command::Rate(rating)), "{key}");
        }
        assert_eq!(command(press("0"), true), None);
        assert_eq!(command(press("U"), true), Some(Command::Undo));
        assert_eq!(command(Press { command: true, ..press("z") }, true), Some(Command::Undo));
        assert_eq!(command(press("5"), true), None);
    }

    #[test]
    fn arrows_and_a_page_turning_pedal_go_through_the_tunes_and_space_turns_the_card() {
        assert_eq!(command(press("ArrowRight"), true), Some(Command::Next));
        assert_eq!(command(press("PageUp"), true), Some(Command::Previous));
        assert_eq!(command(press(" "), true), Some(Command::Turn));
        assert_eq!(command(Press { on_control: true, ..press(" ") }, true), None, "the button's own");
        assert_eq!(command(press("?"), true), Some(Command::Help));
    }

    #[test]
    fn nothing_is_rated_by_typing_by_holding_or_when_switched_off() {
        assert_eq!(command(Press { writing: true, ..press("1") }, true), None);
        assert_eq!(command(Press { repeated: true, ..press("1") }, true), None);
        assert_eq!(command(Press { command: true, ..press("1") }, true), None);
        assert_eq!(command(press("1"), false), None);
    }
}
