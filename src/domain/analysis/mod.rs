//! What a person's practice adds up to: her days, what will fall due, how much of it she remembers. Pure: ratings and places in, figures out.
//!
//! Made for histories of 100,000 ratings: one pass over them, and a zone is asked once a day, not once a rating.

mod days;
mod history;
mod places;
mod retention;

use serde::{Deserialize, Serialize};

pub use self::days::{DayCount, Rhythm};
pub use self::history::{HistoryLine, HistoryPage, HistoryQuery, csv_head};
pub use self::places::{Band, FORECAST_DAYS, Forecast, Freshness, KindCoverage, STABILITY_BOUNDS, StaleTune};
pub use self::retention::{MonthTally, Retention, Tally, WINDOWS, Window};
use super::ids::TuneId;
use super::practice::Rating;
use super::practice_days::PracticeDays;
use super::scheduling::SchedulerPrefs;
use super::time::{CalendarDate, LocalDay, Timestamp, Zone};

/// A rating, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rated {
    /// When.
    pub at: Timestamp,
    /// Of what: the number of a tune in a repertoire, counted from 0 without gaps.
    pub place: u32,
    /// How it went.
    pub rating: Rating,
    /// Does the tune stand on a learning step after it? Else it is in the schedule: FSRS's state “review”.
    pub learning: bool,
    /// Whole days until the next time, as the scheduler chose them.
    pub interval: u32,
}

/// A tune in a repertoire.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The tune.
    pub tune: TuneId,
    /// Its title.
    pub title: Option<String>,
    /// Its kind as stored.
    pub kind: Option<String>,
    /// When she herself said it shall come.
    pub scheduled: Option<Timestamp>,
    /// Where it stands; `None`: never rated.
    pub standing: Option<PlaceStanding>,
}

/// Where a rated tune stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaceStanding {
    /// When it was last rated.
    pub practiced: Timestamp,
    /// When it is due.
    pub due: Timestamp,
    /// FSRS stability in days.
    pub stability: f32,
}

/// What it adds up to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// The day it was made on.
    pub today: CalendarDate,
    /// Every day on which something was rated, the earliest first.
    pub days: Vec<DayCount>,
    /// How regularly.
    pub rhythm: Rhythm,
    /// What comes.
    pub forecast: Forecast,
    /// What was still known when it came.
    pub retention: Retention,
    /// For how long tunes keep: how many up to each of [`STABILITY_BOUNDS`], and beyond the last.
    pub stability: Vec<u32>,
    /// What she would remember now.
    pub freshness: Freshness,
    /// By kind of tune, the largest first.
    pub kinds: Vec<KindCoverage>,
}

impl Analysis {
    /// Is there anything to show?
    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.kinds.is_empty()
    }
}

/// What the figures are measured by.
#[derive(Clone, Copy, Debug)]
pub struct Measures<'a> {
    /// What decides when a tune comes back.
    pub scheduler: &'a SchedulerPrefs,
    /// How much she wants to practise.
    pub practice: &'a PracticeDays,
}

/// Adds it up, at `now`, in her zone. `ratings` in the order of their time.
pub fn analyse(
    ratings: &[Rated],
    places: &[Placed],
    measures: Measures<'_>,
    now: Timestamp,
    zone: &impl Zone,
) -> Analysis {
    let today = LocalDay::containing(now, zone);
    let (days, retention) = retention::walk(ratings, measures.scheduler.retention, today.date, zone);
    let view = places::View::new(places, measures, now, today, zone);
    Analysis {
        today: today.date,
        rhythm: days::rhythm(&days, today.date),
        days,
        retention,
        forecast: view.forecast(),
        stability: view.stability(),
        freshness: view.freshness(),
        kinds: view.kinds(),
    }
}

/// Finds the local dates of instants that come roughly in order.
struct Dates<'a, Z> {
    zone: &'a Z,
    day: Option<LocalDay>,
}

impl<Z: Zone> Dates<'_, Z> {
    fn of(&mut self, at: Timestamp) -> CalendarDate {
        match self.day {
            Some(day) if day.contains(at) => day.date,
            _ => self.day.insert(LocalDay::containing(at, self.zone)).date,
        }
    }
}

#[cfg(test)]
mod tests;
