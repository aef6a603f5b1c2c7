//! The schedule against the FSRS crate it stands on, and what must hold for every history.

use fsrs::{FSRS, MemoryState};
use proptest::prelude::*;
use tunetrees::domain::ids::PracticeRecordId;
use tunetrees::domain::practice::Rating;
use tunetrees::domain::scheduling::{
    Algorithm, Goal, Manner, Phase, Record, Scheduler, SchedulerPrefs, Sm2, elapsed_days,
};
use tunetrees::domain::time::{DAY_MICROS, Timestamp};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn scheduler() -> Scheduler {
    Scheduler::new(&SchedulerPrefs::default())
}

fn record(n: u128, practiced: Timestamp, quality: i64) -> Record {
    Record {
        id: PracticeRecordId(Uuid::from_u128(n)),
        practiced,
        quality,
        sm2: None,
        manner: Manner::default(),
        through_steps: false,
    }
}

fn sm2(n: u128, practiced: Timestamp, quality: i64, interval: Option<i64>, due: Option<Timestamp>) -> Record {
    Record { sm2: Some(Sm2 { easiness: 2.5, interval, due }), ..record(n, practiced, quality) }
}

#[test]
fn each_step_is_the_crates_own_next_state() {
    let start = at("2026-01-01T10:00:00Z");
    let history = [(0, 3), (2, 3), (9, 1), (10, 2), (14, 4), (60, 3)];
    let fsrs = FSRS::default();
    let mut memory: Option<MemoryState> = None;
    let mut before = 0;
    let mut records = Vec::new();
    for (n, (day, quality)) in history.into_iter().enumerate() {
        let next = fsrs.next_states(memory, 0.9, (day - before) as u32).unwrap();
        let expected = [next.again, next.hard, next.good, next.easy][quality as usize - 1].clone();
        records.push(record(n as u128, start.plus_days(day), quality));
        let state = scheduler().fold(&records).unwrap();
        assert_eq!((state.stability, state.difficulty), (expected.memory.stability, expected.memory.difficulty));
        assert_eq!(state.interval_days, (expected.interval.round() as u32).max(1));
        assert_eq!(state.due, start.plus_days(day + i64::from(state.interval_days)));
        memory = Some(expected.memory);
        before = day;
    }
    let state = scheduler().fold(&records).unwrap();
    assert_eq!((state.repetitions, state.lapses, state.phase), (6, 1, Phase::Review));
}

#[test]
fn a_choice_says_that_it_is_the_longest_break() {
    let start = at("2026-01-01T10:00:00Z");
    for fuzz in [false, true] {
        let scheduler = Scheduler::new(&SchedulerPrefs { maximum_interval: 20, fuzz, ..Default::default() });
        let records = [record(1, start, 3), record(2, start.plus_days(5), 3)];
        let state = scheduler.fold(&records).unwrap();
        let previews = |manner: &Manner| scheduler.preview(Some(&state), start.plus_days(20), manner);
        let told = previews(&Manner::default()).map(|preview| (preview.interval_days, preview.longest));
        assert!(told[0].0 < 18 && !told[0].1, "{told:?}");
        // The dice may take a few days off what was cut.
        assert!(told[3].0 >= if fuzz { 17 } else { 20 } && told[3].1, "{told:?}");
        if !fuzz {
            assert!(told.iter().all(|(days, longest)| (*days == 20) == *longest));
        }
        let own = Manner { goal: Goal::Fluency, ..Manner::default() };
        assert!(previews(&own).iter().all(|preview| !preview.longest), "a goal's own rhythm has no such limit");
    }
}

#[test]
fn a_new_tune_gets_the_published_first_states() {
    let previews = scheduler().preview(None, at("2026-01-01T10:00:00Z"), &Manner::default());
    assert_eq!(previews.map(|p| p.interval_days), [1, 1, 2, 8]);
    assert_eq!(previews.map(|p| p.stability), [0.212, 1.2931, 2.3065, 8.2956]);
    assert_eq!(previews[0].due, at("2026-01-02T10:00:00Z"), "again: the next day at the earliest");
}

#[test]
fn half_a_day_or_more_counts_as_a_day() {
    let from = at("2026-01-01T20:00:00Z");
    assert_eq!(elapsed_days(from, at("2026-01-02T07:59:59Z")), 0);
    assert_eq!(elapsed_days(from, at("2026-01-02T08:00:00Z")), 1);
    assert_eq!(elapsed_days(from, at("2026-01-02T18:00:00Z")), 1);
    assert_eq!(elapsed_days(from, at("2025-01-02T18:00:00Z")), 0, "never negative");
}

