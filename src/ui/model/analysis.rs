//! The analysis in words and proportions: what each figure says in a sentence, how long each bar is, what its table holds.

use super::fields::kind_name;
use super::locale::{self, Form, counted, number, percent};
use crate::domain::analysis::{Band, Freshness, KindCoverage, Retention, Rhythm, STABILITY_BOUNDS, Tally, Window};
use crate::ui::text::{mark, say, t};

/// A bar: what it stands for, how long it is (0–1), its value as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its length, 0–1.
    pub length: f64,
    /// Its value.
    pub value: String,
    /// All of it in words.
    pub says: String,
}

/// “Practised on 5 of the last 30 days.”: how regularly, and no row of days that a day of rest would break.
pub fn rhythm(rhythm: &Rhythm) -> String {
    say!("Practised on {last_30} of the last 30 days.", last_30 = rhythm.last_30)
}

/// Retention in a sentence: over the last 90 days, or all if there were none.
pub fn retention(retention: &Retention) -> String {
    let aims = say!("The schedule aims at {target}.", target = percent(retention.target));
    let both = |window: &Window| window.short.plus(window.long);
    let told = retention.windows.iter().filter(|window| window.days.is_none_or(|days| days >= 90));
    let Some((window, tally)) = told.map(|window| (window, both(window))).find(|(_, tally)| tally.all() > 0) else {
        return say!("Nothing has come back yet, so nothing can be said. {aims}", aims);
    };
    let when = match window.days {
        Some(days) => say!("In the last {days} days", days),
        None => t("In all").to_owned(),
    };
    let share = tally.share().unwrap_or_default();
    let verdict = match share - retention.target {
        _ if tally.all() < 20 => t(" Too few to say much."),
        off if off < -0.05 => {
            t(" You forget more than that: practise what is due, or fit the schedule to your ratings in the settings.")
        }
        off if off > 0.05 => t(" You know more than that: a lower aim would cost you less practice."),
        _ => t(" You are close to it."),
    };
    say!(
        "{when} you still knew {share} of the {times} a tune came back. {aims}{verdict}",
        when,
        share = percent(share),
        times = counted(tally.all(), "time"),
        aims,
        verdict
    )
}

/// The stretches of days in which something came back.
pub fn told_windows(retention: &Retention) -> Vec<Window> {
    retention.windows.iter().filter(|window| window.short.plus(window.long).all() > 0).cloned().collect()
}

/// The name of a stretch of days.
pub fn window_name(window: &Window) -> String {
    match window.days {
        Some(365) => t("Last year").to_owned(),
        Some(days) => say!("Last {days} days", days),
        None => t("In all").to_owned(),
    }
}

/// Of fewer ratings a share says nothing: one of one is no 100 %.
const ENOUGH: u32 = 5;

/// What was still known, and of how many: “87 %”, “26 of 30”. Of too few only how many they were: “3 ratings”.
pub fn share(tally: Tally) -> (String, Option<String>) {
    match tally.share() {
        None => ("–".to_owned(), None),
        Some(_) if tally.all() < ENOUGH => (counted(tally.all(), "rating"), None),
        Some(share) => {
            (percent(share), Some(say!("{known} of {all}", known = number(tally.known), all = number(tally.all()))))
        }
    }
}

/// “87 % (26 of 30)”.
fn share_in_line(tally: Tally) -> String {
    match share(tally) {
        (share, Some(of)) => format!("{share} ({of})"),
        (words, None) => words,
    }
}

/// A month: its bar, whose length is the part that was known.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthBar {
    /// The bar.
    pub bar: Bar,
    /// Enough came back for its share to be drawn.
    pub drawn: bool,
}

/// A bar for each month.
pub fn month_bars(retention: &Retention) -> Vec<MonthBar> {
    let month = |month: &crate::domain::analysis::MonthTally| {
        let value = share_in_line(month.tally);
        let bar = Bar {
            label: locale::date(month.first, Form::ShortMonth),
            length: f64::from(month.tally.share().unwrap_or_default()),
            says: format!("{}: {value}", locale::date(month.first, Form::Month)),
            value,
        };
        MonthBar { bar, drawn: month.tally.all() >= ENOUGH }
    };
    retention.months.iter().map(month).collect()
}

/// For each dot of a line, at its height in the drawing: does its number stand beneath it? Where the line leaves more room, and not on the line of the aim.
pub fn labels_beneath(heights: &[f64], aim: f64, ground: f64) -> Vec<bool> {
    /// From a dot to the far end of its number.
    const REACH: f64 = 18.0;
    let beneath = |(at, own): (usize, &f64)| {
        let near = [at.checked_sub(1), Some(at + 1)];
        let others: Vec<f64> = near.into_iter().flatten().filter_map(|at| heights.get(at).copied()).collect();
        let (higher, lower) = (others.iter().any(|y| *y < own - 1.0), others.iter().any(|y| *y > own + 1.0));
        // Heights are counted from the top.
        let struck = |from: f64, to: f64| (from..=to).contains(&aim);
        match () {
            () if own + REACH > ground => false,
            () if struck(own - REACH, own - 2.0) => true,
            () if struck(own + 2.0, own + REACH) => false,
            () => higher && !lower,
        }
    };
    heights.iter().enumerate().map(beneath).collect()
}

