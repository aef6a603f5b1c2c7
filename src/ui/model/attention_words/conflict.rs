//! What was changed in two places: both values, where they are from, what the buttons say.

use super::{LONGEST_NAME, clipped, field, subject, value};
use crate::domain::time::Zone;
use crate::store::attention::{ConflictNote, OtherSide};

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
        OtherSide::Server => "on the server".to_owned(),
        OtherSide::ThisDevice => "here earlier".to_owned(),
        OtherSide::Device(None) => "on another device".to_owned(),
        OtherSide::Device(Some(name)) => format!("on {}", device(name)),
    }
}

/// A device's name in a sentence: in quotes where it would read as part of it.
fn device(name: &str) -> String {
    let name = clipped(name, LONGEST_NAME);
    if name.contains(" on ") || name.contains(',') { format!("‘{name}’") } else { name }
}

fn from(side: &OtherSide) -> String {
    match side {
        OtherSide::Server => "from the server".to_owned(),
        OtherSide::ThisDevice => "from earlier".to_owned(),
        OtherSide::Device(None) => "from the other device".to_owned(),
        OtherSide::Device(Some(name)) => format!("from {}", device(name)),
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
        let values = ["Deleted", "Kept, with what was changed"];
        if deleted_here {
            (format!("{what} was deleted here and changed {there}"), values.map(str::to_owned))
        } else {
            let [deleted, kept] = values.map(str::to_owned);
            (format!("{what} was changed here and deleted {there}"), [kept, deleted])
        }
    } else {
        let words = |text: &Option<String>, other: &str| {
            value(&note.field, text.as_deref(), zone).unwrap_or_else(|| format!("another one {other}"))
        };
        let values = [words(&note.here, "than there"), words(&note.there, "than here")];
        (format!("{what}: {} was changed here and {there}", field(note.subject.table, &note.field)), values)
    };
    let [here_value, there_value] = values;
    let sides = [
        Side { place: "Here".to_owned(), value: here_value, stands: note.kept_here },
        Side { place: sentence(&there), value: there_value, stands: !note.kept_here },
    ];
    let (here, there) = ("the one from here".to_owned(), format!("the one {}", from(&note.from)));
    let (kept, other) = if note.kept_here { (here, there) } else { (there, here) };
    ConflictWords { headline, sides, use_other: format!("Use {other}"), keep: format!("Keep {kept}") }
}
