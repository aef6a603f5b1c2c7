//! Her data as a whole: exports; files brought in; the care of the database file. May know: `domain`, table names.

use serde::{Deserialize, Serialize};

use crate::domain::snapshot::Snapshot;
use crate::domain::time::Timestamp;
use crate::domain::tune_list::{ListedTune, Which};
use crate::store::schema::Table;

/// A request about her data as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DataRequest {
    /// Everything of this person as JSON. → `Export`
    ExportEverything,
    /// Tunes as a list to take away. → `Tunes`
    ListTunes {
        /// Which ones.
        which: Which,
    },
    /// A piece of a file that she chose; the first one begins a new file. → `Done`
    FilePart {
        /// The file's name.
        name: String,
        /// Its whole size.
        size: u64,
        /// Where the piece begins.
        at: u64,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// What would happen if that file were taken in? Nothing is changed. → `Intake`
    Rehearse(IntakeChoice),
    /// Take that file in. → `Intake`
    TakeIn(IntakeChoice),
    /// Everything that was said about it, row by row. → `Export`
    IntakeReport,
    /// The file is not needed any more. → `Done`
    ForgetFile,
    /// Is the database file sound? → `Checked`
    CheckDatabase,
    /// The unsent edits that were read from a damaged database, as a file to keep. → `Salvaged`
    Salvaged,
    /// The snapshots kept on this device. → `Snapshots`
    Snapshots,
    /// What is in one of them, to save as a file. → `Export`
    SnapshotText {
        /// Which.
        id: i64,
    },
    /// Let one of them be the file that was chosen. → `Done`
    ChooseSnapshot {
        /// Which.
        id: i64,
    },
    /// Remove one of them. → `Snapshots`
    RemoveSnapshot {
        /// Which.
        id: i64,
    },
}

impl DataRequest {
    /// Is it about the file that she chose?
    pub const fn is_intake(&self) -> bool {
        !matches!(
            self,
            DataRequest::ExportEverything
                | DataRequest::ListTunes { .. }
                | DataRequest::CheckDatabase
                | DataRequest::Salvaged
        ) && !self.is_about_snapshots()
    }

    /// Is it about the snapshots kept on the device?
    pub const fn is_about_snapshots(&self) -> bool {
        matches!(
            self,
            DataRequest::Snapshots
                | DataRequest::SnapshotText { .. }
                | DataRequest::ChooseSnapshot { .. }
                | DataRequest::RemoveSnapshot { .. }
        )
    }

    /// Does it leave something behind that a person would miss?
    pub(super) const fn is_edit(&self) -> bool {
        matches!(self, DataRequest::TakeIn(_))
    }
}

/// What she said about a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeChoice {
    /// Who of an old TuneTrees' file she is; none: whoever it seems to be.
    pub person: Option<i64>,
    /// Bring back what was deleted here since the export?
    pub revive: bool,
    /// Make everything as it was then: go back to a snapshot?
    pub exactly: bool,
}

/// An answer about her data as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DataAnswer {
    /// Her tunes.
    Tunes(Vec<ListedTune>),
    /// What a file brings, or brought.
    Intake(Box<IntakeAnswer>),
    /// What is wrong with the database file; `None`: nothing.
    Checked(Option<String>),
    /// Edits read from a damaged database, as JSON; `None`: there never was one.
    Salvaged(Option<String>),
    /// Snapshots, the newest first.
    Snapshots(Vec<Snapshot>),
}

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntakeKind {
    /// A database of the old TuneTrees.
    Legacy {
        /// Everybody in it.
        people: Vec<LegacyPerson>,
        /// Who of them she is; none: she has to say.
        person: Option<i64>,
        /// The catalog has never come to this device: its tunes would become her own.
        without_catalog: bool,
    },
    /// An export.
    Export {
        /// When it was made.
        made: Option<Timestamp>,
        /// Another account's, or of the time before the account?
        other_person: bool,
    },
    /// A snapshot of her own, to go back to.
    Snapshot {
        /// When it was made.
        made: Option<Timestamp>,
    },
}

/// Somebody in a file of the old TuneTrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyPerson {
    /// Her number there.
    pub id: i64,
    /// Her name.
    pub name: Option<String>,
    /// Her e-mail address.
    pub email: Option<String>,
    /// Her repertoires.
    pub repertoires: u32,
    /// Her practice records.
    pub records: u32,
    /// Her notes.
    pub notes: u32,
}

/// What a file brings, or brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeAnswer {
    /// The file's name.
    pub file: String,
    /// What it is.
    pub kind: IntakeKind,
    /// Was it done? Else it is what would happen.
    pub done: bool,
    /// Table by table, those without rows left out. Empty while she has not said who she is.
    pub tables: Vec<IntakeTable>,
}

/// What becomes of the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeTable {
    /// The table.
    pub table: Table,
    /// Rows in the file.
    pub in_file: u32,
    /// New here.
    pub added: u32,
    /// Replaced by newer ones, or completed.
    pub replaced: u32,
    /// Deleted here, and brought back.
    pub revived: u32,
    /// Deleted, since they were not there then.
    pub removed: u32,
    /// Here already, and staying as they are.
    pub present: u32,
    /// Not taken.
    pub left_out: u32,
    /// What there is to say, a line each.
    pub remarks: Vec<IntakeRemark>,
}

/// Something about some rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeRemark {
    /// What it is about.
    pub about: RemarkKind,
    /// In words; may be empty where the kind says all.
    pub text: String,
    /// How many rows.
    pub rows: u32,
    /// Some of them by name, where they have any.
    pub names: Vec<String>,
}

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemarkKind {
    /// Rows that are not taken.
    LeftOut,
    /// Rows that stay as they are here, though the file says otherwise.
    Kept,
    /// Rows that stay deleted here.
    DeletedHere,
    /// Rows that are replaced by newer ones.
    Replaced,
    /// Rows that are brought back.
    Revived,
    /// Rows that are taken away.
    Removed,
    /// Values that are not as the file has them.
    Changed,
}

/// How far something long is: a file that is brought in, or what goes along into an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeProgress {
    /// Rows done.
    pub done: u32,
    /// Rows in all.
    pub all: u32,
}

impl IntakeProgress {
    /// So many of so many.
    pub fn of(done: usize, all: usize) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        IntakeProgress { done: count(done), all: count(all) }
    }
}
