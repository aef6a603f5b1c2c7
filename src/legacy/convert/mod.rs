//! Legacy rows to rows of the new schema. Pure: knows neither SQLite nor PostgreSQL, no clock, no file. It is given the accounts,
//! the ids of earlier runs and what the new database has already; it gives a draft for a row, or the reason why there is none, and
//! lists every value that could not be taken as it was.

mod annotations;
mod catalog;
mod cells;
pub mod draft;
pub mod natural;
mod people;
mod repertoire;
mod settings;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::store::schema::Table;

use super::catalogue::LegacyTable;
use super::ids::{KnownIds, legacy_uuid};
use super::report::TableReport;
use super::value::{LegacyRow, whole, yes_or_no};
use cells::Cells;

/// What is said of a flag of an ancient version that stands where times stand.
pub const FLAG: &str = "a flag of an old version, not a time → none";
pub use draft::{Cell, Draft};
pub use natural::Here;
pub use people::{People, Person, UserMap, parse_mapping};
pub use settings::default_scheduling_options;

/// `device_id` of every migrated row.
pub const DEVICE: &str = "legacy-migration";

/// Whom a legacy user became; users without an account are absent.
pub type Accounts = HashMap<i64, Uuid>;

/// For whom is converted?
#[derive(Debug, Default)]
pub enum Scope {
    /// For everybody of the file who has an account; what is public stays public. The way of the owner of the tables.
    #[default]
    Everybody,
    /// For one person, into her own database.
    One(Own),
}

/// What one person's conversion goes by. She cannot write into the catalog: of what is public in the file and not in the catalog here,
/// whatever something of hers names becomes her own, and what belongs to nobody becomes hers. What is deleted stays behind.
#[derive(Debug)]
pub struct Own {
    /// Her account.
    pub user: Uuid,
    /// Legacy ids of the tunes that something of hers names.
    pub tunes: HashSet<i64>,
    /// Legacy ids of the instruments that something of hers names.
    pub instruments: HashSet<i64>,
    /// Names of the reference rows that are here ([`reference_name`]); `None`: the catalog has never come to this device, all may come in.
    pub references: Option<HashSet<String>>,
}

/// How a row of a reference table is called in [`Own::references`].
pub fn reference_name(table: Table, key: &[&str]) -> String {
    format!("{table}:{}", key.join(":"))
}

/// What a conversion goes by.
#[derive(Debug)]
pub struct Setting {
    /// For whom?
    pub scope: Scope,
    /// The source's name, part of every made id.
    pub source: String,
    /// The people.
    pub people: People,
    /// Their accounts.
    pub accounts: Accounts,
    /// What earlier runs mapped, of the tables whose rows may be recognised by what they are: `user`, `instrument`, `tune`.
    pub known: KnownIds,
    /// Public tunes and instruments that are there already.
    pub here: Here,
    /// Write time of rows that carry none: the newest time in the file, never the time of the migration, so that a second run is
    /// the same and newer edits win.
    pub written: Timestamp,
    /// No row was written later than this; times beyond are kept as values, but not believed as write times.
    pub now: Timestamp,
}

/// The state of a conversion. Tables are fed in the order of the catalogue, rows one by one; what is kept is the ids that later
/// tables refer to, not the rows.
#[derive(Debug)]
pub struct Converter {
    setting: Setting,
    genres: HashSet<String>,
    tune_types: HashSet<String>,
    instruments: HashMap<i64, Uuid>,
    tunes: HashMap<i64, Uuid>,
    /// Legacy repertoire → its new id and its owner's account.
    playlists: HashMap<i64, (Uuid, Uuid)>,
    /// Private instruments of this run by their natural key.
    own_instruments: HashMap<Uuid, Uuid>,
    twins: Twins,
}

/// What came already, as far as the same could come again: rows that may be one row agree in the table's `near` column, by which they
/// are sorted, so that only those of one value are remembered.
#[derive(Debug, Default)]
struct Twins {
    table: Option<Table>,
    near: Option<i64>,
    rows: HashMap<Uuid, String>,
    keys: HashSet<String>,
}