/// For how long tunes keep, in a sentence.
pub fn stability(counts: &[u32]) -> String {
    let all: u32 = counts.iter().sum();
    if all == 0 {
        return t("No tune was rated yet.").to_owned();
    }
    // Beyond three months.
    let long: u32 = counts.iter().skip(4).sum();
    say!(
        "{count} of {tunes} would keep for more than three months without practice.",
        count = number(long),
        tunes = counted(all, "tune")
    )
}

/// A bar for each stretch.
pub fn stability_bars(counts: &[u32]) -> Vec<Bar> {
    const NAMES: [&str; STABILITY_BOUNDS.len() + 1] = [
        mark("Up to a week"),
        mark("Up to 2 weeks"),
        mark("Up to a month"),
        mark("Up to 3 months"),
        mark("Up to 6 months"),
        mark("Up to a year"),
        mark("More than a year"),
    ];
    let top = counts.iter().copied().max().unwrap_or_default().max(1);
    let bar = |(name, count): (&'static str, &u32)| Bar {
        label: t(name).to_owned(),
        length: f64::from(*count) / f64::from(top),
        value: number(*count),
        says: format!("{}: {}", t(name), counted(*count, "tune")),
    };
    NAMES.into_iter().zip(counts).map(bar).collect()
}

/// A band for people.
pub fn band_name(band: Band) -> &'static str {
    match band {
        Band::Fresh => t("Fresh"),
        Band::Fading => t("Fading"),
        Band::Stale => t("Stale"),
        Band::Rusty => t("Rusty"),
    }
}

/// What it means.
pub fn band_meaning(band: Band, target: f32) -> String {
    match band {
        Band::Fresh => say!("{percent} or more", percent = percent(target)),
        Band::Fading => say!("{from} to {to}", from = percent(0.7), to = percent(target)),
        Band::Stale => t("50 % to 70 %").to_owned(),
        Band::Rusty => t("less than 50 %").to_owned(),
    }
}

/// What she would remember now, in a sentence.
pub fn freshness(freshness: &Freshness) -> String {
    let all: u32 = freshness.bands.iter().sum();
    match all {
        0 => t("No tune was rated yet.").to_owned(),
        all => say!(
            "If you were asked for all of them now, you would probably know {expected} of {tunes}.",
            expected = number(freshness.expected.round() as i64),
            tunes = counted(all, "tune")
        ),
    }
}

/// A bar for each band, as parts of all.
pub fn freshness_bars(freshness: &Freshness, target: f32) -> Vec<Bar> {
    let all: u32 = freshness.bands.iter().sum::<u32>().max(1);
    let bar = |(band, count): (Band, u32)| {
        let label = format!("{}: {}", band_name(band), band_meaning(band, target));
        Bar {
            length: f64::from(count) / f64::from(all),
            value: number(count),
            says: format!("{label}, {}", counted(count, "tune")),
            label,
        }
    };
    Band::ALL.into_iter().zip(freshness.bands).map(bar).collect()
}

/// A kind of tune in its bar.
#[derive(Clone, Debug, PartialEq)]
pub struct KindBar {
    /// Its name.
    pub name: String,
    /// The parts of the longest bar that are fresh, practised but not fresh, not practised.
    pub parts: [f64; 3],
    /// The same as numbers.
    pub counts: [u32; 3],
    /// “12 of 40 fresh”.
    pub value: String,
    /// How many she would probably know.
    pub expected: String,
    /// All of it in words.
    pub says: String,
}

/// A bar for each kind.
pub fn kind_bars(kinds: &[KindCoverage]) -> Vec<KindBar> {
    let top = f64::from(kinds.iter().map(|kind| kind.tunes).max().unwrap_or_default().max(1));
    let bar = |kind: &KindCoverage| {
        let name = kind.kind.as_deref().map_or_else(|| t("No type").to_owned(), |id| kind_name(id).to_owned());
        let counts = [kind.fresh, kind.rated - kind.fresh, kind.tunes - kind.rated];
        KindBar {
            parts: counts.map(|count| f64::from(count) / top),
            counts,
            value: say!("{fresh} of {tunes} fresh", fresh = number(kind.fresh), tunes = number(kind.tunes)),
            expected: number(kind.expected.round() as i64),
            says: say!(
                "{name}: {tunes}, {fresh} fresh, {practised} not fresh, {new} not practised",
                name,
                tunes = counted(kind.tunes, "tune"),
                fresh = number(counts[0]),
                practised = number(counts[1]),
                new = number(counts[2])
            ),
            name,
        }
    };
    kinds.iter().map(bar).collect()
}

