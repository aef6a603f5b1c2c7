//! What every TuneTrees begins with (traditions, kinds of tune, instruments), for a device to which no server has said so yet: the server's own
//! file, so that the rows are the same under the same ids, and a pull finds nothing to change. None of it is the person's to send.

use super::error::StoreError;
use super::schema::Table;
use super::{Edit, Store};
use crate::domain::time::Timestamp;

/// Written in words that both databases read.
const REFERENCE_DATA: &str = include_str!("../../migrations/postgres/20261122000800_reference_data.sql");

impl Store {
    /// Lays them down where there are none. `true` if it did.
    pub fn lay_reference_data(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if self.conn().query_row("select exists (select 1 from genre)", [], |row| row.get(0))? {
            return Ok(false);
        }
        self.apply_remote(now, |edit: &mut Edit<'_>| {
            // SQLite has one schema, and it has no name.
            edit.conn().execute_batch(&REFERENCE_DATA.replace("public.", ""))?;
            for table in [Table::Genre, Table::TuneType, Table::GenreTuneType, Table::Instrument] {
                edit.touch(table);
            }
            Ok(true)
        })
    }
}
