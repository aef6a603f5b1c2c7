//! Dates in words: “in 3 days”, “yesterday”. Counted in local calendar days, never in multiples of 24 hours.

use chrono::Datelike;

use super::locale::{self, Form, Unit};
use crate::domain::time::{CalendarDate, Timestamp, Zone};
use crate::ui::text::{mark, say, t};

/// What is said of a tune that was never rated.
pub const NEVER: &str = mark("not practised yet");

/// How far away a number of days is: “today”, “tomorrow”, “in 3 days”, “2 weeks ago”.
pub fn days_away(days: i64) -> String {
    let (count, unit) = in_unit(days.abs());
    locale::away(count * days.signum(), unit)
}

/// A number of days (at least 1) in the largest unit that stays honest to within about a tenth.
pub fn span(days: i64) -> String {
    let (count, unit) = in_unit(days);
    locale::span(count, unit)
}

const fn in_unit(days: i64) -> (i64, Unit) {
    match days {
        ..=20 => (days, Unit::Day),
        21..=69 => (rounded(days, 7), Unit::Week),
        // “12 months” looks like a limit: about a year is a year.
        345..=385 => (1, Unit::Year),
        70..=699 => (rounded(days * 100, 3044), Unit::Month),
        _ => (rounded(days * 100, 36525), Unit::Year),
    }
}

const fn rounded(value: i64, unit: i64) -> i64 {
    (value + unit / 2) / unit
}

/// Local calendar days from `now` to `at`; negative if `at` is past.
pub fn days_between(now: Timestamp, at: Timestamp, zone: &impl Zone) -> i64 {
    zone.date_at(at).days_since(zone.date_at(now))
}

/// When a tune is due: “due today”, “due in 3 days”, “was due 2 weeks ago”.
pub fn due(due: Option<Timestamp>, now: Timestamp, zone: &impl Zone) -> String {
    match due {
        None => t(NEVER).into(),
        Some(at) => match days_between(now, at, zone) {
            days @ ..0 => say!("was due {when}", when = days_away(days)),
            days => say!("due {when}", when = days_away(days)),
        },
    }
}

/// When it was last played: “last played yesterday”.
pub fn last_played(at: Option<Timestamp>, now: Timestamp, zone: &impl Zone) -> String {
    match at {
        None => t("never played here").into(),
        Some(at) => say!("last played {when}", when = days_away(days_between(now, at, zone))),
    }
}

/// A calendar date, as the reader's locale writes it: “12 Mar 2026”.
pub fn date(at: Timestamp, zone: &impl Zone) -> String {
    locale::date(zone.date_at(at), Form::Day)
}

/// A day by its name: “Today”, “Yesterday”, “12 Mar”; the year where it is another.
pub fn day(date: CalendarDate, today: CalendarDate) -> String {
    match date.days_since(today) {
        0 => t("Today").to_owned(),
        -1 => t("Yesterday").to_owned(),
        1 => t("Tomorrow").to_owned(),
        _ if date.to_chrono().year() == today.to_chrono().year() => locale::date(date, Form::DayAndMonth),
        _ => locale::date(date, Form::Day),
    }
}

/// A moment of the recent past: “just now”, “4 minutes ago”, “yesterday”.
pub fn ago(at: Timestamp, now: Timestamp, zone: &impl Zone) -> String {
    let seconds = (now.micros() - at.micros()) / 1_000_000;
    match seconds {
        ..=44 => t("just now").into(),
        45..=3_569 => locale::away(-rounded(seconds, 60).max(1), Unit::Minute),
        _ if seconds < 6 * 3600 || days_between(now, at, zone) == 0 => {
            locale::away(-rounded(seconds, 3600), Unit::Hour)
        }
        _ => days_away(days_between(now, at, zone)),
    }
}

/// A short wait, in signs that need no translating: “in 16 s”, “in 3 min”; “now” once it is over.
pub fn wait(until: Timestamp, now: Timestamp) -> String {
    let seconds = (until.micros() - now.micros() + 999_999) / 1_000_000;
    match seconds {
        ..=0 => t("now").into(),
        1..=99 => say!("in {seconds} s", seconds),
        _ => say!("in {minutes} min", minutes = rounded(seconds, 60)),
    }
}

/// A wait within the day, said in full: “in 10 minutes”, “in 2 hours”.
pub fn in_minutes(until: Timestamp, now: Timestamp) -> String {
    let minutes = rounded((until.micros() - now.micros()) / 1_000_000, 60);
    match minutes {
        ..=0 => t("now").into(),
        1..=99 => locale::away(minutes, Unit::Minute),
        _ => locale::away(rounded(minutes, 60), Unit::Hour),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn near_days_have_names_and_far_ones_units() {
        let words = [-400, -30, -2, -1, 0, 1, 2, 20, 21, 69, 70, 365, 800].map(days_away);
        assert_eq!(
            words,
            [
                "13 months ago",
                "4 weeks ago",
                "2 days ago",
                "yesterday",
                "today",
                "tomorrow",
                "in 2 days",
                "in 20 days",
                "in 3 weeks",
                "in 10 weeks",
                "in 2 months",
                "in 1 year",
                "in 2 years"
            ]
        );
    }

    #[test]
    fn days_are_counted_in_the_calendar_of_the_place() {
        let zone = chrono::FixedOffset::west_opt(4 * 3600).unwrap();
        // 23:30 and 00:30 local time: an hour apart, yet tomorrow.
        let (now, next) = (at("2026-03-02T03:30:00Z"), at("2026-03-02T04:30:00Z"));
        assert_eq!(due(Some(next), now, &zone), "due tomorrow");
        assert_eq!(due(Some(next), now, &chrono::Utc), "due today");
        assert_eq!(due(Some(now.plus_days(-21)), now, &chrono::Utc), "was due 3 weeks ago");
        assert_eq!(due(None, now, &zone), "not practised yet");
        assert_eq!(date(now, &zone), "1 Mar 2026");
    }

    #[test]
    fn a_day_has_a_name_and_a_year_only_where_it_is_another() {
        let today: CalendarDate = "2026-03-02".parse().unwrap();
        let names = [0, 1, 2, 40, 400].map(|days| day(today.minus_days(days), today));
        assert_eq!(names, ["Today", "Yesterday", "28 Feb", "21 Jan", "26 Jan 2025"]);
        assert_eq!([1, 5].map(|days| day(today.plus_days(days), today)), ["Tomorrow", "7 Mar"]);
    }

    #[test]
    fn the_recent_past_is_told_in_minutes_then_hours_then_days() {
        let now = at("2026-03-02T12:00:00Z");
        let ago = |micros: i64| ago(now.plus_micros(-micros * 1_000_000), now, &chrono::Utc);
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(70), "1 minute ago");
        assert_eq!(ago(2 * 3600), "2 hours ago");
        assert_eq!(ago(14 * 3600), "yesterday");
        assert_eq!(ago(-30), "just now");
    }

    #[test]
    fn waits_never_show_a_negative_number() {
        let now = at("2026-03-02T12:00:00Z");
        assert_eq!(wait(now.plus_micros(15_500_000), now), "in 16 s");
        assert_eq!(wait(now.plus_micros(-5), now), "now");
        assert_eq!(in_minutes(now.plus_micros(600_000_000), now), "in 10 minutes");
        assert_eq!(in_minutes(now.plus_micros(43_200_000_000), now), "in 12 hours");
        assert_eq!(wait(now.plus_micros(180_000_000), now), "in 3 min");
    }
}
