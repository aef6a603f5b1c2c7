//! Weights fitted to one person's own history: gradient descent (Adam) on the log loss of FSRS's own forgetting curve, in small portions, so that
//! the worker can answer in between and say how far it is. `tests/practice_weights.rs` holds it against the trainer of the `fsrs` crate.
//!
//! Derivatives are carried along with every number (forward mode): 21 of them, one a weight.

use std::ops::{Add, Div, Mul, Neg, Sub};

use fsrs::{DEFAULT_PARAMETERS, FSRS, MemoryState};

use super::fold::{Record, elapsed_days};

const WEIGHTS: usize = 21;
/// Rounds through the history: of a short one more, so that there are steps enough.
const ROUNDS: usize = 5;
const ROUNDS_OF_A_SHORT_ONE: usize = 10;
const SHORT: usize = 20_000;
/// Ratings a step at most, and the size of the first step; both as the crate trains.
const BATCH: usize = 512;
const RATE: f64 = 0.04;
/// Fewer ratings than this say nothing about a person.
pub const LEAST_RATINGS: usize = 64;

const STABILITY: (f64, f64) = (0.001, 36_500.0);
const DIFFICULTY: (f64, f64) = (1.0, 10.0);

/// Where each weight may lie.
const BOUNDS: [(f64, f64); WEIGHTS] = [
    (0.001, 100.0),
    (0.001, 100.0),
    (0.001, 100.0),
    (0.001, 100.0),
    (1.0, 10.0),
    (0.001, 4.0),
    (0.001, 4.0),
    (0.001, 0.75),
    (0.0, 4.5),
    (0.0, 0.8),
    (0.001, 3.5),
    (0.001, 5.0),
    (0.001, 0.25),
    (0.001, 0.9),
    (0.0, 4.0),
    (0.0, 1.0),
    (1.0, 6.0),
    (0.0, 2.0),
    (0.0, 2.0),
    (0.01, 0.8),
    (0.1, 0.8),
];

/// How far people's weights lie apart: a weight is held near the usual one the more, the less people differ in it.
const SPREAD: [f64; WEIGHTS] = [
    6.43, 9.66, 17.58, 27.85, 0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33, 0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32,
    0.14, 0.27,
];

/// A number and how it changes with each weight.
#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    slope: [f64; WEIGHTS],
}

impl Dual {
    const fn fixed(value: f64) -> Self {
        Dual { value, slope: [0.0; WEIGHTS] }
    }

    fn weight(weights: &[f64; WEIGHTS], place: usize) -> Self {
        let mut dual = Dual::fixed(weights[place]);
        dual.slope[place] = 1.0;
        dual
    }

    /// A function of it whose value and derivative are known.
    fn map(self, value: f64, derivative: f64) -> Self {
        Dual { value, slope: self.slope.map(|slope| slope * derivative) }
    }

    fn exp(self) -> Self {
        let value = self.value.exp();
        self.map(value, value)
    }

    fn ln(self) -> Self {
        self.map(self.value.ln(), 1.0 / self.value)
    }

    fn pow(self, exponent: Dual) -> Self {
        (self.ln() * exponent).exp()
    }

    fn clamp(self, (least, most): (f64, f64)) -> Self {
        if self.value < least {
            Dual::fixed(least)
        } else if self.value > most {
            Dual::fixed(most)
        } else {
            self
        }
    }

    fn max(self, other: Dual) -> Self {
        if self.value >= other.value { self } else { other }
    }

    fn min(self, other: Dual) -> Self {
        if self.value <= other.value { self } else { other }
    }
}

impl Add for Dual {
    type Output = Dual;
    fn add(mut self, other: Dual) -> Dual {
        self.value += other.value;
        self.slope.iter_mut().zip(other.slope).for_each(|(a, b)| *a += b);
        self
    }
}

impl Add<f64> for Dual {
    type Output = Dual;
    fn add(mut self, other: f64) -> Dual {
        self.value += other;
        self
    }
}

impl Neg for Dual {
    type Output = Dual;
    fn neg(self) -> Dual {
        self * -1.0
    }
}

impl Sub for Dual {
    type Output = Dual;
    fn sub(self, other: Dual) -> Dual {
        self + -other
    }
}

impl Mul for Dual {
    type Output = Dual;
    // The product rule is a sum.
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn mul(mut self, other: Dual) -> Dual {
        let value = self.value;
        self.slope.iter_mut().zip(other.slope).for_each(|(a, b)| *a = *a * other.value + b * value);
        self.value *= other.value;
        self
    }
}

impl Mul<f64> for Dual {
    type Output = Dual;
    fn mul(self, factor: f64) -> Dual {
        self.map(self.value * factor, factor)
    }
}

