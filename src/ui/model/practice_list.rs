//! The practice list: what its columns are called and say, and its order. Pure.

use std::cmp::Ordering;

use crate::domain::practice::{Memory, QueueEntry};
use crate::domain::practice_look::{PracticeColumn as Column, PracticeLook, PracticeSorting};
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::{Goal, Technique};
use crate::domain::time::{Timestamp, Zone};
use crate::ui::model::{fields, when};
use crate::ui::text::{say, t, told};

/// The heading of a column.
pub fn label(column: Column) -> &'static str {
    match column {
        Column::Why => t("Why"),
        Column::Title => t("Tune"),
        Column::Goal => t("Goal"),
        Column::Technique => t("How"),
        Column::Kind => t("Type"),
        Column::Mode => t("Key"),
        Column::Structure => t("Structure"),
        Column::Incipit => t("First bars"),
        Column::LastPlayed => t("Last played"),
        Column::Next => t("Comes next"),
        Column::Interval => t("Interval"),
        Column::Stability => t("Stability"),
        Column::Difficulty => t("Difficulty"),
        Column::Ratings => t("Ratings"),
        Column::Lapses => t("Lost"),
    }
}

/// Its name in style sheets and menus.
pub const fn name(column: Column) -> &'static str {
    match column {
        Column::Why => "bucket",
        Column::Title => "title",
        Column::Goal => "goal",
        Column::Technique => "technique",
        Column::Kind => "kind",
        Column::Mode => "mode",
        Column::Structure => "structure",
        Column::Incipit => "incipit",
        Column::LastPlayed => "last",
        Column::Next => "next",
        Column::Interval => "interval",
        Column::Stability => "stability",
        Column::Difficulty => "difficulty",
        Column::Ratings => "ratings",
        Column::Lapses => "lapses",
    }
}

/// What the list can be sorted by.
pub fn orders() -> impl Iterator<Item = Column> {
    [Column::Why, Column::Title].into_iter().chain(Column::CHOICES)
}

/// The state of a heading for screen readers.
pub fn aria_sort(column: Column, sorting: Option<PracticeSorting>) -> &'static str {
    match sorting.filter(|sorting| sorting.column == column) {
        None => "none",
        Some(PracticeSorting { descending: false, .. }) => "ascending",
        Some(PracticeSorting { descending: true, .. }) => "descending",
    }
}

/// Does the list have the tune? What is submitted is there if it is wished.
pub fn lists(entry: &QueueEntry, submitted: bool) -> bool {
    submitted || entry.completed.is_none() || entry.staged.is_some()
}

/// The columns that say something: the goal is one of the usual ones, and most tunes have none.
pub fn filled(mut columns: Vec<Column>, entries: &[QueueEntry]) -> Vec<Column> {
    columns.retain(|column| !waits(*column, entries.iter()));
    columns
}

/// What is said of a column that is chosen and not seen.
pub fn waits_words(column: Column, look: &PracticeLook, entries: &[QueueEntry]) -> Option<&'static str> {
    let listed = entries.iter().filter(|entry| lists(entry, look.submitted));
    let unseen = look.columns.contains(&column) && waits(column, listed);
    unseen.then(|| t("Seen once a tune of this list has a goal"))
}

/// Is there nothing yet that the column could say?
fn waits<'a>(column: Column, mut entries: impl Iterator<Item = &'a QueueEntry>) -> bool {
    column == Column::Goal && entries.all(|entry| entry.manner.goal == Goal::Recall)
}

