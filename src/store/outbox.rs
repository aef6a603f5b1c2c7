//! The outbox: what is sent next, and what becomes of an entry when the server answers. The triggers of
//! `migrations/sqlite/0002_sync.sql` fill it, one coalesced entry a row.
//!
//! Knows the wire form of operations and results. Must not know how they travel, nor when.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::apply::{Applying, Merge, is_about_the_row};
use super::error::StoreError;
use super::row::{self, Row, same_content};
use super::schema::Table;
use super::{Edit, Store, sync_state};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// One operation as `sync_push` takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Op {
    /// The entry's number; the result carries it back.
    pub op: u64,
    /// The table.
    pub table: Table,
    /// The row.
    pub id: String,
    /// The `sync_version` that was edited; 0 = a new row.
    pub base: i64,
    /// All columns of a new row, else the changed ones; wire form.
    pub row: Row,
}

/// What the server made of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum OpResult {
    /// Done.
    Applied {
        /// The operation.
        op: u64,
        /// The row as it stands now, wire form: whole, or its stamps only where all the rest is as it was sent.
        row: Row,
    },
    /// The row was changed elsewhere meanwhile.
    Conflict {
        /// The operation.
        op: u64,
        /// The row as it stands there; `None`: gone, or not visible to this person.
        row: Option<Row>,
    },
    /// Not accepted, and it will not be as it is.
    Refused {
        /// The operation.
        op: u64,
        /// PostgreSQL's code.
        code: String,
        /// The server's words.
        message: String,
    },
}

impl OpResult {
    /// Which operation it answers.
    pub const fn op(&self) -> u64 {
        match self {
            OpResult::Applied { op, .. } | OpResult::Conflict { op, .. } | OpResult::Refused { op, .. } => *op,
        }
    }
}

/// How much goes into one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimit {
    /// Operations, counted at the borders of local transactions.
    pub ops: usize,
    /// A local transaction up to this size still goes whole; a larger one is cut.
    pub hard_ops: usize,
    /// Bytes of JSON; a single larger operation goes alone.
    pub bytes: usize,
}

/// Sizes of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries to be sent, or sent and not answered.
    pub pending: u32,
    /// Entries the server refused.
    pub refused: u32,
}

/// An entry of `sync_queue`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub seq: i64,
    pub table: Table,
    pub id: String,
    pub base: Option<Row>,
    /// What was sent and never answered; the server may have accepted any of it.
    sent: Vec<Row>,
    revision: i64,
    sent_revision: Option<i64>,
    status: String,
}

impl Entry {
    /// The base for meeting `remote`. Where the server holds what was sent from here and never answered, that was the last common
    /// state of the field: whatever differs was edited here since.
    pub fn base_against(&self, remote: &Row) -> Option<Row> {
        let mut base = self.base.clone().unwrap_or_default();
        for (name, value) in self.sent.iter().flatten().filter(|_| on(Remedy::SentRemembered)) {
            if remote.get(name).is_some_and(|theirs| row::same_value(theirs, value)) {
                base.insert(name.clone(), value.clone());
            }
        }
        (self.base.is_some() || !base.is_empty()).then_some(base)
    }

    /// Is `remote` what this entry sent, unanswered? (The device's id alone does not say so: after another sign-in the device may
    /// meet rows that it sent in an earlier life.)
    pub fn is_echoed_by(&self, remote: &Row) -> bool {
        let same = |name: &str, value| remote.get(name).is_some_and(|theirs| row::same_value(theirs, value));
        on(Remedy::SentRemembered)
            && self.sent.iter().any(|image| image.iter().all(|(name, value)| row::is_stamp(name) || same(name, value)))
    }

    /// The server's row after it accepted what was sent last; `answer` may say its stamps only. None: that is not known any more.
    fn accepted(&self, answer: Row) -> Option<Row> {
        if answer.contains_key("id") {
            return Some(answer);
        }
        let mut row = self.base.clone().unwrap_or_default();
        row.extend(self.sent.last()?.clone());
        row.extend(answer);
        Some(row)
    }

    /// The server's version that the row was edited on; 0 = never there.
    pub fn base_version(&self) -> i64 {
        self.base.as_ref().map_or(0, row::version)
    }
}

