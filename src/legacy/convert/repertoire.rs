//! Repertoires, the tunes in them, their practice records and the daily queues.

use uuid::Uuid;

use crate::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, QueueEntryId, TuneId, UserId};
use crate::legacy::scales::{Rating, rating};
use crate::legacy::time::{parse, parse_date};
use crate::store::schema::Table;

use super::cells::Cells;
use super::natural::playlist_key;
use super::{Converter, Draft, Made};

impl Converter {
    pub(super) fn playlist_row(&mut self, cells: &mut Cells<'_>) -> Made {
        let number = cells.reference("playlist_id").ok_or("it has no id")?;
        let user = self.account(cells.reference("user_ref"))?;
        let name = cells.word("name");
        let instrument = self.instrument_of(cells);
        let id = self.met_or_fresh("playlist", cells, playlist_key(instrument, name.as_deref()));
        let mut draft = Draft::new(Table::Playlist);
        draft.set("id", id);
        draft.set("user_ref", user);
        draft.set("name", name);
        draft.set("instrument_ref", instrument);
        draft.set("genre_default", self.genre(cells, "genre_default"));
        draft.set("sr_alg_type", cells.word("sr_alg_type"));
        self.playlists.entry(number).or_insert((id, user));
        let deleted = cells.deleted();
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }

    fn instrument_of(&self, cells: &mut Cells<'_>) -> Option<Uuid> {
        let number = cells.reference_or_none("instrument_ref")?;
        let instrument = self.instruments.get(&number).copied();
        if instrument.is_none() {
            cells.changed("instrument_ref", "no such instrument → none");
        }
        instrument
    }

    pub(super) fn playlist_tune(&mut self, cells: &mut Cells<'_>) -> Made {
        let (playlist, user) = self.playlist(cells.reference("playlist_ref"))?;
        let tune = self.tune(cells.reference("tune_ref")).map_err(|_| "its tune is gone".to_owned())?;
        let mut draft = Draft::new(Table::PlaylistTune);
        draft.set("id", PlaylistTuneId::of(PlaylistId(playlist), TuneId(tune)).0);
        draft.set("user_ref", user);
        draft.set("playlist_ref", playlist);
        draft.set("tune_ref", tune);
        for column in ["current", "learned", "scheduled"] {
            draft.set(column, cells.time(column));
        }
        draft.set("goal", cells.word("goal").unwrap_or_else(|| "recall".to_owned()));
        let deleted = cells.deleted();
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }

    pub(super) fn practice_record(&mut self, cells: &mut Cells<'_>) -> Made {
        let (playlist, user) = self.playlist(cells.reference("playlist_ref"))?;
        let tune = self.tune(cells.reference("tune_ref"))?;
        let practiced = cells.time("practiced");
        let natural = practiced.map(|at| PracticeRecordId::of(PlaylistId(playlist), TuneId(tune), at).0);
        let easiness = cells.real("easiness");
        let due = cells.time("due");
        let mut draft = Draft::new(Table::PracticeRecord);
        draft.set("id", natural.unwrap_or_else(|| self.fresh("practice_record", cells)));
        draft.set("user_ref", user);
        draft.set("playlist_ref", playlist);
        draft.set("tune_ref", tune);
        draft.set("practiced", practiced);
        draft.set("quality", quality(cells, easiness.is_some()));
        draft.set("easiness", easiness);
        for column in ["difficulty", "stability"] {
            draft.set(column, cells.real(column));
        }
        for column in ["interval", "step", "repetitions", "lapses", "elapsed_days", "state"] {
            draft.set(column, cells.int(column));
        }
        draft.set("due", due.or_else(|| cells.time("review_date")));
        draft.set("backup_practiced", cells.time("backup_practiced"));
        draft.set("goal", cells.word("goal").unwrap_or_else(|| "recall".to_owned()));
        draft.set("technique", cells.word("technique"));
        if practiced.is_some_and(|at| at > self.setting.now) {
            cells.changed("practiced", "later than the migration; kept as it is");
        }
        self.sign(&mut draft, practiced, false);
        Ok(draft)
    }

    pub(super) fn queue_row(&mut self, cells: &mut Cells<'_>) -> Made {
        let user = self.account(cells.reference("user_ref"))?;
        let playlist = self.playlist_of(cells.reference("playlist_ref"), user)?;
        let tune = self.tune(cells.reference("tune_ref"))?;
        let start = cells.time("window_start_utc").ok_or("its window has no start")?;
        let date = match cells.word("queue_date").as_deref().and_then(parse_date) {
            Some(date) => date,
            None => {
                cells.changed("queue_date", "missing → the date of window_start_utc");
                start.to_chrono().date_naive().into()
            }
        };
        let bucket = cells.int("bucket").filter(|b| (1..=4).contains(b)).ok_or("its bucket is none of 1 to 4")?;
        let generated = cells.time("generated_at").unwrap_or(start);
        let completed = cells.time("completed_at");
        let mut draft = Draft::new(Table::DailyPracticeQueue);
        draft.set("id", QueueEntryId::of(UserId(user), PlaylistId(playlist), date, TuneId(tune)).0);
        draft.set("user_ref", user);
        draft.set("playlist_ref", playlist);
        draft.set("tune_ref", tune);
        draft.set("mode", cells.word("mode"));
        draft.set("queue_date", date);
        draft.set("window_start_utc", start);
        draft.set("window_end_utc", cells.time("window_end_utc").unwrap_or(start.plus_days(1)));
        draft.set("bucket", bucket);
        draft.set("order_index", cells.int("order_index").unwrap_or(0));
        draft.set("snapshot_coalesced_ts", cells.time("snapshot_coalesced_ts").unwrap_or(start));
        draft.set("scheduled_snapshot", snapshot(cells, "scheduled_snapshot"));
        draft.set("latest_due_snapshot", snapshot(cells, "latest_due_snapshot"));
        for column in ["acceptable_delinquency_window_snapshot", "tz_offset_minutes_snapshot"] {
            draft.set(column, cells.int(column));
        }
        draft.set("generated_at", generated);
        draft.set("completed_at", completed);
        draft.set("exposures_required", cells.int("exposures_required"));
        draft.set("exposures_completed", cells.int("exposures_completed"));
        draft.set("outcome", cells.word("outcome"));
        draft.set("active", cells.flag("active").unwrap_or(true));
        let written = completed.map_or(generated, |c| c.max(generated));
        self.sign(&mut draft, Some(written), false);
        Ok(draft)
    }
}

/// The rating on the scale that the record's easiness tells.
fn quality(cells: &mut Cells<'_>, has_easiness: bool) -> Option<i32> {
    match rating(cells.int("quality")?, has_easiness) {
        Rating::Kept(value) => Some(value),
        Rating::Moved(value) => {
            cells.changed("quality", "0 or 5 without an easiness → 1 or 4");
            Some(value)
        }
        Rating::Dropped => {
            cells.changed("quality", "not a rating → none");
            None
        }
    }
}

/// A time kept as text: in the canonical form, or as it was if it is none.
fn snapshot(cells: &mut Cells<'_>, column: &str) -> Option<String> {
    cells.word(column).map(|text| parse(&text).map_or(text, |at| at.to_string()))
}
