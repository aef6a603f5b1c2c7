//! Tunes that come in from elsewhere, and what is to become of each.

use serde::{Deserialize, Serialize};

use super::abc_book::AbcTune;
use super::csv::{Lines, Meaning};
use super::ids::TuneId;
use super::kinds::{kind_id, mode_name, spoken_title};
use super::links::safe_link;
use super::listing::Whose;
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
    /// All of it in ABC.
    pub abc: Option<String>,
    /// Where it is from.
    pub link: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// A remark.
    pub note: Option<String>,
}

impl From<AbcTune> for Incoming {
    fn from(tune: AbcTune) -> Self {
        Incoming {
            fields: tune.fields,
            aliases: tune.aliases,
            abc: Some(tune.abc),
            link: tune.source,
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
        let link = cell(Meaning::Link);
        if link.is_some_and(|link| safe_link(link).is_none()) {
            problems.push(format!("Line {}: the link is not an address of the web and is left out.", number + 1));
        }
        tunes.push(Incoming {
            fields: TuneFields {
                title: Some(spoken_title(title)),
                kind: cell(Meaning::Kind).map(|kind| kind_id(kind).to_owned()),
                mode: cell(Meaning::Mode).map(|mode| mode_name(mode).unwrap_or_else(|| mode.to_owned())),
                structure: cell(Meaning::Structure).map(str::to_owned),
                incipit: cell(Meaning::Incipit).map(str::to_owned),
                genre: None,
            },
            tags: cell(Meaning::Tags)
                .map(|tags| {
                    tags.split([',', ';']).map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
                })
                .unwrap_or_default(),
            link: link.and_then(safe_link).map(str::to_owned),
            note: cell(Meaning::Note).map(str::to_owned),
            ..Incoming::default()
        });
    }
    (tunes, problems)
}
