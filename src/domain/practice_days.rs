//! How much a person practises on which days: the settings of `prefs_scheduling_options`, and what they make of one day. Pure.
//!
//! The stored forms, both JSON: `weekly_rules` maps a weekday to its rule, `{"sun": {"free": true}, "sat": {"min": 5, "max": 20}}`;
//! `exceptions` lists stretches of days with a rule, `[{"from": "2026-12-24", "to": "2026-12-26", "free": true}]` (`date` stands for both).

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::time::CalendarDate;

/// Names of the weekdays as stored, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What differs on a day; nothing set: it is a day like any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRule {
    /// No practice is planned.
    pub free: bool,
    /// At least so many tunes.
    pub min: Option<u32>,
    /// At most so many tunes; 0 = no limit.
    pub max: Option<u32>,
}

/// A stretch of days with a rule of its own: holidays, a festival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The first day.
    pub from: CalendarDate,
    /// The last day.
    pub to: CalendarDate,
    /// What holds on them.
    pub rule: DayRule,
}

/// The settings. What is stored but cannot be read is passed over: settings must never stand in the way of practice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeDays {
    /// For how many days a tune that fell due counts as lapsed, before it is old.
    pub delinquency_days: u32,
    /// At least so many tunes a day, as far as there are any.
    pub least: u32,
    /// At most so many; 0 = no limit.
    pub most: u32,
    /// On how many days of a week (Monday to Sunday) she practises; 7 = on all.
    pub days_per_week: u32,
    /// The week, Monday first.
    pub week: [DayRule; 7],
    /// Days that are different. The last that fits counts.
    pub exceptions: Vec<Exception>,
}

impl Default for PracticeDays {
    fn default() -> Self {
        PracticeDays {
            delinquency_days: 21,
            least: 0,
            most: 10,
            days_per_week: 7,
            week: [DayRule::default(); 7],
            exceptions: Vec::new(),
        }
    }
}

/// Why nothing is planned on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FreeDay {
    /// This weekday is free.
    Weekday,
    /// She took these days off.
    Exception,
    /// She has practised on as many days of this week as she wants to.
    WeekIsFull,
}

/// How many tunes a day brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPlan {
    /// Nothing is planned, and why.
    pub free: Option<FreeDay>,
    /// At least so many.
    pub least: usize,
    /// At most so many; `None` = no limit.
    pub most: Option<usize>,
}

/// The columns as they are stored.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// `acceptable_delinquency_window`.
    pub delinquency_days: i64,
    /// `min_reviews_per_day`.
    pub least: Option<i64>,
    /// `max_reviews_per_day`.
    pub most: Option<i64>,
    /// `days_per_week`.
    pub days_per_week: Option<i64>,
    /// `weekly_rules`.
    pub weekly_rules: Option<String>,
    /// `exceptions`.
    pub exceptions: Option<String>,
}

impl PracticeDays {
    /// From the stored row.
    pub fn from_stored(stored: &Stored) -> Self {
        let default = PracticeDays::default();
        let count = |value: Option<i64>, otherwise: u32| value.map_or(otherwise, |n| n.clamp(0, 10_000) as u32);
        PracticeDays {
            // Ten years are for ever; a larger number would only overflow the calendar.
            delinquency_days: stored.delinquency_days.clamp(0, 3650) as u32,
            least: count(stored.least, default.least),
            most: count(stored.most, default.most),
            // The old app stored 0 for “not set”.
            days_per_week: stored.days_per_week.filter(|n| (1..=7).contains(n)).map_or(7, |n| n as u32),
            week: stored.weekly_rules.as_deref().map(week).unwrap_or_default(),
            exceptions: stored.exceptions.as_deref().map(exceptions).unwrap_or_default(),
        }
    }

    /// Do the numbers make sense?
    ///
    /// Errors: what does not, in words.
    pub fn check(&self) -> Result<(), &'static str> {
        let rules = || self.week.iter().chain(self.exceptions.iter().map(|exception| &exception.rule));
        let counts =
            [Some(self.least), Some(self.most)].into_iter().chain(rules().flat_map(|rule| [rule.min, rule.max]));
        if self.delinquency_days > 365 {
            return Err("A tune can count as lapsed for 365 days at most.");
        }
        if counts.flatten().any(|count| count > 10_000) {
            return Err("Ten thousand tunes are the most for a day.");
        }
        if self.most > 0 && self.least > self.most {
            return Err("“At least” must not be more than “at most”.");
        }
        if !(1..=7).contains(&self.days_per_week) {
            return Err("A week has 1 to 7 days of practice.");
        }
        if self.exceptions.iter().any(|exception| exception.to < exception.from) {
            return Err("The last day of a break must not lie before its first.");
        }
        Ok(())
    }

    /// `weekly_rules` as it is stored; `None` if no day differs.
    pub fn stored_week(&self) -> Option<String> {
        let named: Map<String, Value> = WEEKDAYS
            .iter()
            .zip(&self.week)
            .filter(|(_, rule)| **rule != DayRule::default())
            .map(|(name, rule)| ((*name).to_owned(), rule.json().into()))
            .collect();
        (!named.is_empty()).then(|| Value::Object(named).to_string())
    }

    /// `exceptions` as it is stored; `None` if there are none.
    pub fn stored_exceptions(&self) -> Option<String> {
        let all: Vec<Value> = self
            .exceptions
            .iter()
            .map(|exception| {
                let mut object = exception.rule.json();
                object.insert("from".to_owned(), exception.from.to_string().into());
                object.insert("to".to_owned(), exception.to.to_string().into());
                object.into()
            })
            .collect();
        (!all.is_empty()).then(|| Value::Array(all).to_string())
    }

    /// What `date` brings, when the person has practised on `practised` other days of that week.
    pub fn plan(&self, date: CalendarDate, practised: u32) -> DayPlan {
        let weekday = self.week[date.to_chrono().weekday().num_days_from_monday() as usize];
        let exception = self.exceptions.iter().rev().find(|e| e.from <= date && date <= e.to).map(|e| e.rule);
        let rule = exception.unwrap_or(weekday);
        let free = match (rule.free, exception.is_some()) {
            (true, true) => Some(FreeDay::Exception),
            (true, false) => Some(FreeDay::Weekday),
            // A day she made a rule for is meant to be one of practice.
            (false, true) => None,
            (false, false) => (practised >= self.days_per_week).then_some(FreeDay::WeekIsFull),
        };
        let most = Some(rule.max.unwrap_or(self.most) as usize).filter(|most| *most > 0);
        let least = rule.min.unwrap_or(self.least) as usize;
        DayPlan { free, least: most.map_or(least, |most| least.min(most)), most }
    }
}

