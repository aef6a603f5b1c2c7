//! What was read of a damaged file goes into a new one.

use std::collections::HashSet;

use rusqlite::{Connection, params_from_iter};
use serde_json::Value;

use super::{Salvage, Unsent, named};
use crate::domain::time::Timestamp;
use crate::store::clock::raise_clock;
use crate::store::error::StoreError;
use crate::store::sync_state::Reader;
use crate::store::{Store, compare, meta, outbox, row, schedule, sync_state};

impl Salvage {
    /// Puts the edits whose row was read into a new database, as they were: the server's rows come with the next pull and are merged with
    /// them. How many are there now; what is there already is left alone, so that it can be done again.
    ///
    /// # Errors
    /// The new database cannot be written.
    pub fn restore(&self, store: &mut Store, now: Timestamp) -> Result<u32, StoreError> {
        // What the rows refer to comes from the server, later.
        store.apply_loosely(now, |edit| {
            let mut restored = HashSet::new();
            for Unsent { entry, row } in &self.unsent {
                let (Some((table, id)), Some(row)) = (named(entry), row) else { continue };
                // Read twice, from either end, or restored before; her profile, though, is in every new file.
                if !restored.insert((table, id)) || outbox::entry_of(edit.conn(), table, id)?.is_some() {
                    continue;
                }
                row::upsert(edit.conn(), table, row)?;
                if let Ok(stamp) = row::stamp(row).parse() {
                    raise_clock(edit.conn(), stamp)?;
                }
                edit.touch(table);
                // The number is given anew, in the same order.
                insert(edit.conn(), "sync_queue", entry.iter().filter(|(name, _)| *name != "seq"))?;
            }
            if !restored.is_empty() {
                if let Some(epoch) = self.epoch.as_deref() {
                    // If the server has another one meanwhile, the edits are to be compared first.
                    sync_state::set_epoch(edit.conn(), epoch)?;
                }
                if self.compare || self.is_of_unknown_history() {
                    compare::begin_everywhere(edit.conn(), Reader::Person(edit.user()), edit.user())?;
                }
                // Parents are missing until the pull has ended, or until another device has sent them again to a server that was set back.
                sync_state::set_gaps(edit.conn(), sync_state::Gaps { accepted: 0, waiting: true })?;
            }
            for line in &self.conflicts {
                insert(edit.conn(), "sync_conflict", line.iter())?;
            }
            for line in &self.kept {
                let text = |name| line.get(name).and_then(Value::as_str);
                if let Some((key, value)) = text("key").zip(text("value")) {
                    meta::set(edit.conn(), key, value)?;
                }
            }
            schedule::recompute_all(edit.conn())?;
            Ok(u32::try_from(restored.len()).unwrap_or(u32::MAX))
        })
    }

    /// Were rows edited that the server had, and which history of it that was cannot be read? It may have been set back since.
    fn is_of_unknown_history(&self) -> bool {
        self.epoch.is_none() && self.unsent.iter().any(|edit| edit.entry.get("base").is_some_and(Value::is_string))
    }
}

/// Inserts a line as it was read, unless its key is there.
fn insert<'a>(
    conn: &Connection,
    table: &str,
    line: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<(), StoreError> {
    let (names, values): (Vec<&str>, Vec<_>) = line.map(|(name, value)| (name.as_str(), sql_value(value))).unzip();
    let (names, marks) = (names.join(", "), vec!["?"; values.len()].join(", "));
    let sql = format!("insert or ignore into {table} ({names}) values ({marks})");
    conn.execute(&sql, params_from_iter(values))?;
    Ok(())
}

fn sql_value(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Bool(yes) => i64::from(*yes).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        Value::String(text) => text.clone().into(),
        other => other.to_string().into(),
    }
}
