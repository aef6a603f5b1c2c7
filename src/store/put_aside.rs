//! What a person decides about a tune besides rating it: not today (bury), not until further notice (suspend), on that day (a wish), for that goal.

use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::practice::Entry;
use super::row;
use super::schedule::parse;
use super::schema::Table;
use super::{Store, queue, repertoires, staged};
use crate::domain::ids::{PlaylistId, PlaylistTuneId, QueueEntryId, TuneId};
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::domain::time::{CalendarDate, Timestamp, Zone};
use crate::row;

fn leave_queue(edit: &mut Edit<'_>, entry: QueueEntryId, outcome: &str) -> Result<Entry, StoreError> {
    let found = Entry::of(edit.conn(), edit.user(), entry)?;
    if found.completed {
        return Err(StoreError::Invalid("This tune is already rated today. Undo that rating first.".to_owned()));
    }
    staged::clear(edit, found.playlist, found.tune)?;
    edit.update(Table::DailyPracticeQueue, entry, row! { "active": 0, "outcome": outcome })?;
    Ok(found)
}

/// What a wish makes of a tune's row in the queue of a day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// It leaves it until further notice.
    Suspended,
    /// It leaves it for a later day, unless it is rated already: then the wish is for the time after.
    Postponed,
    /// It stays, or comes back where a wish had sent it away.
    Here,
}

/// A tune that is suspended, sent to a later day or woken leaves the queue of `date`, or comes back into it where it had left it. While it is
/// there the queue remembers the wish: what is undone there gives it back.
pub(super) fn follow_in_queue(
    edit: &mut Edit<'_>,
    playlist: PlaylistId,
    tune: TuneId,
    date: CalendarDate,
    wish: Option<Timestamp>,
    follow: Follow,
) -> Result<(), StoreError> {
    let id = QueueEntryId::of(edit.user(), playlist, date, tune);
    let Some(row) = row::read(edit.conn(), Table::DailyPracticeQueue, &id.to_string())? else { return Ok(()) };
    if row["deleted"] == 1 || !row["completed_at"].is_null() {
        return Ok(());
    }
    let active = row["active"] == 1;
    match follow {
        Follow::Suspended if active => drop(leave_queue(edit, id, "suspended")?),
        Follow::Postponed if active && !staged::is_staged(edit, playlist, tune)? => {
            drop(leave_queue(edit, id, "postponed")?);
        }
        // Away already: what it goes back to stays as it was.
        Follow::Suspended | Follow::Postponed if !active => {}
        Follow::Suspended | Follow::Postponed | Follow::Here => {
            let mut columns = row! { "scheduled_snapshot": wish.map(|at| at.to_string()) };
            if matches!(row["outcome"].as_str(), Some("suspended" | "postponed")) {
                columns.extend(row! { "active": 1, "outcome": Value::Null });
            }
            edit.update(Table::DailyPracticeQueue, id, columns)?;
        }
    }
    Ok(())
}

/// The tune's place in the current repertoire.
///
/// Errors: it has none there.
fn placed(edit: &Edit<'_>, tune: TuneId) -> Result<(PlaylistId, PlaylistTuneId), StoreError> {
    let playlist = repertoires::required(edit.conn(), edit.user())?;
    let place = PlaylistTuneId::of(playlist, tune);
    row::read(edit.conn(), Table::PlaylistTune, &place.to_string())?
        .filter(|row| row["deleted"] == 0)
        .ok_or_else(|| StoreError::NotFound("This tune is not in the repertoire any more.".to_owned()))?;
    Ok((playlist, place))
}

impl Store {
    /// Not today: the tune leaves this queue. It stays due, so it comes again tomorrow.
    pub fn bury(&mut self, now: Timestamp, entry: QueueEntryId) -> Result<(), StoreError> {
        self.edit(now, |edit| leave_queue(edit, entry, "buried").map(drop))
    }

    /// Not until further notice: the tune leaves this queue and comes into none until it is woken.
    pub fn suspend(&mut self, now: Timestamp, entry: QueueEntryId) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let entry = leave_queue(edit, entry, "suspended")?;
            let place = PlaylistTuneId::of(entry.playlist, entry.tune);
            edit.update(Table::PlaylistTune, place, row! { "scheduled": SUSPENDED.to_string() }).map(drop)
        })
    }

    /// When she wants a tune of the current repertoire to come, whatever the schedule says; `None`: as the schedule says. Either wakes a suspended
    /// tune; [`SUSPENDED`] suspends it. A tune wanted today joins today's queue, one wanted later leaves the queue she is in.
    ///
    /// Errors: the tune is not in the repertoire.
    pub fn wish(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        tune: TuneId,
        when: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let (playlist, place) = placed(edit, tune)?;
            let scheduled = when.map_or(Value::Null, |at| at.to_string().into());
            edit.update(Table::PlaylistTune, place, row! { "scheduled": scheduled })?;
            let today = zone.date_at(now);
            let shown = queue::current_date(edit.conn(), edit.user(), playlist, today)?;
            let follow = match when {
                Some(SUSPENDED) => Follow::Suspended,
                Some(at) if zone.date_at(at) > today.max(shown) => Follow::Postponed,
                _ => Follow::Here,
            };
            follow_in_queue(edit, playlist, tune, shown, when, follow)?;
            if when.is_some_and(|at| zone.date_at(at) == today) {
                queue::admit(edit, playlist, &[tune], now, zone)?;
            }
            Ok(())
        })
    }

    /// What a tune of the current repertoire is practised for from now on.
    pub fn set_goal(&mut self, now: Timestamp, tune: TuneId, goal: &Goal) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let (_, place) = placed(edit, tune)?;
            edit.update(Table::PlaylistTune, place, row! { "goal": goal.stored() }).map(drop)
        })
    }

    /// When a tune of the current repertoire was learned; `None`: not said.
    pub fn set_learned(&mut self, now: Timestamp, tune: TuneId, when: Option<Timestamp>) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let (_, place) = placed(edit, tune)?;
            let learned = when.map_or(Value::Null, |at| at.to_string().into());
            edit.update(Table::PlaylistTune, place, row! { "learned": learned }).map(drop)
        })
    }

    /// The goals to choose from: the usual ones, and those of her own that some tune is practised for.
    pub fn goals(&self) -> Result<Vec<Goal>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "select distinct goal from playlist_tune where user_ref = ?1 and not deleted and goal is not null order by lower(goal)",
        )?;
        let used = statement.query_map([self.user().to_string()], |row| parse::<String>(row, 0))?;
        let mut all = Goal::CHOICES.to_vec();
        for word in used {
            let goal = Goal::from_stored(Some(&word?));
            if !all.contains(&goal) {
                all.push(goal);
            }
        }
        Ok(all)
    }
}
