//! The whole database as bytes, for places that store it page by page.

use super::Store;

impl Store {
    /// The file as of the last commit.
    pub fn image(&mut self) -> rusqlite::Result<Vec<u8>> {
        Ok(self.conn.serialize(rusqlite::MAIN_DB)?.to_vec())
    }
}
