//! Instants, calendar dates and local days. One canonical text form; no clock: whoever asks brings the time along.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// A UTC instant in whole microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Microseconds in a day of 24 hours.
pub const DAY_MICROS: i64 = 86_400_000_000;

impl Timestamp {
    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// `micros` later (earlier if negative), saturating.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// `days` times 24 hours later.
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_micros(days.saturating_mul(DAY_MICROS))
    }

    /// As chrono's type.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Timestamp(at.timestamp_micros())
    }
}

/// The canonical form: `2026-01-02T03:04:05.000006Z`, fixed width, so that text order is time order.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a time with a zone, such as 2026-01-02T03:04:05Z")]
pub struct NotATimestamp(pub String);

/// Reads RFC 3339 with any number of fraction digits and any offset (PostgreSQL's JSON form and the canonical one).
impl FromStr for Timestamp {
    type Err = NotATimestamp;
    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        // The canonical form is what the database is full of, and ten times as quick to read.
        if let Some(at) = canonical(text) {
            return Ok(at);
        }
        DateTime::parse_from_rfc3339(text)
            .map(|at| Timestamp(at.timestamp_micros()))
            .map_err(|_| NotATimestamp(text.to_owned()))
    }
}

/// Reads the canonical form, and nothing else.
fn canonical(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if signs.iter().any(|(at, sign)| bytes[*at] != *sign) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(number(0, 4)? as i32, number(5, 7)?, number(8, 10)?)?;
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(date.to_epoch_days()) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(Timestamp(seconds * 1_000_000 + i64::from(number(20, 26)?)))
}

/// A day in the calendar, without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalendarDate(i32);

impl CalendarDate {
    /// The date of that year, month (1–12) and day, if there is one.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self::from)
    }

    /// As chrono's type.
    pub fn to_chrono(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or(NaiveDate::MAX)
    }

    /// `days` later.
    pub fn plus_days(self, days: u64) -> Self {
        self.to_chrono().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX).into()
    }

    /// `days` earlier.
    pub fn minus_days(self, days: u64) -> Self {
        self.to_chrono().checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN).into()
    }

    /// Whole days from `earlier` to this date.
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.0 as i64 - earlier.0 as i64
    }
}

impl From<NaiveDate> for CalendarDate {
    fn from(date: NaiveDate) -> Self {
        CalendarDate(date.to_epoch_days())
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of the forms of dates that chrono knows only this one is needed, and all of them would be in the download.
        let date = self.to_chrono();
        write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

impl FromStr for CalendarDate {
    type Err = NotATimestamp;
    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let number = |part: Option<&str>, most: usize| {
            let digits =
                part.filter(|part| (1..=most).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit()));
            digits?.parse::<u32>().ok()
        };
        let mut parts = text.splitn(3, '-');
        let date = number(parts.next(), 4)
            .zip(number(parts.next(), 2))
            .zip(number(parts.next(), 2))
            .and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year.cast_signed(), month, day));
        date.map(Self::from).ok_or_else(|| NotATimestamp(text.to_owned()))
    }
}

/// Where the person is: maps instants to local dates and back. The browser's zone in the app, a fixed one in tests.
pub trait Zone {
    /// The local calendar date at `at`.
    fn date_at(&self, at: Timestamp) -> CalendarDate;
    /// The instant at which `date` begins there (the first moment of the day where a change of clocks skips midnight).
    fn start_of(&self, date: CalendarDate) -> Timestamp;
    /// What the clock on the wall says there at `at`: minutes since midnight, also on days on which the clocks change.
    fn minutes_at(&self, at: Timestamp) -> u32;
}

/// Any chrono zone, `chrono::Local` and fixed offsets among them, is a [`Zone`].
impl<Z: chrono::TimeZone> Zone for Z {
    fn date_at(&self, at: Timestamp) -> CalendarDate {
        at.to_chrono().with_timezone(self).date_naive().into()
    }

    fn minutes_at(&self, at: Timestamp) -> u32 {
        at.to_chrono().with_timezone(self).num_seconds_from_midnight() / 60
    }

    fn start_of(&self, date: CalendarDate) -> Timestamp {
        let midnight = date.to_chrono().and_time(chrono::NaiveTime::MIN);
        // A change of clocks can skip midnight: then the day begins where the gap ends.
        (0..=3)
            .find_map(|hours| {
                self.from_local_datetime(&(midnight + chrono::Duration::hours(hours)))
                    .earliest()
                    .map(|local| Timestamp::from(local.with_timezone(&Utc)))
            })
            .unwrap_or_else(|| Timestamp::from(midnight.and_utc()))
    }
}

/// One local day as an interval of instants, `[start, end)`: the window of a practice queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDay {
    /// Its date.
    pub date: CalendarDate,
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant of the next day: 23, 24 or 25 hours later.
    pub end: Timestamp,
}

impl LocalDay {
    /// The local day that `at` falls into.
    pub fn containing(at: Timestamp, zone: &impl Zone) -> Self {
        Self::of(zone.date_at(at), zone)
    }

    /// The local day of that date.
    pub fn of(date: CalendarDate, zone: &impl Zone) -> Self {
        LocalDay { date, start: zone.start_of(date), end: zone.start_of(date.plus_days(1)) }
    }

    /// Does `at` fall into it?
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn canonical_form_has_six_digits_and_sorts_as_time() {
        let a: Timestamp = "2026-01-02T03:04:05+00:00".parse().unwrap();
        let b: Timestamp = "2026-01-02T05:04:05.5+02:00".parse().unwrap();
        assert_eq!(a.to_string(), "2026-01-02T03:04:05.000000Z");
        assert!(a < b && a.to_string() < b.to_string());
        assert!("2026-01-02 03:04:05".parse::<Timestamp>().is_err());
    }

    #[test]
    fn the_quick_way_to_read_a_time_says_what_the_slow_one_says() {
        for micros in
            [0, -1, 1_772_400_000_123_456, -62_000_000_000_000_000, 253_402_300_799_999_999, 951_782_400_000_000]
        {
            let at = Timestamp(micros);
            assert_eq!(canonical(&at.to_string()), Some(at), "{at}");
        }
        for odd in [
            "2026-02-30T00:00:00.000000Z",
            "2026-01-01T24:00:00.000000Z",
            "2026-01-01T00:60:00.000000Z",
            "2026-01-01T00:00:61.000000Z",
            "2026-01-01 00:00:00.000000Z",
            "2026-01-01T00:00:00.00000aZ",
            "２026-01-01T00:00:00.000Z",
        ] {
            assert_eq!(canonical(odd), None, "{odd}");
            assert!(odd.starts_with("2026-01-01 ") || odd.parse::<Timestamp>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_local_day_starts_at_local_midnight() {
        let zone = chrono::FixedOffset::west_opt(4 * 3600).unwrap();
        let day = LocalDay::containing("2025-10-16T14:30:00Z".parse().unwrap(), &zone);
        assert_eq!(day.start.to_string(), "2025-10-16T04:00:00.000000Z");
        assert_eq!(day.end.to_string(), "2025-10-17T04:00:00.000000Z");
        assert_eq!(day.date.to_string(), "2025-10-16");
    }
}
