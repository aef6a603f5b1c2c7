//! A copy of everything of a person, kept on the device before something large happens to it.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Before what it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// A newer app brought the database into another form.
    Upgrade,
    /// A file was brought in: an old database, an export.
    File,
    /// Many tunes were brought in.
    Tunes,
    /// She went back to an earlier snapshot.
    GoingBack,
}

impl Why {
    /// All of them.
    pub const ALL: [Why; 4] = [Why::Upgrade, Why::File, Why::Tunes, Why::GoingBack];

    /// The word that is stored.
    pub const fn stored(self) -> &'static str {
        match self {
            Why::Upgrade => "upgrade",
            Why::File => "file",
            Why::Tunes => "tunes",
            Why::GoingBack => "going back",
        }
    }

    /// The one of that word.
    pub fn from_stored(word: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.stored() == word)
    }
}

/// One of them, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its number on this device.
    pub id: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Before what.
    pub why: Why,
    /// Its size in bytes.
    pub bytes: u64,
}
