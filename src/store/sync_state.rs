//! Where the sync stands: cursor, epoch, times of the last success, rows put aside. Kept in `sync_meta`.

use rusqlite::Connection;
use serde_json::json;

use super::Store;
use super::error::StoreError;
use super::meta::{self, Values};
use super::row::Row;
use super::schema::{COLUMNS_SINCE, Table, VERSION};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};

/// With whose rights is pulled: what is new to one is not what is new to the other, so each has its own cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Without an account: the public catalog.
    Anonymous,
    /// As that person.
    Person(UserId),
}

impl Reader {
    fn key(self) -> String {
        match self {
            Reader::Anonymous => "cursor:anonymous".to_owned(),
            Reader::Person(user) => format!("cursor:{user}"),
        }
    }

    /// Beside the cursor: with which schema the rows before it were pulled.
    fn columns_key(self) -> String {
        match self {
            Reader::Anonymous => "columns:anonymous".to_owned(),
            Reader::Person(user) => format!("columns:{user}"),
        }
    }
}

/// What is not as it should be, for the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rows from the server that are kept aside.
    pub aside: u32,
}

/// What is not as it should be.
pub fn standing(values: &impl Values) -> Result<Standing, StoreError> {
    Ok(Standing { aside: aside(values)?.len() as u32 })
}

const EPOCH: &str = "epoch";
const ASIDE: &str = "aside";
const LAST_PULL: &str = "last_pull";
const FIRST_PULL: &str = "first_pull";
pub(super) const DEVICE_NAME: &str = "device_name";
pub(super) const DEVICES: &str = "devices";
const UNFINISHED: &str = "unfinished_pull";
const GAPS: &str = "gaps";
const LAST_PUSH: &str = "last_push";
pub(super) const LEARNT: &str = "learnt";

/// Where the next pull goes on; `None` = from the start: also where rows were pulled by an app that did not know all columns yet.
pub fn cursor(values: &impl Values, reader: Reader) -> Result<Option<String>, StoreError> {
    Ok(if lacks_columns(values, reader)? { None } else { cursor_of(values, reader)? })
}

/// Were rows pulled by an app that did not know all of today's columns, and not pulled anew since?
pub(in crate::store) fn lacks_columns(values: &impl Values, reader: Reader) -> Result<bool, StoreError> {
    let known = meta::get(values, &reader.columns_key())?.and_then(|text| text.parse().ok());
    Ok(known.is_some_and(|known: u32| known < COLUMNS_SINCE) && on(Remedy::ColumnsFilled))
}

/// The app has been updated and knows these columns from now on: what is in the rows here says nothing of them.
pub(in crate::store) fn learn(conn: &Connection, columns: &[(Table, String)]) -> Result<(), StoreError> {
    if columns.is_empty() {
        return Ok(());
    }
    let all = learnt(conn)?.into_iter().chain(columns.iter().cloned());
    let names: Vec<String> = all.map(|(table, column)| format!("{table}.{column}")).collect();
    meta::set(conn, LEARNT, &names.join(" "))
}

/// Columns that the app has learnt since all rows last came.
pub(in crate::store) fn learnt(conn: &Connection) -> Result<Vec<(Table, String)>, StoreError> {
    let names = meta::get(conn, LEARNT)?.unwrap_or_default();
    let column = |name: &str| {
        name.split_once('.').and_then(|(table, column)| Some((Table::from_name(table)?, column.to_owned())))
    };
    Ok(names.split(' ').filter_map(column).collect())
}

/// All rows have come with all columns.
pub(in crate::store) fn all_filled(conn: &Connection) -> Result<(), StoreError> {
    meta::remove(conn, LEARNT)
}

/// Remembers where the next pull goes on. Call it in the transaction that applies the page.
pub(in crate::store) fn set_cursor(conn: &Connection, reader: Reader, cursor: &str) -> Result<(), StoreError> {
    if cursor_of(conn, reader)?.is_none() {
        meta::set(conn, &reader.columns_key(), &VERSION.to_string())?;
    }
    meta::set(conn, &reader.key(), cursor)
}

fn cursor_of(values: &impl Values, reader: Reader) -> Result<Option<String>, StoreError> {
    meta::get(values, &reader.key())
}

/// The reader's next pull starts from the start.
pub(super) fn forget_cursor(conn: &Connection, reader: Reader) -> Result<(), StoreError> {
    meta::remove(conn, &reader.columns_key())?;
    meta::remove(conn, &reader.key())
}

/// The next pull starts from the start.
pub fn forget_cursors(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("delete from sync_meta where key like 'cursor:%' or key like 'columns:%'", [])?;
    Ok(())
}

/// Which history of the server the cursors belong to.
pub fn epoch(values: &impl Values) -> Result<Option<String>, StoreError> {
    meta::get(values, EPOCH)
}

