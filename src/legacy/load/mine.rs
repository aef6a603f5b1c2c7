//! What of a file is one person's: who is in it, and which tunes and instruments something of hers names.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::order::Sort;
use crate::legacy::catalogue;
use crate::legacy::error::LegacyError;
use crate::legacy::source::Source;
use crate::legacy::value::{LegacyRow, LegacyValue, whole, yes_or_no};

/// A person of the file, for somebody to say “that is me”.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Her legacy id.
    pub legacy_id: i64,
    /// Her name.
    pub name: Option<String>,
    /// Her e-mail address, lower case.
    pub email: Option<String>,
    /// Her repertoires, without deleted ones.
    pub repertoires: usize,
    /// Her practice records.
    pub records: usize,
    /// Her notes.
    pub notes: usize,
}

impl Owner {
    /// Has she anything to bring along?
    pub fn has_anything(&self) -> bool {
        self.repertoires + self.records + self.notes > 0
    }
}

/// Everybody in the file but the one who stands for everybody, those with the most first.
pub fn owners(source: &Source) -> Result<Vec<Owner>, LegacyError> {
    let mut all: BTreeMap<i64, Owner> = BTreeMap::new();
    each(source, "user", |row| {
        let Some(legacy_id) = row.int("id").filter(|id| *id != 0) else { return };
        let name = row.word("name").map(str::to_owned);
        let email = row.word("email").map(|email| email.trim().to_lowercase());
        all.entry(legacy_id).or_insert(Owner { legacy_id, name, email, ..Owner::default() });
    })?;
    let mut whose: HashMap<i64, i64> = HashMap::new();
    each(source, "playlist", |row| {
        let (Some(id), Some(user)) = (row.int("playlist_id"), row.int("user_ref")) else { return };
        whose.insert(id, user);
        if yes_or_no(row.get("deleted")) != Some(true)
            && let Some(owner) = all.get_mut(&user)
        {
            owner.repertoires += 1;
        }
    })?;
    each(source, "practice_record", |row| {
        let owner = row.int("playlist_ref").and_then(|id| all.get_mut(whose.get(&id)?));
        if let Some(owner) = owner {
            owner.records += 1;
        }
    })?;
    each(source, "note", |row| {
        if yes_or_no(row.get("deleted")) != Some(true)
            && let Some(owner) = row.int("user_ref").and_then(|user| all.get_mut(&user))
        {
            owner.notes += 1;
        }
    })?;
    let mut all: Vec<Owner> = all.into_values().collect();
    all.put_in_order_of(|owner| (std::cmp::Reverse(owner.records + owner.notes + owner.repertoires), owner.legacy_id));
    Ok(all)
}

/// What somebody's own rows name.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub tunes: HashSet<i64>,
    pub instruments: HashSet<i64>,
    /// Her repertoires, notes and links by table: what tells whether the file was taken in before.
    pub roots: Vec<(&'static str, String)>,
}

/// Reads it off the file.
pub(super) fn named_by(source: &Source, person: i64) -> Result<Named, LegacyError> {
    let mut named = Named::default();
    let mut playlists: HashSet<i64> = HashSet::new();
    let mut roots = Vec::new();
    each(source, "playlist", |row| {
        if row.int("user_ref") == Some(person) && yes_or_no(row.get("deleted")) != Some(true) {
            playlists.extend(row.int("playlist_id"));
            named.instruments.extend(row.int("instrument_ref"));
            roots.push(("playlist", row.key(&["playlist_id"])));
        }
    })?;
    for table in ["playlist_tune", "practice_record"] {
        each(source, table, |row| {
            if row.int("playlist_ref").is_some_and(|id| playlists.contains(&id)) {
                named.tunes.extend(row.int("tune_ref"));
            }
        })?;
    }
    let columns = [
        ("note", "user_ref", "tune_ref"),
        ("reference", "user_ref", "tune_ref"),
        ("tag", "user_ref", "tune_ref"),
        ("tune_override", "user_ref", "tune_ref"),
        ("daily_practice_queue", "user_ref", "tune_ref"),
        ("table_transient_data", "user_id", "tune_id"),
    ];
    for (table, owner, tune) in columns {
        each(source, table, |row| {
            if row.int(owner) != Some(person) {
                return;
            }
            named.tunes.extend(row.int(tune));
            if matches!(table, "note" | "reference") {
                roots.push((table, row.key(&["id"])));
            }
        })?;
    }
    each(source, "tune", |row| {
        // A tune of her own needs no other that names it.
        let private = match row.get("private_for") {
            LegacyValue::Null => None,
            value => whole(value),
        };
        if private == Some(person) {
            roots.push(("tune", row.key(&["id"])));
        }
    })?;
    named.roots = roots;
    Ok(named)
}

fn each(source: &Source, table: &str, mut look: impl FnMut(LegacyRow<'_>)) -> Result<(), LegacyError> {
    let table = catalogue::table(table).expect("the catalogue has every table named here");
    source.each(table, |row| {
        look(row);
        Ok(())
    })
}
