//! What the four ratings would do, kept at hand so that no button waits for the worker: by repertoire, tune and manner, and told from the
//! moment of rating, not from the moment at which it was asked. Pure.

use std::collections::HashMap;

use crate::domain::ids::{PlaylistId, TuneId};
use crate::domain::practice::{Rating, RatingPreview};
use crate::domain::scheduling::Manner;
use crate::domain::time::{Timestamp, Zone};

/// After so many microseconds it is asked anew: days pass, and with them what FSRS makes of them.
const FRESH: i64 = 5 * 60 * 1_000_000;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    playlist: PlaylistId,
    tune: TuneId,
    goal: String,
    technique: String,
}

impl Asked {
    /// A tune of that repertoire, practised like this.
    pub fn of(playlist: PlaylistId, tune: TuneId, manner: &Manner) -> Self {
        let technique = manner.technique.stored().unwrap_or_default().to_owned();
        Asked { playlist, tune, goal: manner.goal.stored().to_owned(), technique }
    }
}

#[derive(Debug)]
struct Answer {
    at: Timestamp,
    previews: Vec<RatingPreview>,
}

/// The answers.
#[derive(Debug, Default)]
pub struct Previews(HashMap<Asked, Answer>);

impl Previews {
    /// Is it to be asked, for the first time or anew?
    pub fn wants(&self, asked: &Asked, now: Timestamp, zone: &impl Zone) -> bool {
        self.0.get(asked).is_none_or(|answer| {
            !(0..FRESH).contains(&(now.micros() - answer.at.micros())) || zone.date_at(answer.at) != zone.date_at(now)
        })
    }

    /// Keeps what was answered to a question of `at`.
    pub fn keep(&mut self, asked: Asked, at: Timestamp, previews: Vec<RatingPreview>) {
        self.0.insert(asked, Answer { at, previews });
    }

    /// What a rating at `now` would do, as far as it is known.
    pub fn of(&self, asked: &Asked, rating: Rating, now: Timestamp) -> Option<RatingPreview> {
        let answer = self.0.get(asked)?;
        let preview = answer.previews.iter().find(|preview| preview.rating == rating)?;
        Some(RatingPreview { due: preview.due.plus_micros(now.micros() - answer.at.micros()), ..*preview })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ui::model::queue::{expected, next_words};
    use uuid::Uuid;

    const MINUTE: i64 = 60_000_000;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn asked(repertoire: u128) -> Asked {
        Asked::of(PlaylistId(Uuid::from_u128(repertoire)), TuneId(Uuid::from_u128(7)), &Manner::default())
    }

    fn preview(days: u32, due: Timestamp) -> RatingPreview {
        RatingPreview {
            rating: Rating::Good,
            due,
            interval_days: days,
            stability: 3.0,
            difficulty: 5.0,
            longest: false,
        }
    }

    #[test]
    fn one_tune_in_two_repertoires_has_dates_of_its_own_in_each() {
        let now = at("2026-03-02T12:00:00Z");
        let mut kept = Previews::default();
        kept.keep(asked(1), now, vec![preview(9, now.plus_days(9))]);
        assert!(kept.wants(&asked(2), now, &chrono::Utc));
        assert_eq!(kept.of(&asked(2), Rating::Good, now), None);
        assert_eq!(kept.of(&asked(1), Rating::Good, now).map(|p| p.interval_days), Some(9));
        assert_eq!(kept.of(&asked(1), Rating::Easy, now), None);
    }

    #[test]
    fn minutes_are_counted_from_the_rating_however_long_the_card_has_lain_there() {
        let then = at("2026-03-02T12:00:00Z");
        let mut kept = Previews::default();
        kept.keep(asked(1), then, vec![preview(0, then.plus_micros(10 * MINUTE))]);
        for waited in [0, 4, 9, 40] {
            let now = then.plus_micros(waited * MINUTE);
            let shown = kept.of(&asked(1), Rating::Good, now).unwrap();
            assert_eq!(next_words(&shown, now), "in 10 minutes", "after {waited}");
            assert_eq!(expected(Rating::Good, Some(&shown), now).due, now.plus_micros(10 * MINUTE));
        }
    }

    #[test]
    fn it_is_asked_anew_after_a_while_and_on_a_new_day() {
        let zone = chrono::FixedOffset::west_opt(4 * 3600).unwrap();
        let then = at("2026-03-03T03:58:00Z");
        let mut kept = Previews::default();
        assert!(kept.wants(&asked(1), then, &zone));
        kept.keep(asked(1), then, vec![preview(2, then.plus_days(2))]);
        assert!(!kept.wants(&asked(1), then.plus_micros(MINUTE), &zone));
        assert!(kept.wants(&asked(1), then.plus_micros(3 * MINUTE), &zone), "midnight has passed there");
        assert!(!kept.wants(&asked(1), then.plus_micros(3 * MINUTE), &chrono::Utc));
        assert!(kept.wants(&asked(1), then.plus_micros(6 * MINUTE), &chrono::Utc));
        assert!(kept.wants(&asked(1), then.plus_micros(-MINUTE), &chrono::Utc), "the clock was put back");
    }
}
