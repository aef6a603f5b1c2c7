//! A repertoire in March, four hours west of Greenwich.

use chrono::FixedOffset;
use tunetrees::domain::ids::PlaylistId;
use tunetrees::domain::time::Timestamp;
use tunetrees::store::Store;

use crate::fixture::{at, catalog_tune, empty, member, repertoire};

pub fn zone() -> FixedOffset {
    FixedOffset::west_opt(4 * 3600).unwrap()
}

/// Half past ten in the morning there.
pub fn now() -> Timestamp {
    at("2026-03-10T14:30:00Z")
}

pub fn later(minutes: i64) -> Timestamp {
    now().plus_micros(minutes * 60_000_000)
}

/// A repertoire of `count` tunes, none of them practised.
pub fn world(count: u128) -> (Store, PlaylistId) {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    for n in 1..=count {
        let tune = catalog_tune(&mut store, n, &format!("Tune {n}"));
        member(&mut store, playlist, tune, None);
    }
    (store, playlist)
}
