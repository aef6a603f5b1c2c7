//! What the interface and the database worker say to each other: one enum each way, postcard bytes in a transferred buffer. What is asked and
//! answered lies by area in the files beside this one.
//!
//! May know: `domain`, the status types of `sync`, table names and the notes of `store::attention`. Must not know: SQL, the browser. Both sides come from one build; the
//! worker's first message carries [`PROTOCOL`] so that a stale worker is noticed and the page reloads.

mod account;
mod analysis;
mod attention;
mod data;
mod library;
mod practice;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::account::{Account, AccountRequest, UnsentWork};
pub use self::analysis::{AnalysisAnswer, AnalysisRequest};
pub use self::attention::{AttentionAnswer, AttentionRequest, SyncSettings};
pub use self::data::{
    DataAnswer, DataRequest, IntakeAnswer, IntakeChoice, IntakeKind, IntakeProgress, IntakeRemark, IntakeTable,
    LegacyPerson, RemarkKind,
};
pub use self::library::{LibraryAnswer, LibraryRequest};
pub use self::practice::{PracticeAnswer, PracticeRequest};
use crate::store::schema::Table;
use crate::sync::status::SyncStatus;

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
    /// A person came to the page, which may have been in front all along.
    Focused,
    /// The browser believes that there is, or is not, a network.
    Online(bool),
    /// Who is there? → `Ready`, or `Alive` while the database is being opened.
    Hello,
    /// The browser's answer to the wish that it keep the data even when space runs short.
    Durable(bool),
    /// A person has closed what was [`FromWorker::Told`].
    Heard(String),
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
    /// How far a file that is being brought in is, or what goes along into an account.
    Intake(IntakeProgress),
    /// To its own tab: another worker writes the files now; this one has stored nothing since and should end.
    Replaced,
    /// Something a person must hear about her data on this device, in words; said to every tab until it is [`ToWorker::Heard`].
    Told(String),
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

/// A request of the interface, by the area it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The practice pages.
    Practice(PracticeRequest),
    /// Repertoires, the catalog, tunes.
    Library(LibraryRequest),
    /// What the sync needs people for.
    Attention(AttentionRequest),
    /// The account.
    Account(AccountRequest),
    /// Her data as a whole.
    Data(DataRequest),
    /// What her practice adds up to.
    Analysis(AnalysisRequest),
}

impl Request {
    /// Does it act on the account, through the network? Then it must not be repeated without being asked.
    pub const fn is_about_accounts(&self) -> bool {
        matches!(self, Request::Account(_))
    }

    /// Does it leave something behind that a person would miss?
    pub const fn is_edit(&self) -> bool {
        match self {
            Request::Practice(request) => request.is_edit(),
            Request::Library(request) => request.is_edit(),
            Request::Data(request) => request.is_edit(),
            Request::Attention(_) | Request::Account(_) | Request::Analysis(_) => false,
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// It is done, and stored.
    Done,
    /// To the practice pages.
    Practice(PracticeAnswer),
    /// About repertoires, the catalog, tunes.
    Library(LibraryAnswer),
    /// About the sync.
    Attention(AttentionAnswer),
    /// About her data as a whole.
    Data(DataAnswer),
    /// What her practice adds up to.
    Analysis(AnalysisAnswer),
    /// Who is signed in now.
    Account(Account),
    /// A text to save as a file.
    Export(String),
}

/// A request of one area is a request, an answer of one area an answer.
macro_rules! areas {
    ($whole:ident: $($area:ident($part:ident)),+) => {
        $(impl From<$part> for $whole {
            fn from(part: $part) -> Self {
                $whole::$area(part)
            }
        })+
    };
}
areas!(Request: Practice(PracticeRequest), Library(LibraryRequest), Attention(AttentionRequest), Account(AccountRequest), Data(DataRequest), Analysis(AnalysisRequest));
areas!(Response: Practice(PracticeAnswer), Library(LibraryAnswer), Attention(AttentionAnswer), Data(DataAnswer), Analysis(AnalysisAnswer));

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
    /// The database file is damaged.
    #[error("{0}")]
    Damaged(String),
    /// Another tab is of another release of the app.
    #[error(
        "TuneTrees was updated, and another tab still runs the other version. Reload that tab, or close it; then this one goes on by itself. Nothing is lost."
    )]
    OtherRelease,
}
