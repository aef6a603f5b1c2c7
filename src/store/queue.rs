//! The daily queue as rows. Once a day's rows exist they are the queue: made once, by whichever device is first, with ids and an
//! order that every device would have chosen.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::Row;
use super::schedule::{parse, parse_opt};
use super::schema::Table;
use super::settings::{self, QueueSettings};
use super::{Store, repertoires, sync_state, tunes};
use crate::domain::ids::{PlaylistId, QueueEntryId, TuneId, UserId};
use crate::domain::practice::{Bucket, QueueEntry, QueueView, Rating, UndoableRating};
use crate::domain::queue::{self as rules, Candidate, Planned, Window};
use crate::domain::time::{CalendarDate, LocalDay, Timestamp, Zone};
use crate::row;

/// The tunes of a repertoire, as the rules want them.
fn candidates(conn: &Connection, playlist: PlaylistId) -> Result<Vec<Candidate>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select m.tune_ref, m.scheduled, s.due
         from playlist_tune m
         join tune t on t.id = m.tune_ref and not t.deleted
         left join scheduling_state s on s.playlist_ref = m.playlist_ref and s.tune_ref = m.tune_ref
         where m.playlist_ref = ?1 and not m.deleted",
    )?;
    let rows = statement.query_map([playlist.to_string()], |row| {
        Ok(Candidate { tune: parse(row, 0)?, scheduled: parse_opt(row, 1)?, due: parse_opt(row, 2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tunes that have a row in the day's queue, and the highest place.
fn present(
    conn: &Connection,
    user: UserId,
    playlist: PlaylistId,
    date: CalendarDate,
) -> Result<(BTreeSet<TuneId>, i64), StoreError> {
    let mut statement = conn.prepare_cached(
        "select tune_ref, order_index from daily_practice_queue
         where user_ref = ?1 and playlist_ref = ?2 and queue_date = ?3 and not deleted",
    )?;
    let mut tunes = BTreeSet::new();
    let mut last = -1;
    let mut rows = statement.query(params![user.to_string(), playlist.to_string(), date.to_string()])?;
    while let Some(row) = rows.next()? {
        tunes.insert(parse(row, 0)?);
        last = last.max(row.get(1)?);
    }
    Ok((tunes, last))
}

/// Writes planned tunes behind the last place of the day's queue.
fn append(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: QueueSettings,
    after: i64,
    planned: &[Planned],
) -> Result<(), StoreError> {
    for (place, planned) in (after + 1..).zip(planned) {
        let id = QueueEntryId::of(edit.user(), playlist, window.day.date, planned.candidate.tune);
        let entry = entry_row(edit, playlist, window, settings, place, planned);
        edit.put(Table::DailyPracticeQueue, id, entry)?;
    }
    Ok(())
}

fn entry_row(
    edit: &Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: QueueSettings,
    place: i64,
    planned: &Planned,
) -> Row {
    let LocalDay { date, start, end } = window.day;
    let utc_midnight = Timestamp::from(date.to_chrono().and_time(chrono::NaiveTime::MIN).and_utc());
    let offset_minutes = (utc_midnight.micros() - start.micros()) / 60_000_000;
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    row! {
        "user_ref": edit.user().to_string(), "playlist_ref": playlist.to_string(),
        "tune_ref": planned.candidate.tune.to_string(), "mode": "per_day", "queue_date": date.to_string(),
        "window_start_utc": start.to_string(), "window_end_utc": end.to_string(),
        "bucket": planned.bucket as i64, "order_index": place,
        "snapshot_coalesced_ts": planned.coalesced.to_string(),
        "scheduled_snapshot": text(planned.candidate.scheduled), "latest_due_snapshot": text(planned.candidate.due),
        "acceptable_delinquency_window_snapshot": settings.delinquency_days,
        "tz_offset_minutes_snapshot": offset_minutes, "generated_at": edit.stamp().to_string(),
        "completed_at": Value::Null, "exposures_completed": 0, "outcome": Value::Null, "active": 1,
    }
}

/// Makes the day's queue if it has no row yet.
fn ensure(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: QueueSettings,
) -> Result<(), StoreError> {
    if present(edit.conn(), edit.user(), playlist, window.day.date)?.0.is_empty() {
        let planned = rules::generate(&candidates(edit.conn(), playlist)?, window, settings.capacity);
        append(edit, playlist, window, settings, -1, &planned)?;
    }
    Ok(())
}

/// Tunes that have just come into the repertoire join today's queue where there is one and it has room: new ones, and ones whose
/// old history makes them due.
pub(crate) fn admit(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    added: &[TuneId],
    now: Timestamp,
    zone: &impl Zone,
) -> Result<(), StoreError> {
    let settings = settings::queue_settings(edit.conn(), edit.user())?;
    let window = Window::containing(now, settings.delinquency_days, zone);
    let (present, last) = present(edit.conn(), edit.user(), playlist, window.day.date)?;
    if present.is_empty() {
        return Ok(());
    }
    let room = settings.capacity.map(|most| most.saturating_sub(present.len()));
    let mut joining = candidates(edit.conn(), playlist)?;
    joining.retain(|candidate| added.contains(&candidate.tune) && !present.contains(&candidate.tune));
    append(edit, playlist, &window, settings, last, &rules::generate(&joining, &window, room))
}

/// The day's queue as it is stored.
fn view(conn: &Connection, user: UserId, playlist: PlaylistId, day: LocalDay) -> Result<QueueView, StoreError> {
    // A tune that has left the repertoire since is shown only if it was rated.
    let sql = format!(
        "select q.id, q.tune_ref, q.bucket, q.scheduled_snapshot, q.latest_due_snapshot, s.practiced, q.completed_at, q.outcome, {}
         from daily_practice_queue q join tune t on t.id = q.tune_ref {}
         left join playlist_tune m on m.playlist_ref = q.playlist_ref and m.tune_ref = q.tune_ref
         left join scheduling_state s on s.playlist_ref = q.playlist_ref and s.tune_ref = q.tune_ref
         where q.user_ref = ?1 and q.playlist_ref = ?2 and q.queue_date = ?3 and not q.deleted and q.active
           and (q.completed_at is not null or (m.deleted = 0 and t.deleted = 0))
         order by q.order_index, q.bucket, q.snapshot_coalesced_ts, q.tune_ref",
        tunes::FIELDS,
        tunes::OVERRIDE
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![user.to_string(), playlist.to_string(), day.date.to_string()], |row| {
        // The snapshots are free text; rows of the old app write times in other ways, which then simply are not shown.
        let snapshot = |index: usize| -> rusqlite::Result<Option<Timestamp>> {
            Ok(row.get::<_, Option<String>>(index)?.and_then(|text| text.parse().ok()))
        };
        let outcome: Option<String> = row.get(7)?;
        Ok(QueueEntry {
            id: parse(row, 0)?,
            tune: parse(row, 1)?,
            fields: tunes::fields(row, 8)?,
            bucket: Bucket::from_number(row.get(2)?).unwrap_or(Bucket::DueToday),
            due: snapshot(3)?.or(snapshot(4)?),
            last_practiced: parse_opt(row, 5)?,
            completed: parse_opt(row, 6)?,
            rating: outcome.and_then(|label| Rating::ALL.into_iter().find(|r| r.label() == label)),
        })
    })?;
    let entries = rows.collect::<Result<_, _>>()?;
    Ok(QueueView { playlist, day, entries, undo: undoable(conn, user, playlist, day)? })
}

/// The last rating that a queue row of the day still stands for.
pub(crate) fn undoable(
    conn: &Connection,
    user: UserId,
    playlist: PlaylistId,
    day: LocalDay,
) -> Result<Option<UndoableRating>, StoreError> {
    let sql = format!(
        "select r.id, r.tune_ref, r.quality, {}
         from daily_practice_queue q
         join practice_record r on r.playlist_ref = q.playlist_ref and r.tune_ref = q.tune_ref and r.practiced = q.completed_at
         join tune t on t.id = r.tune_ref {}
         where q.user_ref = ?1 and q.playlist_ref = ?2 and q.queue_date = ?3 and not q.deleted
           and not r.deleted and r.easiness is null and r.quality between 1 and 4
         order by r.practiced desc, r.id desc limit 1",
        tunes::FIELDS,
        tunes::OVERRIDE
    );
    let found = conn
        .prepare_cached(&sql)?
        .query_row(params![user.to_string(), playlist.to_string(), day.date.to_string()], |row| {
            Ok(UndoableRating {
                record: parse(row, 0)?,
                tune: parse(row, 1)?,
                rating: Rating::from_quality(row.get(2)?).unwrap_or(Rating::Good),
                title: tunes::fields(row, 3)?.title.unwrap_or_default(),
            })
        })
        .optional()?;
    Ok(found)
}

impl Store {
    /// Today's queue of the current repertoire, made and stored if there is none; `None` without a repertoire. A repertoire
    /// without tunes has an empty queue, and nothing is stored: perhaps the tunes are still on their way.
    pub fn todays_queue(&mut self, now: Timestamp, zone: &impl Zone) -> Result<Option<QueueView>, StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(None) };
        let user = self.user();
        let settings = settings::queue_settings(&self.conn, user)?;
        let window = Window::containing(now, settings.delinquency_days, zone);
        if !sync_state::awaits_first_pull(&self.conn)? {
            self.edit(now, |edit| ensure(edit, playlist, &window, settings))?;
        }
        Ok(Some(view(&self.conn, user, playlist, window.day)?))
    }

    /// Puts `count` more tunes into today's queue, as many as there are: due ones, then new ones, then what falls due soonest.
    pub fn add_more(&mut self, now: Timestamp, zone: &impl Zone, count: u32) -> Result<(), StoreError> {
        if !(1..=50).contains(&count) {
            return Err(StoreError::Invalid("Ask for 1 to 50 more tunes.".to_owned()));
        }
        if sync_state::awaits_first_pull(&self.conn)? {
            return Err(StoreError::Invalid("Your tunes are still arriving. Try again in a moment.".to_owned()));
        }
        let user = self.user();
        let playlist = repertoires::required(&self.conn, user)?;
        let settings = settings::queue_settings(&self.conn, user)?;
        let window = Window::containing(now, settings.delinquency_days, zone);
        self.edit(now, |edit| {
            ensure(edit, playlist, &window, settings)?;
            let (present, last) = present(edit.conn(), user, playlist, window.day.date)?;
            let present: Vec<TuneId> = present.into_iter().collect();
            let planned = rules::more(&candidates(edit.conn(), playlist)?, &present, &window, count as usize);
            append(edit, playlist, &window, settings, last, &planned)
        })
    }
}
