//! Staged evaluations (`table_transient_data`): chosen, not yet submitted. They travel, so that what is chosen on the phone can be submitted on the
//! laptop. Submitting makes each a practice record of the instant at which it was chosen: two devices that submit the same one make the same record.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::practice::{self, Entry, NewRating};
use super::row::{self, Row};
use super::schedule;
use super::schema::Table;
use super::{Store, repertoires};
use crate::domain::ids::{PlaylistId, PracticeRecordId, QueueEntryId, TuneId, UserId, natural_id};
use crate::domain::practice::Rating;
use crate::domain::scheduling::{Goal, Manner, Technique};
use crate::domain::time::{CalendarDate, DAY_MICROS, Timestamp};
use crate::row;

const SECOND: i64 = DAY_MICROS / 86_400;

/// The row of a tune, a tombstone included.
fn found(conn: &Connection, user: UserId, playlist: PlaylistId, tune: TuneId) -> Result<Option<Row>, StoreError> {
    let key = params![user.to_string(), playlist.to_string(), tune.to_string()];
    let rows = row::select(conn, Table::TableTransientData, "user_id = ?1 and playlist_id = ?2 and tune_id = ?3", key)?;
    Ok(rows.into_iter().next())
}

fn live(row: Option<Row>) -> Option<Row> {
    row.filter(|row| row["deleted"] == 0 && row["recall_eval"].is_string())
}

