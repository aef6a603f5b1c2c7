//! The ratings of a tune as a drawing: when it was played from left to right, how long until the next time from bottom to top.

use super::{locale, queue, when};
use crate::domain::practice::{PracticeEntry, Rating};
use crate::domain::scheduling::meaning;
use crate::domain::time::Zone;
use crate::ui::text::{say, t};

/// A rating in the drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// From the left, 0–1.
    pub x: f64,
    /// From the bottom, 0–1.
    pub y: f64,
    /// How it went.
    pub rating: Option<Rating>,
    /// In words.
    pub says: String,
}

/// The dots, oldest first; entries without a date are left out.
pub fn dots(newest_first: &[PracticeEntry], zone: &impl Zone) -> Vec<Dot> {
    let dated: Vec<_> = newest_first.iter().rev().filter_map(|entry| Some((entry, entry.practiced?))).collect();
    let (Some((_, first)), Some((_, last))) = (dated.first(), dated.last()) else { return Vec::new() };
    let span = (last.micros() - first.micros()).max(1) as f64;
    let days = |entry: &PracticeEntry| match (entry.practiced, entry.due) {
        (Some(at), Some(due)) => when::days_between(at, due, zone).max(0) as f64,
        _ => 0.0,
    };
    let most = dated.iter().map(|(entry, _)| days(entry)).fold(30.0, f64::max);
    let one = dated.len() == 1;
    let dot = |&(entry, at): &(&PracticeEntry, crate::domain::time::Timestamp)| {
        // Ratings of the old scale are what they mean to the schedule, as everywhere else.
        let rating = entry.quality.map(|quality| meaning(quality, entry.sm2));
        let said = rating.map_or_else(|| t("practised").to_owned(), |_| queue::rated_words(entry));
        Dot {
            x: if one { 0.5 } else { (at.micros() - first.micros()) as f64 / span },
            // Days double, the step stays the same: the first weeks are as readable as the later years.
            y: (1.0 + days(entry)).ln() / (1.0 + most).ln(),
            rating,
            says: say!(
                "{day}: {said}, next after {days}",
                day = when::date(at, zone),
                said,
                days = locale::counted(days(entry) as i64, "day")
            ),
        }
    };
    dated.iter().map(dot).collect()
}

/// The days on which the drawing begins and ends.
pub fn ends(newest_first: &[PracticeEntry], zone: &impl Zone) -> Option<(String, String)> {
    let mut dated = newest_first.iter().filter_map(|entry| entry.practiced);
    let last = dated.next()?;
    Some((when::date(dated.next_back()?, zone), when::date(last, zone)))
}

/// The drawing in a sentence.
pub fn summary(newest_first: &[PracticeEntry], zone: &impl Zone) -> String {
    let dated: Vec<_> = newest_first.iter().filter_map(|entry| entry.practiced).collect();
    match (dated.last(), dated.first()) {
        (Some(first), Some(last)) => say!(
            "Practised {times} from {first} to {last}. The table has each.",
            times = locale::counted(dated.len() as i64, "time"),
            first = when::date(*first, zone),
            last = when::date(*last, zone)
        ),
        _ => t("Not practised yet.").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::PracticeRecordId;

    fn entry(practiced: &str, due: &str, quality: i64) -> PracticeEntry {
        PracticeEntry {
            id: PracticeRecordId(uuid::Uuid::nil()),
            practiced: Some(practiced.parse().unwrap()),
            quality: Some(quality),
            sm2: false,
            due: Some(due.parse().unwrap()),
        }
    }

    #[test]
    fn dots_lie_within_the_drawing_and_say_what_they_are() {
        let history = [
            entry("2026-03-11T12:00:00Z", "2026-06-11T12:00:00Z", 4),
            entry("2026-03-02T12:00:00Z", "2026-03-05T12:00:00Z", 3),
            entry("2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z", 1),
        ];
        let dots = dots(&history, &chrono::Utc);
        assert_eq!(dots.iter().map(|dot| (dot.x * 10.0).round()).collect::<Vec<_>>(), [0.0, 1.0, 10.0]);
        assert!(dots.windows(2).all(|pair| pair[0].y < pair[1].y) && dots[2].y <= 1.0);
        assert_eq!(dots[0].says, "1 Mar 2026: Again, next after 1 day");
        assert_eq!(
            summary(&history, &chrono::Utc),
            "Practised 3 times from 1 Mar 2026 to 11 Mar 2026. The table has each."
        );
    }

    #[test]
    fn what_was_lost_on_the_old_scale_is_drawn_as_lost() {
        let old =
            |quality| PracticeEntry { sm2: true, ..entry("2025-03-01T12:00:00Z", "2025-03-02T12:00:00Z", quality) };
        let history = [entry("2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z", 1), old(4), old(1)];
        let dots = dots(&history, &chrono::Utc);
        assert_eq!(
            dots.iter().map(|dot| dot.rating).collect::<Vec<_>>(),
            [Some(Rating::Again), Some(Rating::Good), Some(Rating::Again)]
        );
        assert!(dots[0].says.contains("1 of 5 (Again)"), "{}", dots[0].says);
        assert_eq!(ends(&history, &chrono::Utc), Some(("1 Mar 2025".to_owned(), "1 Mar 2026".to_owned())));
        assert_eq!(ends(&history[..1], &chrono::Utc), None);
    }

    #[test]
    fn one_rating_or_none_is_a_drawing_too() {
        assert_eq!(dots(&[], &chrono::Utc), []);
        assert_eq!(dots(&[entry("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", 3)], &chrono::Utc)[0].x, 0.5);
    }
}
