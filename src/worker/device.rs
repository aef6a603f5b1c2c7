//! What this installation knows apart from anybody's tunes: its id, who is signed in, the refresh token, the last known server.
//! A small database file of its own, so that no token ever lies in the page's web storage or beside synced data.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::ids::{DeviceId, UserId};

/// The file's name.
pub const FILE: &str = "device.sqlite3";

/// The device database.
pub struct Device {
    conn: Connection,
}

/// Who is signed in on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account's id.
    pub user: UserId,
    /// Its e-mail address.
    pub email: String,
    /// The newest refresh token; none once the session has ended.
    pub refresh_token: Option<String>,
}

/// Where the server is, as `/config.json` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Origin of the Supabase project.
    pub supabase_url: String,
    /// Publishable (or legacy anon) key.
    pub supabase_key: String,
}

impl Device {
    /// Opens the file, making what is missing; one that is damaged anywhere is refused.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(conn: Connection) -> rusqlite::Result<Self> {
        conn.execute_batch(
            "pragma locking_mode = exclusive; pragma journal_mode = persist; pragma synchronous = full;
             create table if not exists device (key text not null primary key, value text not null) strict;",
        )?;
        // A file of two pages: it costs nothing to know now that all of it can be read.
        let found: String = conn.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(corrupt, Some(found)));
        }
        Ok(Device { conn })
    }

    /// This installation's id, made at the first call.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn id(&self) -> rusqlite::Result<DeviceId> {
        self.uuid("device_id").map(DeviceId)
    }

    /// The made-up person who uses the device without an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn local_user(&self) -> rusqlite::Result<UserId> {
        self.uuid("local_user").map(UserId)
    }

    /// Forgets the made-up person, whose data an account has taken over; the next one is somebody new.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_local_user(&self) -> rusqlite::Result<()> {
        self.remove("local_user")
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_in(&self) -> rusqlite::Result<Option<SignedIn>> {
        self.json("signed_in")
    }

    /// Remembers who is signed in, or that nobody is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_signed_in(&self, account: Option<&SignedIn>) -> rusqlite::Result<()> {
        match account {
            Some(account) => self.put_json("signed_in", account),
            None => self.remove("signed_in"),
        }
    }

    /// Whose database is being removed: she has signed out and keeps nothing here.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn leaving(&self) -> rusqlite::Result<Option<UserId>> {
        self.json("leaving")
    }

    /// Remembers it until that is done.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_leaving(&self, user: Option<UserId>) -> rusqlite::Result<()> {
        user.map_or_else(|| self.remove("leaving"), |user| self.put_json("leaving", &user))
    }

    /// What the person calls this device; `None` until she has named it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn name(&self) -> rusqlite::Result<Option<String>> {
        self.get("name")
    }

    /// Remembers what she calls it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_name(&self, name: &str) -> rusqlite::Result<()> {
        self.put("name", name)
    }

    /// The server last heard of.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn server(&self) -> rusqlite::Result<Option<ServerConfig>> {
        self.json("server")
    }

    /// Remembers the server, or that there is none.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_server(&self, server: Option<&ServerConfig>) -> rusqlite::Result<()> {
        match server {
            Some(server) => self.put_json("server", server),
            None => self.remove("server"),
        }
    }

    /// What the browser said to the wish that it keep the data; `None` if it was not asked yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn durable(&self) -> rusqlite::Result<Option<bool>> {
        self.json("durable")
    }

    /// Remembers the browser's answer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_durable(&self, durable: bool) -> rusqlite::Result<()> {
        self.put_json("durable", &durable)
    }

    /// The day `file` was last looked through for damage.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checked(&self, file: &str) -> rusqlite::Result<Option<String>> {
        self.get(&format!("checked:{file}"))
    }

    /// Remembers that day; `None`: look through it when it is next opened.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_checked(&self, file: &str, day: Option<&str>) -> rusqlite::Result<()> {
        let key = format!("checked:{file}");
        day.map_or_else(|| self.remove(&key), |day| self.put(&key, day))
    }

    /// What was read of the damaged `file` (as JSON) and is not yet in the one that takes its place.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rebuilding(&self, file: &str) -> rusqlite::Result<Option<String>> {
        self.get(&rebuilding(file))
    }

    /// Keeps it, before the file is put aside.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_rebuilding(&self, file: &str, saved: Option<&str>) -> rusqlite::Result<()> {
        let key = rebuilding(file);
        saved.map_or_else(|| self.remove(&key), |saved| self.put(&key, saved))
    }

    /// The unsent edits read from the last damaged database, as JSON.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn salvaged(&self) -> rusqlite::Result<Option<String>> {
        self.get("salvaged")
    }

    /// Keeps them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep_salvaged(&self, json: &str) -> rusqlite::Result<()> {
        self.put("salvaged", json)
    }

    /// Forgets them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_salvaged(&self) -> rusqlite::Result<()> {
        self.remove("salvaged")
    }

    /// What a person must hear of her data and has not confirmed yet, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unheard(&self) -> rusqlite::Result<Vec<String>> {
        Ok(self.json("unheard")?.unwrap_or_default())
    }

    /// Keeps something for her to hear until she has, over any number of restarts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep_unheard(&self, text: &str) -> rusqlite::Result<()> {
        let mut all = self.unheard()?;
        if !all.iter().any(|kept| kept == text) {
            all.push(text.to_owned());
        }
        self.put_json("unheard", &all)
    }

    /// She has heard it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn heard(&self, text: &str) -> rusqlite::Result<()> {
        let mut all = self.unheard()?;
        all.retain(|kept| kept != text);
        if all.is_empty() { self.remove("unheard") } else { self.put_json("unheard", &all) }
    }

    /// Forgets the installation's id: the next one is new. A rebuilt database must not pass for the one before.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_id(&self) -> rusqlite::Result<()> {
        self.remove("device_id")
    }

    /// The whole file, for `Storage::persist`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image(&mut self) -> rusqlite::Result<Vec<u8>> {
        Ok(self.conn.serialize(rusqlite::MAIN_DB)?.to_vec())
    }

    fn get(&self, key: &str) -> rusqlite::Result<Option<String>> {
        self.conn.query_row("select value from device where key = ?1", [key], |row| row.get(0)).optional()
    }

    fn put(&self, key: &str, value: &str) -> rusqlite::Result<()> {
        let sql =
            "insert into device (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value";
        self.conn.execute(sql, [key, value]).map(drop)
    }

    fn remove(&self, key: &str) -> rusqlite::Result<()> {
        self.conn.execute("delete from device where key = ?1", [key]).map(drop)
    }

    fn uuid(&self, key: &str) -> rusqlite::Result<Uuid> {
        if let Some(id) = self.get(key)?.and_then(|text| Uuid::from_str(&text).ok()) {
            return Ok(id);
        }
        let id = Uuid::now_v7();
        self.put(key, &id.to_string())?;
        Ok(id)
    }

    fn json<T: for<'a> Deserialize<'a>>(&self, key: &str) -> rusqlite::Result<Option<T>> {
        Ok(self.get(key)?.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn put_json(&self, key: &str, value: &impl Serialize) -> rusqlite::Result<()> {
        let text = serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        self.put(key, &text)
    }
}

fn rebuilding(file: &str) -> String {
    format!("rebuilding:{file}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_device_keeps_its_id_and_its_account() {
        let device = Device::open(Connection::open_in_memory().unwrap()).unwrap();
        assert_eq!(device.id().unwrap(), device.id().unwrap());
        let user = device.local_user().unwrap();
        device.forget_local_user().unwrap();
        assert_ne!(device.local_user().unwrap(), user);
        let account = SignedIn { user, email: "a@b.c".into(), refresh_token: Some("t".into()) };
        device.set_signed_in(Some(&account)).unwrap();
        assert_eq!(device.signed_in().unwrap(), Some(account));
        device.set_leaving(Some(user)).unwrap();
        assert_eq!(device.leaving().unwrap(), Some(user));
        device.set_leaving(None).unwrap();
        device.set_signed_in(None).unwrap();
        assert_eq!((device.signed_in().unwrap(), device.leaving().unwrap()), (None, None));
    }

    #[test]
    fn what_must_be_heard_is_kept_once_and_in_order_until_it_was() {
        let device = Device::open(Connection::open_in_memory().unwrap()).unwrap();
        for text in ["damaged", "no copy", "damaged"] {
            device.keep_unheard(text).unwrap();
        }
        assert_eq!(device.unheard().unwrap(), ["damaged", "no copy"]);
        device.heard("damaged").unwrap();
        device.heard("never said").unwrap();
        assert_eq!(device.unheard().unwrap(), ["no copy"]);
        device.heard("no copy").unwrap();
        assert!(device.unheard().unwrap().is_empty());
    }

    #[test]
    fn what_was_read_of_a_damaged_file_is_kept_for_that_file_until_it_is_in_the_new_one() {
        let device = Device::open(Connection::open_in_memory().unwrap()).unwrap();
        device.set_rebuilding("a", Some("{}")).unwrap();
        assert_eq!((device.rebuilding("a").unwrap().as_deref(), device.rebuilding("b").unwrap()), (Some("{}"), None));
        device.set_rebuilding("a", None).unwrap();
        assert_eq!(device.rebuilding("a").unwrap(), None);
    }
}
