//! What the analysis and the practice history are made of: every rating, read once and in few bytes; the places; pages of the history.

use std::collections::HashMap;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Row, params, params_from_iter};
use uuid::Uuid;

use super::error::StoreError;
use super::schedule::{parse, parse_opt};
use super::{Store, tunes};
use crate::domain::analysis::{
    Analysis, HistoryLine, HistoryPage, HistoryQuery, Measures, PlaceStanding, Placed, Rated, analyse, csv_head,
};
use crate::domain::ids::PlaylistId;
use crate::domain::order::Sort;
use crate::domain::scheduling::meaning;
use crate::domain::search::Query;
use crate::domain::time::{LocalDay, Timestamp, Zone};

/// The longest page of the history.
const LONGEST_PAGE: u32 = 200;
/// The ratings that count, in one repertoire or (null) in all. As in the index `practice_record_history_idx`, which has all that is read of most;
/// nobody's but hers are in her database. `?1` is her id, for what is joined.
const COUNTED: &str = "?1 <> '' and (?2 is null or r.playlist_ref = ?2) and r.deleted = 0
    and r.practiced is not null and r.quality is not null";
/// The latest first. No two ratings have all three alike.
const LATEST: &str = "order by r.practiced desc, r.tune_ref desc, r.playlist_ref desc";
/// How it went, 1–4: as `scheduling::meaning` has it.
const RATING: &str = "case when r.quality <= 1 then 1 when r.easiness is null then min(r.quality, 4)
    when r.quality <= 3 then 2 when r.quality = 4 then 3 else 4 end";

impl Store {
    /// What her practice adds up to, in one repertoire or in all.
    pub fn analysis(
        &self,
        playlist: Option<PlaylistId>,
        now: Timestamp,
        zone: &impl Zone,
    ) -> Result<Analysis, StoreError> {
        let ratings = self.ratings(playlist)?;
        let places = self.places(playlist)?;
        let (scheduler, practice) = (self.scheduler_prefs()?, self.practice_days()?);
        let measures = Measures { scheduler: &scheduler, practice: &practice };
        Ok(analyse(&ratings, &places, measures, now, zone))
    }

