//! A file that a person brings in: comes piece by piece, is looked at (a rehearsal: everything is done and taken back), is taken in.
//! A database of the old TuneTrees, or an export. Knows neither browser nor page; the pieces lie in memory until the next file or the end.

use std::ops::ControlFlow;

use super::protocol::{
    Account, DataAnswer, DataRequest, Failure, IntakeAnswer, IntakeChoice, IntakeKind, IntakeProgress, IntakeRemark,
    IntakeTable, LegacyPerson, RemarkKind, Response,
};
use crate::domain::order::Sort;
use crate::domain::time::Timestamp;
use crate::legacy::convert::FLAG;
use crate::legacy::load::device::{self, Intake, Owner};
use crate::legacy::report::{LeftOut, TableReport};
use crate::legacy::source::bytes::is_sqlite;
use crate::legacy::{LegacyError, Report, Source};
use crate::store::Store;
use crate::store::intake::knows_catalog;
use crate::store::restore::{Restored, RestoredTable, Restoring};
use crate::store::schema::Table;

/// A database takes twice its size while it is read, and a phone has little.
const LARGEST: u64 = 512 * 1024 * 1024;
/// Names told of one remark.
const MOST_NAMES: usize = 20;
/// Remarks told of one table; the report has all.
const MOST_REMARKS: usize = 40;

impl From<LegacyError> for Failure {
    fn from(error: LegacyError) -> Self {
        match error {
            LegacyError::Store(error) => error.into(),
            other => Failure::Invalid(other.to_string()),
        }
    }
}

/// The file that was chosen last.
#[derive(Debug, Default)]
pub struct Chosen {
    file: Option<File>,
}

#[derive(Debug)]
struct File {
    name: String,
    size: u64,
    got: u64,
    parts: Vec<Vec<u8>>,
    /// A snapshot of her own? Only to that one can go back.
    snapshot: bool,
    /// What was said about it last, row by row.
    report: Option<String>,
}

impl Chosen {
    /// Answers a request about a file. `on_progress` hears how far it is; the store's changes are in [`Store::take_changes`] afterwards.
    pub fn answer(
        &mut self,
        store: &mut Store,
        account: &Account,
        request: DataRequest,
        now: Timestamp,
        on_progress: &mut dyn FnMut(IntakeProgress),
    ) -> Result<Response, Failure> {
        match request {
            DataRequest::FilePart { name, size, at, bytes } => self.add(name, size, at, bytes),
            DataRequest::Rehearse(choice) => self.run(store, account, choice, now, true, on_progress),
            DataRequest::TakeIn(choice) => self.run(store, account, choice, now, false, on_progress),
            DataRequest::IntakeReport => {
                let report = self.file.as_ref().and_then(|file| file.report.clone());
                report.map(Response::Export).ok_or_else(gone)
            }
            DataRequest::ForgetFile => {
                self.file = None;
                Ok(Response::Done)
            }
            DataRequest::ExportEverything
            | DataRequest::ListTunes { .. }
            | DataRequest::CheckDatabase
            | DataRequest::Salvaged
            | DataRequest::Snapshots
            | DataRequest::SnapshotText { .. }
            | DataRequest::ChooseSnapshot { .. }
            | DataRequest::RemoveSnapshot { .. } => Err(gone()),
        }
    }

    /// From now on this snapshot is the chosen file, whole.
    pub fn choose(&mut self, name: &str, text: String) {
        let bytes = text.into_bytes();
        let size = bytes.len() as u64;
        self.file =
            Some(File { name: name.to_owned(), size, got: size, parts: vec![bytes], snapshot: true, report: None });
    }

    fn add(&mut self, name: String, size: u64, at: u64, bytes: Vec<u8>) -> Result<Response, Failure> {
        if size > LARGEST {
            let text = format!("{name} has {} MB; at most {} MB can be read here.", size >> 20, LARGEST >> 20);
            return Err(Failure::Invalid(text));
        }
        if at == 0 {
            self.file = Some(File { name, size, got: 0, parts: Vec::new(), snapshot: false, report: None });
        }
        // Sent again by a tab that did not hear the answer.
        let Some(file) = self.file.as_mut().filter(|file| file.got >= at) else { return Err(gone()) };
        if file.got == at {
            file.got += bytes.len() as u64;
            file.parts.push(bytes);
        }
        Ok(Response::Done)
    }

