//! True retention, as FSRS defines it: of the tunes that were in the schedule (not on a learning step), the first rating of a day; Again means
//! forgotten, everything else known.

use serde::{Deserialize, Serialize};

use super::days::DayCount;
use super::{Dates, Rated};
use crate::domain::practice::Rating;
use crate::domain::time::{CalendarDate, Zone};

/// Intervals of so many days and more are long ones.
pub const LONG_INTERVAL: u32 = 21;
/// The stretches of days that are told, today among them; `None`: all.
pub const WINDOWS: [Option<u32>; 4] = [Some(30), Some(90), Some(365), None];
/// How many months are told one by one.
const MONTHS: u32 = 12;

/// Known or forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Still known.
    pub known: u32,
    /// Forgotten.
    pub forgotten: u32,
}

impl Tally {
    /// How many in all.
    pub const fn all(self) -> u32 {
        self.known + self.forgotten
    }

    /// The part that was known; `None` of none.
    pub fn share(self) -> Option<f32> {
        (self.all() > 0).then(|| self.known as f32 / self.all() as f32)
    }

    /// Both together.
    pub const fn plus(self, other: Tally) -> Tally {
        Tally { known: self.known + other.known, forgotten: self.forgotten + other.forgotten }
    }

    fn count(&mut self, known: bool) {
        if known {
            self.known += 1;
        } else {
            self.forgotten += 1;
        }
    }
}

/// Retention in a stretch of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The last so many days; `None`: all.
    pub days: Option<u32>,
    /// Tunes that came after less than three weeks.
    pub short: Tally,
    /// Tunes that came after three weeks or more.
    pub long: Tally,
}

/// Retention in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthTally {
    /// The first day of the month.
    pub first: CalendarDate,
    /// All of it.
    pub tally: Tally,
}

/// What was still known when it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    /// What the schedule aims at.
    pub target: f32,
    /// For each of [`WINDOWS`].
    pub windows: Vec<Window>,
    /// The last twelve months, this one last.
    pub months: Vec<MonthTally>,
}

/// The state a rating meets.
#[derive(Clone, Copy)]
struct Before {
    date: CalendarDate,
    learning: bool,
    interval: u32,
}

/// Counts days and retention in one pass.
pub(super) fn walk(
    ratings: &[Rated],
    target: f32,
    today: CalendarDate,
    zone: &impl Zone,
) -> (Vec<DayCount>, Retention) {
    let mut windows = WINDOWS.map(|days| Window { days, short: Tally::default(), long: Tally::default() });
    let mut months = last_months(today);
    let mut days: Vec<DayCount> = Vec::new();
    let mut before: Vec<Option<Before>> = Vec::new();
    let mut dates = Dates { zone, day: None };
    for rated in ratings {
        let date = dates.of(rated.at);
        let known = rated.rating != Rating::Again;
        if days.last().is_none_or(|day| day.date != date) {
            days.push(DayCount { date, ratings: 0, again: 0 });
        }
        if let Some(day) = days.last_mut() {
            day.ratings += 1;
            day.again += u32::from(!known);
        }
        let place = rated.place as usize;
        if before.len() <= place {
            before.resize(place + 1, None);
        }
        if let Some(before) = before[place].filter(|before| !before.learning && before.date != date) {
            let age = today.days_since(date);
            for window in windows.iter_mut().filter(|window| window.days.is_none_or(|days| age < i64::from(days))) {
                let tally = if before.interval >= LONG_INTERVAL { &mut window.long } else { &mut window.short };
                tally.count(known);
            }
            if let Some(month) = months.iter_mut().rev().find(|month| month.first <= date) {
                month.tally.count(known);
            }
        }
        before[place] = Some(Before { date, learning: rated.learning, interval: rated.interval });
    }
    (days, Retention { target, windows: windows.to_vec(), months })
}

fn last_months(today: CalendarDate) -> Vec<MonthTally> {
    let this = today.to_chrono();
    let first = |back: u32| {
        use chrono::Datelike;
        let start = this.with_day(1).unwrap_or(this);
        start.checked_sub_months(chrono::Months::new(back)).unwrap_or(start).into()
    };
    (0..MONTHS).rev().map(|back| MonthTally { first: first(back), tally: Tally::default() }).collect()
}
