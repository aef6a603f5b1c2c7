//! When a tune comes back: FSRS (or SM2, or a goal's own rhythm) over its practice records.
//!
//! The state of a tune is a deterministic fold over its records (by time, then id), so two devices that both rated it offline
//! keep both ratings and compute the same due date. Pure: no clock, no zone; the fuzz is chance only to look at.

mod fold;
mod fuzz;
mod goal;
mod prefs;
mod retrievability;
mod sm2;
mod steps;
mod train;

pub use fold::{Phase, Record, ScheduleState, Scheduler, Sm2, elapsed_days, meaning};
pub use goal::{Goal, Manner, Technique};
pub use prefs::{Algorithm, SchedulerPrefs, Stored, readable_steps, readable_weights};
pub use retrievability::retrievability;
pub use train::{Advance, Fitted, LEAST_RATINGS, Training};
