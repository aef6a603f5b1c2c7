//! What was changed in two places: both values, where they are from, what the buttons say.

use super::{LONGEST_NAME, clipped, field, subject, value};
use crate::domain::time::Zone;
use crate::store::attention::{ConflictNote, OtherSide};
use crate::ui::text::{say, t};

/// One of the two sides of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// “Here”, “On Phone”.
    pub place: String,
    /// What it says there.
    pub value: String,
    /// Does it stand?
    pub stands: bool,
}

/// A conflict in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictWords {
    /// “‘The Abbey Reel’: mode was changed here and on Phone”.
    pub headline: String,
    /// This device's side, then the other.
    pub sides: [Side; 2],
    /// What the button for the value that does not stand says: “Use the one from Phone”.
    pub use_other: String,
    /// What the button for the value that stands says: “Keep the one from here”.
    pub keep: String,
}

/// Where the other value is from: “on Phone”.
pub(super) fn place(side: &OtherSide) -> String {
    match side {
        OtherSide::Server => t("on the server").to_owned(),
        OtherSide::ThisDevice => t("here earlier").to_owned(),
        OtherSide::Device(None) => t("on another device").to_owned(),
        OtherSide::Device(Some(name)) => say!("on {device}", device = device(name)),
    }
}

/// A device's name in a sentence: in quotes where it would read as part of it.
fn device(name: &str) -> String {
    let name = clipped(name, LONGEST_NAME);
    if name.contains(" on ") || name.contains(',') { format!("‘{name}’") } else { name }
}

fn from(side: &OtherSide) -> String {
    match side {
        OtherSide::Server => t("from the server").to_owned(),
        OtherSide::ThisDevice => t("from earlier").to_owned(),
        OtherSide::Device(None) => t("from the other device").to_owned(),
        OtherSide::Device(Some(name)) => say!("from {device}", device = device(name)),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A conflict in words.
pub fn conflict(note: &ConflictNote, zone: &impl Zone) -> ConflictWords {
    let what = subject(&note.subject);
    let there = place(&note.from);
    let (headline, values) = if note.field == "deleted" {
        let deleted_here = note.here.as_deref() == Some("yes");
        let values = [t("Deleted"), t("Kept, with what was changed")];
        if deleted_here {
            (say!("{what} was deleted here and changed {there}", what, there), values.map(str::to_owned))
        } else {
            let [deleted, kept] = values.map(str::to_owned);
            (say!("{what} was changed here and deleted {there}", what, there), [kept, deleted])
        }
    } else {
        let words = |text: &Option<String>, other: &str| {
            value(&note.field, text.as_deref(), zone).unwrap_or_else(|| say!("another one {other}", other))
        };
        let values = [words(&note.here, t("than there")), words(&note.there, t("than here"))];
        (
            say!(
                "{what}: {field} was changed here and {there}",
                what,
                field = field(note.subject.table, &note.field),
                there
            ),
            values,
        )
    };
    let [here_value, there_value] = values;
    let sides = [
        Side { place: t("Here").to_owned(), value: here_value, stands: note.kept_here },
        Side { place: sentence(&there), value: there_value, stands: !note.kept_here },
    ];
    let (here, there) = (t("the one from here").to_owned(), say!("the one {from}", from = from(&note.from)));
    let (kept, other) = if note.kept_here { (here, there) } else { (there, here) };
    ConflictWords { headline, sides, use_other: say!("Use {other}", other), keep: say!("Keep {kept}", kept) }
}
