//! `scheduling_state`: the fold over a tune's practice records in one repertoire, kept so that queues need not fold.

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::domain::ids::{PlaylistId, TuneId};
use crate::domain::scheduling::{self, Record, ScheduleState, Scheduler, SchedulerPrefs, Sm2};
use crate::domain::time::Timestamp;

/// The scheduler of the person who owns `playlist`, with her settings.
pub fn scheduler(conn: &Connection, playlist: PlaylistId) -> Result<Scheduler, StoreError> {
    use rusqlite::OptionalExtension;
    let prefs = conn
        .prepare_cached(
            "select fsrs_weights, request_retention, maximum_interval from prefs_spaced_repetition
             where alg_type = 'FSRS' and not deleted and user_id = (select user_ref from playlist where id = ?1)",
        )?
        .query_row([playlist.to_string()], |row| {
            let weights: Option<String> = row.get(0)?;
            Ok(SchedulerPrefs::from_stored(weights.as_deref(), row.get(1)?, row.get(2)?))
        })
        .optional()?
        .unwrap_or_default();
    Ok(Scheduler::new(&prefs))
}

/// The records of a tune that count.
fn records(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Vec<Record>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, practiced, quality, easiness, \"interval\", due from practice_record
         where playlist_ref = ?1 and tune_ref = ?2 and not deleted and practiced is not null and quality is not null",
    )?;
    let rows = statement.query_map([playlist.to_string(), tune.to_string()], |row| {
        let easiness: Option<f64> = row.get(3)?;
        let interval: Option<i64> = row.get(4)?;
        let due: Option<String> = row.get(5)?;
        Ok(Record {
            id: parse(row, 0)?,
            practiced: parse(row, 1)?,
            quality: row.get(2)?,
            sm2: easiness.map(|easiness| Sm2 { easiness, interval, due: due.and_then(|d| d.parse().ok()) }),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A text column parsed into a domain type.
pub(crate) fn parse<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &rusqlite::Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    text.parse().map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(e)))
}

/// A nullable text column parsed into a domain type.
pub(crate) fn parse_opt<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &rusqlite::Row<'_>,
    index: usize,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(index)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parse(row, index).map(Some),
    }
}

/// Where a tune stands in a repertoire; `None` if it was never rated there.
pub fn state(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Option<ScheduleState>, StoreError> {
    Ok(scheduler(conn, playlist)?.fold(&records(conn, playlist, tune)?))
}

/// Recomputes the stored state of one tune in one repertoire. Call it in the transaction that changed its practice records.
pub fn recompute(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    let scheduler = scheduler(conn, playlist)?;
    store(conn, playlist, tune, scheduler.fold(&records(conn, playlist, tune)?))
}

/// Recomputes all states: after a change of the scheduler's settings, or of many records.
pub fn recompute_all(conn: &Connection) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "select distinct playlist_ref, tune_ref from practice_record
         union select playlist_ref, tune_ref from scheduling_state order by 1",
    )?;
    let pairs = statement.query_map([], |row| Ok((parse(row, 0)?, parse(row, 1)?)))?;
    let pairs: Vec<(PlaylistId, TuneId)> = pairs.collect::<Result<_, _>>()?;
    recompute_these(conn, pairs)
}

/// Recomputes the states of these tunes, ordered by repertoire.
pub(super) fn recompute_these(
    conn: &Connection,
    pairs: impl IntoIterator<Item = (PlaylistId, TuneId)>,
) -> Result<(), StoreError> {
    let mut known: Option<(PlaylistId, Scheduler)> = None;
    for (playlist, tune) in pairs {
        if known.as_ref().is_none_or(|(of, _)| *of != playlist) {
            known = Some((playlist, self::scheduler(conn, playlist)?));
        }
        if let Some((_, scheduler)) = &known {
            store(conn, playlist, tune, scheduler.fold(&records(conn, playlist, tune)?))?;
        }
    }
    Ok(())
}

fn store(
    conn: &Connection,
    playlist: PlaylistId,
    tune: TuneId,
    state: Option<scheduling::ScheduleState>,
) -> Result<(), StoreError> {
    let (playlist, tune) = (playlist.to_string(), tune.to_string());
    let Some(state) = state else {
        conn.prepare_cached("delete from scheduling_state where playlist_ref = ?1 and tune_ref = ?2")?
            .execute([playlist, tune])?;
        return Ok(());
    };
    conn.prepare_cached(
        "insert or replace into scheduling_state
           (playlist_ref, tune_ref, records, practiced, due, stability, difficulty, repetitions, lapses, last_quality)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        playlist,
        tune,
        state.repetitions,
        text(state.practiced),
        text(state.due),
        f64::from(state.stability),
        f64::from(state.difficulty),
        state.repetitions,
        state.lapses,
        state.last_quality
    ])?;
    Ok(())
}

fn text(at: Timestamp) -> String {
    at.to_string()
}
