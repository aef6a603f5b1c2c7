//! The catalog in memory, folded for searching: rebuilt when a tune or an override has changed, never stored. Beside it, where the tunes stand in
//! the current repertoire, and the order of the list that was asked for last, so that scrolling costs nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use super::schedule::{parse, parse_opt};
use super::{Store, tunes};
use crate::domain::ids::{PlaylistId, TuneId, UserId};
use crate::domain::listing::{
    Column, DueState, Facet, Facets, ListQuery, Place, Scope, Sorting, TuneLine, TunePage, Whose,
};
use crate::domain::order::Sort;
use crate::domain::search::{Fit, Query, Searchable, fold};
use crate::domain::sets::Rank;
use crate::domain::time::{LocalDay, Timestamp, Zone};
use crate::domain::tune::TuneFields;

/// At most so many lines a window.
const LONGEST_PAGE: u32 = 500;
/// At most so many tunes are named that go well after another.
const MOST_PARTNERS: usize = 8;

/// What lists are made of, as far as it is in memory.
#[derive(Default)]
pub(crate) struct Lists {
    index: Option<Index>,
    standing: Option<Standing>,
    asked: Option<Asked>,
}

impl Lists {
    /// A tune or an override changed.
    pub(crate) fn forget_tunes(&mut self) {
        *self = Lists::default();
    }

    /// Anything else changed that a line may show.
    pub(crate) fn forget_places(&mut self) {
        self.standing = None;
        self.asked = None;
    }
}

/// The list asked for last.
struct Asked {
    query: ListQuery,
    today: LocalDay,
    order: Vec<usize>,
    /// Without search and filters.
    of: usize,
}

/// All tunes a person can see, by title.
pub(crate) struct Index(Vec<Entry>);

pub(crate) struct Entry {
    pub(crate) id: TuneId,
    pub(crate) fields: TuneFields,
    pub(crate) whose: Whose,
    pub(crate) searchable: Searchable,
}

impl Index {
    fn build(conn: &Connection, user: UserId) -> Result<Self, StoreError> {
        let aliases = super::notes::aliases(conn, user)?;
        // The catalog's title stays findable where she has given the tune her own.
        let sql = format!(
            "select t.id, t.private_for is not null, o.id is not null, coalesce(t.title, ''), {} from tune t {}
             where not t.deleted and (t.private_for is null or t.private_for = ?1)",
            tunes::FIELDS,
            tunes::OVERRIDE
        );
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map([user.to_string()], |row| {
            let whose = match (row.get(1)?, row.get(2)?) {
                (true, _) => Whose::Private,
                (false, true) => Whose::Version,
                (false, false) => Whose::Catalog,
            };
            let other_title: String = if whose == Whose::Version { row.get(3)? } else { String::new() };
            let fields = tunes::fields(row, 4)?;
            let [kind, mode, incipit] =
                [&fields.kind, &fields.mode, &fields.incipit].map(|f| f.as_deref().unwrap_or_default());
            let id = parse(row, 0)?;
            let aliases = aliases.get(&id).map_or("", String::as_str);
            let others = [kind, mode, &other_title, aliases];
            let searchable = Searchable::new(fields.title.as_deref().unwrap_or_default(), incipit, &others);
            Ok(Entry { id, whose, fields, searchable })
        })?;
        let mut entries: Vec<Entry> = rows.collect::<Result<_, _>>()?;
        entries.put_in_order(|a, b| (&a.searchable.title, a.id).cmp(&(&b.searchable.title, b.id)));
        Ok(Index(entries))
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

const PLACES: &str =
    "select m.tune_ref, s.due, m.scheduled, m.learned, m.goal, s.practiced, s.last_quality, s.stability, s.lapses
     from playlist_tune m left join scheduling_state s on s.playlist_ref = m.playlist_ref and s.tune_ref = m.tune_ref";

fn read_place(row: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        due: parse_opt(row, 1)?,
        scheduled: parse_opt(row, 2)?,
        learned: parse_opt(row, 3)?,
        goal: row.get(4)?,
        last_played: parse_opt(row, 5)?,
        last_rating: row.get(6)?,
        stability: row.get(7)?,
        lapses: row.get(8)?,
    })
}

