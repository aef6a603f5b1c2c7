//! The fold over practice records, one step of it, and the preview of the four choices.

use fsrs::{FSRS, ItemState, MemoryState, NextStates};

use super::prefs::SchedulerPrefs;
use crate::domain::ids::PracticeRecordId;
use crate::domain::practice::{Rating, RatingPreview};
use crate::domain::time::{DAY_MICROS, Timestamp};

/// What an SM2 rating of the old app left behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sm2 {
    /// E-factor.
    pub easiness: f64,
    /// Its interval in days.
    pub interval: Option<i64>,
    /// When it said the tune was due.
    pub due: Option<Timestamp>,
}

/// One practice record as the scheduler sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Its id: breaks ties of time.
    pub id: PracticeRecordId,
    /// When.
    pub practiced: Timestamp,
    /// 1–4, or 0–5 where `sm2`.
    pub quality: i64,
    /// Set where it was rated on the SM2 scale.
    pub sm2: Option<Sm2>,
}

impl Record {
    /// What the rating means to FSRS. SM2: 0–1 Again, 2–3 Hard, 4 Good, 5 Easy. Numbers off the scale count as its nearest end.
    pub fn rating(&self) -> Rating {
        match (self.sm2.is_some(), self.quality) {
            (_, ..=1) => Rating::Again,
            (true, 2..=3) | (false, 2) => Rating::Hard,
            (true, 4) | (false, 3) => Rating::Good,
            _ => Rating::Easy,
        }
    }
}

/// How far a tune has come; the numbers are those of `practice_record.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rated, but never yet known.
    Learning = 1,
    /// Known at the last rating.
    Review = 2,
    /// Known once, forgotten at the last rating.
    Relearning = 3,
}

/// Where a tune stands after its last rating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleState {
    /// When it was last rated.
    pub practiced: Timestamp,
    /// When it is due.
    pub due: Timestamp,
    /// Whole days between the two, as the scheduler chose them.
    pub interval_days: u32,
    /// Days between the last rating and the one before, `None` after the first.
    pub elapsed_days: Option<u32>,
    /// FSRS stability in days.
    pub stability: f32,
    /// FSRS difficulty, 1–10.
    pub difficulty: f32,
    /// Ratings so far.
    pub repetitions: u32,
    /// How often it was known and then forgotten.
    pub lapses: u32,
    /// `quality` of the last rating.
    pub last_quality: i64,
    /// How far it has come.
    pub phase: Phase,
}

/// Days between two ratings for FSRS, which counts whole days: the 24-hour periods between the two instants, rounded to the
/// nearest (twelve hours or more count as a day). Calendar days would depend on a zone, and two devices in different zones
/// would disagree for ever; instants are the same everywhere.
pub fn elapsed_days(from: Timestamp, to: Timestamp) -> u32 {
    let micros = to.micros().saturating_sub(from.micros()).max(0);
    u32::try_from(micros.saturating_add(DAY_MICROS / 2) / DAY_MICROS).unwrap_or(u32::MAX)
}

/// FSRS with one person's settings.
pub struct Scheduler {
    fsrs: FSRS,
    retention: f32,
    maximum_interval: u32,
}

impl Scheduler {
    /// With these settings; weights that FSRS refuses are replaced by its own.
    pub fn new(prefs: &SchedulerPrefs) -> Self {
        let fsrs = FSRS::new(&prefs.weights).unwrap_or_default();
        Scheduler { fsrs, retention: prefs.retention, maximum_interval: prefs.maximum_interval.max(1) }
    }

    /// Where a tune stands after `records`, in whatever order they come; `None` without any.
    pub fn fold(&self, records: &[Record]) -> Option<ScheduleState> {
        let mut sorted: Vec<&Record> = records.iter().collect();
        sorted.sort_by_key(|record| (record.practiced, record.id));
        sorted.into_iter().fold(None, |state, record| Some(self.step(state, record)))
    }

    /// Where a tune stands after being rated at `at`.
    pub fn rate(&self, state: Option<&ScheduleState>, at: Timestamp, rating: Rating) -> ScheduleState {
        advance(state, at, rating, rating.quality(), self.choices(state, at)[rating as usize - 1])
    }

