//! Tunes from elsewhere: what of them is here already, and writing them down, all in one transaction.

use std::collections::HashMap;

use super::edit::Edit;
use super::error::StoreError;
use super::schema::Table;
use super::{Store, queue, references, repertoires, tags, tunes};
use crate::domain::abc_book::{self, LeftOut};
use crate::domain::articles::parted;
use crate::domain::csv::{self, Meaning};
use crate::domain::ids::{NoteId, PlaylistId, PlaylistTuneId, TuneId};
use crate::domain::import::{Decision, Imported, Incoming, Known, Offer, Preview, Source, of_table, repeated};
use crate::domain::listing::{ListQuery, Scope};
use crate::domain::reference::{ReferenceDraft, ReferenceKind};
use crate::domain::the_session::{SessionSearch, SessionTune, tune_number};
use crate::domain::time::{Timestamp, Zone};
use crate::domain::{note_text, other_titles, starter};
use crate::row;

/// At most so many tunes are looked at, so many written down at once, and so many bytes of text read.
const MOST_SEEN: usize = 20_000;
const MOST: usize = 2_000;
const LONGEST: usize = 32_000_000;
/// What one tune may bring along.
const MOST_ALIASES: usize = 40;
const MOST_LINKS: usize = 20;
const MOST_NOTES: usize = 20;

fn not_understood(error: serde_json::Error) -> StoreError {
    StoreError::Invalid(format!("What The Session answered was not understood: {error}"))
}

/// Number, title and kind of what a search at The Session found.
pub fn session_search(json: &str) -> Result<Vec<(u64, String, String)>, StoreError> {
    Ok(serde_json::from_str::<SessionSearch>(json).map_err(not_understood)?.found())
}

/// The tunes of a table; what its columns mean goes by its heads unless `meanings` fit them.
fn read_table(text: &str, meanings: &[Option<Meaning>], preview: &mut Preview) -> Vec<Incoming> {
    let lines = csv::read(text);
    let heads = lines.first().cloned().unwrap_or_default();
    let meanings = if meanings.len() == heads.len() { meanings.to_vec() } else { csv::guess(&heads) };
    let (tunes, problems) = of_table(&lines, &meanings);
    preview.left_out = (lines.len().saturating_sub(1) - tunes.len()) as u32;
    preview.problems = problems;
    preview.columns = heads.into_iter().zip(meanings).collect();
    tunes
}

/// The tunes of a source.
fn read(source: &Source) -> Result<(Vec<Incoming>, Preview), StoreError> {
    let mut preview = Preview::default();
    let tunes = match source {
        Source::Abc(text) | Source::Csv { text, .. } | Source::Session(text) if text.len() > LONGEST => {
            return Err(StoreError::Invalid("This file is too large. Split it into several.".to_owned()));
        }
        // Whoever takes a table for a book means what is in it; its columns tell the page what it is.
        Source::Abc(text) if csv::is_table(text) => {
            let tunes = read_table(text, &[], &mut preview);
            preview.problems.insert(0, "This is a table, and is read as one.".to_owned());
            tunes
        }
        Source::Abc(text) => {
            let (tunes, left_out) = abc_book::read(text);
            preview.left_out = left_out.len() as u32;
            preview.problems = left_out.iter().map(LeftOut::words).collect();
            if tunes.is_empty() && left_out.is_empty() {
                preview.problems.push("No tune was found: each needs a key (K:) and notes.".to_owned());
            }
            tunes.into_iter().map(Incoming::from).collect()
        }
        Source::Csv { text, meanings } => read_table(text, meanings, &mut preview),
        Source::Session(json) => {
            let tune: SessionTune = serde_json::from_str(json).map_err(not_understood)?;
            let (left_out, tunes) = (tune.left_out(), tune.clone().incoming());
            if left_out > 0 {
                let words = format!(
                    "The Session has {left_out} more settings of this tune. Take the ABC of another from its page there."
                );
                preview.problems.push(words);
            }
            tunes
        }
        Source::Starter => starter::tunes(),
    };
    Ok((tunes, preview))
}

