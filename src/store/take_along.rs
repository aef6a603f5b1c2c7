//! Taking data along: what a person made on a device without an account moves into her account's database.
//!
//! Her rows get the account as their owner; ids of natural-key rows, which contain the owner or not, are computed anew; all of it
//! is queued for the server as if she had just made it. Rows the account's database has already are left as they are, so that
//! an interrupted move can simply be repeated.

use serde_json::Value;

use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use super::{Edit, Store, intake, meta, schedule};
use crate::domain::ids::{UserId, natural_id};
use crate::domain::time::Timestamp;

/// Everything in one database, ready to be unpacked into another.
pub struct Luggage {
    owner: UserId,
    rows: Vec<(Table, Row)>,
    current_playlist: Option<String>,
}

impl Luggage {
    /// All rows of `store`, public ones included: hers refer to them.
    pub fn pack(store: &Store) -> Result<Self, StoreError> {
        let mut rows = Vec::new();
        for table in Table::ALL {
            rows.extend(row::select(store.conn(), table, "true", [])?.into_iter().map(|row| (table, row)));
        }
        Ok(Luggage { owner: store.user(), rows, current_playlist: meta::get(store.conn(), meta::CURRENT_PLAYLIST)? })
    }

    /// Whose it was.
    pub fn owner(&self) -> UserId {
        self.owner
    }

    /// Did the person make anything, or is it only the catalog?
    pub fn is_empty(&self) -> bool {
        !self.rows.iter().any(|(table, row)| self.is_own(*table, row))
    }

    /// Puts the rows into the database of her account, in two transactions: first the public ones, which others refer to, then hers.
    ///
    /// How many rows of hers were new there. `on_row` hears, row by row, how many are done of how many.
    pub fn unpack(
        self,
        store: &mut Store,
        now: Timestamp,
        on_row: &mut dyn FnMut(usize, usize),
    ) -> Result<u32, StoreError> {
        let public = || self.rows.iter().filter(|(table, row)| self.is_public(*table, row));
        let own = || self.rows.iter().filter(|(table, row)| self.is_own(*table, row));
        let all = public().count() + own().count();
        let mut done = 0;
        let mut step = || {
            done += 1;
            on_row(done, all);
        };
        store.apply_remote(now, |edit| {
            for (table, row) in public() {
                let known = table.is_synced() && row::read(edit.conn(), *table, text(row, "id"))?.is_some();
                if !known {
                    row::upsert(edit.conn(), *table, row)?;
                    edit.touch(*table);
                }
                step();
            }
            Ok::<_, StoreError>(())
        })?;
        let user = store.user().to_string();
        let added = store.edit(now, |edit| {
            let mut added = 0;
            for (table, row) in own() {
                let row = self.re_owned(*table, row, &user);
                if row::read(edit.conn(), *table, text(&row, "id"))?.is_none() {
                    // What came from a file is not younger for being taken along, and is to be found again.
                    if intake::is_marked(&row) {
                        edit.insert_as_written(*table, row)?;
                    } else {
                        edit.insert(*table, row)?;
                    }
                    added += 1;
                }
                step();
            }
            self.complete_profile(edit, &user)?;
            if let Some(playlist) = &self.current_playlist
                && meta::get(edit.conn(), meta::CURRENT_PLAYLIST)?.is_none()
            {
                meta::set(edit.conn(), meta::CURRENT_PLAYLIST, playlist)?;
            }
            schedule::recompute_all(edit.conn())?;
            Ok::<_, StoreError>(added)
        })?;
        Ok(added)
    }

    /// The profile is the account's; what it does not say it gets from here (her name, how tunes are scheduled), as old as it was here:
    /// what the account says on the server stands, if that is later.
    fn complete_profile(&self, edit: &mut Edit<'_>, user: &str) -> Result<(), StoreError> {
        let owner = self.owner.to_string();
        let mine = self.rows.iter().find(|(table, row)| *table == Table::UserProfile && text(row, "id") == owner);
        let (Some((_, mine)), Some(account)) = (mine, row::read(edit.conn(), Table::UserProfile, user)?) else {
            return Ok(());
        };
        let missing: Row = ["name", "sr_alg_type", "phone", "phone_verified"]
            .into_iter()
            .filter(|column| account[*column].is_null() && !mine[*column].is_null())
            .map(|column| (column.to_owned(), mine[column].clone()))
            .collect();
        if !missing.is_empty() && edit.update(Table::UserProfile, user, missing)? {
            row::update(edit.conn(), Table::UserProfile, user, &crate::row! { "last_modified_at": row::stamp(mine) })?;
        }
        Ok(())
    }

    /// Hers, worth taking: not the profile (the account has one), not what she made and deleted again.
    fn is_own(&self, table: Table, row: &Row) -> bool {
        let owner = table.owner_column().and_then(|column| row.get(column)).and_then(Value::as_str);
        table != Table::UserProfile
            && owner == Some(self.owner.to_string().as_str())
            && row.get("deleted").and_then(Value::as_i64) != Some(1)
    }

    fn is_public(&self, table: Table, row: &Row) -> bool {
        match table.owner_column() {
            None => true,
            Some("id") => false,
            Some(column) => row.get(column).and_then(Value::as_str) != Some(self.owner.to_string().as_str()),
        }
    }

    fn re_owned(&self, table: Table, row: &Row, user: &str) -> Row {
        let mut row = row.clone();
        if let Some(column) = table.owner_column() {
            row.insert(column.to_owned(), user.into());
        }
        // The server has never had it.
        row.insert("sync_version".to_owned(), 0.into());
        give_natural_id(table, &mut row);
        row
    }
}

/// Names the row by its natural key, if its table has one; whether it has, and the key is whole.
pub(super) fn give_natural_id(table: Table, row: &mut Row) -> bool {
    let Some(key) = natural_key(table) else { return false };
    let parts: Vec<&str> = key.iter().map(|column| text(row, column)).collect();
    let Some(id) = natural_id(table.name(), &parts).filter(|_| parts.iter().all(|part| !part.is_empty())) else {
        return false;
    };
    row.insert("id".to_owned(), id.to_string().into());
    true
}

fn text<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// The columns that make up the v5 id, in the order of `domain::ids`.
const fn natural_key(table: Table) -> Option<&'static [&'static str]> {
    Some(match table {
        Table::PlaylistTune => &["playlist_ref", "tune_ref"],
        Table::PracticeRecord => &["playlist_ref", "tune_ref", "practiced"],
        Table::Tag => &["user_ref", "tune_ref", "tag_text"],
        Table::DailyPracticeQueue => &["user_ref", "playlist_ref", "queue_date", "tune_ref"],
        Table::TuneOverride => &["user_ref", "tune_ref"],
        Table::PrefsSpacedRepetition => &["user_id", "alg_type"],
        Table::PrefsSchedulingOptions => &["user_id"],
        Table::TableState => &["user_id", "screen_size", "purpose", "playlist_id"],
        Table::TableTransientData => &["user_id", "tune_id", "playlist_id"],
        Table::TabGroupMainState => &["user_id"],
        _ => return None,
    })
}
