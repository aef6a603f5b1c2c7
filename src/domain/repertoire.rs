//! Repertoires: the tunes a person plays, per instrument.

use serde::{Deserialize, Serialize};

use super::ids::{InstrumentId, PlaylistId};

/// A repertoire as the top bar and lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repertoire {
    /// The repertoire.
    pub id: PlaylistId,
    /// Its name; the instrument's where it has none.
    pub name: String,
    /// The instrument, if one was chosen.
    pub instrument: Option<String>,
    /// How many tunes are in it.
    pub tunes: u32,
}

/// An instrument to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// The instrument.
    pub id: InstrumentId,
    /// Its name.
    pub name: String,
}
