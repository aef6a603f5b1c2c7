//! Chains: what hangs on a row that the server has refused is not sent before that row is accepted. It is put aside together with it
//! (`sync_queue.cause` names the row), told together with it, and comes back together with it.
//!
//! `cause` stands as long as its reason does: [`hold_back`] looks at every one anew, before anything is sent and after every answer.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Params, params};

use super::{Entry, entries, entry_of, remove};
use crate::remedies::{Remedy, on};
use crate::store::chains::dependants;
use crate::store::error::StoreError;
use crate::store::row;
use crate::store::schedule;
use crate::store::schema::Table;

/// The code of what waits for another row.
const HELD: &str = "held";
const HELD_WORDS: &str = "It belongs to something that the server did not accept, and goes with it.";

/// Puts aside what hangs on refused rows that the server has never had, and lets go what does not hang on one any more.
pub(super) fn hold_back(conn: &Connection) -> Result<(), StoreError> {
    if !on(Remedy::ChainsHeld) {
        return Ok(());
    }
    let_go(conn)?;
    for root in entries(conn, "status = 'refused' and base is null and cause is null", [])? {
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

/// What waits for a row that it does not hang on any more (it was edited, or what lies between was), or that nobody is going to send.
fn let_go(conn: &Connection) -> Result<(), StoreError> {
    // Back by an edit: if it still has to wait, it is about to be put aside again.
    conn.prepare_cached("update sync_queue set cause = null where cause is not null and status = 'pending'")?
        .execute([])?;
    let mut held: BTreeMap<String, Vec<(Table, String)>> = BTreeMap::new();
    for entry in entries(conn, "status = 'refused' and cause is not null", [])? {
        if let Some(cause) = entry.cause {
            held.entry(cause).or_default().push((entry.table, entry.id));
        }
    }
    for (cause, rows) in held {
        let mut hanging = HashSet::new();
        for cause in entries(conn, "row_id = ?1 and base is null", [&cause])? {
            hanging.extend(dependants(conn, cause.table, &cause.id)?);
        }
        for (table, id) in rows.iter().filter(|row| !hanging.contains(*row)) {
            put_back(conn, *table, id)?;
        }
    }
    Ok(())
}

/// Rows that were refused or held back for want of a parent (a foreign key, or a policy that looks at the parent) may find it now.
pub(in crate::store) fn readmit_children(conn: &Connection, parents: &HashSet<String>) -> Result<(), StoreError> {
    if parents.is_empty() || !on(Remedy::ChildrenReadmitted) {
        return Ok(());
    }
    let waiting = "status = 'refused' and (refused_code in ('23503', '42501') or cause is not null)";
    for child in entries(conn, waiting, [])? {
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
    put_back_where(conn, "refused_code = '23505' and table_name = ?1", [Table::Instrument.name()])?;
    Ok(())
}

/// Columns that the server did not have it may have by now: an app that was updated before its server, or a server that was set back.
pub(in crate::store) fn readmit_unknown(conn: &Connection) -> Result<(), StoreError> {
    put_back_where(conn, "refused_code = '42703'", [])?;
    Ok(())
}

/// A refused entry is to be tried again.
pub(in crate::store) fn put_back(conn: &Connection, table: Table, id: &str) -> Result<(), StoreError> {
    put_back_where(conn, "table_name = ?1 and row_id = ?2", [table.name(), id])?;
    Ok(())
}

/// Puts the refused entries back of which `condition` (SQL) holds: whatever comes back, comes back by this. How many there were.
pub(super) fn put_back_where(conn: &Connection, condition: &str, params: impl Params) -> Result<usize, StoreError> {
    let sql = format!(
        "update sync_queue set status = 'pending', refused_code = null, refused_message = null, cause = null
         where status = 'refused' and {condition}"
    );
    Ok(conn.prepare_cached(&sql)?.execute(params)?)
}

/// The refused row that this one waits for, or itself.
pub(in crate::store) fn root_of(conn: &Connection, table: Table, id: &str) -> Result<(Table, String), StoreError> {
    let caused = "status = 'refused' and row_id = (select cause from sync_queue where table_name = ?1 and row_id = ?2)";
    let mut found = entries(conn, caused, [table.name(), id])?;
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
