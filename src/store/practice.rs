//! Rating a tune and taking things back. Each is one transaction over record, repertoire, queue and schedule.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::{self, parse, parse_opt};
use super::schema::Table;
use super::{Store, queue_view, repertoires, staged};
use crate::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, QueueEntryId, TuneId, UserId};
use crate::domain::practice::{Deed, PracticeEntry, Rating, RatingPreview};
use crate::domain::scheduling::Manner;
use crate::domain::time::{LocalDay, Timestamp};
use crate::row;

/// What rating and undoing need to know of a queue row.
pub(super) struct Entry {
    pub(super) id: QueueEntryId,
    pub(super) playlist: PlaylistId,
    pub(super) tune: TuneId,
    pub(super) completed: bool,
    /// The first instant after its day.
    pub(super) day_end: Timestamp,
    /// The wish that put the tune into this queue, as stored: not one that lies after the day (such a tune was asked for as an extra).
    wish: Option<String>,
    /// Any wish there was when the tune came into this queue, or since, as stored.
    latest_wish: Option<String>,
}

impl Entry {
    fn find(conn: &Connection, condition: &str, params: impl rusqlite::Params) -> Result<Option<Entry>, StoreError> {
        let sql = format!(
            "select id, playlist_ref, tune_ref, completed_at is not null,
               case when scheduled_snapshot < window_end_utc then scheduled_snapshot end, window_end_utc, scheduled_snapshot
             from daily_practice_queue where not deleted and {condition}"
        );
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Entry {
                id: parse(row, 0)?,
                playlist: parse(row, 1)?,
                tune: parse(row, 2)?,
                completed: row.get(3)?,
                wish: row.get(4)?,
                day_end: parse(row, 5)?,
                latest_wish: row.get(6)?,
            })
        };
        Ok(conn.prepare_cached(&sql)?.query_row(params, read).optional()?)
    }

    /// The row of that id.
    ///
    /// Errors: it is not there any more.
    pub(super) fn of(conn: &Connection, user: UserId, id: QueueEntryId) -> Result<Entry, StoreError> {
        Entry::find(conn, "id = ?1 and user_ref = ?2", params![id.to_string(), user.to_string()])?.ok_or_else(|| {
            StoreError::NotFound("This tune is not in the queue any more. Go back to today's queue.".to_owned())
        })
    }

    /// The newest row of a tune.
    fn newest(
        conn: &Connection,
        user: UserId,
        playlist: PlaylistId,
        tune: TuneId,
    ) -> Result<Option<Entry>, StoreError> {
        Entry::find(
            conn,
            "user_ref = ?1 and playlist_ref = ?2 and tune_ref = ?3 and active order by queue_date desc limit 1",
            params![user.to_string(), playlist.to_string(), tune.to_string()],
        )
    }

    /// The tune's place in the repertoire.
    ///
    /// Errors: it has left it.
    pub(super) fn place(&self, conn: &Connection) -> Result<Row, StoreError> {
        let id = PlaylistTuneId::of(self.playlist, self.tune).to_string();
        row::read(conn, Table::PlaylistTune, &id)?.filter(|place| place["deleted"] == 0).ok_or_else(|| {
            StoreError::Invalid("This tune is not in the repertoire any more. Add it again to rate it.".to_owned())
        })
    }
}

/// One rating, to be written down.
pub(super) struct NewRating {
    pub(super) playlist: PlaylistId,
    pub(super) tune: TuneId,
    pub(super) practiced: Timestamp,
    pub(super) rating: Rating,
    pub(super) manner: Manner,
}

/// Writes a rating down: the record, the schedule, the tune's place in the repertoire, its newest queue row.
pub(super) fn record(edit: &mut Edit<'_>, new: &NewRating) -> Result<PracticeRecordId, StoreError> {
    let NewRating { playlist, tune, practiced, rating, manner } = new;
    let (playlist, tune, practiced, rating) = (*playlist, *tune, *practiced, *rating);
    let user = edit.user();
    let id = PracticeRecordId::of(playlist, tune, practiced);
    let place_id = PlaylistTuneId::of(playlist, tune);
    let mut scheduler = schedule::scheduler(edit.conn(), playlist)?;
    let before = schedule::state_by(&mut scheduler, edit.conn(), playlist, tune)?;
    let after = scheduler.rate(before.as_ref(), practiced, rating, manner);
    let columns = row! {
        "user_ref": user.to_string(), "playlist_ref": playlist.to_string(),
        "tune_ref": tune.to_string(), "practiced": practiced.to_string(), "quality": rating.quality(),
        "difficulty": f64::from(after.difficulty), "stability": f64::from(after.stability),
        "interval": after.interval_days, "repetitions": after.repetitions, "lapses": after.lapses,
        "step": after.step, "elapsed_days": after.elapsed_days, "state": after.phase as i64, "due": after.due.to_string(),
        "goal": manner.goal.stored(), "technique": manner.technique.stored(),
    };
    edit.put(Table::PracticeRecord, id, columns)?;
    schedule::recompute(edit.conn(), playlist, tune)?;

    let entry = Entry::newest(edit.conn(), user, playlist, tune)?;
    let mut columns = row! { "current": after.due.to_string() };
    if let Some(place) = row::read(edit.conn(), Table::PlaylistTune, &place_id.to_string())? {
        let wish = entry.as_ref().and_then(|entry| entry.wish.as_deref());
        if wish.is_some() && place["scheduled"].as_str() == wish {
            columns.insert("scheduled".to_owned(), Value::Null);
        }
        edit.update(Table::PlaylistTune, place_id, columns)?;
    }
    if let Some(entry) = entry {
        edit.update(Table::DailyPracticeQueue, entry.id, completion(Some((practiced, rating))))?;
    }
    Ok(id)
}

