//! References that lead nowhere: rows that came before their parents.

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::row;
use crate::store::schema::Table;

/// How many references of rows in these tables lead nowhere (yet)?
pub fn dangling(conn: &Connection, tables: &[Table]) -> Result<usize, StoreError> {
    // The pragma of that name would be prepared anew each time, and so would what it prepares inside.
    static COUNTS: row::PerTable<String> = row::PerTable::new();
    let mut count = 0;
    for table in tables {
        let sql = COUNTS.try_get(*table, || count_dangling(conn, *table))?;
        if sql.is_empty() {
            continue;
        }
        count += conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.max(0) as usize;
    }
    Ok(count)
}

/// The statement that counts them in one table; empty: it refers to none.
fn count_dangling(conn: &Connection, table: Table) -> Result<String, StoreError> {
    let mut keys = conn.prepare("select \"table\", \"from\", \"to\" from pragma_foreign_key_list(?1)")?;
    let leads_nowhere = |line: &rusqlite::Row<'_>| {
        let (parent, column, key): (String, String, String) = (line.get(0)?, line.get(1)?, line.get(2)?);
        Ok(format!(
            "(select count(*) from \"{table}\" as c where \"{column}\" is not null
                 and not exists (select 1 from \"{parent}\" as p where p.\"{key}\" = c.\"{column}\"))"
        ))
    };
    let parts: Vec<String> = keys.query_map([table.name()], leads_nowhere)?.collect::<Result<_, _>>()?;
    Ok(if parts.is_empty() { String::new() } else { format!("select {}", parts.join(" + ")) })
}
