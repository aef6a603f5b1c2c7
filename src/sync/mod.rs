//! The sync engine: outbox, push, pull, merge, doorbell, backoff, as a state machine without I/O of its own.
//!
//! May know: `domain`, `store`. Must not know: the network, the browser, what time it is (events carry it), chance (dice are handed in).

#[cfg(feature = "database")]
pub mod backoff;
#[cfg(feature = "database")]
pub mod doorbell;
#[cfg(feature = "database")]
pub mod engine;
#[cfg(feature = "database")]
pub mod failure;
#[cfg(feature = "database")]
pub mod lane;
#[cfg(feature = "database")]
pub mod merge;
#[cfg(feature = "database")]
pub mod policy;
pub mod status;
#[cfg(feature = "database")]
pub mod store;
pub mod strategy;
#[cfg(feature = "database")]
pub mod wire;
