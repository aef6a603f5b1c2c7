//! Ids: UUIDs made on the device. v7 for things a person makes; v5 of the natural key for rows that two offline devices may both
//! make and mean the same, so that they meet as one row.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Uuid};

use super::time::{CalendarDate, Timestamp};
use crate::remedies::{Remedy, on};

/// The namespace of all v5 ids of TuneTrees. Never change it: every natural-key row of every user depends on it.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d3c52_8a0e_5b7c_9d43_2f6b1e7a5c10);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map($name)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                $name(id)
            }
        }
    };
}

id!(/// A person: the id of her account, or a made-up one while she uses the device without an account.
    UserId);
id!(/// An installation of the app.
    DeviceId);
id!(/// A tune.
    TuneId);
id!(/// A person's own values for a public tune.
    OverrideId);
id!(/// An instrument.
    InstrumentId);
id!(/// A repertoire (table `playlist`).
    PlaylistId);
id!(/// A tune's place in a repertoire.
    PlaylistTuneId);
id!(/// One rating of one tune.
    PracticeRecordId);
id!(/// A row of a day's queue.
    QueueEntryId);
id!(/// A note.
    NoteId);
id!(/// A link kept with a tune.
    ReferenceId);
id!(/// A tag on a tune.
    TagId);

/// A new id (v7) of the time `at`: sorts by time, and nobody else makes the same.
pub fn fresh(at: Timestamp) -> Uuid {
    let micros = at.micros().max(0) as u64;
    let Some(bits) = REPEATED.with(|state| state.get().map(|seed| (seed, next(seed)))) else {
        let nanos = (micros % 1_000_000) as u32 * 1000;
        return Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, micros / 1_000_000, nanos));
    };
    let (high, low) = bits;
    REPEATED.with(|state| state.set(Some(next(low))));
    let mut random = [0; 10];
    random[..8].copy_from_slice(&low.to_be_bytes());
    random[8..].copy_from_slice(&high.to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(micros / 1000, &random).into_uuid()
}

thread_local! {
    static REPEATED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// For simulations, which must be repeatable: from now on [`fresh`] makes the ids that follow from `seed`, on this thread. Never in the app.
pub fn repeat_ids(seed: u64) {
    REPEATED.with(|state| state.set(Some(seed)));
}

/// A step of splitmix64.
const fn next(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn natural(table: &str, parts: &[&dyn fmt::Display]) -> Uuid {
    if !on(Remedy::NaturalIds) {
        return Uuid::now_v7();
    }
    let mut name = table.to_owned();
    for part in parts {
        name.push(':');
        name.push_str(&part.to_string());
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

impl PlaylistTuneId {
    /// The id of `tune` in `playlist`, the same on every device.
    pub fn of(playlist: PlaylistId, tune: TuneId) -> Self {
        Self(natural("playlist_tune", &[&playlist, &tune]))
    }
}

impl PracticeRecordId {
    /// The id of the rating of `tune` at `practiced`.
    pub fn of(playlist: PlaylistId, tune: TuneId, practiced: Timestamp) -> Self {
        Self(natural("practice_record", &[&playlist, &tune, &practiced]))
    }
}

impl QueueEntryId {
    /// The id of `tune` in the queue of `date`.
    pub fn of(user: UserId, playlist: PlaylistId, date: CalendarDate, tune: TuneId) -> Self {
        Self(natural("daily_practice_queue", &[&user, &playlist, &date, &tune]))
    }
}

impl OverrideId {
    /// The id of `user`'s override of `tune`.
    pub fn of(user: UserId, tune: TuneId) -> Self {
        Self(natural("tune_override", &[&user, &tune]))
    }
}

impl TagId {
    /// The id of the tag `text` that `user` put on `tune`.
    pub fn of(user: UserId, tune: TuneId, text: &str) -> Self {
        Self(natural("tag", &[&user, &tune, &text]))
    }
}

/// The v5 id of a row of a natural-key table, from its key values in the order of the schema's unique constraint; `None` for
/// tables whose ids are made up. Used where rows change their owner (local data taken along into an account).
pub fn natural_id(table: &str, key: &[&str]) -> Option<Uuid> {
    let known = matches!(
        table,
        "playlist_tune"
            | "practice_record"
            | "tag"
            | "daily_practice_queue"
            | "tune_override"
            | "prefs_spaced_repetition"
            | "prefs_scheduling_options"
            | "table_state"
            | "table_transient_data"
            | "tab_group_main_state"
    );
    let parts: Vec<&dyn fmt::Display> = key.iter().map(|k| k as &dyn fmt::Display).collect();
    known.then(|| natural(table, &parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_devices_agree_on_natural_ids() {
        let playlist = PlaylistId(Uuid::from_u128(1));
        let tune = TuneId(Uuid::from_u128(2));
        assert_eq!(PlaylistTuneId::of(playlist, tune), PlaylistTuneId::of(playlist, tune));
        assert_ne!(
            PlaylistTuneId::of(playlist, tune).0,
            PracticeRecordId::of(playlist, tune, Timestamp::from_micros(0)).0
        );
        let generic = natural_id("playlist_tune", &[&playlist.to_string(), &tune.to_string()]);
        assert_eq!(generic, Some(PlaylistTuneId::of(playlist, tune).0));
        assert_eq!(natural_id("note", &["x"]), None);
    }

    #[test]
    fn made_up_ids_are_v7_and_repeat_only_when_asked_to() {
        let at = Timestamp::from_micros(1_790_000_000_123_456);
        assert_ne!(fresh(at), fresh(at));
        let made = |seed| {
            repeat_ids(seed);
            [fresh(at), fresh(at)]
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
        let [first, second] = made(7);
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 7);
    }
}
