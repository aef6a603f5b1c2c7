//! Preferences, what was open, table layouts and staged evaluations.

use uuid::Uuid;

use crate::domain::ids::natural_id;
use crate::domain::time::Timestamp;
use crate::legacy::scales::steps_in_minutes;
use crate::store::schema::Table;

use super::cells::Cells;
use super::{Converter, DEVICE, Draft, Made};

impl Converter {
    pub(super) fn prefs_spaced_repetition(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_id"))?;
        let algorithm = cells
            .word("alg_type")
            .filter(|a| matches!(a.as_str(), "SM2" | "FSRS"))
            .ok_or("its algorithm is neither SM2 nor FSRS")?;
        let mut draft = Draft::new(Table::PrefsSpacedRepetition);
        draft.set("id", natural_id("prefs_spaced_repetition", &[&user.to_string(), &algorithm]));
        draft.set("user_id", user);
        draft.set("alg_type", algorithm);
        draft.set("fsrs_weights", cells.word("fsrs_weights"));
        draft.set("request_retention", cells.real("request_retention"));
        draft.set("maximum_interval", cells.int("maximum_interval"));
        draft.set("learning_steps", steps(cells, "learning_steps"));
        draft.set("relearning_steps", steps(cells, "relearning_steps"));
        draft.set("enable_fuzzing", cells.flag("enable_fuzzing"));
        self.sign(&mut draft, None, false);
        Ok(draft)
    }

    pub(super) fn prefs_scheduling_options(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_id"))?;
        let mut draft = Draft::new(Table::PrefsSchedulingOptions);
        draft.set("id", natural_id("prefs_scheduling_options", &[&user.to_string()]));
        draft.set("user_id", user);
        draft.set("acceptable_delinquency_window", cells.int("acceptable_delinquency_window").unwrap_or(21));
        for column in ["min_reviews_per_day", "max_reviews_per_day", "days_per_week"] {
            draft.set(column, cells.int(column));
        }
        draft.set("weekly_rules", cells.word("weekly_rules"));
        draft.set("exceptions", cells.word("exceptions"));
        self.sign(&mut draft, None, false);
        Ok(draft)
    }

    pub(super) fn tab_state(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_id"))?;
        let tab = match cells.word("which_tab") {
            Some(tab) if matches!(tab.as_str(), "scheduled" | "repertoire" | "catalog" | "analysis") => tab,
            _ => {
                cells.changed("which_tab", "not a tab → scheduled");
                "scheduled".to_owned()
            }
        };
        let mut draft = Draft::new(Table::TabGroupMainState);
        draft.set("id", natural_id("tab_group_main_state", &[&user.to_string()]));
        draft.set("user_id", user);
        draft.set("which_tab", tab);
        draft.set("playlist_id", self.open_playlist(cells, user));
        draft.set("tab_spec", cells.word("tab_spec"));
        draft.set("practice_show_submitted", cells.flag("practice_show_submitted").unwrap_or(false));
        draft.set("practice_mode_flashcard", cells.flag("practice_mode_flashcard").unwrap_or(false));
        draft.set("sidebar_dock_position", "left");
        self.sign(&mut draft, None, false);
        Ok(draft)
    }

    fn open_playlist(&self, cells: &mut Cells<'_>, user: Uuid) -> Option<Uuid> {
        let number = cells.reference_or_none("playlist_id").filter(|n| *n != -1)?;
        let playlist = self.playlist_of(Some(number), user).ok();
        if playlist.is_none() {
            cells.changed("playlist_id", "no such repertoire of this person → none");
        }
        playlist
    }

    pub(super) fn table_state(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_id"))?;
        let playlist = self.playlist_of(cells.reference("playlist_id"), user)?;
        let size = cells
            .word("screen_size")
            .filter(|s| matches!(s.as_str(), "small" | "full"))
            .ok_or("its screen size is neither small nor full")?;
        let purpose = cells
            .word("purpose")
            .filter(|p| matches!(p.as_str(), "practice" | "repertoire" | "catalog" | "analysis"))
            .ok_or("it belongs to no known table")?;
        let current = cells.reference_or_none("current_tune").filter(|n| *n != -1).and_then(|number| {
            let tune = self.tunes.get(&number).copied();
            if tune.is_none() {
                cells.changed("current_tune", "its tune is gone → none");
            }
            tune
        });
        let natural = natural_id("table_state", &[&user.to_string(), &size, &purpose, &playlist.to_string()]);
        let mut draft = Draft::new(Table::TableState);
        draft.set("id", natural);
        draft.set("user_id", user);
        draft.set("screen_size", size);
        draft.set("purpose", purpose);
        draft.set("playlist_id", playlist);
        draft.set("settings", cells.word("settings"));
        draft.set("current_tune", current);
        self.sign(&mut draft, None, false);
        Ok(draft)
    }

    pub(super) fn staged_evaluation(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_id"))?;
        let tune = self.tune(cells.reference("tune_id"))?;
        let playlist = self.playlist_of(cells.reference("playlist_id"), user)?;
        let natural =
            natural_id("table_transient_data", &[&user.to_string(), &tune.to_string(), &playlist.to_string()]);
        let mut draft = Draft::new(Table::TableTransientData);
        draft.set("id", natural);
        draft.set("user_id", user);
        draft.set("tune_id", tune);
        draft.set("playlist_id", playlist);
        for column in ["purpose", "recall_eval", "goal", "technique"] {
            draft.set(column, cells.word(column));
        }
        for column in ["note_private", "note_public"] {
            draft.set(column, cells.text(column));
        }
        for column in ["practiced", "due", "backup_practiced"] {
            draft.set(column, cells.time(column));
        }
        for column in ["quality", "interval", "step", "repetitions", "state"] {
            draft.set(column, cells.int(column));
        }
        for column in ["easiness", "difficulty", "stability"] {
            draft.set(column, cells.real(column));
        }
        self.sign(&mut draft, None, false);
        Ok(draft)
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

/// The default scheduling options of a person who has none: a demo needs a queue of bearable length.
pub fn default_scheduling_options(user: Uuid, written: Timestamp) -> Draft {
    let mut draft = Draft::new(Table::PrefsSchedulingOptions);
    draft.legacy_id = "default".to_owned();
    draft.set("id", natural_id("prefs_scheduling_options", &[&user.to_string()]));
    draft.set("user_id", user);
    draft.set("acceptable_delinquency_window", 21);
    draft.set("min_reviews_per_day", 3);
    draft.set("max_reviews_per_day", 10);
    draft.set("days_per_week", 7);
    draft.set("weekly_rules", "{}");
    draft.set("exceptions", "[]");
    draft.set("last_modified_at", written);
    draft.set("device_id", DEVICE);
    draft.set("deleted", false);
    draft
}
