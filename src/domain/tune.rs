//! Tunes as a person meets them: what is written on the card, with her own values over the catalog's.

use serde::{Deserialize, Serialize};

use super::ids::{NoteId, TuneId};
use super::listing::Place;
use super::practice::PracticeEntry;
use super::reference::Reference;
use super::time::Timestamp;

/// The longest note that is stored, in bytes of HTML with the pictures in it: one operation of the sync is at most a megabyte.
pub const LONGEST_NOTE: usize = 900_000;

/// What is written on a tune's card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TuneFields {
    /// Title.
    pub title: Option<String>,
    /// Kind of tune: `Reel`, `JigD` … (column `type`).
    pub kind: Option<String>,
    /// Key and mode: `D Major`, `A Dorian`.
    pub mode: Option<String>,
    /// Parts: `AABB`.
    pub structure: Option<String>,
    /// The first bars in ABC notation.
    pub incipit: Option<String>,
    /// Genre id: `ITRAD`.
    pub genre: Option<String>,
}

/// A note on a tune.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The note.
    pub id: NoteId,
    /// HTML as stored: hostile input, never shown unsanitised.
    pub html: String,
    /// When it was written.
    pub created: Option<Timestamp>,
    /// This person's own? Others' public notes are read-only.
    pub own: bool,
    /// Readable by everybody?
    pub public: bool,
}

/// Everything a tune's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneDetail {
    /// The tune.
    pub id: TuneId,
    /// As this person sees it.
    pub fields: TuneFields,
    /// The catalog's values where this person has her own: `None` if nothing is overridden.
    pub catalog: Option<TuneFields>,
    /// Only hers (edited in place), or public (edited as an override)?
    pub private: bool,
    /// Is it in the current repertoire?
    pub in_repertoire: bool,
    /// Where it stands there.
    pub place: Option<Place>,
    /// Notes, oldest first.
    pub notes: Vec<Note>,
    /// Links.
    pub references: Vec<Reference>,
    /// Her tags.
    pub tags: Vec<String>,
    /// Ratings in the current repertoire, newest first.
    pub history: Vec<PracticeEntry>,
}
