//! Which calls have been carried out: noted in the transaction that carries them out, so that a call whose answer was lost (its worker was
//! killed) can be sent again without being done twice.
//!
//! One line of `sync_meta` a tab: what lies below the tab's lowest unanswered number is forgotten with its next call, a whole tab after a while.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::StoreError;
use super::{Store, meta};
use crate::domain::time::Timestamp;

/// A call that may edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The tab it comes from.
    pub tab: Uuid,
    /// Its number there.
    pub id: u32,
    /// The lowest number that the tab may still ask about.
    pub oldest: u32,
}

/// What is known of a call that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    id: u32,
    /// The id of the first row it made, if it made one up.
    pub made: Option<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct Noted {
    /// Canonical text, which sorts by time.
    at: String,
    done: Vec<Done>,
}

const PREFIX: &str = "call:";

fn key(tab: Uuid) -> String {
    format!("{PREFIX}{tab}")
}

fn noted(conn: &Connection, tab: Uuid) -> Result<Option<Noted>, StoreError> {
    // What cannot be read was not written by this app: nothing is known.
    Ok(meta::get(conn, &key(tab))?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Notes, inside the call's transaction, that it is carried out.
pub(crate) fn note(conn: &Connection, call: Call, made: Option<Uuid>, at: Timestamp) -> Result<(), StoreError> {
    let mut done = noted(conn, call.tab)?.map_or_else(Vec::new, |noted| noted.done);
    done.retain(|known| known.id >= call.oldest);
    done.push(Done { id: call.id, made });
    let text = serde_json::to_string(&Noted { at: at.to_string(), done })
        .map_err(|error| StoreError::Invalid(error.to_string()))?;
    meta::set(conn, &key(call.tab), &text)
}

impl Store {
    /// The first edit from now on carries out `call`; `None`: edits are nobody's again.
    pub fn begin_call(&mut self, call: Option<Call>) {
        self.calls_begun += u64::from(call.is_some());
        self.call = call;
    }

    /// How many calls of tabs have been met since the database was opened.
    pub const fn calls_begun(&self) -> u64 {
        self.calls_begun
    }

    /// Has this call been carried out?
    pub fn call_done(&self, call: Call) -> Result<Option<Done>, StoreError> {
        let noted = noted(self.conn(), call.tab)?;
        Ok(noted.and_then(|noted| noted.done.into_iter().find(|done| done.id == call.id)))
    }

    /// Forgets the calls of tabs that have not made any since `before`.
    pub fn forget_calls(&mut self, before: Timestamp) -> Result<(), StoreError> {
        let sql = "delete from sync_meta where key like ?1 || '%' and (value ->> 'at') < ?2";
        self.conn().execute(sql, [PREFIX, &before.to_string()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{DeviceId, UserId};
    use crate::domain::tune::TuneFields;
    use crate::store::Identity;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + micros)
    }

    fn store() -> Store {
        let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
        Store::open(Connection::open_in_memory().unwrap(), identity).unwrap()
    }

    fn call(id: u32, oldest: u32) -> Call {
        Call { tab: Uuid::from_u128(7), id, oldest }
    }

    fn create(store: &mut Store, call: Call, title: &str) -> Uuid {
        store.begin_call(Some(call));
        let fields = TuneFields { title: Some(title.to_owned()), ..TuneFields::default() };
        let made = store.create_tune(at(0), &chrono::Utc, &fields).unwrap();
        store.begin_call(None);
        made.0
    }

    #[test]
    fn a_call_is_known_as_done_with_what_it_made_until_the_tab_has_its_answer() {
        let mut store = store();
        let made = create(&mut store, call(3, 3), "One");
        assert_eq!(store.call_done(call(3, 3)).unwrap().unwrap().made, Some(made));
        assert_eq!(store.call_done(call(4, 3)).unwrap(), None);
        assert_eq!(store.call_done(Call { tab: Uuid::from_u128(8), ..call(3, 3) }).unwrap(), None);
        create(&mut store, call(5, 3), "Two");
        assert!(store.call_done(call(3, 3)).unwrap().is_some());
        create(&mut store, call(6, 5), "Three");
        assert!(store.call_done(call(3, 3)).unwrap().is_none());
        assert!(store.call_done(call(5, 3)).unwrap().is_some());
    }

    #[test]
    fn what_was_refused_is_not_done_and_other_edits_are_nobodys() {
        let mut store = store();
        store.begin_call(Some(call(1, 1)));
        assert!(store.create_tune(at(0), &chrono::Utc, &TuneFields::default()).is_err());
        store.begin_call(None);
        assert_eq!(store.call_done(call(1, 1)).unwrap(), None);
        let fields = TuneFields { title: Some("x".to_owned()), ..TuneFields::default() };
        store.create_tune(at(1), &chrono::Utc, &fields).unwrap();
        assert_eq!(store.call_done(call(1, 1)).unwrap(), None);
    }

    #[test]
    fn an_old_tab_is_forgotten() {
        let mut store = store();
        create(&mut store, call(1, 1), "One");
        store.forget_calls(at(-1)).unwrap();
        assert!(store.call_done(call(1, 1)).unwrap().is_some());
        store.forget_calls(at(10)).unwrap();
        assert!(store.call_done(call(1, 1)).unwrap().is_none());
    }
}
