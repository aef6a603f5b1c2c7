//! A little room kept in the file. When the device is full, it is given up for the outbox: what waits to be sent can still be marked, sent and
//! settled. Nothing new is fetched before it is laid again.

use super::error::StoreError;
use super::{Store, meta};

/// Zeros in `sync_meta`; empty: given up.
pub(super) const RESERVE: &str = "reserve";
const SIZE: usize = 128 * 1024;

impl Store {
    /// Lays it, if it is not there.
    pub fn lay_reserve(&mut self) -> Result<(), StoreError> {
        if self.reserve()?.unwrap_or_default() > 0 {
            return Ok(());
        }
        meta::set(self.conn(), RESERVE, &"0".repeat(SIZE))
    }

    /// Lays it again, where it was given up.
    pub fn lay_reserve_again(&mut self) -> Result<(), StoreError> {
        if self.reserve()? == Some(0) { self.lay_reserve() } else { Ok(()) }
    }

    /// Does what the outbox needs, at the cost of the reserve if there is no other room.
    pub fn at_all_costs<T>(&mut self, work: impl Fn(&mut Store) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match work(self) {
            Err(StoreError::Full) if self.reserve()?.unwrap_or_default() > 0 => {
                tracing::warn!("the device is full: the reserve is given up for what waits to be sent");
                meta::set(self.conn(), RESERVE, "")?;
                work(self)
            }
            done => done,
        }
    }

    /// How large it is; none was ever laid.
    fn reserve(&self) -> Result<Option<i64>, StoreError> {
        use rusqlite::OptionalExtension;
        let sql = "select length(value) from sync_meta where key = ?1";
        Ok(self.conn().prepare_cached(sql)?.query_row([RESERVE], |row| row.get(0)).optional()?)
    }
}
