//! What was made and deleted again before anything of it was sent: nothing to tell the server.

use std::cmp::Reverse;

use rusqlite::{Connection, params};

use super::{entry_of, remove};
use crate::domain::order::Sort;
use crate::store::chains::REFERENCES;
use crate::store::error::StoreError;
use crate::store::row;
use crate::store::schema::Table;

/// Takes out of the outbox what a transaction has deleted and no server has heard of, children before what they hang on.
pub(in crate::store) fn forget_unsent(conn: &Connection, deleted: &mut [(Table, String)]) -> Result<(), StoreError> {
    deleted.put_in_order_of(|(table, _)| Reverse(*table));
    for (table, id) in deleted {
        // What one transaction deletes it may bring back.
        let is_gone = row::read(conn, *table, id)?.is_some_and(|row| row::is_deleted(&row));
        let Some(entry) = entry_of(conn, *table, id)?.filter(|_| is_gone) else { continue };
        let unheard_of = entry.base.is_none() && entry.sent_revision.is_none();
        // A restored server has lost the row; other devices may have it all the same, and hear of its deletion.
        if unheard_of && !entry.sent_again && !is_waited_for(conn, *table, id)? {
            remove(conn, &entry)?;
        }
    }
    Ok(())
}

/// Does something that waits to be sent name this row? Then its tombstone goes first, or the server would refuse the rest for want of it.
fn is_waited_for(conn: &Connection, table: Table, id: &str) -> Result<bool, StoreError> {
    for (child, column, _) in REFERENCES.iter().filter(|(.., of)| *of == table) {
        let sql = format!(
            "select exists (select 1 from \"{child}\" as c join sync_queue as q on q.table_name = ?2 and q.row_id = c.id
                            where c.\"{column}\" = ?1)"
        );
        if conn.prepare_cached(&sql)?.query_row(params![id, child.name()], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}
