//! Places with their clocks in 2026.

use tunetrees::domain::time::{CalendarDate, DAY_MICROS, LocalDay, Timestamp, Zone};

use crate::fixture::at as instant;

pub const HOUR: i64 = DAY_MICROS / 24;

/// A place's clocks in 2026: its offsets in minutes, and the instants at which the second of them holds; or a fixed offset in hours.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Berlin,
    NewYork,
    /// Half an hour only.
    LordHowe,
    /// The clocks change at midnight itself, which does not exist on that day.
    Santiago,
    Fixed(i64),
}

impl Place {
    fn offset(self, at: Timestamp) -> i64 {
        let (otherwise, within, from, to) = match self {
            Place::Fixed(hours) => return hours * HOUR,
            Place::Berlin => (60, 120, "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
            Place::NewYork => (-300, -240, "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"),
            Place::LordHowe => (660, 630, "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"),
            Place::Santiago => (-180, -240, "2026-04-05T03:00:00Z", "2026-09-06T04:00:00Z"),
        };
        let minutes = if instant(from) <= at && at < instant(to) { within } else { otherwise };
        minutes * HOUR / 60
    }

    /// Instants around which the clocks change there.
    pub fn changes(self) -> [&'static str; 2] {
        match self {
            Place::Berlin | Place::Fixed(_) => ["2026-03-27T06:00:00Z", "2026-10-23T06:00:00Z"],
            Place::NewYork => ["2026-03-06T06:00:00Z", "2026-10-30T06:00:00Z"],
            Place::LordHowe => ["2026-04-02T06:00:00Z", "2026-10-01T06:00:00Z"],
            Place::Santiago => ["2026-04-03T06:00:00Z", "2026-09-04T06:00:00Z"],
        }
    }
}

impl Zone for Place {
    fn date_at(&self, at: Timestamp) -> CalendarDate {
        at.plus_micros(self.offset(at)).to_chrono().date_naive().into()
    }

    fn start_of(&self, date: CalendarDate) -> Timestamp {
        // The first minute whose local date is that one: slow, and without a doubt.
        let midnight = Timestamp::from(date.to_chrono().and_time(chrono::NaiveTime::MIN).and_utc());
        (-15 * 60..=13 * 60)
            .map(|minutes| midnight.plus_micros(minutes * HOUR / 60))
            .find(|at| self.date_at(*at) == date)
            .unwrap()
    }

    fn minutes_at(&self, at: Timestamp) -> u32 {
        chrono::Timelike::num_seconds_from_midnight(&at.plus_micros(self.offset(at)).to_chrono()) / 60
    }
}

#[test]
fn days_on_which_the_clocks_change_are_shorter_and_longer() {
    let minutes = |place: Place, dates: [&str; 4]| {
        dates.map(|date| {
            let day = LocalDay::of(date.parse().unwrap(), &place);
            assert_eq!((place.date_at(day.start), place.date_at(day.end.plus_micros(-1))), (day.date, day.date));
            (day.end.micros() - day.start.micros()) / (HOUR / 60) - 1440
        })
    };
    let berlin = ["2026-03-28", "2026-03-29", "2026-10-25", "2026-10-26"];
    assert_eq!(minutes(Place::Berlin, berlin), [0, -60, 60, 0]);
    assert_eq!(minutes(Place::NewYork, ["2026-03-07", "2026-03-08", "2026-11-01", "2026-11-02"]), [0, -60, 60, 0]);
    assert_eq!(minutes(Place::LordHowe, ["2026-04-04", "2026-04-05", "2026-10-04", "2026-10-05"]), [0, 30, -30, 0]);
    assert_eq!(minutes(Place::Santiago, ["2026-04-04", "2026-04-05", "2026-09-06", "2026-09-07"]), [60, 0, -60, 0]);
}
