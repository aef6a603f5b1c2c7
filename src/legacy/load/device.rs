//! Into a person's own database on her device, in one transaction, from where the sync takes it like any edit. For one person of the file;
//! what the others have stays behind.
//!
//! What is here stays as it is, edited or not, deleted or not: only rows that are not here come in, with the write time that the old
//! program knew, so that whatever anybody has edited since wins. So a second time changes nothing. Rows are found again by their ids, or by
//! what they are. An id is made from a mark of the account that brought the file in, the person and the legacy id; the mark stays with the
//! rows (`device_id`), so that other devices, and the account that takes local data along, make the same ids.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde_json::Value;
use uuid::Uuid;

use crate::domain::ids::NAMESPACE;
use crate::domain::time::Timestamp;
use crate::legacy::catalogue::{self, TABLES};
use crate::legacy::convert::natural::{
    Here, TuneParts, instrument_key, link_key, note_key, own_tune_key, playlist_key, tune_key,
};
use crate::legacy::convert::{Converter, Draft, Own, Scope, Setting, UserMap, reference_name};
use crate::legacy::error::LegacyError;
use crate::legacy::ids::{KnownIds, legacy_uuid};
use crate::legacy::report::{AccountReport, Report, TableReport};
use crate::legacy::source::Source;
use crate::store::intake::{self, MARK};
use crate::store::row::{self, Row};
use crate::store::schema::Table;
use crate::store::{Edit, Store, StoreError, schedule};

use super::mine::{Named, named_by};
use super::{OnStep, Step, people};

pub use super::mine::{Owner, owners};

/// Rows between two steps.
const STEP_ROWS: usize = 250;

/// What comes in, and how.
#[derive(Clone, Copy, Debug)]
pub struct Intake {
    /// Who of the file she is.
    pub person: i64,
    /// The present.
    pub now: Timestamp,
    /// Take it all back in the end: what would happen.
    pub rehearse: bool,
}

/// Takes `source` in. On any error the database is as before.
pub fn take_in(store: &mut Store, source: &Source, intake: Intake, on_step: OnStep<'_>) -> Result<Report, LegacyError> {
    let named = named_by(source, intake.person)?;
    let written = source.newest(intake.now)?;
    let map: UserMap = [(intake.person, "her@this.device".to_owned())].into();
    let people = people(source, &map).map_err(|_| LegacyError::NoSuchPerson(intake.person))?;
    let email = owners(source)?.into_iter().find(|o| o.legacy_id == intake.person).and_then(|o| o.email);
    let user = store.user();
    let work = |edit: &mut Edit<'_>| {
        let mark = own_mark(user.0);
        let name = name_of(edit, source, &named, &mark, &person_key(intake.person, email.as_deref()))?;
        let here = here(edit, user.0, source, &name)?;
        let setting = Setting {
            source: name,
            people,
            accounts: [(intake.person, user.0)].into(),
            known: KnownIds::default(),
            here,
            written,
            now: intake.now,
            scope: Scope::One(Own {
                user: user.0,
                tunes: named.tunes,
                instruments: named.instruments,
                references: references(edit)?,
            }),
        };
        let mut taking = Taking { edit, mark, converter: Converter::new(setting), done: 0, on_step };
        let tables = taking.all(source)?;
        schedule::recompute_all(taking.edit.conn())?;
        intake::show_a_full_repertoire(taking.edit.conn(), user)?;
        Ok::<_, LegacyError>(tables)
    };
    let tables = if intake.rehearse { store.rehearse(intake.now, work)? } else { store.edit(intake.now, work)? };
    let account = AccountReport {
        legacy_id: intake.person,
        email: String::new(),
        id: Some(user.to_string()),
        what: "you, on this device".to_owned(),
    };
    Ok(Report { dry_run: intake.rehearse, accounts: vec![account], tables, ..Report::of(source) })
}

/// The mark of what this account brings in.
fn own_mark(user: Uuid) -> String {
    format!("{MARK}{}", Uuid::new_v5(&NAMESPACE, format!("legacy-import:{user}").as_bytes()))
}

/// A person of a legacy database, in whatever copy of it she is found.
fn person_key(legacy_id: i64, email: Option<&str>) -> String {
    format!("{}:{legacy_id}", email.unwrap_or_default())
}

