//! Genres, tune types, instruments, tunes and overrides.

use uuid::Uuid;

use crate::domain::ids::natural_id;
use crate::store::schema::Table;

use super::cells::Cells;
use super::draft::Cell;
use super::natural::{TuneParts, instrument_key, own_tune_key, tune_key};
use super::{Converter, Draft, Made, Own};

impl Converter {
    pub(super) fn genre_row(&mut self, cells: &mut Cells<'_>) -> Made {
        let id = cells.name("id")?.ok_or("it has no id")?;
        self.reference_row(Table::Genre, &[&id])?;
        self.genres.insert(id.clone());
        let mut draft = Draft::new(Table::Genre);
        draft.set("id", id);
        for column in ["name", "region", "description"] {
            draft.set(column, cells.text(column));
        }
        Ok(draft)
    }

    pub(super) fn tune_type(&mut self, cells: &mut Cells<'_>) -> Made {
        let id = cells.name("id")?.ok_or("it has no id")?;
        self.reference_row(Table::TuneType, &[&id])?;
        self.tune_types.insert(id.clone());
        let mut draft = Draft::new(Table::TuneType);
        draft.set("id", id);
        for column in ["name", "rhythm", "description"] {
            draft.set(column, cells.text(column));
        }
        Ok(draft)
    }

    pub(super) fn genre_tune_type(&mut self, cells: &mut Cells<'_>) -> Made {
        let genre = cells.word("genre_id").ok_or("it names no genre")?;
        let tune_type = cells.word("tune_type_id").ok_or("it names no tune type")?;
        if !self.genres.contains(&genre) {
            return Err(format!("there is no genre {}", cells.shown("genre_id")));
        }
        if !self.tune_types.contains(&tune_type) {
            return Err(format!("there is no tune type {}", cells.shown("tune_type_id")));
        }
        self.reference_row(Table::GenreTuneType, &[&genre, &tune_type])?;
        let mut draft = Draft::new(Table::GenreTuneType);
        draft.set("genre_id", genre);
        draft.set("tune_type_id", tune_type);
        Ok(draft)
    }

    pub(super) fn instrument(&mut self, cells: &mut Cells<'_>) -> Made {
        let mut owner = self.account_or_public(cells, "private_to_user")?;
        let number = cells.reference("id").ok_or("it has no id")?;
        let name = cells.indexed("instrument");
        let mut key = instrument_key(owner, name.as_deref());
        let legacy_id = cells.legacy_id();
        let mut known = self.setting.known.get("instrument", legacy_id);
        if owner.is_none() && self.own().is_some() {
            known = self.setting.here.meet(key);
            if known.is_none() {
                owner = self.becomes_own(|own| own.instruments.contains(&number))?;
                key = instrument_key(owner, name.as_deref());
            }
        }
        // A person has one instrument of a name; the schema sees to it.
        let twin = key.filter(|_| owner.is_some()).and_then(|key| self.own_instruments.get(&key).copied());
        let id = known.or(twin).unwrap_or_else(|| self.met_or_fresh("instrument", cells, key));
        if let Some(key) = key {
            self.own_instruments.insert(key, id);
        }
        self.instruments.insert(number, id);
        let mut draft = Draft::new(Table::Instrument);
        draft.set("id", id);
        draft.set("private_to_user", owner);
        draft.set("instrument", name);
        draft.set("description", cells.word("description"));
        draft.set("genre_default", self.genre(cells, "genre_default"));
        let deleted = cells.deleted();
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }

    pub(super) fn tune_row(&mut self, cells: &mut Cells<'_>) -> Made {
        let mut owner = self.account_or_public(cells, "private_for")?;
        let number = cells.reference("id").ok_or("it has no id")?;
        let mut draft = Draft::new(Table::Tune);
        draft.set("title", cells.indexed("title"));
        for column in ["type", "structure", "mode", "incipit"] {
            draft.set(column, cells.word(column));
        }
        let deleted = cells.deleted();
        let known = self.setting.known.get("tune", cells.legacy_id());
        let parts = TuneParts {
            title: text(&draft, "title"),
            kind: text(&draft, "type"),
            structure: text(&draft, "structure"),
            mode: text(&draft, "mode"),
            incipit: text(&draft, "incipit"),
        };
        let met = if known.is_none() && owner.is_none() && !deleted {
            let made = self.fresh("tune", cells);
            if self.setting.here.has(made) { Some(made) } else { self.setting.here.meet(tune_key(&parts)) }
        } else {
            None
        };
        let own_key = own_tune_key(&parts);
        if met.is_none() && owner.is_none() && self.own().is_some() {
            owner = self.becomes_own(|own| own.tunes.contains(&number))?;
        }
        let id = known.or(met).unwrap_or_else(|| match owner {
            Some(_) => self.met_or_fresh("tune", cells, own_key),
            None => self.fresh("tune", cells),
        });
        self.tunes.entry(number).or_insert(id);
        draft.set("id", id);
        draft.set("genre", self.genre(cells, "genre"));
        draft.set("private_for", owner);
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }

    /// What is public there and not in the catalog here: hers, if something of hers names it.
    fn becomes_own(&self, named: impl Fn(&Own) -> bool) -> Result<Option<Uuid>, String> {
        match self.own() {
            Some(own) if !named(own) => {
                Err("the catalog here does not have it, and nothing of yours names it".to_owned())
            }
            own => Ok(own.map(|own| own.user)),
        }
    }

    pub(super) fn tune_override(&mut self, cells: &mut Cells<'_>) -> Made {
        let tune = self.tune(cells.reference("tune_ref"))?;
        let user = self.account(cells.reference("user_ref"))?;
        let mut draft = Draft::new(Table::TuneOverride);
        draft.set("id", natural_id("tune_override", &[&user.to_string(), &tune.to_string()]));
        draft.set("tune_ref", tune);
        draft.set("user_ref", user);
        for column in ["title", "type", "structure", "mode", "incipit"] {
            draft.set(column, cells.word(column));
        }
        draft.set("genre", self.genre(cells, "genre"));
        let deleted = cells.deleted();
        self.sign(&mut draft, None, deleted);
        Ok(draft)
    }
}

fn text<'a>(draft: &'a Draft, column: &str) -> Option<&'a str> {
    match draft.get(column) {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}
