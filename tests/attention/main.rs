//! What a person is told of the sync and what she can do about it: conflicts under the three strategies, refused edits, exports.
//! Against a server of compare-and-set rows; with a real one in `attention_devices.rs`.
#![allow(clippy::unwrap_used)]

mod conflicts;
mod refusals;
mod reports;
mod world;
