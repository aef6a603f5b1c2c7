//! The process that owns the database: answers the interface's requests, runs the sync engine, tells what changed.
//!
//! May know everything left of it (domain, store, sync, remote). Must not know Leptos or the page.

pub mod protocol;
