//! Lists of tunes in words: columns, cells, filters, counts; and which lines a screen needs.

use super::{fields, locale, when};
use crate::domain::listing::{Column, DueState, Sorting, TuneLine, Whose};
use crate::domain::practice::Rating;
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::domain::time::{Timestamp, Zone};
use crate::ui::text::{mark, say, t, told};

/// What a list says of a tune that does not come until further notice.
const PUT_ASIDE: &str = mark("put aside");

/// The head of a column.
pub fn column_name(column: Column) -> &'static str {
    match column {
        Column::Title => t("Title"),
        Column::Kind => t("Type"),
        Column::Mode => t("Key"),
        Column::Structure => t("Structure"),
        Column::Incipit => t("First bars"),
        Column::Genre => t("Genre"),
        Column::Whose => t("Whose"),
        Column::Tags => t("Tags"),
        Column::Learned => t("Learned"),
        Column::Goal => t("Goal"),
        Column::Scheduled => t("Wished for"),
        Column::LastPlayed => t("Last played"),
        Column::LastRating => t("Last rating"),
        Column::Due => t("Due"),
        Column::Stability => t("Stability"),
        Column::Lapses => t("Lapses"),
    }
}

/// A due state as a choice.
pub fn due_name(state: DueState) -> &'static str {
    match state {
        DueState::Due => t("Due today or earlier"),
        DueState::Soon => t("Due within a week"),
        DueState::Later => t("Due later"),
        DueState::New => t("Not practised yet"),
        DueState::PutAside => t("Put aside"),
    }
}

/// An owner as a choice.
pub fn whose_name(whose: Whose) -> &'static str {
    match whose {
        Whose::Private => t("Only yours"),
        Whose::Version => t("Your version"),
        Whose::Catalog => t("Catalog"),
    }
}

/// What a cell says; empty where there is nothing to say.
pub fn cell(column: Column, line: &TuneLine, now: Timestamp, zone: &impl Zone) -> String {
    let place = line.place.as_ref();
    let date = |at: Option<Timestamp>| at.map(|at| when::date(at, zone)).unwrap_or_default();
    let away = |at: Option<Timestamp>| match at {
        None => String::new(),
        Some(SUSPENDED) => t(PUT_ASIDE).to_owned(),
        Some(at) => when::days_away(when::days_between(now, at, zone)),
    };
    match column {
        Column::Title => fields::title(&line.fields),
        Column::Kind => line.fields.kind.as_deref().map(fields::kind_name).unwrap_or_default().to_owned(),
        Column::Mode => line.fields.mode.clone().unwrap_or_default(),
        Column::Structure => line.fields.structure.clone().unwrap_or_default(),
        Column::Incipit => line.fields.incipit.as_deref().map(one_line).unwrap_or_default(),
        Column::Genre => line.fields.genre.clone().unwrap_or_default(),
        Column::Whose => match line.whose {
            Whose::Catalog => String::new(),
            whose => whose_name(whose).to_owned(),
        },
        Column::Tags => line.tags.join(", "),
        Column::Learned => date(place.and_then(|p| p.learned)),
        Column::Goal => place.and_then(|p| p.goal.as_deref()).map(goal).unwrap_or_default(),
        Column::Scheduled => away(place.and_then(|p| p.scheduled)),
        Column::LastPlayed => away(place.and_then(|p| p.last_played)),
        Column::LastRating => place
            .and_then(|p| p.last_rating)
            .and_then(Rating::from_quality)
            .map(|rating| t(rating.label()).to_owned())
            .unwrap_or_default(),
        Column::Due => match place {
            None => String::new(),
            Some(place) if place.comes().is_none() => t(when::NEVER).to_owned(),
            Some(place) => away(place.comes()),
        },
        Column::Stability => {
            place.and_then(|p| p.stability).map(|days| when::span((days.round() as i64).max(1))).unwrap_or_default()
        }
        Column::Lapses => place.and_then(|p| p.lapses).map(|count| count.to_string()).unwrap_or_default(),
    }
}

