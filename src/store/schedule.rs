//! `scheduling_state`: the fold over a tune's practice records in one repertoire, kept so that queues need not fold.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::schema::Table;
use crate::domain::ids::{PlaylistId, PlaylistTuneId, TuneId};
use crate::domain::scheduling::{
    self, Algorithm, Goal, Manner, Phase, Record, ScheduleState, Scheduler, SchedulerPrefs, Sm2, Stored, Technique,
};
use crate::domain::time::Timestamp;

/// Does the schedule of every tune follow from rows of that table, too? (From practice records follows that of their own tune.)
pub(super) const fn follows_from(table: Table) -> bool {
    matches!(table, Table::PrefsSpacedRepetition | Table::Playlist | Table::UserProfile)
}

/// The settings of the person who owns `playlist`. Which algorithm: what the repertoire says, else the person, else FSRS.
pub(crate) fn prefs(conn: &Connection, playlist: PlaylistId) -> Result<SchedulerPrefs, StoreError> {
    let found = conn
        .prepare_cached(
            "select coalesce(nullif(trim(p.sr_alg_type), ''), u.sr_alg_type), p.user_ref
             from playlist p left join user_profile u on u.id = p.user_ref where p.id = ?1",
        )?
        .query_row([playlist.to_string()], |row| {
            let algorithm: Option<String> = row.get(0)?;
            Ok((Algorithm::from_stored(algorithm.as_deref()), row.get::<_, String>(1)?))
        })
        .optional()?;
    match found {
        Some((algorithm, user)) => prefs_of(conn, &user, algorithm),
        None => Ok(SchedulerPrefs::default()),
    }
}

/// The settings of `user` where that algorithm decides. FSRS keeps its memory beneath SM2, so its row counts either way.
pub(crate) fn prefs_of(conn: &Connection, user: &str, algorithm: Algorithm) -> Result<SchedulerPrefs, StoreError> {
    let mut statement = conn.prepare_cached(
        "select fsrs_weights, request_retention, maximum_interval, learning_steps, relearning_steps, enable_fuzzing
         from prefs_spaced_repetition where alg_type = ?1 and not deleted and user_id = ?2",
    )?;
    let mut read = |algorithm: Algorithm| {
        let columns = |row: &rusqlite::Row<'_>| {
            Ok(Stored {
                weights: row.get(0)?,
                retention: row.get(1)?,
                maximum_interval: row.get(2)?,
                learning_steps: row.get(3)?,
                relearning_steps: row.get(4)?,
                fuzz: row.get(5)?,
            })
        };
        statement.query_row(params![algorithm.stored(), user], columns).optional()
    };
    let mut stored = read(Algorithm::Fsrs)?.unwrap_or_default();
    if algorithm == Algorithm::Sm2 {
        stored.maximum_interval =
            read(Algorithm::Sm2)?.and_then(|own| own.maximum_interval).or(stored.maximum_interval);
    }
    Ok(SchedulerPrefs::from_stored(algorithm, &stored))
}

/// The scheduler of the person who owns `playlist`, with her settings.
pub fn scheduler(conn: &Connection, playlist: PlaylistId) -> Result<Scheduler, StoreError> {
    Ok(Scheduler::new(&prefs(conn, playlist)?))
}

/// The records of a tune that count.
pub(super) fn records(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Vec<Record>, StoreError> {
    let mut statement = conn.prepare_cached(
        "select id, practiced, quality, easiness, \"interval\", due, goal, technique, state from practice_record
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
            manner: manner(row, 6)?,
            through_steps: row.get::<_, Option<i64>>(8)? == Some(Phase::Review as i64),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Goal and technique from two columns.
pub(crate) fn manner(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Manner> {
    let goal = row.get_ref(index)?.as_str_or_null()?;
    let technique = row.get_ref(index + 1)?.as_str_or_null()?;
    Ok(Manner { goal: Goal::from_stored(goal), technique: Technique::from_stored(technique) })
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
    state_by(&mut scheduler(conn, playlist)?, conn, playlist, tune)
}

/// The same, with a scheduler at hand; it is turned to that tune.
pub(crate) fn state_by(
    scheduler: &mut Scheduler,
    conn: &Connection,
    playlist: PlaylistId,
    tune: TuneId,
) -> Result<Option<ScheduleState>, StoreError> {
    let records = records(conn, playlist, tune)?;
    Ok(scheduler.turn_to(PlaylistTuneId::of(playlist, tune)).fold(&records))
}

/// Where it stood before `at`.
pub fn state_before(
    conn: &Connection,
    playlist: PlaylistId,
    tune: TuneId,
    at: Timestamp,
) -> Result<Option<ScheduleState>, StoreError> {
    let mut earlier = records(conn, playlist, tune)?;
    earlier.retain(|record| record.practiced < at);
    Ok(scheduler(conn, playlist)?.turn_to(PlaylistTuneId::of(playlist, tune)).fold(&earlier))
}

/// Recomputes the stored state of one tune in one repertoire. Call it in the transaction that changed its practice records.
pub fn recompute(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<(), StoreError> {
    store(conn, playlist, tune, state(conn, playlist, tune)?)
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

/// Recomputes the states of one repertoire: after another algorithm was chosen for it.
pub(super) fn recompute_repertoire(conn: &Connection, playlist: PlaylistId) -> Result<(), StoreError> {
    let sql = "select distinct tune_ref from practice_record where playlist_ref = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let tunes = statement.query_map([playlist.to_string()], |row| Ok((playlist, parse(row, 0)?)))?;
    let pairs: Vec<(PlaylistId, TuneId)> = tunes.collect::<Result<_, _>>()?;
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
        if let Some((_, scheduler)) = &mut known {
            store(conn, playlist, tune, state_by(scheduler, conn, playlist, tune)?)?;
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
