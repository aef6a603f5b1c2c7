//! The line to a running driver: what may be said to it, from anywhere.

use futures_channel::mpsc::UnboundedSender;

use crate::remote::auth::{AuthError, Session};
use crate::sync::engine::Event;

/// What a driver is told.
pub(super) enum Command {
    Event(Event),
    Refreshed(Result<Session, AuthError>),
    Stop,
}

/// The line to a running driver; cheap to clone. The driver ends with [`DriverHandle::stop`].
#[derive(Clone)]
pub struct DriverHandle {
    pub(super) commands: UnboundedSender<Command>,
}

impl DriverHandle {
    pub(super) fn send(&self, command: Command) {
        // A stopped driver needs no telling.
        let _ = self.commands.unbounded_send(command);
    }

    /// An edit was committed.
    pub fn local_edit(&self) {
        self.send(Command::Event(Event::LocalEdit));
    }

    /// The browser believes that there is, or is not, a network.
    pub fn online(&self, online: bool) {
        self.send(Command::Event(Event::Online(online)));
    }

    /// The app came to the front or went to the back.
    pub fn visible(&self, visible: bool) {
        self.send(Command::Event(Event::Visible(visible)));
    }

    /// A person came to the app, which may have been in front all along.
    pub fn focused(&self) {
        self.send(Command::Event(Event::Focused));
    }

    /// Somebody is signed in whose session had ended before the app started.
    pub fn session_ended(&self) {
        self.send(Command::Event(Event::RefreshFailed { ended: true, message: AuthError::SessionEnded.to_string() }));
    }

    /// A person wants it now.
    pub fn sync_now(&self) {
        self.send(Command::Event(Event::SyncNow));
    }

    /// A person wants refused edits to be tried again.
    pub fn retry_refused(&self) {
        self.send(Command::Event(Event::RetryRefused));
    }

    /// Ends the driver; calls under way are forgotten, the outbox keeps what was not confirmed.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }
}
