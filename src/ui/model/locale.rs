//! Dates, times, durations and numbers in the tongue of the texts (so that no sentence mixes two) and in the manner of the reader's region: order of dates,
//! first day of the week, 12 or 24 hours, separators. The browser's Intl does it there (`ui::locale` says so once); natively, and in tests, it is English in Ireland's manner.

use std::cell::Cell;

use crate::domain::practice_days;
use crate::domain::time::{CalendarDate, Timestamp, Zone};

/// How much of a date is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// “12 Mar 2026”.
    Day,
    /// “Thu, 12 Mar 2026”.
    Weekday,
    /// “12 Mar”.
    DayAndMonth,
    /// “March 2026”.
    Month,
    /// “Mar”.
    ShortMonth,
    /// “Thursday”.
    WeekdayName,
    /// “Thu”.
    ShortWeekday,
}

/// What a duration is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl Unit {
    /// Its name in English, and for Intl.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
            Unit::Year => "year",
        }
    }
}

/// Whoever writes them.
#[derive(Clone, Copy)]
pub struct Writer {
    /// A date.
    pub date: fn(CalendarDate, Form) -> String,
    /// A whole number.
    pub number: fn(i64) -> String,
    /// A time of the day, in minutes since midnight.
    pub time: fn(i64) -> String,
    /// How long ago (negative), or how far ahead.
    pub away: fn(i64, Unit) -> String,
    /// How long.
    pub span: fn(i64, Unit) -> String,
    /// The day with which a week begins, Monday 0.
    pub week_begins: fn() -> usize,
}

/// English, without a browser.
const ENGLISH: Writer = Writer {
    date: english,
    number: grouped,
    time: twenty_four,
    away: english_away,
    span: english_span,
    week_begins: || 0,
};

thread_local! {
    static WRITER: Cell<Writer> = const { Cell::new(ENGLISH) };
}

/// From now on dates and numbers are written like this.
pub fn write_like(writer: Writer) {
    WRITER.set(writer);
}

/// A date.
pub fn date(date: CalendarDate, form: Form) -> String {
    (WRITER.get().date)(date, form)
}

/// A whole number: “12,345”.
pub fn number(number: impl Into<i64>) -> String {
    (WRITER.get().number)(number.into())
}

/// A time of the day: “14:05”, “2:05 pm”.
pub fn time(at: Timestamp, zone: &impl Zone) -> String {
    (WRITER.get().time)(zone.minutes_at(at).into())
}

/// “in 3 weeks”, “2 days ago”, “tomorrow”.
pub fn away(count: i64, unit: Unit) -> String {
    (WRITER.get().away)(count, unit)
}

/// “3 weeks”.
pub fn span(count: i64, unit: Unit) -> String {
    (WRITER.get().span)(count, unit)
}

/// A weekday, Monday 0: “Monday”, “Mon”.
pub fn weekday(place: usize, form: Form) -> String {
    // The first of January 2024 was a Monday.
    let monday: CalendarDate = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default().into();
    date(monday.plus_days(place as u64), form)
}

/// The weekdays in the order of the reader's week, Monday 0.
pub fn week() -> [usize; 7] {
    let begin = (WRITER.get().week_begins)();
    std::array::from_fn(|place| (begin + place) % 7)
}

/// The first day of the week of that day, as the reader's calendar has it.
pub fn week_of(day: CalendarDate) -> CalendarDate {
    let since_monday = day.days_since(practice_days::monday(day)).max(0) as usize;
    let begin = (WRITER.get().week_begins)();
    day.minus_days(((since_monday + 7 - begin) % 7) as u64)
}

/// `12,345 ratings`, `1 rating`.
pub fn counted(count: impl Into<i64>, noun: &str) -> String {
    crate::ui::text::counted(count.into(), noun)
}

/// A part of a whole: “87 %”. Not 100 % unless it is all, not 0 % unless it is nothing.
pub fn percent(part: f32) -> String {
    let hundredths = (part * 100.0).round() as i64;
    let shown = if part < 1.0 { hundredths.min(99) } else { hundredths };
    format!("{} %", if part > 0.0 { shown.max(1) } else { shown })
}

fn english(date: CalendarDate, form: Form) -> String {
    let pattern = match form {
        Form::Day => "%-d %b %Y",
        Form::Weekday => "%a, %-d %b %Y",
        Form::DayAndMonth => "%-d %b",
        Form::Month => "%B %Y",
        Form::ShortMonth => "%b",
        Form::WeekdayName => "%A",
        Form::ShortWeekday => "%a",
    };
    date.to_chrono().format(pattern).to_string()
}

fn twenty_four(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn english_away(count: i64, unit: Unit) -> String {
    match (count, unit) {
        (0, Unit::Day) => "today".to_owned(),
        (1, Unit::Day) => "tomorrow".to_owned(),
        (-1, Unit::Day) => "yesterday".to_owned(),
        (count, unit) if count < 0 => format!("{} ago", english_span(-count, unit)),
        (count, unit) => format!("in {}", english_span(count, unit)),
    }
}

fn english_span(count: i64, unit: Unit) -> String {
    if count == 1 { format!("1 {}", unit.name()) } else { format!("{} {}s", grouped(count), unit.name()) }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_and_parts_are_readable() {
        assert_eq!([0, 999, 1000, -1_234_567].map(number), ["0", "999", "1,000", "-1,234,567"]);
        assert_eq!([0.0, 0.001, 0.874, 0.999, 1.0].map(percent), ["0 %", "1 %", "87 %", "99 %", "100 %"]);
        assert_eq!([counted(1, "tune"), counted(2000, "tune")], ["1 tune", "2,000 tunes"]);
    }

    #[test]
    fn whoever_writes_dates_is_asked() {
        let day: CalendarDate = "2026-03-12".parse().unwrap();
        assert_eq!(date(day, Form::Weekday), "Thu, 12 Mar 2026");
        assert_eq!(date(day, Form::Month), "March 2026");
        assert_eq!([0, 6].map(|place| weekday(place, Form::WeekdayName)), ["Monday", "Sunday"]);
        assert_eq!(weekday(3, Form::ShortWeekday), "Thu");
        write_like(Writer {
            date: |date, _| format!("am {date}"),
            number: |number| format!("{number} Stück"),
            time: |minutes| format!("{} Uhr", minutes / 60),
            away: |count, unit| format!("in {count} {unit:?}"),
            span: |count, unit| format!("{count} {unit:?}"),
            week_begins: || 6,
        });
        assert_eq!(week(), [6, 0, 1, 2, 3, 4, 5]);
        // A Thursday, a Saturday, a Sunday.
        let begins = ["2026-03-12", "2026-03-14", "2026-03-15"].map(|day| week_of(day.parse().unwrap()).to_string());
        assert_eq!(begins, ["2026-03-08", "2026-03-08", "2026-03-15"]);
        assert_eq!((away(3, Unit::Week), span(2, Unit::Day)), ("in 3 Week".into(), "2 Day".into()));
        assert_eq!(time("2026-03-12T14:05:00Z".parse().unwrap(), &chrono::Utc), "14 Uhr");
        assert_eq!(date(day, Form::Day), "am 2026-03-12");
        assert_eq!(number(3), "3 Stück");
        write_like(ENGLISH);
    }
}
