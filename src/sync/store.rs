//! What the engine asks of the local database, as a trait, so that a simulation can stand in for it or fail it at any call.

use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::store::apply::{self, Applied, Page, PageOutcome};
use crate::store::outbox::{self, BatchLimit, Counts, Op, OpResult};
use crate::store::schema::Table;
use crate::store::sync_state::{self, Gaps, Reader, Standing};
use crate::store::{Store, StoreError, meta};

use super::strategy::Strategy;

/// The local database as the engine sees it. Every method is one transaction: all of it, or nothing.
pub trait SyncStore {
    /// Whose database it is.
    fn user(&self) -> UserId;
    /// Sizes of the outbox.
    fn counts(&self) -> Result<Counts, StoreError>;
    /// When a pull last caught up, and when edits were last confirmed.
    fn last_success(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError>;
    /// The next operations, marked as sent; empty if there are none.
    fn next_batch(&mut self, limit: BatchLimit<'_>, now: Timestamp) -> Result<Vec<Op>, StoreError>;
    /// Takes in the answers to a push.
    fn settle(&mut self, results: &[OpResult], now: Timestamp) -> Result<Applied, StoreError>;
    /// Hears the server's time, this device's clock saying `now`.
    fn heed_time(&mut self, server: Timestamp, now: Timestamp) -> Result<(), StoreError>;
    /// How many references of rows in these tables lead nowhere (yet).
    fn dangling(&self, tables: &[Table]) -> Result<usize, StoreError>;
    /// What is remembered of rows without parents.
    fn gaps(&self) -> Result<Gaps, StoreError>;
    /// Remembers it.
    fn set_gaps(&mut self, gaps: Gaps) -> Result<(), StoreError>;
    /// Puts an operation aside that the server does not even look at.
    fn refuse(&mut self, op: u64, code: &str, message: &str, now: Timestamp) -> Result<(), StoreError>;
    /// Puts refused entries back.
    fn retry_refused(&mut self) -> Result<usize, StoreError>;
    /// Where the next pull goes on.
    fn cursor(&self, reader: Reader) -> Result<Option<String>, StoreError>;
    /// Which history of the server this device knows.
    fn epoch(&self) -> Result<Option<String>, StoreError>;
    /// Keeps the server's history, where none is known yet: what it acknowledges belongs to that one.
    fn note_epoch(&mut self, epoch: &str, now: Timestamp) -> Result<(), StoreError>;
    /// Of which rows the server is to be asked next, at most so many: in a full compare they have not come.
    fn to_look_at(&self, reader: Reader, limit: usize) -> Result<Vec<(Table, String)>, StoreError>;
    /// The next pull compares everything, as after a restored backup.
    fn compare_anew(&mut self, reader: Reader, now: Timestamp) -> Result<(), StoreError>;
    /// The next pull starts from the start.
    fn forget_cursors(&mut self) -> Result<(), StoreError>;
    /// What else a person should know of the state of the sync.
    fn standing(&self) -> Result<Standing, StoreError>;
    /// What this device is called, where it has a name.
    fn device_name(&self) -> Result<Option<String>, StoreError>;
    /// May a page be taken in parts?
    fn takes_parts(&self, reader: Reader) -> Result<bool, StoreError>;
    /// Applies a page of a pull, or a part of one.
    fn apply_page(&mut self, reader: Reader, page: &Page, now: Timestamp) -> Result<PageOutcome, StoreError>;
}

impl SyncStore for Store {
    fn user(&self) -> UserId {
        Store::user(self)
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        Ok(self.glance()?.counts)
    }

    fn last_success(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        Store::last_success(self)
    }

    fn next_batch(&mut self, limit: BatchLimit<'_>, now: Timestamp) -> Result<Vec<Op>, StoreError> {
        self.at_all_costs(|store| outbox::next_batch(store, limit, now))
    }

    fn settle(&mut self, results: &[OpResult], now: Timestamp) -> Result<Applied, StoreError> {
        let strategy = strategy(self)?;
        self.at_all_costs(|store| outbox::settle(store, results, &strategy, now))
    }

    fn heed_time(&mut self, server: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        Store::heed_time(self, server, now)
    }

    fn dangling(&self, tables: &[Table]) -> Result<usize, StoreError> {
        apply::dangling(self.conn(), tables)
    }

    fn gaps(&self) -> Result<Gaps, StoreError> {
        sync_state::gaps(&*self.seen()?)
    }

    fn set_gaps(&mut self, gaps: Gaps) -> Result<(), StoreError> {
        sync_state::set_gaps(self.conn(), gaps)
    }

    fn refuse(&mut self, op: u64, code: &str, message: &str, now: Timestamp) -> Result<(), StoreError> {
        self.at_all_costs(|store| outbox::refuse_op(store, op, code, message, now))
    }

    fn retry_refused(&mut self) -> Result<usize, StoreError> {
        outbox::retry_refused(self)
    }

    fn cursor(&self, reader: Reader) -> Result<Option<String>, StoreError> {
        Store::cursor(self, reader)
    }

    fn epoch(&self) -> Result<Option<String>, StoreError> {
        sync_state::epoch(&*self.seen()?)
    }

    fn note_epoch(&mut self, epoch: &str, now: Timestamp) -> Result<(), StoreError> {
        sync_state::note_epoch(self, epoch, now)
    }

    fn to_look_at(&self, reader: Reader, limit: usize) -> Result<Vec<(Table, String)>, StoreError> {
        apply::to_look_at(self, reader, limit)
    }

    fn compare_anew(&mut self, reader: Reader, now: Timestamp) -> Result<(), StoreError> {
        apply::compare_anew(self, reader, now)
    }

    fn forget_cursors(&mut self) -> Result<(), StoreError> {
        sync_state::forget_cursors(self.conn())
    }

    fn standing(&self) -> Result<Standing, StoreError> {
        Ok(self.glance()?.standing)
    }

    fn device_name(&self) -> Result<Option<String>, StoreError> {
        sync_state::device_name(&*self.seen()?)
    }

    fn takes_parts(&self, reader: Reader) -> Result<bool, StoreError> {
        apply::takes_parts(self, reader)
    }

    fn apply_page(&mut self, reader: Reader, page: &Page, now: Timestamp) -> Result<PageOutcome, StoreError> {
        if self.take_idle_page(reader, page, now)? {
            return Ok(PageOutcome::default());
        }
        self.lay_reserve_again()?;
        let strategy = strategy(self)?;
        apply::apply_page(self, reader, page, &strategy, now)
    }
}

/// How this person wants conflicts to be settled on this device.
pub fn strategy(store: &Store) -> Result<Strategy, StoreError> {
    Ok(meta::get(&*store.seen()?, meta::STRATEGY)?.map_or(Strategy::default(), |name| Strategy::from_name(&name)))
}

/// Remembers how she wants them to be settled. What is undecided stays so until she has chosen.
pub fn set_strategy(store: &mut Store, strategy: Strategy, now: Timestamp) -> Result<(), StoreError> {
    store.edit(now, |edit| {
        edit.touch(Table::UserProfile);
        meta::set(edit.conn(), meta::STRATEGY, strategy.name())
    })
}
