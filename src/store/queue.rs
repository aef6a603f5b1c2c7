//! The daily queue as rows. Once a day's rows exist they are the queue: made once, by whichever device is first, with ids and an
//! order that every device would have chosen.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schedule::{parse, parse_opt};
use super::schema::Table;
use super::staged::Staging;
use super::{Store, queue_view, repertoires, settings, staged, sync_state};
use crate::domain::ids::{PlaylistId, QueueEntryId, TuneId, UserId};
use crate::domain::practice::QueueView;
use crate::domain::practice_days::{DayPlan, PracticeDays, monday};
use crate::domain::queue::{self as rules, Candidate, Planned, Window};
use crate::domain::time::{CalendarDate, LocalDay, Timestamp, Zone};
use crate::row;

/// The tunes of a repertoire, as the rules want them.
pub(super) fn candidates(conn: &Connection, playlist: PlaylistId) -> Result<Vec<Candidate>, StoreError> {
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
pub(super) fn present(
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

/// The day whose queue she is in the middle of: today where its queue is written down, else the newest day that has one, else today. West of
/// where she was yesterday the newest may bear tomorrow's date; it stays until she asks for today's, and today's stays then.
pub(super) fn current_date(
    conn: &Connection,
    user: UserId,
    playlist: PlaylistId,
    today: CalendarDate,
) -> Result<CalendarDate, StoreError> {
    if !present(conn, user, playlist, today)?.0.is_empty() {
        return Ok(today);
    }
    Ok(queue_view::newest_day(conn, user, playlist, today.plus_days(1))?.unwrap_or(today))
}

/// Writes planned tunes behind the last place of the day's queue.
fn append(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: &PracticeDays,
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
    settings: &PracticeDays,
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

/// What `date` brings by her own rules. On how many days of that week she has practised is read from the queues: they are the same on every device,
/// whatever zone it is in.
pub(super) fn plan(
    conn: &Connection,
    user: UserId,
    settings: &PracticeDays,
    date: CalendarDate,
) -> Result<DayPlan, StoreError> {
    let first = monday(date);
    let practised: u32 = conn
        .prepare_cached(
            "select count(distinct queue_date) from daily_practice_queue
             where user_ref = ?1 and queue_date >= ?2 and queue_date < ?3 and queue_date <> ?4
               and completed_at is not null and not deleted",
        )?
        .query_row(
            params![user.to_string(), first.to_string(), first.plus_days(7).to_string(), date.to_string()],
            |row| row.get(0),
        )?;
    Ok(settings.plan(date, practised))
}

/// Makes the day's queue if it has no row yet.
fn ensure(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: &PracticeDays,
) -> Result<(), StoreError> {
    if present(edit.conn(), edit.user(), playlist, window.day.date)?.0.is_empty() {
        let plan = plan(edit.conn(), edit.user(), settings, window.day.date)?;
        let planned = rules::for_day(&candidates(edit.conn(), playlist)?, window, &plan);
        append(edit, playlist, window, settings, -1, &planned)?;
    }
    Ok(())
}

/// Tunes that have just come into the repertoire, or that she wants to play today, join today's queue where there is one and it has room:
/// new ones, and ones that are due.
pub(crate) fn admit(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    added: &[TuneId],
    now: Timestamp,
    zone: &impl Zone,
) -> Result<(), StoreError> {
    let settings = settings::practice_days(edit.conn(), edit.user())?;
    let window = Window::containing(now, settings.delinquency_days, zone);
    let (present, last) = present(edit.conn(), edit.user(), playlist, window.day.date)?;
    if present.is_empty() {
        return Ok(());
    }
    let most = plan(edit.conn(), edit.user(), &settings, window.day.date)?.most;
    let room = most.map(|most| most.saturating_sub(present.len()));
    let mut joining = candidates(edit.conn(), playlist)?;
    joining.retain(|candidate| added.contains(&candidate.tune) && !present.contains(&candidate.tune));
    append(edit, playlist, &window, &settings, last, &rules::generate(&joining, &window, room))
}

/// Drops what is not rated yet from the day's queue, and plans anew: for a day whose rules or tunes have changed since.
fn renew(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    window: &Window,
    settings: &PracticeDays,
) -> Result<(), StoreError> {
    let user = edit.user();
    let open = row::select(
        edit.conn(),
        Table::DailyPracticeQueue,
        "user_ref = ?1 and playlist_ref = ?2 and queue_date = ?3 and not deleted and active and completed_at is null
           and not exists (select 1 from table_transient_data s where s.user_id = user_ref and s.playlist_id = playlist_ref
                           and s.tune_id = tune_ref and s.recall_eval is not null and not s.deleted)",
        params![user.to_string(), playlist.to_string(), window.day.date.to_string()],
    )?;
    for row in open {
        edit.delete(Table::DailyPracticeQueue, row["id"].as_str().unwrap_or_default())?;
    }
    let (present, last) = present(edit.conn(), user, playlist, window.day.date)?;
    let mut plan = plan(edit.conn(), user, settings, window.day.date)?;
    plan.most = plan.most.map(|most| most.saturating_sub(present.len()));
    plan.least = plan.least.saturating_sub(present.len());
    let mut rest = candidates(edit.conn(), playlist)?;
    rest.retain(|candidate| !present.contains(&candidate.tune));
    if plan.most != Some(0) {
        append(edit, playlist, window, settings, last, &rules::for_day(&rest, window, &plan))?;
    }
    Ok(())
}

impl Store {
    /// Today's queue of the current repertoire, made and stored if there is none; `None` without a repertoire. A repertoire
    /// without tunes has an empty queue, and nothing is stored: perhaps the tunes are still on their way.
    pub fn todays_queue(&mut self, now: Timestamp, zone: &impl Zone) -> Result<Option<QueueView>, StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(None) };
        let settings = settings::practice_days(&self.conn, self.user())?;
        let window = Window::containing(now, settings.delinquency_days, zone);
        if !sync_state::awaits_first_pull(&*self.seen()?)? {
            self.edit(now, |edit| ensure(edit, playlist, &window, &settings))?;
        }
        self.view(playlist, window.day).map(Some)
    }

    /// The queue she is in the middle of: the newest that is stored, or today's, made if there is none at all. A day that has ended keeps its
    /// queue until she asks for a new one.
    pub fn current_queue(&mut self, now: Timestamp, zone: &impl Zone) -> Result<Option<QueueView>, StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(None) };
        let today = LocalDay::containing(now, zone);
        let date = current_date(&self.conn, self.user(), playlist, today.date)?;
        if date != today.date {
            let view = self.view(playlist, LocalDay::of(date, zone))?;
            return if view.entries.is_empty() { self.todays_queue(now, zone) } else { Ok(Some(view)) };
        }
        if !sync_state::awaits_first_pull(&*self.seen()?)? {
            // Today's queue may have come from another device while an older one was kept here: what was chosen there keeps its promise.
            let left = Staging::Outside { date, before: Some(today.start) };
            self.edit(now, |edit| staged::submit_all(edit, playlist, left).map(drop))?;
        }
        self.todays_queue(now, zone)
    }

    /// Submits what is staged and makes today's queue: the button of a new day.
    pub fn new_queue(&mut self, now: Timestamp, zone: &impl Zone) -> Result<Option<QueueView>, StoreError> {
        if let Some(playlist) = self.current_repertoire()? {
            self.edit(now, |edit| staged::submit_all(edit, playlist, Staging::All).map(drop))?;
        }
        self.todays_queue(now, zone)
    }

    /// Plans today anew; what is rated stays. From a queue of another day it is the way to today's: what is staged there is submitted.
    pub fn renew_queue(&mut self, now: Timestamp, zone: &impl Zone) -> Result<Option<QueueView>, StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(None) };
        let settings = settings::practice_days(&self.conn, self.user())?;
        let window = Window::containing(now, settings.delinquency_days, zone);
        if !sync_state::awaits_first_pull(&*self.seen()?)? {
            self.edit(now, |edit| {
                staged::submit_all(edit, playlist, Staging::Outside { date: window.day.date, before: None })?;
                renew(edit, playlist, &window, &settings)
            })?;
        }
        self.view(playlist, window.day).map(Some)
    }

    /// The queue of any day: as it was, or, for a day to come, what it would bring if all of today is played.
    pub fn queue_of(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        date: CalendarDate,
    ) -> Result<Option<QueueView>, StoreError> {
        let today = zone.date_at(now);
        if date == today {
            return self.todays_queue(now, zone);
        }
        let Some(playlist) = self.current_repertoire()? else { return Ok(None) };
        let view = self.view(playlist, LocalDay::of(date, zone))?;
        if view.stored || date < today {
            return Ok(Some(view));
        }
        let user = self.user();
        let settings = settings::practice_days(&self.conn, user)?;
        let window = Window::of(date, settings.delinquency_days, zone);
        let plan = plan(&self.conn, user, &settings, date)?;
        let (busy, _) = present(&self.conn, user, playlist, today)?;
        let mut rest = candidates(&self.conn, playlist)?;
        rest.retain(|candidate| !busy.contains(&candidate.tune));
        self.outlook(playlist, window.day, &rules::for_day(&rest, &window, &plan)).map(Some)
    }

    /// Puts `count` more tunes into the queue of `date`, as many as there are: due ones, then new ones, then what falls due soonest. Today's queue
    /// is made for it if there is none; of other days only the one she is in the middle of gets more, and it stays the one she is in.
    pub fn add_more(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        date: CalendarDate,
        count: u32,
    ) -> Result<(), StoreError> {
        if !(1..=50).contains(&count) {
            return Err(StoreError::Invalid("Ask for 1 to 50 more tunes.".to_owned()));
        }
        if sync_state::awaits_first_pull(&*self.seen()?)? {
            return Err(StoreError::Invalid("Your tunes are still arriving. Try again in a moment.".to_owned()));
        }
        let user = self.user();
        let playlist = repertoires::required(&self.conn, user)?;
        let today = zone.date_at(now);
        if date != today && current_date(&self.conn, user, playlist, today)? != date {
            let words = "More tunes go into today's queue, or the one you are in the middle of.";
            return Err(StoreError::Invalid(words.to_owned()));
        }
        let settings = settings::practice_days(&self.conn, user)?;
        // What is overdue is overdue now, whatever day the queue bears.
        let window = Window::containing(now, settings.delinquency_days, zone);
        let into = Window::of(date, settings.delinquency_days, zone);
        self.edit(now, |edit| {
            if date == today {
                staged::submit_all(edit, playlist, Staging::Outside { date, before: None })?;
                ensure(edit, playlist, &window, &settings)?;
            }
            let (present, last) = present(edit.conn(), user, playlist, date)?;
            let present: Vec<TuneId> = present.into_iter().collect();
            let planned = rules::more(&candidates(edit.conn(), playlist)?, &present, &window, count as usize);
            append(edit, playlist, &into, &settings, last, &planned)
        })
    }
}
