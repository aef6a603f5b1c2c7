//! Tunes and what they are described with: genres, kinds, instruments, people's own versions.

use super::Becomes::{Rule, Same};
use super::LegacyTable;
use super::rules::{EMPTY_IS_NULL, ITS_GENRE, ITS_TUNE, NATURAL, PERSON, PERSON_OR_PUBLIC, TOMBSTONE};
use crate::store::schema::Table;

/// Traditions.
pub(super) const GENRE: LegacyTable = LegacyTable {
    name: "genre",
    target: Table::Genre,
    key: &["id"],
    near: None,
    columns: &[("id", Same), ("name", Same), ("region", Same), ("description", Same)],
    fills: &[],
};

/// Kinds of tune.
pub(super) const TUNE_TYPE: LegacyTable = LegacyTable {
    name: "tune_type",
    target: Table::TuneType,
    key: &["id"],
    near: None,
    columns: &[("id", Same), ("name", Same), ("rhythm", Same), ("description", Same)],
    fills: &[],
};

/// Which kinds a tradition has.
pub(super) const GENRE_TUNE_TYPE: LegacyTable = LegacyTable {
    name: "genre_tune_type",
    target: Table::GenreTuneType,
    key: &["genre_id", "tune_type_id"],
    near: None,
    columns: &[
        ("genre_id", Rule("genre_id", "a pair whose genre is gone is left out")),
        ("tune_type_id", Rule("tune_type_id", "a pair whose tune type is gone is left out")),
    ],
    fills: &[],
};

/// Instruments.
pub(super) const INSTRUMENT: LegacyTable = LegacyTable {
    name: "instrument",
    target: Table::Instrument,
    key: &["id"],
    near: None,
    columns: &[
        (
            "id",
            Rule(
                "id",
                "that of an instrument of the same name and owner that is there, else a UUID of source, table and legacy id",
            ),
        ),
        ("private_to_user", Rule("private_to_user", PERSON_OR_PUBLIC)),
        ("instrument", Rule("instrument", EMPTY_IS_NULL)),
        ("description", Rule("description", EMPTY_IS_NULL)),
        ("genre_default", Rule("genre_default", ITS_GENRE)),
        ("deleted", Rule("deleted", TOMBSTONE)),
    ],
    fills: &[],
};

/// Tunes.
pub(super) const TUNE: LegacyTable = LegacyTable {
    name: "tune",
    target: Table::Tune,
    key: &["id"],
    near: None,
    columns: &[
        (
            "id",
            Rule(
                "id",
                "that of a public tune of the same title, type, structure, mode and incipit that is there, else a UUID of source, table and legacy id",
            ),
        ),
        ("type", Rule("type", EMPTY_IS_NULL)),
        ("structure", Rule("structure", EMPTY_IS_NULL)),
        ("title", Rule("title", EMPTY_IS_NULL)),
        ("mode", Rule("mode", EMPTY_IS_NULL)),
        ("incipit", Rule("incipit", EMPTY_IS_NULL)),
        ("genre", Rule("genre", ITS_GENRE)),
        ("deleted", Rule("deleted", TOMBSTONE)),
        ("private_for", Rule("private_for", PERSON_OR_PUBLIC)),
    ],
    fills: &[],
};

/// People’s own values for public tunes.
pub(super) const TUNE_OVERRIDE: LegacyTable = LegacyTable {
    name: "tune_override",
    target: Table::TuneOverride,
    key: &["id"],
    near: Some("tune_ref"),
    columns: &[
        ("id", Rule("id", NATURAL)),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("user_ref", Rule("user_ref", PERSON)),
        ("title", Rule("title", EMPTY_IS_NULL)),
        ("type", Rule("type", EMPTY_IS_NULL)),
        ("structure", Rule("structure", EMPTY_IS_NULL)),
        ("genre", Rule("genre", ITS_GENRE)),
        ("mode", Rule("mode", EMPTY_IS_NULL)),
        ("incipit", Rule("incipit", EMPTY_IS_NULL)),
        ("deleted", Rule("deleted", TOMBSTONE)),
    ],
    fills: &[],
};
