//! Tunes that come in from elsewhere, and what is to become of each.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::abc_book::AbcTune;
use super::articles::{parted, spoken_title};
use super::csv::{self, Lines, Meaning};
use super::ids::TuneId;
use super::kinds::{kind_id, mode_name};
use super::links::safe_link;
use super::listing::Whose;
use super::scheduling::Goal;
use super::time::CalendarDate;
use super::tune::TuneFields;

/// Where tunes come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A book in ABC.
    Abc(String),
    /// A table.
    Csv {
        /// Its text.
        text: String,
        /// What its columns mean; empty: as its heads say.
        meanings: Vec<Option<Meaning>>,
    },
    /// What The Session answered about a tune.
    Session(String),
    /// The well-known tunes that the app brings along.
    Starter,
}

/// A tune that may come in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incoming {
    /// What is written on its card.
    pub fields: TuneFields,
    /// Its other titles.
    pub aliases: Vec<String>,
    /// All of it in ABC, in one setting or several.
    pub abc: Vec<String>,
    /// Where it is from; what else is to be kept with it.
    pub links: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Remarks.
    pub notes: Vec<String>,
    /// What it is practised for, as stored.
    pub goal: Option<String>,
    /// Since when she knows it.
    pub learned: Option<CalendarDate>,
}

impl From<AbcTune> for Incoming {
    fn from(tune: AbcTune) -> Self {
        Incoming {
            fields: tune.fields,
            aliases: tune.aliases,
            abc: Some(tune.abc).filter(|abc| !abc.is_empty()).into_iter().collect(),
            links: tune.source.into_iter().collect(),
            ..Incoming::default()
        }
    }
}

/// A tune that is here already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The tune.
    pub tune: TuneId,
    /// As she sees it.
    pub fields: TuneFields,
    /// Whose it is.
    pub whose: Whose,
    /// Is it in the current repertoire?
    pub in_repertoire: bool,
}

/// A tune that may come in, beside the one that is here already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// What would come in.
    pub incoming: Incoming,
    /// What is here by that name, or from that address.
    pub known: Option<Known>,
    /// Is it the same as one before it in the same source?
    pub again: bool,
}

/// What is to become of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// A new tune of her own.
    Make,
    /// The tune that is here already goes into the repertoire.
    Use(TuneId),
    /// Nothing.
    Skip,
}

impl Offer {
    /// What is proposed: no second tune of the same name.
    pub fn proposal(&self) -> Decision {
        match &self.known {
            _ if self.again => Decision::Skip,
            None => Decision::Make,
            Some(known) if known.in_repertoire => Decision::Skip,
            Some(known) => Decision::Use(known.tune),
        }
    }
}

/// What a source has, before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The tunes.
    pub offers: Vec<Offer>,
    /// What could not be used, in words.
    pub problems: Vec<String>,
    /// How many tunes could not be read.
    pub left_out: u32,
    /// Of a table: its heads, and what they are taken to mean.
    pub columns: Vec<(String, Option<Meaning>)>,
}

/// What an import did, and what takes it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// New tunes of her own.
    pub made: Vec<TuneId>,
    /// Tunes that were here and are now in the repertoire, too.
    pub joined: Vec<TuneId>,
}

/// So many tunes are written down in one go: a second or so, of which the page says how far it is.
pub const PART: usize = 200;

impl Imported {
    /// With what the next part did.
    pub fn and(mut self, next: Imported) -> Self {
        self.made.extend(next.made);
        self.joined.extend(next.joined);
        self
    }
}

/// What was decided, in parts to be written down one after the other; what nothing becomes of is left out.
pub fn parts(decided: Vec<(Incoming, Decision)>) -> std::collections::VecDeque<Vec<(Incoming, Decision)>> {
    let mut parts = std::collections::VecDeque::new();
    let mut part = Vec::new();
    for one in decided.into_iter().filter(|(_, decision)| *decision != Decision::Skip) {
        part.push(one);
        if part.len() == PART {
            parts.push_back(std::mem::take(&mut part));
        }
    }
    if !part.is_empty() {
        parts.push_back(part);
    }
    parts
}

