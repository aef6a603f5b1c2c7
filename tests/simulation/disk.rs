//! A device's disk: a database in memory that outlives the tabs. New ones are copies of a migrated template.

use rusqlite::{Connection, MAIN_DB};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::store::schema::{Column, Table};
use tunetrees::store::{Identity, Store};

/// Migrated databases, one a person, as bytes.
pub struct Templates(Vec<(UserId, Vec<u8>)>);

impl Templates {
    pub fn of(people: &[UserId]) -> Templates {
        let image = |user: &UserId| {
            let identity = Identity { user: *user, device: DeviceId(user.0) };
            let conn = Connection::open_in_memory().unwrap();
            let mut store = Store::open(conn, identity).unwrap();
            store.conn().execute_batch(&log_sql()).unwrap();
            (*user, store.image().unwrap())
        };
        Templates(people.iter().map(image).collect())
    }

    /// A new database of that person on that device.
    pub fn open(&self, user: UserId, device: DeviceId) -> Store {
        let (_, image) = self.0.iter().find(|(owner, _)| *owner == user).unwrap();
        let mut conn = Connection::open_in_memory().unwrap();
        conn.deserialize_read_exact(MAIN_DB, image.as_slice(), image.len(), false).unwrap();
        Store::open(conn, Identity { user, device }).unwrap()
    }
}

/// What the simulation notes about local writes, by triggers of its own: every value that an edit set, with the one before.
fn log_sql() -> String {
    let mut sql =
        "create table sim_log (n integer primary key, tbl text not null, id text not null, stamp text not null, \
                   old text, new text not null) strict;"
            .to_owned();
    let array = |side: &str, columns: &[Column]| {
        let names: Vec<String> = columns.iter().map(|column| format!("{side}.\"{}\"", column.name)).collect();
        format!("json_array({})", names.join(", "))
    };
    for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
        let (old, new) = (array("old", table.columns()), array("new", table.columns()));
        for (event, old) in [("insert", "null".to_owned()), ("update", old)] {
            sql += &format!(
                "create trigger sim_{table}_{event} after {event} on \"{table}\"
                 when (select value from sync_meta where key = 'applying') = '0' begin
                   insert into sim_log (tbl, id, stamp, old, new)
                   values ('{table}', new.id, new.last_modified_at, {old}, {new});
                 end;"
            );
        }
    }
    sql
}
