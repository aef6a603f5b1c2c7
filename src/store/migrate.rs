//! Brings a database file to the schema this app knows: `migrations/sqlite`, in order, each in a transaction of its own and
//! recorded in `pragma user_version`. Which columns that has added is remembered, until the server has filled them.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::StoreError;
use super::schema::{Table, VERSION};
use super::sync_state;

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
    bring_up(conn, &MIGRATIONS)
}

fn bring_up(conn: &Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let found: usize = conn.query_row("pragma user_version", [], |row| row.get::<_, i64>(0))?.max(0) as usize;
    if found > migrations.len() {
        return Err(StoreError::Newer { found, known: migrations.len() });
    }
    for (index, sql) in migrations.iter().enumerate().skip(found) {
        // A new file has no rows that could lack anything.
        apply(conn, index + 1, sql, found > 0)?;
    }
    Ok(())
}

fn apply(conn: &Connection, number: usize, sql: &str, has_rows: bool) -> Result<(), StoreError> {
    let failed = |source| StoreError::Migration { number, source };
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(failed)?;
    let before = if has_rows { columns(&tx).map_err(failed)? } else { Vec::new() };
    tx.execute_batch(sql).map_err(failed)?;
    if has_rows {
        let mut learnt = columns(&tx).map_err(failed)?;
        learnt.retain(|column| !before.contains(column));
        sync_state::learn(&tx, &learnt)?;
    }
    tx.execute_batch(&format!("pragma user_version = {number}")).map_err(failed)?;
    tx.commit().map_err(failed)
}

/// All columns there are, of tables that travel.
fn columns(conn: &Connection) -> rusqlite::Result<Vec<(Table, String)>> {
    let mut found = Vec::new();
    let mut names = conn.prepare("select name from pragma_table_info(?1)")?;
    for table in Table::ALL {
        for name in names.query_map([table.name()], |line| line.get(0))? {
            found.push((table, name?));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_an_update_adds_to_a_file_that_is_there_is_remembered() {
        let first =
            "create table tune (id text, title text); create table sync_meta (key text primary key, value text)";
        let (second, third) = ("alter table tune add column mode text", "alter table tune add column genre text");
        let learnt = |conn: &Connection| sync_state::learnt(conn).unwrap();
        let conn = Connection::open_in_memory().unwrap();
        bring_up(&conn, &[first, second]).unwrap();
        assert_eq!(learnt(&conn), [], "a new file");
        let conn = Connection::open_in_memory().unwrap();
        bring_up(&conn, &[first]).unwrap();
        bring_up(&conn, &[first, second]).unwrap();
        assert_eq!(learnt(&conn), [(Table::Tune, "mode".to_owned())]);
        bring_up(&conn, &[first, second, third]).unwrap();
        assert_eq!(learnt(&conn), [(Table::Tune, "mode".to_owned()), (Table::Tune, "genre".to_owned())]);
    }
}
