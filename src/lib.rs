//! TuneTrees: an offline-first practice app for traditional tunes.
//!
//! The rooms, each depending only on those above it:
//! [`domain`] pure rules · [`store`] SQLite · [`sync`] the engine · [`remote`] Supabase · [`worker`] the process that owns
//! the database · [`ui`] what a person sees. `tests/rooms.rs` holds them to it. `legacy` brings old data in; it knows `domain` and
//! `store`, and of the rooms only `worker::intake` knows it.

pub mod domain;
#[cfg(feature = "database")]
pub mod legacy;
pub mod remedies;
#[cfg(feature = "database")]
pub mod remote;
#[cfg(feature = "database")]
pub mod store;
/// What the interface knows of the store where it is built without the database.
#[cfg(not(feature = "database"))]
pub mod store {
    pub mod attention;
    pub mod schema;
}
pub mod sync;
pub mod ui;
pub mod worker;