impl Div for Dual {
    type Output = Dual;
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn div(self, other: Dual) -> Dual {
        self * other.map(1.0 / other.value, -1.0 / (other.value * other.value))
    }
}

/// The model with its weights, each ready to be differentiated by.
struct Model {
    w: [Dual; WEIGHTS],
}

impl Model {
    fn new(weights: &[f64; WEIGHTS]) -> Self {
        Model { w: std::array::from_fn(|place| Dual::weight(weights, place)) }
    }

    /// The chance that a tune of that stability is still known after `days`.
    fn recall(&self, days: f64, stability: Dual) -> Dual {
        let decay = -self.w[20];
        let factor = (Dual::fixed(0.9_f64.ln()) / decay).exp() + -1.0;
        (factor * days / stability + 1.0).pow(decay)
    }

    fn first_difficulty(&self, rating: u32) -> Dual {
        self.w[4] - (self.w[5] * f64::from(rating - 1)).exp() + 1.0
    }

    fn first(&self, rating: u32) -> (Dual, Dual) {
        (self.w[rating as usize - 1].clamp(STABILITY), self.first_difficulty(rating).clamp(DIFFICULTY))
    }

    fn after(&self, (stability, difficulty): (Dual, Dual), days: f64, rating: u32, recall: Dual) -> (Dual, Dual) {
        let w = &self.w;
        let forgotten = -recall + 1.0;
        let next = if days == 0.0 {
            let growth = (w[17] * (w[18] + (f64::from(rating) - 3.0))).exp() * stability.pow(-w[19]);
            stability * if rating >= 2 { growth.max(Dual::fixed(1.0)) } else { growth }
        } else if rating == 1 {
            let least = stability / (w[17] * w[18]).exp();
            let lost =
                w[11] * difficulty.pow(-w[12]) * ((stability + 1.0).pow(w[13]) + -1.0) * (forgotten * w[14]).exp();
            lost.min(least)
        } else {
            let mut growth =
                w[8].exp() * (-difficulty + 11.0) * stability.pow(-w[9]) * ((forgotten * w[10]).exp() + -1.0);
            if rating == 2 {
                growth = growth * w[15];
            } else if rating == 4 {
                growth = growth * w[16];
            }
            stability * (growth + 1.0)
        };
        let step = w[6] * -(f64::from(rating) - 3.0);
        let moved = difficulty + step * (-difficulty + 10.0) * (1.0 / 9.0);
        let reverted = w[7] * (self.first_difficulty(4) - moved) + moved;
        (next.clamp(STABILITY), reverted.clamp(DIFFICULTY))
    }
}

/// One rating of one tune: days since the one before, 1–4, and how much it counts.
#[derive(Clone, Copy, Debug)]
struct Point {
    days: u32,
    rating: u32,
    weight: f64,
}

/// How far the training is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Ratings gone through.
    pub done: u32,
    /// Ratings to go through in all.
    pub all: u32,
}

/// What the training came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The weights.
    pub weights: Vec<f32>,
    /// How many ratings they were fitted to.
    pub ratings: u32,
    /// How far the weights in use are off, as log loss: lower is better.
    pub before: f32,
    /// How far the new ones are off.
    pub after: f32,
}

/// A training under way.
pub struct Training {
    histories: Vec<Vec<Point>>,
    start: Vec<f32>,
    weights: [f64; WEIGHTS],
    momentum: [f64; WEIGHTS],
    square: [f64; WEIGHTS],
    step: u32,
    steps: u32,
    /// The weights training began with, and is held near.
    usual: [f64; WEIGHTS],
    rounds: usize,
    batch: usize,
    round: usize,
    next: usize,
    done: u32,
    scored: u32,
}

