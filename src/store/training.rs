//! Weights fitted to a person's own ratings: the records for it, and what new weights would change. The training is kept between calls, so that
//! each is short.

use rusqlite::OptionalExtension;

use super::error::StoreError;
use super::{Store, schedule, tunes};
use crate::domain::ids::{PlaylistId, TuneId};
use crate::domain::order::Sort;
use crate::domain::practice::{MovedTune, Rating, TrainingResult, TrainingState};
use crate::domain::scheduling::{Fitted, LEAST_RATINGS, Record, Scheduler, SchedulerPrefs, Training};
use crate::domain::time::Timestamp;

/// Steps of a call: some tens of milliseconds.
const STEPS: usize = 4;
/// How many tunes are named of those whose interval changes.
const EXAMPLES: usize = 3;

impl Store {
    /// Begins anew with `begin`, else goes on a little. Ask again while it is running; give up by not asking.
    pub fn train(&mut self, begin: bool, now: Timestamp) -> Result<TrainingState, StoreError> {
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
                return Ok(TrainingState::Done(self.compared(&prefs, fitted, now)?));
            }
        }
        let progress = training.progress();
        Ok(TrainingState::Running { done: progress.done, all: progress.all })
    }

    /// What Good would do now, with the weights in use and with the new ones. When a tune is due says nothing of that: of ratings of the old app it is
    /// what that app had said, whatever the weights.
    fn compared(&self, prefs: &SchedulerPrefs, fitted: Fitted, now: Timestamp) -> Result<TrainingResult, StoreError> {
        // Without the fuzz, which is no difference between the two.
        let prefs = SchedulerPrefs { fuzz: false, ..prefs.clone() };
        let old = Scheduler::new(&prefs);
        let new = Scheduler::new(&SchedulerPrefs { weights: fitted.weights.clone(), ..prefs });
        let (mut sooner, mut later, mut same) = (0, 0, 0);
        let mut moved = Vec::new();
        for (_, tune, records) in self.histories()? {
            let Some(last) = records.iter().max_by_key(|record| (record.practiced, record.id)) else { continue };
            let good = |scheduler: &Scheduler| {
                let state = scheduler.fold(&records);
                scheduler.rate(state.as_ref(), now.max(last.practiced), Rating::Good, &last.manner)
            };
            let (before, after) = (good(&old), good(&new));
            match after.due.cmp(&before.due) {
                std::cmp::Ordering::Less => sooner += 1,
                std::cmp::Ordering::Greater => later += 1,
                std::cmp::Ordering::Equal => same += 1,
            }
            if before.interval_days != after.interval_days {
                moved.push((before.interval_days, after.interval_days, tune));
            }
        }
        // The largest changes first, as parts of what it was.
        moved.put_in_order_of(|(before, after, tune)| {
            let (short, long) = (f64::from(*before.min(after)), f64::from(*before.max(after)));
            (((short + 1.0) / (long + 1.0) * 1e6) as i64, *tune)
        });
        let mut examples: Vec<MovedTune> = Vec::new();
        for (before, after, tune) in moved {
            if examples.len() == EXAMPLES {
                break;
            }
            if let Some(title) = self.title(tune)?
                && examples.iter().all(|example| example.title != title)
            {
                examples.push(MovedTune { title, before, after });
            }
        }
        let Fitted { weights, ratings, before, after } = fitted;
        Ok(TrainingResult { weights, ratings, before, after, sooner, later, same, examples })
    }

    /// The title of a tune as she sees it; `None` where it has none, or is gone.
    fn title(&self, tune: TuneId) -> Result<Option<String>, StoreError> {
        let sql = format!(
            "select nullif(coalesce(o.title, t.title), '') from tune t {} where t.id = ?2 and not t.deleted",
            tunes::OVERRIDE
        );
        let key = [self.user().to_string(), tune.to_string()];
        Ok(self.conn.prepare_cached(&sql)?.query_row(key, |row| row.get(0)).optional()?.flatten())
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
