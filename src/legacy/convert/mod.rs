//! Legacy rows to rows of the new schema. Knows neither SQLite nor PostgreSQL: a pure function of the source, the accounts and the
//! ids of earlier runs. Every legacy row ends as a draft or in the report with its reason.

mod annotations;
mod catalog;
mod cells;
mod repertoire;
mod settings;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::store::schema::Table;

use super::ids::{KnownIds, Mapping, legacy_uuid};
use super::report::{NotMigrated, TableReport};
use super::source::Source;
use cells::Cells;

/// `device_id` of every migrated row.
pub const DEVICE: &str = "legacy-migration";

/// Whom a legacy user became; users without an account are absent.
pub type Accounts = HashMap<i64, Uuid>;

/// A row ready to be inserted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its key in the legacy table.
    pub legacy_id: String,
    /// Its values by column.
    pub values: Map<String, Value>,
}

/// The rows of one table.
#[derive(Debug)]
pub struct DraftTable {
    /// Where they go.
    pub table: Table,
    /// The rows.
    pub drafts: Vec<Draft>,
    /// The account so far: what was read, left out, changed.
    pub report: TableReport,
}

/// Everything to insert, parents first.
#[derive(Debug, Default)]
pub struct Converted {
    /// Tables in an order that satisfies the foreign keys.
    pub tables: Vec<DraftTable>,
    /// Legacy ids and their UUIDs.
    pub mappings: Vec<Mapping>,
    /// Tables that have no place in the new schema.
    pub not_migrated: Vec<NotMigrated>,
}

/// Converts all of `source` except its users, who are in `accounts`.
pub fn convert(source: &Source, accounts: &Accounts, known: &KnownIds) -> Converted {
    let mut c = Converter::new(source, accounts, known);
    c.genres();
    c.tune_types();
    c.genre_tune_types();
    c.instruments();
    c.tunes();
    c.overrides();
    c.playlists();
    c.playlist_tunes();
    c.practice_records();
    c.notes();
    c.references();
    c.tags();
    c.prefs_spaced_repetition();
    c.prefs_scheduling_options();
    c.queue();
    c.tab_states();
    c.table_states();
    c.staged_evaluations();
    c.finish()
}

/// Columns that are read but have no place, with the reason.
pub fn dropped_columns() -> Vec<String> {
    vec![
        "user.hash: no password is carried over; people set a new one".to_owned(),
        "user.image: pictures of accounts are not part of the new schema".to_owned(),
        "user.email_verified: becomes the confirmation of the account's e-mail address".to_owned(),
    ]
}

/// The state of a conversion.
struct Converter<'a> {
    source: &'a Source,
    accounts: &'a Accounts,
    known: &'a KnownIds,
    /// Write time of rows that carry none.
    newest: Timestamp,
    genres: HashSet<String>,
    tune_types: HashSet<String>,
    instruments: HashMap<i64, Uuid>,
    tunes: HashMap<i64, Uuid>,
    /// Legacy repertoire → its new id and its owner's account.
    playlists: HashMap<i64, (Uuid, Uuid)>,
    out: Converted,
}

impl<'a> Converter<'a> {
    fn new(source: &'a Source, accounts: &'a Accounts, known: &'a KnownIds) -> Self {
        Converter {
            source,
            accounts,
            known,
            newest: source.newest(),
            genres: HashSet::new(),
            tune_types: HashSet::new(),
            instruments: HashMap::new(),
            tunes: HashMap::new(),
            playlists: HashMap::new(),
            out: Converted::default(),
        }
    }

    fn finish(mut self) -> Converted {
        for (table, rows) in &self.source.others {
            let reason = match table.as_str() {
                "account" | "session" | "verification_token" => "sign-in data of the old server; people sign in anew",
                "alembic_version" => "bookkeeping of the old schema",
                _ => "not a table that TuneTrees is known to use",
            };
            self.out.not_migrated.push(NotMigrated { table: table.clone(), rows: *rows, reason: reason.to_owned() });
        }
        self.out
    }

    /// The account of a legacy user, or the reason why a row of hers cannot be loaded.
    fn account(&self, user: Option<i64>) -> Result<Uuid, String> {
        match user {
            None => Err("it names no person".to_owned()),
            Some(id) => self.accounts.get(&id).copied().ok_or_else(|| format!("its owner, user {id}, has no account")),
        }
    }

