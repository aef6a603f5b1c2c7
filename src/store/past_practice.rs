//! Practice that was not rated in the queue: written down later, with its date, and struck out again.

use super::edit::Edit;
use super::error::StoreError;
use super::row;
use super::schema::Table;
use super::{Store, repertoires, schedule, search, staged};
use crate::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, TuneId};
use crate::domain::practice::Rating;
use crate::domain::time::{CalendarDate, DAY_MICROS, LocalDay, Timestamp, Zone};
use crate::row;

/// Sets schedule and place to what the records say.
fn follow(edit: &mut Edit<'_>, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    schedule::recompute(edit.conn(), playlist, tune)?;
    let state = schedule::state(edit.conn(), playlist, tune)?;
    let place = PlaylistTuneId::of(playlist, tune);
    if row::read(edit.conn(), Table::PlaylistTune, &place.to_string())?.is_some() {
        edit.update(Table::PlaylistTune, place, row! { "current": state.map(|s| s.due.to_string()) })?;
    }
    Ok(())
}

impl Store {
    /// Writes down that a tune of the current repertoire was played on an earlier day.
    ///
    /// Errors: a day of the future, a tune that is not in the repertoire.
    pub fn add_past_practice(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        tune: TuneId,
        date: CalendarDate,
        rating: Rating,
    ) -> Result<PracticeRecordId, StoreError> {
        let day = LocalDay::of(date, zone);
        if day.start > now {
            return Err(StoreError::Invalid("This day is still to come. Choose today or an earlier day.".to_owned()));
        }
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            if search::place(edit.conn(), playlist, tune)?.is_none() {
                return Err(StoreError::Invalid("Add the tune to your repertoire first.".to_owned()));
            }
            // Noon, unless that is still to come; a second one of that day a little later.
            let mut practiced = day.start.plus_micros(DAY_MICROS / 2).min(now);
            let mut id = PracticeRecordId::of(playlist, tune, practiced);
            while row::read(edit.conn(), Table::PracticeRecord, &id.to_string())?.is_some() {
                practiced = practiced.plus_micros(1_000_000);
                id = PracticeRecordId::of(playlist, tune, practiced);
            }
            let before = schedule::state_before(edit.conn(), playlist, tune, practiced)?;
            let manner = staged::manner(edit.conn(), playlist, tune)?;
            let mut scheduler = schedule::scheduler(edit.conn(), playlist)?;
            let place = PlaylistTuneId::of(playlist, tune);
            let after = scheduler.turn_to(place).rate(before.as_ref(), practiced, rating, &manner);
            let columns = row! {
                "id": id.to_string(), "user_ref": edit.user().to_string(), "playlist_ref": playlist.to_string(),
                "tune_ref": tune.to_string(), "practiced": practiced.to_string(), "quality": rating.quality(),
                "difficulty": f64::from(after.difficulty), "stability": f64::from(after.stability),
                "interval": after.interval_days, "repetitions": after.repetitions, "lapses": after.lapses,
                "step": after.step, "goal": manner.goal.stored(), "technique": manner.technique.stored(),
                "elapsed_days": after.elapsed_days, "state": after.phase as i64, "due": after.due.to_string(),
            };
            edit.insert(Table::PracticeRecord, columns)?;
            follow(edit, playlist, tune)?;
            Ok(id)
        })
    }

    /// Strikes a rating of an earlier day out of the history, or takes that back.
    ///
    /// Errors: it is of today, which is the queue's; it does not exist.
    pub fn strike_practice(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        tune: TuneId,
        record: PracticeRecordId,
        struck: bool,
    ) -> Result<(), StoreError> {
        let today = LocalDay::containing(now, zone);
        self.edit(now, |edit| {
            let found = row::read(edit.conn(), Table::PracticeRecord, &record.to_string())?
                .filter(|row| row["user_ref"] == edit.user().to_string() && row["tune_ref"] == tune.to_string())
                .ok_or_else(|| StoreError::NotFound("This rating does not exist any more.".to_owned()))?;
            let practiced = found["practiced"].as_str().and_then(|at| at.parse().ok());
            if practiced.is_some_and(|at| today.contains(at)) {
                return Err(StoreError::Invalid(
                    "Ratings of today are taken back on the practice page, with Undo.".to_owned(),
                ));
            }
            edit.update(Table::PracticeRecord, record, row! { "deleted": i64::from(struck) })?;
            if let Some(playlist) = found["playlist_ref"].as_str().and_then(|id| id.parse().ok()) {
                follow(edit, playlist, tune)?;
            }
            Ok(())
        })
    }
}
