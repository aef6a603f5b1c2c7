//! What is done with many tunes of the current repertoire at once, and the way back from it: each tune gets what it had, not a guess.

use rusqlite::params;
use serde_json::Value;

use super::edit::Edit;
use super::error::StoreError;
use super::put_aside::{self, Follow};
use super::row;
use super::schema::Table;
use super::{Store, queue, repertoires, tunes};
use crate::domain::bulk::{Before, Change};
use crate::domain::ids::{PlaylistTuneId, QueueEntryId, TuneId};
use crate::domain::queue::SUSPENDED;
use crate::domain::time::{Timestamp, Zone};
use crate::row;

fn text(row: &row::Row, column: &str) -> Option<String> {
    row[column].as_str().map(str::to_owned)
}

/// Is the entry there and open: not rated, nothing staged for it?
fn is_open(edit: &Edit<'_>, entry: QueueEntryId) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from daily_practice_queue q where q.id = ?1 and not q.deleted and q.completed_at is null
        and not exists (select 1 from table_transient_data s where s.user_id = q.user_ref and s.playlist_id = q.playlist_ref
                        and s.tune_id = q.tune_ref and s.recall_eval is not null and not s.deleted))";
    Ok(edit.conn().prepare_cached(sql)?.query_row(params![entry.to_string()], |row| row.get(0))?)
}

impl Store {
    /// Does it with all of them; how each stood before. Tunes that are not in the repertoire (any more) are left out, unless they join it.
    pub fn change_many(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        tunes: &[TuneId],
        change: &Change,
    ) -> Result<Vec<Before>, StoreError> {
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            let today = zone.date_at(now);
            let waiting = queue::present(edit.conn(), edit.user(), playlist, today)?.0;
            let mut all = Vec::new();
            for tune in tunes {
                let joined = match change {
                    Change::Review => {
                        tunes::require(edit.conn(), edit.user(), *tune)?;
                        repertoires::join(edit, playlist, *tune)?
                    }
                    _ => false,
                };
                let place = PlaylistTuneId::of(playlist, *tune);
                let found = row::read(edit.conn(), Table::PlaylistTune, &place.to_string())?;
                let Some(found) = found.filter(|row| row["deleted"] == 0) else { continue };
                let scheduled = text(&found, "scheduled").and_then(|at| at.parse().ok());
                let entry = QueueEntryId::of(edit.user(), playlist, today, *tune);
                let away = row::read(edit.conn(), Table::DailyPracticeQueue, &entry.to_string())?
                    .is_some_and(|row| row["active"] == 0);
                all.push(Before { tune: *tune, joined, queued: false, away, scheduled, goal: text(&found, "goal") });
                let (wish, follow) = match change {
                    Change::Review => (now, Follow::Here),
                    Change::PutAside => (SUSPENDED, Follow::Suspended),
                    Change::Goal(goal) => {
                        edit.update(Table::PlaylistTune, place, row! { "goal": goal.stored() })?;
                        continue;
                    }
                };
                edit.update(Table::PlaylistTune, place, row! { "scheduled": wish.to_string() })?;
                put_aside::follow_in_queue(edit, playlist, *tune, today, Some(wish), follow)?;
            }
            if *change == Change::Review {
                queue::admit(edit, playlist, tunes, now, zone)?;
                let present = queue::present(edit.conn(), edit.user(), playlist, today)?.0;
                for before in &mut all {
                    before.queued = present.contains(&before.tune) && !waiting.contains(&before.tune);
                }
            }
            Ok(all)
        })
    }

    /// Takes that back. What was rated in between stays rated.
    pub fn put_back(&mut self, now: Timestamp, zone: &impl Zone, all: &[Before]) -> Result<(), StoreError> {
        self.edit(now, |edit| {
            let playlist = repertoires::required(edit.conn(), edit.user())?;
            let today = zone.date_at(now);
            for before in all {
                let place = PlaylistTuneId::of(playlist, before.tune);
                let found = row::read(edit.conn(), Table::PlaylistTune, &place.to_string())?;
                if found.is_none_or(|row| row["deleted"] == 1) {
                    continue;
                }
                let scheduled = before.scheduled.map_or(Value::Null, |at| at.to_string().into());
                let stood = row! { "scheduled": scheduled, "goal": before.goal.as_deref() };
                if edit.update(Table::PlaylistTune, place, stood)? {
                    let follow = match (before.scheduled, before.away) {
                        (Some(SUSPENDED), _) => Follow::Suspended,
                        (_, true) => Follow::Postponed,
                        (_, false) => Follow::Here,
                    };
                    put_aside::follow_in_queue(edit, playlist, before.tune, today, before.scheduled, follow)?;
                }
                let entry = QueueEntryId::of(edit.user(), playlist, today, before.tune);
                if before.queued && is_open(edit, entry)? {
                    edit.delete(Table::DailyPracticeQueue, entry)?;
                }
                if before.joined {
                    edit.delete(Table::PlaylistTune, place)?;
                }
            }
            Ok(())
        })
    }
}
