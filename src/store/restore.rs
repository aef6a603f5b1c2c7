//! Brings an export ([`super::export`]) back: row by row, the newer one stands. Nothing is overwritten in silence: what would be is listed
//! first ([`Store::restore`] with `rehearse`), and what is deleted here comes back only if that was asked for.
//!
//! An export may be another person's, or of the time before she had an account: then her rows become those of whoever restores it, under ids
//! that hang on both, so that a second time changes nothing (`restore/ids.rs`).

mod ids;
mod words;

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use words::{name_of, reason, text, tune_name};

use super::edit::Edit;
use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use super::{Store, export, intake, schedule};
use crate::domain::time::Timestamp;

/// How to restore.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restoring {
    /// Bring back what was deleted here since.
    pub revive: bool,
    /// Everything becomes as it was then: what is newer here is set back, what came since is deleted. Layouts and profile stay. Only with a
    /// file of her own; the rows of another's are only added.
    pub exactly: bool,
    /// Take it all back in the end: what would happen.
    pub rehearse: bool,
}

/// What became of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredTable {
    /// The table.
    pub table: Table,
    /// Rows in the file.
    pub in_file: usize,
    /// New here.
    pub added: usize,
    /// Newer in the file than here: names of what was replaced.
    pub replaced: Vec<String>,
    /// Deleted here, and brought back: names.
    pub revived: Vec<String>,
    /// Deleted, since they were not there then: names.
    pub removed: Vec<String>,
    /// The same here, or deleted in both.
    pub same: usize,
    /// Newer here, so it stays: names.
    pub kept: Vec<String>,
    /// Deleted here since, and it stays so: names.
    pub deleted_here: Vec<String>,
    /// Rows that could not be taken, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Rows of which something could not be taken, with what.
    pub changed: Vec<(String, String)>,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When the file was made.
    pub exported_at: Option<Timestamp>,
    /// Is it another person's, or of the time before the account?
    pub other_person: bool,
    /// By table, parents first; tables without a row are left out.
    pub tables: Vec<RestoredTable>,
}

/// How many rows of a table between two steps.
const STEP_ROWS: usize = 250;

impl Store {
    /// Brings back what `text` holds, in one transaction. `on_step`: rows done, of all.
    pub fn restore(
        &mut self,
        now: Timestamp,
        text: &str,
        how: Restoring,
        on_step: &mut dyn FnMut(usize, usize),
    ) -> Result<Restored, StoreError> {
        let file = read(text)?;
        let work = |edit: &mut Edit<'_>| restore(edit, &file, how, on_step);
        if how.rehearse { self.rehearse(now, work) } else { self.edit(now, work) }
    }
}

/// The file, if it is an export that this app understands.
fn read(text: &str) -> Result<Value, StoreError> {
    let wrong = |why: &str| StoreError::Invalid(format!("This file is no export of TuneTrees: {why}."));
    let file: Value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            wrong("it breaks off before its end; was it copied whole?")
        } else {
            wrong("it is no JSON text")
        }
    })?;
    if file["format"] != export::FORMAT {
        return Err(wrong("it is JSON, but of something else"));
    }
    if file["version"].as_u64().is_none_or(|version| version > export::VERSION) {
        let text =
            "This export was written by a newer TuneTrees. Reload the page to get the newer app, then try again.";
        return Err(StoreError::Invalid(text.to_owned()));
    }
    Ok(file)
}