    fn run(
        &mut self,
        store: &mut Store,
        account: &Account,
        choice: IntakeChoice,
        now: Timestamp,
        rehearse: bool,
        on_progress: &mut dyn FnMut(IntakeProgress),
    ) -> Result<Response, Failure> {
        let file = self
            .file
            .as_mut()
            .filter(|file| file.got == file.size && file.snapshot == choice.exactly)
            .ok_or_else(gone)?;
        let start = file.parts.first().map(Vec::as_slice).unwrap_or_default();
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        let answer = if first == Some(&b'{') && !is_sqlite(start) {
            file.restore(store, choice, now, rehearse, on_progress)?
        } else {
            file.take_in(store, account, choice, now, rehearse, on_progress)?
        };
        Ok(DataAnswer::Intake(Box::new(answer)).into())
    }
}

/// The worker was replaced meanwhile, or another tab has chosen another file.
fn gone() -> Failure {
    Failure::Invalid("The file is not here any more. Choose it again; nothing was changed.".to_owned())
}

impl File {
    fn take_in(
        &mut self,
        store: &mut Store,
        account: &Account,
        choice: IntakeChoice,
        now: Timestamp,
        rehearse: bool,
        on_progress: &mut dyn FnMut(IntakeProgress),
    ) -> Result<IntakeAnswer, Failure> {
        let stem = self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem);
        let source = Source::from_bytes(&self.parts, stem, &self.name)?;
        let owners = device::owners(&source)?;
        let person = choice.person.or_else(|| whose(&owners, account));
        let without_catalog = !knows_catalog(store.conn())?;
        let mut tables = Vec::new();
        if let Some(person) = person {
            let report = device::take_in(store, &source, Intake { person, now, rehearse }, &mut |step| {
                on_progress(IntakeProgress::of(step.done, step.all));
                ControlFlow::Continue(())
            })?;
            tables = tables_of(&report);
            self.report = Some(report.to_markdown());
        } else if !rehearse {
            return Err(Failure::Invalid("Say first who of the file you are.".to_owned()));
        }
        let people = owners.into_iter().filter(Owner::has_anything).map(told).collect();
        let kind = IntakeKind::Legacy { people, person, without_catalog };
        Ok(IntakeAnswer { file: self.name.clone(), kind, done: !rehearse, tables })
    }

    fn restore(
        &mut self,
        store: &mut Store,
        choice: IntakeChoice,
        now: Timestamp,
        rehearse: bool,
        on_progress: &mut dyn FnMut(IntakeProgress),
    ) -> Result<IntakeAnswer, Failure> {
        let whole = self.parts.concat();
        let text = std::str::from_utf8(&whole)
            .map_err(|_| Failure::Invalid(format!("{} is no text in UTF-8; was it copied whole?", self.name)))?;
        let how = Restoring { revive: choice.revive, exactly: choice.exactly, rehearse };
        let restored = store.restore(now, text, how, &mut |done, all| {
            on_progress(IntakeProgress::of(done, all));
        })?;
        self.report = Some(report_of(&self.name, &restored, rehearse));
        let Restored { exported_at: made, other_person, tables } = restored;
        let kind = match choice.exactly && !other_person {
            true => IntakeKind::Snapshot { made },
            false => IntakeKind::Export { made, other_person },
        };
        let tables = tables.iter().map(restored_table).collect();
        Ok(IntakeAnswer { file: self.name.clone(), kind, done: !rehearse, tables })
    }
}

/// Who of the file she seems to be: the one with the address of her account, else the only one with anything.
fn whose(owners: &[Owner], account: &Account) -> Option<i64> {
    let same = |owner: &&Owner| match account {
        Account::SignedIn { email, .. } => owner.email.as_deref() == Some(email.to_lowercase().as_str()),
        Account::LocalOnly { .. } => false,
    };
    let mut with = owners.iter().filter(|owner| owner.has_anything());
    let only = with.next().filter(|_| with.next().is_none());
    owners.iter().find(same).or(only).map(|owner| owner.legacy_id)
}

