//! Her tunes as a list to take away.

use std::collections::{BTreeMap, HashSet};

use rusqlite::params;

use super::Store;
use super::error::StoreError;
use super::schedule::{parse, parse_opt};
use super::tunes::{FIELDS, OVERRIDE, fields};
use crate::domain::ids::TuneId;
use crate::domain::order::Sort;
use crate::domain::tune_list::{ListedTune, Which};

impl Store {
    /// Those tunes by title, with what she did with them in the current repertoire, or (unless that is asked for) in all of them.
    pub fn list_tunes(&self, which: &Which) -> Result<Vec<ListedTune>, StoreError> {
        let all = *which != Which::Repertoire;
        let (chosen, any) = match which {
            Which::Chosen(tunes) => (tunes.iter().copied().collect::<HashSet<TuneId>>(), true),
            _ => (HashSet::new(), false),
        };
        let user = self.user().to_string();
        let current = self.current_repertoire()?.map(|playlist| playlist.to_string());
        let mut tunes: BTreeMap<TuneId, ListedTune> = BTreeMap::new();
        let sql = format!(
            "select t.id, t.private_for is not null, {FIELDS} from tune t {OVERRIDE}
             where not t.deleted and (t.private_for is null or t.private_for = ?1) and (
               exists (select 1 from playlist_tune m join playlist p on p.id = m.playlist_ref
                       where m.tune_ref = t.id and p.user_ref = ?1 and not m.deleted and not p.deleted and (?2 or p.id = ?3))
               or ?2 and t.private_for = ?1 or ?4)"
        );
        let mut statement = self.conn().prepare(&sql)?;
        let mut rows = statement.query(params![user, all, current, any])?;
        while let Some(row) = rows.next()? {
            let id = parse(row, 0)?;
            if any && !chosen.contains(&id) {
                continue;
            }
            let tune = ListedTune { private: row.get(1)?, fields: fields(row, 2)?, ..ListedTune::default() };
            tunes.insert(id, tune);
        }
        let sql = "select m.tune_ref, coalesce(nullif(trim(p.name), ''), i.instrument, 'Repertoire') as shown, m.learned,
               s.repetitions, s.practiced, s.due, m.goal
             from playlist_tune m join playlist p on p.id = m.playlist_ref left join instrument i on i.id = p.instrument_ref
             left join scheduling_state s on s.playlist_ref = p.id and s.tune_ref = m.tune_ref
             where p.user_ref = ?1 and not m.deleted and not p.deleted and (?2 or p.id = ?3) order by lower(shown), p.id";
        let mut statement = self.conn().prepare(sql)?;
        let mut rows = statement.query(params![user, all, current])?;
        while let Some(row) = rows.next()? {
            let Some(tune) = tunes.get_mut(&parse(row, 0)?) else { continue };
            tune.repertoires.push(row.get(1)?);
            tune.learned = earlier(tune.learned, parse_opt(row, 2)?);
            tune.practised += row.get::<_, Option<u32>>(3)?.unwrap_or(0);
            tune.last_practised = tune.last_practised.max(parse_opt(row, 4)?);
            tune.due = earlier(tune.due, parse_opt(row, 5)?);
            tune.goal = tune.goal.take().or(row.get(6)?);
        }
        let sql = "select tune_ref, tag_text from tag where user_ref = ?1 and not deleted order by lower(tag_text)";
        self.collect(sql, &user, &mut tunes, |tune| &mut tune.tags)?;
        let sql = "select tune_ref, note_text from note where user_ref = ?1 and not deleted and note_text is not null order by created_date, id";
        self.collect(sql, &user, &mut tunes, |tune| &mut tune.notes)?;
        let sql = "select tune_ref, url from reference where user_ref = ?1 and not deleted order by coalesce(favorite, 0) desc, id";
        self.collect(sql, &user, &mut tunes, |tune| &mut tune.links)?;
        let title = |tune: &ListedTune| tune.fields.title.as_deref().unwrap_or_default().to_lowercase();
        let mut tunes: Vec<_> = tunes.into_values().map(|tune| (title(&tune), tune)).collect();
        tunes.put_in_order(|(a, _), (b, _)| a.cmp(b));
        Ok(tunes.into_iter().map(|(_, tune)| tune).collect())
    }

    /// Reads texts of tunes (columns: tune, text; parameter: the person) into the place they have.
    fn collect(
        &self,
        sql: &str,
        user: &str,
        tunes: &mut BTreeMap<TuneId, ListedTune>,
        place: fn(&mut ListedTune) -> &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let mut statement = self.conn().prepare(sql)?;
        let mut rows = statement.query([user])?;
        while let Some(row) = rows.next()? {
            if let Some(tune) = tunes.get_mut(&parse(row, 0)?) {
                place(tune).push(row.get(1)?);
            }
        }
        Ok(())
    }
}

fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