impl Store {
    /// What each of the four ratings would do to that tune in that repertoire now, practised like this (`None`: as it is set).
    pub fn preview_ratings(
        &self,
        now: Timestamp,
        playlist: PlaylistId,
        tune: TuneId,
        manner: Option<Manner>,
    ) -> Result<[RatingPreview; 4], StoreError> {
        let manner = match manner {
            Some(manner) => manner,
            None => staged::manner(&self.conn, playlist, tune)?,
        };
        let mut scheduler = schedule::scheduler(&self.conn, playlist)?;
        let state = schedule::state_by(&mut scheduler, &self.conn, playlist, tune)?;
        Ok(scheduler.preview(state.as_ref(), now, &manner))
    }

    /// Takes back the last thing done in the queue of `day`: a rating, submitted, staged or taken back, or a tune put
    /// aside. Again and again, it goes back through the day, also after a restart.
    ///
    /// Errors: there is none.
    pub fn undo(&mut self, now: Timestamp, day: LocalDay) -> Result<(), StoreError> {
        let user = self.user();
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), user)?;
            let last = queue_view::undoable(edit.conn(), user, playlist, day.date)?
                .ok_or_else(|| StoreError::Invalid("There is no rating of today to take back.".to_owned()))?;
            match last.deed {
                Deed::Rated(_, record) => {
                    edit.delete(Table::PracticeRecord, record)?;
                    reopen(edit, playlist, last.tune, day)
                }
                Deed::Staged(_) => staged::clear(edit, playlist, last.tune),
                Deed::Unstaged(_) => staged::put_back(edit, playlist, last.tune),
                Deed::Buried | Deed::Suspended | Deed::Postponed => {
                    let id = QueueEntryId::of(user, playlist, day.date, last.tune);
                    let entry = Entry::of(edit.conn(), user, id)?;
                    edit.update(Table::DailyPracticeQueue, id, row! { "active": 1, "outcome": Value::Null })?;
                    if last.deed != Deed::Buried {
                        let place = PlaylistTuneId::of(playlist, last.tune);
                        edit.update(Table::PlaylistTune, place, row! { "scheduled": entry.latest_wish })?;
                    }
                    Ok(())
                }
            }
        })
    }
}

/// Sets queue row, repertoire and schedule to what the remaining records say.
fn reopen(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId, day: LocalDay) -> Result<(), StoreError> {
    let entry_id = QueueEntryId::of(edit.user(), playlist, day.date, tune);
    let Some(entry) = Entry::find(edit.conn(), "id = ?1", [&entry_id.to_string()])? else { return Ok(()) };
    // Another device may have rated it today as well: then that rating is what the queue shows.
    let other = rating_of_day(edit.conn(), &entry, day)?;
    edit.update(Table::DailyPracticeQueue, entry_id, completion(other))?;

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

/// The newest rating of the day, of those that came after the queue was made: one of which it knew already belongs to an earlier queue
/// of the same day, and is why the tune is due again.
fn rating_of_day(conn: &Connection, entry: &Entry, day: LocalDay) -> Result<Option<(Timestamp, Rating)>, StoreError> {
    let found = conn
        .prepare_cached(
            "select practiced, quality from practice_record
             where playlist_ref = ?1 and tune_ref = ?2 and practiced >= ?3 and practiced < ?4 and not deleted
               and easiness is null and quality between 1 and 4
               and practiced > coalesce((
                 select max(known.practiced) from practice_record known
                 join daily_practice_queue q on q.latest_due_snapshot = known.due
                 where q.id = ?5 and known.playlist_ref = ?1 and known.tune_ref = ?2 and not known.deleted), '')
             order by practiced desc, id desc limit 1",
        )?
        .query_row(
            params![
                entry.playlist.to_string(),
                entry.tune.to_string(),
                day.start.to_string(),
                day.end.to_string(),
                entry.id.to_string()
            ],
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
