//! The whole database as bytes, for places that store it page by page.

use super::{Store, StoreError};

impl Store {
    /// The file as of the last commit.
    pub fn image(&mut self) -> Result<Vec<u8>, StoreError> {
        Ok(self.conn.serialize(rusqlite::MAIN_DB)?.to_vec())
    }
}
