#![allow(clippy::unwrap_used)]
use chrono::FixedOffset;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rated(when: &str, place: u32, rating: Rating, interval: u32) -> Rated {
    Rated { at: at(when), place, rating, learning: false, interval }
}

fn placed(n: u128, kind: Option<&str>, practiced: &str, due: &str, stability: f32) -> Placed {
    let standing = PlaceStanding { practiced: at(practiced), due: at(due), stability };
    Placed {
        tune: TuneId(Uuid::from_u128(n)),
        title: Some(format!("Tune {n}")),
        kind: kind.map(str::to_owned),
        scheduled: None,
        standing: Some(standing),
    }
}

fn analysed(ratings: &[Rated], places: &[Placed], now: &str, zone: &impl Zone) -> Analysis {
    let (scheduler, practice) = (SchedulerPrefs::default(), PracticeDays::default());
    analyse(ratings, places, Measures { scheduler: &scheduler, practice: &practice }, at(now), zone)
}

fn of(analysis: &Analysis, days: Option<u32>) -> (Tally, Tally) {
    let window = analysis.retention.windows.iter().find(|window| window.days == days).unwrap();
    (window.short, window.long)
}

#[test]
fn days_are_those_of_the_place() {
    let west = FixedOffset::west_opt(4 * 3600).unwrap();
    let ratings = [
        rated("2026-03-01T12:00:00Z", 0, Rating::Good, 1),
        // Half past eleven at night of the 2nd there.
        rated("2026-03-03T03:30:00Z", 0, Rating::Again, 1),
        rated("2026-03-03T12:00:00Z", 1, Rating::Good, 1),
        rated("2026-03-06T12:00:00Z", 1, Rating::Easy, 9),
    ];
    let there = analysed(&ratings, &[], "2026-03-07T10:00:00Z", &west);
    let days: Vec<_> = there.days.iter().map(|day| (day.date.to_string(), day.ratings, day.again)).collect();
    let expected = [("2026-03-01", 1, 0), ("2026-03-02", 1, 1), ("2026-03-03", 1, 0), ("2026-03-06", 1, 0)];
    assert_eq!(days, expected.map(|(day, ratings, again)| (day.to_owned(), ratings, again)));
    assert_eq!(there.rhythm, Rhythm { ratings: 4, days: 4, last_30: 4 });
    let utc = analysed(&ratings, &[], "2026-03-08T10:00:00Z", &chrono::Utc);
    assert_eq!(utc.days.len(), 3);
}

#[test]
fn only_the_first_rating_of_a_day_of_a_tune_in_the_schedule_counts_for_retention() {
    let mut ratings = vec![
        rated("2026-03-01T10:00:00Z", 0, Rating::Again, 1), // its first: nothing was known yet
        rated("2026-03-02T10:00:00Z", 0, Rating::Good, 30), // short, known
        rated("2026-03-02T11:00:00Z", 0, Rating::Again, 2), // the same day: does not count
        rated("2026-03-04T10:00:00Z", 0, Rating::Again, 25), // short, forgotten
        rated("2026-03-29T10:00:00Z", 0, Rating::Hard, 40), // long, known: Hard is known
    ];
    let learning = Rated { learning: true, ..rated("2026-03-01T10:00:00Z", 1, Rating::Good, 0) };
    ratings.push(learning);
    ratings.push(rated("2026-03-03T10:00:00Z", 1, Rating::Again, 1)); // from a learning step: does not count
    ratings.push(rated("2026-03-05T10:00:00Z", 1, Rating::Good, 1)); // short, known
    ratings.sort_by_key(|rated| rated.at);
    let all = analysed(&ratings, &[], "2026-03-30T10:00:00Z", &chrono::Utc);
    let tallies = (Tally { known: 2, forgotten: 1 }, Tally { known: 1, forgotten: 0 });
    assert_eq!(of(&all, None), tallies);
    assert_eq!(of(&all, Some(30)), tallies);
    let later = analysed(&ratings, &[], "2026-04-10T10:00:00Z", &chrono::Utc);
    assert_eq!(of(&later, Some(30)), (Tally::default(), Tally { known: 1, forgotten: 0 }));
    let months: Vec<_> = later.retention.months.iter().map(|m| (m.first.to_string(), m.tally.all())).collect();
    assert_eq!(months.len(), 12);
    assert_eq!(months[0], ("2025-05-01".to_owned(), 0));
    assert_eq!(months[10], ("2026-03-01".to_owned(), 4));
    assert_eq!(months[11], ("2026-04-01".to_owned(), 0));
    assert_eq!(tallies.0.plus(tallies.1).share(), Some(0.75));
    assert_eq!(Tally::default().share(), None);
}

