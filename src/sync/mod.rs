//! The sync engine: outbox, push, pull, merge, doorbell, backoff, as a state machine without I/O of its own.
//!
//! May know: `domain`, `store`. Must not know: the network, the browser, what time it is (events carry it), chance (dice are handed in).

pub mod backoff;
pub mod doorbell;
pub mod engine;
pub mod failure;
pub mod lane;
pub mod merge;
pub mod policy;
pub mod status;
pub mod store;
pub mod wire;