impl Store {
    /// What a source has, and which of it is here already. Writes nothing.
    pub fn preview_import(&self, now: Timestamp, zone: &impl Zone, source: &Source) -> Result<Preview, StoreError> {
        let (mut tunes, mut preview) = read(source)?;
        if tunes.len() > MOST_SEEN {
            let beyond = tunes.len() - MOST_SEEN;
            preview
                .problems
                .push(format!("The last {beyond} tunes are left out: {MOST_SEEN} come in at most at once."));
            tunes.truncate(MOST_SEEN);
        }
        for tune in tunes.iter_mut().filter(|tune| tune.fields.title.is_none()) {
            tune.fields.title = Some("Gan ainm".to_owned());
        }
        // Of The Session they are settings of one tune, told apart by their notes.
        let again = match source {
            Source::Session(_) => vec![false; tunes.len()],
            _ => repeated(&tunes),
        };
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
                let numbers = incoming.links.iter().filter_map(|link| tune_number(link));
                let linked = numbers.filter_map(|number| by_id.get(by_number.get(&number)?)).copied().next();
                let titled = || {
                    let title = parted(incoming.fields.title.as_deref().unwrap_or_default()).0;
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
            let offer = |(incoming, again)| Offer { known: known(&incoming), incoming, again };
            tunes.into_iter().zip(again).map(offer).collect()
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
                    Decision::Make => done.made.push(make(edit, playlist, incoming, zone)?),
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
fn make(
    edit: &mut Edit<'_>,
    playlist: Option<PlaylistId>,
    incoming: &Incoming,
    zone: &impl Zone,
) -> Result<TuneId, StoreError> {
    let mut fields = tunes::cleaned(&incoming.fields);
    // A genre that another program made up is no reason to leave the tune outside.
    fields[5] = fields[5].filter(|genre| tunes::check_genre(edit.conn(), Some(genre)).is_ok());
    tunes::check(edit.conn(), &fields)?;
    let tune = tunes::insert(edit, &fields, playlist)?;
    if let Some(playlist) = playlist {
        repertoires::join(edit, playlist, tune)?;
        if incoming.goal.is_some() || incoming.learned.is_some() {
            let learned = incoming.learned.map(|day| zone.start_of(day).to_string());
            let known = row! { "goal": incoming.goal.as_deref(), "learned": learned };
            edit.update(Table::PlaylistTune, PlaylistTuneId::of(playlist, tune), known)?;
        }
    }
    for tag in &incoming.tags {
        tags::put(edit, tune, tag)?;
    }
    for url in incoming.links.iter().take(MOST_LINKS) {
        let draft = ReferenceDraft {
            url: url.clone(),
            kind: ReferenceKind::guess(url),
            title: String::new(),
            comment: String::new(),
            favorite: false,
        };
        references::write(edit, tune, None, &draft)?;
    }
    let mut aliases: Vec<String> = incoming.aliases.iter().map(|alias| alias.trim().to_owned()).collect();
    aliases.retain(|alias| !alias.is_empty());
    aliases.truncate(MOST_ALIASES);
    let aliases = (!aliases.is_empty()).then(|| other_titles::note(&aliases));
    let abc = incoming.abc.iter().map(|abc| note_text::of_abc(abc));
    let notes = incoming.notes.iter().map(|note| note_text::html(note));
    for html in aliases.into_iter().chain(abc).chain(notes).take(MOST_NOTES) {
        let columns = row! {
            "id": NoteId(edit.new_id()).to_string(), "user_ref": edit.user().to_string(), "tune_ref": tune.to_string(),
            "created_date": edit.stamp().to_string(), "note_text": html, "public": 0,
        };
        edit.insert(Table::Note, columns)?;
    }
    Ok(tune)
}
