//! What becomes of an entry when the server answers: confirmed, merged, or put aside as refused.

use std::cell::Cell;
use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::held::{drop_chain, hold_back, put_back_where, readmit_children, readmit_names};
use super::{Entry, OpResult, entry_by_number, keep_sent, remove};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::apply::{Applied, Applying, Merge, is_about_the_row};
use crate::store::chains::is_named;
use crate::store::error::StoreError;
use crate::store::row::{self, Row};
use crate::store::schema::Table;
use crate::store::sync_state::Reader;
use crate::store::{Store, sync_state};

/// Takes in the server's answers, in one transaction.
pub fn settle(
    store: &mut Store,
    results: &[OpResult],
    merge: &dyn Merge,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let reader = Reader::Person(store.user());
    let (moved, behind) = (Cell::new(false), Cell::new(false));
    let applied = Applying::run(store, reader, merge, now, |applying| {
        moved.set(results.is_empty());
        behind.set(false);
        let mut inserted = HashSet::new();
        let mut named = false;
        if results.iter().any(|result| matches!(result, OpResult::Applied { .. })) {
            sync_state::pushed(applying.conn(), now)?;
        }
        for result in results {
            // No entry: a pull that came in between has brought the same row and settled it.
            let Some(entry) = entry_by_number(applying.conn(), result.op())? else {
                moved.set(true);
                continue;
            };
            // Each under a savepoint: one answer that cannot be taken in must not hold up the others, for ever.
            run(applying, "savepoint answer")?;
            match take_in(applying, &entry, result) {
                Ok(step) => {
                    if matches!(result, OpResult::Applied { .. }) && entry.base.is_none() {
                        inserted.insert(entry.id.clone());
                    }
                    moved.set(moved.get() || step == Step::Moved);
                    behind.set(behind.get() || step == Step::Behind);
                }
                Err(error) if is_about_the_row(&error) => {
                    run(applying, "rollback to answer")?;
                    refuse(applying.conn(), &entry, "device", &error.to_string())?;
                    moved.set(true);
                }
                Err(error) => return Err(error),
            }
            named |= entry.table == Table::Instrument && matches!(result, OpResult::Applied { .. });
            run(applying, "release answer")?;
        }
        readmit_children(applying.conn(), &inserted)?;
        if named {
            readmit_names(applying.conn())?;
        }
        hold_back(applying.conn())
    })?;
    Ok(Applied { moved: moved.get(), behind: behind.get(), ..applied })
}

fn run(applying: &Applying<'_, '_>, sql: &str) -> Result<(), StoreError> {
    applying.conn().prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// What an answer has done to its entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is settled, or the next attempt will be another one.
    Moved,
    /// Nothing: the same would be sent again.
    Stays,
    /// Nothing, and the server has less than what the entry was made on.
    Behind,
}

/// Takes one answer in.
fn take_in(applying: &mut Applying<'_, '_>, entry: &Entry, result: &OpResult) -> Result<Step, StoreError> {
    match result {
        OpResult::Applied { row, .. } => return acknowledge(applying, entry, row),
        // A pull has brought that state, or a later one, meanwhile; the entry goes on from there.
        OpResult::Conflict { row: Some(row), .. }
            if entry.sent_revision.is_none() && row::version(row) <= entry.base_version() =>
        {
            return Ok(Step::Moved);
        }
        // None has: the server has gone back.
        OpResult::Conflict { row: Some(row), .. } if row::version(row) < entry.base_version() => {
            return Ok(Step::Behind);
        }
        OpResult::Conflict { row: Some(row), .. } => applying.meet(entry, row::from_wire(entry.table, row)?),
        OpResult::Conflict { row: None, .. } => applying.purged(entry.table, &entry.id),
        OpResult::Refused { .. } if is_unwanted(applying.conn(), entry)? => drop_chain(applying.conn(), entry),
        OpResult::Refused { code, message, .. } => refuse(applying.conn(), entry, code, message),
    }?;
    Ok(Step::Moved)
}