/// What stands in a column.
pub fn words(entry: &QueueEntry, column: Column, now: Timestamp, zone: &impl Zone) -> String {
    let memory = |f: fn(&Memory) -> String| entry.memory.as_ref().map(f).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match column {
        Column::Why => t(entry.bucket.label()).to_owned(),
        Column::Title => fields::title(&entry.fields),
        Column::Goal if entry.manner.goal == Goal::Recall => String::new(),
        Column::Goal => told(entry.manner.goal.label()).to_owned(),
        Column::Technique if entry.manner.technique == Technique::None => String::new(),
        Column::Technique => told(entry.manner.technique.label()).to_owned(),
        Column::Kind => entry.fields.kind.as_deref().map(fields::kind_name).unwrap_or_default().to_owned(),
        Column::Mode => text(&entry.fields.mode),
        Column::Structure => text(&entry.fields.structure),
        Column::Incipit => text(&entry.fields.incipit),
        Column::LastPlayed => entry
            .last_practiced
            .map_or_else(|| t("never here").to_owned(), |at| when::days_away(when::days_between(now, at, zone))),
        Column::Next => match (&entry.staged, entry.scheduled) {
            (Some(staged), _) if staged.interval_days == 0 => when::in_minutes(staged.due, now),
            (Some(staged), _) => when::days_away(when::days_between(now, staged.due, zone)),
            (None, Some(SUSPENDED)) => t("put aside").to_owned(),
            (None, Some(wish)) => {
                say!("{when}, your wish", when = when::days_away(when::days_between(now, wish, zone)))
            }
            (None, None) => entry.memory.map_or_else(
                || t("after the first rating").to_owned(),
                |memory| when::due(Some(memory.due), now, zone),
            ),
        },
        Column::Interval => match (&entry.staged, interval(entry)) {
            (Some(staged), _) if staged.interval_days > 0 => when::span(staged.interval_days.into()),
            (Some(_), _) => t("the same day").to_owned(),
            (None, Some(days)) if days > 0 => when::span(days),
            (None, Some(_)) => t("the same day").to_owned(),
            (None, None) => String::new(),
        },
        Column::Stability => match &entry.staged {
            Some(staged) => say!("{count} days", count = format_args!("{:.1}", staged.stability)),
            None => memory(|memory| say!("{count} days", count = format_args!("{:.1}", memory.stability))),
        },
        Column::Difficulty => match &entry.staged {
            Some(staged) => format!("{:.1}", staged.difficulty),
            None => memory(|memory| format!("{:.1}", memory.difficulty)),
        },
        Column::Ratings => memory(|memory| memory.repetitions.to_string()),
        Column::Lapses => memory(|memory| memory.lapses.to_string()),
    }
}

/// Days from the last time to the next, by what is submitted.
fn interval(entry: &QueueEntry) -> Option<i64> {
    let (last, due) = (entry.last_practiced?, entry.memory?.due);
    Some((due.micros() - last.micros() + crate::domain::time::DAY_MICROS / 2) / crate::domain::time::DAY_MICROS)
}

/// Puts the tunes into that order; `None` leaves the queue's own, which also decides among equals. It goes by what is submitted: a tune does not
/// move away under the finger that rates it.
pub fn sort(entries: &mut [QueueEntry], sorting: Option<PracticeSorting>) {
    let Some(PracticeSorting { column, descending }) = sorting else { return };
    entries.sort_by(|a, b| {
        let turned = |order: Ordering| if descending { order.reverse() } else { order };
        match (key(a, column), key(b, column)) {
            (Key::Nothing, Key::Nothing) => Ordering::Equal,
            (Key::Nothing, _) => Ordering::Greater,
            (_, Key::Nothing) => Ordering::Less,
            (Key::Text(a), Key::Text(b)) => turned(a.cmp(&b)),
            (Key::Number(a), Key::Number(b)) => turned(a.total_cmp(&b)),
            _ => Ordering::Equal,
        }
    });
}

enum Key {
    Nothing,
    Text(String),
    Number(f64),
}

