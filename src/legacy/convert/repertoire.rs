//! Repertoires, the tunes in them, their practice records and the daily queues.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, QueueEntryId, TuneId, UserId};
use crate::legacy::scales::{Rating, rating};
use crate::legacy::time::{parse, parse_date};
use crate::store::schema::Table;

use super::cells::Cells;
use super::{Converter, at, synced};

impl Converter<'_> {
    pub(super) fn playlists(&mut self) {
        self.each("playlist", &["playlist_id"], Table::Playlist, |me, cells| {
            let number = cells.reference("playlist_id").ok_or("it has no id")?;
            let user = me.account(cells.reference("user_ref"))?;
            let id = me.id("playlist", cells.legacy_id(), None);
            let instrument = me.instrument_of(cells);
            let row = json!({
                "id": id, "user_ref": user, "name": cells.word("name"), "instrument_ref": instrument,
                "genre_default": me.genre(cells, "genre_default"), "sr_alg_type": cells.word("sr_alg_type"),
            });
            me.playlists.insert(number, (id, user));
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }

    fn instrument_of(&self, cells: &mut Cells<'_>) -> Option<Uuid> {
        let number = cells.reference("instrument_ref").filter(|n| *n != 0)?;
        let instrument = self.instruments.get(&number).copied();
        if instrument.is_none() {
            cells.changed("instrument_ref", "no such instrument → none");
        }
        instrument
    }

    pub(super) fn playlist_tunes(&mut self) {
        self.each("playlist_tune", &["playlist_ref", "tune_ref"], Table::PlaylistTune, |me, cells| {
            let (playlist, user) = me.playlist(cells.reference("playlist_ref"))?;
            let tune = me.tune(cells.reference("tune_ref")).map_err(|_| "its tune is gone".to_owned())?;
            let natural = PlaylistTuneId::of(PlaylistId(playlist), TuneId(tune)).0;
            let row = json!({
                "id": me.id("playlist_tune", cells.legacy_id(), Some(natural)), "user_ref": user,
                "playlist_ref": playlist, "tune_ref": tune, "current": at(cells.time("current")),
                "learned": at(cells.time("learned")), "scheduled": at(cells.time("scheduled")),
                "goal": cells.word("goal").unwrap_or_else(|| "recall".to_owned()),
            });
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }

    pub(super) fn practice_records(&mut self) {
        self.each("practice_record", &["id"], Table::PracticeRecord, |me, cells| {
            let (playlist, user) = me.playlist(cells.reference("playlist_ref"))?;
            let tune = me.tune(cells.reference("tune_ref"))?;
            let practiced = cells.time("practiced");
            let natural = practiced.map(|at| PracticeRecordId::of(PlaylistId(playlist), TuneId(tune), at).0);
            let easiness = cells.real("easiness");
            let due = cells.time("due").or_else(|| cells.time("review_date"));
            let row = json!({
                "id": me.id("practice_record", cells.legacy_id(), natural), "user_ref": user,
                "playlist_ref": playlist, "tune_ref": tune, "practiced": at(practiced),
                "quality": quality(cells, easiness.is_some()), "easiness": easiness,
                "difficulty": cells.real("difficulty"), "stability": cells.real("stability"),
                "interval": cells.int("interval"), "step": cells.int("step"), "repetitions": cells.int("repetitions"),
                "lapses": cells.int("lapses"), "elapsed_days": cells.int("elapsed_days"), "state": cells.int("state"),
                "due": at(due), "backup_practiced": at(cells.time("backup_practiced")),
                "goal": cells.word("goal").unwrap_or_else(|| "recall".to_owned()), "technique": cells.word("technique"),
            });
            Ok(synced(row, practiced.unwrap_or(me.newest), false))
        });
    }

    pub(super) fn queue(&mut self) {
        self.each("daily_practice_queue", &["id"], Table::DailyPracticeQueue, |me, cells| {
            let user = me.account(cells.reference("user_ref"))?;
            let playlist = me.playlist_of(cells.reference("playlist_ref"), user)?;
            let tune = me.tune(cells.reference("tune_ref"))?;
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
            let natural = QueueEntryId::of(UserId(user), PlaylistId(playlist), date, TuneId(tune)).0;
            let row = json!({
                "id": me.id("daily_practice_queue", cells.legacy_id(), Some(natural)), "user_ref": user,
                "playlist_ref": playlist, "tune_ref": tune, "mode": cells.word("mode"), "queue_date": date.to_string(),
                "window_start_utc": start.to_string(),
                "window_end_utc": cells.time("window_end_utc").unwrap_or(start.plus_days(1)).to_string(),
                "bucket": bucket, "order_index": cells.int("order_index").unwrap_or(0),
                "snapshot_coalesced_ts": cells.time("snapshot_coalesced_ts").unwrap_or(start).to_string(),
                "scheduled_snapshot": snapshot(cells, "scheduled_snapshot"),
                "latest_due_snapshot": snapshot(cells, "latest_due_snapshot"),
                "acceptable_delinquency_window_snapshot": cells.int("acceptable_delinquency_window_snapshot"),
                "tz_offset_minutes_snapshot": cells.int("tz_offset_minutes_snapshot"),
                "generated_at": generated.to_string(), "completed_at": at(completed),
                "exposures_required": cells.int("exposures_required"),
                "exposures_completed": cells.int("exposures_completed"), "outcome": cells.word("outcome"),
                "active": cells.flag("active").unwrap_or(true),
            });
            Ok(synced(row, completed.map_or(generated, |c| c.max(generated)), false))
        });
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
fn snapshot(cells: &mut Cells<'_>, column: &str) -> Value {
    cells.word(column).map_or(Value::Null, |text| parse(&text).map_or_else(|| json!(text), |t| json!(t.to_string())))
}
