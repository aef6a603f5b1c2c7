//! What the engine is told, and what it wants done.

use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::store::schema::Table;
use crate::sync::failure::RemoteError;
use crate::sync::lane::RequestId;
use crate::sync::status::SyncStatus;
use crate::sync::wire::{Reply, Request};

/// A session as the engine needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Whose.
    pub user: UserId,
    /// When its access token ends.
    pub expires_at: Timestamp,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The database is open, and this tab owns it.
    LockGained,
    /// An edit was stored.
    LocalEdit,
    /// The time of [`Effect::WakeAt`] has come.
    Woken,
    /// Whoever waited was let go first, as [`Effect::GiveWay`] asked.
    GoOn {
        /// Somebody did.
        asked: bool,
    },
    /// The browser believes that there is, or is not, a network.
    Online(bool),
    /// The app came to the front or went to the back.
    Visible(bool),
    /// A person came to the app, which was in front all along (another window beside it had the focus).
    Focused,
    /// The doorbell is connected and rings from now on.
    DoorbellUp,
    /// It is not (any more).
    DoorbellDown,
    /// Something changed on the server.
    DoorbellRang,
    /// Somebody signed in or out.
    Session(Option<SessionInfo>),
    /// The session was renewed.
    SessionRefreshed(SessionInfo),
    /// It was not.
    RefreshFailed {
        /// For good, by the word of the auth server.
        ended: bool,
        /// In words.
        message: String,
    },
    /// A call was answered, or was not.
    Replied {
        /// Which.
        request: RequestId,
        /// With what.
        result: Result<Reply, RemoteError>,
    },
    /// A person wants it now.
    SyncNow,
    /// A person wants refused edits to be tried again.
    RetryRefused,
    /// Another tab owns the database now: nothing may be sent or written any more, until [`Event::LockGained`].
    LockLost,
}

/// Something is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make this call and bring its answer as [`Event::Replied`].
    Send {
        /// Goes back with the answer.
        id: RequestId,
        /// The call.
        request: Request,
    },
    /// Bring [`Event::Woken`] then; replaces the time given before.
    WakeAt(Timestamp),
    /// Let others use the database, then bring [`Event::GoOn`].
    GiveWay,
    /// Connect the doorbell of that person and keep it connected.
    OpenDoorbell(UserId),
    /// Disconnect it.
    CloseDoorbell,
    /// Renew the session.
    RefreshSession,
    /// Show this.
    Status(SyncStatus),
    /// Rows of these tables have changed: whoever shows them asks again.
    Changed(Vec<Table>),
}
