//! FSRS's own model of forgetting, differentiable by its weights: what it foresees of a tune's ratings, and how far that is off.

use fsrs::DEFAULT_PARAMETERS;

use super::dual::{Dual, WEIGHTS};

const STABILITY: (f64, f64) = (0.001, 36_500.0);
const DIFFICULTY: (f64, f64) = (1.0, 10.0);

/// One rating of one tune: days since the one before, 1–4, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub days: u32,
    pub rating: u32,
    pub weight: f64,
}

/// The model with its weights, each ready to be differentiated by.
pub struct Model {
    w: [Dual; WEIGHTS],
}

impl Model {
    pub fn new(weights: &[f64; WEIGHTS]) -> Self {
        Model { w: std::array::from_fn(|place| Dual::weight(weights, place)) }
    }

    /// The chance that a tune of that stability is still known after `days`.
    pub fn recall(&self, days: f64, stability: Dual) -> Dual {
        let decay = -self.w[20];
        let factor = (Dual::fixed(0.9_f64.ln()) / decay).exp() + -1.0;
        (factor * days / stability + 1.0).pow(decay)
    }

    pub fn first_difficulty(&self, rating: u32) -> Dual {
        self.w[4] - (self.w[5] * f64::from(rating - 1)).exp() + 1.0
    }

    pub fn first(&self, rating: u32) -> (Dual, Dual) {
        (self.w[rating as usize - 1].clamp(STABILITY), self.first_difficulty(rating).clamp(DIFFICULTY))
    }

    pub fn after(&self, (stability, difficulty): (Dual, Dual), days: f64, rating: u32, recall: Dual) -> (Dual, Dual) {
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

pub fn usual() -> [f64; WEIGHTS] {
    DEFAULT_PARAMETERS.map(f64::from)
}

/// The first four weights are the stabilities after a first rating: each is found by itself, from how the second rating went. Where there is
/// little to go by, it stays near the usual one.
pub fn first_breaks(histories: &[Vec<Point>], weights: &mut [f64; WEIGHTS]) {
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
pub fn score(model: &Model, history: &[Point], loss: &mut Dual, count: &mut usize) {
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
    use fsrs::{FSRS, MemoryState};

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
}