#[test]
fn sm2_numbers_mean_what_they_said() {
    let now = at("2026-01-01T00:00:00Z");
    let meant = [0, 1, 2, 3, 4, 5].map(|quality| sm2(1, now, quality, None, None).rating());
    assert_eq!(meant, [Rating::Again, Rating::Again, Rating::Hard, Rating::Hard, Rating::Good, Rating::Easy]);
    assert_eq!([1, 2, 3, 4].map(|quality| record(1, now, quality).rating()), Rating::ALL);
}

#[test]
fn a_first_sm2_record_brings_its_interval_along() {
    let practiced = at("2024-01-01T00:00:00Z");
    let state = scheduler().fold(&[sm2(1, practiced, 4, Some(30), None)]).unwrap();
    assert_eq!(state.interval_days, 30, "at a retention of 0.9 the stability is the interval");
    let without = scheduler().fold(&[sm2(1, practiced, 4, None, None)]).unwrap();
    assert_eq!(without.interval_days, 2, "as a first Good");
}

#[test]
fn the_due_date_of_the_old_app_stands_until_the_next_rating() {
    let practiced = at("2024-01-01T00:00:00Z");
    let promised = at("2024-03-07T12:00:00Z");
    let old = sm2(1, practiced, 4, Some(30), Some(promised));
    assert_eq!(scheduler().fold(std::slice::from_ref(&old)).unwrap().due, promised);
    let then = record(2, promised, 3);
    let state = scheduler().fold(&[then, old]).unwrap();
    assert_eq!(state.due, promised.plus_days(i64::from(state.interval_days)));
}

#[test]
fn no_records_no_state() {
    assert_eq!(scheduler().fold(&[]), None);
}

#[test]
fn the_maximum_interval_is_kept() {
    let prefs = SchedulerPrefs { maximum_interval: 5, ..Default::default() };
    assert_eq!(
        Scheduler::new(&prefs).preview(None, at("2026-01-01T00:00:00Z"), &Manner::default()).map(|p| p.interval_days),
        [1, 1, 2, 5]
    );
}

#[test]
fn easy_is_not_good_and_sm2_is_a_real_choice() {
    let now = at("2026-01-01T00:00:00Z");
    let history = [record(1, now.plus_days(-9), 3), record(2, now.plus_days(-7), 3)];
    let days = |prefs: &SchedulerPrefs| {
        let scheduler = Scheduler::new(prefs);
        scheduler.preview(scheduler.fold(&history).as_ref(), now, &Manner::default()).map(|p| p.interval_days)
    };
    let fsrs = days(&SchedulerPrefs::default());
    assert!(fsrs[2] < fsrs[3], "{fsrs:?}");
    let sm2 = days(&SchedulerPrefs { algorithm: Algorithm::Sm2, ..Default::default() });
    assert_eq!(sm2, [1, 15, 15, 15], "one, six, then the interval times the easiness");
}

#[test]
fn a_lost_tune_comes_back_within_minutes_where_there_are_steps() {
    let now = at("2026-01-01T00:00:00Z");
    let prefs = SchedulerPrefs { learning_steps: vec![1, 10], relearning_steps: vec![10], ..Default::default() };
    let scheduler = Scheduler::new(&prefs);
    let minutes = |records: &[Record]| {
        let state = scheduler.fold(records);
        let at = state.map_or(now, |s| s.due);
        scheduler.preview(state.as_ref(), at, &Manner::default()).map(|p| (p.due.micros() - at.micros()) / 60_000_000)
    };
    let day = 1440;
    assert_eq!(minutes(&[])[..3], [1, 6, 10]);
    assert_eq!(minutes(&[record(1, now, 3)])[..2], [1, 6], "on the second step");
    assert!(minutes(&[record(1, now, 3)])[2] >= day, "got through");
    let lapsed = [record(1, now, 4), record(2, now.plus_days(8), 1)];
    let state = scheduler.fold(&lapsed).unwrap();
    assert_eq!(
        (state.due, state.phase, state.interval_days),
        (now.plus_days(8).plus_micros(600_000_000), Phase::Relearning, 0)
    );
    assert!(minutes(&lapsed)[2] >= day);
}

