//! Times as legacy code wrote them: with a blank or a `T`, with `Z`, an offset or nothing, with or without a time of day.
//! A time without a zone is UTC (inventory of the old product: an earlier script read it as local time and shifted everything).

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

use crate::domain::time::{CalendarDate, Timestamp};

use super::value::LegacyValue;

/// What a cell of a time column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyTime {
    /// Nothing.
    Absent,
    /// An instant.
    At(Timestamp),
    /// `T` or `F`: an ancient version kept a flag in `playlist_tune.current`.
    Flag,
    /// Something else.
    Unreadable,
}

/// Reads a cell of a time column.
pub fn read(value: &LegacyValue) -> LegacyTime {
    match value {
        LegacyValue::Null => LegacyTime::Absent,
        LegacyValue::Text(text) => match text.trim() {
            "" => LegacyTime::Absent,
            "T" | "F" | "t" | "f" => LegacyTime::Flag,
            text => parse(text).map_or(LegacyTime::Unreadable, LegacyTime::At),
        },
        // JavaScript wrote milliseconds, Python seconds. Small numbers are no times of this century.
        LegacyValue::Int(n) if (100_000_000_000..10_000_000_000_000).contains(n) => {
            LegacyTime::At(Timestamp::from_micros(n * 1000))
        }
        LegacyValue::Int(n) if (100_000_000..10_000_000_000).contains(n) => {
            LegacyTime::At(Timestamp::from_micros(n * 1_000_000))
        }
        LegacyValue::Int(_) | LegacyValue::Real(_) | LegacyValue::Bytes(_) => LegacyTime::Unreadable,
    }
}

/// Reads one text form; `None` if it is no time.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return possible(date.and_time(NaiveTime::MIN).and_utc());
    }
    let rest = rest.strip_prefix([' ', 'T', 't'])?.trim();
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    let clock = clock.trim_end();
    let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(clock, form).ok())?;
    let naive = NaiveDateTime::new(date, time);
    let instant = offset(zone)?.from_local_datetime(&naive).single()?;
    possible(instant.with_timezone(&Utc))
}

/// Years that both databases can write with four digits.
fn possible(at: DateTime<Utc>) -> Option<Timestamp> {
    (1..=9999).contains(&at.year()).then(|| Timestamp::from(at))
}

/// Reads the date at the head of a text.
pub fn parse_date(text: &str) -> Option<CalendarDate> {
    let date = NaiveDate::parse_from_str(text.trim().get(..10)?, "%Y-%m-%d").ok()?;
    (1..=9999).contains(&date.year()).then(|| date.into())
}

/// `""`, `Z`, `+01`, `+0100`, `+01:00`.
fn offset(zone: &str) -> Option<FixedOffset> {
    if matches!(zone, "" | "Z" | "z") {
        return FixedOffset::east_opt(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    (minutes < 60).then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_legacy_form_is_the_same_instant() {
        for form in [
            "2024-12-31 11:47:57",
            "2024-12-31T11:47:57",
            "2024-12-31T11:47:57Z",
            "2024-12-31 11:47:57Z",
            "2024-12-31 11:47:57+00:00",
            "2024-12-31T11:47:57.000000+00:00",
            "2024-12-31T06:47:57-05:00",
            "2024-12-31 06:47:57 -0500",
            " 2024-12-31 12:47:57+01 ",
        ] {
            assert_eq!(parse(form).unwrap().to_string(), "2024-12-31T11:47:57.000000Z", "{form}");
        }
    }

    #[test]
    fn fractions_are_kept_and_dates_are_midnight_utc() {
        assert_eq!(parse("2024-12-31 06:47:57.671465-05:00").unwrap().to_string(), "2024-12-31T11:47:57.671465Z");
        assert_eq!(parse("2024-09-20 15:42:29.732000+00:00").unwrap().to_string(), "2024-09-20T15:42:29.732000Z");
        assert_eq!(parse("2001-11-20").unwrap().to_string(), "2001-11-20T00:00:00.000000Z");
        assert_eq!(parse("2024-12-31 11:47").unwrap().to_string(), "2024-12-31T11:47:00.000000Z");
    }

    #[test]
    fn nonsense_is_no_time() {
        for form in [
            "",
            "T",
            "yesterday",
            "2024-13-01",
            "2023-02-29",
            "2024-12-31 25:00:00",
            "2024-12-31 10:00:00+99:99",
            "2024-12-31Q",
            "é24-12-31 10",
            "0000-01-01",
            "0000-00-00 00:00:00",
            "0001-01-01 00:00:00+01:00",
            "9999-12-31 23:59:59-01:00",
        ] {
            assert_eq!(parse(form), None, "{form}");
        }
        assert_eq!(read(&LegacyValue::Text("T".into())), LegacyTime::Flag);
        assert_eq!(read(&LegacyValue::Int(7)), LegacyTime::Unreadable);
        assert_eq!(read(&LegacyValue::Text(String::new())), LegacyTime::Absent);
    }
}
