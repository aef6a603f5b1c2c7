//! The outbox: its entries, one coalesced entry a row, filled by the triggers of `migrations/sqlite/0002_sync.sql`. What is sent
//! next: `outbox/batch.rs`; what becomes of an entry when the server answers: `outbox/answers.rs`.
//!
//! Knows the wire form of operations and results. Must not know how they travel, nor when.

mod answers;
mod batch;
mod held;
mod unsent;

use rusqlite::Error::FromSqlConversionFailure;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use crate::domain::ids::DeviceId;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
pub(in crate::store) use answers::refuse;
pub use answers::{refuse_op, retry_refused, settle};
pub use batch::next_batch;
pub(in crate::store) use held::{put_back, readmit_children, readmit_names, readmit_unknown, root_of};
pub(in crate::store) use unsent::forget_unsent;

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
pub struct BatchLimit<'a> {
    /// Operations, counted at the borders of local transactions.
    pub ops: usize,
    /// A local transaction up to this size still goes whole; a larger one is cut.
    pub hard_ops: usize,
    /// Bytes of JSON; a single larger operation goes alone.
    pub bytes: usize,
    /// Operations that have not got through alone: each goes alone again, after all others. What hangs on one waits for it.
    pub last: &'a [u64],
    /// As `last`, but not yet.
    pub not_yet: &'a [u64],
}

/// Sizes of the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries to be sent, or sent and not answered; without the undecided.
    pub pending: u32,
    /// Entries the server refused.
    pub refused: u32,
    /// Entries that are not sent before the person has chosen between two values.
    pub undecided: u32,
    /// Conflicts that were settled and that nobody has looked at.
    pub unreviewed: u32,
}

/// An entry of `sync_queue`.
#[derive(Clone, Debug)]
pub(in crate::store) struct Entry {
    pub seq: i64,
    pub table: Table,
    pub id: String,
    pub base: Option<Row>,
    /// What was sent and never answered; the server may have accepted any of it.
    pub sent: Vec<Row>,
    /// A restored server gets again what it has lost: others may have the row, and its base is not what it was edited on.
    sent_again: bool,
    revision: i64,
    sent_revision: Option<i64>,
    status: String,
    /// The refused row without which it cannot go.
    cause: Option<String>,
}

impl Entry {
    /// The base for meeting `remote`. Where the server holds what was sent from here and never answered, that was the last common
    /// state of the field: whatever differs was edited here since. Of a row that the server has lost nobody knows the last common state.
    /// Every device makes the profile for itself, as the account does: what a column begins with (`blank`) nobody has set, on either side.
    pub fn base_against(&self, remote: &Row, local: &Row, blank: &Row) -> Option<Row> {
        let mut base = self.base.clone().unwrap_or_default();
        if self.sent_again {
            // Only where this device has nothing else to say. (Living may be what it has to say: brought back since the backup.)
            base.retain(|name, value| {
                name != "deleted" && local.get(name).is_some_and(|ours| row::same_value(ours, value))
            });
            let known = std::mem::replace(&mut base, row::of_unknown(self.table));
            base.extend(known);
        } else if self.base.is_none() && self.table == Table::UserProfile {
            let begins_so = |row: &Row, name: &str| row.get(name) == blank.get(name);
            let is_known = |(name, value): &(&String, &Value)| {
                let says_something = !value.is_null() && !row::is_stamp(name) && *name != "deleted";
                says_something && (begins_so(local, name) || begins_so(remote, name))
            };
            base.extend(blank.iter().filter(is_known).map(|(name, value)| (name.clone(), value.clone())));
        }
        for (name, value) in self.sent.iter().flatten().filter(|_| on(Remedy::SentRemembered)) {
            if remote.get(name).is_some_and(|theirs| row::same_value(theirs, value)) {
                base.insert(name.clone(), value.clone());
            }
        }
        (self.base.is_some() || !base.is_empty()).then_some(base)
    }

