//! What is sent next: whole local transactions, parents before children, marked as sent.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::answers::was_refused;
use super::held::hold_back;
use super::{BatchLimit, Op, entry_by_number, entry_of, remove};
use crate::domain::order::Sort;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::chains::dependants;
use crate::store::error::StoreError;
use crate::store::row::{self, Row, same_content, says_more};
use crate::store::{Edit, Store, compare, conflicts};

/// How many of the states that were sent and never answered an entry remembers.
const MOST_IMAGES: usize = 8;

/// Bytes of an operation around its row: number, table, id, version, and the names of these.
const AROUND_A_ROW: usize = 140;

/// Positions (exclusive ends) at which a batch may end: no local transaction spans them. Positions count entries in the order
/// of their numbers, so that a parent, which was made before its child, is never left for a later batch.
fn borders(txns: &[i64]) -> Vec<usize> {
    let last: HashMap<i64, usize> = txns.iter().enumerate().map(|(at, txn)| (*txn, at)).collect();
    let mut reach = 0;
    let mut borders = Vec::new();
    for (at, txn) in txns.iter().enumerate() {
        reach = reach.max(last[txn]);
        if reach == at || !on(Remedy::WholeTransactions) {
            borders.push(at + 1);
        }
    }
    borders
}

/// The next operations to send, parents before children, marked as sent. Entries whose rows no longer differ from the server's
/// leave the outbox here. Empty: nothing is pending, or edits must wait for a full compare.
pub fn next_batch(store: &mut Store, limit: BatchLimit<'_>, now: Timestamp) -> Result<Vec<Op>, StoreError> {
    let waiting: bool = store
        .conn()
        .prepare_cached("select exists (select 1 from sync_queue where status = 'pending')")?
        .query_row([], |r| r.get(0))?;
    if !waiting || compare::holds_edits(store.conn(), store.user())? {
        return Ok(Vec::new());
    }
    store.heed_time_before_sending(now)?;
    store.apply_remote(now, |edit| {
        let conn = edit.conn();
        hold_back(conn)?;
        let mut statement =
            conn.prepare_cached("select seq, txn from sync_queue where status = 'pending' order by seq")?;
        let mut numbers: Vec<(i64, i64)> =
            statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
        let waiting = conflicts::waiting_entries(conn, now)?;
        numbers.retain(|(seq, _)| !waiting.contains(seq));
        set_apart(conn, &mut numbers, limit)?;
        let txns: Vec<i64> = numbers.iter().map(|(_, txn)| *txn).collect();

        let mut batch: Vec<(Op, Vec<Row>)> = Vec::new();
        let mut bytes = 0;
        let mut start = 0;
        'units: for end in borders(&txns) {
            if !batch.is_empty() && batch.len() + (end - start) > limit.ops {
                break;
            }
            let cut = end - start > limit.hard_ops;
            let mut unit = Vec::new();
            let mut unit_bytes = 0;
            for (seq, _) in &numbers[start..end] {
                let Some((op, sent)) = operation(edit, *seq as u64)? else { continue };
                let size = AROUND_A_ROW + row::to_text(&op.row).len();
                if bytes + unit_bytes + size > limit.bytes && !(batch.is_empty() && unit.is_empty()) {
                    // A unit that does not fit waits for the next call, unless it would fit into none.
                    if batch.is_empty() {
                        batch.append(&mut unit);
                    }
                    break 'units;
                }
                unit_bytes += size;
                unit.push((op, sent));
                if cut && unit.len() == limit.ops.max(1) {
                    if batch.is_empty() {
                        batch.append(&mut unit);
                    }
                    break 'units;
                }
            }
            batch.append(&mut unit);
            bytes += unit_bytes;
            start = end;
        }
        batch.put_in_order_of(|(op, _)| (op.table, op.op));
        if !on(Remedy::ParentsFirst) {
            batch.reverse();
        }
        let mut mark = conn.prepare_cached(
            "update sync_queue set sent_revision = revision, sent = ?2, attempts = attempts + 1 where seq = ?1",
        )?;
        for (op, sent) in &batch {
            mark.execute(params![op.op as i64, row::all_to_text(sent)])?;
        }
        Ok(batch.into_iter().map(|(op, _)| op).collect())
    })
}

