//! Days of practice as a calendar: a column a week, a row a weekday, in the order of the reader's week.

use super::locale::{self, Form, counted};
use crate::domain::analysis::DayCount;
use crate::domain::time::CalendarDate;
use crate::ui::text::say;

/// A day in the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: CalendarDate,
    /// Its column.
    pub week: usize,
    /// Its row.
    pub weekday: usize,
    /// How much was practised: 0 nothing, 4 the most.
    pub level: u8,
    /// Ratings.
    pub ratings: u32,
    /// In words.
    pub says: String,
}

/// A stretch of weeks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its days, by week.
    pub days: Vec<Day>,
    /// Names of months, and the column in which each begins.
    pub months: Vec<(usize, String)>,
    /// How many columns.
    pub weeks: usize,
    /// In a sentence.
    pub summary: String,
    /// Was there practice before it?
    pub earlier: bool,
}

impl Calendar {
    /// `weeks` weeks, the last one that of `today`, or so many such stretches earlier.
    pub fn new(counts: &[DayCount], today: CalendarDate, weeks: usize, stretches_back: usize) -> Self {
        let last = locale::week_of(today).minus_days((stretches_back * weeks * 7) as u64);
        let first = last.minus_days((weeks.saturating_sub(1) * 7) as u64);
        let end = last.plus_days(6).min(today);
        let shown = counts.partition_point(|day| day.date < first);
        let within = &counts[shown..counts.partition_point(|day| day.date <= end)];
        // Levels by what is usual for her: the busiest festival must not make all other days pale.
        let mut usual: Vec<u32> = counts.iter().map(|day| day.ratings).collect();
        usual.sort_unstable();
        let much = usual.get(usual.len() * 9 / 10).copied().unwrap_or(1).max(4);
        let mut next = within.iter().peekable();
        let mut days = Vec::new();
        let mut months: Vec<(usize, String)> = Vec::new();
        for at in 0..=end.days_since(first).max(0) as usize {
            let date = first.plus_days(at as u64);
            let count = next.next_if(|day| day.date == date).copied();
            let ratings = count.map_or(0, |day| day.ratings);
            let (week, weekday) = (at / 7, at % 7);
            if weekday == 0 {
                let name = locale::date(date, Form::ShortMonth);
                // A name where a month begins; none so close to the last that they would run into each other.
                if months.last().is_none_or(|(_, before)| *before != name) {
                    match months.last_mut() {
                        Some(before) if before.0 + 3 > week => *before = (before.0.max(week), name),
                        _ => months.push((week, name)),
                    }
                }
            }
            days.push(Day { date, week, weekday, level: level(ratings, much), ratings, says: says(date, count) });
        }
        let ratings: u32 = within.iter().map(|day| day.ratings).sum();
        let summary = say!(
            "{ratings} on {days} from {first} to {last}.",
            ratings = counted(ratings, "rating"),
            days = counted(within.len() as i64, "day"),
            first = locale::date(first, Form::Day),
            last = locale::date(end, Form::Day)
        );
        Calendar { days, months, weeks, summary, earlier: shown > 0 }
    }

    /// In which stretch of `weeks` weeks something was last practised, counted back from today's.
    pub fn latest(counts: &[DayCount], today: CalendarDate, weeks: usize) -> usize {
        let days = counts
            .last()
            .map_or(0, |last| locale::week_of(today).days_since(locale::week_of(last.date)).max(0) as usize);
        days / (weeks * 7).max(1)
    }

    /// The weeks as lines of a table, the latest first: the first day, and the ratings of each day that has come.
    pub fn lines(&self) -> Vec<(String, Vec<String>)> {
        let week = |days: &[Day]| {
            let cells =
                days.iter().map(|day| if day.ratings == 0 { "–".to_owned() } else { locale::number(day.ratings) });
            (locale::date(days[0].date, Form::Day), cells.collect())
        };
        self.days.chunks(7).rev().map(week).collect()
    }
}

fn level(ratings: u32, much: u32) -> u8 {
    match ratings {
        0 => 0,
        ratings => (1 + ratings * 3 / much).min(4) as u8,
    }
}

fn says(date: CalendarDate, count: Option<DayCount>) -> String {
    let day = locale::date(date, Form::Weekday);
    match count {
        None => say!("{day}: no practice", day),
        Some(DayCount { ratings, again: 0, .. }) => format!("{day}: {}", counted(ratings, "rating")),
        Some(DayCount { ratings, again, .. }) => {
            say!(
                "{day}: {ratings}, {again} of them Again",
                day,
                ratings = counted(ratings, "rating"),
                again = locale::number(again)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn date(text: &str) -> CalendarDate {
        text.parse().unwrap()
    }

    fn day(text: &str, ratings: u32, again: u32) -> DayCount {
        DayCount { date: date(text), ratings, again }
    }

    // 2026-03-12 is a Thursday.
    #[test]
    fn the_last_column_ends_today_and_every_day_says_what_it_was() {
        let counts =
            [day("2025-12-24", 3, 0), day("2026-03-02", 1, 0), day("2026-03-11", 8, 2), day("2026-03-12", 4, 0)];
        let calendar = Calendar::new(&counts, date("2026-03-12"), 4, 0);
        assert_eq!((calendar.days.len(), calendar.weeks, calendar.earlier), (25, 4, true));
        let last = calendar.days.last().unwrap();
        assert_eq!((last.week, last.weekday, last.says.as_str()), (3, 3, "Thu, 12 Mar 2026: 4 ratings"));
        assert_eq!(calendar.days[23].says, "Wed, 11 Mar 2026: 8 ratings, 2 of them Again");
        assert_eq!(calendar.days[0].says, "Mon, 16 Feb 2026: no practice");
        let levels = [23, 24, 14, 0].map(|at: usize| calendar.days[at].level);
        assert_eq!(levels, [4, 2, 1, 0]);
        assert_eq!(calendar.summary, "13 ratings on 3 days from 16 Feb 2026 to 12 Mar 2026.");
        assert_eq!(calendar.months, [(2, "Mar".to_owned())], "February would stand in March's way");
        let lines = calendar.lines();
        assert_eq!(lines[0], ("9 Mar 2026".to_owned(), ["–", "–", "8", "4"].map(String::from).to_vec()));
        assert_eq!((lines.len(), lines[3].1.len()), (4, 7));
    }

    #[test]
    fn one_can_go_back_until_there_is_nothing_earlier() {
        let counts = [day("2026-01-20", 3, 1), day("2026-03-12", 4, 0)];
        let back = Calendar::new(&counts, date("2026-03-12"), 4, 1);
        assert_eq!((back.days.len(), back.days[27].date), (28, date("2026-02-15")));
        assert_eq!(
            (back.summary.as_str(), back.earlier),
            ("1 rating on 1 day from 19 Jan 2026 to 15 Feb 2026.".replace("1 rating ", "3 ratings ").as_str(), false)
        );
        assert!(!Calendar::new(&[], date("2026-03-12"), 53, 0).earlier);
        let latest = |today, weeks| Calendar::latest(&counts, date(today), weeks);
        assert_eq!(
            [latest("2026-03-12", 4), latest("2026-04-05", 4), latest("2026-04-06", 4), latest("2026-04-06", 8)],
            [0, 0, 1, 0]
        );
        assert_eq!(Calendar::latest(&[], date("2026-03-12"), 4), 0);
    }
}
