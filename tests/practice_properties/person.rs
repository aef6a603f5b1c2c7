//! What a person may do, and how she practises.

use proptest::prelude::*;
use tunetrees::domain::practice::Rating;
use tunetrees::domain::practice_days::{DayRule, Exception, PracticeDays};
use tunetrees::domain::scheduling::{Algorithm, Goal, SchedulerPrefs};
use tunetrees::domain::time::CalendarDate;

#[derive(Clone, Debug)]
pub enum Step {
    Wait(i64),
    /// Chosen and submitted at once.
    Rate(usize, Rating),
    RateAndUndo(usize, Rating),
    Undo,
    /// Chosen, to be submitted whenever.
    Stage(usize, Rating),
    StageAndUndo(usize, Rating),
    UnstageAndUndo(usize),
    /// Once more on the same day.
    Repeat(usize, Rating),
    Submit,
    Bury(usize),
    Suspend(usize),
    Wish(u128, i64),
    Goal(u128, usize),
    Past(u128, u64, Rating),
    Renew,
    NewQueue,
    More(u32),
    Add(u128),
    Remove(u128),
}

impl Step {
    /// Do the tunes of the queue stay as they are, whatever it does?
    pub fn leaves_the_queue(&self) -> bool {
        use Step::*;
        matches!(
            self,
            Wait(_)
                | Rate(..)
                | RateAndUndo(..)
                | Stage(..)
                | StageAndUndo(..)
                | UnstageAndUndo(_)
                | Repeat(..)
                | Submit
                | Goal(..)
                | Past(..)
                | NewQueue
        )
    }

    /// Can no rating be made or lost by it, chosen or submitted?
    pub fn leaves_ratings(&self) -> bool {
        use Step::*;
        let undone = matches!(self, RateAndUndo(..) | StageAndUndo(..) | UnstageAndUndo(_));
        undone || matches!(self, Wait(_) | Submit | Goal(..) | Renew | NewQueue | More(_) | Add(_) | Remove(_))
    }
}

pub fn step() -> impl Strategy<Value = Step> {
    let rating = || prop::sample::select(Rating::ALL.to_vec());
    prop_oneof![
        4 => (1..60_i64).prop_map(Step::Wait),
        6 => (0..12_usize, rating()).prop_map(|(n, r)| Step::Rate(n, r)),
        3 => (0..12_usize, rating()).prop_map(|(n, r)| Step::RateAndUndo(n, r)),
        2 => Just(Step::Undo),
        6 => (0..12_usize, rating()).prop_map(|(n, r)| Step::Stage(n, r)),
        2 => (0..12_usize, rating()).prop_map(|(n, r)| Step::StageAndUndo(n, r)),
        2 => (0..12_usize).prop_map(Step::UnstageAndUndo),
        2 => (0..12_usize, rating()).prop_map(|(n, r)| Step::Repeat(n, r)),
        1 => Just(Step::Submit),
        1 => (0..12_usize).prop_map(Step::Bury),
        1 => (0..12_usize).prop_map(Step::Suspend),
        1 => (0..20_u128, -1..4_i64).prop_map(|(n, days)| Step::Wish(n, days)),
        1 => (0..20_u128, 0..Goal::CHOICES.len()).prop_map(|(n, goal)| Step::Goal(n, goal)),
        1 => (0..20_u128, 200..300_u64, rating()).prop_map(|(n, days, r)| Step::Past(n, days, r)),
        1 => Just(Step::Renew),
        3 => Just(Step::NewQueue),
        1 => (1..4_u32).prop_map(Step::More),
        1 => (0..20_u128).prop_map(Step::Add),
        1 => (0..20_u128).prop_map(Step::Remove),
    ]
}

/// How somebody practises: any rules of the week, a break, few or many tunes.
pub fn days() -> impl Strategy<Value = (PracticeDays, i64, i64)> {
    let rule = || {
        let count = || proptest::option::weighted(0.2, 0..4_u32);
        (prop::bool::weighted(0.1), count(), count()).prop_map(|(free, min, max)| DayRule { free, min, max })
    };
    let week = proptest::array::uniform7(rule());
    (0..30_u32, 0..3_u32, 0..6_u32, 1..=7_u32, week, rule(), (-2..20_i64, 0..5_i64)).prop_map(
        |(delinquency_days, least, most, days_per_week, week, rule, (from, length))| {
            let least = if most == 0 { least } else { least.min(most) };
            // The break is put where the history begins.
            let day = CalendarDate::new(2026, 1, 1).unwrap();
            let exceptions = vec![Exception { from: day, to: day, rule }];
            (PracticeDays { delinquency_days, least, most, days_per_week, week, exceptions }, from, length)
        },
    )
}

pub fn prefs() -> impl Strategy<Value = SchedulerPrefs> {
    let steps = || prop_oneof![2 => Just(vec![]), 1 => Just(vec![10]), 1 => Just(vec![1, 10, 300])];
    (steps(), steps(), any::<bool>(), any::<bool>(), 0.75..0.96_f32).prop_map(
        |(learning_steps, relearning_steps, sm2, fuzz, retention)| SchedulerPrefs {
            algorithm: if sm2 { Algorithm::Sm2 } else { Algorithm::Fsrs },
            learning_steps,
            relearning_steps,
            fuzz,
            retention,
            ..SchedulerPrefs::default()
        },
    )
}
