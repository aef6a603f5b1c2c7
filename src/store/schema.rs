//! The catalogue of tables in Rust: names, columns, types, owners, natural keys. It is what generic code (outbox, merge, apply,
//! import) goes by; `tests/schema_parity.rs` checks it against the SQL of both databases. Knows no SQL connection.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of the SQLite schema this app knows: the count of `migrations/sqlite`. Told to the server with every push.
pub const VERSION: u32 = 6;

/// The number of the last SQLite schema that added a table or a column that travels. Who pulled with an older one pulls everything anew.
pub const COLUMNS_SINCE: u32 = 1;

/// How a column's values look on either side of the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// UUID: text on the device.
    Uuid,
    /// Text.
    Text,
    /// Boolean: 0/1 on the device.
    Bool,
    /// 32-bit integer.
    Int,
    /// Double.
    Real,
    /// UTC instant: canonical text on the device, RFC 3339 with offset from the server.
    Timestamp,
    /// Calendar date `YYYY-MM-DD`.
    Date,
}

/// One column.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in both databases.
    pub name: &'static str,
    /// Its type.
    pub ty: ColumnType,
    /// May it be null?
    pub nullable: bool,
}

const fn col(name: &'static str, ty: ColumnType, nullable: bool) -> Column {
    Column { name, ty, nullable }
}

/// Every table that travels, parents before children: the order in which rows are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// A tradition: ITRAD, OTIME … Reference data, read-only for clients.
    Genre,
    /// A kind of tune: reel, jig … Reference data.
    TuneType,
    /// Which kinds of tune a genre knows. Reference data.
    GenreTuneType,
    /// A person. The id is the id of the auth account.
    UserProfile,
    /// An instrument; private_to_user null = offered to everybody.
    Instrument,
    /// Scheduler settings of a person, one row an algorithm. Steps are JSON arrays of minutes.
    PrefsSpacedRepetition,
    /// How much a person wants to practise, and when.
    PrefsSchedulingOptions,
    /// A tune; private_for null = in the public catalog.
    Tune,
    /// A person's own values for a public tune; null = as in the catalog.
    TuneOverride,
    /// A repertoire: the tunes a person plays on one instrument.
    Playlist,
    /// A tune in a repertoire. current = last computed due, scheduled = manual override of the next due.
    PlaylistTune,
    /// A note on a tune (HTML).
    Note,
    /// A link kept with a tune.
    Reference,
    /// A person's word on a tune.
    Tag,
    /// One rating of one tune. Append-only: only deleted may change. quality is 1–4, or 0–5 (SM2) where easiness is set.
    PracticeRecord,
    /// A day's frozen practice queue, one row a tune. queue_date is the local calendar day.
    DailyPracticeQueue,
    /// What a person last had open.
    TabGroupMainState,
    /// Columns, order, filters of one table on one screen size.
    TableState,
    /// A staged evaluation: chosen, not yet submitted.
    TableTransientData,
}

impl Table {
    /// All 19, parents first.
    pub const ALL: [Table; 19] = [
        Table::Genre,
        Table::TuneType,
        Table::GenreTuneType,
        Table::UserProfile,
        Table::Instrument,
        Table::PrefsSpacedRepetition,
        Table::PrefsSchedulingOptions,
        Table::Tune,
        Table::TuneOverride,
        Table::Playlist,
        Table::PlaylistTune,
        Table::Note,
        Table::Reference,
        Table::Tag,
        Table::PracticeRecord,
        Table::DailyPracticeQueue,
        Table::TabGroupMainState,
        Table::TableState,
        Table::TableTransientData,
    ];

