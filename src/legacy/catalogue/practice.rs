//! Practice: records, days, ratings not yet submitted.

use super::Becomes::{Rule, Same};
use super::LegacyTable;
use super::rules::{
    EMPTY_IS_NULL, GOAL, INSTANT, ITS_REPERTOIRE, ITS_TUNE, NATURAL, OWN_REPERTOIRE, OWNER_OF_REPERTOIRE, PERSON,
};
use crate::store::schema::Table;

/// Ratings.
pub(super) const PRACTICE_RECORD: LegacyTable = LegacyTable {
    name: "practice_record",
    target: Table::PracticeRecord,
    key: &["id"],
    near: Some("tune_ref"),
    columns: &[
        ("id", Rule("id", NATURAL)),
        ("playlist_ref", Rule("playlist_ref", ITS_REPERTOIRE)),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("practiced", Rule("practiced", INSTANT)),
        (
            "quality",
            Rule("quality", "with an easiness 0–5 (SM2), without one 1–4 (0 → 1, 5 → 4, listed); else null, listed"),
        ),
        ("easiness", Same),
        ("difficulty", Same),
        ("stability", Same),
        ("interval", Same),
        ("step", Same),
        ("repetitions", Same),
        ("lapses", Same),
        ("elapsed_days", Same),
        ("state", Same),
        ("due", Rule("due", INSTANT)),
        ("review_date", Rule("due", "the name of `due` before September 2025")),
        ("backup_practiced", Rule("backup_practiced", INSTANT)),
        ("goal", Rule("goal", GOAL)),
        ("technique", Rule("technique", EMPTY_IS_NULL)),
    ],
    fills: &[("user_ref", OWNER_OF_REPERTOIRE), ("deleted", "no")],
};

/// Entries of practice days.
pub(super) const DAILY_PRACTICE_QUEUE: LegacyTable = LegacyTable {
    name: "daily_practice_queue",
    target: Table::DailyPracticeQueue,
    key: &["id"],
    near: Some("tune_ref"),
    columns: &[
        ("id", Rule("id", NATURAL)),
        ("user_ref", Rule("user_ref", PERSON)),
        ("playlist_ref", Rule("playlist_ref", OWN_REPERTOIRE)),
        ("mode", Rule("mode", EMPTY_IS_NULL)),
        ("queue_date", Rule("queue_date", "missing → the date of window_start_utc, listed")),
        ("window_start_utc", Rule("window_start_utc", "a row without one is left out")),
        ("window_end_utc", Rule("window_end_utc", "missing → a day after the start")),
        ("tune_ref", Rule("tune_ref", ITS_TUNE)),
        ("bucket", Rule("bucket", "1 to 4; a row with another is left out")),
        ("order_index", Rule("order_index", "nothing → 0")),
        ("snapshot_coalesced_ts", Rule("snapshot_coalesced_ts", "missing → the window's start")),
        ("scheduled_snapshot", Rule("scheduled_snapshot", "a time in the canonical form; other text as it is")),
        ("latest_due_snapshot", Rule("latest_due_snapshot", "a time in the canonical form; other text as it is")),
        ("acceptable_delinquency_window_snapshot", Same),
        ("tz_offset_minutes_snapshot", Same),
        ("generated_at", Rule("generated_at", "missing → the window's start")),
        ("completed_at", Rule("completed_at", INSTANT)),
        ("exposures_required", Same),
        ("exposures_completed", Same),
        ("outcome", Rule("outcome", EMPTY_IS_NULL)),
        ("active", Rule("active", "0/1 → no/yes; nothing → yes")),
    ],
    fills: &[("deleted", "no")],
};

/// Ratings not yet submitted.
pub(super) const TABLE_TRANSIENT_DATA: LegacyTable = LegacyTable {
    name: "table_transient_data",
    target: Table::TableTransientData,
    key: &["tune_id", "user_id", "playlist_id"],
    near: Some("tune_id"),
    columns: &[
        ("user_id", Rule("user_id", PERSON)),
        ("tune_id", Rule("tune_id", ITS_TUNE)),
        ("playlist_id", Rule("playlist_id", OWN_REPERTOIRE)),
        ("purpose", Rule("purpose", EMPTY_IS_NULL)),
        ("note_private", Same),
        ("note_public", Same),
        ("recall_eval", Rule("recall_eval", EMPTY_IS_NULL)),
        ("practiced", Rule("practiced", INSTANT)),
        ("quality", Same),
        ("easiness", Same),
        ("difficulty", Same),
        ("stability", Same),
        ("interval", Same),
        ("step", Same),
        ("repetitions", Same),
        ("due", Rule("due", INSTANT)),
        ("backup_practiced", Rule("backup_practiced", INSTANT)),
        ("goal", Rule("goal", EMPTY_IS_NULL)),
        ("technique", Rule("technique", EMPTY_IS_NULL)),
        ("state", Same),
    ],
    fills: &[("id", NATURAL), ("deleted", "no")],
};
