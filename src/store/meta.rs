//! `sync_meta`: small values of this device that never travel (clock, transaction number, current repertoire, pull cursor).

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

/// The value of `key`, if it was ever set.
pub fn get(conn: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    let value = conn
        .prepare_cached("select value from sync_meta where key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(value)
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
