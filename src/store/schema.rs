//! The catalogue of tables in Rust: names, columns, types, owners, natural keys. It is what generic code (outbox, merge, apply,
//! import) goes by; `tests/schema_parity.rs` checks it against the SQL of both databases. Knows no SQL connection.

mod columns;

use std::fmt;

use columns::{
    DAILY_PRACTICE_QUEUE, GENRE, GENRE_TUNE_TYPE, INSTRUMENT, NOTE, PLAYLIST, PLAYLIST_TUNE, PRACTICE_RECORD,
    PREFS_SCHEDULING_OPTIONS, PREFS_SPACED_REPETITION, REFERENCE, TAB_GROUP_MAIN_STATE, TABLE_STATE,
    TABLE_TRANSIENT_DATA, TAG, TUNE, TUNE_OVERRIDE, TUNE_TYPE, USER_PROFILE,
};
use serde::{Deserialize, Serialize};

/// The number of the SQLite schema this app knows: the count of `migrations/sqlite`. Told to the server with every push.
pub const VERSION: u32 = 9;

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
