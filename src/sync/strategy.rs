//! How conflicts are settled: what a person can choose. The rules themselves are in `merge`; known to the interface, too.

use serde::{Deserialize, Serialize};

/// How conflicts are settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// Field by field: what one side changed survives; what both changed goes to the later edit.
    #[default]
    Fields,
    /// The later edited row wins as a whole.
    NewestRow,
    /// Field by field; what both changed keeps this device's value here, and is not sent before the person has chosen.
    Ask,
}

impl Strategy {
    /// All, in the order of the setting.
    pub const ALL: [Strategy; 3] = [Strategy::Fields, Strategy::NewestRow, Strategy::Ask];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Strategy::Fields => "fields",
            Strategy::NewestRow => "newest",
            Strategy::Ask => "ask",
        }
    }

    /// From what was stored; anything else counts as never chosen.
    pub fn from_name(name: &str) -> Self {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == name).unwrap_or_default()
    }
}
