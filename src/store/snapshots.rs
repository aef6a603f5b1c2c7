//! Snapshots: everything of a person as an export, kept on the device before something large happens to it. They lie in a database file of
//! their own, so that what befalls the other files does not befall them. Bounded: the oldest go first.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::{Store, export, schema};
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::snapshot::{Snapshot, Why};
use crate::domain::time::Timestamp;

/// The file's name.
pub const FILE: &str = "snapshots.sqlite3";
/// So many of a person are kept.
const MOST: u32 = 5;
/// All of them together are at most so large: a phone has little room, and the data themselves come first.
const MOST_BYTES: i64 = 96 * 1024 * 1024;

/// The database of snapshots.
pub struct Snapshots {
    conn: Connection,
    most_bytes: i64,
}

impl Snapshots {
    /// Opens it, making what is missing.
    pub fn open(conn: Connection) -> Result<Self, StoreError> {
        conn.execute_batch(
            "pragma locking_mode = exclusive; pragma auto_vacuum = full; pragma journal_mode = truncate; pragma synchronous = full;
             create table if not exists snapshot (
               id integer not null primary key autoincrement, owner text not null, made_at text not null, why text not null,
               schema integer not null, bytes integer not null, content text not null) strict;",
        )?;
        Ok(Snapshots { conn, most_bytes: MOST_BYTES })
    }

    /// Keeps one. For want of room the oldest go, one by one, until it fits.
    ///
    /// Errors: it does not fit even alone; then those that were here are as they were, but for those that went for it.
    pub fn keep(&self, owner: UserId, at: Timestamp, why: Why, schema: u32, text: &str) -> Result<(), StoreError> {
        let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
        if bytes > self.most_bytes {
            return Err(StoreError::Full);
        }
        let of_hers = "select count(*) from snapshot where owner = ?1";
        while self.conn.query_row(of_hers, [owner.to_string()], |row| row.get::<_, u32>(0))? >= MOST {
            self.drop_oldest(Some(owner))?;
        }
        let total = "select coalesce(sum(bytes), 0) from snapshot";
        while self.conn.query_row(total, [], |row| row.get::<_, i64>(0))? + bytes > self.most_bytes
            && self.drop_oldest(None)?
        {}
        let sql = "insert into snapshot (owner, made_at, why, schema, bytes, content) values (?1, ?2, ?3, ?4, ?5, ?6)";
        loop {
            let line = params![owner.to_string(), at.to_string(), why.stored(), schema, bytes, text];
            match self.conn.execute(sql, line).map_err(StoreError::from) {
                Err(StoreError::Full) if self.drop_oldest(None)? => {}
                done => return done.map(drop),
            }
        }
    }

    /// `false`: there is none.
    fn drop_oldest(&self, owner: Option<UserId>) -> Result<bool, StoreError> {
        let owner = owner.map(|owner| owner.to_string());
        let sql = "delete from snapshot where id = (select min(id) from snapshot where ?1 is null or owner = ?1)";
        Ok(self.conn.execute(sql, [owner])? > 0)
    }

