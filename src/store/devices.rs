//! What this person's devices are called: the name of this one, sent with every push, and the list that comes back with pulls.
//! Kept in `sync_meta`.

use rusqlite::Connection;
use serde_json::Value;

use super::attention::KnownDevice;
use super::error::StoreError;
use super::schema::Table;
use super::{Store, meta, sync_state};
use crate::domain::time::Timestamp;

/// Longer names are cut.
pub const LONGEST_NAME: usize = 40;

/// The person's devices as the server last told, this one included. Lines that this app cannot read are left out.
pub fn known_devices(conn: &Connection) -> Result<Vec<KnownDevice>, StoreError> {
    let json = meta::get(conn, sync_state::DEVICES)?;
    let list: Vec<Value> = json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let text = |device: &Value, key: &str| device.get(key).and_then(Value::as_str).map(str::to_owned);
    let read = |device: &Value| {
        Some(KnownDevice {
            id: text(device, "id")?.parse().ok()?,
            name: text(device, "name").as_deref().and_then(tidy_name),
            last_seen: text(device, "last_seen").and_then(|at| at.parse().ok()),
        })
    };
    Ok(list.iter().filter_map(read).collect())
}

/// A name as it is kept: one line, without space at its ends, not too long; `None` if nothing is left of it.
pub fn tidy_name(name: &str) -> Option<String> {
    let words: Vec<&str> =
        name.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let name: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    let name = name.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

impl Store {
    /// Names this device. The name as it was kept.
    ///
    /// Errors: a name with nothing in it.
    pub fn name_device(&mut self, now: Timestamp, name: &str) -> Result<String, StoreError> {
        let Some(name) = tidy_name(name) else {
            return Err(StoreError::Invalid("Give this device a name: “Phone”, “Laptop in the kitchen”.".to_owned()));
        };
        if sync_state::device_name(self.conn())?.as_deref() != Some(name.as_str()) {
            self.edit(now, |edit| {
                edit.touch(Table::UserProfile);
                meta::set(edit.conn(), sync_state::DEVICE_NAME, &name)
            })?;
        }
        Ok(name)
    }
}