impl Training {
    /// On the histories of all tunes, from the weights in use. `None`: there are too few ratings to learn from.
    pub fn begin(histories: &[Vec<Record>], in_use: &[f32]) -> Option<Self> {
        let mut all: Vec<Vec<Point>> = Vec::new();
        let mut times = Vec::new();
        for history in histories {
            let mut sorted: Vec<&Record> = history.iter().filter(|record| record.sm2.is_none()).collect();
            sorted.sort_by_key(|record| (record.practiced, record.id));
            let mut before = None;
            let mut points = Vec::with_capacity(sorted.len());
            for record in sorted {
                let days = before.map_or(0, |before| elapsed_days(before, record.practiced));
                before = Some(record.practiced);
                times.push((record.practiced, all.len(), points.len()));
                points.push(Point { days, rating: record.rating() as u32, weight: 0.0 });
            }
            all.push(points);
        }
        // What is recent counts more, as in the crate.
        times.retain(|(_, tune, place)| *place > 0 && all[*tune][*place].days > 0);
        times.sort_unstable();
        let length = times.len().saturating_sub(1).max(1) as f64;
        for (rank, (_, tune, place)) in times.iter().enumerate() {
            all[*tune][*place].weight = 0.25 + 0.75 * (rank as f64 / length).powi(3);
        }
        if times.len() < LEAST_RATINGS {
            return None;
        }
        all.retain(|points| points.iter().any(|point| point.weight > 0.0));
        let scored = times.len();
        let rounds = if scored < SHORT { ROUNDS_OF_A_SHORT_ONE } else { ROUNDS };
        let batch = (scored / 16).clamp(32, BATCH);
        let mut usual = usual();
        first_breaks(&all, &mut usual);
        Some(Training {
            histories: all,
            start: in_use.to_vec(),
            weights: usual,
            usual,
            rounds,
            batch,
            momentum: [0.0; WEIGHTS],
            square: [0.0; WEIGHTS],
            step: 0,
            steps: ((scored / batch + 1) * rounds) as u32,
            round: 0,
            next: 0,
            done: 0,
            scored: scored as u32,
        })
    }

    /// How far it is.
    pub const fn progress(&self) -> Advance {
        Advance { done: self.done, all: self.scored * self.rounds as u32 }
    }

    /// One step; `false` when there is none left.
    pub fn advance(&mut self) -> bool {
        if self.round >= self.rounds {
            return false;
        }
        let model = Model::new(&self.weights);
        let mut loss = Dual::fixed(0.0);
        let mut count = 0;
        while count < self.batch {
            // Tunes in another order each round, so that no step sees the same ones together.
            let stride = [1, 7, 11, 13, 17][self.round % 5];
            let size = self.histories.len();
            let stride = if size.is_multiple_of(stride) { 1 } else { stride };
            let history = &self.histories[(self.next * stride) % size];
            score(&model, history, &mut loss, &mut count);
            self.next += 1;
            if self.next == size {
                self.next = 0;
                self.round += 1;
                break;
            }
        }
        self.done += count as u32;
        if count > 0 {
            self.descend(&loss.slope, count as f64 / f64::from(self.scored));
        }
        self.round < self.rounds
    }

    fn descend(&mut self, slope: &[f64; WEIGHTS], share: f64) {
        let turn = f64::from(self.step.min(self.steps)) / f64::from(self.steps.max(1));
        let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * turn).cos());
        self.step += 1;
        let corrected = |decay: f64| 1.0 - decay.powi(self.step as i32);
        for place in 0..WEIGHTS {
            let pull = 2.0 * (self.weights[place] - self.usual[place]) / SPREAD[place].powi(2) * share;
            let slope = slope[place] + pull;
            if !slope.is_finite() {
                continue;
            }
            self.momentum[place] = 0.9 * self.momentum[place] + 0.1 * slope;
            self.square[place] = 0.999 * self.square[place] + 0.001 * slope * slope;
            let step = self.momentum[place] / corrected(0.9) / ((self.square[place] / corrected(0.999)).sqrt() + 1e-8);
            let (least, most) = BOUNDS[place];
            self.weights[place] = (self.weights[place] - rate * step).clamp(least, most);
        }
        // A better first rating never means a shorter first break.
        for place in 1..4 {
            self.weights[place] = self.weights[place].max(self.weights[place - 1]);
        }
    }

    /// What it came to. If the new weights are no better than those in use, it gives those.
    pub fn finish(&self) -> Fitted {
        // Four decimals, as weights are usually written.
        let fitted: Vec<f32> = self.weights.iter().map(|w| ((w * 10_000.0).round() / 10_000.0) as f32).collect();
        let (before, after) = (self.loss(&self.start), self.loss(&fitted));
        let (weights, after) = if after < before { (fitted, after) } else { (self.start.clone(), before) };
        Fitted { weights, ratings: self.scored, before, after }
    }

    /// How far these weights are off, by the crate that the schedule goes by.
    fn loss(&self, weights: &[f32]) -> f32 {
        let Ok(fsrs) = FSRS::new(weights) else { return f32::INFINITY };
        let decay = match weights.len() {
            WEIGHTS => weights[WEIGHTS - 1],
            _ => fsrs::FSRS5_DEFAULT_DECAY,
        };
        let (mut loss, mut total) = (0.0, 0.0);
        for history in &self.histories {
            let mut memory: Option<MemoryState> = None;
            for point in history {
                if let (Some(memory), true) = (memory, point.weight > 0.0) {
                    let known = fsrs::current_retrievability(memory, point.days as f32, decay).clamp(1e-6, 1.0 - 1e-6);
                    let chance = f64::from(if point.rating > 1 { known } else { 1.0 - known });
                    loss -= chance.ln() * point.weight;
                    total += point.weight;
                }
                let Ok(next) = fsrs.next_states(memory, 0.9, point.days) else { return f32::INFINITY };
                memory = Some([next.again, next.hard, next.good, next.easy][point.rating as usize - 1].memory);
            }
        }
        if total > 0.0 { (loss / total) as f32 } else { f32::INFINITY }
    }
}

