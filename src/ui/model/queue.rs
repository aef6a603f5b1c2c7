//! The day's queue in words: which tune is next, how far one has come.

use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{
    Bucket, Deed, PracticeEntry, QueueEntry, QueueView, Rating, RatingPreview, Staged, Undoable,
};
use crate::domain::practice_days::FreeDay;
use crate::domain::scheduling::meaning;
use crate::domain::time::{CalendarDate, Timestamp};
use crate::ui::model::when;
use crate::ui::text::{mark, say, t};

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
        say!("{done} of {all} played", done = self.done, all = self.all)
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

/// The tune before or after the one on the stand, in the order of the list; `None` at the ends.
pub fn beside(queue: &QueueView, entry: QueueEntryId, forward: bool) -> Option<QueueEntryId> {
    let at = queue.entries.iter().position(|e| e.id == entry)?;
    let to = if forward { at.checked_add(1)? } else { at.checked_sub(1)? };
    queue.entries.get(to).map(|e| e.id)
}

/// What she has just done and the worker has not confirmed yet. It is shown at once: the next tune must not wait for the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Its number.
    pub ticket: u32,
    /// The row.
    pub entry: QueueEntryId,
    /// What becomes of it.
    pub change: Change,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is rated like this, or not any more.
    Choice(Option<Staged>),
    /// It leaves the queue.
    Gone,
}

/// The queue as the worker told it last, with what it has not confirmed yet.
pub fn with_pending(mut queue: QueueView, pending: &[Pending]) -> QueueView {
    for Pending { entry, change, .. } in pending {
        let Some(at) = queue.entries.iter().position(|e| e.id == *entry) else { continue };
        match change {
            Change::Gone => {
                queue.entries.remove(at);
            }
            Change::Choice(staged) => {
                let row = &mut queue.entries[at];
                let before = std::mem::replace(&mut row.staged, staged.clone());
                let deed = match (staged, before) {
                    (Some(staged), _) => Some((Deed::Staged(staged.rating), staged.practiced)),
                    (None, Some(before)) => Some((Deed::Unstaged(before.rating), before.practiced)),
                    (None, None) => None,
                };
                if let Some((deed, at)) = deed {
                    let title = row.fields.title.clone().unwrap_or_default();
                    queue.undo = Some(Undoable { tune: row.tune, title, deed, at });
                }
            }
        }
    }
    queue
}

/// A choice as it is shown until the worker confirms it. Without a preview at hand its date is not known yet.
pub fn expected(rating: Rating, preview: Option<&RatingPreview>, now: Timestamp) -> Staged {
    Staged {
        rating,
        practiced: now,
        due: preview.map_or(now.plus_days(1), |preview| preview.due),
        interval_days: preview.map_or(1, |preview| preview.interval_days),
        stability: preview.map_or(0.0, |preview| preview.stability),
        difficulty: preview.map_or(0.0, |preview| preview.difficulty),
    }
}

/// The counts under the list: “3 due today · 2 lapsed · 1 new · 4 played”.
pub fn summary(queue: &QueueView) -> String {
    let open = |bucket| queue.entries.iter().filter(|e| !e.is_rated() && e.bucket == bucket).count();
    let counts = [
        (open(Bucket::DueToday), t("due today")),
        (open(Bucket::Lapsed), t("lapsed")),
        (open(Bucket::New), t("new")),
        (open(Bucket::OldLapsed), t("old lapsed")),
        (queue.entries.iter().filter(|e| e.is_rated()).count(), t("played")),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    words.collect::<Vec<_>>().join(" · ")
}

/// Why nothing is planned, in words.
pub fn free_words(free: FreeDay) -> &'static str {
    match free {
        FreeDay::Weekday => t("This weekday is free, as you set it."),
        FreeDay::Exception => t("You took this day off."),
        FreeDay::WeekIsFull => t("You have practised on as many days of this week as you meant to."),
    }
}

/// The state of a tune in the list: its rating, or why it is here. In English, for style sheets and tests: people are told `t` of it.
pub fn state_name(entry: &QueueEntry) -> &'static str {
    match (entry.shown_rating(), entry.completed) {
        (Some(rating), _) => rating.label(),
        (None, Some(_)) => mark("Played"),
        (None, None) => entry.bucket.label(),
    }
}

/// A bucket for style sheets.
pub fn bucket_name(bucket: Bucket) -> &'static str {
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
pub fn rating_meaning(rating: Rating) -> &'static str {
    match rating {
        Rating::Again => t("lost it"),
        Rating::Hard => t("got through"),
        Rating::Good => t("knew it"),
        Rating::Easy => t("no effort"),
    }
}

/// The ratings that have a button. `two`: she wants to say no more than lost or got.
pub const fn buttons(two: bool) -> &'static [Rating] {
    if two { &[Rating::Again, Rating::Good] } else { &Rating::ALL }
}

/// The word on a rating's button.
pub fn button_label(rating: Rating, two: bool) -> &'static str {
    match (rating, two) {
        (Rating::Again, true) => t("Lost it"),
        (Rating::Good, true) => t("Got it"),
        _ => t(rating.label()),
    }
}

/// The second line of a rating button: “in 3 days”, or “in 10 min” on the same day.
pub fn next_words(preview: &RatingPreview, now: Timestamp) -> String {
    match preview.interval_days {
        0 => when::in_minutes(preview.due, now),
        days => when::days_away(i64::from(days)),
    }
}