type Made = Result<Draft, String>;

impl Converter {
    /// A conversion that has seen nothing yet.
    pub fn new(setting: Setting) -> Converter {
        Converter {
            setting,
            genres: HashSet::new(),
            tune_types: HashSet::new(),
            instruments: HashMap::new(),
            tunes: HashMap::new(),
            playlists: HashMap::new(),
            own_instruments: HashMap::new(),
            twins: Twins::default(),
        }
    }

    /// What it goes by.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Converts one row. `None`: it is left out, and `report` says why. `unique`: the file itself guarantees that keys differ.
    pub fn row(
        &mut self,
        table: &LegacyTable,
        row: LegacyRow<'_>,
        unique: bool,
        report: &mut TableReport,
    ) -> Option<Draft> {
        report.read += 1;
        let legacy_id = row.key(table.key);
        let near = table.near.and_then(|column| whole(row.get(column)));
        if self.twins.table != Some(table.target) {
            self.twins = Twins { table: Some(table.target), near, ..Twins::default() };
        } else if self.twins.near != near {
            self.twins.near = near;
            self.twins.rows.clear();
        }
        if !unique && !self.twins.keys.insert(legacy_id.clone()) {
            report.leave_out(legacy_id, "another row of the file has the same key");
            return None;
        }
        if self.own().is_some() && table.target != Table::UserProfile && yes_or_no(row.get("deleted")) == Some(true) {
            report.leave_out(legacy_id, "it was deleted in the old TuneTrees");
            return None;
        }
        let mut cells = Cells::new(row, &legacy_id, report);
        let made = match table.target {
            Table::UserProfile => self.person(&mut cells),
            Table::Genre => self.genre_row(&mut cells),
            Table::TuneType => self.tune_type(&mut cells),
            Table::GenreTuneType => self.genre_tune_type(&mut cells),
            Table::Instrument => self.instrument(&mut cells),
            Table::Tune => self.tune_row(&mut cells),
            Table::TuneOverride => self.tune_override(&mut cells),
            Table::Playlist => self.playlist_row(&mut cells),
            Table::PlaylistTune => self.playlist_tune(&mut cells),
            Table::PracticeRecord => self.practice_record(&mut cells),
            Table::Note => self.note(&mut cells),
            Table::Reference => self.reference(&mut cells),
            Table::Tag => self.tag(&mut cells),
            Table::PrefsSpacedRepetition => self.prefs_spaced_repetition(&mut cells),
            Table::PrefsSchedulingOptions => self.prefs_scheduling_options(&mut cells),
            Table::DailyPracticeQueue => self.queue_row(&mut cells),
            Table::TabGroupMainState => self.tab_state(&mut cells),
            Table::TableState => self.table_state(&mut cells),
            Table::TableTransientData => self.staged_evaluation(&mut cells),
        };
        let mut draft = match made {
            Ok(draft) => draft,
            Err(reason) => {
                report.leave_out(legacy_id, reason);
                return None;
            }
        };
        let identity = draft.identity();
        if let Some(first) = self.twins.rows.get(&identity) {
            report.leave_out(legacy_id, format!("the same row as {first} by its natural key"));
            return None;
        }
        if !unique || table.near.is_some() || meets_by_nature(draft.table) {
            self.twins.rows.insert(identity, legacy_id.clone());
        }
        report.tombstones += usize::from(draft.is_tombstone());
        draft.legacy_id = legacy_id;
        Some(draft)
    }

    /// The account of a legacy user, or the reason why a row of hers cannot be loaded.
    fn account(&self, user: Option<i64>) -> Result<Uuid, String> {
        match user {
            None => Err("it names no person".to_owned()),
            Some(id) => self.setting.accounts.get(&id).copied().ok_or_else(|| match self.setting.scope {
                Scope::Everybody => format!("its owner, user {id}, has no account"),
                Scope::One(_) => "it belongs to somebody else".to_owned(),
            }),
        }
    }

