//! A person's tunes as a list to take away.

use serde::{Deserialize, Serialize};

use super::ids::TuneId;
use super::time::Timestamp;
use super::tune::TuneFields;

/// A tune of hers, with what she would want to see in a table of another program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTune {
    /// As she sees it.
    pub fields: TuneFields,
    /// The repertoires it is in.
    pub repertoires: Vec<String>,
    /// Is it hers alone?
    pub private: bool,
    /// Since when she knows it.
    pub learned: Option<Timestamp>,
    /// How often she has rated it.
    pub practised: u32,
    /// When she rated it last.
    pub last_practised: Option<Timestamp>,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Her tags.
    pub tags: Vec<String>,
    /// Her own notes, the oldest first, as stored: hostile HTML.
    pub notes: Vec<String>,
    /// The addresses of her own links, the favourite first.
    pub links: Vec<String>,
    /// What it is practised for, as stored.
    pub goal: Option<String>,
}

/// Which tunes are taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// All of hers: of all repertoires, and those that only she has.
    All,
    /// Those of the current repertoire.
    Repertoire,
    /// These.
    Chosen(Vec<TuneId>),
}
