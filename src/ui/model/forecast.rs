//! What comes, in words and proportions: what falls due on the next days, and where there is room for what is overdue.

use super::analysis::Bar;
use super::locale::{self, Form, counted, number};
use crate::domain::analysis::{Analysis, Forecast};
use crate::ui::text::{say, t};

/// What comes, in a sentence.
pub fn summary(forecast: &Forecast) -> String {
    let Forecast { overdue, days, new, put_aside, caught_up, .. } = forecast;
    let today = days.first().copied().unwrap_or_default();
    let week: u32 = days.iter().skip(1).take(6).sum();
    let mut text = match overdue + today {
        0 => t("Nothing is due today").to_owned(),
        due => say!("{tunes} due by today", tunes = counted(due, "tune")),
    };
    if *overdue > 0 {
        text += &say!(", {count} of them from earlier days", count = number(*overdue));
    }
    text += &say!("; {count} more within a week.", count = number(week));
    match (*overdue, *caught_up) {
        (0, _) | (_, Some(1)) => {}
        (_, Some(days)) => {
            text += &say!(" By your own limit you are caught up in about {days}.", days = counted(days, "day"))
        }
        (_, None) => text += t(" Your own limit leaves no room for what is overdue."),
    }
    if *new > 0 {
        text += &say!(" {tunes} not practised yet.", tunes = counted(*new, "tune"));
    }
    if *put_aside > 0 {
        text += &say!(" {tunes} put aside.", tunes = counted(*put_aside, "tune"));
    }
    text
}

/// A day to come: what falls due on it, and on top of it what is overdue and has room there.
#[derive(Clone, Debug, PartialEq)]
pub struct DayBar {
    /// What falls due.
    pub due: Bar,
    /// How long the part of the overdue ones is, 0–1.
    pub backlog: f64,
    /// How many they are.
    pub overdue: String,
}

/// The most that a day brings, or may bring.
fn top(forecast: &Forecast) -> u32 {
    let days = forecast.days.iter().zip(&forecast.backlog).map(|(due, backlog)| due + backlog);
    days.max().unwrap_or_default().max(forecast.most.unwrap_or_default()).max(1)
}

/// A bar for each of the days, today first; what is overdue is laid onto the days that have room for it.
pub fn bars(analysis: &Analysis) -> Vec<DayBar> {
    let Forecast { days, backlog, .. } = &analysis.forecast;
    let top = f64::from(top(&analysis.forecast));
    let bar = |(at, (due, backlog)): (usize, (&u32, &u32))| {
        let date = analysis.today.plus_days(at as u64);
        let day = locale::date(date, Form::Weekday);
        let tunes = counted(*due, "tune");
        let says = match backlog {
            0 => say!("{day}: {tunes} due", day, tunes),
            backlog => {
                say!("{day}: {tunes} due, and room for {overdue} overdue", day, tunes, overdue = number(*backlog))
            }
        };
        let due = Bar {
            label: locale::date(date, Form::DayAndMonth),
            length: f64::from(*due) / top,
            value: number(*due),
            says,
        };
        DayBar { due, backlog: f64::from(*backlog) / top, overdue: number(*backlog) }
    };
    days.iter().zip(backlog).enumerate().map(bar).collect()
}

/// How high the line of “at most a day” stands, 0–1; `None` without a limit.
pub fn most_line(forecast: &Forecast) -> Option<f64> {
    Some(f64::from(forecast.most?) / f64::from(top(forecast)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::analysis::FORECAST_DAYS;

    fn ahead(overdue: u32, first: &[u32]) -> Forecast {
        let mut days = first.to_vec();
        days.resize(FORECAST_DAYS, 0);
        Forecast {
            overdue,
            days,
            later: 0,
            new: 0,
            put_aside: 0,
            most: Some(10),
            backlog: vec![0; FORECAST_DAYS],
            caught_up: (overdue > 0).then_some(1),
        }
    }

    #[test]
    fn the_forecast_says_what_waits_and_what_comes() {
        assert_eq!(summary(&ahead(0, &[0, 2, 1])), "Nothing is due today; 3 more within a week.");
        let full = Forecast { new: 1, put_aside: 2, ..ahead(8, &[4, 9, 0, 0, 0, 0, 1, 50]) };
        assert_eq!(
            summary(&full),
            "12 tunes due by today, 8 of them from earlier days; 10 more within a week. 1 tune not practised yet. 2 tunes put aside."
        );
        assert_eq!(most_line(&full), Some(0.2));
        let late = Forecast { caught_up: Some(33), ..ahead(489, &[]) };
        assert!(summary(&late).contains("By your own limit you are caught up in about 33 days."), "{}", summary(&late));
        assert_eq!(most_line(&Forecast { most: None, ..full }), None);
    }
}
