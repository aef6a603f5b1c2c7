//! What a person set about her practice: how much on which days (`prefs_scheduling_options`), and what decides when a tune comes back
//! (`prefs_spaced_repetition`, `user_profile.sr_alg_type`).

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::schema::Table;
use super::{Store, schedule};
use crate::domain::ids::{UserId, natural_id};
use crate::domain::practice_days::{PracticeDays, Stored};
use crate::domain::scheduling::{Algorithm, SchedulerPrefs};
use crate::domain::time::Timestamp;
use crate::row;

/// How much `user` wants to practise; defaults where she has said nothing.
pub(crate) fn practice_days(conn: &Connection, user: UserId) -> Result<PracticeDays, StoreError> {
    let stored = conn
        .prepare_cached(
            "select acceptable_delinquency_window, min_reviews_per_day, max_reviews_per_day, days_per_week, weekly_rules, exceptions
             from prefs_scheduling_options where user_id = ?1 and not deleted",
        )?
        .query_row([user.to_string()], |row| {
            Ok(Stored {
                delinquency_days: row.get(0)?,
                least: row.get(1)?,
                most: row.get(2)?,
                days_per_week: row.get(3)?,
                weekly_rules: row.get(4)?,
                exceptions: row.get(5)?,
            })
        })
        .optional()?;
    Ok(stored.map(|stored| PracticeDays::from_stored(&stored)).unwrap_or_default())
}

/// The row of a natural key: the one that is there, whatever its id (older apps made ids up), else the id it gets.
fn row_id(conn: &Connection, table: Table, sql: &str, key: &[&str]) -> Result<String, StoreError> {
    let found: Option<String> =
        conn.prepare_cached(sql)?.query_row(rusqlite::params_from_iter(key), |row| row.get(0)).optional()?;
    let made = || natural_id(table.name(), key).map(|id| id.to_string()).unwrap_or_default();
    Ok(found.unwrap_or_else(made))
}

fn invalid(why: &str) -> StoreError {
    StoreError::Invalid(why.to_owned())
}

impl Store {
    /// How much she wants to practise, and when.
    pub fn practice_days(&self) -> Result<PracticeDays, StoreError> {
        practice_days(&self.conn, self.user())
    }

    /// Sets that. The queue of the day stays as it is; the next one goes by it.
    ///
    /// Errors: numbers that make no sense, in words.
    pub fn set_practice_days(&mut self, now: Timestamp, days: &PracticeDays) -> Result<(), StoreError> {
        days.check().map_err(invalid)?;
        let user = self.user().to_string();
        self.edit(now, |edit| {
            let sql = "select id from prefs_scheduling_options where user_id = ?1";
            let id = row_id(edit.conn(), Table::PrefsSchedulingOptions, sql, &[&user])?;
            let columns = row! {
                "user_id": user, "acceptable_delinquency_window": days.delinquency_days,
                "min_reviews_per_day": days.least, "max_reviews_per_day": days.most,
                "days_per_week": days.days_per_week, "weekly_rules": days.stored_week(),
                "exceptions": days.stored_exceptions(),
            };
            edit.put(Table::PrefsSchedulingOptions, id, columns)
        })
    }

    /// What decides when a tune comes back.
    pub fn scheduler_prefs(&self) -> Result<SchedulerPrefs, StoreError> {
        let user = self.user().to_string();
        let algorithm: Option<String> = self
            .conn
            .query_row("select sr_alg_type from user_profile where id = ?1", [&user], |row| row.get(0))
            .optional()?
            .flatten();
        schedule::prefs_of(&self.conn, &user, Algorithm::from_stored(algorithm.as_deref()))
    }

    /// Sets that, and computes anew when every tune is due. A repertoire with an algorithm of its own keeps it. The queue of the day stays as it is.
    ///
    /// Errors: numbers that make no sense, in words.
    pub fn set_scheduler_prefs(&mut self, now: Timestamp, prefs: &SchedulerPrefs) -> Result<(), StoreError> {
        prefs.check().map_err(invalid)?;
        let user = self.user().to_string();
        self.edit(now, |edit| {
            edit.update(Table::UserProfile, &user, row! { "sr_alg_type": prefs.algorithm.stored() })?;
            let sql = "select id from prefs_spaced_repetition where user_id = ?1 and alg_type = ?2";
            let id = row_id(edit.conn(), Table::PrefsSpacedRepetition, sql, &[&user, Algorithm::Fsrs.stored()])?;
            let list = |steps: &[u32]| serde_json::to_string(steps).unwrap_or_default();
            let own = prefs.weights != SchedulerPrefs::default().weights;
            // As they were written: three decimals more than anybody needs, and the same number again when read.
            let weights: Vec<String> = prefs.weights.iter().map(f32::to_string).collect();
            let columns = row! {
                "user_id": user, "alg_type": Algorithm::Fsrs.stored(),
                "fsrs_weights": own.then(|| format!("[{}]", weights.join(", "))),
                "request_retention": (f64::from(prefs.retention) * 10_000.0).round() / 10_000.0,
                "maximum_interval": prefs.maximum_interval, "learning_steps": list(&prefs.learning_steps),
                "relearning_steps": list(&prefs.relearning_steps), "enable_fuzzing": i64::from(prefs.fuzz),
            };
            edit.put(Table::PrefsSpacedRepetition, id, columns)?;
            let sql = "select id from prefs_spaced_repetition where user_id = ?1 and alg_type = ?2 and not deleted";
            let sm2 = edit
                .conn()
                .prepare_cached(sql)?
                .query_row(params![user, Algorithm::Sm2.stored()], |row| row.get::<_, String>(0))
                .optional()?;
            if let Some(sm2) = sm2 {
                let columns = row! { "maximum_interval": prefs.maximum_interval };
                edit.update(Table::PrefsSpacedRepetition, sm2, columns)?;
            }
            schedule::recompute_all(edit.conn())
        })
    }
}
