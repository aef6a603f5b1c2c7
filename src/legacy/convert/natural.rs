//! What is recognised by what it is, not by an id: public tunes and instruments that the new database has already.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::ids::NAMESPACE;

fn key(kind: &str, parts: &[Option<&str>]) -> Uuid {
    let mut name = kind.to_owned();
    for part in parts {
        name.push('\u{1f}');
        name.push_str(&part.unwrap_or_default().trim().to_lowercase());
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// The key of a public tune: all that is printed of it. `None` for a tune without a title.
pub fn tune_key(parts: &TuneParts<'_>) -> Option<Uuid> {
    parts.title.filter(|title| !title.trim().is_empty())?;
    Some(key("tune", &[parts.title, parts.kind, parts.structure, parts.mode, parts.incipit]))
}

/// What a tune is recognised by.
#[derive(Clone, Copy, Debug)]
pub struct TuneParts<'a> {
    /// Its title.
    pub title: Option<&'a str>,
    /// Its type.
    pub kind: Option<&'a str>,
    /// Its structure.
    pub structure: Option<&'a str>,
    /// Its mode.
    pub mode: Option<&'a str>,
    /// Its incipit.
    pub incipit: Option<&'a str>,
}

/// The key of an instrument: its owner (none: everybody's) and its name. The schema allows a person one instrument of a name,
/// to the letter.
pub fn instrument_key(owner: Option<Uuid>, name: Option<&str>) -> Option<Uuid> {
    let name = name.filter(|name| !name.trim().is_empty())?;
    match owner {
        None => Some(key("instrument", &[None, Some(name)])),
        Some(owner) => Some(Uuid::new_v5(&NAMESPACE, format!("instrument\u{1f}{owner}\u{1f}{name}").as_bytes())),
    }
}

/// The key of a tune of somebody's own.
pub fn own_tune_key(parts: &TuneParts<'_>) -> Option<Uuid> {
    Some(Uuid::new_v5(&tune_key(parts)?, b"own"))
}

/// The key of a person's repertoire: its name and its instrument.
pub fn playlist_key(instrument: Option<Uuid>, name: Option<&str>) -> Option<Uuid> {
    let instrument = instrument.map(|id| id.to_string());
    Some(key("playlist", &[instrument.as_deref(), name]))
}

/// The key of a person's note: its tune and its time, or its text where it has none.
pub fn note_key(tune: Uuid, created: Option<&str>, text: Option<&str>) -> Option<Uuid> {
    let text = if created.is_some() { None } else { text };
    Some(key("note", &[Some(&tune.to_string()), created, text]))
}

/// The key of a person's link: its tune and its address.
pub fn link_key(tune: Uuid, url: &str) -> Option<Uuid> {
    Some(key("reference", &[Some(&tune.to_string()), Some(url)]))
}

/// Rows of the new database by their keys, those that an earlier run of the same source mapped left out. Each may be met once:
/// two legacy rows never become one because they look alike.
#[derive(Debug, Default)]
pub struct Here {
    ids: HashMap<Uuid, Vec<Uuid>>,
    taken: HashSet<Uuid>,
    present: HashSet<Uuid>,
}

impl Here {
    /// Remembers a row.
    pub fn insert(&mut self, key: Option<Uuid>, id: Uuid) {
        if let Some(key) = key {
            self.ids.entry(key).or_default().push(id);
        }
    }

    /// Remembers a row that may also be met by its id.
    pub fn insert_present(&mut self, key: Option<Uuid>, id: Uuid) {
        self.present.insert(id);
        self.insert(key, id);
    }

    /// Is there a row of that id? Then it is met.
    pub fn has(&mut self, id: Uuid) -> bool {
        let has = self.present.contains(&id);
        if has {
            self.taken.insert(id);
        }
        has
    }

    /// Says that a row is mapped already.
    pub fn take(&mut self, id: Uuid) {
        self.taken.insert(id);
    }

    /// The row of that key, once.
    pub fn meet(&mut self, key: Option<Uuid>) -> Option<Uuid> {
        let ids = self.ids.get(&key?)?;
        let id = ids.iter().copied().find(|id| !self.taken.contains(id))?;
        self.taken.insert(id);
        Some(id)
    }
}
