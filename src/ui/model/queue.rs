//! The day's queue in words: which tune is next, how far one has come.

use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{Bucket, Deed, QueueEntry, QueueView, Rating, RatingPreview, Undoable};
use crate::domain::time::Timestamp;
use crate::ui::model::when;

/// How far one has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rated today.
    pub done: usize,
    /// In the queue.
    pub all: usize,
}

impl Progress {
    /// Of a queue.
    pub fn of(queue: &QueueView) -> Self {
        let done = queue.entries.iter().filter(|entry| entry.is_done(queue.day)).count();
        Progress { done, all: queue.entries.len() }
    }

    /// “3 of 10 played”.
    pub fn words(self) -> String {
        format!("{} of {} played", self.done, self.all)
    }

    /// 0–100.
    pub fn percent(self) -> usize {
        (self.done * 100).checked_div(self.all).unwrap_or(0)
    }
}

/// The tune on the music stand: the chosen one while it is in the queue, else the first that is not rated yet, else the first that wants to
/// be played once more.
pub fn current(queue: &QueueView, chosen: Option<QueueEntryId>) -> Option<&QueueEntry> {
    let chosen = chosen.and_then(|id| queue.entries.iter().find(|entry| entry.id == id));
    let unrated = || queue.entries.iter().find(|entry| !entry.is_rated());
    let once_more = || {
        let again = queue.entries.iter().filter_map(|entry| Some((entry.again_at(queue.day)?, entry)));
        again.min_by_key(|(at, _)| *at).map(|(_, entry)| entry)
    };
    chosen.or_else(unrated).or_else(once_more)
}

/// The tune to play after `entry`: the next one that is not done, going round; `None` if it was the last.
pub fn next_after(queue: &QueueView, entry: QueueEntryId) -> Option<QueueEntryId> {
    let at = queue.entries.iter().position(|e| e.id == entry)?;
    let (before, after) = queue.entries.split_at(at);
    after.iter().skip(1).chain(before).find(|e| !e.is_rated()).map(|e| e.id)
}

/// The state of a tune in the list: its rating, or why it is here.
pub fn state(entry: &QueueEntry) -> &'static str {
    match (entry.shown_rating(), entry.completed) {
        (Some(rating), _) => rating.label(),
        (None, Some(_)) => "Played",
        (None, None) => entry.bucket.label(),
    }
}

/// A bucket for style sheets.
pub const fn bucket_name(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::DueToday => "due",
        Bucket::Lapsed => "lapsed",
        Bucket::New => "new",
        Bucket::OldLapsed => "old",
    }
}

/// A rating for style sheets and tests.
pub const fn rating_name(rating: Rating) -> &'static str {
    match rating {
        Rating::Again => "again",
        Rating::Hard => "hard",
        Rating::Good => "good",
        Rating::Easy => "easy",
    }
}

/// What a rating means.
pub const fn rating_meaning(rating: Rating) -> &'static str {
    match rating {
        Rating::Again => "lost it",
        Rating::Hard => "got through",
        Rating::Good => "as it should be",
        Rating::Easy => "without thinking",
    }
}

/// The second line of a rating button: “in 3 days”, or “in 10 min” on the same day.
pub fn next_words(preview: &RatingPreview, now: Timestamp) -> String {
    match preview.interval_days {
        0 => when::in_minutes(preview.due, now),
        days => when::days_away(i64::from(days)),
    }
}

/// What the undo line says: “Kesh Jig: Good”.
pub fn undo_words(undo: &Undoable) -> String {
    let title = if undo.title.trim().is_empty() { "The last tune" } else { undo.title.trim() };
    let deed = match undo.deed {
        Deed::Rated(rating, _) | Deed::Staged(rating) => rating.label(),
        Deed::Buried => "put aside until tomorrow",
        Deed::Suspended => "put aside until further notice",
    };
    format!("{title}: {deed}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{PlaylistId, TuneId};
    use crate::domain::time::LocalDay;
    use uuid::Uuid;

    fn entry(number: u128, done: bool) -> QueueEntry {
        let at = done.then(|| Timestamp::from_micros(1));
        QueueEntry {
            id: QueueEntryId(Uuid::from_u128(number)),
            tune: TuneId(Uuid::from_u128(number)),
            fields: Default::default(),
            bucket: Bucket::Lapsed,
            due: None,
            last_practiced: None,
            completed: at,
            rating: done.then_some(Rating::Good),
            staged: None,
            scheduled: None,
            manner: Default::default(),
            memory: None,
        }
    }

    fn queue(done: &[bool]) -> QueueView {
        let entries = done.iter().enumerate().map(|(i, done)| entry(i as u128, *done)).collect();
        let day = LocalDay::containing(Timestamp::from_micros(0), &chrono::Utc);
        QueueView { playlist: PlaylistId(Uuid::nil()), day, entries, undo: None, stored: true, free: None }
    }

    fn id(number: u128) -> QueueEntryId {
        QueueEntryId(Uuid::from_u128(number))
    }

    #[test]
    fn the_first_unrated_tune_is_current_unless_one_was_chosen() {
        let q = queue(&[true, false, false]);
        assert_eq!(current(&q, None).unwrap().id, id(1));
        assert_eq!(current(&q, Some(id(2))).unwrap().id, id(2));
        assert_eq!(current(&q, Some(id(99))).unwrap().id, id(1));
        assert_eq!(current(&queue(&[true]), None), None);
        assert_eq!(Progress::of(&q), Progress { done: 1, all: 3 });
        assert_eq!(Progress::of(&q).words(), "1 of 3 played");
    }

    #[test]
    fn after_a_jump_practice_goes_on_below_and_comes_round() {
        let q = queue(&[false, true, false]);
        assert_eq!(next_after(&q, id(0)), Some(id(2)));
        assert_eq!(next_after(&q, id(2)), Some(id(0)));
        assert_eq!(next_after(&queue(&[true, true]), id(0)), None);
    }

    #[test]
    fn buttons_say_their_next_date() {
        let preview = RatingPreview {
            rating: Rating::Good,
            due: Timestamp::from_micros(0),
            interval_days: 3,
            stability: 3.0,
            difficulty: 5.0,
        };
        let now = Timestamp::from_micros(0);
        assert_eq!(next_words(&preview, now), "in 3 days");
        let soon = RatingPreview { interval_days: 0, due: now.plus_micros(600_000_000), ..preview };
        assert_eq!(next_words(&soon, now), "in 10 minutes");
        assert_eq!(state(&entry(1, true)), "Good");
        assert_eq!(state(&entry(1, false)), "Lapsed");
    }
}