/// Takes what has not got through out of the order (number, transaction), and what hangs on it. With nothing else left to send, the first
/// whose time has come goes, alone.
fn set_apart(conn: &Connection, numbers: &mut Vec<(i64, i64)>, limit: BatchLimit<'_>) -> Result<(), StoreError> {
    let mut alone = None;
    for op in limit.last.iter().chain(limit.not_yet) {
        let Some(entry) = entry_by_number(conn, *op)? else { continue };
        let Some(line) = numbers.iter().find(|(seq, _)| *seq == entry.seq).copied() else { continue };
        if alone.is_none() && limit.last.contains(op) {
            alone = Some(line);
        }
        let mut apart = HashSet::from([entry.seq]);
        for (table, id) in dependants(conn, entry.table, &entry.id)? {
            apart.extend(entry_of(conn, table, &id)?.map(|child| child.seq));
        }
        numbers.retain(|(seq, _)| !apart.contains(seq));
    }
    if numbers.is_empty() {
        numbers.extend(alone);
    }
    Ok(())
}

/// The entry as an operation, with all that was sent of it and not answered, this included; `None` if it says nothing (any more), in
/// which case it is gone.
fn operation(edit: &mut Edit<'_>, number: u64) -> Result<Option<(Op, Vec<Row>)>, StoreError> {
    let conn = edit.conn();
    let Some(mut entry) = entry_by_number(conn, number)? else { return Ok(None) };
    let Some(local) = row::read(conn, entry.table, &entry.id)? else {
        remove(conn, &entry)?;
        return Ok(None);
    };
    let sent_before = entry.sent_revision.is_some();
    let wanted: Row = match &entry.base {
        Some(base)
            if !sent_before
                && same_content(entry.table, base, &local)
                && !says_more(entry.table, &local, base)
                && on(Remedy::ChangedBackDropped) =>
        {
            // Changed and changed back: as if nothing had been, stamps included.
            row::update(conn, entry.table, &entry.id, base)?;
            remove(conn, &entry)?;
            return Ok(None);
        }
        Some(base) if !sent_before => local
            .into_iter()
            .filter(|(name, value)| match (name.as_str(), base.get(name)) {
                ("last_modified_at" | "device_id", _) => true,
                ("sync_version", _) => false,
                (_, Some(old)) => !row::same_value(old, value),
                // A column that was not known when the base was: nothing in it is no edit.
                (_, None) => !value.is_null(),
            })
            .collect(),
        // New, or sent before and never answered: then the server may have accepted a state that was edited since, and only
        // the whole row says that a field was changed back.
        _ => {
            // Refused, perhaps for want of a column: only what says something has to be there.
            let refused = entry.sent.last().is_some_and(was_refused);
            let blank = refused.then(|| row::blank(conn, entry.table)).transpose()?;
            let is_sent = |name: &str, value: &Value| {
                name != "sync_version" && !blank.is_some_and(|blank| entry.says_nothing_in(blank, name, value))
            };
            local.into_iter().filter(|(name, value)| is_sent(name, value)).collect()
        }
    };
    let op = Op {
        op: number,
        table: entry.table,
        id: entry.id.clone(),
        base: entry.base_version(),
        row: row::to_wire(entry.table, &wanted),
    };
    // The latest comes last: an answer is to that. Edits between the attempts of a long outage are few; the latest tell most.
    entry.sent.retain(|before| *before != wanted);
    if entry.sent.len() >= MOST_IMAGES {
        entry.sent.remove(0);
    }
    entry.sent.push(wanted);
    Ok(Some((op, entry.sent)))
}