#[test]
fn steps_belong_to_one_sitting() {
    let now = at("2026-01-01T20:00:00Z");
    let prefs = SchedulerPrefs { learning_steps: vec![1, 10], relearning_steps: vec![10], ..Default::default() };
    let scheduler = Scheduler::new(&prefs);
    let days = |records: &[Record], at| {
        scheduler.preview(scheduler.fold(records).as_ref(), at, &Manner::default()).map(|p| p.interval_days)
    };
    let begun = [record(1, now, 3)];
    assert_eq!(days(&begun, now.plus_micros(DAY_MICROS / 4))[..2], [0, 0], "late, but the same evening");
    let morning = days(&begun, now.plus_micros(DAY_MICROS / 2 + 700_000_000));
    assert!(morning[0] == 0 && morning[1] >= 1, "{morning:?}");
    let a_year = days(&begun, now.plus_days(365));
    assert!(a_year[1] > 20 && a_year.is_sorted(), "{a_year:?}");
    // A tune that was lost, and not taken up again for a year.
    let lost = [record(1, now, 4), record(2, now.plus_days(8), 1)];
    let a_year = days(&lost, now.plus_days(365));
    assert!(a_year[0] == 0 && a_year[1] >= 1 && a_year.is_sorted(), "{a_year:?}");
    let lapses = |records: &[Record]| scheduler.fold(records).unwrap().lapses;
    assert_eq!(lapses(&[record(1, now, 3), record(2, now.plus_days(9), 1)]), 1, "known, and forgotten");
    assert_eq!(lapses(&[record(1, now, 1), record(2, now.plus_days(9), 1)]), 0, "never known");
}

#[test]
fn what_was_out_of_its_steps_is_not_put_back_by_todays_settings() {
    let now = at("2026-01-01T20:00:00Z");
    let prefs = SchedulerPrefs { learning_steps: vec![1, 10], relearning_steps: vec![10], ..Default::default() };
    let scheduler = Scheduler::new(&prefs);
    let said = Record { through_steps: true, ..record(1, now, 3) };
    let state = scheduler.fold(&[said]).unwrap();
    assert_eq!((state.step, state.phase, state.interval_days), (None, Phase::Review, 2));
    assert_eq!(scheduler.fold(&[record(1, now, 3)]).unwrap().step, Some(1));
    // SM2 had no steps at all: also not after a tune was forgotten.
    let state = scheduler.fold(&[record(1, now, 4), sm2(2, now.plus_days(8), 0, Some(1), None)]).unwrap();
    assert_eq!((state.step, state.phase), (None, Phase::Relearning));
    assert!(state.interval_days >= 1);
}

#[test]
fn a_rating_out_of_the_steps_is_due_when_it_was_promised_whatever_the_fuzz_does_to_the_choices_before_it() {
    let now = at("2026-01-01T20:00:00Z");
    // A hard tune's first interval is longer than a step, and with the fuzz at times longer than that of a good one.
    let mut weights = SchedulerPrefs::default().weights;
    (weights[1], weights[2]) = (5.0, 6.0);
    let mut scheduler =
        Scheduler::new(&SchedulerPrefs { learning_steps: vec![10], fuzz: true, weights, ..Default::default() });
    for n in 0..100 {
        scheduler.turn_to(tunetrees::domain::ids::PlaylistTuneId(Uuid::from_u128(n * 0x1_0000_0000_0000_0001)));
        let promised = scheduler.preview(None, now, &Manner::default())[2].due;
        let said = Record { through_steps: true, ..record(1, now, 3) };
        assert_eq!(scheduler.fold(&[said]).unwrap().due, promised, "{n}");
    }
}

#[test]
fn fuzz_is_off_unless_wanted_and_the_same_whenever_one_looks() {
    let now = at("2026-01-01T00:00:00Z");
    let history = [record(1, now.plus_days(-60), 4), record(2, now.plus_days(-30), 3)];
    let mut thrown = std::collections::BTreeSet::new();
    for n in 0..40 {
        let place = tunetrees::domain::ids::PlaylistTuneId(Uuid::from_u128(n * 0x1_0000_0000_0000_0001));
        let due = |fuzz| {
            let mut scheduler = Scheduler::new(&SchedulerPrefs { fuzz, ..Default::default() });
            scheduler.turn_to(place).fold(&history).unwrap().due
        };
        assert_eq!(due(true), due(true));
        assert_eq!(due(false), scheduler().fold(&history).unwrap().due);
        thrown.insert(due(true));
    }
    assert!(thrown.len() > 3, "{thrown:?}");
}

