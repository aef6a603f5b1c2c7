//! What the schema and row level security of `migrations/postgres` say, table by table: defaults, keys, references, checks, who may
//! see and write what.

use serde_json::{Value, json};
use tunetrees::store::row::Row;
use tunetrees::store::schema::Table;

use super::State;

/// What a new row has where nothing is said (stamps aside).
pub fn defaults(table: Table) -> Vec<(&'static str, Value)> {
    match table {
        Table::UserProfile | Table::PrefsSchedulingOptions => vec![("acceptable_delinquency_window", json!(21))],
        Table::PlaylistTune | Table::PracticeRecord => vec![("goal", json!("recall"))],
        Table::Note => vec![("public", json!(false))],
        Table::DailyPracticeQueue => vec![("exposures_completed", json!(0)), ("active", json!(true))],
        Table::TabGroupMainState => vec![
            ("which_tab", json!("scheduled")),
            ("practice_show_submitted", json!(false)),
            ("practice_mode_flashcard", json!(false)),
            ("sidebar_dock_position", json!("left")),
        ],
        Table::TableTransientData => vec![("state", json!(2))],
        _ => Vec::new(),
    }
}

/// The columns of the table's unique key beside its id.
pub const fn unique_key(table: Table) -> &'static [&'static str] {
    match table {
        Table::Instrument => &["private_to_user", "instrument"],
        Table::PrefsSpacedRepetition => &["user_id", "alg_type"],
        Table::PrefsSchedulingOptions => &["user_id"],
        Table::TuneOverride => &["tune_ref", "user_ref"],
        Table::PlaylistTune => &["playlist_ref", "tune_ref"],
        Table::Tag => &["user_ref", "tune_ref", "tag_text"],
        Table::PracticeRecord => &["tune_ref", "playlist_ref", "practiced"],
        Table::DailyPracticeQueue => &["user_ref", "playlist_ref", "queue_date", "tune_ref"],
        Table::TableState => &["user_id", "screen_size", "purpose", "playlist_id"],
        Table::TableTransientData => &["user_id", "tune_id", "playlist_id"],
        _ => &[],
    }
}

/// The columns that name a row of another table.
pub const fn references(table: Table) -> &'static [(&'static str, Table)] {
    use Table::{Genre, Instrument, Playlist, Tune, TuneType, UserProfile};
    match table {
        Table::GenreTuneType => &[("genre_id", Genre), ("tune_type_id", TuneType)],
        Table::Instrument => &[("private_to_user", UserProfile), ("genre_default", Genre)],
        Table::PrefsSpacedRepetition | Table::PrefsSchedulingOptions => &[("user_id", UserProfile)],
        Table::Tune => &[("genre", Genre), ("private_for", UserProfile)],
        Table::TuneOverride => &[("tune_ref", Tune), ("user_ref", UserProfile), ("genre", Genre)],
        Table::Playlist => &[("user_ref", UserProfile), ("instrument_ref", Instrument), ("genre_default", Genre)],
        Table::PlaylistTune | Table::PracticeRecord | Table::DailyPracticeQueue => {
            &[("user_ref", UserProfile), ("playlist_ref", Playlist), ("tune_ref", Tune)]
        }
        Table::Note => &[("user_ref", UserProfile), ("tune_ref", Tune), ("playlist_ref", Playlist)],
        Table::Reference | Table::Tag => &[("tune_ref", Tune), ("user_ref", UserProfile)],
        Table::TabGroupMainState => &[("user_id", UserProfile), ("playlist_id", Playlist)],
        Table::TableState => &[("user_id", UserProfile), ("playlist_id", Playlist)],
        Table::TableTransientData => &[("user_id", UserProfile), ("tune_id", Tune), ("playlist_id", Playlist)],
        Table::Genre | Table::TuneType | Table::UserProfile => &[],
    }
}

/// The first CHECK that the row breaks. Null passes.
pub fn broken_check(table: Table, row: &Row) -> Option<&'static str> {
    let among = |column: &str, words: &[&str]| row[column].as_str().is_none_or(|word| words.contains(&word));
    let between = |column: &str, low, high| row[column].as_i64().is_none_or(|n| (low..=high).contains(&n));
    let (holds, name) = match table {
        Table::PrefsSpacedRepetition => (among("alg_type", &["SM2", "FSRS"]), "prefs_spaced_repetition_alg_type_check"),
        Table::Reference => {
            let kinds = ["website", "audio", "video", "sheet-music", "article", "social", "lesson", "other"];
            (among("ref_type", &kinds), "reference_ref_type_check")
        }
        Table::PracticeRecord => (between("quality", 0, 5), "practice_record_quality_check"),
        Table::DailyPracticeQueue => (between("bucket", 1, 4), "daily_practice_queue_bucket_check"),
        Table::TabGroupMainState => (
            among("which_tab", &["scheduled", "repertoire", "catalog", "analysis"]),
            "tab_group_main_state_which_tab_check",
        ),
        Table::TableState if !among("purpose", &["practice", "repertoire", "catalog", "analysis"]) => {
            (false, "table_state_purpose_check")
        }
        Table::TableState => (among("screen_size", &["small", "full"]), "table_state_screen_size_check"),
        _ => (true, ""),
    };
    (!holds).then_some(name)
}

/// Whose row it is; none for public ones.
pub fn owner(table: Table, row: &Row) -> Option<&str> {
    row.get(table.owner_column()?)?.as_str()
}

/// The policies for `select`, for a person and for nobody.
pub fn may_see(who: Option<&str>, table: Table, row: &Row) -> bool {
    if !table.is_synced() {
        return true;
    }
    let owner = owner(table, row);
    let public_row = matches!(table, Table::Tune | Table::Instrument) && owner.is_none();
    let published = || matches!(table, Table::Note | Table::Reference) && row["public"] == Value::Bool(true);
    match who {
        None => public_row,
        Some(me) => owner == Some(me) || public_row || published(),
    }
}

/// The `with check` policies for `insert` and `update`: the row is hers, her repertoires, tunes and instruments that she can see.
pub fn may_write(me: &str, state: &State, table: Table, row: &Row) -> bool {
    if owner(table, row) != Some(me) {
        return false;
    }
    references(table).iter().all(|(column, parent)| {
        let optional = matches!(
            (table, *column),
            (Table::Playlist, "instrument_ref")
                | (Table::Note, "playlist_ref")
                | (Table::TabGroupMainState, "playlist_id")
        );
        let visible = |id: &str| state.row(*parent, id).is_some_and(|row| may_see(Some(me), *parent, row));
        match (parent, row[*column].as_str()) {
            (Table::Playlist | Table::Tune | Table::Instrument, None) => optional,
            (Table::Playlist | Table::Tune | Table::Instrument, Some(id)) => visible(id),
            // Whether a person or a genre exists is left to the foreign key.
            _ => true,
        }
    })
}
