//! What the pages about repertoires, the catalog and tunes ask of the worker, and its answers. May know: `domain`.

use serde::{Deserialize, Serialize};

use crate::domain::bulk::{Before, Change};
use crate::domain::deleted::Deleted;
use crate::domain::ids::{InstrumentId, NoteId, PlaylistId, PracticeRecordId, ReferenceId, TuneId};
use crate::domain::import::{Decision, Imported, Incoming, Preview, Source};
use crate::domain::listing::{Facets, ListQuery, Scope, ScreenSize, TableLook, TuneLine, TunePage};
use crate::domain::practice::Rating;
use crate::domain::reference::ReferenceDraft;
use crate::domain::repertoire::{Genre, Instrument, Repertoire, RepertoireDraft};
use crate::domain::the_session::Question;
use crate::domain::time::CalendarDate;
use crate::domain::tune::{TuneDetail, TuneFields};

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
    /// Genres to choose from. → `Genres`
    Genres,
    /// Change name, instrument and genre of a repertoire. → `Repertoires`
    EditRepertoire {
        /// The repertoire.
        playlist: PlaylistId,
        /// What it shall be.
        draft: RepertoireDraft,
    },
    /// Delete a repertoire. → `Repertoires`
    DeleteRepertoire {
        /// The repertoire.
        playlist: PlaylistId,
    },
    /// Take that back. → `Repertoires`
    RestoreRepertoire {
        /// The repertoire.
        playlist: PlaylistId,
    },
    /// A window of a list. → `Tunes`
    ListTunes {
        /// Which list.
        query: ListQuery,
        /// How many lines to skip.
        offset: u32,
        /// How many to return at most.
        limit: u32,
    },
    /// All tunes of a list, for “select all”. → `Ids`
    ListedTunes {
        /// Which list.
        query: ListQuery,
    },
    /// Tunes of the current repertoire that go well after this one, the best first. → `Partners`
    Partners {
        /// The tune.
        tune: TuneId,
    },
    /// What of hers was deleted lately. → `Deleted`
    RecentlyDeleted,
    /// The values a list can be narrowed to. → `Facets`
    Facets {
        /// Of which tunes.
        scope: Scope,
    },
    /// How a list looks. → `Look`
    TableLook {
        /// The list.
        scope: Scope,
        /// On what size of screen.
        screen: ScreenSize,
    },
    /// Keep how a list looks. → `Done`
    SaveTableLook {
        /// The list.
        scope: Scope,
        /// On what size of screen.
        screen: ScreenSize,
        /// The look.
        look: TableLook,
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
    /// What a source of tunes has, and which of it is here already; writes nothing. → `Preview`
    PreviewImport {
        /// The source.
        source: Source,
    },
    /// Ask thesession.org, through the network. → `Preview` of a tune's settings, `SessionTunes` of a search
    AskTheSession {
        /// What.
        question: Question,
    },
    /// What a search at The Session found. → `SessionTunes`
    ReadSessionSearch {
        /// Its answer.
        json: String,
    },
    /// Write down what was decided; the tunes go into the current repertoire. → `Imported`
    Import {
        /// The tunes.
        items: Vec<(Incoming, Decision)>,
        /// Do they follow an earlier part of the same import? Then what was before it is kept already.
        goes_on: bool,
    },
    /// Do something with many tunes of the current repertoire. → `Changed`
    ChangeMany {
        /// The tunes.
        tunes: Vec<TuneId>,
        /// What.
        change: Change,
    },
    /// Take that back. → `Done`
    PutBack {
        /// How the tunes stood.
        before: Vec<Before>,
    },
    /// Put a tag on tunes. → `Ids` of those that did not have it
    TagTunes {
        /// The tunes.
        tunes: Vec<TuneId>,
        /// The tag.
        tag: String,
    },
    /// Take a tag off tunes. → `Done`
    UntagTunes {
        /// The tunes.
        tunes: Vec<TuneId>,
        /// The tag.
        tag: String,
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
    /// Take the deletion of a note back. → `Tune`
    RestoreNote {
        /// The tune.
        tune: TuneId,
        /// The note.
        note: NoteId,
    },
    /// Write a link down: a new one (`reference: None`) or new words of an own one. → `Tune`
    SaveReference {
        /// The tune.
        tune: TuneId,
        /// The link, or none for a new one.
        reference: Option<ReferenceId>,
        /// What it shall be.
        draft: ReferenceDraft,
    },
    /// Delete an own link, or take that back. → `Tune`
    DeleteReference {
        /// The tune.
        tune: TuneId,
        /// The link.
        reference: ReferenceId,
        /// Deleted, or there again?
        deleted: bool,
    },
    /// Write down that a tune was played on an earlier day. → `Tune`
    AddPastPractice {
        /// The tune.
        tune: TuneId,
        /// The day, in the person's zone.
        date: CalendarDate,
        /// How it went.
        rating: Rating,
    },
    /// Strike a rating of an earlier day out, or take that back. → `Tune`
    StrikePractice {
        /// The tune.
        tune: TuneId,
        /// The rating.
        record: PracticeRecordId,
        /// Struck out, or there again?
        struck: bool,
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
    /// Delete those of the tunes that are her own. → `Ids` of those
    DeleteTunes {
        /// The tunes.
        tunes: Vec<TuneId>,
    },
    /// Take that back. → `Done`
    RestoreTunes {
        /// The tunes.
        tunes: Vec<TuneId>,
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
                | LibraryRequest::SaveReference { .. }
                | LibraryRequest::Import { .. }
                | LibraryRequest::TagTunes { .. }
                | LibraryRequest::AddPastPractice { .. }
                | LibraryRequest::EditRepertoire { .. }
                | LibraryRequest::RestoreRepertoire { .. }
                | LibraryRequest::SaveTableLook { .. }
                | LibraryRequest::ChangeMany { .. }
                | LibraryRequest::RestoreNote { .. }
                | LibraryRequest::RestoreTune { .. }
                | LibraryRequest::RestoreTunes { .. }
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
    /// Genres.
    Genres(Vec<Genre>),
    /// A window of a list.
    Tunes(TunePage),
    /// Tunes that go well after another.
    Partners(Vec<TuneLine>),
    /// What was deleted lately.
    Deleted(Vec<Deleted>),
    /// Tunes.
    Ids(Vec<TuneId>),
    /// Values to filter by.
    Facets(Facets),
    /// How a list looks.
    Look(TableLook),
    /// What an import would bring.
    Preview(Box<Preview>),
    /// Number, title and kind of tunes at The Session.
    SessionTunes(Vec<(u64, String, String)>),
    /// What an import did.
    Imported(Imported),
    /// A tune, boxed because it is large.
    Tune(Box<TuneDetail>),
    /// How the tunes stood that something was done with.
    Changed(Vec<Before>),
    /// Tunes put into the repertoire.
    Added {
        /// Those that were new there.
        added: Vec<TuneId>,
        /// How many were there already.
        present: u32,
    },
}
