//! The process that owns the database: answers the interface's requests, runs the sync engine, tells what changed.
//!
//! May know everything left of it (domain, store, sync, remote). Must not know Leptos. What touches the browser is in
//! `client` (the page's end), `runtime` (the worker's end) and `storage` (where files lie).

#[cfg(feature = "database")]
pub mod device;
#[cfg(feature = "database")]
pub mod driver;
#[cfg(feature = "database")]
pub mod platform;
pub mod protocol;
#[cfg(feature = "database")]
pub mod requests;

#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod accounts;
#[cfg(target_arch = "wasm32")]
pub mod client;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
pub mod runtime;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
pub mod storage;
