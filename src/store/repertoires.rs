//! Repertoires: which there are, which one this device shows, which tunes are in it.

use rusqlite::Connection;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::{self, parse, parse_opt};
use super::schema::Table;
use super::{Store, meta, queue, tune_removal, tunes};
use crate::domain::ids::{InstrumentId, PlaylistId, PlaylistTuneId, TuneId, UserId};
use crate::domain::order::Sort;
use crate::domain::repertoire::{Genre, Instrument, Repertoire, RepertoireDraft};
use crate::domain::scheduling::Algorithm;
use crate::domain::time::{Timestamp, Zone};
use crate::row;

/// The repertoires of `user` by name.
fn list(conn: &Connection, user: UserId) -> Result<Vec<Repertoire>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select p.id, coalesce(nullif(trim(p.name), ''), i.instrument, 'Repertoire') as shown, i.instrument, coalesce(p.name, ''),
           p.instrument_ref, p.genre_default, nullif(trim(p.sr_alg_type), ''),
           (select count(*) from playlist_tune m join tune t on t.id = m.tune_ref
            where m.playlist_ref = p.id and not m.deleted and not t.deleted)
         from playlist p left join instrument i on i.id = p.instrument_ref
         where p.user_ref = ?1 and not p.deleted order by lower(shown), p.id",
    )?;
    let rows = statement.query_map([user.to_string()], |row| {
        Ok(Repertoire {
            id: parse(row, 0)?,
            name: row.get(1)?,
            instrument: row.get(2)?,
            own_name: row.get(3)?,
            instrument_id: parse_opt(row, 4)?,
            genre: row.get(5)?,
            algorithm: row.get::<_, Option<String>>(6)?.map(|word| Algorithm::from_stored(Some(&word))),
            tunes: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The repertoire this device shows: the one chosen here, else the first by name; `None` without any.
pub(crate) fn current(conn: &Connection, user: UserId) -> Result<Option<PlaylistId>, StoreError> {
    if let Some(chosen) = meta::get(conn, meta::CURRENT_PLAYLIST)?.and_then(|text| text.parse().ok())
        && exists(conn, user, chosen)?
    {
        return Ok(Some(chosen));
    }
    Ok(list(conn, user)?.first().map(|repertoire| repertoire.id))
}

fn exists(conn: &Connection, user: UserId, playlist: PlaylistId) -> Result<bool, StoreError> {
    let found = conn
        .prepare_cached("select 1 from playlist where id = ?1 and user_ref = ?2 and not deleted")?
        .exists([playlist.to_string(), user.to_string()])?;
    Ok(found)
}

/// The current repertoire, for what cannot be done without one.
pub(crate) fn required(conn: &Connection, user: UserId) -> Result<PlaylistId, StoreError> {
    current(conn, user)?.ok_or_else(|| StoreError::Invalid("Make a repertoire first.".to_owned()))
}

/// Puts a tune into a repertoire, reviving the place it had there. `false` if it is there already.
pub(crate) fn join(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<bool, StoreError> {
    let id = PlaylistTuneId::of(playlist, tune);
    let present = row::read(edit.conn(), Table::PlaylistTune, &id.to_string())?;
    if present.as_ref().is_some_and(|row| row["deleted"] == 0) {
        return Ok(false);
    }
    // `scheduled` stays as it is: a tune that is merely added is New (or due by its history), not a wish for today.
    let place = row! {
        "user_ref": edit.user().to_string(), "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(),
    };
    edit.put(Table::PlaylistTune, id, place)?;
    Ok(true)
}

fn own(edit: &Edit<'_>, playlist: PlaylistId) -> Result<Row, StoreError> {
    row::read(edit.conn(), Table::Playlist, &playlist.to_string())?
        .filter(|row| row["user_ref"] == edit.user().to_string())
        .ok_or_else(|| StoreError::NotFound("This repertoire does not exist any more.".to_owned()))
}

/// The columns of what she says of a repertoire, if it makes sense.
fn checked(conn: &Connection, draft: &RepertoireDraft) -> Result<Row, StoreError> {
    let name = draft.name.trim();
    if name.is_empty() && draft.instrument.is_none() {
        return Err(StoreError::Invalid("Give the repertoire a name, or choose an instrument.".to_owned()));
    }
    if let Some(id) = draft.instrument {
        let found = row::read(conn, Table::Instrument, &id.to_string())?;
        if found.is_none_or(|row| row["deleted"] == 1) {
            return Err(StoreError::NotFound("This instrument does not exist any more. Choose another.".into()));
        }
    }
    tunes::check_genre(conn, draft.genre.as_deref())?;
    Ok(row! {
        "name": (!name.is_empty()).then_some(name), "instrument_ref": draft.instrument.map(|i| i.to_string()),
        "genre_default": draft.genre.as_deref(), "sr_alg_type": draft.algorithm.map(Algorithm::stored),
    })
}

impl Store {
    /// All repertoires by name, and the current one.
    pub fn repertoires(&self) -> Result<(Vec<Repertoire>, Option<PlaylistId>), StoreError> {
        Ok((list(&self.conn, self.user())?, self.current_repertoire()?))
    }

    /// The repertoire this device shows.
    pub fn current_repertoire(&self) -> Result<Option<PlaylistId>, StoreError> {
        current(&self.conn, self.user())
    }

    /// Makes `playlist` the one this device shows. The choice stays on the device.
    pub fn choose_repertoire(&mut self, playlist: PlaylistId) -> Result<(), StoreError> {
        if !exists(&self.conn, self.user(), playlist)? {
            return Err(StoreError::NotFound("This repertoire does not exist any more. Choose another.".to_owned()));
        }
        meta::set(&self.conn, meta::CURRENT_PLAYLIST, &playlist.to_string())?;
        self.note_changes([Table::Playlist].into());
        Ok(())
    }

    /// Makes a repertoire and makes it current. Without a name it goes by its instrument.
    pub fn create_repertoire(
        &mut self,
        now: Timestamp,
        name: &str,
        instrument: Option<InstrumentId>,
    ) -> Result<PlaylistId, StoreError> {
        let draft = RepertoireDraft { name: name.to_owned(), instrument, ..RepertoireDraft::default() };
        self.edit(now, |edit| {
            let mut columns = checked(edit.conn(), &draft)?;
            let id = PlaylistId(edit.new_id());
            columns.insert("id".to_owned(), id.to_string().into());
            columns.insert("user_ref".to_owned(), edit.user().to_string().into());
            edit.insert(Table::Playlist, columns)?;
            meta::set(edit.conn(), meta::CURRENT_PLAYLIST, &id.to_string())?;
            Ok(id)
        })
    }

    /// Changes what she says of a repertoire: name, instrument, genre, and what decides in it when a tune comes back. Where the last is another
    /// now, all its dates are computed anew.
    pub fn edit_repertoire(
        &mut self,
        now: Timestamp,
        playlist: PlaylistId,
        draft: &RepertoireDraft,
    ) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let columns = checked(edit.conn(), draft)?;
            let before = own(edit, playlist)?;
            let decides = columns["sr_alg_type"] != before["sr_alg_type"];
            edit.update(Table::Playlist, playlist, columns)?;
            if decides {
                schedule::recompute_repertoire(edit.conn(), playlist)?;
            }
            Ok(())
        })
    }

    /// Deletes a repertoire. Its tunes stay in the catalog and in the others; its history is there again when this is taken back.
    pub fn delete_repertoire(&mut self, now: Timestamp, playlist: PlaylistId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let found = own(edit, playlist)?;
            tune_removal::remove(edit, Table::Playlist, &found)
        })
    }

    /// Takes that back.
    pub fn restore_repertoire(&mut self, now: Timestamp, playlist: PlaylistId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let found = own(edit, playlist)?;
            tune_removal::restore(edit, Table::Playlist, &found)
        })
    }

    /// Genres to choose from, by name.
    pub fn genres(&self) -> Result<Vec<Genre>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "select id, coalesce(nullif(name, ''), id) from genre order by lower(coalesce(nullif(name, ''), id)), id",
        )?;
        let rows = statement.query_map([], |row| Ok(Genre { id: row.get(0)?, name: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Instruments to choose from: the public ones and her own, by name.
    pub fn instruments(&self) -> Result<Vec<Instrument>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "select id, instrument from instrument
             where not deleted and instrument is not null and (private_to_user is null or private_to_user = ?1)
             order by lower(instrument), id",
        )?;
        let rows = statement
            .query_map([self.user().to_string()], |row| Ok(Instrument { id: parse(row, 0)?, name: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Puts tunes into the current repertoire, and into today's queue if there is one with room. (Those that were new there, how
    /// many were there already).
    pub fn add_to_repertoire(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        tunes: &[TuneId],
    ) -> Result<(Vec<TuneId>, u32), StoreError> {
        self.edit(now, |edit| {
            let playlist = required(edit.conn(), edit.user())?;
            let mut wanted = tunes.to_vec();
            wanted.put_in_order(Ord::cmp);
            wanted.dedup();
            let mut added = Vec::new();
            for tune in &wanted {
                tunes::require(edit.conn(), edit.user(), *tune)?;
                if join(edit, playlist, *tune)? {
                    added.push(*tune);
                }
            }
            queue::admit(edit, playlist, &added, now, zone)?;
            let present = (wanted.len() - added.len()) as u32;
            Ok((added, present))
        })
    }

    /// Takes tunes out of the current repertoire. Their history stays, and so does what today's queue says of those already rated.
    pub fn remove_from_repertoire(&mut self, now: Timestamp, tunes: &[TuneId]) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let playlist = required(edit.conn(), edit.user())?;
            for tune in tunes {
                let id = PlaylistTuneId::of(playlist, *tune);
                if row::read(edit.conn(), Table::PlaylistTune, &id.to_string())?.is_some() {
                    edit.delete(Table::PlaylistTune, id)?;
                }
            }
            Ok(())
        })
    }
}
