//! A database file that is damaged: a page of it is smashed, what can still be read of the unsent is carried over into a new file, the rest comes
//! from the server again. What could not be read is lost, and counts as that.

use std::collections::BTreeSet;

use rusqlite::{Connection, MAIN_DB};
use tunetrees::store::Store;
use tunetrees::store::salvage::{damage, salvage};
use tunetrees::store::schema::Table;

use crate::world::World;

/// The file with one of its pages overwritten.
fn smashed(store: &mut Store, at: f64) -> Connection {
    crate::disk::tidy(store.conn());
    let mut bytes = store.image().unwrap();
    let size: usize = store.conn().query_row("pragma page_size", [], |row| row.get::<_, i64>(0)).unwrap() as usize;
    let pages = bytes.len() / size;
    // The first page is the file's head: without it there is no database at all.
    let page = (at * pages as f64) as usize;
    bytes[page * size..(page + 1) * size].fill(0xa5);
    let mut broken = Connection::open_in_memory().unwrap();
    let length = bytes.len();
    broken.deserialize_read_exact(MAIN_DB, &mut bytes.as_slice(), length, false).unwrap();
    broken
}

impl World<'_> {
    /// A page of the device's file is overwritten; the app is started anew and finds out.
    pub fn damage(&mut self, device: usize) {
        let at = self.chance.part();
        let broken = smashed(self.devices[device].disk.as_mut().unwrap(), at);
        let Some(words) = damage(&broken, true) else { return };
        self.tally.damaged += 1;
        let saved = salvage(&broken);
        let read: BTreeSet<(Table, String)> = saved
            .unsent
            .iter()
            .filter(|edit| edit.row.is_some())
            .filter_map(|edit| {
                let name = Table::from_name(edit.entry.get("table_name")?.as_str()?)?;
                Some((name, edit.entry.get("row_id")?.as_str()?.to_owned()))
            })
            .collect();
        let text = || format!("{} edits read, complete: {}; {words}", read.len(), saved.complete);
        self.trace.note(self.now, Some(device), "damaged", &[read.len() as i64], text);
        self.tally.salvaged += read.len() as u64;
        let (before, here) = (self.devices[device].disks, &self.devices[device]);
        self.oracle.moved(device, before, &read, here.store());
        self.new_disk(device);
        let now = self.devices[device].clock(self.now);
        let restored = saved.restore(self.devices[device].disk.as_mut().unwrap(), now).unwrap();
        if restored as usize != read.len() {
            self.fail(format!("device {device}: {restored} of {} edits were carried over", read.len()));
        }
    }
}