/// Where a tune stands in a repertoire; `None` if it is not in it.
pub(crate) fn place(conn: &Connection, playlist: PlaylistId, tune: TuneId) -> Result<Option<Place>, StoreError> {
    let sql = format!("{PLACES} where m.playlist_ref = ?1 and m.tune_ref = ?2 and not m.deleted");
    let found =
        conn.prepare_cached(&sql)?.query_row([playlist.to_string(), tune.to_string()], read_place).optional()?;
    Ok(found)
}

/// Where the tunes stand in a repertoire, and her tags on them.
struct Standing {
    playlist: Option<PlaylistId>,
    places: HashMap<TuneId, Place>,
    tags: HashMap<TuneId, Vec<String>>,
    /// The same, folded for searching.
    folded_tags: HashMap<TuneId, String>,
}

impl Standing {
    fn build(conn: &Connection, user: UserId, playlist: Option<PlaylistId>) -> Result<Self, StoreError> {
        let mut standing =
            Standing { playlist, places: HashMap::new(), tags: HashMap::new(), folded_tags: HashMap::new() };
        if let Some(playlist) = playlist {
            let sql = format!("{PLACES} where m.playlist_ref = ?1 and not m.deleted");
            let mut statement = conn.prepare_cached(&sql)?;
            let rows = statement.query_map([playlist.to_string()], |row| Ok((parse(row, 0)?, read_place(row)?)))?;
            standing.places = rows.collect::<Result<_, _>>()?;
        }
        let mut statement = conn.prepare_cached(
            "select tune_ref, tag_text from tag where user_ref = ?1 and not deleted order by lower(tag_text)",
        )?;
        let rows = statement.query_map([user.to_string()], |row| Ok((parse(row, 0)?, row.get(1)?)))?;
        for row in rows {
            let (tune, tag): (TuneId, String) = row?;
            let folded = standing.folded_tags.entry(tune).or_default();
            folded.push(' ');
            folded.push_str(&fold(&tag));
            standing.tags.entry(tune).or_default().push(tag);
        }
        Ok(standing)
    }

    fn tags(&self, tune: TuneId) -> &[String] {
        self.tags.get(&tune).map_or(&[], Vec::as_slice)
    }

    fn line(&self, entry: &Entry) -> TuneLine {
        TuneLine {
            id: entry.id,
            fields: entry.fields.clone(),
            whose: entry.whose,
            place: self.places.get(&entry.id).cloned(),
            tags: self.tags(entry.id).to_vec(),
        }
    }

    fn folded_tags(&self, tune: TuneId) -> &str {
        self.folded_tags.get(&tune).map_or("", String::as_str)
    }

    fn passes(&self, wanted: &ListQuery, today: &LocalDay, entry: &Entry) -> bool {
        let filters = &wanted.filters;
        let one_of = |values: &[String], value: &Option<String>| {
            values.is_empty() || value.as_ref().is_some_and(|value| values.contains(value))
        };
        one_of(&filters.kinds, &entry.fields.kind)
            && one_of(&filters.modes, &entry.fields.mode)
            && one_of(&filters.genres, &entry.fields.genre)
            && (filters.whose.is_empty() || filters.whose.contains(&entry.whose))
            && (filters.tags.is_empty() || self.tags(entry.id).iter().any(|tag| filters.tags.contains(tag)))
            && (filters.due.is_empty()
                || self.places.get(&entry.id).is_some_and(|p| filters.due.contains(&DueState::of(p.comes(), today))))
    }

