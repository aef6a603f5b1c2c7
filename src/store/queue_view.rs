//! A day's queue as it is shown: its rows with what is staged, where each tune stands, and what can be taken back.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::queue;
use super::schedule::{self, parse, parse_opt};
use super::{Store, settings, tunes};
use crate::domain::ids::{PlaylistId, QueueEntryId, UserId};
use crate::domain::practice::{Bucket, Deed, Memory, QueueDay, QueueEntry, QueueView, Rating, Staged, Undoable};
use crate::domain::queue::{Planned, SUSPENDED};
use crate::domain::scheduling::Technique;
use crate::domain::time::{CalendarDate, LocalDay, Timestamp};

/// What is known of a tune's standing, for rows and for days to come.
const STANDING: &str = "s.practiced, s.due, s.stability, s.difficulty, s.repetitions, s.lapses, m.scheduled, m.goal,
    (select r.technique from practice_record r where r.playlist_ref = m.playlist_ref and r.tune_ref = m.tune_ref and not r.deleted
     order by r.practiced desc, r.id desc limit 1),
    e.recall_eval, e.practiced, e.due, e.\"interval\", e.stability, e.difficulty, e.technique, e.last_modified_at";
const STANDING_COLUMNS: usize = 17;
const STANDING_JOINS: &str = "left join scheduling_state s on s.playlist_ref = m.playlist_ref and s.tune_ref = m.tune_ref
    left join table_transient_data e on e.user_id = m.user_ref and e.playlist_id = m.playlist_ref and e.tune_id = m.tune_ref
      and not e.deleted and e.recall_eval is not null";

/// An entry from the columns of [`STANDING`] that begin at `first`, with the tune's fields behind them.
fn standing(row: &rusqlite::Row<'_>, first: usize, mut entry: QueueEntry) -> rusqlite::Result<QueueEntry> {
    let at = |offset: usize| first + offset;
    entry.last_practiced = parse_opt(row, at(0))?;
    entry.memory = match parse_opt(row, at(1))? {
        None => None,
        Some(due) => Some(Memory {
            due,
            stability: row.get(at(2))?,
            difficulty: row.get(at(3))?,
            repetitions: row.get(at(4))?,
            lapses: row.get(at(5))?,
        }),
    };
    entry.scheduled = parse_opt(row, at(6))?;
    entry.manner = schedule::manner(row, at(7))?;
    let choice: Option<String> = row.get(at(9))?;
    if let Some(rating) = choice.as_deref().and_then(Rating::from_stored) {
        // Other apps may leave out what follows from the choice.
        let practiced = match parse_opt(row, at(10))? {
            Some(practiced) => practiced,
            None => parse(row, at(16))?,
        };
        let interval: Option<u32> = row.get(at(12))?;
        entry.staged = Some(Staged {
            rating,
            practiced,
            due: parse_opt(row, at(11))?.unwrap_or(practiced.plus_days(i64::from(interval.unwrap_or(1)))),
            interval_days: interval.unwrap_or(1),
            stability: row.get::<_, Option<f32>>(at(13))?.unwrap_or_default(),
            difficulty: row.get::<_, Option<f32>>(at(14))?.unwrap_or_default(),
        });
        entry.manner.technique = Technique::from_stored(row.get_ref(at(15))?.as_str_or_null()?);
    }
    entry.fields = tunes::fields(row, at(STANDING_COLUMNS))?;
    Ok(entry)
}

