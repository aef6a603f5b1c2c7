//! Dates and numbers as the reader's locale writes them. The browser's Intl does it there (`ui::locale` says so once); natively, and in tests, it
//! is English.

use std::cell::Cell;

use crate::domain::time::CalendarDate;

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
}

/// Whoever writes them.
#[derive(Clone, Copy)]
pub struct Writer {
    /// A date.
    pub date: fn(CalendarDate, Form) -> String,
    /// A whole number.
    pub number: fn(i64) -> String,
}

thread_local! {
    static WRITER: Cell<Writer> = const { Cell::new(Writer { date: english, number: grouped }) };
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

/// `12,345 ratings`, `1 rating`.
pub fn counted(count: impl Into<i64>, noun: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {noun}") } else { format!("{} {noun}s", number(count)) }
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
    };
    date.to_chrono().format(pattern).to_string()
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
        write_like(Writer { date: |date, _| format!("am {date}"), number: |number| format!("{number} Stück") });
        assert_eq!(date(day, Form::Day), "am 2026-03-12");
        assert_eq!(number(3), "3 Stück");
        write_like(Writer { date: english, number: grouped });
    }
}
