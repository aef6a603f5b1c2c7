//! Edits the server did not accept: what hangs on them, trying one again, giving one up, taking one out as JSON.

use std::cmp::Reverse;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::chains::{dependants, is_named};
use super::error::StoreError;
use super::row::{self, Row, kept};
use super::schedule::{self, parse};
use super::schema::Table;
use super::{Store, conflicts, outbox};
use crate::domain::order::Sort;
use crate::domain::time::Timestamp;

/// A refused entry of the outbox.
pub(super) struct Refused {
    pub table: Table,
    pub row_id: String,
    pub base: Option<Row>,
    pub code: String,
    pub message: String,
    pub at: Timestamp,
}

/// All of them, the last made first.
pub(super) fn entries(conn: &Connection) -> Result<Vec<Refused>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select table_name, row_id, base, coalesce(refused_code, ''), coalesce(refused_message, ''), created_at
         from sync_queue where status = 'refused' order by seq desc",
    )?;
    let mut rows = statement.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(table) = Table::from_name(&row.get::<_, String>(0)?) else { continue };
        entries.push(Refused {
            table,
            row_id: row.get(1)?,
            base: kept(row, 2)?,
            code: row.get(3)?,
            message: row.get(4)?,
            at: parse(row, 5)?,
        });
    }
    Ok(entries)
}

fn refused_entry(conn: &Connection, table: Table, id: &str) -> Result<Refused, StoreError> {
    let found = entries(conn)?.into_iter().find(|entry| entry.table == table && entry.row_id == id);
    found.ok_or_else(|| StoreError::NotFound("This change is not among the refused ones any more.".to_owned()))
}

impl Store {
    /// Puts a refused edit back, with all that cannot go without it, and what it cannot go without.
    pub fn retry_refused_edit(&mut self, now: Timestamp, table: Table, id: &str) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let conn = edit.conn();
            let (table, id) = outbox::root_of(conn, table, id)?;
            let mut again = dependants(conn, table, &id)?;
            again.push((table, id));
            for (table, id) in &again {
                outbox::put_back(conn, *table, id)?;
                edit.touch(*table);
            }
            Ok(())
        })
    }

    /// Gives a refused edit up: the row is again as the server has it, or, if it was never there, it goes, and with it what cannot be
    /// without it. (One that the server has, and does not show to her, stays unseen for what hangs on it there.) How many rows went or were set back.
    pub fn discard_refused(&mut self, now: Timestamp, table: Table, id: &str) -> Result<usize, StoreError> {
        // Children may go after their parents; whether all is whole is looked at before the end of the transaction.
        self.apply_loosely(now, |edit| {
            let conn = edit.conn();
            refused_entry(conn, table, id)?;
            // Rows that came before their parents may lie here already.
            let orphans =
                || conn.query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get::<_, i64>(0));
            let before = orphans()?;
            let mut rows = dependants(conn, table, id)?;
            rows.push((table, id.to_owned()));
            // Children first: what nothing names any more can go.
            rows.put_in_order_of(|(table, _)| Reverse(*table));
            let mut practised = false;
            for (table, id) in &rows {
                let entry = outbox::entry_of(conn, *table, id)?;
                match entry.as_ref().and_then(|entry| entry.base.as_ref()) {
                    Some(base) => {
                        // A column that the server did not have is as if nobody had filled it.
                        let mut whole = row::blank(conn, *table)?.clone();
                        whole.extend(base.clone());
                        row::update(conn, *table, id, &whole)?;
                    }
                    None if is_named(conn, *table, id)? => {
                        row::update(conn, *table, id, &crate::row! { "deleted": 1 })?;
                    }
                    None => {
                        conn.prepare_cached(&format!("delete from \"{table}\" where id = ?1"))?.execute([id])?;
                    }
                }
                if let Some(entry) = &entry {
                    outbox::remove(conn, entry)?;
                }
                conflicts::close_all(conn, *table, id, now)?;
                edit.touch(*table);
                practised |= *table == Table::PracticeRecord || schedule::follows_from(*table);
            }
            if orphans()? > before {
                return Err(StoreError::Invalid(
                    "Something else on this device still needs it. Change or discard that first; nothing was discarded."
                        .to_owned(),
                ));
            }
            if practised {
                schedule::recompute_all(conn)?;
            }
            Ok(rows.len())
        })
    }

    /// A refused edit and what hangs on it as JSON, to be kept elsewhere.
    pub fn export_refused(&self, now: Timestamp, table: Table, id: &str) -> Result<String, StoreError> {
        let conn = self.conn();
        let entry = refused_entry(conn, table, id)?;
        let mut rows = Vec::new();
        for (table, id) in dependants(conn, table, id)? {
            rows.push(json!({ "table": table.name(), "row": row::read(conn, table, &id)? }));
        }
        let text = json!({
            "format": "tunetrees-refused-change",
            "version": 1,
            "exported_at": now.to_string(),
            "table": table.name(),
            "row": row::read(conn, table, id)?,
            "as_on_the_server": entry.base.map(Value::Object),
            "refused": { "code": entry.code, "message": entry.message },
            "depends_on_it": rows,
        });
        Ok(format!("{text:#}"))
    }
}
