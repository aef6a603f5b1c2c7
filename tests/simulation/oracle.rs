//! Remembers every value that any edit has set, so that at the end it can be said what became of each (`fate.rs`): on the server, superseded
//! by a later stamp, settled by a policy, in the conflict log, refused with a reason, or lost with an evicted database. Anything else is a loss.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::Store;
use tunetrees::store::row::{self, same_value};
use tunetrees::store::schema::Table;

use crate::device::START;
use crate::plan::MINUTE;

/// One column set by one edit.
#[derive(Clone, Debug)]
pub struct Write {
    pub device: usize,
    pub disk: u32,
    pub column: &'static str,
    pub old: Value,
    pub new: Value,
    pub stamp: i64,
    /// True time.
    pub at: i64,
    /// Lost with its database before it was sent.
    pub evicted: bool,
    /// The person has given it up, when it had been refused.
    pub given_up: bool,
    /// Of an edit made on another device, whose profile was copied over this one's.
    pub copied: bool,
}

/// What was written to which row, in order.
pub type Writes = BTreeMap<(Table, String), Vec<Write>>;

impl Write {
    /// Its stamp as others take it: about the true time, if it was far ahead of that. (An answer that tells the time may take long.)
    pub fn counts_as(&self) -> i64 {
        let true_time = START + self.at;
        if self.stamp > true_time + 5 * MINUTE { true_time - 2 * MINUTE } else { self.stamp }
    }

    /// Are both of one edit, by way of a copied profile?
    pub fn is_twin_of(&self, other: &Write) -> bool {
        (self.copied || other.copied) && (self.at, self.stamp) == (other.at, other.stamp)
    }

    pub fn says(&self) -> String {
        let text = self.new.to_string();
        let text: String = text.chars().take(60).collect();
        let stamp = Timestamp::from_micros(self.stamp);
        format!("{} = {text} by device {} (stamp {stamp}, at {:.3} s)", self.column, self.device, self.at as f64 / 1e6)
    }
}

#[derive(Default)]
pub struct Oracle {
    pub rows: Writes,
    /// Rows of which the server may refuse something.
    refusable: BTreeSet<(Table, String)>,
    /// Values that lost, as the conflict logs of evicted databases had them.
    pub logged: BTreeSet<(String, String, String, String)>,
}

impl Oracle {
    pub fn may_be_refused(&mut self, table: Table, id: &str) {
        self.refusable.insert((table, id.to_owned()));
    }

    pub fn is_refusable(&self, table: Table, id: &str) -> bool {
        self.refusable.contains(&(table, id.to_owned()))
    }

    /// Rows of which that device has ever set that column.
    pub fn rows_edited(&self, device: usize, table: Table, column: &str) -> Vec<Value> {
        let sets = |write: &Write| write.device == device && write.column == column;
        let rows = self.rows.iter().filter(|((of, _), writes)| *of == table && writes.iter().any(sets));
        rows.map(|((_, id), _)| id.as_str().into()).collect()
    }

    /// Takes in what the last edit wrote; in words, for the trace.
    pub fn collect(&mut self, device: usize, disk: u32, at: i64, store: &Store) -> Vec<String> {
        let mut words = Vec::new();
        {
            let sql = "select tbl, id, stamp, old, new from sim_log order by n";
            let mut statement = store.conn().prepare_cached(sql).unwrap();
            let mut found = statement.query([]).unwrap();
            while let Some(line) = found.next().unwrap() {
                let table = Table::from_name(line.get_ref(0).unwrap().as_str().unwrap()).unwrap();
                let id: String = line.get(1).unwrap();
                let stamp: Timestamp = line.get_ref(2).unwrap().as_str().unwrap().parse().unwrap();
                let old: Option<String> = line.get(3).unwrap();
                let old: Option<Vec<Value>> = old.map(|json| serde_json::from_str(&json).unwrap());
                let new: Vec<Value> = serde_json::from_str(line.get_ref(4).unwrap().as_str().unwrap()).unwrap();
                for (n, (column, new)) in table.columns().iter().zip(new).enumerate() {
                    if row::is_stamp(column.name) || column.name == "id" {
                        continue;
                    }
                    let before = old.as_ref().map_or(Value::Null, |old| old[n].clone());
                    if same_value(&before, &new) || (old.is_none() && column.name == "deleted") {
                        continue;
                    }
                    words.push(format!("{table} …{} {}", &id[30..], column.name));
                    let write = Write {
                        device,
                        disk,
                        column: column.name,
                        old: before,
                        new,
                        stamp: stamp.micros(),
                        at,
                        evicted: false,
                        given_up: false,
                        copied: false,
                    };
                    self.rows.entry((table, id.clone())).or_default().push(write);
                }
            }
        }
        if !words.is_empty() {
            store.conn().prepare_cached("delete from sim_log").unwrap().execute([]).unwrap();
        }
        words
    }