    /// Is `remote` what this entry sent, unanswered? (The device's id alone does not say so: after another sign-in the device may
    /// meet rows that it sent in an earlier life. Nor is it always the device's own: after the repair of its database it has another
    /// one than that under which it sent.)
    pub fn is_echoed_by(&self, remote: &Row, device: DeviceId) -> bool {
        let same = |name: &str, value| remote.get(name).is_some_and(|theirs| row::same_value(theirs, value));
        let device = Value::from(device.to_string());
        let by = remote.get("device_id");
        // What a new row was sent without, because it says nothing, the server has nothing in, either (seed 9934).
        let says_no_more = |image: &Row| {
            let is_known = |name: &String| image.contains_key(name) || row::is_stamp(name);
            !image.contains_key("id") || remote.iter().all(|(name, theirs)| theirs.is_null() || is_known(name))
        };
        // Of what was not sent the server has what the entry was edited on: a profile that was copied onto another machine goes by this device's
        // id as well, and may have sent the same edit with more to it.
        let rest_is_as_it_was = |image: &Row| {
            let is_so = |name: &String, was: &Value| {
                image.contains_key(name)
                    || row::is_stamp(name)
                    || remote.get(name).is_none_or(|theirs| row::same_value(theirs, was))
            };
            image.contains_key("id") || self.base.iter().flatten().all(|(name, was)| is_so(name, was))
        };
        on(Remedy::SentRemembered)
            && self.sent.iter().any(|image| {
                (by == Some(&device) || by.is_some_and(|by| image.get("device_id") == Some(by)))
                    && image.iter().all(|(name, value)| row::is_stamp(name) || same(name, value))
                    && says_no_more(image)
                    && rest_is_as_it_was(image)
            })
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

    /// Is this nothing, in a column of which the server has never said anything, and nothing there as well if it is not sent? `blank`:
    /// what nobody has filled.
    fn says_nothing_in(&self, blank: &Row, name: &str, value: &Value) -> bool {
        value.is_null()
            && blank.get(name).is_some_and(Value::is_null)
            && !self.base.as_ref().is_some_and(|base| base.contains_key(name))
    }

    /// The states of the row that other devices may have, and send again to a server that has lost them, oldest first.
    fn known_elsewhere(&self) -> Vec<Row> {
        let base = self.base.iter().map(image).filter(|base| !self.sent.contains(base));
        base.chain(self.sent.iter().cloned()).collect()
    }

    /// The server's version that the row was edited on; 0 = never there.
    pub fn base_version(&self) -> i64 {
        self.base.as_ref().map_or(0, row::version)
    }
}

const ENTRY: &str =
    "select seq, table_name, row_id, base, revision, sent_revision, status, sent, cause, sent_again from sync_queue";

fn entry(sql: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    let name: String = sql.get(1)?;
    let unknown = || FromSqlConversionFailure(1, Type::Text, format!("no table {name}").into());
    Ok(Entry {
        seq: sql.get(0)?,
        table: Table::from_name(&name).ok_or_else(unknown)?,
        id: sql.get(2)?,
        base: row::kept(sql, 3)?,
        sent: row::kept(sql, 7)?.unwrap_or_default(),
        revision: sql.get(4)?,
        sent_revision: sql.get(5)?,
        status: sql.get(6)?,
        cause: sql.get(8)?,
        sent_again: sql.get(9)?,
    })
}

/// The entries of which `condition` (SQL) holds.
pub(in crate::store) fn entries(
    conn: &Connection,
    condition: &str,
    params: impl Params,
) -> Result<Vec<Entry>, StoreError> {
    let sql = format!("{ENTRY} where {condition}");
    let found = conn.prepare_cached(&sql)?.query_map(params, entry)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// The entry of that row, if there is one.
pub(in crate::store) fn entry_of(conn: &Connection, table: Table, id: &str) -> Result<Option<Entry>, StoreError> {
    let sql = format!("{ENTRY} where table_name = ?1 and row_id = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row([table.name(), id], entry).optional()?)
}

fn entry_by_number(conn: &Connection, op: u64) -> Result<Option<Entry>, StoreError> {
    let sql = format!("{ENTRY} where seq = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([op as i64], entry).optional()?)
}

/// Takes the entry out: the server has what it says.
pub(in crate::store) fn remove(conn: &Connection, entry: &Entry) -> Result<(), StoreError> {
    conn.prepare_cached("delete from sync_queue where seq = ?1")?.execute([entry.seq])?;
    Ok(())
}

/// The entry now stands on `base` (local form) and is no longer on its way.
pub(in crate::store) fn rebase(conn: &Connection, entry: &Entry, base: &Row) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_queue set base = ?2, sent_again = 0, sent_revision = null, sent = null,
           operation = case when operation = 'delete' then 'delete' else 'update' end
         where seq = ?1",
    )?
    .execute(params![entry.seq, row::to_text(base)])?;
    Ok(())
}

/// The row, if it is queued, was changed by the app itself: it gets another try, also where it was refused.
pub(super) fn edited_again(conn: &Connection, table: Table, id: &str) -> Result<(), StoreError> {
    conn.prepare_cached("update sync_queue set revision = revision + 1 where table_name = ?1 and row_id = ?2")?
        .execute([table.name(), id])?;
    put_back(conn, table, id)
}

/// Makes an entry for a row although nobody edited it: it is another than the server's `base` (local form), or the server does not have
/// it any more. It counts as sent, so that it is sent whole; and as sent as it is here now: others may have it so, and send it again, too.
/// What is edited from here on was made on that.
pub(in crate::store) fn queue_again(
    conn: &Connection,
    table: Table,
    here: &Row,
    base: Option<&Row>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let operation = if base.is_some() { "update" } else { "insert" };
    let id = here.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let images = row::all_to_text(&[image(here)]);
    conn.prepare_cached(
        "insert into sync_queue (txn, table_name, row_id, operation, base, sent_again, sent_revision, sent, created_at)
         values ((select cast(value as integer) from sync_meta where key = 'txn'), ?1, ?2, ?3, ?4, 1, 0, ?5, ?6)",
    )?
    .execute(params![table.name(), id, operation, base.map(row::to_text), images, at.to_string()])?;
    Ok(())
}

/// A row as `sent` has it.
fn image(row: &Row) -> Row {
    row.iter().filter(|(name, _)| *name != "sync_version").map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the row was edited on is this from now on, all else as it was.
pub(in crate::store) fn keep_base(conn: &Connection, entry: &Entry, base: &Row) -> Result<(), StoreError> {
    conn.prepare_cached("update sync_queue set base = ?2 where seq = ?1")?
        .execute(params![entry.seq, row::to_text(base)])?;
    Ok(())
}

/// What was sent of the row and never answered is this from now on.
pub(in crate::store) fn keep_sent(conn: &Connection, entry: &Entry, images: &[Row]) -> Result<(), StoreError> {
    conn.prepare_cached("update sync_queue set sent = ?2 where seq = ?1")?
        .execute(params![entry.seq, row::all_to_text(images)])?;
    Ok(())
}

/// The server is set back to an earlier history: what was sent to it may have been there, and others may have seen it.
pub(in crate::store) fn note_lost(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("update sync_queue set sent_again = 1 where base is null and sent_revision is not null", [])?;
    Ok(())
}

/// The server does not have the row any more: the entry makes it anew. What it was edited on, and what was sent and never answered, others
/// may have, and bring back as well.
pub(in crate::store) fn make_anew(conn: &Connection, entry: &Entry) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_queue set base = null, sent_again = 1, sent_revision = null, sent = ?2,
           operation = case when operation = 'delete' then 'delete' else 'insert' end
         where seq = ?1",
    )?
    .execute(params![entry.seq, row::all_to_text(&entry.known_elsewhere())])?;
    Ok(())
}

/// The entry now stands on `base`, a row of another history; what was sent and never answered stays known. It counts as sent: what was
/// edited since is told even where it says what `base` says by chance.
pub(in crate::store) fn shift_base(conn: &Connection, entry: &Entry, base: &Row) -> Result<(), StoreError> {
    conn.prepare_cached(
        "update sync_queue set base = ?2, sent_again = 1, sent_revision = coalesce(sent_revision, 0), sent = ?3 where seq = ?1",
    )?
    .execute(params![entry.seq, row::to_text(base), row::all_to_text(&entry.known_elsewhere())])?;
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
    (counts.undecided, counts.unreviewed) = conn
        .prepare_cached(
            "select (select count(distinct q.seq) from sync_conflict c
                     cross join sync_queue q on q.table_name = c.table_name and q.row_id = c.row_id
                     where c.undecided = 1 and q.status = 'pending'),
                    (select count(*) from sync_conflict where reviewed_at is null and undecided = 0)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    counts.pending -= counts.undecided;
    Ok(counts)
}