fn restore(
    edit: &mut Edit<'_>,
    file: &Value,
    how: Restoring,
    on_step: &mut dyn FnMut(usize, usize),
) -> Result<Restored, StoreError> {
    let me = edit.user().to_string();
    let person = file["person"].as_str().unwrap_or_default();
    let other_person = person != me;
    let exactly = how.exactly && !other_person;
    let how = Restoring { revive: how.revive || exactly, exactly, ..how };
    let mut restoring = Run { edit, how, me, other_person, ids: HashMap::new(), met: HashSet::new() };
    let catalog = restoring.catalog(&file["catalog_tunes"])?;
    let rows_of = |table: Table| file["tables"][table.name()].as_array().map(Vec::as_slice).unwrap_or_default();
    let all: usize = Table::ALL.into_iter().map(|table| rows_of(table).len()).sum();
    let mut done = 0;
    let mut tables = Vec::new();
    for table in Table::ALL {
        let mut report = empty(table, rows_of(table).len());
        if table == Table::Tune
            && let Some(catalog) = &catalog
        {
            report = catalog.clone();
            report.in_file += rows_of(table).len();
        }
        for value in rows_of(table) {
            restoring.row(table, value, &mut report)?;
            done += 1;
            if done % STEP_ROWS == 0 {
                on_step(done, all);
            }
        }
        if exactly && is_work(table) {
            restoring.remove_the_rest(table, &mut report)?;
        }
        if report.in_file > 0 || !report.removed.is_empty() {
            tables.push(report);
        }
    }
    schedule::recompute_all(restoring.edit.conn())?;
    intake::show_a_full_repertoire(restoring.edit.conn(), restoring.edit.user())?;
    let exported_at = file["exported_at"].as_str().and_then(|at| at.parse().ok());
    Ok(Restored { exported_at, other_person, tables })
}

fn empty(table: Table, in_file: usize) -> RestoredTable {
    RestoredTable {
        table,
        in_file,
        added: 0,
        replaced: Vec::new(),
        revived: Vec::new(),
        removed: Vec::new(),
        same: 0,
        kept: Vec::new(),
        deleted_here: Vec::new(),
        left_out: Vec::new(),
        changed: Vec::new(),
    }
}

/// Rows that are somebody's and that nothing but their id names.
const fn is_entity(table: Table) -> bool {
    matches!(table, Table::Instrument | Table::Tune | Table::Playlist | Table::Note | Table::Reference)
}

/// Is it hers to set back, and not how lists look or who she is?
const fn is_work(table: Table) -> bool {
    table.is_synced() && !matches!(table, Table::UserProfile | Table::TabGroupMainState | Table::TableState)
}

struct Run<'a, 'e> {
    edit: &'a mut Edit<'e>,
    how: Restoring,
    me: String,
    other_person: bool,
    /// Ids in the file → ids here, where they differ.
    ids: HashMap<String, String>,
    /// The rows that the file speaks of, by their ids here.
    met: HashSet<(Table, String)>,
}

impl Run<'_, '_> {
    /// Public tunes that her rows speak of: those of the catalog here are met by id, or by what they are. Where the catalog does not have one,
    /// it becomes hers; where there is no catalog yet, it stands in for it. What became of those that are not in the catalog.
    fn catalog(&mut self, tunes: &Value) -> Result<Option<RestoredTable>, StoreError> {
        let mut report = empty(Table::Tune, 0);
        let conn = self.edit.conn();
        let known = intake::knows_catalog(conn)?;
        let mut by_key: HashMap<String, String> = HashMap::new();
        for value in tunes.as_array().map(Vec::as_slice).unwrap_or_default() {
            let Some(mut tune) = value.as_object().and_then(|wire| row::from_wire(Table::Tune, wire).ok()) else {
                continue;
            };
            let id = text(&tune, "id").to_owned();
            if row::read(conn, Table::Tune, &id)?.is_some() {
                continue;
            }
            if by_key.is_empty() {
                for row in row::select(conn, Table::Tune, "private_for is null and not deleted", [])? {
                    by_key.insert(tune_name(&row), text(&row, "id").to_owned());
                }
            }
            if let Some(here) = by_key.get(&tune_name(&tune)) {
                self.ids.insert(id, here.clone());
                continue;
            }
            self.fit(Table::Tune, &mut tune, &mut report)?;
            if !known {
                self.edit.insert_public(Table::Tune, &tune)?;
                continue;
            }
            report.in_file += 1;
            let own = self.new_id(Table::Tune, &id);
            self.ids.insert(id, own.clone());
            if row::read(conn, Table::Tune, &own)?.is_some() {
                report.same += 1;
                continue;
            }
            tune.insert("id".to_owned(), own.into());
            tune.insert("private_for".to_owned(), self.me.clone().into());
            report
                .changed
                .push((text(&tune, "title").to_owned(), "not in the catalog here, so it becomes yours".to_owned()));
            self.edit.insert_as_written(Table::Tune, tune)?;
            report.added += 1;
        }
        Ok((report.in_file > 0).then_some(report))
    }

