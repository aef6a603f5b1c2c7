//! Repertoires, and what people keep with a tune: notes, links, tags.

use super::Becomes::{Rule, Same};
use super::LegacyTable;
use super::rules::{
    EMPTY_IS_NULL, FLAG, FLAG_NO, GOAL, INSTANT, ITS_GENRE, ITS_REPERTOIRE, ITS_TUNE, NATURAL, NEW_ID,
    OWNER_OF_REPERTOIRE, PERSON, PERSON_OR_PUBLIC, TOMBSTONE,
};
use crate::store::schema::Table;

/// Repertoires.
pub(super) const PLAYLIST: LegacyTable = LegacyTable {
    name: "playlist",
    target: Table::Playlist,
    key: &["playlist_id"],
    near: None,
    columns: &[
        ("playlist_id", Rule("id", NEW_ID)),
        ("user_ref", Rule("user_ref", PERSON)),
        (
            "instrument_ref",
            Rule("instrument_ref", "the instrument's new id; 0 → null; one that does not exist → null, listed"),
        ),
        ("deleted", Rule("deleted", TOMBSTONE)),
        ("sr_alg_type", Rule("sr_alg_type", EMPTY_IS_NULL)),
        ("name", Rule("name", EMPTY_IS_NULL)),
        ("genre_default", Rule("genre_default", ITS_GENRE)),
    ],
    fills: &[],
};

/// Tunes in repertoires.
pub(super) const PLAYLIST_TUNE: LegacyTable = LegacyTable {
    name: "playlist_tune",
    target: Table::PlaylistTune,
    key: &["playlist_ref", "tune_ref"],
    near: Some("tune_ref"),
    columns: &[
        ("playlist_ref", Rule("playlist_ref", ITS_REPERTOIRE)),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("current", Rule("current", "as other times; T and F were flags once → null, listed")),
        ("learned", Rule("learned", INSTANT)),
        ("scheduled", Rule("scheduled", INSTANT)),
        ("goal", Rule("goal", GOAL)),
        ("deleted", Rule("deleted", TOMBSTONE)),
    ],
    fills: &[("id", NATURAL), ("user_ref", OWNER_OF_REPERTOIRE)],
};

/// Notes.
pub(super) const NOTE: LegacyTable = LegacyTable {
    name: "note",
    target: Table::Note,
    key: &["id"],
    near: None,
    columns: &[
        ("id", Rule("id", NEW_ID)),
        ("user_ref", Rule("user_ref", PERSON_OR_PUBLIC)),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("playlist_ref", Rule("playlist_ref", "the repertoire's new id; 0 → null; none of hers → null, listed")),
        ("created_date", Rule("created_date", INSTANT)),
        ("note_text", Same),
        ("public", Rule("public", FLAG_NO)),
        ("favorite", Rule("favorite", FLAG)),
        ("deleted", Rule("deleted", TOMBSTONE)),
    ],
    fills: &[],
};

/// Links.
pub(super) const REFERENCE: LegacyTable = LegacyTable {
    name: "reference",
    target: Table::Reference,
    key: &["id"],
    near: None,
    columns: &[
        ("id", Rule("id", NEW_ID)),
        ("url", Rule("url", "a row without one is left out")),
        ("ref_type", Rule("ref_type", "an unknown kind → other, the word kept in the comment, listed")),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("public", Rule("public", FLAG)),
        ("favorite", Rule("favorite", FLAG)),
        ("user_ref", Rule("user_ref", PERSON_OR_PUBLIC)),
        ("comment", Same),
        ("title", Same),
        ("deleted", Rule("deleted", TOMBSTONE)),
    ],
    fills: &[],
};

/// Tags.
pub(super) const TAG: LegacyTable = LegacyTable {
    name: "tag",
    target: Table::Tag,
    key: &["tag_id"],
    near: Some("tune_ref"),
    columns: &[
        ("tag_id", Rule("id", NATURAL)),
        ("user_ref", Rule("user_ref", PERSON)),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("tag_text", Rule("tag_text", "a row without one is left out")),
    ],
    fills: &[("deleted", "no")],
};