/// The name from which ids are made: the one under which most of this file is here already (brought by this account or by the made-up person
/// before it, on this device or another; or by `migrate-legacy`, which names a file by its file name), else that of this account.
fn name_of(edit: &Edit<'_>, source: &Source, named: &Named, mark: &str, person: &str) -> Result<String, LegacyError> {
    let own = format!("{mark}:{person}");
    let me = edit.user().to_string();
    let marks = intake::marks(edit.conn())?;
    let names = std::iter::once(own.clone())
        .chain(marks.into_iter().map(|mark| format!("{mark}:{person}")))
        .chain(std::iter::once(source.name.clone()));
    let mut best = (0, own);
    for name in names {
        let mut here = 0;
        for (table, legacy_id) in &named.roots {
            let Some(table_here) = Table::from_name(table) else { continue };
            let id = legacy_uuid(&name, table, legacy_id).to_string();
            // Others' public notes come to her device, too.
            let owner = table_here.owner_column().unwrap_or("id");
            let stands = row::read(edit.conn(), table_here, &id)?;
            here += usize::from(stands.is_some_and(|row| text(&row, owner) == Some(me.as_str())));
        }
        if here > best.0 {
            best = (here, name);
        }
    }
    Ok(best.1)
}

/// What is here to be met: the public catalog by what it is, her own rows by id or by what they are, deleted ones too.
fn here(edit: &Edit<'_>, user: Uuid, source: &Source, name: &str) -> Result<Here, LegacyError> {
    let mut here = Here::default();
    // What was brought under this name before is met by its id alone: rows that look alike must not change places.
    for table in ["instrument", "tune", "playlist", "note", "reference"] {
        let table = catalogue::table(table).expect("the catalogue has every table named here");
        source.each(table, |row| {
            here.take(legacy_uuid(name, table.name, &row.key(table.key)));
            Ok(())
        })?;
    }
    let conn = edit.conn();
    let me = user.to_string();
    let id = |row: &Row| text(row, "id").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
    let uuid = |row: &Row, column: &str| text(row, column).and_then(|id| Uuid::parse_str(id).ok());
    for row in row::select(conn, Table::Tune, "private_for is null and not deleted order by id", [])? {
        here.insert(tune_key(&parts(&row)), id(&row));
    }
    for row in row::select(conn, Table::Tune, "private_for = ?1 order by deleted, id", [&me])? {
        here.insert_present(own_tune_key(&parts(&row)), id(&row));
    }
    for row in row::select(conn, Table::Instrument, "private_to_user is null and not deleted order by id", [])? {
        here.insert(instrument_key(None, text(&row, "instrument")), id(&row));
    }
    for row in row::select(conn, Table::Instrument, "private_to_user = ?1 order by deleted, id", [&me])? {
        here.insert_present(instrument_key(Some(user), text(&row, "instrument")), id(&row));
    }
    for row in row::select(conn, Table::Playlist, "user_ref = ?1 order by deleted, id", [&me])? {
        here.insert_present(playlist_key(uuid(&row, "instrument_ref"), text(&row, "name")), id(&row));
    }
    for row in row::select(conn, Table::Note, "user_ref = ?1 order by deleted, id", [&me])? {
        let tune = uuid(&row, "tune_ref").unwrap_or_default();
        here.insert_present(note_key(tune, text(&row, "created_date"), text(&row, "note_text")), id(&row));
    }
    for row in row::select(conn, Table::Reference, "user_ref = ?1 order by deleted, id", [&me])? {
        let tune = uuid(&row, "tune_ref").unwrap_or_default();
        here.insert_present(link_key(tune, text(&row, "url").unwrap_or_default()), id(&row));
    }
    Ok(here)
}

fn parts(row: &Row) -> TuneParts<'_> {
    TuneParts {
        title: text(row, "title"),
        kind: text(row, "type"),
        structure: text(row, "structure"),
        mode: text(row, "mode"),
        incipit: text(row, "incipit"),
    }
}

fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    row.get(column).and_then(Value::as_str)
}

