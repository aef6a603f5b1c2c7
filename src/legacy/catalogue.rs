//! The legacy tables and columns, and what becomes of each: what the converter goes by, what a report calls "not carried over", and
//! the table in `docs/migration-guide.md`. A test checks it against the converter, both legacy files and the new schema.

use std::fmt::Write as _;

use crate::store::schema::Table;

/// What becomes of a legacy column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Becomes {
    /// The column of the same name, with the same value.
    Same,
    /// Another column, with the same value.
    As(&'static str),
    /// That column, by a rule.
    Rule(&'static str, &'static str),
    /// Nothing, for that reason.
    Dropped(&'static str),
}

/// One legacy table.
#[derive(Debug)]
pub struct LegacyTable {
    /// Its name.
    pub name: &'static str,
    /// Where its rows go.
    pub target: Table,
    /// The columns that name a row.
    pub key: &'static [&'static str],
    /// Rows that could turn out to be one row in the new schema agree in this column; they are read together, the living first.
    pub near: Option<&'static str>,
    /// Its columns over all shapes.
    pub columns: &'static [(&'static str, Becomes)],
    /// Columns of the target that no legacy column fills, and what they get.
    pub fills: &'static [(&'static str, &'static str)],
}

impl LegacyTable {
    /// What becomes of a column; `None` if no known version of the old product had it.
    pub fn column(&self, name: &str) -> Option<Becomes> {
        self.columns.iter().find(|(column, _)| *column == name).map(|(_, becomes)| *becomes)
    }
}

use Becomes::{As, Dropped, Rule, Same};

const NEW_ID: &str = "UUID of source, table and legacy id";
const NATURAL: &str = "UUID of the natural key, as the app makes it";
const EMPTY_IS_NULL: &str = "empty → null";
const PERSON: &str = "her account";
const PERSON_OR_PUBLIC: &str = "her account; 0 or nothing → null (everybody's)";
const TUNE: &str = "the tune's new id; a row without one is left out";
const REPERTOIRE: &str = "the repertoire's new id; a row without one is left out";
const OWN_REPERTOIRE: &str = "the repertoire's new id; a row about somebody else's is left out";
const INSTANT: &str = "UTC, microseconds; no zone = UTC; no time → null, listed";
const TOMBSTONE: &str = "a tombstone comes along as one";
const FLAG: &str = "0/1 → no/yes; anything else → null, listed";
const FLAG_NO: &str = "0/1 → no/yes; nothing → no";
const GENRE: &str = "empty → null; a genre that does not exist → null, listed";
const GOAL: &str = "empty → recall";
const STEPS: &str = "a JSON list of minutes; plain numbers are seconds";
const OWNER_OF_REPERTOIRE: &str = "the repertoire's owner";

