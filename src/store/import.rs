//! Tunes from elsewhere: what of them is here already, and writing them down, all in one transaction.

use std::collections::HashMap;

use super::edit::Edit;
use super::error::StoreError;
use super::schema::Table;
use super::{Store, notes, queue, references, repertoires, tags, tunes};
use crate::domain::ids::{NoteId, PlaylistId, TuneId};
use crate::domain::import::{Decision, Imported, Incoming, Known, Offer, Preview, Source, of_table};
use crate::domain::listing::{ListQuery, Scope};
use crate::domain::reference::{ReferenceDraft, ReferenceKind};
use crate::domain::search::Searchable;
use crate::domain::the_session::{SessionSearch, SessionTune, tune_number};
use crate::domain::time::{Timestamp, Zone};
use crate::domain::{abc_book, csv, starter};
use crate::row;

/// At most so many tunes at once, and so many bytes of text.
const MOST: usize = 2_000;
const LONGEST: usize = 4_000_000;

fn not_understood(error: serde_json::Error) -> StoreError {
    StoreError::Invalid(format!("What The Session answered was not understood: {error}"))
}

/// Number, title and kind of what a search at The Session found.
pub fn session_search(json: &str) -> Result<Vec<(u64, String, String)>, StoreError> {
    Ok(serde_json::from_str::<SessionSearch>(json).map_err(not_understood)?.found())
}

/// The tunes of a source.
fn read(source: &Source) -> Result<(Vec<Incoming>, Preview), StoreError> {
    let mut preview = Preview::default();
    let tunes = match source {
        Source::Abc(text) | Source::Csv { text, .. } | Source::Session(text) if text.len() > LONGEST => {
            return Err(StoreError::Invalid("This file is too large. Split it into several.".to_owned()));
        }
        Source::Abc(text) => {
            let tunes: Vec<Incoming> = abc_book::tunes(text).into_iter().map(Incoming::from).collect();
            if tunes.is_empty() {
                preview.problems.push("No tune was found: each needs a key (K:) and notes.".to_owned());
            }
            tunes
        }
        Source::Csv { text, meanings } => {
            let lines = csv::read(text);
            let heads = lines.first().cloned().unwrap_or_default();
            let meanings = if meanings.len() == heads.len() { meanings.clone() } else { csv::guess(&heads) };
            let (tunes, problems) = of_table(&lines, &meanings);
            preview.problems = problems;
            preview.columns = heads.into_iter().zip(meanings).collect();
            tunes
        }
        Source::Session(json) => serde_json::from_str::<SessionTune>(json).map_err(not_understood)?.incoming(),
        Source::Starter => starter::tunes(),
    };
    Ok((tunes, preview))
}

impl Store {
    /// What a source has, and which of it is here already. Writes nothing.
    pub fn preview_import(&self, now: Timestamp, zone: &impl Zone, source: &Source) -> Result<Preview, StoreError> {
        let (mut tunes, mut preview) = read(source)?;
        if tunes.len() > MOST {
            preview.problems.push(format!("Only the first {MOST} tunes are shown. Import the rest afterwards."));
            tunes.truncate(MOST);
        }
        for tune in tunes.iter_mut().filter(|tune| tune.fields.title.is_none()) {
            tune.fields.title = Some("Gan ainm".to_owned());
        }
        let here = self.listed_tunes(&ListQuery::all(Scope::Repertoire), now, zone)?;
        let mut statement = self.conn.prepare_cached(
            "select url, tune_ref from reference where user_ref = ?1 and not deleted and url like '%thesession.org/tunes/%'",
        )?;
        let linked = statement.query_map([self.user().to_string()], |row| {
            Ok((row.get::<_, String>(0)?, super::schedule::parse::<TuneId>(row, 1)?))
        })?;
        let mut by_number = HashMap::new();
        for found in linked {
            let (url, tune) = found?;
            if let Some(number) = tune_number(&url) {
                by_number.insert(number, tune);
            }
        }
        let offers = self.with_index(|index| {
            let mut by_title: HashMap<&str, Vec<usize>> = HashMap::new();
            let mut by_id = HashMap::new();
            for (at, entry) in index.entries().iter().enumerate() {
                by_title.entry(&entry.searchable.title).or_default().push(at);
                by_id.insert(entry.id, at);
            }
            let known = |incoming: &Incoming| {
                let number = incoming.link.as_deref().and_then(tune_number);
                let linked = number.and_then(|number| by_id.get(by_number.get(&number)?)).copied();
                let titled = || {
                    let title = Searchable::new(incoming.fields.title.as_deref().unwrap_or_default(), &[]).title;
                    let same = by_title.get(title.as_str()).filter(|_| title != "gan ainm")?;
                    let kinds = |at: &&usize| {
                        let (a, b) = (&index.entries()[**at].fields.kind, &incoming.fields.kind);
                        a.is_none() || b.is_none() || a == b
                    };
                    let fitting: Vec<usize> = same.iter().filter(kinds).copied().collect();
                    // Of several, the one she plays.
                    let played = fitting.iter().find(|at| here.contains(&index.entries()[**at].id));
                    played.or(fitting.first()).copied()
                };
                let entry = &index.entries()[linked.or_else(titled)?];
                Some(Known {
                    tune: entry.id,
                    fields: entry.fields.clone(),
                    whose: entry.whose,
                    in_repertoire: here.contains(&entry.id),
                })
            };
            tunes.into_iter().map(|incoming| Offer { known: known(&incoming), incoming }).collect()
        })?;
        preview.offers = offers;
        Ok(preview)
    }

