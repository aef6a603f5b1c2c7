//! The fold over practice records, one step of it, and the preview of the four choices.

use fsrs::{FSRS, ItemState, MemoryState, NextStates};

use super::fuzz;
use super::goal::Manner;
use super::prefs::{Algorithm, SchedulerPrefs};
use super::sm2::{self, Standing};
use super::steps::{self, DAY_MINUTES, Step};
use crate::domain::ids::{PlaylistTuneId, PracticeRecordId};
use crate::domain::order::Sort;
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
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id: breaks ties of time.
    pub id: PracticeRecordId,
    /// When.
    pub practiced: Timestamp,
    /// 1–4, or 0–5 where `sm2`.
    pub quality: i64,
    /// Set where it was rated on the SM2 scale.
    pub sm2: Option<Sm2>,
    /// What for, and how it was practised.
    pub manner: Manner,
    /// Did it say itself that the tune was out of its learning steps? Then no settings of today put it back there.
    pub through_steps: bool,
}

impl Record {
    /// What the rating means to FSRS.
    pub fn rating(&self) -> Rating {
        meaning(self.quality, self.sm2.is_some())
    }
}

/// What a stored `quality` means to FSRS. On the scale of SM2: 0–1 Again, 2–3 Hard, 4 Good, 5 Easy. Numbers off the scale count as its nearest end.
pub const fn meaning(quality: i64, sm2: bool) -> Rating {
    match (sm2, quality) {
        (_, ..=1) => Rating::Again,
        (true, 2..=3) | (false, 2) => Rating::Hard,
        (true, 4) | (false, 3) => Rating::Good,
        _ => Rating::Easy,
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
    /// Whole days between the two, as the scheduler chose them; 0 while it comes back on the same day.
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
    /// The learning step it stands on; `None`: it is in the schedule.
    pub step: Option<u32>,
    /// Where it stands for SM2.
    pub standing: Standing,
}

impl ScheduleState {
    /// As it stands at an instant. Learning steps belong to one sitting: half a day after it should have come back a tune is in the schedule
    /// like any other, and Hard means days again, not minutes.
    fn at(self, at: Timestamp) -> Self {
        if self.step.is_none() || elapsed_days(self.due, at) == 0 {
            return self;
        }
        let phase = match self.phase {
            Phase::Learning if self.last_quality > Rating::Again.quality() => Phase::Review,
            phase => phase,
        };
        ScheduleState { step: None, phase, ..self }
    }
}

/// Days between two ratings for FSRS, which counts whole days: the 24-hour periods between the two instants, rounded to the
/// nearest (twelve hours or more count as a day). Calendar days would depend on a zone, and two devices in different zones
/// would disagree for ever; instants are the same everywhere.
pub fn elapsed_days(from: Timestamp, to: Timestamp) -> u32 {
    let micros = to.micros().saturating_sub(from.micros()).max(0);
    u32::try_from(micros.saturating_add(DAY_MICROS / 2) / DAY_MICROS).unwrap_or(u32::MAX)
}

/// The rules, with one person's settings.
pub struct Scheduler {
    fsrs: FSRS,
    prefs: SchedulerPrefs,
    /// What the dice of the fuzz follow from.
    seed: u64,
}

/// What one choice leads to.
#[derive(Clone, Copy)]
struct Choice {
    memory: MemoryState,
    /// Microseconds until the tune comes back.
    wait: i64,
    step: Option<u32>,
    standing: Standing,
}

impl Scheduler {
    /// With these settings; weights that FSRS refuses are replaced by its own.
    pub fn new(prefs: &SchedulerPrefs) -> Self {
        let fsrs = FSRS::new(&prefs.weights).unwrap_or_default();
        let prefs = SchedulerPrefs { maximum_interval: prefs.maximum_interval.max(1), ..prefs.clone() };
        Scheduler { fsrs, prefs, seed: 0 }
    }

    /// For that tune in that repertoire: its fuzz is its own, and the same on every device.
    pub fn turn_to(&mut self, place: PlaylistTuneId) -> &mut Self {
        let (high, low) = place.0.as_u64_pair();
        self.seed = high.rotate_left(7) ^ low;
        self
    }

    /// Where a tune stands after `records`, in whatever order they come; `None` without any.
    pub fn fold(&self, records: &[Record]) -> Option<ScheduleState> {
        let mut sorted: Vec<&Record> = records.iter().collect();
        sorted.put_in_order_of(|record| (record.practiced, record.id));
        sorted.into_iter().fold(None, |state, record| Some(self.step(state, record)))
    }

    /// Where a tune stands after being rated at `at`, practised like this.
    pub fn rate(&self, state: Option<&ScheduleState>, at: Timestamp, rating: Rating, manner: &Manner) -> ScheduleState {
        let state = state.map(|state| state.at(at));
        let choice = self.choices(state.as_ref(), at, manner, None)[rating as usize - 1];
        advance(state.as_ref(), at, rating, rating.quality(), choice)
    }

    /// What each of the four choices would do at `now`. Their due dates never fall from Again to Easy, and none is sooner than a day, except
    /// for learning steps and goals of less than a day.
    pub fn preview(&self, state: Option<&ScheduleState>, now: Timestamp, manner: &Manner) -> [RatingPreview; 4] {
        Rating::ALL.map(|rating| {
            let next = self.rate(state, now, rating, manner);
            RatingPreview {
                rating,
                due: next.due,
                interval_days: next.interval_days,
                stability: next.stability,
                difficulty: next.difficulty,
                longest: manner.goal.rhythm().is_none() && self.is_longest(&next),
            }
        })
    }

    /// Has the limit cut its interval? (Fuzz may have taken some days off afterwards.)
    fn is_longest(&self, next: &ScheduleState) -> bool {
        let most = self.prefs.maximum_interval;
        let by_memory = self.prefs.algorithm == Algorithm::Fsrs && next.step.is_none();
        next.interval_days >= most || (by_memory && self.days(next.stability) >= most)
    }

    fn step(&self, state: Option<ScheduleState>, record: &Record) -> ScheduleState {
        let rating = record.rating();
        let started = match (&state, record.sm2) {
            (None, Some(sm2)) => self.start_from_sm2(sm2),
            _ => None,
        };
        let state = state.map(|state| state.at(record.practiced));
        // SM2 has no steps.
        let past_steps = (record.through_steps || record.sm2.is_some()).then_some(rating);
        let mut choice =
            self.choices(state.as_ref(), record.practiced, &record.manner, past_steps)[rating as usize - 1];
        if let Some((memory, days)) = started {
            choice = Choice { memory, wait: whole_days(days), step: None, ..choice };
        }
        if let Some(sm2) = record.sm2 {
            choice.standing = after_old_record(state.as_ref(), record.quality, sm2);
        }
        let mut next = advance(state.as_ref(), record.practiced, rating, record.quality, choice);
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
        Some((memory, self.days(memory.stability)))
    }

    /// What the choices lead to, Again first. `past_steps`: the one that leads past its learning step. The others keep theirs: an interval
    /// instead would push the later choices away from what was shown.
    fn choices(
        &self,
        state: Option<&ScheduleState>,
        at: Timestamp,
        manner: &Manner,
        past_steps: Option<Rating>,
    ) -> [Choice; 4] {
        let memory = state.map(|s| MemoryState { stability: s.stability, difficulty: s.difficulty });
        let elapsed = state.map_or(0, |s| elapsed_days(s.practiced, at));
        let next = self.fsrs.next_states(memory, self.prefs.retention, elapsed).unwrap_or_else(|_| self.afresh());
        let memories = [next.again, next.hard, next.good, next.easy].map(|choice: ItemState| choice.memory);
        let standing = state.map(|s| s.standing).unwrap_or_default();
        let standings = Rating::ALL.map(|rating| standing.next(sm2::quality(rating), self.prefs.maximum_interval));
        let days = match self.prefs.algorithm {
            Algorithm::Fsrs => self.spread(state, elapsed, memories),
            Algorithm::Sm2 => standings.map(|standing| standing.interval),
        };
        let repetitions = state.map_or(0, |s| s.repetitions);
        let mut least = 0;
        Rating::ALL.map(|rating| {
            let place = rating as usize - 1;
            let step = self.learning_step(state, rating).filter(|_| past_steps != Some(rating));
            let wait = match (manner.wait(repetitions, rating), step) {
                (Some(wait), _) => wait,
                (None, Some(step)) => i64::from(step.minutes) * (DAY_MICROS / i64::from(DAY_MINUTES)),
                (None, None) => whole_days(days[place]),
            };
            least = wait.max(least);
            let step = step.filter(|step| step.minutes < DAY_MINUTES).map(|step| step.then);
            Choice { memory: memories[place], wait: least, step, standing: standings[place] }
        })
    }

    /// Whole days for each choice. Choices that are all intervals are told apart: Hard is not longer than Good, Good than Easy.
    fn spread(&self, state: Option<&ScheduleState>, elapsed: u32, memories: [MemoryState; 4]) -> [u32; 4] {
        let most = self.prefs.maximum_interval;
        let [again, mut hard, mut good, mut easy] = memories.map(|memory| {
            let days = self.days(memory.stability);
            if !self.prefs.fuzz {
                return days;
            }
            fuzz::fuzzed(days, elapsed, most, self.seed.wrapping_add(u64::from(state.map_or(0, |s| s.repetitions))))
        });
        if state.is_some_and(|s| s.step.is_none()) {
            hard = hard.min(good);
            good = good.max(hard + 1);
            easy = easy.max(good + 1);
        }
        [again, hard, good, easy].map(|days| days.min(most))
    }

    /// The learning step that a rating leads to.
    fn learning_step(&self, state: Option<&ScheduleState>, rating: Rating) -> Option<Step> {
        if self.prefs.algorithm == Algorithm::Sm2 {
            return None;
        }
        match state.map(|s| (s.step, s.phase)) {
            None => steps::while_learning(&self.prefs.learning_steps, 0, rating),
            Some((Some(at), Phase::Relearning)) => steps::while_learning(&self.prefs.relearning_steps, at, rating),
            Some((Some(at), _)) => steps::while_learning(&self.prefs.learning_steps, at, rating),
            Some((None, _)) if rating == Rating::Again => steps::after_a_lapse(&self.prefs.relearning_steps),
            Some((None, _)) => None,
        }
    }

    /// As for a new tune: for a memory that FSRS cannot go on from.
    fn afresh(&self) -> NextStates {
        let new = self.fsrs.next_states(None, self.prefs.retention, 0);
        new.or_else(|_| FSRS::default().next_states(None, 0.9, 0))
            .expect("the default weights give finite states to a new tune")
    }

    /// At least a day: out of the learning steps, a tune never comes back on the day it was rated.
    fn days(&self, stability: f32) -> u32 {
        let days = self.fsrs.next_interval(Some(stability), self.prefs.retention, 3);
        (days.round() as u32).clamp(1, self.prefs.maximum_interval)
    }
}

fn whole_days(days: u32) -> i64 {
    i64::from(days) * DAY_MICROS
}

/// SM2 goes on from what the old app had written down.
fn after_old_record(state: Option<&ScheduleState>, quality: i64, record: Sm2) -> Standing {
    let run = state.map_or(0, |s| s.standing.run);
    Standing {
        easiness: record.easiness.clamp(1.3, 5.0),
        interval: record.interval.map_or(1, |days| days.clamp(1, 36_500) as u32),
        run: if quality < 3 { 0 } else { run + 1 + u32::from(record.interval.is_some_and(|days| days > 6)) },
    }
}

fn advance(
    state: Option<&ScheduleState>,
    at: Timestamp,
    rating: Rating,
    quality: i64,
    choice: Choice,
) -> ScheduleState {
    let was = state.map(|s| s.phase);
    let learning = choice.step.is_some();
    let forgot = rating == Rating::Again;
    let in_schedule = state.is_some_and(|s| s.step.is_none());
    let phase = match (forgot || learning, was) {
        (false, _) => Phase::Review,
        // Out of its learning steps, never known, and lost again: from here on it goes through the steps of a lost tune.
        (true, Some(Phase::Learning)) if in_schedule && learning => Phase::Relearning,
        (true, None | Some(Phase::Learning)) => Phase::Learning,
        (true, Some(Phase::Review | Phase::Relearning)) => Phase::Relearning,
    };
    ScheduleState {
        practiced: at,
        due: at.plus_micros(choice.wait),
        interval_days: (choice.wait / DAY_MICROS) as u32,
        elapsed_days: state.map(|s| elapsed_days(s.practiced, at)),
        stability: choice.memory.stability,
        difficulty: choice.memory.difficulty,
        repetitions: state.map_or(0, |s| s.repetitions) + 1,
        lapses: state.map_or(0, |s| s.lapses) + u32::from(forgot && was == Some(Phase::Review)),
        last_quality: quality,
        phase,
        step: choice.step,
        standing: choice.standing,
    }
}