const MOST_IMAGES: usize = 8;

const ENTRY: &str = "select seq, table_name, row_id, base, revision, sent_revision, status, sent from sync_queue";

fn entry(sql: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    let broken = |index, what: String| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, what.into())
    };
    let name: String = sql.get(1)?;
    let base: Option<String> = sql.get(3)?;
    let sent: Option<String> = sql.get(7)?;
    Ok(Entry {
        seq: sql.get(0)?,
        table: Table::from_name(&name).ok_or_else(|| broken(1, format!("no table {name}")))?,
        id: sql.get(2)?,
        base: base.map(|json| serde_json::from_str(&json)).transpose().map_err(|e| broken(3, e.to_string()))?,
        sent: sent.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json)).map_err(|e| broken(7, e.to_string()))?,
        revision: sql.get(4)?,
        sent_revision: sql.get(5)?,
        status: sql.get(6)?,
    })
}

/// The entry of that row, if there is one.
pub(super) fn entry_of(conn: &Connection, table: Table, id: &str) -> Result<Option<Entry>, StoreError> {
    let sql = format!("{ENTRY} where table_name = ?1 and row_id = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row([table.name(), id], entry).optional()?)
}

fn entry_by_number(conn: &Connection, op: u64) -> Result<Option<Entry>, StoreError> {
    let sql = format!("{ENTRY} where seq = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([op as i64], entry).optional()?)
}

/// Takes the entry out: the server has what it says.
pub(super) fn remove(conn: &Connection, entry: &Entry) -> Result<(), StoreError> {
    conn.prepare_cached("delete from sync_queue where seq = ?1")?.execute([entry.seq])?;
    Ok(())
}

/// The entry now stands on `base` (local form; `None` = the server has no such row) and is no longer on its way.
pub(super) fn rebase(conn: &Connection, entry: &Entry, base: Option<&Row>) -> Result<(), StoreError> {
    let json = base.map(|row| serde_json::Value::Object(row.clone()).to_string());
    conn.prepare_cached(
        "update sync_queue set base = ?2, sent_revision = null, sent = null,
           operation = case when operation = 'delete' then 'delete' when ?2 is null then 'insert' else 'update' end
         where seq = ?1",
    )?
    .execute(params![entry.seq, json])?;
    Ok(())
}

/// Makes an entry for a row that differs from the server's `base` although nobody edited it: the server lost what it had.
pub(super) fn queue_again(
    conn: &Connection,
    table: Table,
    id: &str,
    base: &Row,
    at: Timestamp,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
         values ((select cast(value as integer) from sync_meta where key = 'txn'), ?1, ?2, 'update', ?3, ?4)",
    )?
    .execute(params![table.name(), id, serde_json::Value::Object(base.clone()).to_string(), at.to_string()])?;
    Ok(())
}

/// Is there anything in the outbox, refused or not?
pub(super) fn has_entries(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("select exists (select 1 from sync_queue)")?.query_row([], |row| row.get(0))?)
}

