//! Chains: what hangs on a row that the server has refused is not sent before that row is accepted. It is put aside together with it
//! (`sync_queue.cause` names the row), told together with it, and comes back together with it.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::{ENTRY, Entry, entry, entry_of, remove};
use crate::remedies::{Remedy, on};
use crate::store::chains::dependants;
use crate::store::error::StoreError;
use crate::store::row;
use crate::store::schedule;
use crate::store::schema::Table;

/// The code of what waits for another row.
const HELD: &str = "held";
const HELD_WORDS: &str = "It belongs to something that the server did not accept, and goes with it.";

/// Puts aside what hangs on refused rows that the server has never had.
pub(super) fn hold_back(conn: &Connection) -> Result<(), StoreError> {
    if !on(Remedy::ChainsHeld) {
        return Ok(());
    }
    let sql = format!("{ENTRY} where status = 'refused' and base is null and cause is null");
    let roots: Vec<Entry> = conn.prepare_cached(&sql)?.query_map([], entry)?.collect::<Result<_, _>>()?;
    for root in roots {
        for (table, id) in dependants(conn, root.table, &root.id)? {
            conn.prepare_cached(
                "update sync_queue set status = 'refused', refused_code = ?3, refused_message = ?4, cause = ?5
                 where table_name = ?1 and row_id = ?2
                   and (status = 'pending' or (cause is null and refused_code in ('23503', '42501')))",
            )?
            .execute(params![table.name(), id, HELD, HELD_WORDS, root.id])?;
        }
    }
    Ok(())
}

/// Rows that were refused or held back for want of a parent (a foreign key, or a policy that looks at the parent) may find it now.
pub(in crate::store) fn readmit_children(conn: &Connection, parents: &HashSet<String>) -> Result<(), StoreError> {
    if parents.is_empty() || !on(Remedy::ChildrenReadmitted) {
        return Ok(());
    }
    let sql = format!("{ENTRY} where status = 'refused' and (refused_code in ('23503', '42501') or cause is not null)");
    let refused: Vec<Entry> = conn.prepare_cached(&sql)?.query_map([], entry)?.collect::<Result<_, _>>()?;
    for child in refused {
        let row = row::read(conn, child.table, &child.id)?.unwrap_or_default();
        let waited = child.cause.as_ref().is_some_and(|cause| parents.contains(cause));
        if waited || row.values().filter_map(|value| value.as_str()).any(|value| parents.contains(value)) {
            put_back(conn, child.table, &child.id)?;
        }
    }
    Ok(())
}

/// Names of instruments that were taken may be free: one of them has got another name, or has gone.
pub(in crate::store) fn readmit_names(conn: &Connection) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_queue set status = 'pending', refused_code = null, refused_message = null
         where status = 'refused' and refused_code = '23505' and table_name = ?1",
    )?
    .execute([Table::Instrument.name()])?;
    Ok(())
}

/// A refused entry is to be tried again.
pub(in crate::store) fn put_back(conn: &Connection, table: Table, id: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_queue set status = 'pending', refused_code = null, refused_message = null, cause = null
         where status = 'refused' and table_name = ?1 and row_id = ?2",
    )?
    .execute([table.name(), id])?;
    Ok(())
}

/// The refused row that this one waits for, or itself.
pub(in crate::store) fn root_of(conn: &Connection, table: Table, id: &str) -> Result<(Table, String), StoreError> {
    let sql = format!(
        "{ENTRY} where status = 'refused' and row_id = (select cause from sync_queue where table_name = ?1 and row_id = ?2)"
    );
    let mut found: Vec<Entry> =
        conn.prepare_cached(&sql)?.query_map([table.name(), id], entry)?.collect::<Result<_, _>>()?;
    Ok(found.pop().map_or((table, id.to_owned()), |root| (root.table, root.id)))
}

/// The row was made here, refused, and deleted: the server need not have it, nor what hangs on it.
pub(super) fn drop_chain(conn: &Connection, root: &Entry) -> Result<(), StoreError> {
    let mut practised = false;
    for (table, id) in dependants(conn, root.table, &root.id)? {
        if let Some(entry) = entry_of(conn, table, &id)?.filter(|entry| entry.base.is_none() && !entry.sent_again) {
            row::update(conn, table, &id, &crate::row! { "deleted": 1 })?;
            remove(conn, &entry)?;
            practised |= table == Table::PracticeRecord;
        }
    }
    if practised {
        // The ratings went with their tune: so does what was reckoned from them.
        schedule::recompute_all(conn)?;
    }
    remove(conn, root)
}
