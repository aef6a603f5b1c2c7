//! The catalog in memory, folded for searching: rebuilt when a tune or an override has changed, never stored.

use rusqlite::Connection;

use super::error::StoreError;
use super::schedule::parse;
use super::{Store, repertoires, tunes};
use crate::domain::ids::{PlaylistId, TuneId, UserId};
use crate::domain::search::{Query, Searchable};
use crate::domain::tune::{TuneFields, TunePage, TuneSummary};

/// At most so many lines a page.
const LONGEST_PAGE: u32 = 500;

/// All tunes a person can see, by title.
pub(crate) struct Index(Vec<Entry>);

struct Entry {
    id: TuneId,
    fields: TuneFields,
    private: bool,
    searchable: Searchable,
}

impl Index {
    fn build(conn: &Connection, user: UserId) -> Result<Self, StoreError> {
        let sql = format!(
            "select t.id, t.private_for is not null, {} from tune t {} where not t.deleted and (t.private_for is null or t.private_for = ?1)",
            tunes::FIELDS,
            tunes::OVERRIDE
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map([user.to_string()], |row| {
            let fields = tunes::fields(row, 2)?;
            let others = [&fields.kind, &fields.mode, &fields.incipit].map(|f| f.as_deref().unwrap_or_default());
            let searchable = Searchable::new(fields.title.as_deref().unwrap_or_default(), &others);
            Ok(Entry { id: parse(row, 0)?, private: row.get(1)?, fields, searchable })
        })?;
        let mut entries: Vec<Entry> = rows.collect::<Result<_, _>>()?;
        entries.sort_by(|a, b| (&a.searchable.title, a.id).cmp(&(&b.searchable.title, b.id)));
        Ok(Index(entries))
    }

    /// What matches, the best first, equals by title.
    fn find(&self, query: &Query, wanted: impl Fn(TuneId) -> bool) -> Vec<&Entry> {
        if query.is_empty() {
            return self.0.iter().filter(|entry| wanted(entry.id)).collect();
        }
        let fitting = self.0.iter().filter_map(|entry| Some((query.fit(&entry.searchable)?, entry)));
        let mut found: Vec<_> = fitting.filter(|(_, entry)| wanted(entry.id)).collect();
        found.sort_by_key(|(fit, _)| *fit);
        found.into_iter().map(|(_, entry)| entry).collect()
    }
}

fn members(conn: &Connection, playlist: PlaylistId) -> Result<std::collections::HashSet<TuneId>, StoreError> {
    let mut statement =
        conn.prepare_cached("select tune_ref from playlist_tune where playlist_ref = ?1 and not deleted")?;
    let rows = statement.query_map([playlist.to_string()], |row| parse(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// Searches the catalog, or the current repertoire only; an empty text finds all.
    pub fn search_tunes(
        &self,
        text: &str,
        repertoire_only: bool,
        offset: u32,
        limit: u32,
    ) -> Result<TunePage, StoreError> {
        let current = self.current_repertoire()?;
        let only = match (repertoire_only, current) {
            (false, _) => None,
            (true, Some(playlist)) => Some(members(&self.conn, playlist)?),
            (true, None) => Some(Default::default()),
        };
        let mut index = self.index.borrow_mut();
        let index = match &mut *index {
            Some(index) => index,
            empty => empty.insert(Index::build(&self.conn, self.user())?),
        };
        let found = index.find(&Query::new(text), |tune| only.as_ref().is_none_or(|only| only.contains(&tune)));
        let page = found.iter().skip(offset as usize).take(limit.min(LONGEST_PAGE) as usize);
        let tunes = page.map(|entry| {
            let place = match current {
                Some(playlist) => repertoires::place(&self.conn, playlist, entry.id)?,
                None => None,
            };
            Ok(TuneSummary {
                id: entry.id,
                fields: entry.fields.clone(),
                private: entry.private,
                in_repertoire: place.is_some(),
                due: place.flatten(),
            })
        });
        Ok(TunePage { tunes: tunes.collect::<Result<_, StoreError>>()?, total: found.len() as u32 })
    }
}