#[test]
fn the_forecast_goes_by_her_word_before_the_schedules() {
    let now = "2026-03-10T10:00:00Z";
    let mut places = vec![
        placed(1, None, "2026-03-01T10:00:00Z", "2026-03-09T23:00:00Z", 5.0),
        placed(2, None, "2026-03-01T10:00:00Z", "2026-03-10T23:00:00Z", 5.0),
        placed(3, None, "2026-03-01T10:00:00Z", "2026-03-11T00:30:00Z", 5.0),
        placed(4, None, "2026-03-01T10:00:00Z", "2026-09-01T00:00:00Z", 500.0),
        placed(5, None, "2026-03-01T10:00:00Z", "2026-03-09T00:00:00Z", 5.0),
        placed(6, None, "2026-03-01T10:00:00Z", "2026-03-09T00:00:00Z", 5.0),
        Placed { standing: None, ..placed(7, None, now, now, 1.0) },
    ];
    places[4].scheduled = Some(at("2026-03-11T12:00:00Z"));
    places[5].scheduled = Some(crate::domain::queue::SUSPENDED);
    let forecast = analysed(&[], &places, now, &chrono::Utc).forecast;
    assert_eq!((forecast.overdue, forecast.later, forecast.new, forecast.put_aside), (1, 1, 1, 1));
    assert_eq!((forecast.days.len(), &forecast.days[..3]), (FORECAST_DAYS, &[1, 2, 0][..]));
    assert_eq!(forecast.most, Some(10));
    let east = FixedOffset::east_opt(2 * 3600).unwrap();
    let there = analysed(&[], &places, now, &east).forecast;
    assert_eq!((there.overdue, &there.days[..2]), (0, &[1, 3][..]), "due at 23:00 UTC is the next day there");
}

#[test]
fn what_is_overdue_is_laid_onto_the_days_that_have_room_for_it() {
    let now = "2026-03-10T10:00:00Z"; // a Tuesday
    let overdue = |count: u128| -> Vec<Placed> {
        (1..=count).map(|n| placed(n, None, "2026-01-01T10:00:00Z", "2026-02-01T10:00:00Z", 5.0)).collect()
    };
    let mut places = overdue(25);
    places.extend((100..104).map(|n| placed(n, None, "2026-03-01T10:00:00Z", "2026-03-11T10:00:00Z", 5.0)));
    let forecast = analysed(&[], &places, now, &chrono::Utc).forecast;
    assert_eq!((&forecast.days[..4], &forecast.backlog[..4]), (&[0, 4, 0, 0][..], &[10, 6, 9, 0][..]));
    assert_eq!((forecast.overdue, forecast.caught_up), (25, Some(3)));
    assert_eq!(analysed(&[], &overdue(489), now, &chrono::Utc).forecast.caught_up, Some(49), "beyond what is shown");
    assert_eq!(analysed(&[], &[], now, &chrono::Utc).forecast.caught_up, None);
    let scheduler = SchedulerPrefs::default();
    let by = |practice: &PracticeDays| {
        let measures = Measures { scheduler: &scheduler, practice };
        analyse(&[], &overdue(25), measures, at(now), &chrono::Utc).forecast
    };
    let mut days = PracticeDays { days_per_week: 2, ..Default::default() };
    days.week[2].free = true;
    let free = by(&days);
    assert_eq!(&free.backlog[..8], [10, 0, 10, 0, 0, 0, 5, 0], "on two days a week, and not on Wednesdays");
    let unlimited = by(&PracticeDays { most: 0, ..Default::default() });
    assert_eq!((unlimited.backlog[0], unlimited.caught_up), (25, Some(1)));
}