/// The kinds in a sentence.
pub fn kinds(kinds: &[KindCoverage]) -> String {
    let (tunes, rated): (u32, u32) = (kinds.iter().map(|k| k.tunes).sum(), kinds.iter().map(|k| k.rated).sum());
    say!(
        "{rated} of {tunes} practised at least once, in {types}.",
        rated = number(rated),
        tunes = counted(tunes, "tune"),
        types = counted(kinds.len() as i64, "type")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::analysis::MonthTally;

    fn kept(known: u32, forgotten: u32) -> Retention {
        let window = |days| Window { days, short: Tally { known, forgotten }, long: Tally::default() };
        let month = MonthTally { first: chrono::NaiveDate::default().into(), tally: Tally { known, forgotten } };
        Retention { target: 0.9, windows: vec![window(Some(30)), window(Some(90)), window(None)], months: vec![month] }
    }

    #[test]
    fn retention_is_held_against_the_aim_and_few_ratings_say_little() {
        let says = |known, forgotten| retention(&kept(known, forgotten));
        assert!(says(0, 0).starts_with("Nothing has come back yet"));
        assert!(says(9, 1).ends_with("Too few to say much."));
        assert!(
            says(90, 10).starts_with("In the last 90 days you still knew 90 % of the 100 times a tune came back")
                && says(90, 10).ends_with("close to it.")
        );
        assert!(says(70, 30).contains("forget more") && says(99, 1).contains("know more"));
        let month = |known, forgotten| month_bars(&kept(known, forgotten)).remove(0);
        assert_eq!((month(9, 1).bar.says.as_str(), month(9, 1).drawn), ("January 1970: 90 % (9 of 10)", true));
        assert_eq!((month(0, 1).bar.says.as_str(), month(0, 1).drawn), ("January 1970: 1 rating", false));
        let told = |known, forgotten| share(Tally { known, forgotten });
        assert_eq!(told(0, 0), ("–".to_owned(), None));
        assert_eq!(told(4, 0), ("4 ratings".to_owned(), None));
        assert_eq!(told(4, 1), ("80 %".to_owned(), Some("4 of 5".to_owned())));
    }

    #[test]
    fn the_number_of_a_dot_stands_where_no_line_goes_through_it() {
        // A peak, a valley, a peak; then a valley at the ground.
        assert_eq!(labels_beneath(&[60.0, 90.0, 60.0, 108.0], 20.0, 112.0), [false, true, false, false]);
        // Close beneath the aim, and close above it.
        assert_eq!(labels_beneath(&[40.0, 40.0], 30.0, 112.0), [true, true]);
        assert_eq!(labels_beneath(&[20.0, 20.0], 30.0, 112.0), [false, false]);
    }

    #[test]
    fn bars_are_parts_of_the_longest() {
        let bars = stability_bars(&[4, 2, 0, 0, 1, 0, 0]);
        assert_eq!(bars.iter().map(|bar| bar.length).collect::<Vec<_>>(), [1.0, 0.5, 0.0, 0.0, 0.25, 0.0, 0.0]);
        assert_eq!(bars[6].says, "More than a year: 0 tunes");
        assert_eq!(
            stability(&[4, 2, 0, 0, 1, 0, 0]),
            "1 of 7 tunes would keep for more than three months without practice."
        );
        let fresh = Freshness { bands: [3, 1, 0, 0], expected: 3.6, stalest: Vec::new() };
        assert_eq!(freshness_bars(&fresh, 0.9)[1].says, "Fading: 70 % to 90 %, 1 tune");
        assert_eq!(freshness(&fresh), "If you were asked for all of them now, you would probably know 4 of 4 tunes.");
        let jigs = KindCoverage { kind: Some("JigD".into()), tunes: 4, rated: 3, fresh: 1, expected: 2.4 };
        let none = KindCoverage { kind: None, tunes: 1, rated: 0, fresh: 0, expected: 0.0 };
        let bars = kind_bars(&[jigs.clone(), none.clone()]);
        assert_eq!((bars[0].name.as_str(), bars[0].parts), ("Jig", [0.25, 0.5, 0.25]));
        assert_eq!(bars[1].says, "No type: 1 tune, 0 fresh, 0 not fresh, 1 not practised");
        assert_eq!(kinds(&[jigs, none]), "3 of 5 tunes practised at least once, in 2 types.");
    }

    #[test]
    fn regular_practice_is_told_without_days_in_a_row() {
        let figures = Rhythm { ratings: 9, days: 9, last_30: 5 };
        assert_eq!(rhythm(&figures), "Practised on 5 of the last 30 days.");
    }
}
