//! The columns of each table, in the order of `migrations`: what `Table::columns` answers.

use super::{Column, ColumnType};

const fn col(name: &'static str, ty: ColumnType, nullable: bool) -> Column {
    Column { name, ty, nullable }
}

pub(super) const GENRE: [Column; 4] = [
    col("id", ColumnType::Text, false),
    col("name", ColumnType::Text, true),
    col("region", ColumnType::Text, true),
    col("description", ColumnType::Text, true),
];

pub(super) const TUNE_TYPE: [Column; 4] = [
    col("id", ColumnType::Text, false),
    col("name", ColumnType::Text, true),
    col("rhythm", ColumnType::Text, true),
    col("description", ColumnType::Text, true),
];

pub(super) const GENRE_TUNE_TYPE: [Column; 2] =
    [col("genre_id", ColumnType::Text, false), col("tune_type_id", ColumnType::Text, false)];

pub(super) const USER_PROFILE: [Column; 11] = [
    col("id", ColumnType::Uuid, false),
    col("name", ColumnType::Text, true),
    col("email", ColumnType::Text, true),
    col("sr_alg_type", ColumnType::Text, true),
    col("phone", ColumnType::Text, true),
    col("phone_verified", ColumnType::Timestamp, true),
    col("acceptable_delinquency_window", ColumnType::Int, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const INSTRUMENT: [Column; 9] = [
    col("id", ColumnType::Uuid, false),
    col("private_to_user", ColumnType::Uuid, true),
    col("instrument", ColumnType::Text, true),
    col("description", ColumnType::Text, true),
    col("genre_default", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const PREFS_SPACED_REPETITION: [Column; 13] = [
    col("id", ColumnType::Uuid, false),
    col("user_id", ColumnType::Uuid, false),
    col("alg_type", ColumnType::Text, false),
    col("fsrs_weights", ColumnType::Text, true),
    col("request_retention", ColumnType::Real, true),
    col("maximum_interval", ColumnType::Int, true),
    col("learning_steps", ColumnType::Text, true),
    col("relearning_steps", ColumnType::Text, true),
    col("enable_fuzzing", ColumnType::Bool, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const PREFS_SCHEDULING_OPTIONS: [Column; 12] = [
    col("id", ColumnType::Uuid, false),
    col("user_id", ColumnType::Uuid, false),
    col("acceptable_delinquency_window", ColumnType::Int, false),
    col("min_reviews_per_day", ColumnType::Int, true),
    col("max_reviews_per_day", ColumnType::Int, true),
    col("days_per_week", ColumnType::Int, true),
    col("weekly_rules", ColumnType::Text, true),
    col("exceptions", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TUNE: [Column; 12] = [
    col("id", ColumnType::Uuid, false),
    col("title", ColumnType::Text, true),
    col("type", ColumnType::Text, true),
    col("structure", ColumnType::Text, true),
    col("mode", ColumnType::Text, true),
    col("incipit", ColumnType::Text, true),
    col("genre", ColumnType::Text, true),
    col("private_for", ColumnType::Uuid, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TUNE_OVERRIDE: [Column; 13] = [
    col("id", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("title", ColumnType::Text, true),
    col("type", ColumnType::Text, true),
    col("structure", ColumnType::Text, true),
    col("mode", ColumnType::Text, true),
    col("incipit", ColumnType::Text, true),
    col("genre", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const PLAYLIST: [Column; 10] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("name", ColumnType::Text, true),
    col("instrument_ref", ColumnType::Uuid, true),
    col("genre_default", ColumnType::Text, true),
    col("sr_alg_type", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const PLAYLIST_TUNE: [Column; 12] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("playlist_ref", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("current", ColumnType::Timestamp, true),
    col("learned", ColumnType::Timestamp, true),
    col("scheduled", ColumnType::Timestamp, true),
    col("goal", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const NOTE: [Column; 12] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, true),
    col("tune_ref", ColumnType::Uuid, false),
    col("playlist_ref", ColumnType::Uuid, true),
    col("created_date", ColumnType::Timestamp, true),
    col("note_text", ColumnType::Text, true),
    col("public", ColumnType::Bool, false),
    col("favorite", ColumnType::Bool, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const REFERENCE: [Column; 13] = [
    col("id", ColumnType::Uuid, false),
    col("url", ColumnType::Text, false),
    col("ref_type", ColumnType::Text, true),
    col("tune_ref", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, true),
    col("comment", ColumnType::Text, true),
    col("title", ColumnType::Text, true),
    col("public", ColumnType::Bool, true),
    col("favorite", ColumnType::Bool, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TAG: [Column; 8] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("tag_text", ColumnType::Text, false),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const PRACTICE_RECORD: [Column; 23] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("playlist_ref", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("practiced", ColumnType::Timestamp, true),
    col("quality", ColumnType::Int, true),
    col("easiness", ColumnType::Real, true),
    col("difficulty", ColumnType::Real, true),
    col("stability", ColumnType::Real, true),
    col("interval", ColumnType::Int, true),
    col("step", ColumnType::Int, true),
    col("repetitions", ColumnType::Int, true),
    col("lapses", ColumnType::Int, true),
    col("elapsed_days", ColumnType::Int, true),
    col("state", ColumnType::Int, true),
    col("due", ColumnType::Timestamp, true),
    col("backup_practiced", ColumnType::Timestamp, true),
    col("goal", ColumnType::Text, true),
    col("technique", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const DAILY_PRACTICE_QUEUE: [Column; 25] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("playlist_ref", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("mode", ColumnType::Text, true),
    col("queue_date", ColumnType::Date, false),
    col("window_start_utc", ColumnType::Timestamp, false),
    col("window_end_utc", ColumnType::Timestamp, false),
    col("bucket", ColumnType::Int, false),
    col("order_index", ColumnType::Int, false),
    col("snapshot_coalesced_ts", ColumnType::Timestamp, false),
    col("scheduled_snapshot", ColumnType::Text, true),
    col("latest_due_snapshot", ColumnType::Text, true),
    col("acceptable_delinquency_window_snapshot", ColumnType::Int, true),
    col("tz_offset_minutes_snapshot", ColumnType::Int, true),
    col("generated_at", ColumnType::Timestamp, false),
    col("completed_at", ColumnType::Timestamp, true),
    col("exposures_required", ColumnType::Int, true),
    col("exposures_completed", ColumnType::Int, true),
    col("outcome", ColumnType::Text, true),
    col("active", ColumnType::Bool, false),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TAB_GROUP_MAIN_STATE: [Column; 12] = [
    col("id", ColumnType::Uuid, false),
    col("user_id", ColumnType::Uuid, false),
    col("which_tab", ColumnType::Text, true),
    col("playlist_id", ColumnType::Uuid, true),
    col("tab_spec", ColumnType::Text, true),
    col("practice_show_submitted", ColumnType::Bool, true),
    col("practice_mode_flashcard", ColumnType::Bool, true),
    col("sidebar_dock_position", ColumnType::Text, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TABLE_STATE: [Column; 11] = [
    col("id", ColumnType::Uuid, false),
    col("user_id", ColumnType::Uuid, false),
    col("screen_size", ColumnType::Text, false),
    col("purpose", ColumnType::Text, false),
    col("playlist_id", ColumnType::Uuid, false),
    col("settings", ColumnType::Text, true),
    col("current_tune", ColumnType::Uuid, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

pub(super) const TABLE_TRANSIENT_DATA: [Column; 25] = [
    col("id", ColumnType::Uuid, false),
    col("user_id", ColumnType::Uuid, false),
    col("tune_id", ColumnType::Uuid, false),
    col("playlist_id", ColumnType::Uuid, false),
    col("purpose", ColumnType::Text, true),
    col("note_private", ColumnType::Text, true),
    col("note_public", ColumnType::Text, true),
    col("recall_eval", ColumnType::Text, true),
    col("practiced", ColumnType::Timestamp, true),
    col("quality", ColumnType::Int, true),
    col("easiness", ColumnType::Real, true),
    col("difficulty", ColumnType::Real, true),
    col("stability", ColumnType::Real, true),
    col("interval", ColumnType::Int, true),
    col("step", ColumnType::Int, true),
    col("repetitions", ColumnType::Int, true),
    col("due", ColumnType::Timestamp, true),
    col("backup_practiced", ColumnType::Timestamp, true),
    col("goal", ColumnType::Text, true),
    col("technique", ColumnType::Text, true),
    col("state", ColumnType::Int, true),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];
