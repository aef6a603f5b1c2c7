//! What a person deleted lately, on any device: tombstones of her own tunes, notes, links and repertoires.

use rusqlite::{Row, params};

use super::Store;
use super::error::StoreError;
use super::schedule::parse;
use crate::domain::deleted::{DAYS, Deleted, DeletedThing};
use crate::domain::note_text;
use crate::domain::order::Sort;
use crate::domain::time::Timestamp;

/// At most so many are named.
const MOST: usize = 200;
/// So many letters of a note.
const WORDS: usize = 80;

impl Store {
    /// All of it, the newest first. What hangs on a deleted tune comes back with the tune and is not named.
    pub fn recently_deleted(&self, now: Timestamp) -> Result<Vec<Deleted>, StoreError> {
        let title = "nullif(coalesce(o.title, t.title), '')";
        let of_tune = |table: &str, name: &str| {
            format!(
                "select x.id, coalesce(x.{name}, ''), x.last_modified_at, {title}, x.tune_ref from {table} x join tune t on t.id = x.tune_ref {}
                 where x.user_ref = ?1 and x.deleted and not t.deleted and x.last_modified_at > ?2",
                super::tunes::OVERRIDE
            )
        };
        let mut all = self.deleted_rows(
            now,
            "select id, coalesce(title, ''), last_modified_at, null from tune where private_for = ?1 and deleted and last_modified_at > ?2",
            |row| Ok(DeletedThing::Tune(parse(row, 0)?)),
        )?;
        all.extend(self.deleted_rows(
            now,
            "select p.id, coalesce(nullif(trim(p.name), ''), i.instrument, ''), p.last_modified_at, null
             from playlist p left join instrument i on i.id = p.instrument_ref
             where p.user_ref = ?1 and p.deleted and p.last_modified_at > ?2",
            |row| Ok(DeletedThing::Repertoire(parse(row, 0)?)),
        )?);
        let notes = self.deleted_rows(now, &of_tune("note", "note_text"), |row| {
            Ok(DeletedThing::Note(parse(row, 4)?, parse(row, 0)?))
        })?;
        all.extend(notes.into_iter().map(|note| {
            let words = note_text::plain(&note.name).split_whitespace().collect::<Vec<_>>().join(" ");
            let short: String = words.chars().take(WORDS).collect();
            let more = if short.len() < words.len() { "…" } else { "" };
            Deleted { name: format!("{short}{more}"), ..note }
        }));
        all.extend(self.deleted_rows(now, &of_tune("reference", "url"), |row| {
            Ok(DeletedThing::Link(parse(row, 4)?, parse(row, 0)?))
        })?);
        all.put_in_order_of(|deleted| std::cmp::Reverse(deleted.at));
        all.truncate(MOST);
        Ok(all)
    }

    /// Rows of a query: id, name, when, title of the tune it is of.
    fn deleted_rows(
        &self,
        now: Timestamp,
        sql: &str,
        thing: fn(&Row<'_>) -> rusqlite::Result<DeletedThing>,
    ) -> Result<Vec<Deleted>, StoreError> {
        let since = now.plus_days(-DAYS).to_string();
        let mut statement = self.conn().prepare_cached(sql)?;
        let rows = statement.query_map(params![self.user().to_string(), since], |row| {
            Ok(Deleted { thing: thing(row)?, name: row.get(1)?, at: parse(row, 2)?, tune: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
