//! Weights fitted to one person's own history: gradient descent (Adam) on the log loss of FSRS's own forgetting curve, in small portions, so that
//! the worker can answer in between and say how far it is. `tests/practice/weights.rs` holds it against the trainer of the `fsrs` crate.

mod dual;
mod model;

use crate::domain::order::Sort;
use fsrs::{FSRS, MemoryState};

use self::dual::{Dual, WEIGHTS};
use self::model::{Model, Point, first_breaks, score, usual};
use super::fold::{Record, elapsed_days};

/// Rounds through the history: of a short one more, so that there are steps enough.
const ROUNDS: usize = 5;
const ROUNDS_OF_A_SHORT_ONE: usize = 10;
const SHORT: usize = 20_000;
/// Ratings a step at most, and the size of the first step; both as the crate trains.
const BATCH: usize = 512;
const RATE: f64 = 0.04;
/// Fewer ratings than this say nothing about a person.
pub const LEAST_RATINGS: usize = 64;

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
            sorted.put_in_order_of(|record| (record.practiced, record.id));
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
        times.put_in_order(Ord::cmp);
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

#[cfg(test)]
mod tests {
    use super::*;
    use fsrs::DEFAULT_PARAMETERS;

    #[test]
    fn a_few_ratings_are_not_enough() {
        assert!(Training::begin(&[], &DEFAULT_PARAMETERS).is_none());
    }
}
