//! A pull that brings nothing: no row is written for it. Where the next one goes on, and when the server was last asked, is kept in memory and
//! written once a day, so that a device at rest does not wear its disk, and its position does not fall behind what the server purges.

use super::Page;
use crate::domain::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::sync_state::{self, Reader};
use crate::store::{Store, compare};

/// How old what is written may become.
const LONGEST: i64 = 86_400_000_000;

/// What pulls without news have left behind.
#[derive(Debug, Default)]
pub(in crate::store) struct Idle {
    position: Option<Position>,
    /// When the last of them was.
    at: Option<Timestamp>,
}

#[derive(Debug)]
struct Position {
    reader: Reader,
    /// What is written; while that stands, `cursor` counts.
    written: String,
    cursor: String,
}

impl Store {
    /// Takes a page that changes nothing here. `false`: it is a page like any other.
    pub fn take_idle_page(&mut self, reader: Reader, page: &Page, now: Timestamp) -> Result<bool, StoreError> {
        self.idle.position = None;
        let written = sync_state::cursor(&*self.seen()?, reader)?;
        let Some(written) = written.filter(|_| page.says_nothing()) else { return Ok(false) };
        if self.is_waited_for(reader, page, now)? {
            return Ok(false);
        }
        let position = Position { reader, written, cursor: page.cursor.clone() };
        self.idle = Idle { position: Some(position), at: Some(now) };
        Ok(true)
    }

    /// Does the end of a pull itself mean something here?
    fn is_waited_for(&self, reader: Reader, page: &Page, now: Timestamp) -> Result<bool, StoreError> {
        let glance = self.glance()?;
        let (pulled, _) = glance.last_success;
        let recently = pulled.is_some_and(|at| (0..LONGEST).contains(&(now.micros() - at.micros())));
        let seen = &*self.seen()?;
        Ok(!recently
            || glance.standing.aside > 0
            || sync_state::epoch(seen)?.as_ref() != Some(&page.epoch)
            || compare::running(seen, reader)?.is_some()
            || sync_state::is_unfinished(seen, reader)?
            || sync_state::awaits_first_pull(seen)?
            || !sync_state::knows_devices(seen, page.devices.as_deref())?)
    }

    /// Where the next pull goes on.
    pub fn cursor(&self, reader: Reader) -> Result<Option<String>, StoreError> {
        let written = sync_state::cursor(&*self.seen()?, reader)?;
        let position = self.idle.position.as_ref();
        let counts = position.filter(|here| here.reader == reader && Some(&here.written) == written.as_ref());
        Ok(counts.map(|here| here.cursor.clone()).or(written))
    }

    /// When a pull last caught up, and when edits were last confirmed.
    pub fn last_success(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let (pulled, pushed) = self.glance()?.last_success;
        Ok((pulled.max(self.idle.at), pushed))
    }
}

impl Page {
    fn says_nothing(&self) -> bool {
        self.rows.is_empty() && !self.has_more && !self.floor_passed && self.gone.is_none()
    }
}