#[test]
fn a_goal_sets_the_date_and_leaves_the_memory_to_fsrs() {
    let now = at("2026-01-01T00:00:00Z");
    let manner = Manner { goal: Goal::Fluency, ..Default::default() };
    let with = Record { manner: manner.clone(), ..record(1, now, 3) };
    let state = scheduler().fold(&[with]).unwrap();
    let without = scheduler().fold(&[record(1, now, 3)]).unwrap();
    assert_eq!((state.due, state.stability), (now.plus_days(3), without.stability));
    assert_eq!(scheduler().preview(Some(&state), now, &manner).map(|p| p.interval_days), [1, 3, 7, 7]);
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    let one = (0..400_i64 * 24, 0..=5_i64, any::<bool>(), proptest::option::of(0..500_i64));
    proptest::collection::vec(one, 0..25).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(n, (hours, quality, old, interval))| {
                let practiced = Timestamp::from_micros(1_700_000_000_000_000 + hours * 3_600_000_000);
                if old {
                    sm2(n as u128, practiced, quality, interval, None)
                } else {
                    record(n as u128, practiced, quality)
                }
            })
            .collect()
    })
}

fn prefs() -> impl Strategy<Value = SchedulerPrefs> {
    let weights = prop_oneof![
        Just(SchedulerPrefs::default().weights),
        proptest::collection::vec(-2.0..20.0_f32, 21),
        proptest::collection::vec(0.0..3.0_f32, 19),
        proptest::collection::vec(0.0..3.0_f32, 17),
    ];
    let steps = || proptest::collection::vec(1..3000_u32, 0..4);
    let algorithm = prop_oneof![Just(Algorithm::Fsrs), Just(Algorithm::Sm2)];
    (0.7..0.99_f32, weights, 1..40_000_u32, steps(), steps(), any::<bool>(), algorithm).prop_map(
        |(retention, weights, maximum_interval, learning_steps, relearning_steps, fuzz, algorithm)| SchedulerPrefs {
            algorithm,
            retention,
            weights,
            maximum_interval,
            learning_steps,
            relearning_steps,
            fuzz,
        },
    )
}

proptest! {
    #[test]
    fn the_order_in_which_records_arrive_does_not_matter(
        (sorted, shuffled) in records().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        prefs in prefs(),
    ) {
        let scheduler = Scheduler::new(&prefs);
        prop_assert_eq!(scheduler.fold(&sorted), scheduler.fold(&shuffled));
    }

    #[test]
    fn a_better_rating_never_comes_back_sooner_and_none_within_a_day(
        records in records(), prefs in prefs(), hours in 0..5_000_i64,
    ) {
        let scheduler = Scheduler::new(&prefs);
        let state = scheduler.fold(&records);
        let last = state.map_or(Timestamp::from_micros(0), |s| s.practiced);
        let now = last.plus_micros(hours * 3_600_000_000);
        let previews = scheduler.preview(state.as_ref(), now, &Manner::default());
        prop_assert!(previews.windows(2).all(|pair| pair[0].due <= pair[1].due), "{previews:?}");
        let steps = prefs.algorithm == Algorithm::Fsrs && !(prefs.learning_steps.is_empty() && prefs.relearning_steps.is_empty());
        for preview in previews {
            let days = (preview.due.micros() - now.micros()) / DAY_MICROS;
            prop_assert!(days >= 1 || steps);
            prop_assert_eq!(days, i64::from(preview.interval_days));
            prop_assert!(preview.interval_days <= prefs.maximum_interval || steps);
            prop_assert!(preview.stability.is_finite() && preview.difficulty.is_finite());
        }
    }

    #[test]
    fn rating_is_the_same_as_folding_one_record_more(records in records(), quality in 1..=4_i64, prefs in prefs()) {
        let scheduler = Scheduler::new(&prefs);
        let before = scheduler.fold(&records);
        let now = before.map_or(Timestamp::from_micros(0), |s| s.practiced).plus_days(3);
        let mut longer = records.clone();
        longer.push(record(999, now, quality));
        let rated = scheduler.rate(before.as_ref(), now, Rating::from_quality(quality).unwrap(), &Manner::default());
        prop_assert_eq!(scheduler.fold(&longer), Some(rated));
    }
}