/// Keeps it, where none is known yet.
pub fn note_epoch(store: &mut Store, epoch: &str, now: Timestamp) -> Result<(), StoreError> {
    match self::epoch(&*store.seen()?)? {
        Some(_) => Ok(()),
        None => store.apply_remote(now, |edit| set_epoch(edit.conn(), epoch)),
    }
}

pub(in crate::store) fn set_epoch(conn: &Connection, epoch: &str) -> Result<(), StoreError> {
    meta::set(conn, EPOCH, epoch)
}

/// Are there pages of a pull here whose last page has not come yet?
pub(in crate::store) fn is_unfinished(values: &impl Values, reader: Reader) -> Result<bool, StoreError> {
    Ok(meta::get(values, &unfinished_key(reader))?.is_some())
}

pub(in crate::store) fn set_unfinished(conn: &Connection, reader: Reader, on: bool) -> Result<(), StoreError> {
    let key = unfinished_key(reader);
    if on { meta::set(conn, &key, "1") } else { meta::remove(conn, &key) }
}

fn unfinished_key(reader: Reader) -> String {
    match reader {
        Reader::Anonymous => format!("{UNFINISHED}:anonymous"),
        Reader::Person(_) => UNFINISHED.to_owned(),
    }
}

/// Rows that could not be stored yet, with their tables' names.
pub fn aside(values: &impl Values) -> Result<Vec<(String, Row)>, StoreError> {
    Ok(meta::get(values, ASIDE)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

pub(in crate::store) fn set_aside(conn: &Connection, rows: &[(String, Row)]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return meta::remove(conn, ASIDE);
    }
    meta::set(conn, ASIDE, &json!(rows).to_string())
}

/// Rows here whose parents are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// So many were still there when waiting was given up: their parents are out of this person's sight.
    pub accepted: usize,
    /// More are, and what has come with them is not shown yet.
    pub waiting: bool,
}

/// What is known of them.
pub fn gaps(values: &impl Values) -> Result<Gaps, StoreError> {
    let text = meta::get(values, GAPS)?.unwrap_or_default();
    let (accepted, waiting) = text.split_once(' ').map_or((text.as_str(), false), |(number, _)| (number, true));
    Ok(Gaps { accepted: accepted.parse().unwrap_or_default(), waiting })
}

/// Remembers it.
pub fn set_gaps(conn: &Connection, gaps: Gaps) -> Result<(), StoreError> {
    match gaps {
        Gaps { accepted: 0, waiting: false } => meta::remove(conn, GAPS),
        Gaps { accepted, waiting } => {
            meta::set(conn, GAPS, &format!("{accepted}{}", if waiting { " waiting" } else { "" }))
        }
    }
}

/// What this device is called, where it has a name.
pub fn device_name(values: &impl Values) -> Result<Option<String>, StoreError> {
    meta::get(values, DEVICE_NAME)
}

/// Are these the person's devices, as far as is known here? None: nothing is said of them.
pub(in crate::store) fn knows_devices(values: &impl Values, devices: Option<&str>) -> Result<bool, StoreError> {
    Ok(devices.is_none() || meta::get(values, DEVICES)?.as_deref() == devices)
}

/// Remembers the person's devices (JSON, `[{id, name, last_seen}]`).
pub(in crate::store) fn set_devices(conn: &Connection, devices: &str) -> Result<(), StoreError> {
    meta::set(conn, DEVICES, devices)
}

/// When a pull last caught up, and when the server last confirmed edits.
pub fn last_success(values: &impl Values) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
    let read = |key| Ok::<_, StoreError>(meta::get(values, key)?.and_then(|text| text.parse().ok()));
    Ok((read(LAST_PULL)?, read(LAST_PUSH)?))
}

/// Is this a database whose person has data on the server that have not all come yet? What is derived from them (today's queue)
/// must wait: it would be made from half of them and sent to every device.
pub(in crate::store) fn awaits_first_pull(values: &impl Values) -> Result<bool, StoreError> {
    Ok(meta::get(values, FIRST_PULL)?.is_some())
}

pub(in crate::store) fn first_pull_done(conn: &Connection) -> Result<(), StoreError> {
    meta::remove(conn, FIRST_PULL)
}

impl Store {
    /// To be called when the database of an account is opened on a device: if it has never caught up with the server, what is
    /// derived waits for the first pull to end.
    pub fn await_first_pull(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if last_success(&*self.seen()?)?.0.is_some() {
            return Ok(());
        }
        self.apply_remote(now, |edit| meta::set(edit.conn(), FIRST_PULL, "due"))
    }
}

/// A pull has caught up.
pub fn pulled(conn: &Connection, at: Timestamp) -> Result<(), StoreError> {
    meta::set(conn, LAST_PULL, &at.to_string())
}

/// The server has confirmed edits.
pub fn pushed(conn: &Connection, at: Timestamp) -> Result<(), StoreError> {
    meta::set(conn, LAST_PUSH, &at.to_string())
}