    /// All ratings in the order of their time.
    fn ratings(&self, playlist: Option<PlaylistId>) -> Result<Vec<Rated>, StoreError> {
        let sql = format!(
            "select r.practiced, r.playlist_ref, r.tune_ref, r.quality, r.easiness is not null, r.state, r.step, r.\"interval\"
             from practice_record r where {COUNTED}"
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let mut rows = statement.query(params![self.user().to_string(), playlist.map(|id| id.to_string())])?;
        let mut numbers: HashMap<(Uuid, Uuid), u32> = HashMap::new();
        let mut ratings = Vec::new();
        while let Some(row) = rows.next()? {
            let next = numbers.len() as u32;
            let place = *numbers.entry((uuid(row, 1)?, uuid(row, 2)?)).or_insert(next);
            let (state, step): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
            ratings.push(Rated {
                at: instant(row, 0)?,
                place,
                rating: meaning(row.get(3)?, row.get(4)?),
                // Known at the last rating, or without steps: in the schedule. Ratings of the old SM2 say neither.
                learning: matches!(state, Some(1 | 3)) && step.is_some(),
                interval: row.get::<_, Option<i64>>(7)?.map_or(0, |days| days.clamp(0, 36_500) as u32),
            });
        }
        ratings.put_in_order_of(|rated| (rated.at, rated.place));
        Ok(ratings)
    }

    fn places(&self, playlist: Option<PlaylistId>) -> Result<Vec<Placed>, StoreError> {
        let sql = format!(
            "select t.id, m.scheduled, s.practiced, s.due, s.stability, nullif(coalesce(o.title, t.title), ''),
               nullif(coalesce(o.type, t.type), '')
             from playlist p join playlist_tune m on m.playlist_ref = p.id and not m.deleted
             join tune t on t.id = m.tune_ref and not t.deleted {}
             left join scheduling_state s on s.playlist_ref = m.playlist_ref and s.tune_ref = m.tune_ref
             where p.user_ref = ?1 and not p.deleted and (?2 is null or p.id = ?2)",
            tunes::OVERRIDE
        );
        let mut statement = self.conn().prepare_cached(&sql)?;
        let read = |row: &Row<'_>| {
            let standing = match (parse_opt(row, 2)?, parse_opt(row, 3)?, row.get::<_, Option<f64>>(4)?) {
                (Some(practiced), Some(due), stability) => {
                    Some(PlaceStanding { practiced, due, stability: stability.unwrap_or_default() as f32 })
                }
                _ => None,
            };
            let scheduled = parse_opt(row, 1)?;
            Ok(Placed { tune: parse(row, 0)?, title: row.get(5)?, kind: row.get(6)?, scheduled, standing })
        };
        let rows = statement.query_map(params![self.user().to_string(), playlist.map(|id| id.to_string())], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A page of the practice history, the latest first.
    pub fn history(
        &self,
        query: &HistoryQuery,
        offset: u32,
        limit: u32,
        zone: &impl Zone,
    ) -> Result<HistoryPage, StoreError> {
        let narrowed = self.narrowed(query, zone)?;
        let count = format!("select count(*) from practice_record r where {}", narrowed.clause);
        let total = self
            .conn()
            .prepare_cached(&count)?
            .query_row(params_from_iter(&narrowed.values), |row| row.get::<_, u32>(0))?;
        let mut lines = Vec::new();
        self.each_line(&narrowed, offset, limit.min(LONGEST_PAGE), |line| lines.push(line))?;
        Ok(HistoryPage { offset, lines, total })
    }

    /// All of it as a table for other programs (CSV).
    pub fn history_table(&self, query: &HistoryQuery, zone: &impl Zone) -> Result<String, StoreError> {
        let narrowed = self.narrowed(query, zone)?;
        let mut out = csv_head();
        self.each_line(&narrowed, 0, u32::MAX, |line| line.push_csv(&mut out, zone))?;
        Ok(out)
    }

    fn narrowed(&self, query: &HistoryQuery, zone: &impl Zone) -> Result<Narrowed, StoreError> {
        let text = |text: String| Value::Text(text);
        let playlist = query.playlist.map_or(Value::Null, |id| text(id.to_string()));
        let mut narrowed =
            Narrowed { clause: COUNTED.to_owned(), values: vec![text(self.user().to_string()), playlist] };
        if let Some(from) = query.from {
            narrowed.and("r.practiced >= ?", text(LocalDay::of(from, zone).start.to_string()));
        }
        if let Some(to) = query.to {
            narrowed.and("r.practiced < ?", text(LocalDay::of(to, zone).end.to_string()));
        }
        if !query.ratings.is_empty() {
            let wanted: Vec<i64> = query.ratings.iter().map(|rating| rating.quality()).collect();
            let wanted = serde_json::to_string(&wanted).unwrap_or_default();
            narrowed.and(&format!("{RATING} in (select value from json_each(?))"), text(wanted));
        }
        let words = Query::new(&query.text);
        if !words.is_empty() {
            let fitting: Vec<String> = self.with_index(|index| {
                let fits = index.entries().iter().filter(|entry| words.fit(&entry.searchable, "").is_some());
                fits.map(|entry| entry.id.to_string()).collect()
            })?;
            let fitting = serde_json::to_string(&fitting).unwrap_or_default();
            narrowed.and("r.tune_ref in (select value from json_each(?))", text(fitting));
        }
        Ok(narrowed)
    }

    fn each_line(
        &self,
        narrowed: &Narrowed,
        offset: u32,
        limit: u32,
        mut with: impl FnMut(HistoryLine),
    ) -> Result<(), StoreError> {
        // A page is chosen before anything is joined to it.
        let chosen = match limit {
            u32::MAX => narrowed.clause.clone(),
            limit => format!(
                "r.rowid in (select r.rowid from practice_record r where {} {LATEST} limit {limit} offset {offset})",
                narrowed.clause
            ),
        };
        let sql = format!(
            "select r.id, r.tune_ref, nullif(coalesce(o.title, t.title), ''), coalesce(nullif(trim(p.name), ''), i.instrument, 'Repertoire'),
               r.practiced, r.quality, r.easiness is not null, r.\"interval\", r.due, r.stability, r.goal, r.technique
             from practice_record r left join tune t on t.id = r.tune_ref {}
             left join playlist p on p.id = r.playlist_ref left join instrument i on i.id = p.instrument_ref
             where {chosen} {LATEST}",
            tunes::OVERRIDE
        );
        let mut statement = self.conn().prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(&narrowed.values))?;
        while let Some(row) = rows.next()? {
            let (quality, sm2): (i64, bool) = (row.get(5)?, row.get(6)?);
            with(HistoryLine {
                id: parse(row, 0)?,
                tune: parse(row, 1)?,
                title: row.get(2)?,
                repertoire: row.get(3)?,
                practiced: instant(row, 4)?,
                rating: meaning(quality, sm2),
                sm2: sm2.then_some(quality),
                interval: row.get(7)?,
                due: parse_opt(row, 8)?,
                stability: row.get(9)?,
                goal: row.get(10)?,
                technique: row.get(11)?,
            });
        }
        Ok(())
    }
}

/// What the history is narrowed to.
struct Narrowed {
    clause: String,
    values: Vec<Value>,
}

impl Narrowed {
    /// Adds a condition; its `?` is the value.
    fn and(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        self.clause += " and ";
        self.clause += &condition.replace('?', &format!("?{}", self.values.len()));
    }
}

/// A text column without a copy of it.
fn read<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    match row.get_ref(index)? {
        ValueRef::Text(text) => {
            let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            parsed.map_or_else(|| parse(row, index), Ok)
        }
        _ => parse(row, index),
    }
}

fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    read(row, index)
}

fn instant(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    read(row, index)
}