    /// A row's owner where 0 and NULL mean nobody, that is, everybody's.
    fn account_or_public(&self, user: Option<i64>) -> Result<Option<Uuid>, String> {
        match user {
            None | Some(0) => Ok(None),
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

    /// The id of a row: as an earlier run mapped it, else `fresh`.
    fn id(&self, table: &'static str, legacy_id: &str, fresh: Option<Uuid>) -> Uuid {
        let made = || legacy_uuid(&self.source.name, table, legacy_id);
        self.known.get(table, legacy_id).or(fresh).unwrap_or_else(made)
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

    /// Converts the rows of one legacy table: `row` gives the values, or the reason to leave the row out.
    fn each(
        &mut self,
        legacy: &'static str,
        key: &[&str],
        table: Table,
        mut row: impl FnMut(&mut Self, &mut Cells<'_>) -> Result<Map<String, Value>, String>,
    ) {
        let source = self.source;
        let rows = source.table(legacy);
        let mut report = TableReport {
            legacy: legacy.to_owned(),
            target: table.name().to_owned(),
            read: rows.rows.len(),
            ..TableReport::default()
        };
        let mut drafts: Vec<Draft> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for legacy_row in rows.iter() {
            let legacy_id = legacy_row.key(key);
            let mut cells = Cells::new(legacy_row, &legacy_id, &mut report);
            let values = match row(self, &mut cells) {
                Ok(values) => values,
                Err(reason) => {
                    report.leave_out(legacy_id, reason);
                    continue;
                }
            };
            let identity = table.primary_key().iter().map(|k| values[*k].to_string()).collect::<Vec<_>>().join(":");
            let draft = Draft { legacy_id, values };
            match places.get(&identity) {
                None => {
                    places.insert(identity, drafts.len());
                    drafts.push(draft);
                }
                // Two legacy rows with one identity: the living one stays.
                Some(&at) if is_tombstone(&drafts[at]) && !is_tombstone(&draft) => {
                    report.leave_out(drafts[at].legacy_id.clone(), same_as(&draft.legacy_id));
                    drafts[at] = draft;
                }
                Some(&at) => report.leave_out(draft.legacy_id, same_as(&drafts[at].legacy_id)),
            }
        }
        report.tombstones = drafts.iter().filter(|d| is_tombstone(d)).count();
        if table.is_synced() {
            self.out.mappings.extend(drafts.iter().filter_map(|draft| {
                let uuid = draft.values["id"].as_str()?.parse().ok()?;
                Some(Mapping { table: legacy, legacy_id: draft.legacy_id.clone(), uuid })
            }));
        }
        self.out.tables.push(DraftTable { table, drafts, report });
    }
}

fn is_tombstone(draft: &Draft) -> bool {
    draft.values.get("deleted").and_then(Value::as_bool).unwrap_or(false)
}

fn same_as(other: &str) -> String {
    format!("the same row as {other} by its natural key")
}

/// Adds the sync columns. `written` is the best known time of the last write.
fn synced(value: Value, written: Timestamp, deleted: bool) -> Map<String, Value> {
    let Value::Object(mut row) = value else { return Map::new() };
    row.insert("last_modified_at".to_owned(), json!(written.to_string()));
    row.insert("device_id".to_owned(), json!(DEVICE));
    row.insert("deleted".to_owned(), json!(deleted));
    row
}

/// A time in the canonical form, or null.
fn at(time: Option<Timestamp>) -> Value {
    time.map_or(Value::Null, |t| json!(t.to_string()))
}

/// The default scheduling options of a person who has none: a demo needs a queue of bearable length.
pub fn default_scheduling_options(user: Uuid, written: Timestamp) -> Map<String, Value> {
    let id = crate::domain::ids::natural_id("prefs_scheduling_options", &[&user.to_string()]);
    let row = json!({
        "id": id, "user_id": user, "acceptable_delinquency_window": 21, "min_reviews_per_day": 3,
        "max_reviews_per_day": 10, "days_per_week": 7, "weekly_rules": "{}", "exceptions": "[]",
    });
    synced(row, written, false)
}
