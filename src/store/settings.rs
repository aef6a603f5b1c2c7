//! What a person set about her practice.

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use crate::domain::ids::UserId;
use crate::domain::queue::Capacity;

/// How long a daily queue is, and how far back a tune counts as lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// `acceptable_delinquency_window`, in days.
    pub delinquency_days: u32,
    /// `max_reviews_per_day`; 0 there means no limit.
    pub capacity: Capacity,
}

impl Default for QueueSettings {
    fn default() -> Self {
        QueueSettings { delinquency_days: 21, capacity: Some(10) }
    }
}

/// The settings of `user`, defaults where she has none.
pub fn queue_settings(conn: &Connection, user: UserId) -> Result<QueueSettings, StoreError> {
    let default = QueueSettings::default();
    let stored = conn
        .prepare_cached(
            "select acceptable_delinquency_window, max_reviews_per_day from prefs_scheduling_options
             where user_id = ?1 and not deleted",
        )?
        .query_row([user.to_string()], |row| {
            let days: i64 = row.get(0)?;
            let most: Option<i64> = row.get(1)?;
            Ok(QueueSettings {
                // Ten years are for ever; a larger number would only overflow the calendar.
                delinquency_days: days.clamp(0, 3650) as u32,
                capacity: match most {
                    None => default.capacity,
                    Some(..=0) => None,
                    Some(count) => usize::try_from(count).ok(),
                },
            })
        })
        .optional()?;
    Ok(stored.unwrap_or(default))
}
