//! What of hers was deleted lately and can be brought back.

use serde::{Deserialize, Serialize};

use super::ids::{NoteId, PlaylistId, ReferenceId, TuneId};
use super::time::Timestamp;

/// For so many days it is offered.
pub const DAYS: i64 = 30;

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeletedThing {
    /// A tune of her own.
    Tune(TuneId),
    /// A note on a tune.
    Note(TuneId, NoteId),
    /// A link of a tune.
    Link(TuneId, ReferenceId),
    /// A repertoire.
    Repertoire(PlaylistId),
}

/// Something that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// What.
    pub thing: DeletedThing,
    /// Its title; of a note its first words, of a link its address.
    pub name: String,
    /// Of a note or link: on which tune.
    pub tune: Option<String>,
    /// When.
    pub at: Timestamp,
}
