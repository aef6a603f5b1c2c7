//! Deleting tunes and repertoires of one's own, and taking that back.
//!
//! Only the row itself becomes a tombstone: what hangs on it (places in repertoires, ratings, notes) is kept, and is there again
//! when the deletion is taken back here or outweighed by an edit elsewhere. A row that the server has never had leaves the outbox
//! without a trace; then what hangs on it must go with it, or the server would refuse it for want of the row.

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

/// The synced tables whose rows hang on a row of `table`, and the column that says so.
fn dependants(table: Table) -> impl Iterator<Item = (Table, &'static str)> {
    let names: &[&str] =
        if table == Table::Playlist { &["playlist_ref", "playlist_id"] } else { &["tune_ref", "tune_id"] };
    Table::ALL.into_iter().filter(|table| table.is_synced()).filter_map(|table| {
        let column = table.columns().iter().find(|column| names.contains(&column.name))?;
        Some((table, column.name))
    })
}

/// Sets the tombstone flag of these rows; ratings among them change the schedule.
fn flag(edit: &mut Edit<'_>, table: Table, rows: Vec<Row>, deleted: i64) -> Result<(), StoreError> {
    for found in rows {
        let text = |column: &str| found[column].as_str().unwrap_or_default().to_owned();
        edit.update(table, text("id"), row! { "deleted": deleted })?;
        if table == Table::PracticeRecord
            && let (Ok(playlist), Ok(tune)) = (text("playlist_ref").parse::<PlaylistId>(), text("tune_ref").parse())
        {
            schedule::recompute(edit.conn(), playlist, tune)?;
        }
    }
    Ok(())
}

/// Makes the row a tombstone, and what hangs on it with it if the server has none of it.
pub(crate) fn remove(edit: &mut Edit<'_>, table: Table, found: &Row) -> Result<(), StoreError> {
    let id = found["id"].as_str().unwrap_or_default();
    if row::version(found) == 0 {
        // First what hangs on it: then nothing that waits to be sent needs it any more.
        for (table, column) in dependants(table) {
            let unsent = format!("\"{column}\" = ?1 and not deleted and sync_version = 0");
            let rows = row::select(edit.conn(), table, &unsent, params![id])?;
            flag(edit, table, rows, 1)?;
        }
    }
    edit.delete(table, id).map(|_| ())
}

/// Takes that back.
pub(crate) fn restore(edit: &mut Edit<'_>, table: Table, found: &Row) -> Result<(), StoreError> {
    if !row::is_deleted(found) {
        return Ok(());
    }
    let id = found["id"].as_str().unwrap_or_default();
    edit.update(table, id, row! { "deleted": 0 })?;
    for (table, column) in dependants(table) {
        // What one edit wrote has one stamp.
        let together = format!("\"{column}\" = ?1 and deleted and last_modified_at = ?2");
        let rows = row::select(edit.conn(), table, &together, params![id, row::stamp(found)])?;
        flag(edit, table, rows, 0)?;
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
            remove(edit, Table::Tune, &found)
        })
    }

    /// Deletes those of the tunes that are her own; which they were.
    pub fn delete_tunes(&mut self, now: Timestamp, tunes: &[TuneId]) -> Result<Vec<TuneId>, StoreError> {
        self.edit(now, |edit| {
            let mut gone = Vec::new();
            for tune in tunes {
                let found = tunes::require(edit.conn(), edit.user(), *tune)?;
                if !found["private_for"].is_null() {
                    remove(edit, Table::Tune, &found)?;
                    gone.push(*tune);
                }
            }
            Ok(gone)
        })
    }

    /// Takes the deletion of own tunes back, with all that went with it.
    pub fn restore_tunes(&mut self, now: Timestamp, tunes: &[TuneId]) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            for tune in tunes {
                let found = row::read(edit.conn(), Table::Tune, &tune.to_string())?
                    .filter(|row| row["private_for"] == edit.user().to_string())
                    .ok_or_else(|| StoreError::NotFound("This tune does not exist any more.".to_owned()))?;
                restore(edit, Table::Tune, &found)?;
            }
            Ok(())
        })
    }
}