/// Was the row made here and deleted again, before anything else was sent of it? The server need not have it, nor what is part of it. (A repertoire is no part of the
/// instrument that it is for: it stays, and so the instrument's name has to be settled.)
fn is_unwanted(conn: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    Ok(entry.base.is_none()
        && !entry.sent_again
        // An earlier state of it may have been accepted, if nobody has heard of a refusal.
        && entry.sent.iter().rev().skip(1).all(was_refused)
        && !(entry.table == Table::Instrument && is_named(conn, entry.table, &entry.id)?)
        && entry.sent_revision == Some(entry.revision)
        && row::read(conn, entry.table, &entry.id)?.is_some_and(|row| row::is_deleted(&row)))
}

/// PostgreSQL's word for a column that it does not have.
const UNKNOWN_COLUMN: &str = "42703";

/// Can it go again without what says nothing (`batch.rs`)? That may be what the server has no column for.
fn goes_with_less(conn: &Connection, entry: &Entry) -> Result<bool, StoreError> {
    let Some(sent) = entry.sent.last().filter(|_| entry.sent_revision.is_some()) else { return Ok(false) };
    let blank = row::blank(conn, entry.table)?;
    Ok(sent.iter().any(|(name, value)| entry.says_nothing_in(blank, name, value)))
}

/// What stands as the version of a state that was sent and refused.
const REFUSED: i64 = -1;

pub(super) fn was_refused(image: &Row) -> bool {
    row::version(image) == REFUSED
}

fn acknowledge(applying: &mut Applying<'_, '_>, entry: &Entry, wire: &Row) -> Result<Step, StoreError> {
    let answer = row::from_wire(entry.table, wire)?;
    if row::version(&answer) <= entry.base_version() && entry.sent_revision.is_none() {
        // A pull has brought a later state meanwhile; the entry goes on from there.
        return Ok(Step::Moved);
    }
    if entry.sent_revision == Some(entry.revision) && !answer.contains_key("id") {
        // The rest is here as it was sent.
        applying.write_stamps(entry.table, &entry.id, &answer)?;
        remove(applying.conn(), entry)?;
        return Ok(Step::Moved);
    }
    // Without it the entry goes on, and the next attempt will tell.
    let Some(remote) = entry.accepted(answer) else { return Ok(Step::Stays) };
    if entry.sent_revision == Some(entry.revision) || !on(Remedy::RevisionsCompared) {
        applying.write(entry.table, &entry.id, &remote)?;
        remove(applying.conn(), entry)?;
    } else {
        applying.meet(entry, remote)?;
    }
    Ok(Step::Moved)
}

/// Puts the entry aside with the server's reason, unless the row was edited since it was sent: then the new state gets its try.
/// What was sent stays known: a copy of it may still be on its way and find the server of another mind.
pub(in crate::store) fn refuse(conn: &Connection, entry: &Entry, code: &str, message: &str) -> Result<(), StoreError> {
    if !on(Remedy::RefusedKept) {
        return remove(conn, entry);
    }
    if let Some((last, before)) = entry.sent.split_last().filter(|_| entry.sent_revision.is_some()) {
        let mut refused = last.clone();
        refused.insert("sync_version".to_owned(), REFUSED.into());
        keep_sent(conn, entry, &[before, &[refused]].concat())?;
    }
    let edited_since = entry.sent_revision.is_some_and(|sent| sent != entry.revision);
    let goes_again = edited_since || (code == UNKNOWN_COLUMN && goes_with_less(conn, entry)?);
    let status = if goes_again && entry.status == "pending" { "pending" } else { "refused" };
    conn.prepare_cached(
        "update sync_queue set status = ?2, refused_code = ?3, refused_message = ?4, cause = null where seq = ?1",
    )?
    .execute(params![entry.seq, status, code, message])?;
    Ok(())
}

/// Puts one operation aside that the server would not even look at.
pub fn refuse_op(store: &mut Store, op: u64, code: &str, message: &str, now: Timestamp) -> Result<(), StoreError> {
    store.apply_remote(now, |edit| match entry_by_number(edit.conn(), op)? {
        Some(entry) => refuse(edit.conn(), &entry, code, message),
        None => Ok(()),
    })
}

/// Puts all refused entries back. How many there were.
pub fn retry_refused(store: &mut Store) -> Result<usize, StoreError> {
    put_back_where(store.conn(), "true", [])
}