#[test]
fn stability_freshness_and_kinds_count_every_tune_once() {
    let now = "2026-03-10T10:00:00Z";
    let mut places = vec![
        placed(1, Some("JigD"), "2026-03-10T09:00:00Z", "2026-03-17T00:00:00Z", 7.0),
        placed(2, Some("JigD"), "2026-03-08T10:00:00Z", "2026-03-09T00:00:00Z", 1.0),
        placed(3, Some("Reel"), "2024-03-10T10:00:00Z", "2024-04-09T00:00:00Z", 0.2),
        placed(4, Some("JigD"), "2026-02-10T10:00:00Z", "2027-04-09T00:00:00Z", 400.0),
        Placed { standing: None, ..placed(5, None, now, now, 1.0) },
    ];
    let analysis = analysed(&[], &places, now, &chrono::Utc);
    assert_eq!(analysis.stability, [3, 0, 0, 0, 0, 0, 1]);
    assert_eq!(analysis.freshness.bands, [2, 1, 0, 1]);
    let stale: Vec<_> = analysis.freshness.stalest.iter().map(|tune| tune.tune.0.as_u128()).collect();
    assert_eq!(stale, [3, 2], "the worst first");
    assert!((2.8..3.4).contains(&analysis.freshness.expected), "{}", analysis.freshness.expected);
    let kinds: Vec<_> = analysis.kinds.iter().map(|k| (k.kind.as_deref(), k.tunes, k.rated, k.fresh)).collect();
    assert_eq!(kinds, [(Some("JigD"), 3, 3, 2), (Some("Reel"), 1, 1, 0), (None, 1, 0, 0)]);
    places[2].scheduled = Some(crate::domain::queue::SUSPENDED);
    let stalest = analysed(&[], &places, now, &chrono::Utc).freshness.stalest;
    assert_eq!(stalest.len(), 1, "what is put aside is not held against her");
}

#[test]
fn nothing_is_something_too() {
    let none = analysed(&[], &[], "2026-03-10T10:00:00Z", &chrono::Utc);
    assert!(none.is_empty());
    assert_eq!(none.rhythm, Rhythm::default());
    assert_eq!(none.forecast.days.len(), FORECAST_DAYS);
}

#[test]
fn the_table_for_other_programs_has_a_line_for_each() {
    let line = HistoryLine {
        id: crate::domain::ids::PracticeRecordId(Uuid::nil()),
        tune: TuneId(Uuid::nil()),
        title: Some("=1+2, \"Kesh\"".into()),
        repertoire: "Flute".into(),
        practiced: at("2026-03-03T03:30:00Z"),
        rating: Rating::Again,
        sm2: Some(1),
        interval: None,
        due: Some(at("2026-03-04T03:30:00Z")),
        stability: Some(1.0),
        goal: None,
        technique: Some("daily".into()),
    };
    let mut out = csv_head();
    line.push_csv(&mut out, &FixedOffset::west_opt(4 * 3600).unwrap());
    let read = crate::domain::csv::read(&out);
    assert_eq!(read[0].len(), read[1].len());
    assert_eq!(
        read[1][..7],
        ["2026-03-02", "23:30", "2026-03-03T03:30:00.000000Z", "=1+2, \"Kesh\"", "Flute", "Again", "1"]
    );
    assert!(out.contains("\"'=1+2"), "{out}");
}
