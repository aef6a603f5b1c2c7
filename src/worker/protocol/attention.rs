//! What the sync needs people for: conflicts, refused edits, its settings and its facts. May know: the notes of `store::attention`, table names.

use serde::{Deserialize, Serialize};

use crate::domain::ids::DeviceId;
use crate::store::attention::{ConflictNote, Facts, KnownDevice, RefusedEdit};
use crate::store::schema::Table;
use crate::sync::strategy::Strategy;

/// A request about the sync.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttentionRequest {
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
    /// Refused edits: try them again. → `Done`
    RetryRefused,
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
    /// Sync at once. → `Done`
    SyncNow,
}

/// An answer about the sync.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AttentionAnswer {
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
