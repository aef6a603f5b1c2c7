//! What the interface and the database worker say to each other: one enum each way, postcard bytes in a transferred buffer.
//!
//! May know: `domain`, the status types of `sync`, table names and the notes of `store::attention`. Must not know: SQL, the browser. Both sides come from one build; the
//! worker's first message carries [`PROTOCOL`] so that a stale worker is noticed and the page reloads.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::ids::{DeviceId, InstrumentId, NoteId, PlaylistId, QueueEntryId, TuneId};
use crate::domain::practice::{QueueView, Rating, RatingPreview};
use crate::domain::repertoire::{Instrument, Repertoire};
use crate::domain::tune::{TuneDetail, TuneFields, TunePage};
use crate::store::attention::{ConflictNote, Facts, KnownDevice, RefusedEdit};
use crate::store::schema::Table;
use crate::sync::status::SyncStatus;
use crate::sync::strategy::Strategy;

/// Names the release: a hash of the sources both sides were built from (`src/release.rs`). Postcard does not notice when an enum
/// of another release has other variants; this does.
pub const PROTOCOL: &str = env!("TUNETREES_RELEASE");

/// A page, from its loading to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TabId(pub Uuid);

/// A worker, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerId(pub Uuid);

/// Interface → worker: over the worker's own line in the tab that owns it, over the tabs' common channel in the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// A request; its answer carries the same tab and number.
    Call {
        /// Whose.
        tab: TabId,
        /// Chosen by the tab, never used twice by it.
        id: u32,
        /// The tab's lowest number without an answer: what lies below it will never be asked again.
        oldest: u32,
        /// Was it sent before, to a worker that may or may not have carried it out?
        again: bool,
        /// What is wanted.
        request: Request,
    },
    /// The page came to the front or went to the back.
    Visible(TabId, bool),
    /// The browser believes that there is, or is not, a network.
    Online(bool),
    /// Who is there? → `Ready`, or `Alive` while the database is being opened.
    Hello,
    /// The browser's answer to the wish that it keep the data even when space runs short.
    Durable(bool),
}

/// Worker → interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The first message: the database is open, or why it is not.
    Ready {
        /// [`PROTOCOL`] of the worker.
        protocol: String,
        /// Which worker it is: another one than before must be sent again what has no answer yet.
        worker: WorkerId,
        /// What was opened.
        opened: Result<Opened, Failure>,
    },
    /// The answer to a call.
    Answer {
        /// Whose call.
        tab: TabId,
        /// The call.
        id: u32,
        /// What came of it.
        result: Result<Response, Failure>,
    },
    /// Rows of these tables changed: ask again for what you show.
    Changed(Vec<Table>),
    /// The state of the sync changed.
    Sync(SyncStatus),
    /// Somebody signed in or out, here or elsewhere.
    Account(Account),
    /// The worker is there, but the database is not open yet.
    Alive,
    /// A tab of another release of the app is open.
    OtherRelease,
    /// What the browser said to the wish that it keep the data.
    Durable(bool),
}

/// Where the data lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageMode {
    /// A file in the origin-private file system.
    Opfs,
    /// Pages in IndexedDB, written at every commit.
    IndexedDb,
    /// In memory only: gone with the tab.
    Memory,
}

/// What the worker has opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Where the data lie.
    pub storage: StorageMode,
    /// Whose they are.
    pub account: Account,
    /// Has the browser agreed to keep them even when space runs short? `None`: not asked yet (it is at the first edit).
    pub durable: Option<bool>,
}

/// Who is using the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// Nobody has signed in: the data stay on this device.
    LocalOnly {
        /// Is a server configured at all, so that signing in makes sense?
        server: bool,
    },
    /// Signed in.
    SignedIn {
        /// The e-mail address of the account.
        email: String,
        /// The session has ended on the server: everything works, but to sync she must sign in again.
        expired: bool,
    },
}

/// What to do with unsent work when signing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnsentWork {
    /// Refuse to sign out while there is any.
    Refuse,
    /// Keep it on this device, to be sent at the next sign-in.
    Keep,
    /// Give it up.
    Discard,
}

