//! The process that owns the database: answers the interface's requests, runs the sync engine, tells what changed.
//!
//! May know everything left of it (domain, store, sync, remote). Must not know Leptos. What touches the browser is in
//! `client` (the page's end), `runtime` (the worker's end) and `storage` (where files lie).

pub mod device;
pub mod driver;
pub mod platform;
pub mod protocol;
pub mod requests;

#[cfg(target_arch = "wasm32")]
mod accounts;
#[cfg(target_arch = "wasm32")]
pub mod client;
#[cfg(target_arch = "wasm32")]
pub mod runtime;
#[cfg(target_arch = "wasm32")]
pub mod storage;