fn key(entry: &QueueEntry, column: Column) -> Key {
    let number = |value: Option<f64>| value.map_or(Key::Nothing, Key::Number);
    let text = |value: &str| if value.trim().is_empty() { Key::Nothing } else { Key::Text(value.to_lowercase()) };
    let field = |value: &Option<String>| value.as_deref().map_or(Key::Nothing, text);
    let memory = |f: fn(&Memory) -> f64| number(entry.memory.as_ref().map(f));
    match column {
        Column::Why => Key::Number(entry.bucket as i64 as f64),
        Column::Title => text(&fields::title(&entry.fields)),
        Column::Goal => text(entry.manner.goal.label()),
        Column::Technique if entry.manner.technique == Technique::None => Key::Nothing,
        Column::Technique => text(entry.manner.technique.label()),
        Column::Kind => field(&entry.fields.kind.as_deref().map(|kind| fields::kind_name(kind).to_owned())),
        Column::Mode => field(&entry.fields.mode),
        Column::Structure => field(&entry.fields.structure),
        Column::Incipit => field(&entry.fields.incipit),
        Column::LastPlayed => number(entry.last_practiced.map(|at| at.micros() as f64)),
        Column::Next => number(entry.scheduled.or(entry.memory.map(|memory| memory.due)).map(|at| at.micros() as f64)),
        Column::Interval => number(interval(entry).map(|days| days as f64)),
        Column::Stability => memory(|memory| memory.stability.into()),
        Column::Difficulty => memory(|memory| memory.difficulty.into()),
        Column::Ratings => memory(|memory| memory.repetitions.into()),
        Column::Lapses => memory(|memory| memory.lapses.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{QueueEntryId, TuneId};
    use crate::domain::practice::{Bucket, Rating, Staged};
    use crate::domain::tune::TuneFields;
    use uuid::Uuid;

    #[test]
    fn a_column_of_goals_is_there_where_a_tune_has_one_and_says_so_where_none_has() {
        let columns = vec![Column::Goal, Column::Mode];
        let mut look = PracticeLook { columns: columns.clone(), sorting: None, submitted: false };
        let mut tunes = vec![entry("Kesh", None), entry("Rolling Wave", None)];
        let said = |look: &PracticeLook, column, tunes: &[QueueEntry]| waits_words(column, look, tunes).is_some();
        assert_eq!(filled(columns.clone(), &tunes), [Column::Mode]);
        assert!(said(&look, Column::Goal, &tunes) && !said(&look, Column::Mode, &tunes));
        tunes[1].manner.goal = Goal::Fluency;
        assert_eq!(filled(columns.clone(), &tunes), columns);
        assert!(!said(&look, Column::Goal, &tunes));
        tunes[1].completed = Some(Timestamp::from_micros(0));
        assert!(said(&look, Column::Goal, &tunes), "the only one with a goal is not listed");
        look.columns = vec![Column::Mode];
        assert!(!said(&look, Column::Goal, &tunes));
    }

    const DAY: i64 = crate::domain::time::DAY_MICROS;

    fn entry(title: &str, days: Option<i64>) -> QueueEntry {
        let due = |days| Timestamp::from_micros(days * DAY);
        let fields = TuneFields { title: Some(title.to_owned()), ..TuneFields::default() };
        QueueEntry {
            fields,
            last_practiced: days.map(|_| Timestamp::from_micros(0)),
            memory: days.map(|days| Memory {
                due: due(days),
                stability: 1.0,
                difficulty: 5.0,
                repetitions: 1,
                lapses: 0,
            }),
            ..QueueEntry::new(QueueEntryId(Uuid::nil()), TuneId(Uuid::nil()), Bucket::Lapsed)
        }
    }

    fn titles(entries: &[QueueEntry]) -> String {
        entries.iter().map(|entry| entry.fields.title.clone().unwrap_or_default()).collect()
    }

    #[test]
    fn any_column_sorts_and_what_has_no_value_comes_last_either_way() {
        let queue = [entry("b", Some(9)), entry("A", None), entry("c", Some(3))];
        let by = |column, descending| {
            let mut sorted = queue.clone();
            sort(&mut sorted, Some(PracticeSorting { column, descending }));
            titles(&sorted)
        };
        assert_eq!((by(Column::Title, false), by(Column::Title, true)), ("Abc".into(), "cbA".into()));
        assert_eq!((by(Column::Interval, false), by(Column::Next, true)), ("cbA".into(), "bcA".into()));
        assert_eq!(by(Column::Why, false), "bAc", "equals stay in the queue's order");
    }

    #[test]
    fn a_tune_stays_where_it_is_while_it_is_rated() {
        let mut queue = vec![entry("a", Some(3)), entry("b", Some(9))];
        let (practiced, due) = (Timestamp::from_micros(0), Timestamp::from_micros(40 * DAY));
        let rating = Rating::Good;
        queue[0].staged = Some(Staged { rating, practiced, due, interval_days: 40, stability: 40.0, difficulty: 5.0 });
        sort(&mut queue, Some(PracticeSorting { column: Column::Next, descending: false }));
        assert_eq!(titles(&queue), "ab");
        let said = |column| words(&queue[0], column, practiced, &chrono::Utc);
        assert_eq!((said(Column::Interval), said(Column::Next)), ("6 weeks".into(), "in 6 weeks".into()));
        assert_eq!(words(&queue[1], Column::Interval, practiced, &chrono::Utc), "9 days");
    }
}
