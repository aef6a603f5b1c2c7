//! For the one who reads a trace: a row, wherever it is, whenever it changes there (`--seed S --row 1b3ae8`).

use std::collections::BTreeMap;

use tunetrees::store::schema::Table;

use crate::world::World;

/// The last characters of the id of the row to be watched, and how it was last seen where.
#[derive(Default)]
pub struct Watched {
    pub row: Option<String>,
    last: BTreeMap<(Option<usize>, Table), String>,
}

impl World<'_> {
    /// Writes down what has become of the watched row.
    pub fn watch(&mut self) {
        let Some(end) = self.watched.row.clone() else { return };
        let pattern = format!("%{end}");
        let mut found = Vec::new();
        for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
            for (id, row) in self.server.rows(table).filter(|(id, _)| id.ends_with(&end)) {
                found.push((None, table, format!("{id} {}", serde_json::Value::Object(row.clone()))));
            }
            for (n, device) in self.devices.iter().enumerate() {
                let conn = device.store().conn();
                let sql = format!("select id from \"{table}\" where id like ?1");
                let Ok(id) = conn.prepare_cached(&sql).unwrap().query_row([&pattern], |row| row.get::<_, String>(0))
                else {
                    continue;
                };
                let row = tunetrees::store::row::read(conn, table, &id).unwrap().unwrap_or_default();
                let sql =
                    "select json_object('status', status, 'base', base, 'sent', sent, 'sent_revision', sent_revision,
                           'revision', revision) from sync_queue where row_id = ?1";
                let entry = conn.prepare_cached(sql).unwrap().query_row([&id], |row| row.get::<_, String>(0)).ok();
                let row = serde_json::Value::Object(row);
                found.push((Some(n), table, format!("{row} queued: {}", entry.unwrap_or("no".to_owned()))));
            }
        }
        let is_there = |key: &(Option<usize>, Table)| found.iter().any(|(who, table, _)| (*who, *table) == *key);
        let gone: Vec<_> = self.watched.last.keys().copied().filter(|key| !is_there(key)).collect();
        found.extend(gone.into_iter().map(|(who, table)| (who, table, "gone".to_owned())));
        for (who, table, text) in found {
            if self.watched.last.get(&(who, table)) != Some(&text) {
                self.trace.note(self.now, who, "ROW", &[], || format!("{table} {text}"));
                self.watched.last.insert((who, table), text);
            }
        }
    }
}
