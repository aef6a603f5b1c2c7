//! What a person sees of a row never goes back in time: the version that the interface reads only rises.

use std::collections::BTreeMap;

use tunetrees::store::Store;
use tunetrees::store::schema::Table;

use crate::world::World;

/// The highest version read so far: by device and database, then by row.
#[derive(Default)]
pub struct Seen(BTreeMap<(usize, u32), BTreeMap<(Table, String), i64>>);

impl Seen {
    /// It looks anew.
    pub fn forget(&mut self, device: usize) {
        self.0.retain(|(of, _), _| *of != device);
    }
}

/// The first row of these tables that has gone back. A restored server, or one that has purged the row, counts anew.
pub fn gone_back(world: &mut World<'_>, device: usize, tables: &[Table]) -> Option<String> {
    if world.restored_at.is_some() {
        return None;
    }
    let key = (device, world.devices[device].disks);
    let mut seen = std::mem::take(world.seen.0.entry(key).or_default());
    let mut found = None;
    for table in tables.iter().filter(|table| table.is_synced()) {
        for (id, version) in versions(world.devices[device].store(), *table) {
            let before = seen.entry((*table, id)).or_insert(version);
            if *before > version {
                found = found.or(Some(format!("{table} from version {before} to {version}")));
            }
            *before = version;
        }
    }
    // Hidden or removed by the project's owner is as purged.
    if !world.purged.is_empty() || !world.sighted.is_empty() {
        found = None;
    }
    world.seen.0.insert(key, seen);
    found
}

fn versions(store: &Store, table: Table) -> Vec<(String, i64)> {
    let mut statement = store.conn().prepare_cached(&format!("select id, sync_version from \"{table}\"")).unwrap();
    let found = statement.query_map([], |line| Ok((line.get(0)?, line.get(1)?))).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}