    /// Its name in SQL (quote it: `reference` is a keyword).
    pub const fn name(self) -> &'static str {
        match self {
            Table::Genre => "genre",
            Table::TuneType => "tune_type",
            Table::GenreTuneType => "genre_tune_type",
            Table::UserProfile => "user_profile",
            Table::Instrument => "instrument",
            Table::PrefsSpacedRepetition => "prefs_spaced_repetition",
            Table::PrefsSchedulingOptions => "prefs_scheduling_options",
            Table::Tune => "tune",
            Table::TuneOverride => "tune_override",
            Table::Playlist => "playlist",
            Table::PlaylistTune => "playlist_tune",
            Table::Note => "note",
            Table::Reference => "reference",
            Table::Tag => "tag",
            Table::PracticeRecord => "practice_record",
            Table::DailyPracticeQueue => "daily_practice_queue",
            Table::TabGroupMainState => "tab_group_main_state",
            Table::TableState => "table_state",
            Table::TableTransientData => "table_transient_data",
        }
    }

    /// The table of that name.
    pub fn from_name(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Has it sync columns and an outbox? (All but the three reference tables.)
    pub const fn is_synced(self) -> bool {
        !matches!(self, Table::Genre | Table::TuneType | Table::GenreTuneType)
    }

    /// The column of that name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|c| c.name == name)
    }

    /// The columns that name the row.
    pub const fn primary_key(self) -> &'static [&'static str] {
        match self {
            Table::GenreTuneType => &["genre_id", "tune_type_id"],
            _ => &["id"],
        }
    }

    /// The column that holds the owner; its value is null in public rows.
    pub const fn owner_column(self) -> Option<&'static str> {
        match self {
            Table::Genre => None,
            Table::TuneType => None,
            Table::GenreTuneType => None,
            Table::UserProfile => Some("id"),
            Table::Instrument => Some("private_to_user"),
            Table::PrefsSpacedRepetition => Some("user_id"),
            Table::PrefsSchedulingOptions => Some("user_id"),
            Table::Tune => Some("private_for"),
            Table::TuneOverride => Some("user_ref"),
            Table::Playlist => Some("user_ref"),
            Table::PlaylistTune => Some("user_ref"),
            Table::Note => Some("user_ref"),
            Table::Reference => Some("user_ref"),
            Table::Tag => Some("user_ref"),
            Table::PracticeRecord => Some("user_ref"),
            Table::DailyPracticeQueue => Some("user_ref"),
            Table::TabGroupMainState => Some("user_id"),
            Table::TableState => Some("user_id"),
            Table::TableTransientData => Some("user_id"),
        }
    }

    /// All columns, in the order of the SQL.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Table::Genre => &GENRE,
            Table::TuneType => &TUNE_TYPE,
            Table::GenreTuneType => &GENRE_TUNE_TYPE,
            Table::UserProfile => &USER_PROFILE,
            Table::Instrument => &INSTRUMENT,
            Table::PrefsSpacedRepetition => &PREFS_SPACED_REPETITION,
            Table::PrefsSchedulingOptions => &PREFS_SCHEDULING_OPTIONS,
            Table::Tune => &TUNE,
            Table::TuneOverride => &TUNE_OVERRIDE,
            Table::Playlist => &PLAYLIST,
            Table::PlaylistTune => &PLAYLIST_TUNE,
            Table::Note => &NOTE,
            Table::Reference => &REFERENCE,
            Table::Tag => &TAG,
            Table::PracticeRecord => &PRACTICE_RECORD,
            Table::DailyPracticeQueue => &DAILY_PRACTICE_QUEUE,
            Table::TabGroupMainState => &TAB_GROUP_MAIN_STATE,
            Table::TableState => &TABLE_STATE,
            Table::TableTransientData => &TABLE_TRANSIENT_DATA,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const GENRE: [Column; 4] = [
    col("id", ColumnType::Text, false),
    col("name", ColumnType::Text, true),
    col("region", ColumnType::Text, true),
    col("description", ColumnType::Text, true),
];

const TUNE_TYPE: [Column; 4] = [
    col("id", ColumnType::Text, false),
    col("name", ColumnType::Text, true),
    col("rhythm", ColumnType::Text, true),
    col("description", ColumnType::Text, true),
];

const GENRE_TUNE_TYPE: [Column; 2] =
    [col("genre_id", ColumnType::Text, false), col("tune_type_id", ColumnType::Text, false)];

const USER_PROFILE: [Column; 11] = [
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

const INSTRUMENT: [Column; 9] = [
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

const PREFS_SPACED_REPETITION: [Column; 13] = [
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

const PREFS_SCHEDULING_OPTIONS: [Column; 12] = [
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

const TUNE: [Column; 12] = [
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

const TUNE_OVERRIDE: [Column; 13] = [
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

const PLAYLIST: [Column; 10] = [
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

const PLAYLIST_TUNE: [Column; 12] = [
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

const NOTE: [Column; 12] = [
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

const REFERENCE: [Column; 13] = [
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

const TAG: [Column; 8] = [
    col("id", ColumnType::Uuid, false),
    col("user_ref", ColumnType::Uuid, false),
    col("tune_ref", ColumnType::Uuid, false),
    col("tag_text", ColumnType::Text, false),
    col("sync_version", ColumnType::Int, false),
    col("last_modified_at", ColumnType::Timestamp, false),
    col("device_id", ColumnType::Text, true),
    col("deleted", ColumnType::Bool, false),
];

const PRACTICE_RECORD: [Column; 23] = [
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

const DAILY_PRACTICE_QUEUE: [Column; 25] = [
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

const TAB_GROUP_MAIN_STATE: [Column; 12] = [
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

const TABLE_STATE: [Column; 11] = [
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

const TABLE_TRANSIENT_DATA: [Column; 25] = [
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
