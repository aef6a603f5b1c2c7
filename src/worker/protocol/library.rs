//! What the pages about repertoires, the catalog and tunes ask of the worker, and its answers. May know: `domain`.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InstrumentId, NoteId, PlaylistId, TuneId};
use crate::domain::repertoire::{Instrument, Repertoire};
use crate::domain::tune::{TuneDetail, TuneFields, TunePage};

/// A request about repertoires, the catalog and tunes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LibraryRequest {
    /// All repertoires, and which one is current. → `Repertoires`
    Repertoires,
    /// Make that repertoire the current one. → `Done`
    ChooseRepertoire {
        /// The repertoire.
        playlist: PlaylistId,
    },
    /// Make a repertoire and make it current. → `Repertoires`
    CreateRepertoire {
        /// Its name.
        name: String,
        /// Its instrument.
        instrument: Option<InstrumentId>,
    },
    /// Instruments to choose from. → `Instruments`
    Instruments,
    /// Search the catalog, or the current repertoire only. → `Tunes`
    SearchTunes {
        /// Words of the title (also incipit); empty = all. Case, accents, articles and apostrophes do not matter.
        text: String,
        /// Only tunes of the current repertoire?
        repertoire_only: bool,
        /// How many to skip.
        offset: u32,
        /// How many to return at most.
        limit: u32,
    },
    /// Everything about a tune. → `Tune`
    Tune {
        /// The tune.
        tune: TuneId,
    },
    /// Change a tune's fields: in place if it is her own, else as her override. Fields equal to the catalog's are not overridden. → `Tune`
    EditTune {
        /// The tune.
        tune: TuneId,
        /// All fields as they shall be.
        fields: TuneFields,
    },
    /// Make a private tune and put it into the current repertoire. → `Tune`
    CreateTune {
        /// Its fields; the title must not be empty.
        fields: TuneFields,
    },
    /// Put tunes into the current repertoire. → `Added`
    AddToRepertoire {
        /// The tunes.
        tunes: Vec<TuneId>,
    },
    /// Take tunes out of the current repertoire (their history stays). → `Done`
    RemoveFromRepertoire {
        /// The tunes.
        tunes: Vec<TuneId>,
    },
    /// Write a note: a new one (`note: None`) or a new text. → `Tune`
    SaveNote {
        /// The tune.
        tune: TuneId,
        /// The note, or none for a new one.
        note: Option<NoteId>,
        /// Its text as HTML.
        html: String,
    },
    /// Delete an own note. → `Tune`
    DeleteNote {
        /// The tune.
        tune: TuneId,
        /// The note.
        note: NoteId,
    },
    /// Delete a tune of her own. → `Done`
    DeleteTune {
        /// The tune.
        tune: TuneId,
    },
    /// Take that back, with all that hangs on the tune. → `Tune`
    RestoreTune {
        /// The tune.
        tune: TuneId,
    },
}

impl LibraryRequest {
    /// Does it leave something behind that a person would miss?
    pub(super) const fn is_edit(&self) -> bool {
        matches!(
            self,
            LibraryRequest::CreateRepertoire { .. }
                | LibraryRequest::EditTune { .. }
                | LibraryRequest::CreateTune { .. }
                | LibraryRequest::AddToRepertoire { .. }
                | LibraryRequest::SaveNote { .. }
        )
    }
}

/// An answer about repertoires, the catalog and tunes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LibraryAnswer {
    /// The repertoires.
    Repertoires {
        /// All of them.
        all: Vec<Repertoire>,
        /// The current one.
        current: Option<PlaylistId>,
    },
    /// Instruments.
    Instruments(Vec<Instrument>),
    /// A page of tunes.
    Tunes(TunePage),
    /// A tune, boxed because it is large.
    Tune(Box<TuneDetail>),
    /// Tunes put into the repertoire.
    Added {
        /// How many were new there.
        added: u32,
        /// How many were there already.
        present: u32,
    },
}
