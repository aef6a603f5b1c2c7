//! What the engine and the status look at with every event: read again only when something was written since.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::meta::Seen;
use super::outbox::{self, Counts};
use super::sync_state::{self, Standing};
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// Where the sync stands, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Sizes of the outbox.
    pub counts: Counts,
    /// When a pull last caught up, and when edits were last confirmed.
    pub last_success: (Option<Timestamp>, Option<Timestamp>),
    /// What is not as it should be.
    pub standing: Standing,
}

/// The last glance, and how many rows this connection had written by then. Nobody else writes.
pub(super) type LastGlance = Cell<Option<(u64, Glance)>>;

/// The small values as they were last seen, and how many rows this connection had written by then.
pub(super) type LastSeen = RefCell<Option<(u64, Rc<Seen>)>>;

impl Store {
    /// The small values of this device. Not from within a transaction: one that is taken back tells nobody.
    pub(crate) fn seen(&self) -> Result<Rc<Seen>, StoreError> {
        let written = self.conn.total_changes();
        if let Some((then, seen)) = &*self.seen.borrow()
            && *then == written
        {
            return Ok(Rc::clone(seen));
        }
        let seen = Rc::new(Seen::read(&self.conn)?);
        self.seen.replace(Some((written, Rc::clone(&seen))));
        Ok(seen)
    }

    /// Where the sync stands.
    pub fn glance(&self) -> Result<Glance, StoreError> {
        let written = self.conn.total_changes();
        if let Some((then, glance)) = self.glance.get()
            && then == written
        {
            return Ok(glance);
        }
        let glance = Glance {
            counts: outbox::counts(&self.conn)?,
            last_success: sync_state::last_success(&*self.seen()?)?,
            standing: sync_state::standing(&*self.seen()?)?,
        };
        self.glance.set(Some((written, glance)));
        Ok(glance)
    }
}