fn usual() -> [f64; WEIGHTS] {
    DEFAULT_PARAMETERS.map(f64::from)
}

/// The first four weights are the stabilities after a first rating: each is found by itself, from how the second rating went. Where there is
/// little to go by, it stays near the usual one.
fn first_breaks(histories: &[Vec<Point>], weights: &mut [f64; WEIGHTS]) {
    let decay = -weights[20];
    let factor = (0.9_f64.ln() / decay).exp() - 1.0;
    for (first, weight) in (1..=4).zip(weights.iter_mut()) {
        let seconds: Vec<&Point> = histories
            .iter()
            .filter(|history| history.len() > 1 && history[0].rating == first && history[1].days > 0)
            .map(|history| &history[1])
            .collect();
        let usual = *weight;
        let loss = |stability: f64| {
            let near = (stability.ln() - usual.ln()).powi(2);
            seconds.iter().fold(near, |loss, second| {
                let known = (factor * f64::from(second.days) / stability + 1.0).powf(decay).clamp(1e-6, 1.0 - 1e-6);
                loss - if second.rating > 1 { known } else { 1.0 - known }.ln()
            })
        };
        // From a thousandth of a day to a hundred days, in steps of five percent.
        let tried = (0..=236).map(|n| 0.001 * 1.05_f64.powi(n));
        *weight = tried.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(usual);
    }
    for place in 1..4 {
        weights[place] = weights[place].max(weights[place - 1]);
    }
}

/// Adds the loss of a tune's ratings.
fn score(model: &Model, history: &[Point], loss: &mut Dual, count: &mut usize) {
    let Some(first) = history.first() else { return };
    let mut state = model.first(first.rating);
    for point in &history[1..] {
        let days = f64::from(point.days);
        let recall = model.recall(days, state.0);
        if point.weight > 0.0 {
            let known = recall.clamp((1e-6, 1.0 - 1e-6));
            let chance = if point.rating > 1 { known } else { -known + 1.0 };
            *loss = *loss + chance.ln() * -point.weight;
            *count += 1;
        }
        state = model.after(state, days, point.rating, recall);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The model here is the crate's, to the last step.
    #[test]
    fn the_memory_is_that_of_the_crate() {
        let model = Model::new(&usual());
        let crates = FSRS::default();
        let history = [(0, 3), (0, 1), (2, 3), (9, 2), (30, 4), (200, 1), (0, 3), (5, 3)];
        let mut here = model.first(history[0].1);
        let mut there: Option<MemoryState> = None;
        for (n, (days, rating)) in history.into_iter().enumerate() {
            if n > 0 {
                let recall = model.recall(f64::from(days), here.0);
                here = model.after(here, f64::from(days), rating, recall);
            }
            let next = crates.next_states(there, 0.9, days).unwrap();
            let state = [next.again, next.hard, next.good, next.easy][rating as usize - 1].memory;
            there = Some(state);
            assert!((here.0.value as f32 / state.stability - 1.0).abs() < 1e-4, "{n}: {} {state:?}", here.0.value);
            assert!((here.1.value as f32 - state.difficulty).abs() < 1e-3, "{n}: {} {state:?}", here.1.value);
        }
    }

    /// The derivatives are those one finds by trying.
    #[test]
    fn slopes_are_what_a_small_step_shows() {
        let point = |days, rating| Point { days, rating, weight: 1.0 };
        let history = [point(0, 3), point(3, 3), point(0, 2), point(9, 1), point(4, 2), point(20, 4), point(40, 3)];
        let loss = |weights: &[f64; WEIGHTS]| {
            let mut loss = Dual::fixed(0.0);
            score(&Model::new(weights), &history, &mut loss, &mut 0);
            loss
        };
        let found = loss(&usual());
        for place in 0..WEIGHTS {
            let mut near = usual();
            near[place] += 1e-6;
            let tried = (loss(&near).value - found.value) / 1e-6;
            assert!(
                (tried - found.slope[place]).abs() < 1e-3 * (1.0 + tried.abs()),
                "{place}: {tried} {}",
                found.slope[place]
            );
        }
    }

    #[test]
    fn a_few_ratings_are_not_enough() {
        assert!(Training::begin(&[], &DEFAULT_PARAMETERS).is_none());
    }
}
