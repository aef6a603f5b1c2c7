//! The local database: open, migrate, read and write, one file per aggregate; the outbox; applying remote rows.
//!
//! May know: `domain`, rusqlite. Must not know: the network, the browser, Leptos, or what time it is.

pub mod schema;