/// How a tune is practised: its goal, and the technique of what is staged or else of the last time.
pub(super) fn manner(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Manner, StoreError> {
    let found = conn
        .prepare_cached(
            "select m.goal, coalesce(
               (select e.technique from table_transient_data e where e.user_id = m.user_ref and e.playlist_id = m.playlist_ref
                  and e.tune_id = m.tune_ref and not e.deleted and e.recall_eval is not null),
               (select r.technique from practice_record r where r.playlist_ref = m.playlist_ref and r.tune_ref = m.tune_ref
                  and not r.deleted order by r.practiced desc, r.id desc limit 1))
             from playlist_tune m where m.playlist_ref = ?1 and m.tune_ref = ?2",
        )?
        .query_row([playlist.to_string(), tune.to_string()], |row| schedule::manner(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Drops a choice; a note kept in the same row stays.
pub(super) fn clear(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    let Some(row) = live(found(edit.conn(), edit.user(), playlist, tune)?) else { return Ok(()) };
    let id = row["id"].as_str().unwrap_or_default().to_owned();
    if row["note_private"].is_null() && row["note_public"].is_null() {
        edit.delete(Table::TableTransientData, id)?;
        return Ok(());
    }
    let names = [
        "recall_eval",
        "practiced",
        "quality",
        "difficulty",
        "stability",
        "interval",
        "step",
        "repetitions",
        "due",
        "goal",
        "technique",
    ];
    let columns = names.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    edit.update(Table::TableTransientData, id, columns)?;
    Ok(())
}

/// Takes a choice back by her own hand. What it was stays written in the row, for she may want it again.
fn take_back(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    let Some(row) = live(found(edit.conn(), edit.user(), playlist, tune)?) else { return Ok(()) };
    let text = |column: &str| row[column].as_str().unwrap_or_default();
    // Other apps may not say when, or not in numbers.
    let practiced = if row["practiced"].is_null() { text("last_modified_at") } else { text("practiced") };
    let quality = Rating::from_stored(text("recall_eval")).map(Rating::quality);
    let columns = row! { "recall_eval": Value::Null, "quality": quality, "practiced": practiced };
    edit.update(Table::TableTransientData, text("id"), columns)?;
    Ok(())
}

/// Gives it back.
pub(super) fn put_back(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    let Some(row) = found(edit.conn(), edit.user(), playlist, tune)? else { return Ok(()) };
    let Some(rating) = row["quality"].as_i64().and_then(Rating::from_quality) else { return Ok(()) };
    let id = row["id"].as_str().unwrap_or_default().to_owned();
    edit.update(Table::TableTransientData, id, row! { "recall_eval": rating.stored() })?;
    Ok(())
}

/// Is a choice staged for the tune?
pub(super) fn is_staged(edit: &Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<bool, StoreError> {
    Ok(live(found(edit.conn(), edit.user(), playlist, tune)?).is_some())
}

/// Makes a choice a practice record. `None` if it had been submitted elsewhere already.
fn submit_row(edit: &mut Edit<'_>, row: &Row) -> Result<Option<PracticeRecordId>, StoreError> {
    let text = |column: &str| row[column].as_str().unwrap_or_default();
    let unreadable = || StoreError::Invalid("An evaluation cannot be read: choose it again.".to_owned());
    let playlist: PlaylistId = text("playlist_id").parse().map_err(|_| unreadable())?;
    let tune: TuneId = text("tune_id").parse().map_err(|_| unreadable())?;
    let rating = Rating::from_stored(text("recall_eval")).ok_or_else(unreadable)?;
    // Other apps may not say when.
    let mut practiced: Timestamp =
        text("practiced").parse().or_else(|_| text("last_modified_at").parse()).map_err(|_| unreadable())?;
    let goal = row["goal"].as_str();
    let manner = Manner { goal: Goal::from_stored(goal), technique: Technique::from_stored(row["technique"].as_str()) };
    clear(edit, playlist, tune)?;
    for _ in 0..60 {
        let id = PracticeRecordId::of(playlist, tune, practiced);
        match row::read(edit.conn(), Table::PracticeRecord, &id.to_string())? {
            None if !taken(edit.conn(), playlist, tune, practiced)? => {
                let new = NewRating { playlist, tune, practiced, rating, manner };
                return practice::record(edit, &new).map(Some);
            }
            Some(there) if there["deleted"] == 0 && there["quality"] == rating.quality() => return Ok(None),
            _ => practiced = practiced.plus_micros(SECOND),
        }
    }
    Err(unreadable())
}

/// Is there a record of that instant under another id (of the old app)?
fn taken(conn: &Connection, playlist: PlaylistId, tune: TuneId, practiced: Timestamp) -> Result<bool, StoreError> {
    let sql =
        "select exists (select 1 from practice_record where playlist_ref = ?1 and tune_ref = ?2 and practiced = ?3)";
    let key = params![playlist.to_string(), tune.to_string(), practiced.to_string()];
    Ok(conn.prepare_cached(sql)?.query_row(key, |row| row.get(0))?)
}

/// Which of the staged choices of a repertoire. Beyond a day's own queue, what an older app left without saying when it was chosen is left out:
/// nobody knows of which day it speaks.
#[derive(Clone, Copy)]
pub(super) enum Staging {
    /// For tunes of that day's queue.
    Of(CalendarDate),
    /// For tunes that are not in that day's queue, and so out of sight; only those chosen `before`, if that is said.
    Outside { date: CalendarDate, before: Option<Timestamp> },
    /// Whatever was forgotten.
    All,
}

/// Submits what is staged in a repertoire, in the order of choosing; how many there were.
pub(super) fn submit_all(edit: &mut Edit<'_>, playlist: PlaylistId, which: Staging) -> Result<u32, StoreError> {
    let (which, date, before) = match which {
        Staging::Of(date) => ("of", Some(date), None),
        Staging::Outside { date, before } => ("outside", Some(date), before),
        Staging::All => ("all", None, None),
    };
    let rows = row::select(
        edit.conn(),
        Table::TableTransientData,
        "user_id = ?1 and playlist_id = ?2 and not deleted and recall_eval in ('again', 'hard', 'good', 'easy')
           and case when ?3 = 'all' then practiced is not null
                    when exists (select 1 from daily_practice_queue q where q.user_ref = user_id and q.playlist_ref = playlist_id
                                 and q.tune_ref = tune_id and q.queue_date = ?4 and q.active and not q.deleted) then ?3 = 'of'
                    else ?3 = 'outside' and practiced < coalesce(?5, '~') end
         order by coalesce(practiced, last_modified_at), tune_id",
        params![
            edit.user().to_string(),
            playlist.to_string(),
            which,
            date.map(|date| date.to_string()),
            before.map(|at| at.to_string())
        ],
    )?;
    for row in &rows {
        submit_row(edit, row)?;
    }
    Ok(rows.len() as u32)
}

impl Store {
    /// Chooses how it went, to be submitted later; what was chosen before is overwritten. `repeat`: the tune came once more on this day
    /// (a learning step); what was chosen the first time is submitted.
    ///
    /// Errors: the row does not exist, is already submitted, or its tune has left the repertoire.
    pub fn stage(
        &mut self,
        now: Timestamp,
        entry: QueueEntryId,
        rating: Rating,
        technique: Option<Technique>,
        repeat: bool,
    ) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let user = edit.user();
            let entry = Entry::of(edit.conn(), user, entry)?;
            entry.place(edit.conn())?;
            let Entry { playlist, tune, .. } = entry;
            let before = live(found(edit.conn(), user, playlist, tune)?);
            if repeat {
                if let Some(row) = &before {
                    submit_row(edit, row)?;
                }
            } else if entry.completed && before.is_none() {
                return Err(StoreError::Invalid(
                    "This tune is already rated today. Undo that rating first.".to_owned(),
                ));
            }
            let mut manner = manner(edit.conn(), playlist, tune)?;
            if let Some(technique) = technique {
                manner.technique = technique;
            }
            let practiced = edit.stamp();
            let mut scheduler = schedule::scheduler(edit.conn(), playlist)?;
            let state = schedule::state_by(&mut scheduler, edit.conn(), playlist, tune)?;
            if repeat && state.is_none_or(|state| state.due >= entry.day_end) {
                return Err(StoreError::Invalid("This tune does not come again today.".to_owned()));
            }
            let next = scheduler.rate(state.as_ref(), practiced, rating, &manner);
            let columns = row! {
                "user_id": user.to_string(), "tune_id": tune.to_string(), "playlist_id": playlist.to_string(),
                "recall_eval": rating.stored(), "quality": rating.quality(), "practiced": practiced.to_string(),
                "due": next.due.to_string(), "interval": next.interval_days, "stability": f64::from(next.stability),
                "difficulty": f64::from(next.difficulty), "repetitions": next.repetitions, "step": next.step,
                "state": next.phase as i64, "goal": manner.goal.stored(), "technique": manner.technique.stored(),
            };
            let there = found(edit.conn(), user, playlist, tune)?;
            let id = there.and_then(|row| row["id"].as_str().map(str::to_owned)).or_else(|| {
                let key = [&*user.to_string(), &*tune.to_string(), &*playlist.to_string()];
                natural_id(Table::TableTransientData.name(), &key).map(|id| id.to_string())
            });
            edit.put(Table::TableTransientData, id.unwrap_or_default(), columns)
        })
    }

    /// Takes the choice for the tune of a queue row back; [`Store::undo`] gives it back.
    pub fn unstage(&mut self, now: Timestamp, entry: QueueEntryId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let entry = Entry::of(edit.conn(), edit.user(), entry)?;
            take_back(edit, entry.playlist, entry.tune)
        })
    }

    /// Submits what is staged in the queue of that day, in the current repertoire; how many there were.
    pub fn submit(&mut self, now: Timestamp, date: CalendarDate) -> Result<u32, StoreError> {
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            submit_all(edit, playlist, Staging::Of(date))
        })
    }
}
