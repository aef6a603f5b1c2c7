//! The state of the sync as people see it. It never says “synced” unless the outbox is empty and a pull has caught up.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// In a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncPhase {
    /// Nobody has signed in, or no server is configured: everything stays on this device.
    LocalOnly,
    /// Outbox empty, last pull caught up.
    Synced,
    /// Something is on its way, or about to be.
    Syncing,
    /// No network.
    Offline,
    /// The server does not answer as it should; the next attempt is scheduled.
    Retrying,
    /// The session has ended: sign in again to sync.
    SignInAgain,
    /// Some edits were refused by the server, or changed in two places, and need a decision.
    NeedsAttention,
    /// This app is too old for the server to take its edits: reload to update. Everything else goes on.
    UpdateApp,
}

/// What stands in the way on this device itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalTrouble {
    /// There is no room for what comes from the server.
    NoRoom,
    /// The database file is damaged.
    Damaged,
}

/// The state of the sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// In a word.
    pub phase: SyncPhase,
    /// Rows with edits that the server has not confirmed.
    pub pending: u32,
    /// How many of them are on their way now.
    pub in_flight: u32,
    /// Rows the server refused.
    pub refused: u32,
    /// Rows that are not sent before the person has chosen between two values.
    pub undecided: u32,
    /// Conflicts that were settled and that nobody has looked at yet.
    pub unreviewed: u32,
    /// When the last pull caught up with the server.
    pub last_pull: Option<Timestamp>,
    /// When the server last confirmed edits.
    pub last_push: Option<Timestamp>,
    /// What went wrong last, in words; `None` after a success.
    pub last_error: Option<String>,
    /// What stands in the way here, not at the server; while retrying.
    pub trouble: Option<LocalTrouble>,
    /// When the next attempt is due, after one that failed or while there is no network.
    pub next_attempt: Option<Timestamp>,
    /// Is the doorbell (Realtime) connected?
    pub doorbell: bool,
    /// Rows from the server that cannot be shown yet: something they need has not come, or they do not fit. Tried again with
    /// every pull.
    pub aside: u32,
    /// By how many seconds this device's clock is ahead of the server's (negative: behind), where that is more than five minutes.
    pub clock_ahead: Option<i64>,
    /// Changes so large that the connection did not take them: everything else goes first.
    pub slow: u32,
}

impl SyncStatus {
    /// The state before anything is known.
    pub const fn local_only() -> Self {
        SyncStatus {
            phase: SyncPhase::LocalOnly,
            pending: 0,
            in_flight: 0,
            refused: 0,
            undecided: 0,
            unreviewed: 0,
            last_pull: None,
            last_push: None,
            last_error: None,
            trouble: None,
            next_attempt: None,
            doorbell: false,
            aside: 0,
            clock_ahead: None,
            slow: 0,
        }
    }
}