    /// The database is damaged. Of what it had not sent this much was read, and goes on in another; the rest is lost.
    pub fn moved(&mut self, device: usize, disk: u32, read: &BTreeSet<(Table, String)>, store: &Store) {
        self.evicted(device, disk, store);
        for row in read {
            for write in self.rows.entry(row.clone()).or_default() {
                if write.device == device && write.disk == disk {
                    (write.disk, write.evicted) = (disk + 1, false);
                }
            }
        }
    }

    /// A database is copied over another device's, with all that was written to it: each of the two has to account for that.
    pub fn copied(&mut self, from: (usize, u32), to: (usize, u32)) {
        for writes in self.rows.values_mut() {
            let of_it = writes.iter().filter(|write| (write.device, write.disk) == from);
            let twins: Vec<Write> =
                of_it.map(|write| Write { device: to.0, disk: to.1, copied: true, ..write.clone() }).collect();
            writes.extend(twins);
        }
    }

    /// The person has given these rows up: what the server has not is given up with them. How many values.
    pub fn given_up(&mut self, device: usize, disk: u32, rows: &[(Table, String)], store: &Store) -> u64 {
        let mut count = 0;
        for (table, id) in rows {
            let here = row::read(store.conn(), *table, id).unwrap();
            for write in self.rows.entry((*table, id.clone())).or_default() {
                let stands = here.as_ref().and_then(|row| row.get(write.column));
                let of_it = write.device == device && write.disk == disk && !write.given_up;
                if of_it && stands.is_none_or(|stands| !same_value(stands, &write.new)) {
                    write.given_up = true;
                    count += 1;
                }
            }
        }
        count
    }

    /// The database is gone: what it had not sent, or not had answered, is lost with it.
    pub fn evicted(&mut self, device: usize, disk: u32, store: &Store) {
        let mut statement = store.conn().prepare("select table_name, row_id from sync_queue").unwrap();
        let mut found = statement.query([]).unwrap();
        while let Some(line) = found.next().unwrap() {
            let table = Table::from_name(line.get_ref(0).unwrap().as_str().unwrap()).unwrap();
            let id: String = line.get(1).unwrap();
            for write in self.rows.entry((table, id)).or_default() {
                write.evicted |= write.device == device && write.disk == disk;
            }
        }
        self.logged.extend(conflicts(store));
    }
}

/// (table, row, column, value) that lost, on that device.
pub fn conflicts(store: &Store) -> BTreeSet<(String, String, String, String)> {
    let sql = "select table_name, row_id, column_name, case winner when 'local' then remote_value else local_value end
               from sync_conflict";
    let mut statement = store.conn().prepare_cached(sql).unwrap();
    let found = statement.query_map([], |line| Ok((line.get(0)?, line.get(1)?, line.get(2)?, line.get(3)?))).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}

/// Entries of an outbox that were refused: (table, row) → (code, words).
pub type Refusals = BTreeMap<(Table, String), (String, String)>;

/// Those of that device.
pub fn refused(store: &Store) -> Refusals {
    let sql = "select table_name, row_id, coalesce(refused_code, ''), coalesce(refused_message, '') from sync_queue
               where status = 'refused'";
    let mut statement = store.conn().prepare_cached(sql).unwrap();
    let found = statement
        .query_map([], |line| {
            let name: String = line.get(0)?;
            Ok(((Table::from_name(&name).unwrap(), line.get(1)?), (line.get(2)?, line.get(3)?)))
        })
        .unwrap();
    found.collect::<Result<_, _>>().unwrap()
}