/// All of them, parents first: the order of loading.
pub const TABLES: [LegacyTable; 19] = [
    LegacyTable {
        name: "user",
        target: Table::UserProfile,
        key: &["id"],
        near: None,
        columns: &[
            ("id", Rule("id", "the id of the account with her e-mail address; user 0 is nobody")),
            ("hash", Dropped("no password is carried over; people set a new one")),
            ("name", Rule("name", EMPTY_IS_NULL)),
            ("email", Rule("email", "lower case; --map-user gives another")),
            ("email_verified", Dropped("becomes the confirmation of the account's e-mail address where one is made")),
            ("image", Dropped("pictures of accounts are not part of the new schema")),
            ("deleted", Rule("deleted", "deleted people get no account unless named with --map-user")),
            ("sr_alg_type", Rule("sr_alg_type", EMPTY_IS_NULL)),
            ("phone", Rule("phone", EMPTY_IS_NULL)),
            ("phone_verified", Rule("phone_verified", INSTANT)),
            ("acceptable_delinquency_window", Rule("acceptable_delinquency_window", "nothing → 21")),
        ],
        fills: &[],
    },
    LegacyTable {
        name: "genre",
        target: Table::Genre,
        key: &["id"],
        near: None,
        columns: &[("id", Same), ("name", Same), ("region", Same), ("description", Same)],
        fills: &[],
    },
    LegacyTable {
        name: "tune_type",
        target: Table::TuneType,
        key: &["id"],
        near: None,
        columns: &[("id", Same), ("name", Same), ("rhythm", Same), ("description", Same)],
        fills: &[],
    },
    LegacyTable {
        name: "genre_tune_type",
        target: Table::GenreTuneType,
        key: &["genre_id", "tune_type_id"],
        near: None,
        columns: &[
            ("genre_id", Rule("genre_id", "a pair whose genre is gone is left out")),
            ("tune_type_id", Rule("tune_type_id", "a pair whose tune type is gone is left out")),
        ],
        fills: &[],
    },
    LegacyTable {
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
            ("genre_default", Rule("genre_default", GENRE)),
            ("deleted", Rule("deleted", TOMBSTONE)),
        ],
        fills: &[],
    },
    LegacyTable {
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
            ("genre", Rule("genre", GENRE)),
            ("deleted", Rule("deleted", TOMBSTONE)),
            ("private_for", Rule("private_for", PERSON_OR_PUBLIC)),
        ],
        fills: &[],
    },
    LegacyTable {
        name: "tune_override",
        target: Table::TuneOverride,
        key: &["id"],
        near: Some("tune_ref"),
        columns: &[
            ("id", Rule("id", NATURAL)),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("user_ref", Rule("user_ref", PERSON)),
            ("title", Rule("title", EMPTY_IS_NULL)),
            ("type", Rule("type", EMPTY_IS_NULL)),
            ("structure", Rule("structure", EMPTY_IS_NULL)),
            ("genre", Rule("genre", GENRE)),
            ("mode", Rule("mode", EMPTY_IS_NULL)),
            ("incipit", Rule("incipit", EMPTY_IS_NULL)),
            ("deleted", Rule("deleted", TOMBSTONE)),
        ],
        fills: &[],
    },
    LegacyTable {
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
            ("genre_default", Rule("genre_default", GENRE)),
        ],
        fills: &[],
    },
    LegacyTable {
        name: "playlist_tune",
        target: Table::PlaylistTune,
        key: &["playlist_ref", "tune_ref"],
        near: Some("tune_ref"),
        columns: &[
            ("playlist_ref", Rule("playlist_ref", REPERTOIRE)),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("current", Rule("current", "as other times; T and F were flags once → null, listed")),
            ("learned", Rule("learned", INSTANT)),
            ("scheduled", Rule("scheduled", INSTANT)),
            ("goal", Rule("goal", GOAL)),
            ("deleted", Rule("deleted", TOMBSTONE)),
        ],
        fills: &[("id", NATURAL), ("user_ref", OWNER_OF_REPERTOIRE)],
    },
    LegacyTable {
        name: "practice_record",
        target: Table::PracticeRecord,
        key: &["id"],
        near: Some("tune_ref"),
        columns: &[
            ("id", Rule("id", NATURAL)),
            ("playlist_ref", Rule("playlist_ref", REPERTOIRE)),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("practiced", Rule("practiced", INSTANT)),
            (
                "quality",
                Rule(
                    "quality",
                    "with an easiness 0–5 (SM2), without one 1–4 (0 → 1, 5 → 4, listed); else null, listed",
                ),
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
    },
    LegacyTable {
        name: "note",
        target: Table::Note,
        key: &["id"],
        near: None,
        columns: &[
            ("id", Rule("id", NEW_ID)),
            ("user_ref", Rule("user_ref", PERSON_OR_PUBLIC)),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("playlist_ref", Rule("playlist_ref", "the repertoire's new id; 0 → null; none of hers → null, listed")),
            ("created_date", Rule("created_date", INSTANT)),
            ("note_text", Same),
            ("public", Rule("public", FLAG_NO)),
            ("favorite", Rule("favorite", FLAG)),
            ("deleted", Rule("deleted", TOMBSTONE)),
        ],
        fills: &[],
    },
    LegacyTable {
        name: "reference",
        target: Table::Reference,
        key: &["id"],
        near: None,
        columns: &[
            ("id", Rule("id", NEW_ID)),
            ("url", Rule("url", "a row without one is left out")),
            ("ref_type", Rule("ref_type", "an unknown kind → other, the word kept in the comment, listed")),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("public", Rule("public", FLAG)),
            ("favorite", Rule("favorite", FLAG)),
            ("user_ref", Rule("user_ref", PERSON_OR_PUBLIC)),
            ("comment", Same),
            ("title", Same),
            ("deleted", Rule("deleted", TOMBSTONE)),
        ],
        fills: &[],
    },
    LegacyTable {
        name: "tag",
        target: Table::Tag,
        key: &["tag_id"],
        near: Some("tune_ref"),
        columns: &[
            ("tag_id", Rule("id", NATURAL)),
            ("user_ref", Rule("user_ref", PERSON)),
            ("tune_ref", Rule("tune_ref", TUNE)),
            ("tag_text", Rule("tag_text", "a row without one is left out")),
        ],
        fills: &[("deleted", "no")],
    },
    LegacyTable {
        name: "prefs_spaced_repetition",
        target: Table::PrefsSpacedRepetition,
        key: &["user_id", "alg_type"],
        near: None,
        columns: &[
            ("alg_type", Rule("alg_type", "SM2 or FSRS; a row with another is left out")),
            ("user_id", Rule("user_id", PERSON)),
            ("fsrs_weights", Rule("fsrs_weights", EMPTY_IS_NULL)),
            ("request_retention", Same),
            ("maximum_interval", Same),
            ("learning_steps", Rule("learning_steps", STEPS)),
            ("relearning_steps", Rule("relearning_steps", STEPS)),
            ("enable_fuzzing", Rule("enable_fuzzing", FLAG)),
        ],
        fills: &[("id", NATURAL), ("deleted", "no")],
    },
    LegacyTable {
        name: "prefs_scheduling_options",
        target: Table::PrefsSchedulingOptions,
        key: &["user_id"],
        near: None,
        columns: &[
            ("user_id", Rule("user_id", PERSON)),
            ("acceptable_delinquency_window", Rule("acceptable_delinquency_window", "nothing → 21")),
            ("min_reviews_per_day", Same),
            ("max_reviews_per_day", Same),
            ("days_per_week", Same),
            ("weekly_rules", Rule("weekly_rules", EMPTY_IS_NULL)),
            ("exceptions", Rule("exceptions", EMPTY_IS_NULL)),
        ],
        fills: &[("id", NATURAL), ("deleted", "no")],
    },
    LegacyTable {
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
            ("tune_ref", Rule("tune_ref", TUNE)),
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
    },
    LegacyTable {
        name: "tab_group_main_state",
        target: Table::TabGroupMainState,
        key: &["id"],
        near: None,
        columns: &[
            ("id", Rule("id", "UUID of the person: she has one such row")),
            ("user_id", Rule("user_id", PERSON)),
            ("which_tab", Rule("which_tab", "not a tab of the app → scheduled, listed")),
            ("playlist_id", Rule("playlist_id", "the repertoire's new id; none of hers → null, listed")),
            ("tab_spec", Rule("tab_spec", EMPTY_IS_NULL)),
            ("practice_show_submitted", Rule("practice_show_submitted", FLAG_NO)),
            ("practice_mode_flashcard", Rule("practice_mode_flashcard", FLAG_NO)),
        ],
        fills: &[("sidebar_dock_position", "left"), ("deleted", "no")],
    },
    LegacyTable {
        name: "table_state",
        target: Table::TableState,
        key: &["user_id", "screen_size", "purpose", "playlist_id"],
        near: None,
        columns: &[
            ("user_id", Rule("user_id", PERSON)),
            ("screen_size", Rule("screen_size", "small or full; a row with another is left out")),
            ("purpose", Rule("purpose", "a table of the app; a row with another is left out")),
            ("playlist_id", Rule("playlist_id", OWN_REPERTOIRE)),
            ("settings", Rule("settings", EMPTY_IS_NULL)),
            ("current_tune", Rule("current_tune", "the tune's new id; one that is gone → null, listed")),
        ],
        fills: &[("id", NATURAL), ("deleted", "no")],
    },
    LegacyTable {
        name: "table_transient_data",
        target: Table::TableTransientData,
        key: &["tune_id", "user_id", "playlist_id"],
        near: Some("tune_id"),
        columns: &[
            ("user_id", Rule("user_id", PERSON)),
            ("tune_id", Rule("tune_id", TUNE)),
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
    },
];

/// The table of that name, if it is migrated.
pub fn table(name: &str) -> Option<&'static LegacyTable> {
    const { &TABLES }.iter().find(|t| t.name == name)
}

/// Why a legacy table that is not among [`TABLES`] has no place in the new schema.
pub fn why_not_migrated(table: &str) -> &'static str {
    match table {
        "account" | "session" | "verification_token" => "sign-in data of the old server; people sign in anew",
        "alembic_version" => "bookkeeping of the old schema",
        "practice_history" | "user_annotation_set" | "external_ref" => "given up by the old product itself",
        _ => "not a table that TuneTrees is known to use",
    }
}

/// The columns that are not carried over, each with its reason.
pub fn dropped() -> Vec<String> {
    let dropped = const { &TABLES }.iter().flat_map(|table| {
        table.columns.iter().filter_map(|(column, becomes)| match becomes {
            Dropped(reason) => Some(format!("{}.{column}: {reason}", table.name)),
            _ => None,
        })
    });
    dropped.collect()
}

/// The whole catalogue in Markdown, for the guide.
pub fn to_markdown() -> String {
    let mut out = String::new();
    for table in const { &TABLES } {
        let _ = writeln!(
            out,
            "### `{}` → `{}`\n\n| legacy column | column | rule |\n|---|---|---|",
            table.name, table.target
        );
        for (column, becomes) in table.columns {
            let (target, rule) = match becomes {
                Same => (format!("`{column}`"), "as it is"),
                As(target) => (format!("`{target}`"), "as it is"),
                Rule(target, rule) => (format!("`{target}`"), *rule),
                Dropped(reason) => ("dropped".to_owned(), *reason),
            };
            let _ = writeln!(out, "| `{column}` | {target} | {rule} |");
        }
        for (column, what) in table.fills {
            let _ = writeln!(out, "| (none) | `{column}` | {what} |");
        }
        out.push('\n');
    }
    out
}