/// The reference rows that are here; `None` where the catalog has never come, so that the file's may stand in for it.
fn references(edit: &Edit<'_>) -> Result<Option<HashSet<String>>, StoreError> {
    if !intake::knows_catalog(edit.conn())? {
        return Ok(None);
    }
    let mut names = HashSet::new();
    for table in [Table::Genre, Table::TuneType, Table::GenreTuneType] {
        for row in row::select(edit.conn(), table, "true", [])? {
            let key: Vec<&str> = table.primary_key().iter().filter_map(|column| text(&row, column)).collect();
            names.insert(reference_name(table, &key));
        }
    }
    Ok(Some(names))
}

/// A file being taken in.
struct Taking<'a, 'e, 's> {
    edit: &'a mut Edit<'e>,
    mark: String,
    converter: Converter,
    done: usize,
    on_step: OnStep<'s>,
}

impl Taking<'_, '_, '_> {
    fn all(&mut self, source: &Source) -> Result<Vec<TableReport>, LegacyError> {
        let mut reports = Vec::new();
        for table in &TABLES {
            let mut report = TableReport::of(table, source);
            let before = intake::count(self.edit.conn(), table.target)?;
            let unique = source.tables.get(table.name).is_some_and(|found| found.unique);
            source.each(table, |row| {
                if let Some(draft) = self.converter.row(table, row, unique, &mut report) {
                    self.take(&draft, &mut report).map_err(|error| LegacyError::NotTaken {
                        table: table.name.to_owned(),
                        row: draft.legacy_id.clone(),
                        message: error.to_string(),
                    })?;
                }
                let done = self.done + report.read;
                let step = Step { doing: "taking in", table: table.name, done, all: source.rows() };
                if report.read.is_multiple_of(STEP_ROWS) && (self.on_step)(step) == ControlFlow::Break(()) {
                    return Err(LegacyError::Stopped(table.name.to_owned()));
                }
                Ok(())
            })?;
            let after = intake::count(self.edit.conn(), table.target)?;
            if after != before + report.loaded || !report.is_explained() {
                let message = format!("{} of {} rows of {} arrived", after - before, report.loaded, table.name);
                return Err(LegacyError::Differs(message));
            }
            self.done += report.read;
            reports.push(report);
        }
        Ok(reports)
    }

    fn take(&mut self, draft: &Draft, report: &mut TableReport) -> Result<(), StoreError> {
        let table = draft.table;
        let wire = draft.to_json();
        let mut local = row::from_wire(table, wire.as_object().unwrap_or(&Row::new()))?;
        if !table.is_synced() {
            let present = intake::has_reference(self.edit.conn(), table, &local)?;
            if !present {
                self.edit.insert_public(table, &local)?;
            }
            report.loaded += usize::from(!present);
            report.already_there += usize::from(present);
            return Ok(());
        }
        let id = text(&local, "id").unwrap_or_default().to_owned();
        let Some(stands) = row::read(self.edit.conn(), table, &id)? else {
            local.insert("device_id".to_owned(), self.mark.clone().into());
            self.edit.insert_as_written(table, local)?;
            report.loaded += 1;
            return Ok(());
        };
        if table == Table::UserProfile && self.complete(&id, &stands, local.clone())? {
            report.updated += 1;
            return Ok(());
        }
        report.already_there += 1;
        // Her profile is the account's, public rows are the catalog's: they may differ.
        let hers = table.owner_column().is_some_and(|column| !stands.get(column).is_none_or(Value::is_null));
        if hers && table != Table::UserProfile {
            if row::is_deleted(&stands) {
                report.keep(&draft.legacy_id, "deleted here since");
            } else if !row::same_content(table, &stands, &local) {
                report.keep(&draft.legacy_id, "here already, and different");
            }
        }
        Ok(())
    }

    /// What her profile does not say yet; whether there was anything.
    fn complete(&mut self, id: &str, stands: &Row, file: Row) -> Result<bool, StoreError> {
        let missing = |name: &str| stands.get(name).is_none_or(Value::is_null);
        let known: Row = file
            .into_iter()
            .filter(|(name, value)| {
                matches!(name.as_str(), "name" | "sr_alg_type" | "phone" | "phone_verified")
                    && missing(name)
                    && !value.is_null()
            })
            .collect();
        if known.is_empty() { Ok(false) } else { self.edit.update(Table::UserProfile, id, known) }
    }
}
