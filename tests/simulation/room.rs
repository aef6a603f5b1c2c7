//! A disk that is full: what grows the database fails, so pulls stop. What a person writes mostly finds room still: browsers take little
//! pieces after they have refused large ones.
//!
//! SQLite itself says so: the pages nobody uses are filled, and it may take no more.

use rusqlite::Connection;
use tunetrees::store::StoreError;

use crate::happening::Happening;
use crate::plan::SECOND;
use crate::world::World;

/// What fills the pages that nobody uses.
pub const BALLAST: &str = "create table sim_ballast (bytes blob not null) strict;";

/// After it has met a full disk, a device fetches nothing for so long.
const PAUSE: i64 = 300 * SECOND;

/// The database may not grow any more; or it may again.
pub fn limit(conn: &Connection, full: bool) {
    let pages: i64 = conn.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    let most = if full { pages } else { 1_000_000 };
    conn.query_row(&format!("pragma max_page_count = {most}"), [], |_| Ok(())).unwrap();
}

fn fill(conn: &Connection) {
    let number = |what: &str| conn.query_row(&format!("pragma {what}"), [], |row| row.get::<_, i64>(0)).unwrap();
    let (free, size) = (number("freelist_count"), number("page_size"));
    if free > 0 {
        conn.execute("insert into sim_ballast values (zeroblob(?1))", [free * (size - 4)]).unwrap();
    }
    limit(conn, true);
}

/// There is room again.
pub fn clear(conn: &Connection) {
    limit(conn, false);
    conn.execute("delete from sim_ballast", []).unwrap();
}

impl World<'_> {
    /// Something else on the device has filled its disk, for so long.
    pub fn disk_fills(&mut self, device: usize, long: i64) {
        if std::mem::replace(&mut self.devices[device].full, true) {
            return;
        }
        self.tally.full_disks += 1;
        crate::disk::tidy(self.devices[device].store().conn());
        fill(self.devices[device].store().conn());
        self.after(long, Happening::RoomAgain { device });
    }

    /// What has filled it is gone.
    pub fn room_again(&mut self, device: usize) {
        if std::mem::take(&mut self.devices[device].full) {
            clear(self.devices[device].store().conn());
        }
    }

    /// Lets a person edit: mostly there is still room for that.
    pub fn edit_in_little_room(&mut self, device: usize) {
        if self.devices[device].full && self.chance.happens(0.8) {
            limit(self.devices[device].store().conn(), false);
        }
    }

    /// She has edited: `done`, or there was no room.
    pub fn edited_in_little_room<T>(&mut self, device: usize, done: &Result<T, StoreError>) {
        if self.devices[device].full {
            self.tally.full_edits += u64::from(matches!(done, Err(StoreError::Full)));
            self.limit_again(device);
        }
    }

    /// The database is to be opened: little as that takes, there is room for it.
    pub fn let_open(&mut self, device: usize) {
        if self.devices[device].full {
            limit(self.devices[device].store().conn(), false);
        }
    }

    /// Nothing may grow any more, if the disk is full.
    pub fn limit_again(&mut self, device: usize) {
        if self.devices[device].full {
            limit(self.devices[device].store().conn(), true);
        }
    }

    /// A page or an answer did not find room: the device fetches nothing for a while, unless it is told that things are better.
    pub fn note_full(&mut self, device: usize) {
        let here = &mut self.devices[device];
        if std::mem::take(&mut here.fuse.met_full_disk) {
            self.tally.full_pages += 1;
            here.misfit_until = here.misfit_until.max(self.now + PAUSE);
            let until = self.now + PAUSE;
            self.trace.note(self.now, Some(device), "no room", &[], String::new);
            if !self.faults {
                self.last_fault = self.last_fault.max(until);
            }
        }
    }
}