    /// Hers, the newest first.
    pub fn list(&self, owner: UserId) -> Result<Vec<Snapshot>, StoreError> {
        let sql = "select id, made_at, why, bytes from snapshot where owner = ?1 order by id desc";
        let mut statement = self.conn.prepare(sql)?;
        let rows = statement.query_map([owner.to_string()], |row| {
            let at = super::schedule::parse(row, 1)?;
            // A word of another release: something that was brought in.
            let why = Why::from_stored(&row.get::<_, String>(2)?).unwrap_or(Why::File);
            Ok(Snapshot { id: row.get(0)?, at, why, bytes: row.get::<_, i64>(3)?.unsigned_abs() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is in one of hers: an export.
    pub fn text(&self, owner: UserId, id: i64) -> Result<String, StoreError> {
        let sql = "select content from snapshot where owner = ?1 and id = ?2";
        let found = self.conn.query_row(sql, params![owner.to_string(), id], |row| row.get(0)).optional()?;
        found.ok_or_else(|| StoreError::NotFound("This snapshot is not here any more.".to_owned()))
    }

    /// Removes one of hers.
    pub fn remove(&self, owner: UserId, id: i64) -> Result<(), StoreError> {
        let sql = "delete from snapshot where owner = ?1 and id = ?2";
        self.conn.execute(sql, params![owner.to_string(), id])?;
        Ok(())
    }

    /// Removes all of hers: her data leave the device.
    pub fn forget(&self, owner: UserId) -> Result<(), StoreError> {
        self.conn.execute("delete from snapshot where owner = ?1", [owner.to_string()])?;
        Ok(())
    }

    /// They are another's from now on: what was made without an account goes along into it.
    pub fn give(&self, from: UserId, to: UserId) -> Result<(), StoreError> {
        let sql = "update snapshot set owner = ?2 where owner = ?1";
        self.conn.execute(sql, [from.to_string(), to.to_string()])?;
        Ok(())
    }

    /// Was one kept already before the upgrade from that schema? An upgrade that fails is tried at every start.
    pub fn has_upgrade_of(&self, owner: UserId, schema: u32) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from snapshot where owner = ?1 and why = ?2 and schema = ?3)";
        let values = params![owner.to_string(), Why::Upgrade.stored(), schema];
        Ok(self.conn.query_row(sql, values, |row| row.get(0))?)
    }

    /// The whole file, for places that store it page by page.
    pub fn image(&mut self) -> rusqlite::Result<Vec<u8>> {
        Ok(self.conn.serialize(rusqlite::MAIN_DB)?.to_vec())
    }
}

/// What a file holds that an older app wrote.
pub struct Older {
    /// Whose it is.
    pub owner: UserId,
    /// The number of its schema.
    pub schema: u32,
    /// Everything of hers, as an export.
    pub text: String,
}

/// The schema of the file behind `conn`, if opening it would bring it into another form.
pub fn older_schema(conn: &Connection) -> Option<u32> {
    // What cannot be read says so when it is opened.
    let schema: u32 = conn.query_row("pragma user_version", [], |row| row.get(0)).ok()?;
    (1..schema::VERSION).contains(&schema).then_some(schema)
}

/// Everything in the file behind `conn`, if opening it would bring it into another form; read as it is, without knowing that form.
pub fn before_upgrade(conn: &Connection, device: DeviceId, now: Timestamp) -> Result<Option<Older>, StoreError> {
    let Some(schema) = older_schema(conn) else { return Ok(None) };
    let Some(owner) = Store::recorded_user(conn)? else { return Ok(None) };
    let text = export::everything_of(conn, owner, device, now)?.to_string();
    Ok(Some(Older { owner, schema, text }))
}

impl Store {
    /// Everything of hers for a snapshot.
    pub fn snapshot(&self, now: Timestamp) -> Result<String, StoreError> {
        Ok(export::everything_of(self.conn(), self.user(), self.device(), now)?.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn open() -> Snapshots {
        Snapshots::open(Connection::open_in_memory().unwrap()).unwrap()
    }

    fn user(n: u128) -> UserId {
        UserId(uuid::Uuid::from_u128(n))
    }

    fn keep(all: &Snapshots, owner: u128, minute: i64, text: &str) -> Result<(), StoreError> {
        all.keep(user(owner), Timestamp::from_micros(minute * 60_000_000), Why::File, 8, text)
    }

    #[test]
    fn each_person_has_her_own_and_the_oldest_go_first() {
        let all = open();
        keep(&all, 2, 0, "another's").unwrap();
        (1..=7).for_each(|n| keep(&all, 1, n, &format!("number {n}")).unwrap());
        let hers = all.list(user(1)).unwrap();
        let texts: Vec<String> = hers.iter().map(|one| all.text(user(1), one.id).unwrap()).collect();
        assert_eq!(texts, ["number 7", "number 6", "number 5", "number 4", "number 3"]);
        assert_eq!((hers[0].bytes, hers[0].why), (8, Why::File));
        let other = all.list(user(2)).unwrap();
        assert_eq!(other.len(), 1);
        assert!(matches!(all.text(user(1), other[0].id), Err(StoreError::NotFound(_))));
        all.remove(user(1), other[0].id).unwrap();
        all.remove(user(1), hers[1].id).unwrap();
        assert_eq!((all.list(user(1)).unwrap().len(), all.list(user(2)).unwrap().len()), (4, 1));
        all.give(user(1), user(2)).unwrap();
        assert_eq!((all.list(user(1)).unwrap().len(), all.list(user(2)).unwrap().len()), (0, 5));
        all.forget(user(2)).unwrap();
        assert_eq!(all.list(user(2)).unwrap(), []);
    }

    #[test]
    fn they_stay_within_their_size_and_what_is_larger_is_refused() {
        let all = Snapshots { most_bytes: 100, ..open() };
        keep(&all, 2, 1, &"a".repeat(40)).unwrap();
        keep(&all, 1, 2, &"b".repeat(40)).unwrap();
        keep(&all, 1, 3, &"c".repeat(60)).unwrap();
        assert_eq!(all.list(user(1)).unwrap().iter().map(|one| one.bytes).collect::<Vec<_>>(), [60, 40]);
        assert_eq!(all.list(user(2)).unwrap(), [], "the oldest went, whosever it was");
        assert!(matches!(keep(&all, 1, 4, &"d".repeat(101)), Err(StoreError::Full)));
        assert_eq!(all.list(user(1)).unwrap().len(), 2, "nothing went for what does not fit");
    }

    #[test]
    fn where_the_device_is_full_the_oldest_make_room() {
        let all = open();
        keep(&all, 1, 1, &"a".repeat(200_000)).unwrap();
        let pages: u32 = all.conn.query_row("pragma page_count", [], |row| row.get(0)).unwrap();
        all.conn.execute_batch(&format!("pragma max_page_count = {}", pages + 4)).unwrap();
        keep(&all, 1, 2, &"b".repeat(150_000)).unwrap();
        assert_eq!(all.list(user(1)).unwrap().iter().map(|one| one.bytes).collect::<Vec<_>>(), [150_000]);
        assert!(matches!(keep(&all, 1, 3, &"c".repeat(900_000)), Err(StoreError::Full)));
    }
}
