//! A store that can die at any call, before or after it took effect: what a killed tab leaves behind.

use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::apply::{Applied, Page, PageOutcome};
use tunetrees::store::outbox::{BatchLimit, Counts, Op, OpResult};
use tunetrees::store::schema::Table;
use tunetrees::store::sync_state::{Gaps, Reader, Standing};
use tunetrees::store::{Store, StoreError};
use tunetrees::sync::store::SyncStore;

/// Counts the calls that touch disk or network, and says when the tab dies.
#[derive(Clone, Copy, Default)]
pub struct Fuse {
    /// Calls so far.
    pub calls: u64,
    /// Dies at this call …
    pub dies_at: Option<u64>,
    /// … after it took effect rather than before.
    pub after: bool,
    /// It has died.
    pub dead: bool,
    /// Of the calls so far, renewals of the session.
    pub renewals: u64,
    /// A page found no room on the disk.
    pub met_full_disk: bool,
}

impl Fuse {
    /// Runs `call`, unless the tab dies first; `None` if it has died.
    pub fn guard<T>(&mut self, call: impl FnOnce() -> T) -> Option<T> {
        if self.dead {
            return None;
        }
        self.calls += 1;
        if self.dies_at != Some(self.calls) {
            return Some(call());
        }
        self.dead = true;
        self.dies_at = None;
        if self.after {
            call();
        }
        None
    }

    /// A call that leaves the device; false if the tab dies first.
    pub fn lets_go(&mut self) -> bool {
        let was_dead = self.dead;
        !was_dead && (self.guard(|| ()).is_some() || self.after)
    }
}

pub struct Fragile<'a> {
    pub store: &'a mut Store,
    pub fuse: &'a mut Fuse,
}

impl Fragile<'_> {
    fn call<T>(&mut self, call: impl FnOnce(&mut Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.fuse.guard(|| call(self.store)).unwrap_or_else(|| Err(StoreError::Invalid("the tab is dead".to_owned())))
    }
}

/// Reads are not counted: dying there is dying before the next write.
impl SyncStore for Fragile<'_> {
    fn user(&self) -> UserId {
        self.store.user()
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        SyncStore::counts(self.store)
    }

    fn last_success(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        SyncStore::last_success(self.store)
    }

    fn next_batch(&mut self, limit: BatchLimit<'_>, now: Timestamp) -> Result<Vec<Op>, StoreError> {
        self.call(|store| SyncStore::next_batch(store, limit, now))
    }

    fn settle(&mut self, results: &[OpResult], now: Timestamp) -> Result<Applied, StoreError> {
        self.call(|store| SyncStore::settle(store, results, now))
    }

    fn note_epoch(&mut self, epoch: &str, now: Timestamp) -> Result<(), StoreError> {
        self.call(|store| SyncStore::note_epoch(store, epoch, now))
    }

    fn heed_time(&mut self, server: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.call(|store| Store::heed_time(store, server, now))
    }

    fn dangling(&self, tables: &[Table]) -> Result<usize, StoreError> {
        SyncStore::dangling(self.store, tables)
    }

    fn gaps(&self) -> Result<Gaps, StoreError> {
        SyncStore::gaps(self.store)
    }

    fn set_gaps(&mut self, gaps: Gaps) -> Result<(), StoreError> {
        self.call(|store| SyncStore::set_gaps(store, gaps))
    }

    fn refuse(&mut self, op: u64, code: &str, message: &str, now: Timestamp) -> Result<(), StoreError> {
        self.call(|store| SyncStore::refuse(store, op, code, message, now))
    }

    fn retry_refused(&mut self) -> Result<usize, StoreError> {
        self.call(SyncStore::retry_refused)
    }

    fn cursor(&self, reader: Reader) -> Result<Option<String>, StoreError> {
        SyncStore::cursor(self.store, reader)
    }

    fn epoch(&self) -> Result<Option<String>, StoreError> {
        SyncStore::epoch(self.store)
    }

    fn to_look_at(&self, reader: Reader, limit: usize) -> Result<Vec<(Table, String)>, StoreError> {
        SyncStore::to_look_at(self.store, reader, limit)
    }

    fn device_name(&self) -> Result<Option<String>, StoreError> {
        SyncStore::device_name(self.store)
    }

    fn standing(&self) -> Result<Standing, StoreError> {
        SyncStore::standing(self.store)
    }

    fn compare_anew(&mut self, reader: Reader, now: Timestamp) -> Result<(), StoreError> {
        self.call(|store| SyncStore::compare_anew(store, reader, now))
    }

    fn forget_cursors(&mut self) -> Result<(), StoreError> {
        self.call(SyncStore::forget_cursors)
    }

    fn takes_parts(&self, reader: Reader) -> Result<bool, StoreError> {
        SyncStore::takes_parts(self.store, reader)
    }

    fn apply_page(&mut self, reader: Reader, page: &Page, now: Timestamp) -> Result<PageOutcome, StoreError> {
        let done = self.call(|store| SyncStore::apply_page(store, reader, page, now));
        self.fuse.met_full_disk |= matches!(done, Err(StoreError::Full));
        done
    }
}