/// A request of the interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Today's queue of the current repertoire, made if there is none. → `Queue`
    TodaysQueue,
    /// What each rating would do to that tune now. → `Previews`
    PreviewRatings {
        /// The tune.
        tune: TuneId,
    },
    /// Rate a tune of the queue. → `Queue` (already with the next tune)
    Rate {
        /// The queue's row.
        entry: QueueEntryId,
        /// How it went.
        rating: Rating,
    },
    /// Take the last rating back. → `Queue`
    UndoRating,
    /// Put more tunes into today's queue. → `Queue`
    AddMore {
        /// How many, 1–50.
        count: u32,
    },
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
    /// Make an account and take the local data along. → `Account`
    SignUp {
        /// E-mail address.
        email: String,
        /// Password.
        password: String,
    },
    /// Sign in; local data made without an account are taken along. → `Account`
    SignIn {
        /// E-mail address.
        email: String,
        /// Password.
        password: String,
    },
    /// Sign out. → `Account`
    SignOut {
        /// What about unsent work?
        unsent: UnsentWork,
    },
    /// Sync at once. → `Done`
    SyncNow,
    /// Refused edits: try them again. → `Done`
    RetryRefused,
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
    /// What was changed in two places. → `Conflicts`
    Conflicts {
        /// What somebody has looked at, or what nobody has?
        reviewed: bool,
        /// How many at most.
        limit: u32,
    },
    /// Let the other value of a conflict stand. → `Done`
    UseOther {
        /// Its number.
        conflict: String,
    },
    /// Let stand what stands; an undecided one is sent now. → `Done`
    KeepStanding {
        /// Its number.
        conflict: String,
    },
    /// Everything that was settled by itself has been seen. → `Done`
    KeepAllSettled,
    /// What the server refused. → `Refused`
    Refused {
        /// How many at most.
        limit: u32,
    },
    /// Try one refused edit again, with all that cannot go without it. → `Done`
    RetryRefusedEdit {
        /// The table.
        table: Table,
        /// The row.
        row: String,
    },
    /// Give a refused edit up. → `Done`
    DiscardRefused {
        /// The table.
        table: Table,
        /// The row.
        row: String,
    },
    /// A refused edit as JSON. → `Export`
    ExportRefused {
        /// The table.
        table: Table,
        /// The row.
        row: String,
    },
    /// Everything of this person as JSON. → `Export`
    ExportEverything,
    /// What a report about the sync says of the database. → `Facts`
    Facts,
    /// How this device takes part in the sync. → `SyncSettings`
    SyncSettings,
    /// Settle conflicts like this from now on. → `SyncSettings`
    ChooseStrategy {
        /// Like this.
        strategy: Strategy,
    },
    /// Name this device. → `SyncSettings`
    NameDevice {
        /// Its name.
        name: String,
    },
}

impl Request {
    /// Does it act on the account, through the network? Then it must not be repeated without being asked.
    pub const fn is_about_accounts(&self) -> bool {
        matches!(self, Request::SignUp { .. } | Request::SignIn { .. } | Request::SignOut { .. })
    }

    /// Does it leave something behind that a person would miss?
    pub const fn is_edit(&self) -> bool {
        matches!(
            self,
            Request::Rate { .. }
                | Request::CreateRepertoire { .. }
                | Request::EditTune { .. }
                | Request::CreateTune { .. }
                | Request::AddToRepertoire { .. }
                | Request::SaveNote { .. }
        )
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// It is done, and stored.
    Done,
    /// The queue of today; `None` if there is no repertoire yet.
    Queue(Option<QueueView>),
    /// What the four ratings would do, in the order of [`Rating::ALL`].
    Previews(Vec<RatingPreview>),
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
    /// Who is signed in now.
    Account(Account),
    /// What was changed in two places.
    Conflicts {
        /// As many as were asked for.
        notes: Vec<ConflictNote>,
        /// How many there are.
        total: u32,
    },
    /// What the server refused.
    Refused {
        /// As many as were asked for.
        edits: Vec<RefusedEdit>,
        /// How many there are.
        total: u32,
    },
    /// A JSON text.
    Export(String),
    /// What a report says.
    Facts(Box<Facts>),
    /// How this device takes part in the sync.
    SyncSettings(SyncSettings),
}

/// How this device takes part in the sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncSettings {
    /// How conflicts are settled.
    pub strategy: Strategy,
    /// Which device this is.
    pub device: DeviceId,
    /// What it is called.
    pub name: Option<String>,
    /// All of this person's devices that are known.
    pub devices: Vec<KnownDevice>,
}

/// Why a request failed, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The request cannot be met as it is; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// What was asked for does not exist (any more).
    #[error("{0}")]
    NotFound(String),
    /// The network or the server is not there; nothing is lost.
    #[error("{0}")]
    Offline(String),
    /// E-mail or password are wrong, or the account cannot be made.
    #[error("{0}")]
    Auth(String),
    /// There is unsent work.
    #[error("{pending} changes are not sent yet.")]
    Unsent {
        /// How many.
        pending: u32,
    },
    /// Another tab owns the database.
    #[error("TuneTrees is open in another tab.")]
    OtherTab,
    /// The database could not be opened, read or written.
    #[error("{0}")]
    Storage(String),
    /// The tab or worker that was asked ended before it answered, and the request must not be repeated blindly.
    #[error(
        "It is not known whether this was done: the database was stopped in the middle of it. Look, and do it again if it was not."
    )]
    Unsure,
    /// Another tab is of another release of the app.
    #[error(
        "TuneTrees was updated, and another tab still runs the other version. Reload that tab, or close it; then this one goes on by itself. Nothing is lost."
    )]
    OtherRelease,
}