/// Counts the outbox. The index alone answers: this is asked at every event.
pub fn counts(conn: &Connection) -> Result<Counts, StoreError> {
    let mut statement = conn.prepare_cached("select status, count(*) from sync_queue group by status")?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        match row.get::<_, String>(0)?.as_str() {
            "refused" => counts.refused = row.get(1)?,
            _ => counts.pending = row.get(1)?,
        }
    }
    Ok(counts)
}

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
/// leave the outbox here. Empty: nothing is pending.
pub fn next_batch(store: &mut Store, limit: BatchLimit, now: Timestamp) -> Result<Vec<Op>, StoreError> {
    let waiting: bool = store
        .conn()
        .prepare_cached("select exists (select 1 from sync_queue where status = 'pending')")?
        .query_row([], |r| r.get(0))?;
    if !waiting {
        return Ok(Vec::new());
    }
    store.apply_remote(now, |edit| {
        let conn = edit.conn();
        let mut statement =
            conn.prepare_cached("select seq, txn from sync_queue where status = 'pending' order by seq")?;
        let numbers: Vec<(i64, i64)> =
            statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
        let txns: Vec<i64> = numbers.iter().map(|(_, txn)| *txn).collect();

        let mut batch: Vec<(Table, Op)> = Vec::new();
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
                let Some((table, op)) = operation(edit, *seq as u64)? else { continue };
                let size = serde_json::to_string(&op).map_or(0, |json| json.len());
                if bytes + unit_bytes + size > limit.bytes && !(batch.is_empty() && unit.is_empty()) {
                    // A unit that does not fit waits for the next call, unless it would fit into none.
                    if batch.is_empty() {
                        batch.append(&mut unit);
                    }
                    break 'units;
                }
                unit_bytes += size;
                unit.push((table, op));
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
        batch.sort_by_key(|(table, op)| (*table, op.op));
        if !on(Remedy::ParentsFirst) {
            batch.reverse();
        }
        let mut mark = conn.prepare_cached(
            "update sync_queue set sent_revision = revision, sent = ?2, attempts = attempts + 1 where seq = ?1",
        )?;
        for (table, op) in &batch {
            let mut sent = entry_by_number(conn, op.op)?.map(|entry| entry.sent).unwrap_or_default();
            let image = row::from_wire(*table, &op.row)?;
            // The latest comes last: an answer is to that. Edits between the attempts of a long outage are few; the latest tell most.
            sent.retain(|before| *before != image);
            if sent.len() >= MOST_IMAGES {
                sent.remove(0);
            }
            sent.push(image);
            let json = serde_json::to_string(&sent).unwrap_or_else(|_| "[]".to_owned());
            mark.execute(params![op.op as i64, json])?;
        }
        Ok(batch.into_iter().map(|(_, op)| op).collect())
    })
}

/// The entry as an operation; `None` if it says nothing (any more), in which case it is gone.
fn operation(edit: &mut Edit<'_>, number: u64) -> Result<Option<(Table, Op)>, StoreError> {
    let conn = edit.conn();
    let Some(entry) = entry_by_number(conn, number)? else { return Ok(None) };
    let Some(local) = row::read(conn, entry.table, &entry.id)? else {
        remove(conn, &entry)?;
        return Ok(None);
    };
    let sent_before = entry.sent_revision.is_some();
    let wanted: Row = match &entry.base {
        Some(base) if !sent_before && same_content(entry.table, base, &local) && on(Remedy::ChangedBackDropped) => {
            // Changed and changed back: as if nothing had been, stamps included.
            row::update(conn, entry.table, &entry.id, base)?;
            remove(conn, &entry)?;
            return Ok(None);
        }
        Some(base) if !sent_before => local
            .into_iter()
            .filter(|(name, value)| {
                matches!(name.as_str(), "last_modified_at" | "device_id")
                    || (name != "sync_version" && !base.get(name).is_some_and(|old| row::same_value(old, value)))
            })
            .collect(),
        // New, or sent before and never answered: then the server may have accepted a state that was edited since, and only
        // the whole row says that a field was changed back.
        _ => local.into_iter().filter(|(name, _)| name != "sync_version").collect(),
    };
    let op = Op {
        op: number,
        table: entry.table,
        id: entry.id.clone(),
        base: entry.base_version(),
        row: row::to_wire(entry.table, &wanted),
    };
    Ok(Some((entry.table, op)))
}

/// Takes in the server's answers, in one transaction. Returns the tables whose visible content changed by it.
pub fn settle(
    store: &mut Store,
    results: &[OpResult],
    merge: &dyn Merge,
    now: Timestamp,
) -> Result<Vec<Table>, StoreError> {
    Applying::run(store, merge, now, |applying| {
        let mut inserted = HashSet::new();
        if results.iter().any(|result| matches!(result, OpResult::Applied { .. })) {
            sync_state::pushed(applying.conn(), now)?;
        }
        for result in results {
            // No entry: a pull that came in between has brought the same row and settled it.
            let Some(entry) = entry_by_number(applying.conn(), result.op())? else { continue };
            // Each under a savepoint: one answer that cannot be taken in must not hold up the others, for ever.
            applying.conn().execute_batch("savepoint answer")?;
            match take_in(applying, &entry, result) {
                Ok(()) if matches!(result, OpResult::Applied { .. }) && entry.base.is_none() => {
                    inserted.insert(entry.id.clone());
                }
                Ok(()) => {}
                Err(error) if is_about_the_row(&error) => {
                    applying.conn().execute_batch("rollback to answer")?;
                    refuse(applying.conn(), &entry, "device", &error.to_string())?;
                }
                Err(error) => return Err(error),
            }
            applying.conn().execute_batch("release answer")?;
        }
        readmit_children(applying.conn(), &inserted)
    })
}