    /// What each of the four choices would do at `now`. Their due dates never fall from Again to Easy, and none is sooner than a day.
    pub fn preview(&self, state: Option<&ScheduleState>, now: Timestamp) -> [RatingPreview; 4] {
        Rating::ALL.map(|rating| {
            let next = self.rate(state, now, rating);
            RatingPreview {
                rating,
                due: next.due,
                interval_days: next.interval_days,
                stability: next.stability,
                difficulty: next.difficulty,
            }
        })
    }

    fn step(&self, state: Option<ScheduleState>, record: &Record) -> ScheduleState {
        let rating = record.rating();
        let started = match (&state, record.sm2) {
            (None, Some(sm2)) => self.start_from_sm2(sm2),
            _ => None,
        };
        let chosen = started.unwrap_or_else(|| self.choices(state.as_ref(), record.practiced)[rating as usize - 1]);
        let mut next = advance(state.as_ref(), record.practiced, rating, record.quality, chosen);
        // What the old app told her when the tune was due stays true until she rates it again.
        if let Some(due) = record.sm2.and_then(|sm2| sm2.due) {
            next.due = due;
        }
        next
    }

    /// The memory that an SM2 interval and e-factor speak of; `None` where they make no sense.
    fn start_from_sm2(&self, sm2: Sm2) -> Option<(MemoryState, u32)> {
        let interval = sm2.interval.filter(|days| *days >= 1)?;
        if sm2.easiness < 1.0 {
            return None;
        }
        let memory = self.fsrs.memory_state_from_sm2(sm2.easiness as f32, interval as f32, 0.9).ok()?;
        let days = self.fsrs.next_interval(Some(memory.stability), self.retention, 3);
        Some((memory, self.whole_days(days)))
    }

    /// Memory and interval after each choice, Again first. An interval is never shorter than that of a worse choice, which
    /// odd weights could otherwise bring about.
    fn choices(&self, state: Option<&ScheduleState>, at: Timestamp) -> [(MemoryState, u32); 4] {
        let memory = state.map(|s| MemoryState { stability: s.stability, difficulty: s.difficulty });
        let elapsed = state.map_or(0, |s| elapsed_days(s.practiced, at));
        let next = self.fsrs.next_states(memory, self.retention, elapsed).unwrap_or_else(|_| self.afresh());
        let mut least = 1;
        [next.again, next.hard, next.good, next.easy].map(|choice: ItemState| {
            least = self.whole_days(choice.interval).max(least);
            (choice.memory, least)
        })
    }

    /// As for a new tune: for a memory that FSRS cannot go on from.
    fn afresh(&self) -> NextStates {
        let new = self.fsrs.next_states(None, self.retention, 0);
        new.or_else(|_| FSRS::default().next_states(None, 0.9, 0))
            .expect("the default weights give finite states to a new tune")
    }

    /// At least a day: a tune never comes back on the day it was rated.
    fn whole_days(&self, days: f32) -> u32 {
        (days.round() as u32).clamp(1, self.maximum_interval)
    }
}

fn advance(
    state: Option<&ScheduleState>,
    at: Timestamp,
    rating: Rating,
    quality: i64,
    (memory, interval_days): (MemoryState, u32),
) -> ScheduleState {
    let was = state.map(|s| s.phase);
    let forgot = rating == Rating::Again;
    let phase = match (forgot, was) {
        (false, _) => Phase::Review,
        (true, None | Some(Phase::Learning)) => Phase::Learning,
        (true, Some(Phase::Review | Phase::Relearning)) => Phase::Relearning,
    };
    ScheduleState {
        practiced: at,
        due: at.plus_days(i64::from(interval_days)),
        interval_days,
        elapsed_days: state.map(|s| elapsed_days(s.practiced, at)),
        stability: memory.stability,
        difficulty: memory.difficulty,
        repetitions: state.map_or(0, |s| s.repetitions) + 1,
        lapses: state.map_or(0, |s| s.lapses) + u32::from(forgot && was == Some(Phase::Review)),
        last_quality: quality,
        phase,
    }
}