/// Which of the tunes are the same as one before them: by title (compared as titles are found), type and key, as far as they are said. Tunes
/// without a name are the same if their notes are.
pub fn repeated(tunes: &[Incoming]) -> Vec<bool> {
    let mut seen: HashMap<String, Vec<&Incoming>> = HashMap::new();
    let mut again = Vec::with_capacity(tunes.len());
    for tune in tunes {
        let title = parted(tune.fields.title.as_deref().unwrap_or_default()).0;
        let nameless = title.is_empty() || title == "gan ainm";
        let same = |other: &&Incoming| {
            let fits = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
            let (a, b) = (&tune.fields, &other.fields);
            fits(&a.kind, &b.kind)
                && fits(&a.mode, &b.mode)
                && (!nameless || (a.incipit.is_some() && a.incipit == b.incipit))
        };
        let before = seen.entry(title).or_default();
        let is_same = before.iter().any(same);
        again.push(is_same);
        if !is_same {
            before.push(tune);
        }
    }
    again
}

/// The tunes of a table, and the lines that are none.
pub fn of_table(lines: &Lines, meanings: &[Option<Meaning>]) -> (Vec<Incoming>, Vec<String>) {
    let (mut tunes, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in lines.iter().enumerate().skip(1) {
        let cell = |wanted: Meaning| {
            let at = meanings.iter().position(|meaning| *meaning == Some(wanted))?;
            line.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
        };
        let Some(title) = cell(Meaning::Title) else {
            problems.push(format!("Line {} has no title.", number + 1));
            continue;
        };
        let text = |wanted: Meaning| cell(wanted).map(str::to_owned);
        let many = |wanted: Meaning| cell(wanted).map(csv::several).unwrap_or_default();
        let links: Vec<&str> = cell(Meaning::Link).map(|all| all.split_whitespace().collect()).unwrap_or_default();
        let safe: Vec<String> = links.iter().filter_map(|link| safe_link(link)).map(str::to_owned).collect();
        if safe.is_empty() && !links.is_empty() {
            problems.push(format!("Line {}: the link is not an address of the web and is left out.", number + 1));
        }
        let goal = cell(Meaning::Goal).map(|goal| {
            let named = Goal::CHOICES.into_iter().find(|known| known.label().eq_ignore_ascii_case(goal));
            named.unwrap_or_else(|| Goal::from_stored(Some(goal)))
        });
        tunes.push(Incoming {
            fields: TuneFields {
                title: Some(spoken_title(title)),
                kind: cell(Meaning::Kind).map(|kind| kind_id(kind).to_owned()),
                mode: cell(Meaning::Mode).map(|mode| mode_name(mode).unwrap_or_else(|| mode.to_owned())),
                structure: text(Meaning::Structure),
                incipit: text(Meaning::Incipit),
                genre: text(Meaning::Genre),
            },
            aliases: cell(Meaning::Aliases).map(csv::listed).unwrap_or_default(),
            abc: many(Meaning::Abc),
            links: safe,
            tags: cell(Meaning::Tags).map(csv::listed).unwrap_or_default(),
            notes: many(Meaning::Note),
            goal: goal.map(|goal| goal.stored().to_owned()),
            learned: cell(Meaning::Learned).and_then(|day| day.parse().ok()),
        });
    }
    (tunes, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_imports_are_cut_into_parts_and_nothing_is_lost() {
        let decided = |at: usize| if at.is_multiple_of(5) { Decision::Skip } else { Decision::Make };
        let one = |at: usize| (Incoming { notes: vec![at.to_string()], ..Incoming::default() }, decided(at));
        let parts = parts((0..1_000).map(one).collect());
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [PART, PART, PART, PART]);
        let all: Vec<&String> = parts.iter().flatten().flat_map(|(incoming, _)| &incoming.notes).collect();
        let wanted: Vec<String> = (0..1_000).filter(|at| at % 5 != 0).map(|at| at.to_string()).collect();
        assert_eq!(all, wanted.iter().collect::<Vec<_>>());
        assert_eq!(super::parts(Vec::new()).len(), 0);
    }
}
