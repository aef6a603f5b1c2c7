//! On which days, and how regularly.

use serde::{Deserialize, Serialize};

use crate::domain::time::CalendarDate;

/// What was rated on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    /// The local day.
    pub date: CalendarDate,
    /// Ratings.
    pub ratings: u32,
    /// Those of them that were Again.
    pub again: u32,
}

/// How regularly she practises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Ratings in all.
    pub ratings: u32,
    /// Days of practice in all.
    pub days: u32,
    /// Days of practice among the last 30, today among them.
    pub last_30: u32,
}

/// From the days in their order.
pub(super) fn rhythm(days: &[DayCount], today: CalendarDate) -> Rhythm {
    let recent = |day: &&DayCount| (0..30).contains(&today.days_since(day.date));
    Rhythm {
        ratings: days.iter().map(|day| day.ratings).sum(),
        days: days.len() as u32,
        last_30: days.iter().filter(recent).count() as u32,
    }
}
