//! Weights fitted to a person's own ratings: the records for it, and what new weights would change. The training is kept between calls, so that
//! each is short.

use super::error::StoreError;
use super::{Store, schedule};
use crate::domain::ids::{PlaylistId, PlaylistTuneId, TuneId};
use crate::domain::practice::{TrainingResult, TrainingState};
use crate::domain::scheduling::{Fitted, LEAST_RATINGS, Record, Scheduler, SchedulerPrefs, Training};

/// Steps of a call: some tens of milliseconds.
const STEPS: usize = 4;

impl Store {
    /// Begins anew with `begin`, else goes on a little. Ask again while it is running; give up by not asking.
    pub fn train(&mut self, begin: bool) -> Result<TrainingState, StoreError> {
        let prefs = self.scheduler_prefs()?;
        if begin {
            let histories: Vec<Vec<Record>> = self.histories()?.into_iter().map(|(_, _, records)| records).collect();
            self.training = Training::begin(&histories, &prefs.weights);
        }
        let Some(training) = &mut self.training else {
            return Ok(TrainingState::TooFew { needed: LEAST_RATINGS as u32 });
        };
        for _ in 0..STEPS {
            if !training.advance() {
                let fitted = training.finish();
                self.training = None;
                return Ok(TrainingState::Done(self.compared(&prefs, fitted)?));
            }
        }
        let progress = training.progress();
        Ok(TrainingState::Running { done: progress.done, all: progress.all })
    }

    fn compared(&self, prefs: &SchedulerPrefs, fitted: Fitted) -> Result<TrainingResult, StoreError> {
        let (mut now, mut then) = (Scheduler::new(prefs), {
            let weights = fitted.weights.clone();
            Scheduler::new(&SchedulerPrefs { weights, ..prefs.clone() })
        });
        let (mut sooner, mut later, mut same) = (0, 0, 0);
        for (playlist, tune, records) in self.histories()? {
            let place = PlaylistTuneId::of(playlist, tune);
            let due = |scheduler: &mut Scheduler| scheduler.turn_to(place).fold(&records).map(|state| state.due);
            match due(&mut then).cmp(&due(&mut now)) {
                std::cmp::Ordering::Less => sooner += 1,
                std::cmp::Ordering::Greater => later += 1,
                std::cmp::Ordering::Equal => same += 1,
            }
        }
        let Fitted { weights, ratings, before, after } = fitted;
        Ok(TrainingResult { weights, ratings, before, after, sooner, later, same })
    }

    /// The ratings of every tune in every repertoire.
    fn histories(&self) -> Result<Vec<(PlaylistId, TuneId, Vec<Record>)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "select distinct playlist_ref, tune_ref from practice_record where user_ref = ?1 and not deleted order by 1, 2",
        )?;
        let pairs = statement.query_map([self.user().to_string()], |row| {
            Ok((schedule::parse::<PlaylistId>(row, 0)?, schedule::parse::<TuneId>(row, 1)?))
        })?;
        let mut all = Vec::new();
        for pair in pairs {
            let (playlist, tune) = pair?;
            all.push((playlist, tune, schedule::records(&self.conn, playlist, tune)?));
        }
        Ok(all)
    }
}