/// A goal as it is called; nothing where a tune is just kept.
fn goal(stored: &str) -> String {
    match Goal::from_stored(Some(stored)) {
        Goal::Recall => String::new(),
        goal => told(goal.label()).to_owned(),
    }
}

/// What a card says of a cell, where the bare value would be a riddle.
pub fn on_a_card(column: Column, cell: String) -> String {
    match column {
        Column::Due if cell != t(PUT_ASIDE) && cell != t(when::NEVER) => say!("due {when}", when = cell),
        Column::LastPlayed => say!("played {cell}", cell),
        Column::LastRating => say!("last: {cell}", cell),
        Column::Learned => say!("learned {cell}", cell),
        Column::Scheduled if cell != t(PUT_ASIDE) => say!("wished for {cell}", cell),
        Column::Stability => say!("kept for {cell}", cell),
        Column::Lapses => say!("lost {count} times", count = cell),
        Column::Goal => say!("goal: {cell}", cell),
        _ => cell,
    }
}

/// ABC without line ends and headers, for a cell.
fn one_line(abc: &str) -> String {
    let is_header = |line: &&str| line.as_bytes().get(1) == Some(&b':') && line.as_bytes()[0].is_ascii_alphabetic();
    abc.lines().filter(|line| !is_header(line)).map(str::trim).collect::<Vec<_>>().join(" ")
}

/// `aria-sort` of a column's head.
pub fn aria_sort(column: Column, sorting: Sorting) -> &'static str {
    match (column == sorting.column, sorting.descending) {
        (false, _) => "none",
        (true, false) => "ascending",
        (true, true) => "descending",
    }
}

/// What a press on a column's head makes of the order: up, down, back to titles.
pub fn pressed(column: Column, sorting: Sorting) -> Sorting {
    match (column == sorting.column, sorting.descending) {
        (false, _) => Sorting { column, descending: false },
        (true, false) => Sorting { column, descending: true },
        (true, true) => Sorting::default(),
    }
}

/// “488 tunes”, “12 of 488 tunes”.
pub fn total(total: u32, of: u32) -> String {
    match (total, of) {
        (0, 0) => t("No tunes").to_owned(),
        (total, of) if total < of => say!("{total} of {tunes}", total, tunes = locale::counted(of, "tune")),
        (total, _) => locale::counted(total, "tune"),
    }
}

/// What the button at the foot of the filters says; it leads to the list that they leave.
pub fn show_words(total: Option<u32>) -> String {
    match total {
        None => t("Show the tunes").to_owned(),
        Some(0) => t("No tune is like that").to_owned(),
        Some(total) => say!("Show {tunes}", tunes = locale::counted(total, "tune")),
    }
}

/// Lines kept ready before and behind what is seen.
const READY: u32 = 12;
/// Windows are asked for in steps of this many lines.
const STEP: u32 = 48;

/// The lines to draw, `first..last`, when the list's top is `above` pixels above the top of the screen.
pub fn drawn(above: f64, screen: f64, row: f64, total: u32) -> (u32, u32) {
    let row = row.max(1.0);
    let first = (above.max(0.0) / row) as u32;
    let last = ((above + screen).max(0.0) / row).ceil() as u32;
    let first = first.saturating_sub(READY).min(total.saturating_sub(1));
    (first, last.saturating_add(READY).min(total))
}