/// The Monday of the week of `date`.
pub fn monday(date: CalendarDate) -> CalendarDate {
    date.minus_days(u64::from(date.to_chrono().weekday().num_days_from_monday()))
}

impl DayRule {
    fn from_json(value: &Value) -> Self {
        let count = |key: &str| value[key].as_u64().map(|n| n.min(10_000) as u32);
        DayRule { free: value["free"].as_bool().unwrap_or_default(), min: count("min"), max: count("max") }
    }

    fn json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        if self.free {
            object.insert("free".to_owned(), true.into());
        }
        for (key, count) in [("min", self.min), ("max", self.max)] {
            if let Some(count) = count {
                object.insert(key.to_owned(), count.into());
            }
        }
        object
    }
}

fn week(text: &str) -> [DayRule; 7] {
    let named: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let rule = |day: &str| {
        let found = named.iter().find(|(name, _)| name.to_ascii_lowercase().starts_with(day));
        found.map(|(_, rule)| DayRule::from_json(rule)).unwrap_or_default()
    };
    WEEKDAYS.map(rule)
}

fn exceptions(text: &str) -> Vec<Exception> {
    let all: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let read = |value: Value| {
        let date = |key: &str| value[key].as_str().or(value["date"].as_str())?.parse().ok();
        Some(Exception { from: date("from")?, to: date("to")?, rule: DayRule::from_json(&value) })
    };
    all.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn date(text: &str) -> CalendarDate {
        text.parse().unwrap()
    }

    fn stored(week: &str, exceptions: &str) -> PracticeDays {
        PracticeDays::from_stored(&Stored {
            delinquency_days: 7,
            least: Some(3),
            most: Some(12),
            days_per_week: Some(5),
            weekly_rules: Some(week.to_owned()),
            exceptions: Some(exceptions.to_owned()),
        })
    }

    // 2026-03-09 is a Monday.
    #[test]
    fn weekdays_and_exceptions_have_their_rules() {
        let days = stored(
            r#"{"Sunday": {"free": true}, "sat": {"max": 20, "min": 30}}"#,
            r#"[{"date": "2026-03-15"}, {"from": "2026-03-16", "to": "2026-03-20", "free": true}, {"date": "2026-03-18", "max": 2}]"#,
        );
        let plan = |text| days.plan(date(text), 0);
        assert_eq!(plan("2026-03-09"), DayPlan { free: None, least: 3, most: Some(12) });
        assert_eq!(plan("2026-03-14"), DayPlan { free: None, least: 20, most: Some(20) });
        assert_eq!(plan("2026-03-08").free, Some(FreeDay::Weekday));
        assert_eq!(plan("2026-03-15").free, None, "the exception makes this Sunday a day of practice");
        assert_eq!(plan("2026-03-16").free, Some(FreeDay::Exception));
        assert_eq!(plan("2026-03-18"), DayPlan { free: None, least: 2, most: Some(2) });
    }

    #[test]
    fn a_week_can_be_full() {
        let days = stored("", r#"[{"date": "2026-03-15"}]"#);
        assert_eq!(days.plan(date("2026-03-13"), 4).free, None);
        assert_eq!(days.plan(date("2026-03-14"), 5).free, Some(FreeDay::WeekIsFull));
        assert_eq!(days.plan(date("2026-03-15"), 5).free, None);
        assert_eq!(monday(date("2026-03-15")), date("2026-03-09"));
        assert_eq!(monday(date("2026-03-09")), date("2026-03-09"));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_what_can_goes_there_and_back() {
        let odd = stored("[1]", r#"[{"from": "someday"}, 7, {"date": "2026-01-01", "free": true}]"#);
        assert_eq!((odd.week, odd.exceptions.len()), ([DayRule::default(); 7], 1));
        let again = PracticeDays {
            week: week(&stored(r#"{"tue": {"free": true}}"#, "").stored_week().unwrap()),
            exceptions: exceptions(&odd.stored_exceptions().unwrap()),
            ..odd.clone()
        };
        assert!(again.week[1].free);
        assert_eq!(again.exceptions, odd.exceptions);
        assert_eq!((PracticeDays::default().stored_week(), PracticeDays::default().stored_exceptions()), (None, None));
    }
}
