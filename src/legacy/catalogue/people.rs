//! People, their settings, and what was open on their screens.

use super::Becomes::{Dropped, Rule, Same};
use super::LegacyTable;
use super::rules::{EMPTY_IS_NULL, FLAG, FLAG_NO, INSTANT, NATURAL, OWN_REPERTOIRE, PERSON, STEPS};
use crate::store::schema::Table;

/// People.
pub(super) const USER: LegacyTable = LegacyTable {
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
};

/// Settings of the scheduler.
pub(super) const PREFS_SPACED_REPETITION: LegacyTable = LegacyTable {
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
};

/// Settings of the practice day.
pub(super) const PREFS_SCHEDULING_OPTIONS: LegacyTable = LegacyTable {
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
};

/// What was open last.
pub(super) const TAB_GROUP_MAIN_STATE: LegacyTable = LegacyTable {
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
};

/// Layouts of lists.
pub(super) const TABLE_STATE: LegacyTable = LegacyTable {
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
};