    fn row(&mut self, table: Table, value: &Value, report: &mut RestoredTable) -> Result<(), StoreError> {
        let Some(owner) = table.owner_column() else { return Ok(()) };
        if table == Table::UserProfile && self.other_person {
            report.same += 1;
            return Ok(());
        }
        let wire = value.as_object().cloned().unwrap_or_default();
        let mut file = match row::from_wire(table, &wire) {
            Ok(file) if file.contains_key("id") => file,
            Ok(_) => {
                report.left_out.push(("?".to_owned(), "it has no id".to_owned()));
                return Ok(());
            }
            Err(error) => {
                report.left_out.push((text(&wire, "id").to_owned(), error.to_string()));
                return Ok(());
            }
        };
        file.insert(owner.to_owned(), self.me.clone().into());
        self.move_ids(table, &mut file)?;
        self.fit(table, &mut file, report)?;
        let id = text(&file, "id").to_owned();
        if self.how.exactly {
            if !is_work(table) {
                report.same += 1;
                return Ok(());
            }
            self.met.insert((table, id.clone()));
        }
        let name = name_of(self.edit.conn(), table, &file)?;
        let Some(here) = row::read(self.edit.conn(), table, &id)? else {
            if row::is_deleted(&file) {
                report.same += 1;
                return Ok(());
            }
            match self.edit.insert_as_written(table, file) {
                Ok(()) => report.added += 1,
                Err(error) => report.left_out.push((name, reason(&error))),
            }
            return Ok(());
        };
        if text(&here, owner) != self.me {
            report.left_out.push((name, "a row of that id belongs to somebody else here".to_owned()));
            return Ok(());
        }
        let changes = changes(table, &here, &file);
        let (dead_here, dead_there) = (row::is_deleted(&here), row::is_deleted(&file));
        if changes.is_empty() || (dead_here && dead_there) {
            report.same += 1;
            return Ok(());
        }
        let newer = self.how.exactly || row::stamp(&file) > row::stamp(&here);
        if self.how.exactly && dead_there {
            report.removed.push(name);
            return self.edit.delete(table, &id).map(drop);
        }
        let name = if dead_there { format!("{name} (deleted)") } else { name };
        let list = match (dead_here && !dead_there, self.how.revive, newer) {
            (true, true, _) => &mut report.revived,
            (true, false, _) => &mut report.deleted_here,
            (false, _, true) => &mut report.replaced,
            (false, _, false) => &mut report.kept,
        };
        list.push(name);
        if dead_here && !dead_there && self.how.revive || !dead_here && newer {
            self.edit.update(table, &id, changes)?;
        }
        Ok(())
    }

    /// What she has and did not have then.
    fn remove_the_rest(&mut self, table: Table, report: &mut RestoredTable) -> Result<(), StoreError> {
        let owner = table.owner_column().unwrap_or("id");
        let here = row::select(self.edit.conn(), table, &format!("\"{owner}\" = ?1 and not deleted"), [&self.me])?;
        for row in here {
            let id = text(&row, "id").to_owned();
            if !self.met.contains(&(table, id.clone())) {
                report.removed.push(name_of(self.edit.conn(), table, &row)?);
                self.edit.delete(table, &id)?;
            }
        }
        Ok(())
    }
}

/// What the file says otherwise than the row here. Of history only whether it counts may change; who somebody is, is the account's.
fn changes(table: Table, here: &Row, file: &Row) -> Row {
    let may_change = |name: &str| {
        !row::is_stamp(name)
            && match table {
                Table::PracticeRecord => name == "deleted",
                Table::UserProfile => !matches!(name, "id" | "email" | "deleted"),
                _ => name != "id",
            }
    };
    file.iter()
        .filter(|(name, _)| may_change(name))
        .filter(|(name, value)| here.get(*name).is_some_and(|stands| !row::same_value(stands, value)))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