/// The window (offset, limit) to ask for, so that these lines and some beyond are there.
pub fn asked((first, last): (u32, u32)) -> (u32, u32) {
    let offset = (first / STEP * STEP).saturating_sub(STEP);
    let end = last.div_ceil(STEP) * STEP + STEP;
    (offset, end - offset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::TuneId;
    use crate::domain::listing::Place;
    use crate::domain::tune::TuneFields;

    fn line() -> TuneLine {
        TuneLine {
            id: TuneId(uuid::Uuid::from_u128(1)),
            fields: TuneFields {
                title: Some("Kesh".into()),
                kind: Some("JigD".into()),
                incipit: Some("X:1\nK:G\n|:GAG\nGAB|".into()),
                ..Default::default()
            },
            whose: Whose::Catalog,
            place: None,
            tags: vec!["slow".into(), "session".into()],
        }
    }

    #[test]
    fn cells_say_what_there_is_and_nothing_else() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let said = |column, line: &TuneLine| cell(column, line, now, &chrono::Utc);
        let mut line = line();
        assert_eq!(said(Column::Kind, &line), "Jig");
        assert_eq!(said(Column::Incipit, &line), "|:GAG GAB|");
        assert_eq!(said(Column::Tags, &line), "slow, session");
        for column in [Column::Due, Column::Mode, Column::Whose, Column::LastRating, Column::Lapses] {
            assert_eq!(said(column, &line), "", "{column:?}");
        }
        line.place = Some(Place {
            due: Some(now.plus_days(3)),
            last_rating: Some(3),
            stability: Some(30.2),
            ..Default::default()
        });
        let told = |column, line: &TuneLine| on_a_card(column, said(column, line));
        // Under its head, and where it has none.
        assert_eq!((said(Column::Due, &line), told(Column::Due, &line)), ("in 3 days".into(), "due in 3 days".into()));
        assert_eq!(said(Column::LastRating, &line), "Good");
        assert_eq!(said(Column::Stability, &line), "4 weeks");
        let place = line.place.as_mut().unwrap();
        (place.scheduled, place.goal) = (Some(SUSPENDED), Some("Gig [1, 2]".into()));
        for column in [Column::Due, Column::Scheduled] {
            assert_eq!(told(column, &line), "put aside");
        }
        assert_eq!(said(Column::Goal, &line), "Gig");
        line.place = Some(Place::default());
        assert_eq!(told(Column::Due, &line), "not practised yet");
    }

    #[test]
    fn a_head_sorts_up_then_down_then_by_title_again() {
        let up = pressed(Column::Due, Sorting::default());
        let down = pressed(Column::Due, up);
        assert_eq!((aria_sort(Column::Due, up), aria_sort(Column::Due, down)), ("ascending", "descending"));
        assert_eq!(pressed(Column::Due, down), Sorting::default());
        assert_eq!(aria_sort(Column::Due, Sorting::default()), "none");
    }

    #[test]
    fn counts_are_told_in_words() {
        assert_eq!(total(488, 488), "488 tunes");
        assert_eq!(total(12, 488), "12 of 488 tunes");
        assert_eq!(total(0, 488), "0 of 488 tunes");
        assert_eq!(total(0, 0), "No tunes");
        assert_eq!(total(1, 1), "1 tune");
        assert_eq!(show_words(Some(12)), "Show 12 tunes");
        assert_eq!(show_words(Some(0)), "No tune is like that");
    }

    #[test]
    fn only_what_is_seen_is_drawn_and_what_is_drawn_is_asked_for() {
        for total in [0_u32, 1, 15, 10_000] {
            for above in [-500.0, 0.0, 3.0, 52_000.0, 519_000.0, 1e9] {
                let (first, last) = drawn(above, 844.0, 52.0, total);
                assert!(first <= last.max(first) && last <= total, "{above} of {total}");
                assert!(last.saturating_sub(first) <= 17 + 2 * READY + 1, "{first}..{last}");
                let (offset, limit) = asked((first, last));
                assert!(offset <= first && offset + limit >= last && limit <= 200, "{offset}+{limit}");
            }
        }
        assert_eq!(drawn(520.0, 520.0, 52.0, 100), (0, 32));
        assert_eq!(drawn(5200.0, 520.0, 52.0, 1000), (88, 122));
    }
}
