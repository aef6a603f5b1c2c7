//! Repertoires: the tunes a person plays, per instrument.

use serde::{Deserialize, Serialize};

use super::ids::{InstrumentId, PlaylistId};
use super::scheduling::Algorithm;

/// A repertoire as the top bar and lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repertoire {
    /// The repertoire.
    pub id: PlaylistId,
    /// Its name; the instrument's where it has none.
    pub name: String,
    /// The name she gave it; empty where it goes by its instrument.
    pub own_name: String,
    /// The instrument, if one was chosen.
    pub instrument: Option<String>,
    /// Which that is.
    pub instrument_id: Option<InstrumentId>,
    /// The genre new tunes in it get.
    pub genre: Option<String>,
    /// What decides in it when a tune comes back; `None`: what her settings say.
    pub algorithm: Option<Algorithm>,
    /// How many tunes are in it.
    pub tunes: u32,
}

/// A genre to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genre {
    /// The genre: `ITRAD`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What a person says of a repertoire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepertoireDraft {
    /// Its name; empty = it goes by its instrument.
    pub name: String,
    /// The instrument.
    pub instrument: Option<InstrumentId>,
    /// The genre new tunes in it get.
    pub genre: Option<String>,
    /// What decides in it when a tune comes back; `None`: what her settings say.
    pub algorithm: Option<Algorithm>,
}

/// An instrument to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// The instrument.
    pub id: InstrumentId,
    /// Its name.
    pub name: String,
}
