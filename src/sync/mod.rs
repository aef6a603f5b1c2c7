//! The sync engine: outbox, push, pull, merge, doorbell, backoff, as a state machine without I/O of its own.

pub mod failure;
pub mod status;
