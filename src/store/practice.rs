//! Rating a tune and taking the rating back. Each is one transaction over record, repertoire, queue and schedule.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::{self, parse, parse_opt};
use super::schema::Table;
use super::{Store, queue, repertoires};
use crate::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, QueueEntryId, TuneId};
use crate::domain::practice::{PracticeEntry, Rating, RatingPreview};
use crate::domain::time::{LocalDay, Timestamp, Zone};
use crate::row;

/// What rating and undoing need to know of a queue row.
struct Entry {
    playlist: PlaylistId,
    tune: TuneId,
    completed: bool,
    /// The wish that put the tune into this queue, as stored: not one that lies after the day (such a tune was asked for as an extra).
    wish: Option<String>,
}

impl Entry {
    fn of(
        conn: &Connection,
        condition: &str,
        params: impl rusqlite::Params,
    ) -> Result<Option<(String, Entry)>, StoreError> {
        let sql = format!(
            "select id, playlist_ref, tune_ref, completed_at is not null,
               case when scheduled_snapshot < window_end_utc then scheduled_snapshot end
             from daily_practice_queue where not deleted and {condition}"
        );
        let read = |row: &rusqlite::Row<'_>| {
            let entry =
                Entry { playlist: parse(row, 1)?, tune: parse(row, 2)?, completed: row.get(3)?, wish: row.get(4)? };
            Ok((row.get(0)?, entry))
        };
        Ok(conn.prepare_cached(&sql)?.query_row(params, read).optional()?)
    }
}

impl Store {
    /// What each of the four ratings would do to that tune in the current repertoire now.
    pub fn preview_ratings(&self, now: Timestamp, tune: TuneId) -> Result<[RatingPreview; 4], StoreError> {
        let playlist = repertoires::required(&self.conn, self.user())?;
        let state = schedule::state(&self.conn, playlist, tune)?;
        Ok(schedule::scheduler(&self.conn, playlist)?.preview(state.as_ref(), now))
    }

    /// Rates the tune of a queue row.
    ///
    /// Errors: the row does not exist, is already rated, or its tune has left the repertoire.
    pub fn rate(
        &mut self,
        now: Timestamp,
        entry: QueueEntryId,
        rating: Rating,
    ) -> Result<PracticeRecordId, StoreError> {
        let user = self.user().to_string();
        self.edit(now, |edit| {
            let found = Entry::of(edit.conn(), "id = ?1 and user_ref = ?2", params![entry.to_string(), user])?;
            let (_, row) = found.ok_or_else(|| {
                StoreError::NotFound("This tune is not in the queue any more. Go back to today's queue.".to_owned())
            })?;
            if row.completed {
                return Err(StoreError::Invalid(
                    "This tune is already rated today. Undo that rating first.".to_owned(),
                ));
            }
            let place_id = PlaylistTuneId::of(row.playlist, row.tune);
            let place = row::read(edit.conn(), Table::PlaylistTune, &place_id.to_string())?
                .filter(|place| place["deleted"] == 0)
                .ok_or_else(|| {
                    StoreError::Invalid(
                        "This tune is not in the repertoire any more. Add it again to rate it.".to_owned(),
                    )
                })?;

            let practiced = edit.stamp();
            let record = PracticeRecordId::of(row.playlist, row.tune, practiced);
            let before = schedule::state(edit.conn(), row.playlist, row.tune)?;
            let after = schedule::scheduler(edit.conn(), row.playlist)?.rate(before.as_ref(), practiced, rating);
            let columns = row! {
                "id": record.to_string(), "user_ref": user, "playlist_ref": row.playlist.to_string(),
                "tune_ref": row.tune.to_string(), "practiced": practiced.to_string(), "quality": rating.quality(),
                "difficulty": f64::from(after.difficulty), "stability": f64::from(after.stability),
                "interval": after.interval_days, "repetitions": after.repetitions, "lapses": after.lapses,
                "elapsed_days": after.elapsed_days, "state": after.phase as i64, "due": after.due.to_string(),
            };
            edit.insert(Table::PracticeRecord, columns)?;
            schedule::recompute(edit.conn(), row.playlist, row.tune)?;

            let mut columns = row! { "current": after.due.to_string() };
            if row.wish.is_some() && place["scheduled"].as_str() == row.wish.as_deref() {
                columns.insert("scheduled".to_owned(), Value::Null);
            }
            edit.update(Table::PlaylistTune, place_id, columns)?;
            edit.update(Table::DailyPracticeQueue, entry, completion(Some((practiced, rating))))?;
            Ok(record)
        })
    }

