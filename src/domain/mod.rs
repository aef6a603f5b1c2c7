//! Pure rules of practice: tunes, repertoires, ratings, the schedule, the daily queue.
//!
//! May know: nothing but the standard library, serde, chrono, uuid and the `fsrs` crate. Must not know: SQL, the network, the
//! browser, or what time it is (every function takes its clock and its zone as arguments).

pub mod ids;
pub mod practice;
pub mod practice_days;
pub mod queue;
pub mod repertoire;
pub mod scheduling;
pub mod search;
pub mod time;
pub mod tune;
pub mod tune_list;
