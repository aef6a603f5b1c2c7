//! Brings a database file to the schema this app knows: `migrations/sqlite`, in order, each in a transaction of its own and
//! recorded in `pragma user_version`.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::schema::VERSION;

/// All migrations, oldest first. Never change one that has been released: add another.
pub const MIGRATIONS: [&str; VERSION as usize] = [
    include_str!("../../migrations/sqlite/0001_schema.sql"),
    include_str!("../../migrations/sqlite/0002_sync.sql"),
    include_str!("../../migrations/sqlite/0003_views.sql"),
    include_str!("../../migrations/sqlite/0004_full_compare.sql"),
    include_str!("../../migrations/sqlite/0005_undecided.sql"),
    include_str!("../../migrations/sqlite/0006_kept_parents.sql"),
    include_str!("../../migrations/sqlite/0007_practice_history.sql"),
    include_str!("../../migrations/sqlite/0008_lost_rows.sql"),
    include_str!("../../migrations/sqlite/0009_unsent_deletions.sql"),
];

/// Applies what is missing. Errors leave the file as the last finished migration left it.
pub(crate) fn migrate(conn: &Connection) -> Result<(), StoreError> {
    let found: usize = conn.query_row("pragma user_version", [], |row| row.get::<_, i64>(0))?.max(0) as usize;
    if found > MIGRATIONS.len() {
        return Err(StoreError::Newer { found, known: MIGRATIONS.len() });
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        let number = index + 1;
        apply(conn, number, sql).map_err(|source| StoreError::Migration { number, source })?;
    }
    Ok(())
}

fn apply(conn: &Connection, number: usize, sql: &str) -> rusqlite::Result<()> {
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    tx.execute_batch(sql)?;
    tx.execute_batch(&format!("pragma user_version = {number}"))?;
    tx.commit()
}
