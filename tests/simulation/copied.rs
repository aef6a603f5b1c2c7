//! A profile that is copied over that of another device of the same person: a machine restored from another's backup, a cloned disk. From then on
//! there are two databases under one device id, with the same unsent edits, and two holders of one refresh token; neither knows, both go on.

use rusqlite::{Connection, MAIN_DB};
use tunetrees::store::Store;

use crate::device::SessionState;
use crate::world::World;

impl World<'_> {
    /// What `device` had not sent is lost with its own profile, and counts as that.
    pub fn copy_profile(&mut self, from: usize, device: usize) {
        let may = |device: usize| self.devices[device].session == SessionState::Own && !self.devices[device].full;
        if from == device || self.devices[from].user != self.devices[device].user || !may(from) || !may(device) {
            return;
        }
        self.tally.copied += 1;
        let here = &self.devices[device];
        self.oracle.evicted(device, here.disks, here.store());
        self.tab_dies(device);
        let original = &mut self.devices[from];
        let (id, user, disk, token) = (original.id, original.user, original.disks, original.refresh_token);
        let (token_until, expires_at) = (original.token_until, original.expires_at);
        let store = original.disk.as_mut().unwrap();
        let sql = "select count(*) from sync_queue";
        self.tally.copied_edits += u64::from(store.conn().query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap());
        let copy = copy_of(store);
        self.take_disk(device, id, Store::open(copy, tunetrees::store::Identity { user, device: id }).unwrap());
        self.oracle.copied((from, disk), (device, self.devices[device].disks));
        self.families.copy(token);
        let here = &mut self.devices[device];
        here.refresh_token = token;
        (here.token_until, here.expires_at) = (token_until, expires_at);
    }
}

/// The same file.
fn copy_of(store: &mut Store) -> Connection {
    let bytes = store.image().unwrap();
    let mut copy = Connection::open_in_memory().unwrap();
    copy.deserialize_read_exact(MAIN_DB, &mut bytes.as_slice(), bytes.len(), false).unwrap();
    copy
}