impl Store {
    /// The day's queue as it is stored.
    pub(super) fn view(&self, playlist: PlaylistId, day: LocalDay) -> Result<QueueView, StoreError> {
        let user = self.user();
        // A tune that has left the repertoire since is shown only if it was rated; one that was put aside in another queue, only with a choice.
        let sql = format!(
            "select q.id, q.tune_ref, q.bucket, q.scheduled_snapshot, q.latest_due_snapshot, q.completed_at, q.outcome, {STANDING}, {}
             from daily_practice_queue q join tune t on t.id = q.tune_ref {}
             left join playlist_tune m on m.playlist_ref = q.playlist_ref and m.tune_ref = q.tune_ref {STANDING_JOINS}
             where q.user_ref = ?1 and q.playlist_ref = ?2 and q.queue_date = ?3 and not q.deleted and q.active
               and (q.completed_at is not null
                    or (m.deleted = 0 and t.deleted = 0 and (m.scheduled is not ?4 or e.recall_eval is not null)))
             order by q.order_index, q.bucket, q.snapshot_coalesced_ts, q.tune_ref",
            tunes::FIELDS,
            tunes::OVERRIDE
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(
            params![user.to_string(), playlist.to_string(), day.date.to_string(), SUSPENDED.to_string()],
            |row| {
                // The snapshots are free text; rows of the old app write times in other ways, which then simply are not shown.
                let snapshot = |index: usize| -> rusqlite::Result<Option<Timestamp>> {
                    Ok(row.get::<_, Option<String>>(index)?.and_then(|text| text.parse().ok()))
                };
                let outcome: Option<String> = row.get(6)?;
                let bucket = Bucket::from_number(row.get(2)?).unwrap_or(Bucket::DueToday);
                let entry = QueueEntry {
                    due: snapshot(3)?.or(snapshot(4)?),
                    completed: parse_opt(row, 5)?,
                    rating: outcome.and_then(|label| Rating::ALL.into_iter().find(|r| r.label() == label)),
                    ..QueueEntry::new(parse(row, 0)?, parse(row, 1)?, bucket)
                };
                standing(row, 7, entry)
            },
        )?;
        let entries: Vec<QueueEntry> = rows.collect::<Result<_, _>>()?;
        let stored = !queue::present(&self.conn, user, playlist, day.date)?.0.is_empty();
        let free = if stored {
            None
        } else {
            queue::plan(&self.conn, user, &settings::practice_days(&self.conn, user)?, day.date)?.free
        };
        let undo = undoable(&self.conn, user, playlist, day.date)?;
        let more = more(&self.conn, user, playlist, day.date)?;
        Ok(QueueView { playlist, day, entries, undo, stored, free, more })
    }

    /// A day that is not written down, as it would be.
    pub(super) fn outlook(
        &self,
        playlist: PlaylistId,
        day: LocalDay,
        planned: &[Planned],
    ) -> Result<QueueView, StoreError> {
        let user = self.user();
        let sql = format!(
            "select {STANDING}, {} from playlist_tune m join tune t on t.id = m.tune_ref {} {STANDING_JOINS}
             where m.user_ref = ?1 and m.playlist_ref = ?2 and m.tune_ref = ?3",
            tunes::FIELDS,
            tunes::OVERRIDE
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut entries = Vec::with_capacity(planned.len());
        for planned in planned {
            let tune = planned.candidate.tune;
            let id = QueueEntryId::of(user, playlist, day.date, tune);
            let entry = QueueEntry { due: planned.candidate.coalesced(), ..QueueEntry::new(id, tune, planned.bucket) };
            let key = params![user.to_string(), playlist.to_string(), tune.to_string()];
            entries.push(statement.query_row(key, |row| standing(row, 0, entry))?);
        }
        let settings = settings::practice_days(&self.conn, user)?;
        let free = queue::plan(&self.conn, user, &settings, day.date)?.free;
        // To a day to come nothing is added.
        Ok(QueueView { playlist, day, entries, undo: None, stored: false, free, more: false })
    }

    /// The days that have a queue in the current repertoire, newest first.
    pub fn queue_days(&self, offset: u32, limit: u32) -> Result<Vec<QueueDay>, StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(Vec::new()) };
        let mut statement = self.conn.prepare_cached(
            "select queue_date, count(*), count(completed_at) from daily_practice_queue
             where user_ref = ?1 and playlist_ref = ?2 and active and not deleted
             group by queue_date order by queue_date desc limit ?3 offset ?4",
        )?;
        let rows = statement
            .query_map(params![self.user().to_string(), playlist.to_string(), limit, offset], |row| {
                Ok(QueueDay { date: parse(row, 0)?, tunes: row.get(1)?, rated: row.get(2)? })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Does the repertoire have tunes that are not in the day's queue, and not put aside?
fn more(conn: &Connection, user: UserId, playlist: PlaylistId, date: CalendarDate) -> Result<bool, StoreError> {
    let sql = "select exists (
                 select 1 from playlist_tune m join tune t on t.id = m.tune_ref and not t.deleted
                 where m.playlist_ref = ?2 and not m.deleted and m.scheduled is not ?4 and m.tune_ref not in (
                   select tune_ref from daily_practice_queue
                   where user_ref = ?1 and playlist_ref = ?2 and queue_date = ?3 and not deleted))";
    let key = params![user.to_string(), playlist.to_string(), date.to_string(), SUSPENDED.to_string()];
    Ok(conn.prepare_cached(sql)?.query_row(key, |row| row.get(0))?)
}

/// The newest day up to `last` that has a queue.
pub(super) fn newest_day(
    conn: &Connection,
    user: UserId,
    playlist: PlaylistId,
    last: CalendarDate,
) -> Result<Option<CalendarDate>, StoreError> {
    let sql = "select max(queue_date) from daily_practice_queue
               where user_ref = ?1 and playlist_ref = ?2 and queue_date <= ?3 and active and not deleted";
    let key = params![user.to_string(), playlist.to_string(), last.to_string()];
    Ok(conn.prepare_cached(sql)?.query_row(key, |row| parse_opt(row, 0))?)
}

/// The last thing done to a tune of the day's queue: rated, staged, taken back, or put aside. Read from the rows themselves, so it survives a restart and is
/// the same on every device.
pub(super) fn undoable(
    conn: &Connection,
    user: UserId,
    playlist: PlaylistId,
    date: CalendarDate,
) -> Result<Option<Undoable>, StoreError> {
    let sql = format!(
        "with mine as (
           select id, tune_ref, completed_at, active, outcome, generated_at, last_modified_at from daily_practice_queue
           where user_ref = ?1 and playlist_ref = ?2 and queue_date = ?3 and not deleted),
         deed as (
           select r.practiced as at, r.id as id, 'rated' as kind, r.quality as quality, r.tune_ref as tune
           from mine q join practice_record r on r.playlist_ref = ?2 and r.tune_ref = q.tune_ref and r.practiced = q.completed_at
           where not r.deleted and r.easiness is null and r.quality between 1 and 4
           union all
           select coalesce(e.practiced, e.last_modified_at), e.id, e.recall_eval, 0, e.tune_id
           from mine q join table_transient_data e on e.user_id = ?1 and e.playlist_id = ?2 and e.tune_id = q.tune_ref
           where not e.deleted and e.recall_eval in ('again', 'hard', 'good', 'easy')
           union all
           select e.last_modified_at, e.id, 'unstaged', e.quality, e.tune_id
           from mine q join table_transient_data e on e.user_id = ?1 and e.playlist_id = ?2 and e.tune_id = q.tune_ref
           where not e.deleted and e.recall_eval is null and e.practiced is not null and e.quality between 1 and 4
             and e.last_modified_at >= q.generated_at
           union all
           select last_modified_at, id, outcome, 0, tune_ref from mine
           where not active and outcome in ('buried', 'suspended', 'postponed'))
         select d.at, d.id, d.kind, d.quality, d.tune, {} from deed d join tune t on t.id = d.tune
         {}
         order by d.at desc, d.id desc limit 1",
        tunes::FIELDS,
        tunes::OVERRIDE
    );
    let found = conn
        .prepare_cached(&sql)?
        .query_row(params![user.to_string(), playlist.to_string(), date.to_string()], |row| {
            let kind: String = row.get(2)?;
            let deed = match kind.as_str() {
                "buried" => Deed::Buried,
                "suspended" => Deed::Suspended,
                "postponed" => Deed::Postponed,
                "unstaged" => Deed::Unstaged(Rating::from_quality(row.get(3)?).unwrap_or(Rating::Good)),
                "rated" => Deed::Rated(Rating::from_quality(row.get(3)?).unwrap_or(Rating::Good), parse(row, 1)?),
                word => Deed::Staged(Rating::from_stored(word).unwrap_or(Rating::Good)),
            };
            let title = tunes::fields(row, 5)?.title.unwrap_or_default();
            Ok(Undoable { at: parse(row, 0)?, tune: parse(row, 4)?, title, deed })
        })
        .optional()?;
    Ok(found)
}