/// What is said above the ratings where the longest break of her settings cuts them short.
pub fn limit_words(previews: &[RatingPreview]) -> Option<&'static str> {
    let cut = previews.iter().filter(|preview| preview.longest).count();
    // A single one is as long as it would be, or nearly.
    (cut > 1).then(|| t("Limited by your longest break, which is in the settings."))
}

/// The button that turns a card. `bars`: the first bars are what is behind it.
pub fn turn_words(turned: bool, bars: bool) -> &'static str {
    match (turned, bars) {
        (false, true) => t("Show the first bars"),
        (true, true) => t("Hide the first bars"),
        (false, false) => t("Turn the card"),
        (true, false) => t("Turn it back"),
    }
}

/// A rating of the old scale: its number, and the word by which it is found and counted.
pub fn old_scale(quality: i64) -> String {
    say!("{quality} of 5 ({rating})", quality, rating = t(meaning(quality, true).label()))
}

/// A rating of a tune's history: its word, on the old scale with its number.
pub fn rated_words(entry: &PracticeEntry) -> String {
    match entry.quality {
        Some(quality) if entry.sm2 => old_scale(quality),
        Some(quality) => {
            Rating::from_quality(quality).map_or_else(|| quality.to_string(), |rating| t(rating.label()).to_owned())
        }
        None => "–".to_owned(),
    }
}

/// What can be taken back on the day that is shown. A day of the past that was looked up is shown as it was: nothing is changed there by one tap.
pub fn undoable(queue: &QueueView, looked_up: Option<CalendarDate>, today: CalendarDate) -> Option<&Undoable> {
    queue.undo.as_ref().filter(|_| looked_up.is_none_or(|date| date >= today))
}

/// What the undo line says: “Kesh Jig: Good”.
pub fn undo_words(undo: &Undoable) -> String {
    let title = if undo.title.trim().is_empty() { t("The last tune") } else { undo.title.trim() };
    let deed = match undo.deed {
        Deed::Rated(rating, _) | Deed::Staged(rating) => t(rating.label()),
        Deed::Unstaged(rating) => return say!("{title}: no longer {rating}", title, rating = t(rating.label())),
        Deed::Postponed => t("comes on another day"),
        Deed::Buried => t("put aside until tomorrow"),
        Deed::Suspended => t("put aside until further notice"),
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
            completed: at,
            rating: done.then_some(Rating::Good),
            ..QueueEntry::new(id(number), TuneId(Uuid::from_u128(number)), Bucket::Lapsed)
        }
    }

    fn queue(done: &[bool]) -> QueueView {
        let entries = done.iter().enumerate().map(|(i, done)| entry(i as u128, *done)).collect();
        let day = LocalDay::containing(Timestamp::from_micros(0), &chrono::Utc);
        QueueView { playlist: PlaylistId(Uuid::nil()), day, entries, undo: None, stored: true, free: None, more: true }
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
    fn a_choice_taken_back_can_be_taken_up_again_before_the_worker_has_answered() {
        let mut told = queue(&[false, false]);
        told.entries[0].staged = Some(expected(Rating::Hard, None, Timestamp::from_micros(7)));
        let pending = Pending { ticket: 1, entry: id(0), change: Change::Choice(None) };
        let shown = with_pending(told, &[pending]);
        assert_eq!(shown.entries[0].staged, None);
        assert_eq!(shown.undo.unwrap().deed, Deed::Unstaged(Rating::Hard));
    }

    #[test]
    fn nothing_is_taken_back_on_a_looked_up_day_of_the_past() {
        let day = |text: &str| text.parse::<CalendarDate>().unwrap();
        let mut q = queue(&[true]);
        let (tune, deed) = (TuneId(Uuid::nil()), Deed::Buried);
        q.undo = Some(Undoable { tune, title: "Kesh Jig".into(), deed, at: Timestamp::from_micros(1) });
        let today = day("2026-03-10");
        assert!(undoable(&q, None, today).is_some(), "the queue she is in the middle of, whatever its day");
        assert!(undoable(&q, Some(today), today).is_some());
        assert!(undoable(&q, Some(day("2026-03-09")), today).is_none());
    }

    #[test]
    fn two_buttons_are_the_two_ratings_that_matter() {
        let words = |two| buttons(two).iter().map(|rating| button_label(*rating, two)).collect::<Vec<_>>();
        assert_eq!(words(true), ["Lost it", "Got it"]);
        assert_eq!(words(false), Rating::ALL.map(Rating::label));
        assert_eq!(buttons(true), [Rating::Again, Rating::Good]);
    }

    #[test]
    fn buttons_say_their_next_date() {
        let preview = RatingPreview {
            rating: Rating::Good,
            due: Timestamp::from_micros(0),
            interval_days: 3,
            stability: 3.0,
            difficulty: 5.0,
            longest: false,
        };
        let now = Timestamp::from_micros(0);
        assert_eq!(next_words(&preview, now), "in 3 days");
        let soon = RatingPreview { interval_days: 0, due: now.plus_micros(600_000_000), ..preview };
        assert_eq!(next_words(&soon, now), "in 10 minutes");
        let cut = RatingPreview { longest: true, ..preview };
        assert_eq!((limit_words(&[preview, cut]), limit_words(&[preview, cut, cut]).is_some()), (None, true));
        assert_eq!(state_name(&entry(1, true)), "Good");
        assert_eq!(state_name(&entry(1, false)), "Lapsed");
    }
}