    fn key(&self, column: Column, entry: &Entry) -> Option<Key> {
        let place = self.places.get(&entry.id);
        let text = |text: &Option<String>| text.as_deref().map(|text| Key::Text(fold(text)));
        let time = |at: Option<Timestamp>| at.map(|at| Key::Number(at.micros() as f64));
        let fields = &entry.fields;
        match column {
            Column::Title => Some(Key::Text(entry.searchable.title.clone())),
            Column::Kind => text(&fields.kind),
            Column::Mode => text(&fields.mode),
            Column::Structure => text(&fields.structure),
            Column::Incipit => text(&fields.incipit),
            Column::Genre => text(&fields.genre),
            Column::Whose => Some(Key::Number(f64::from(entry.whose as u8))),
            Column::Tags => self.tags.get(&entry.id).map(|tags| Key::Text(fold(&tags.join(" ")))),
            Column::Learned => time(place?.learned),
            Column::Goal => text(&place?.goal),
            Column::Scheduled => time(place?.scheduled),
            Column::LastPlayed => time(place?.last_played),
            Column::LastRating => Some(Key::Number(place?.last_rating? as f64)),
            Column::Due => time(place?.comes()),
            Column::Stability => Some(Key::Number(place?.stability?)),
            Column::Lapses => Some(Key::Number(place?.lapses? as f64)),
        }
    }

