//! The store and the requests the page makes of it, over a database in memory: catalog, lists, repertoires, imports, analysis, snapshots.
#![allow(clippy::unwrap_used)]

#[path = "../fixture/mod.rs"]
mod fixture;

mod analysis;
mod asking;
mod catalog;
mod core;
mod import;
mod library;
mod lists;
mod removal;
mod restore;
mod snapshots;
mod take_along;
