//! Deleting a tune of one's own, and taking that back.
//!
//! Only the tune itself becomes a tombstone: what hangs on it (places in repertoires, ratings, notes) is kept, and is there again
//! when the deletion is taken back here or outweighed by an edit elsewhere. A tune that the server has never had leaves the outbox
//! without a trace; then what hangs on it must go with it, or the server would refuse it for want of the tune.

use rusqlite::params;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule;
use super::schema::Table;
use super::{Store, tunes};
use crate::domain::ids::{PlaylistId, TuneId};
use crate::domain::time::Timestamp;
use crate::row;

/// The synced tables whose rows belong to a tune, with the column that says to which.
fn dependants() -> impl Iterator<Item = (Table, &'static str)> {
    let column = |table: Table| ["tune_ref", "tune_id"].into_iter().find(|name| table.column(name).is_some());
    Table::ALL.into_iter().filter(|table| table.is_synced()).filter_map(move |table| Some((table, column(table)?)))
}

/// Sets the tombstone flag of these rows; ratings among them change the schedule.
fn flag(edit: &mut Edit<'_>, table: Table, tune: TuneId, rows: Vec<Row>, deleted: i64) -> Result<(), StoreError> {
    for found in rows {
        let text = |column: &str| found[column].as_str().unwrap_or_default().to_owned();
        edit.update(table, text("id"), row! { "deleted": deleted })?;
        if table == Table::PracticeRecord
            && let Ok(playlist) = text("playlist_ref").parse::<PlaylistId>()
        {
            schedule::recompute(edit.conn(), playlist, tune)?;
        }
    }
    Ok(())
}

impl Store {
    /// Deletes a tune of her own.
    pub fn delete_tune(&mut self, now: Timestamp, tune: TuneId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let found = tunes::require(edit.conn(), edit.user(), tune)?;
            if found["private_for"].is_null() {
                return Err(StoreError::Invalid(
                    "This tune belongs to the catalog. Take it out of your repertoire instead.".to_owned(),
                ));
            }
            if row::version(&found) > 0 {
                edit.delete(Table::Tune, tune)?;
                return Ok(());
            }
            // First what hangs on it: then nothing that waits to be sent needs it any more.
            for (table, column) in dependants() {
                let unsent = format!("{column} = ?1 and not deleted and sync_version = 0");
                let rows = row::select(edit.conn(), table, &unsent, params![tune.to_string()])?;
                flag(edit, table, tune, rows, 1)?;
            }
            edit.delete(Table::Tune, tune)?;
            Ok(())
        })
    }

    /// Takes the deletion of an own tune back, with all that went with it.
    pub fn restore_tune(&mut self, now: Timestamp, tune: TuneId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let found = row::read(edit.conn(), Table::Tune, &tune.to_string())?
                .filter(|row| row["private_for"] == edit.user().to_string())
                .ok_or_else(|| StoreError::NotFound("This tune does not exist any more.".to_owned()))?;
            if !row::is_deleted(&found) {
                return Ok(());
            }
            edit.update(Table::Tune, tune, row! { "deleted": 0 })?;
            for (table, column) in dependants() {
                // What one edit wrote has one stamp.
                let together = format!("{column} = ?1 and deleted and last_modified_at = ?2");
                let rows = row::select(edit.conn(), table, &together, params![tune.to_string(), row::stamp(&found)])?;
                flag(edit, table, tune, rows, 0)?;
            }
            Ok(())
        })
    }
}