    /// The one person for whom is converted, if it is one.
    fn own(&self) -> Option<&Own> {
        match &self.setting.scope {
            Scope::Everybody => None,
            Scope::One(own) => Some(own),
        }
    }

    /// May a row of a reference table come in?
    fn reference_row(&self, table: Table, key: &[&str]) -> Result<(), String> {
        match self.own().and_then(|own| own.references.as_ref()) {
            Some(here) if !here.contains(&reference_name(table, key)) => {
                Err("the catalog here does not have it".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// A row's owner where 0 and NULL mean nobody, that is, everybody's.
    fn account_or_public(&self, cells: &Cells<'_>, column: &str) -> Result<Option<Uuid>, String> {
        match cells.reference_or_none(column) {
            None => Ok(None),
            Some(i64::MIN) => Err(format!("its owner ({}) is no legacy id", cells.shown(column))),
            user => self.account(user).map(Some),
        }
    }

    fn tune(&self, tune: Option<i64>) -> Result<Uuid, String> {
        let id = tune.ok_or("it names no tune")?;
        self.tunes.get(&id).copied().ok_or_else(|| format!("tune {id} is not in the file or was left out"))
    }

    fn playlist(&self, playlist: Option<i64>) -> Result<(Uuid, Uuid), String> {
        let id = playlist.ok_or("it names no repertoire")?;
        self.playlists.get(&id).copied().ok_or_else(|| format!("repertoire {id} is not in the file or was left out"))
    }

    /// A repertoire that must be `owner`'s: rows that point into somebody else's would not reach their reader.
    fn playlist_of(&self, playlist: Option<i64>, owner: Uuid) -> Result<Uuid, String> {
        let (id, whose) = self.playlist(playlist)?;
        let number = playlist.unwrap_or_default();
        if whose == owner { Ok(id) } else { Err(format!("repertoire {number} is somebody else's")) }
    }

    /// The owner of a note or link: nobody's become hers for whom is converted.
    fn account_or_own(&self, cells: &Cells<'_>, column: &str) -> Result<Option<Uuid>, String> {
        Ok(self.account_or_public(cells, column)?.or(self.own().map(|own| own.user)))
    }

    /// The id of a row that nothing else names.
    fn fresh(&self, table: &str, cells: &Cells<'_>) -> Uuid {
        legacy_uuid(&self.setting.source, table, cells.legacy_id())
    }

    /// The id of a row that may be here: the one made for it, if it is here under that; else that of a row which is the same by its `key`.
    fn met_or_fresh(&mut self, table: &str, cells: &Cells<'_>, key: Option<Uuid>) -> Uuid {
        let fresh = self.fresh(table, cells);
        if self.setting.here.has(fresh) {
            return fresh;
        }
        self.setting.here.meet(key).unwrap_or(fresh)
    }

    /// A genre that exists, or none (listed).
    fn genre(&self, cells: &mut Cells<'_>, column: &str) -> Option<String> {
        let genre = cells.word(column)?;
        if self.genres.contains(&genre) {
            return Some(genre);
        }
        cells.changed(column, "no such genre → none");
        None
    }

    /// Sets the sync columns. `at` is the row's own time of writing, if it has one.
    fn sign(&self, draft: &mut Draft, at: Option<Timestamp>, deleted: bool) {
        draft.dated = at.is_some_and(|at| at <= self.setting.now);
        draft.set("last_modified_at", at.unwrap_or(self.setting.written).min(self.setting.now));
        draft.set("device_id", DEVICE);
        draft.set("deleted", deleted);
    }
}

/// Tables in which rows with keys of their own in the file may be one row here: two instruments of one name, or the settings of two
/// legacy users who share an account. (Tables read tune by tune are looked at anyway.)
const fn meets_by_nature(table: Table) -> bool {
    matches!(
        table,
        Table::Instrument
            | Table::PrefsSpacedRepetition
            | Table::PrefsSchedulingOptions
            | Table::TabGroupMainState
            | Table::TableState
    )
}
