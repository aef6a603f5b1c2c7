//! The practice history in words: by day, a line each.

use super::locale::{self, Form, number};
use super::{queue, when};
use crate::domain::analysis::HistoryLine;
use crate::domain::time::Zone;
use crate::ui::text::{say, t};

/// The lines by local day, in their order.
pub fn by_day(lines: Vec<HistoryLine>, zone: &impl Zone) -> Vec<(String, Vec<HistoryLine>)> {
    let mut days: Vec<(_, Vec<HistoryLine>)> = Vec::new();
    for line in lines {
        let date = zone.date_at(line.practiced);
        match days.last_mut().filter(|(last, _)| *last == date) {
            Some((_, lines)) => lines.push(line),
            None => days.push((date, vec![line])),
        }
    }
    days.into_iter().map(|(date, lines)| (locale::date(date, Form::Weekday), lines)).collect()
}

/// “51–100 of 4,512 ratings”.
pub fn range(offset: u32, shown: usize, total: u32) -> String {
    let shown = shown as u32;
    match total {
        0 => t("No ratings").to_owned(),
        total if shown == total => locale::counted(total, "rating"),
        total => say!(
            "{from}–{to} of {ratings}",
            from = number(offset + 1),
            to = number(offset + shown),
            ratings = locale::counted(total, "rating")
        ),
    }
}

/// How it went; on the old scale with its number.
pub fn rating(line: &HistoryLine) -> String {
    match line.sm2 {
        Some(quality) => queue::old_scale(quality),
        None => t(line.rating.label()).to_owned(),
    }
}

/// “14:05”, the time of the day there.
pub fn time(line: &HistoryLine, zone: &impl Zone) -> String {
    locale::time(line.practiced, zone)
}

/// “next after 3 days”, if it is known.
pub fn next(line: &HistoryLine) -> Option<String> {
    match line.interval? {
        ..=0 => Some(t("next on the same day").to_owned()),
        days => Some(say!("next after {days}", days = when::span(days))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{PracticeRecordId, TuneId};
    use crate::domain::practice::Rating;

    fn line(practiced: &str, interval: Option<i64>, sm2: Option<i64>) -> HistoryLine {
        HistoryLine {
            id: PracticeRecordId(uuid::Uuid::nil()),
            tune: TuneId(uuid::Uuid::nil()),
            title: None,
            repertoire: "Flute".into(),
            practiced: practiced.parse().unwrap(),
            rating: Rating::Hard,
            sm2,
            interval,
            due: None,
            stability: None,
            goal: None,
            technique: None,
        }
    }

    #[test]
    fn days_are_local_and_lines_say_when_and_how() {
        let zone = chrono::FixedOffset::west_opt(4 * 3600).unwrap();
        let lines = vec![
            line("2026-03-03T12:05:00Z", Some(3), None),
            line("2026-03-03T03:30:00Z", Some(0), Some(2)),
            line("2026-03-02T12:00:00Z", None, None),
        ];
        let days = by_day(lines, &zone);
        assert_eq!(
            days.iter().map(|(day, lines)| (day.as_str(), lines.len())).collect::<Vec<_>>(),
            [("Tue, 3 Mar 2026", 1), ("Mon, 2 Mar 2026", 2)]
        );
        let (first, second) = (&days[0].1[0], &days[1].1[0]);
        assert_eq!(
            (time(first, &zone), rating(first), next(first)),
            ("08:05".into(), "Hard".into(), Some("next after 3 days".into()))
        );
        assert_eq!(
            (time(second, &zone), rating(second), next(second)),
            ("23:30".into(), "2 of 5 (Hard)".into(), Some("next on the same day".into()))
        );
        assert_eq!(next(&days[1].1[1]), None);
    }

    #[test]
    fn the_page_says_where_it_is() {
        assert_eq!(
            [range(0, 0, 0), range(0, 1, 1), range(50, 50, 4512)],
            ["No ratings", "1 rating", "51–100 of 4,512 ratings"]
        );
    }
}