/// Takes one answer in.
fn take_in(applying: &mut Applying<'_, '_>, entry: &Entry, result: &OpResult) -> Result<(), StoreError> {
    match result {
        OpResult::Applied { row, .. } => acknowledge(applying, entry, row),
        OpResult::Conflict { row: Some(row), .. } => applying.meet(entry, row::from_wire(entry.table, row)?),
        OpResult::Conflict { row: None, .. } => vanished(applying, entry),
        OpResult::Refused { code, message, .. } => refuse(applying.conn(), entry, code, message),
    }
}

/// Rows that were refused for want of a parent (a foreign key, or a policy that looks at the parent) may find it now.
fn readmit_children(conn: &Connection, parents: &HashSet<String>) -> Result<(), StoreError> {
    if parents.is_empty() || !on(Remedy::ChildrenReadmitted) {
        return Ok(());
    }
    let sql = format!("{ENTRY} where status = 'refused' and refused_code in ('23503', '42501')");
    let refused: Vec<Entry> = conn.prepare_cached(&sql)?.query_map([], entry)?.collect::<Result<_, _>>()?;
    for child in refused {
        let row = row::read(conn, child.table, &child.id)?.unwrap_or_default();
        if row.values().filter_map(|value| value.as_str()).any(|value| parents.contains(value)) {
            conn.prepare_cached(
                "update sync_queue set status = 'pending', refused_code = null, refused_message = null where seq = ?1",
            )?
            .execute([child.seq])?;
        }
    }
    Ok(())
}

fn acknowledge(applying: &mut Applying<'_, '_>, entry: &Entry, wire: &Row) -> Result<(), StoreError> {
    let answer = row::from_wire(entry.table, wire)?;
    if row::version(&answer) <= entry.base_version() && entry.sent_revision.is_none() {
        // A pull has brought a later state meanwhile; the entry goes on from there.
        return Ok(());
    }
    // Without it the entry goes on, and the next attempt will tell.
    let Some(remote) = entry.accepted(answer) else { return Ok(()) };
    if entry.sent_revision == Some(entry.revision) || !on(Remedy::RevisionsCompared) {
        applying.write(entry.table, &entry.id, &remote)?;
        remove(applying.conn(), entry)
    } else {
        applying.meet(entry, remote)
    }
}

/// The server has no such row, or none that this person may see: her own row is sent anew, another's is refused.
fn vanished(applying: &mut Applying<'_, '_>, entry: &Entry) -> Result<(), StoreError> {
    let conn = applying.conn();
    let Some(local) = row::read(conn, entry.table, &entry.id)? else { return remove(conn, entry) };
    let me = applying.user().to_string();
    let own = entry.table.owner_column().and_then(|column| local.get(column)).and_then(|v| v.as_str()) == Some(&me);
    if !own {
        return refuse(
            conn,
            entry,
            "gone",
            "The row is no longer there for you: it was removed, or is not shared with you any more.",
        );
    }
    if row::is_deleted(&local) {
        return remove(conn, entry);
    }
    rebase(conn, entry, None)
}

/// Puts the entry aside with the server's reason, unless the row was edited since it was sent: then the new state gets its try.
fn refuse(conn: &Connection, entry: &Entry, code: &str, message: &str) -> Result<(), StoreError> {
    if !on(Remedy::RefusedKept) {
        return remove(conn, entry);
    }
    let edited_since = entry.sent_revision.is_some_and(|sent| sent != entry.revision);
    let status = if edited_since && entry.status == "pending" { "pending" } else { "refused" };
    conn.prepare_cached(
        "update sync_queue set status = ?2, refused_code = ?3, refused_message = ?4, sent_revision = null, sent = null where seq = ?1",
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
    Ok(store.conn().execute(
        "update sync_queue set status = 'pending', refused_code = null, refused_message = null where status = 'refused'",
        [],
    )?)
}
