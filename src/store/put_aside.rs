//! What a person decides about a tune besides rating it: not today (bury), not until further notice (suspend), on that day (a wish), for that goal.

use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::practice::Entry;
use super::row;
use super::schema::Table;
use super::{Store, queue, repertoires, staged};
use crate::domain::ids::{PlaylistTuneId, QueueEntryId, TuneId};
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::domain::time::{Timestamp, Zone};
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

    /// When she wants a tune of the current repertoire to come, whatever the schedule says; `None`: as the schedule says (this wakes a suspended
    /// tune, too). A tune wanted today joins today's queue.
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
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            let place = PlaylistTuneId::of(playlist, tune);
            row::read(edit.conn(), Table::PlaylistTune, &place.to_string())?
                .filter(|row| row["deleted"] == 0)
                .ok_or_else(|| StoreError::NotFound("This tune is not in the repertoire any more.".to_owned()))?;
            let scheduled = when.map_or(Value::Null, |at| at.to_string().into());
            edit.update(Table::PlaylistTune, place, row! { "scheduled": scheduled })?;
            if when.is_some_and(|at| zone.date_at(at) == zone.date_at(now)) {
                queue::admit(edit, playlist, &[tune], now, zone)?;
            }
            Ok(())
        })
    }

    /// What a tune of the current repertoire is practised for from now on.
    pub fn set_goal(&mut self, now: Timestamp, tune: TuneId, goal: &Goal) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            let place = PlaylistTuneId::of(playlist, tune);
            edit.update(Table::PlaylistTune, place, row! { "goal": goal.stored() }).map(drop)
        })
    }
}
