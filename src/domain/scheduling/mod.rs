//! When a tune comes back: FSRS over its practice records.
//!
//! The state of a tune is a deterministic fold over its records (by time, then id), so two devices that both rated it offline
//! keep both ratings and compute the same due date. Pure: no clock, no zone, no chance (no fuzz).

mod fold;
mod prefs;

pub use fold::{Phase, Record, ScheduleState, Scheduler, Sm2, elapsed_days};
pub use prefs::SchedulerPrefs;
