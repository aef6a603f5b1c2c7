//! The process that owns the database: answers the interface's requests, runs the sync engine, tells what changed.
//!
//! May know everything left of it (domain, store, sync, remote). Must not know Leptos. What touches the browser is in
//! `client` (the page's end), `lines` and `runtime` (the worker's end), `channel` (between tabs) and `storage` (where files lie); who owns the
//! database among several tabs is decided in `tabs`, without a browser.

#[cfg(feature = "database")]
pub mod device;
pub mod device_name;
#[cfg(feature = "database")]
pub mod driver;
pub mod in_front;
#[cfg(feature = "database")]
pub mod intake;
#[cfg(feature = "database")]
pub mod platform;
pub mod protocol;
#[cfg(feature = "database")]
pub mod requests;
pub mod tabs;

#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod accounts;
#[cfg(target_arch = "wasm32")]
mod channel;
#[cfg(target_arch = "wasm32")]
pub mod client;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod keeping;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod lines;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
pub mod log;
#[cfg(all(feature = "parts", target_arch = "wasm32"))]
mod parts;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod rebuilding;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
mod repair;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
pub mod runtime;
#[cfg(all(feature = "database", target_arch = "wasm32"))]
pub mod storage;
