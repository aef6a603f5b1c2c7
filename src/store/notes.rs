//! Notes on tunes. Hers may be changed, other people's public ones only read.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::Store;
use super::error::StoreError;
use super::row;
use super::schedule::{parse, parse_opt};
use super::schema::Table;
use super::tunes;
use crate::domain::ids::{NoteId, TuneId, UserId};
use crate::domain::other_titles;
use crate::domain::time::Timestamp;
use crate::domain::tune::{LONGEST_NOTE, Note};
use crate::row;

/// The other titles of tunes, as her own notes have them, parted by semicolons: searches find the tunes by them.
pub(crate) fn aliases(conn: &Connection, user: UserId) -> Result<HashMap<TuneId, String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select tune_ref, note_text from note where user_ref = ?1 and not deleted and note_text like '%also known as%'",
    )?;
    let rows = statement.query_map([user.to_string()], |row| Ok((parse(row, 0)?, row.get::<_, String>(1)?)))?;
    let mut aliases: HashMap<TuneId, String> = HashMap::new();
    for row in rows {
        let (tune, html) = row?;
        let titles = other_titles::of_note(&html);
        if titles.is_empty() {
            continue;
        }
        let known = aliases.entry(tune).or_default();
        known.push_str("; ");
        known.extend(titles.join("; ").chars().take(2000));
    }
    Ok(aliases)
}

/// Her notes and other people's public ones, oldest first.
pub(crate) fn notes(conn: &Connection, user: UserId, tune: TuneId) -> Result<Vec<Note>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, coalesce(note_text, ''), created_date, user_ref is ?1, public from note
         where tune_ref = ?2 and not deleted and (user_ref is ?1 or public) order by created_date, id",
    )?;
    let rows = statement.query_map(params![user.to_string(), tune.to_string()], |row| {
        Ok(Note {
            id: parse(row, 0)?,
            html: row.get(1)?,
            created: parse_opt(row, 2)?,
            own: row.get(3)?,
            public: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn own_note(conn: &Connection, user: UserId, tune: TuneId, note: NoteId) -> Result<(), StoreError> {
    let row = row::read(conn, Table::Note, &note.to_string())?
        .filter(|row| row["deleted"] == 0 && row["tune_ref"] == tune.to_string())
        .ok_or_else(|| StoreError::NotFound("This note does not exist any more.".to_owned()))?;
    if row["user_ref"] != user.to_string() {
        return Err(StoreError::Invalid("This note is somebody else's. Write one of your own.".to_owned()));
    }
    Ok(())
}

impl Store {
    /// Writes a note: a new private one, or a new text of an own one.
    pub fn save_note(
        &mut self,
        now: Timestamp,
        tune: TuneId,
        note: Option<NoteId>,
        html: &str,
    ) -> Result<NoteId, StoreError> {
        if html.trim().is_empty() {
            return Err(StoreError::Invalid("The note is empty. Write something, or delete it.".to_owned()));
        }
        if html.len() > LONGEST_NOTE {
            return Err(StoreError::Invalid("The note is too long. Split it into several.".to_owned()));
        }
        self.edit(now, |edit| {
            tunes::require(edit.conn(), edit.user(), tune)?;
            if let Some(id) = note {
                own_note(edit.conn(), edit.user(), tune, id)?;
                edit.update(Table::Note, id, row! { "note_text": html })?;
                return Ok(id);
            }
            let id = NoteId(edit.new_id());
            let columns = row! {
                "id": id.to_string(), "user_ref": edit.user().to_string(), "tune_ref": tune.to_string(),
                "created_date": edit.stamp().to_string(), "note_text": html, "public": 0,
            };
            edit.insert(Table::Note, columns)?;
            Ok(id)
        })
    }

    /// Deletes an own note.
    pub fn delete_note(&mut self, now: Timestamp, tune: TuneId, note: NoteId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            own_note(edit.conn(), edit.user(), tune, note)?;
            edit.delete(Table::Note, note).map(|_| ())
        })
    }

    /// Takes the deletion of an own note back.
    pub fn restore_note(&mut self, now: Timestamp, tune: TuneId, note: NoteId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            tunes::require(edit.conn(), edit.user(), tune)?;
            row::read(edit.conn(), Table::Note, &note.to_string())?
                .filter(|row| row["user_ref"] == edit.user().to_string() && row["tune_ref"] == tune.to_string())
                .ok_or_else(|| StoreError::NotFound("This note does not exist any more.".to_owned()))?;
            edit.update(Table::Note, note, row! { "deleted": 0 }).map(|_| ())
        })
    }
}
