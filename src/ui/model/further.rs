//! How practice goes on when a day's queue is played: with more tunes, or with new ones.

use crate::domain::practice::{QueueEntry, QueueView};
use crate::domain::time::CalendarDate;
use crate::ui::text::t;

/// How practice can go on when the queue is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    /// With more tunes of the repertoire.
    More,
    /// With new tunes: all of the repertoire are in the queue.
    NewTunes,
    /// Not here: the day is only looked at.
    No,
}

/// What the day that is shown can get: today, and the queue she is in the middle of, can get more.
pub fn further(queue: &QueueView, looked_up: Option<CalendarDate>, today: CalendarDate) -> Further {
    match looked_up.is_none_or(|date| date == today) {
        false => Further::No,
        true if queue.more => Further::More,
        true => Further::NewTunes,
    }
}

/// What is said when everything is played and submitted.
pub fn end_words(further: Further) -> &'static str {
    match further {
        Further::More => t("Every tune of today is played. See you tomorrow, or go on with some more."),
        Further::NewTunes => t("Every tune of your repertoire is played. See you tomorrow, or look for new ones."),
        Further::No => t("Every tune of that day is played."),
    }
}

/// How many tunes a queue has got that were not in it before.
pub fn added(before: &QueueView, after: &QueueView) -> usize {
    let new = |entry: &&QueueEntry| before.entries.iter().all(|had| had.id != entry.id);
    after.entries.iter().filter(new).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{PlaylistId, QueueEntryId, TuneId};
    use crate::domain::practice::Bucket;
    use crate::domain::time::{LocalDay, Timestamp};
    use uuid::Uuid;

    fn queue(tunes: u128) -> QueueView {
        let id = Uuid::from_u128;
        let entry = |n| QueueEntry::new(QueueEntryId(id(n)), TuneId(id(n)), Bucket::Lapsed);
        let day = LocalDay::containing(Timestamp::from_micros(0), &chrono::Utc);
        let entries = (0..tunes).map(entry).collect();
        QueueView { playlist: PlaylistId(Uuid::nil()), day, entries, undo: None, stored: true, free: None, more: true }
    }

    #[test]
    fn more_is_offered_where_it_goes_and_counted_by_what_came() {
        let day = |text: &str| text.parse::<CalendarDate>().unwrap();
        let today = day("2026-03-10");
        let shown = queue(1);
        let all = QueueView { more: false, ..shown.clone() };
        assert_eq!(further(&shown, None, today), Further::More, "whatever day the queue is of");
        assert_eq!(further(&shown, Some(today), today), Further::More);
        assert_eq!(further(&all, None, today), Further::NewTunes);
        for looked_at in ["2026-03-09", "2026-03-11"] {
            assert_eq!(further(&shown, Some(day(looked_at)), today), Further::No, "{looked_at}");
        }
        assert!(end_words(Further::NewTunes).contains("new ones"));
        let mut before = queue(2);
        assert_eq!(added(&before, &queue(4)), 2);
        before.entries.remove(0);
        assert_eq!(added(&before, &queue(2)), 1);
    }
}
