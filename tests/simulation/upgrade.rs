//! The app on a device is updated while edits wait to be sent: its file is set back to what an earlier release would have left, with the same
//! edits in it, and the real migrations bring it up again. That release did not know one of today's columns either: what the server has of it
//! comes with the next pull.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;
use tunetrees::store::Store;
use tunetrees::store::migrate::MIGRATIONS;
use tunetrees::store::row::{Row, same_value};
use tunetrees::store::schema::Table;

use crate::disk;
use crate::world::World;

/// Columns that the earlier release may not have known.
pub const YOUNG: [(Table, &str); 6] = [
    (Table::Tune, "structure"),
    (Table::TuneOverride, "incipit"),
    (Table::Note, "favorite"),
    (Table::Reference, "comment"),
    (Table::Playlist, "genre_default"),
    (Table::Instrument, "description"),
];

fn number(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The latest release before today's in which the file could be as it is; none if it could be of today's only.
fn least(conn: &Connection) -> Option<usize> {
    let known = |sql: &str| number(conn, sql) > 0;
    if known("select count(*) from sync_queue where sent_again = 1") {
        return None;
    }
    if known("select count(*) from sync_conflict where undecided = 1") {
        return Some(5);
    }
    let compares = "select count(*) from sync_meta where key like 'compare:%'";
    let newer = known(compares)
        || known("select count(*) from sync_seen")
        || known("select count(*) from sync_queue where cause is not null");
    Some(if newer { 4 } else { 3 })
}

/// The same content in a file of that release.
fn of_release(release: usize, conn: &Connection) -> Connection {
    let old = Connection::open_in_memory().unwrap();
    MIGRATIONS[..release].iter().for_each(|sql| old.execute_batch(sql).unwrap());
    old.execute_batch(&format!(
        "pragma user_version = {release}; pragma foreign_keys = off; begin; delete from sync_meta"
    ))
    .unwrap();
    let names = |conn: &Connection, sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut tables =
        names(&old, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name");
    // Without it no trigger fires.
    tables.sort_by_key(|table| table == "sync_meta");
    for table in tables {
        old.execute(&format!("delete from \"{table}\""), []).unwrap();
        let columns = names(&old, &format!("select '\"' || name || '\"' from pragma_table_info('{table}')"));
        let (list, marks) = (columns.join(", "), vec!["?"; columns.len()].join(", "));
        let mut read = conn.prepare(&format!("select {list} from \"{table}\"")).unwrap();
        let mut write = old.prepare(&format!("insert into \"{table}\" ({list}) values ({marks})")).unwrap();
        let mut rows = read.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<Cell> = (0..columns.len()).map(|at| row.get(at).unwrap()).collect();
            write.execute(params_from_iter(cells)).unwrap();
        }
    }
    old.execute_batch("commit").unwrap();
    old
}

/// The release did not know that column, but in the rows where it was `edited` on this device: an app writes only what it knows, and the server may
/// have lost since what was acknowledged. How many rows lack it.
fn forget_column(conn: &Connection, table: Table, column: &str, mut edited: Vec<Value>) -> usize {
    let mut entries = conn
        .prepare("select q.row_id, q.base, coalesce(q.sent, '[]') from sync_queue q where q.table_name = ?1")
        .unwrap();
    let found: Vec<(String, Option<String>, String)> = entries
        .query_map([table.name()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (id, base, sent) in found {
        let here = tunetrees::store::row::read(conn, table, &id).unwrap().unwrap_or_default();
        let now = here.get(column).cloned().unwrap_or(Value::Null);
        let base: Option<Row> = base.map(|json| serde_json::from_str(&json).unwrap());
        let mut sent: Vec<Row> = serde_json::from_str(&sent).unwrap();
        let same = |row: &Row| row.get(column).is_none_or(|was| same_value(was, &now));
        if base.as_ref().is_some_and(|base| base.contains_key(column) && same(base)) && sent.iter().all(same) {
            let mut base = base.unwrap_or_default();
            base.shift_remove(column);
            sent.iter_mut().for_each(|row| drop(row.shift_remove(column)));
            let texts = [Value::Object(base).to_string(), serde_json::to_string(&sent).unwrap()];
            let sql = "update sync_queue set base = ?1, sent = case when sent is null then null else ?2 end where table_name = ?3 and row_id = ?4";
            conn.execute(sql, [&texts[0], &texts[1], table.name(), &id]).unwrap();
        } else {
            edited.push(Value::from(id));
        }
    }
    conn.execute_batch("update sync_meta set value = '1' where key = 'applying'").unwrap();
    let sql = format!(
        "update \"{table}\" set \"{column}\" = null where \"{column}\" is not null and sync_version > 0
           and id not in (select value from json_each(?1))"
    );
    let lacking = conn.execute(&sql, [Value::Array(edited).to_string()]).unwrap();
    conn.execute_batch(&format!(
        "update sync_meta set value = '0' where key = 'applying'; update sync_meta set value = '0' where key like 'columns:%';
         insert or replace into sync_meta (key, value) values ('learnt', '{table}.{column}')"
    ))
    .unwrap();
    lacking
}

impl World<'_> {
    /// The app is closed, and when it is opened it is today's: until then it was an earlier one.
    pub fn upgrade(&mut self, device: usize) {
        let Some(least) = least(self.devices[device].store().conn()).filter(|_| !self.devices[device].full) else {
            return;
        };
        self.tab_dies(device);
        let release = self.chance.between(least as i64, 7) as usize;
        let young = *self.chance.of(&YOUNG);
        let forgets = self.chance.happens(0.6);
        let here = &mut self.devices[device];
        let waiting = number(here.store().conn(), "select count(*) from sync_queue");
        let old = of_release(release, here.store().conn());
        let lacking = if forgets {
            let edited = self.oracle.rows_edited(device, young.0, young.1);
            forget_column(&old, young.0, young.1, edited)
        } else {
            0
        };
        let store = Store::open(old, here.identity()).unwrap();
        store.conn().execute_batch(&disk::own_sql()).unwrap();
        if let Some(before) = here.disk.replace(store) {
            disk::give_back(before);
        }
        self.tally.upgrades += 1;
        self.tally.upgraded_edits += waiting as u64;
        let text =
            || format!("from {release}, {waiting} edits unsent, {}.{} unknown in {lacking} rows", young.0, young.1);
        self.trace.note(self.now, Some(device), "upgraded", &[release as i64, waiting, lacking as i64], text);
        if lacking > 0 {
            self.seen.forget(device);
        }
    }
}