    /// Writes down what was decided: all of it or nothing. With a repertoire, the tunes go into it.
    pub fn import(
        &mut self,
        now: Timestamp,
        zone: &impl Zone,
        items: &[(Incoming, Decision)],
    ) -> Result<Imported, StoreError> {
        if items.len() > MOST {
            return Err(StoreError::Invalid(format!("At most {MOST} tunes at once.")));
        }
        self.edit(now, |edit| {
            let playlist = repertoires::current(edit.conn(), edit.user())?;
            let mut done = Imported::default();
            for (incoming, decision) in items {
                match decision {
                    Decision::Skip => {}
                    Decision::Use(tune) => {
                        tunes::require(edit.conn(), edit.user(), *tune)?;
                        if let Some(playlist) = playlist
                            && repertoires::join(edit, playlist, *tune)?
                        {
                            done.joined.push(*tune);
                        }
                    }
                    Decision::Make => done.made.push(make(edit, playlist, incoming)?),
                }
            }
            if let Some(playlist) = playlist {
                let all: Vec<TuneId> = done.made.iter().chain(&done.joined).copied().collect();
                queue::admit(edit, playlist, &all, now, zone)?;
            }
            Ok(done)
        })
    }
}

/// Writes one tune down with all that came along.
fn make(edit: &mut Edit<'_>, playlist: Option<PlaylistId>, incoming: &Incoming) -> Result<TuneId, StoreError> {
    let fields = tunes::cleaned(&incoming.fields);
    tunes::check(edit.conn(), &fields)?;
    let tune = tunes::insert(edit, &fields, playlist)?;
    if let Some(playlist) = playlist {
        repertoires::join(edit, playlist, tune)?;
    }
    for tag in &incoming.tags {
        tags::put(edit, tune, tag)?;
    }
    if let Some(url) = &incoming.link {
        let draft = ReferenceDraft {
            url: url.clone(),
            kind: ReferenceKind::guess(url),
            title: String::new(),
            comment: String::new(),
            favorite: false,
        };
        references::write(edit, tune, None, &draft)?;
    }
    let mut aliases: Vec<&str> = incoming.aliases.iter().map(|alias| alias.trim()).filter(|a| !a.is_empty()).collect();
    aliases.truncate(40);
    let aliases = (!aliases.is_empty()).then(|| format!("<p>{}{}</p>", notes::ALIASES, escaped(&aliases.join("; "))));
    let abc = incoming.abc.as_deref().map(|abc| format!("<pre>{}</pre>", escaped(abc.trim())));
    let note = incoming.note.as_deref().map(|note| format!("<p>{}</p>", escaped(note)));
    for html in [aliases, abc, note].into_iter().flatten() {
        let columns = row! {
            "id": NoteId(edit.new_id()).to_string(), "user_ref": edit.user().to_string(), "tune_ref": tune.to_string(),
            "created_date": edit.stamp().to_string(), "note_text": html, "public": 0,
        };
        edit.insert(Table::Note, columns)?;
    }
    Ok(tune)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