    /// The lines of a list, as places in the index.
    fn order(&self, index: &Index, wanted: &ListQuery, today: &LocalDay) -> (Vec<usize>, usize) {
        let text = Query::new(&wanted.text);
        let in_scope = |entry: &Entry| wanted.scope == Scope::Catalog || self.places.contains_key(&entry.id);
        let mut of = 0;
        let mut found = Vec::new();
        for (at, entry) in index.0.iter().enumerate().filter(|(_, entry)| in_scope(entry)) {
            of += 1;
            let fit = if text.is_empty() {
                Some(Fit::TitlePrefix)
            } else {
                text.fit(&entry.searchable, self.folded_tags(entry.id))
            };
            if let Some(fit) = fit.filter(|_| self.passes(wanted, today, entry)) {
                found.push((fit, at));
            }
        }
        let Sorting { column, descending } = wanted.sorting;
        if column != Column::Title {
            let mut keyed: Vec<_> = found.into_iter().map(|(_, at)| (self.key(column, &index.0[at]), at)).collect();
            keyed.put_in_order(|(a, _), (b, _)| match (a, b) {
                (Some(a), Some(b)) if descending => b.compare(a),
                (Some(a), Some(b)) => a.compare(b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            return (keyed.into_iter().map(|(_, at)| at).collect(), of);
        }
        if descending {
            found.reverse();
        }
        // The index is by title already: equals stay in that order.
        found.put_in_order_of(|(fit, _)| *fit);
        (found.into_iter().map(|(_, at)| at).collect(), of)
    }
}

enum Key {
    Text(String),
    Number(f64),
}

impl Key {
    fn compare(&self, other: &Key) -> Ordering {
        match (self, other) {
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
            (Key::Text(_), Key::Number(_)) => Ordering::Greater,
            (Key::Number(_), Key::Text(_)) => Ordering::Less,
        }
    }
}

impl Store {
    /// Runs `work` with the index.
    pub(crate) fn with_index<T>(&self, work: impl FnOnce(&Index) -> T) -> Result<T, StoreError> {
        let mut lists = self.lists.borrow_mut();
        let index = match lists.index.take() {
            Some(index) => index,
            None => Index::build(&self.conn, self.user())?,
        };
        Ok(work(lists.index.insert(index)))
    }

    fn with_list<T>(
        &self,
        query: &ListQuery,
        today: LocalDay,
        work: impl FnOnce(&Index, &Standing, &Asked) -> T,
    ) -> Result<T, StoreError> {
        let current = self.current_repertoire()?;
        let mut lists = self.lists.borrow_mut();
        let lists = &mut *lists;
        let index = match &mut lists.index {
            Some(index) => index,
            empty => empty.insert(Index::build(&self.conn, self.user())?),
        };
        let standing = match &mut lists.standing {
            Some(standing) if standing.playlist == current => standing,
            other => {
                lists.asked = None;
                other.insert(Standing::build(&self.conn, self.user(), current)?)
            }
        };
        let asked = match &mut lists.asked {
            Some(asked) if asked.query == *query && asked.today == today => asked,
            other => {
                let (order, of) = standing.order(index, query, &today);
                other.insert(Asked { query: query.clone(), today, order, of })
            }
        };
        Ok(work(index, standing, asked))
    }

    /// A window of a list of tunes.
    pub fn tune_window(
        &self,
        query: &ListQuery,
        offset: u32,
        limit: u32,
        now: Timestamp,
        zone: &impl Zone,
    ) -> Result<TunePage, StoreError> {
        self.with_list(query, LocalDay::containing(now, zone), |index, standing, asked| {
            let window = asked.order.iter().skip(offset as usize).take(limit.min(LONGEST_PAGE) as usize);
            let line = |at: &usize| standing.line(&index.0[*at]);
            TunePage { offset, tunes: window.map(line).collect(), total: asked.order.len() as u32, of: asked.of as u32 }
        })
    }

    /// The tunes of the current repertoire that go best after this one, of all there are.
    pub fn partners(&self, tune: TuneId, now: Timestamp, zone: &impl Zone) -> Result<Vec<TuneLine>, StoreError> {
        self.with_list(&ListQuery::all(Scope::Repertoire), LocalDay::containing(now, zone), |index, standing, asked| {
            let Some(first) = index.0.iter().find(|entry| entry.id == tune) else { return Vec::new() };
            let others = asked.order.iter().map(|at| &index.0[*at]).filter(|entry| entry.id != tune);
            let rank = |entry: &Entry| Rank::of(&first.fields, &entry.fields, standing.places.get(&entry.id));
            let mut ranked: Vec<(Rank, &Entry)> = others.filter_map(|entry| Some((rank(entry)?, entry))).collect();
            ranked.put_in_order(|(a, _), (b, _)| b.compare(a));
            ranked.into_iter().take(MOST_PARTNERS).map(|(_, entry)| standing.line(entry)).collect()
        })
    }

    /// All tunes of a list.
    pub fn listed_tunes(&self, query: &ListQuery, now: Timestamp, zone: &impl Zone) -> Result<Vec<TuneId>, StoreError> {
        self.with_list(query, LocalDay::containing(now, zone), |index, _, asked| {
            asked.order.iter().map(|at| index.0[*at].id).collect()
        })
    }

    /// The values that occur in a list without search and filters.
    pub fn facets(&self, scope: Scope, now: Timestamp, zone: &impl Zone) -> Result<Facets, StoreError> {
        self.with_list(&ListQuery::all(scope), LocalDay::containing(now, zone), |index, standing, asked| {
            let mut counts: [BTreeMap<&str, u32>; 4] = Default::default();
            for at in &asked.order {
                let entry = &index.0[*at];
                let TuneFields { kind, mode, genre, .. } = &entry.fields;
                for (count, value) in counts.iter_mut().zip([kind, mode, genre]) {
                    if let Some(value) = value {
                        *count.entry(value).or_default() += 1;
                    }
                }
                for tag in standing.tags(entry.id) {
                    *counts[3].entry(tag).or_default() += 1;
                }
            }
            let [kinds, modes, genres, tags] = counts.map(|counts| {
                counts.into_iter().map(|(value, count)| Facet { value: value.to_owned(), count }).collect::<Vec<_>>()
            });
            let frequent = |mut facets: Vec<Facet>| {
                facets.put_in_order_of(|facet| std::cmp::Reverse(facet.count));
                facets
            };
            Facets { kinds: frequent(kinds), modes: frequent(modes), genres: frequent(genres), tags }
        })
    }
}