fn told(owner: Owner) -> LegacyPerson {
    LegacyPerson {
        id: owner.legacy_id,
        name: owner.name,
        email: owner.email,
        repertoires: count(owner.repertoires),
        records: count(owner.records),
        notes: count(owner.notes),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn tables_of(report: &Report) -> Vec<IntakeTable> {
    // Reference data that are there anyway are nothing to speak of.
    let worth = |t: &&TableReport| t.in_file > 0 && Table::from_name(&t.target).is_some_and(Table::is_synced);
    let table = |t: &TableReport| {
        let mut remarks = grouped(RemarkKind::LeftOut, &t.left_out);
        remarks.extend(grouped(RemarkKind::Kept, &t.kept));
        // A flag of long ago is nothing that she would miss; the report has it.
        for (rule, rows) in t.changes.iter().filter(|(rule, _)| !rule.contains(FLAG)) {
            remarks.push(IntakeRemark {
                about: RemarkKind::Changed,
                text: rule.clone(),
                rows: count(rows.len()),
                names: Vec::new(),
            });
        }
        remarks.truncate(MOST_REMARKS);
        Some(IntakeTable {
            table: Table::from_name(&t.target)?,
            in_file: count(t.in_file),
            added: count(t.loaded),
            replaced: count(t.updated),
            revived: 0,
            removed: 0,
            present: count(t.already_there),
            left_out: count(t.left_out.len()),
            remarks,
        })
    };
    report.tables.iter().filter(worth).filter_map(table).collect()
}

/// One remark for each reason, the most frequent first.
fn grouped(about: RemarkKind, rows: &[LeftOut]) -> Vec<IntakeRemark> {
    let mut remarks: Vec<IntakeRemark> = Vec::new();
    for row in rows {
        // Reasons that name a number are many: “tune 634 is not in the file”.
        let text: String = reason_of(&row.reason);
        match remarks.iter_mut().find(|remark| remark.text == text) {
            Some(remark) => remark.rows += 1,
            None => remarks.push(IntakeRemark { about, text, rows: 1, names: Vec::new() }),
        }
    }
    remarks.put_in_order_of(|remark| std::cmp::Reverse(remark.rows));
    remarks
}

/// A reason without the numbers of its case.
fn reason_of(reason: &str) -> String {
    let words = reason.split(' ').filter(|word| word.parse::<i64>().is_err());
    let text = words.collect::<Vec<_>>().join(" ");
    match text.as_str() {
        "tune is not in the file or was left out" => "its tune was not taken".to_owned(),
        "repertoire is not in the file or was left out" => "its repertoire was not taken".to_owned(),
        _ => text,
    }
}

fn restored_table(table: &RestoredTable) -> IntakeTable {
    let named = |about, names: &[String]| IntakeRemark {
        about,
        text: String::new(),
        rows: count(names.len()),
        names: names.iter().take(MOST_NAMES).cloned().collect(),
    };
    let mut remarks = vec![
        named(RemarkKind::Replaced, &table.replaced),
        named(RemarkKind::Kept, &table.kept),
        named(RemarkKind::DeletedHere, &table.deleted_here),
        named(RemarkKind::Revived, &table.revived),
        named(RemarkKind::Removed, &table.removed),
    ];
    remarks.retain(|remark| remark.rows > 0);
    for (about, rows) in [(RemarkKind::LeftOut, &table.left_out), (RemarkKind::Changed, &table.changed)] {
        let rows: Vec<LeftOut> =
            rows.iter().map(|(name, why)| LeftOut { legacy_id: name.clone(), reason: why.clone() }).collect();
        remarks.extend(grouped(about, &rows));
    }
    remarks.truncate(MOST_REMARKS);
    IntakeTable {
        table: table.table,
        in_file: count(table.in_file),
        added: count(table.added),
        replaced: count(table.replaced.len()),
        revived: count(table.revived.len()),
        removed: count(table.removed.len()),
        present: count(table.same + table.kept.len() + table.deleted_here.len()),
        left_out: count(table.left_out.len()),
        remarks,
    }
}

/// Every row that needs a word, for a file.
fn report_of(name: &str, restored: &Restored, rehearse: bool) -> String {
    let head = if rehearse { "What restoring it would do. Nothing was written." } else { "What restoring it did." };
    let mut out = format!("# {name}\n\n{head}\n");
    for table in &restored.tables {
        let RestoredTable { table: name, in_file, added, same, .. } = table;
        out.push_str(&format!("\n## {name}\n\n{in_file} rows in the file, {added} new, {same} the same here.\n"));
        let lists = [
            ("Newer in the file, so replaced", &table.replaced),
            ("Deleted here, and brought back", &table.revived),
            ("Made since, and taken away", &table.removed),
            ("Newer here, so kept", &table.kept),
            ("Deleted here since, and staying so", &table.deleted_here),
        ];
        for (title, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            out.push_str(&format!("\n{title} ({}):\n\n", names.len()));
            names.iter().for_each(|name| out.push_str(&format!("- {}\n", name.replace(['\n', '\r'], " "))));
        }
        for (title, rows) in [("Not taken", &table.left_out), ("Changed", &table.changed)] {
            if !rows.is_empty() {
                out.push_str(&format!("\n{title} ({}):\n\n", rows.len()));
                rows.iter().for_each(|(name, why)| {
                    out.push_str(&format!("- {}: {why}\n", name.replace(['\n', '\r'], " ")));
                });
            }
        }
    }
    out
}
