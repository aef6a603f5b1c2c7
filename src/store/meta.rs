//! `sync_meta`: small values of this device that never travel (clock, transaction number, current repertoire, pull cursor).

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;

/// The last stamp of the hybrid clock.
pub const HLC: &str = "hlc";
/// The number of the last local transaction.
pub const TXN: &str = "txn";
/// `1` while remote rows are being applied: the triggers queue nothing.
pub const APPLYING: &str = "applying";
/// Whose database this is.
pub const USER: &str = "user";
/// How conflicts are settled (`sync::strategy`).
pub const STRATEGY: &str = "strategy";
/// The repertoire this device shows.
pub const CURRENT_PLAYLIST: &str = "current_playlist";

/// Where values are read: in the table, or in what was last seen there.
pub trait Values {
    /// The value of `key`, if it was ever set.
    fn value(&self, key: &str) -> Result<Option<String>, StoreError>;
}

impl Values for Connection {
    fn value(&self, key: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.prepare_cached("select value from sync_meta where key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }
}

/// All values but the long ones, as they were when they were read: what the engine asks with every event is asked of these.
#[derive(Debug)]
pub struct Seen(BTreeMap<String, String>);

impl Seen {
    /// Reads them.
    pub(super) fn read(conn: &Connection) -> Result<Seen, StoreError> {
        let mut statement = conn.prepare_cached("select key, value from sync_meta where key <> ?1")?;
        let all = statement.query_map([super::reserve::RESERVE], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut seen = BTreeMap::new();
        // Not collected: that sorts first, by a sort compiled for these pairs alone.
        for pair in all {
            let (key, value): (String, String) = pair?;
            seen.insert(key, value);
        }
        Ok(Seen(seen))
    }
}

impl Values for Seen {
    fn value(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.get(key).cloned())
    }
}

/// The value of `key`, if it was ever set.
pub fn get(values: &impl Values, key: &str) -> Result<Option<String>, StoreError> {
    values.value(key)
}

/// Sets `key`; what is so already is not written again.
pub fn set(conn: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "insert into sync_meta (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value where value is not excluded.value",
    )?
    .execute(params![key, value])?;
    Ok(())
}

/// Forgets `key`.
pub fn remove(conn: &Connection, key: &str) -> Result<(), StoreError> {
    conn.prepare_cached("delete from sync_meta where key = ?1")?.execute([key])?;
    Ok(())
}
