//! What the engine and the status look at with every event: read again only when something was written since.

use std::cell::RefCell;
use std::rc::Rc;

use rusqlite::Connection;

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

/// What was read, and how many rows this connection had written by then: nobody else writes, so it is so until that number is another.
pub(super) struct SinceWritten<T>(RefCell<Option<(u64, T)>>);

impl<T> Default for SinceWritten<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: Clone> SinceWritten<T> {
    /// What was read, or what `read` reads now. Not from within a transaction: one that is taken back tells nobody.
    fn get(&self, conn: &Connection, read: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let written = conn.total_changes();
        if let Some((then, value)) = &*self.0.borrow()
            && *then == written
        {
            return Ok(value.clone());
        }
        let value = read()?;
        self.0.replace(Some((written, value.clone())));
        Ok(value)
    }
}

impl Store {
    /// The small values of this device. Not from within a transaction.
    pub(crate) fn seen(&self) -> Result<Rc<Seen>, StoreError> {
        self.seen.get(&self.conn, || Ok(Rc::new(Seen::read(&self.conn)?)))
    }

    /// Where the sync stands.
    pub fn glance(&self) -> Result<Glance, StoreError> {
        self.glance.get(&self.conn, || {
            let seen = &*self.seen()?;
            Ok(Glance {
                counts: outbox::counts(&self.conn)?,
                last_success: sync_state::last_success(seen)?,
                standing: sync_state::standing(seen)?,
            })
        })
    }
}
