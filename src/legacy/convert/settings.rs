//! Preferences, what was open, table layouts and staged evaluations.

use serde_json::json;
use uuid::Uuid;

use crate::domain::ids::natural_id;
use crate::legacy::scales::steps_in_minutes;
use crate::store::schema::Table;

use super::cells::Cells;
use super::{Converter, at, synced};

impl Converter<'_> {
    pub(super) fn prefs_spaced_repetition(&mut self) {
        let key = ["user_id", "alg_type"];
        self.each("prefs_spaced_repetition", &key, Table::PrefsSpacedRepetition, |me, cells| {
            let user = me.account(cells.reference("user_id"))?;
            let algorithm = cells
                .word("alg_type")
                .filter(|a| matches!(a.as_str(), "SM2" | "FSRS"))
                .ok_or("its algorithm is neither SM2 nor FSRS")?;
            let natural = natural_id("prefs_spaced_repetition", &[&user.to_string(), &algorithm]);
            let row = json!({
                "id": me.id("prefs_spaced_repetition", cells.legacy_id(), natural), "user_id": user,
                "alg_type": algorithm, "fsrs_weights": cells.word("fsrs_weights"),
                "request_retention": cells.real("request_retention"), "maximum_interval": cells.int("maximum_interval"),
                "learning_steps": steps(cells, "learning_steps"), "relearning_steps": steps(cells, "relearning_steps"),
                "enable_fuzzing": cells.flag("enable_fuzzing"),
            });
            Ok(synced(row, me.newest, false))
        });
    }

    pub(super) fn prefs_scheduling_options(&mut self) {
        self.each("prefs_scheduling_options", &["user_id"], Table::PrefsSchedulingOptions, |me, cells| {
            let user = me.account(cells.reference("user_id"))?;
            let natural = natural_id("prefs_scheduling_options", &[&user.to_string()]);
            let row = json!({
                "id": me.id("prefs_scheduling_options", cells.legacy_id(), natural), "user_id": user,
                "acceptable_delinquency_window": cells.int("acceptable_delinquency_window").unwrap_or(21),
                "min_reviews_per_day": cells.int("min_reviews_per_day"),
                "max_reviews_per_day": cells.int("max_reviews_per_day"), "days_per_week": cells.int("days_per_week"),
                "weekly_rules": cells.word("weekly_rules"), "exceptions": cells.word("exceptions"),
            });
            Ok(synced(row, me.newest, false))
        });
    }

    pub(super) fn tab_states(&mut self) {
        self.each("tab_group_main_state", &["id"], Table::TabGroupMainState, |me, cells| {
            let user = me.account(cells.reference("user_id"))?;
            let natural = natural_id("tab_group_main_state", &[&user.to_string()]);
            let tab = match cells.word("which_tab") {
                Some(tab) if matches!(tab.as_str(), "scheduled" | "repertoire" | "catalog" | "analysis") => tab,
                _ => {
                    cells.changed("which_tab", "not a tab → scheduled");
                    "scheduled".to_owned()
                }
            };
            let playlist = me.open_playlist(cells, user);
            let row = json!({
                "id": me.id("tab_group_main_state", cells.legacy_id(), natural), "user_id": user, "which_tab": tab,
                "playlist_id": playlist, "tab_spec": cells.word("tab_spec"),
                "practice_show_submitted": cells.flag("practice_show_submitted").unwrap_or(false),
                "practice_mode_flashcard": cells.flag("practice_mode_flashcard").unwrap_or(false),
            });
            Ok(synced(row, me.newest, false))
        });
    }

    fn open_playlist(&self, cells: &mut Cells<'_>, user: Uuid) -> Option<Uuid> {
        let number = cells.reference("playlist_id").filter(|n| *n > 0)?;
        let playlist = self.playlist_of(Some(number), user).ok();
        if playlist.is_none() {
            cells.changed("playlist_id", "no such repertoire of this person → none");
        }
        playlist
    }

    pub(super) fn table_states(&mut self) {
        let key = ["user_id", "screen_size", "purpose", "playlist_id"];
        self.each("table_state", &key, Table::TableState, |me, cells| {
            let user = me.account(cells.reference("user_id"))?;
            let playlist = me.playlist_of(cells.reference("playlist_id"), user)?;
            let size = cells
                .word("screen_size")
                .filter(|s| matches!(s.as_str(), "small" | "full"))
                .ok_or("its screen size is neither small nor full")?;
            let purpose = cells
                .word("purpose")
                .filter(|p| matches!(p.as_str(), "practice" | "repertoire" | "catalog" | "analysis"))
                .ok_or("it belongs to no known table")?;
            let natural = natural_id("table_state", &[&user.to_string(), &size, &purpose, &playlist.to_string()]);
            let current = cells.reference("current_tune").filter(|n| *n > 0).and_then(|number| {
                let tune = me.tunes.get(&number).copied();
                if tune.is_none() {
                    cells.changed("current_tune", "its tune is gone → none");
                }
                tune
            });
            let row = json!({
                "id": me.id("table_state", cells.legacy_id(), natural), "user_id": user, "screen_size": size,
                "purpose": purpose, "playlist_id": playlist, "settings": cells.word("settings"),
                "current_tune": current,
            });
            Ok(synced(row, me.newest, false))
        });
    }

    pub(super) fn staged_evaluations(&mut self) {
        let key = ["tune_id", "user_id", "playlist_id"];
        self.each("table_transient_data", &key, Table::TableTransientData, |me, cells| {
            let user = me.account(cells.reference("user_id"))?;
            let tune = me.tune(cells.reference("tune_id"))?;
            let playlist = me.playlist_of(cells.reference("playlist_id"), user)?;
            let natural =
                natural_id("table_transient_data", &[&user.to_string(), &tune.to_string(), &playlist.to_string()]);
            let row = json!({
                "id": me.id("table_transient_data", cells.legacy_id(), natural), "user_id": user, "tune_id": tune,
                "playlist_id": playlist, "purpose": cells.word("purpose"), "note_private": cells.text("note_private"),
                "note_public": cells.text("note_public"), "recall_eval": cells.word("recall_eval"),
                "practiced": at(cells.time("practiced")), "quality": cells.int("quality"),
                "easiness": cells.real("easiness"), "difficulty": cells.real("difficulty"),
                "stability": cells.real("stability"), "interval": cells.int("interval"), "step": cells.int("step"),
                "repetitions": cells.int("repetitions"), "due": at(cells.time("due")),
                "backup_practiced": at(cells.time("backup_practiced")), "goal": cells.word("goal"),
                "technique": cells.word("technique"), "state": cells.int("state"),
            });
            Ok(synced(row, me.newest, false))
        });
    }
}

fn steps(cells: &mut Cells<'_>, column: &str) -> Option<String> {
    let text = cells.word(column)?;
    let minutes = steps_in_minutes(&text);
    match &minutes {
        None => cells.changed(column, "not a list of steps → none"),
        Some(minutes) if *minutes != text => cells.changed(column, "legacy steps → a list of minutes"),
        Some(_) => {}
    }
    minutes
}