    /// Takes back the last rating of today's queue. Again and again, it goes back through the day, also after a restart.
    ///
    /// Errors: there is none.
    pub fn undo_rating(&mut self, now: Timestamp, zone: &impl Zone) -> Result<(), StoreError> {
        let user = self.user();
        let day = LocalDay::containing(now, zone);
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), user)?;
            let last = queue::undoable(edit.conn(), user, playlist, day)?
                .ok_or_else(|| StoreError::Invalid("There is no rating of today to take back.".to_owned()))?;
            edit.delete(Table::PracticeRecord, last.record)?;
            reopen(edit, playlist, last.tune, day)
        })
    }
}

/// Sets queue row, repertoire and schedule to what the remaining records say.
fn reopen(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId, day: LocalDay) -> Result<(), StoreError> {
    let entry_id = QueueEntryId::of(edit.user(), playlist, day.date, tune).to_string();
    let Some((_, entry)) = Entry::of(edit.conn(), "id = ?1", [&entry_id])? else { return Ok(()) };
    // Another device may have rated it today as well: then that rating is what the queue shows.
    let other = rating_of_day(edit.conn(), &entry, day)?;
    edit.update(Table::DailyPracticeQueue, &entry_id, completion(other))?;

    schedule::recompute(edit.conn(), entry.playlist, entry.tune)?;
    let state = schedule::state(edit.conn(), entry.playlist, entry.tune)?;
    let place_id = PlaylistTuneId::of(entry.playlist, entry.tune);
    let Some(place) = row::read(edit.conn(), Table::PlaylistTune, &place_id.to_string())? else { return Ok(()) };
    let mut columns = row! { "current": state.map(|s| s.due.to_string()) };
    // The rating had used up the wish that brought the tune into the queue.
    if other.is_none() && place["scheduled"].is_null() {
        columns.insert("scheduled".to_owned(), Value::from(entry.wish));
    }
    edit.update(Table::PlaylistTune, place_id, columns)?;
    Ok(())
}

fn completion(rated: Option<(Timestamp, Rating)>) -> Row {
    row! {
        "completed_at": rated.map(|(at, _)| at.to_string()), "exposures_completed": i64::from(rated.is_some()),
        "outcome": rated.map(|(_, rating)| rating.label()),
    }
}

fn rating_of_day(conn: &Connection, entry: &Entry, day: LocalDay) -> Result<Option<(Timestamp, Rating)>, StoreError> {
    let found = conn
        .prepare_cached(
            "select practiced, quality from practice_record
             where playlist_ref = ?1 and tune_ref = ?2 and practiced >= ?3 and practiced < ?4 and not deleted
               and easiness is null and quality between 1 and 4
             order by practiced desc, id desc limit 1",
        )?
        .query_row(
            params![entry.playlist.to_string(), entry.tune.to_string(), day.start.to_string(), day.end.to_string()],
            |row| Ok((parse(row, 0)?, Rating::from_quality(row.get(1)?).unwrap_or(Rating::Good))),
        )
        .optional()?;
    Ok(found)
}

/// The ratings of a tune in a repertoire, newest first.
pub(crate) fn history(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Vec<PracticeEntry>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, practiced, quality, easiness is not null, due from practice_record
         where playlist_ref = ?1 and tune_ref = ?2 and not deleted
         order by practiced desc nulls last, id desc",
    )?;
    let rows = statement.query_map([playlist.to_string(), tune.to_string()], |row| {
        Ok(PracticeEntry {
            id: parse(row, 0)?,
            practiced: parse_opt(row, 1)?,
            quality: row.get(2)?,
            sm2: row.get(3)?,
            due: parse_opt(row, 4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
