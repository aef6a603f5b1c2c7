//! What people do: realistic acts through the store's own calls, and inserts, edits, deletions and revivals of rows of every table.
//! Ids come from the store; values are unlike any other where the column allows, so that the oracle knows whose value it sees.

use chrono::Utc;
use rusqlite::Connection;
use serde_json::{Value, json};
use tunetrees::domain::ids::{NoteId, PlaylistId, PracticeRecordId, TuneId, natural_id};
use tunetrees::domain::practice::Rating;
use tunetrees::domain::time::{DAY_MICROS, Timestamp};
use tunetrees::domain::tune::TuneFields;
use tunetrees::row;
use tunetrees::store::row::{self as rows, Row};
use tunetrees::store::schema::{ColumnType, Table};
use tunetrees::store::{Edit, Store, StoreError, schedule};
use tunetrees::sync::engine::Event;
use uuid::Uuid;

use crate::chance::Chance;
use crate::device::START;
use crate::model::ModelServer;
use crate::plan::MINUTE;
use crate::world::World;

/// The public catalog.
pub fn furnish(server: &mut ModelServer) {
    let long_ago = Timestamp::from_micros(START - 10 * MINUTE);
    for genre in ["ITRAD", "OTIME"] {
        server.write_as_owner(Table::Genre, genre, json!({ "name": genre }), long_ago);
    }
    for n in 0..10_u128 {
        let id = Uuid::from_u128(0x0070_0000_0000_4000_8000_0000_0000_0000 + n).to_string();
        server.write_as_owner(Table::Tune, &id, json!({ "title": format!("Tune {n}"), "genre": "ITRAD" }), long_ago);
    }
    for n in 0..2_u128 {
        let id = Uuid::from_u128(0x0010_0000_0000_4000_8000_0000_0000_0000 + n).to_string();
        server.write_as_owner(Table::Instrument, &id, json!({ "instrument": format!("Public {n}") }), long_ago);
    }
}

/// What an act works with.
struct Act<'a> {
    store: &'a mut Store,
    chance: &'a mut Chance,
    now: Timestamp,
    /// Unlike that of any other act.
    n: u64,
    bad: bool,
    big: bool,
    /// Rows that the server will not take.
    spoilt: Vec<(Table, String)>,
}

/// Somebody does something on that device.
pub fn operate(world: &mut World<'_>, device: usize) {
    let bad = world.chance.happens(world.plan.bad_rows);
    let big = world.chance.happens(world.plan.big_notes);
    let here = &mut world.devices[device];
    if here.tab.is_none() {
        return;
    }
    let now = here.clock(world.now);
    let mut act = Act {
        store: here.disk.as_mut().unwrap(),
        chance: &mut world.chance,
        now,
        n: world.tally.edits,
        bad,
        big,
        spoilt: Vec::new(),
    };
    let (what, done) = act.perform();
    let spoilt = act.spoilt;
    if let Err(error @ (StoreError::Sqlite(_) | StoreError::BadValue { .. })) = &done
        && !error.to_string().contains("constraint")
    {
        let text = format!("device {device}: {what} failed: {error}");
        return world.fail(text);
    }
    if done.is_ok() {
        world.tally.bad_rows += spoilt.len() as u64;
        for (table, id) in spoilt {
            world.oracle.may_be_refused(table, &id);
        }
    }
    let disk = world.devices[device].disks;
    let written = world.oracle.collect(device, disk, world.now, world.devices[device].store());
    let outcome = match &done {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    };
    let text = || format!("{what}: {outcome}; {}", written.join(", "));
    world.trace.note(world.now, Some(device), "does", &[written.len() as i64], text);
    if written.is_empty() {
        return;
    }
    world.tally.edits += 1;
    world.tally.writes += written.len() as u64;
    if world.faults && world.chance.happens(world.plan.kill_after_edit) {
        world.tally.kills_after_edit += 1;
        return world.tab_dies(device);
    }
    world.tell(device, Event::LocalEdit);
}

impl Act<'_> {
    fn perform(&mut self) -> (&'static str, Result<(), StoreError>) {
        let playlist = self.store.current_repertoire().ok().flatten();
        if playlist.is_none() && self.chance.happens(0.7) {
            let name = format!("Repertoire #{}", self.n);
            return ("create repertoire", self.store.create_repertoire(self.now, &name, None).map(drop));
        }
        match self.chance.below(24) {
            0..=2 => ("rate", self.rate()),
            3 => ("undo", self.store.undo_rating(self.now, &Utc)),
            4 => ("queue", self.store.todays_queue(self.now, &Utc).map(drop)),
            5 => ("more", self.store.add_more(self.now, &Utc, 2)),
            6 | 7 => ("add tunes", self.add_tunes()),
            8 => ("remove tune", self.remove_tune()),
            9 => ("create tune", self.create_tune()),
            10 | 11 => ("edit tune", self.edit_tune()),
            12 => ("note", self.note()),
            13 => ("delete note", self.delete_note()),
            14 | 15 => ("several rows", self.several()),
            _ => ("row", self.single()),
        }
    }

    fn conn(&self) -> &Connection {
        self.store.conn()
    }

    fn me(&self) -> String {
        self.store.user().to_string()
    }

    /// A text that no other write has.
    fn word(&mut self, stem: &str) -> String {
        let salt = self.chance.below(1000);
        format!("{stem} #{}.{salt}", self.n)
    }

    fn pick(&mut self, sql: &str) -> Option<String> {
        let me = self.me();
        let ids: Vec<String> = {
            let mut statement = self.conn().prepare_cached(sql).unwrap();
            let found = statement.query_map([me], |row| row.get(0)).unwrap();
            found.collect::<Result<_, _>>().unwrap()
        };
        (!ids.is_empty()).then(|| ids[self.chance.below(ids.len())].clone())
    }

    fn some_tune(&mut self) -> Option<String> {
        self.pick("select id from tune where not deleted and coalesce(private_for, ?1) = ?1 order by id")
    }

    fn some_playlist(&mut self) -> Option<String> {
        self.pick("select id from playlist where not deleted and user_ref = ?1 order by id")
    }

    fn rate(&mut self) -> Result<(), StoreError> {
        let Some(queue) = self.store.todays_queue(self.now, &Utc)? else { return Ok(()) };
        let open: Vec<_> = queue.entries.iter().filter(|entry| entry.completed.is_none()).map(|e| e.id).collect();
        if open.is_empty() {
            return self.add_tunes();
        }
        let entry = *self.chance.of(&open);
        let rating = *self.chance.of(&[Rating::Again, Rating::Hard, Rating::Good, Rating::Easy]);
        self.store.rate(self.now, entry, rating).map(drop)
    }

    fn add_tunes(&mut self) -> Result<(), StoreError> {
        let tunes: Vec<TuneId> = (0..self.chance.between(1, 3))
            .filter_map(|_| self.some_tune())
            .map(|id| TuneId(id.parse().unwrap()))
            .collect();
        self.store.add_to_repertoire(self.now, &Utc, &tunes).map(drop)
    }

    fn remove_tune(&mut self) -> Result<(), StoreError> {
        let found = self.pick("select tune_ref from playlist_tune where not deleted and user_ref = ?1 order by id");
        let Some(tune) = found else { return Ok(()) };
        self.store.remove_from_repertoire(self.now, &[TuneId(tune.parse().unwrap())])
    }

    fn fields(&mut self) -> TuneFields {
        let title = self.word("title");
        let incipit = self.chance.happens(0.5).then(|| self.word("incipit"));
        TuneFields { title: Some(title), incipit, genre: Some("ITRAD".to_owned()), ..TuneFields::default() }
    }

    fn create_tune(&mut self) -> Result<(), StoreError> {
        let mut fields = self.fields();
        if self.bad {
            fields.mode = Some("no\u{0}mode".to_owned());
        }
        let tune = self.store.create_tune(self.now, &Utc, &fields)?;
        if self.bad {
            self.spoilt.push((Table::Tune, tune.to_string()));
        }
        Ok(())
    }

    fn edit_tune(&mut self) -> Result<(), StoreError> {
        let Some(tune) = self.some_tune() else { return Ok(()) };
        let fields = self.fields();
        self.store.edit_tune(self.now, TuneId(tune.parse().unwrap()), &fields)
    }

    fn note(&mut self) -> Result<(), StoreError> {
        let Some(tune) = self.some_tune() else { return Ok(()) };
        let mut html = format!("<p>{}</p>", self.word("note"));
        if self.big {
            html.push_str(&"picture ".repeat(75_000));
        }
        let note = self.pick("select id from note where not deleted and user_ref = ?1 order by id");
        let note = note.filter(|_| self.chance.happens(0.5));
        let Some(note) = note else {
            return self.store.save_note(self.now, TuneId(tune.parse().unwrap()), None, &html).map(drop);
        };
        let found = rows::read(self.conn(), Table::Note, &note)?.unwrap_or_default();
        let tune = found["tune_ref"].as_str().unwrap_or_default().parse().map(TuneId).unwrap();
        self.store.save_note(self.now, tune, Some(NoteId(note.parse().unwrap())), &html).map(drop)
    }

    fn delete_note(&mut self) -> Result<(), StoreError> {
        let Some(note) = self.pick("select id from note where not deleted and user_ref = ?1 order by id") else {
            return Ok(());
        };
        let found = rows::read(self.conn(), Table::Note, &note)?.unwrap_or_default();
        let tune = found["tune_ref"].as_str().unwrap_or_default().parse().map(TuneId).unwrap();
        self.store.delete_note(self.now, tune, NoteId(note.parse().unwrap()))
    }

    fn single(&mut self) -> Result<(), StoreError> {
        let changes = self.changes(1);
        self.commit(changes)
    }

    fn several(&mut self) -> Result<(), StoreError> {
        let count = self.chance.between(2, 6) as usize;
        let changes = self.changes(count);
        self.commit(changes)
    }

    fn changes(&mut self, count: usize) -> Vec<Change> {
        (0..count).filter_map(|_| self.change()).collect()
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        // As every call of the store does that changes what the schedule follows from.
        let follows = [Table::PracticeRecord, Table::PrefsSpacedRepetition, Table::Playlist];
        let scheduled = changes.iter().any(|change| follows.contains(&change.table));
        self.store.edit(self.now, |edit| {
            changes.into_iter().try_for_each(|change| change.apply(edit))?;
            if scheduled { schedule::recompute_all(edit.conn()) } else { Ok(()) }
        })
    }

    /// A change of one row of any table.
    fn change(&mut self) -> Option<Change> {
        let synced: Vec<Table> = Table::ALL.into_iter().filter(|table| table.is_synced()).collect();
        let table = *self.chance.of(&synced);
        let owner = table.owner_column()?;
        let what = self.chance.below(10);
        if what < 4 && table != Table::UserProfile {
            return self.insert(table);
        }
        let condition = if what == 9 { "" } else { "and not deleted" };
        let id = self.pick(&format!("select id from \"{table}\" where \"{owner}\" = ?1 {condition} order by id"))?;
        Some(match what {
            8 if table != Table::UserProfile => Change { table, id, kind: Kind::Update(row! { "deleted": 1 }) },
            9 => Change { table, id, kind: Kind::Update(row! { "deleted": 0 }) },
            _ if table == Table::PracticeRecord => return None,
            _ => {
                let columns = changeable(table);
                let mut row = Row::new();
                for _ in 0..self.chance.between(1, 3) {
                    let column = *self.chance.of(columns);
                    let value = self.value(table, column);
                    row.insert(column.to_owned(), value);
                }
                if self.bad && matches!(table, Table::Note | Table::Reference | Table::Playlist) {
                    let column = if table == Table::Playlist { "name" } else { columns[0] };
                    row.insert(column.to_owned(), "bad\u{0}text".into());
                    self.spoilt.push((table, id.clone()));
                }
                Change { table, id, kind: Kind::Update(row) }
            }
        })
    }

    fn value(&mut self, table: Table, column: &str) -> Value {
        let words: &[&str] = match column {
            "which_tab" => &["scheduled", "repertoire", "catalog", "analysis"],
            "ref_type" => &["website", "audio", "video", "other"],
            "genre_default" | "genre" => &["ITRAD", "OTIME"],
            "instrument" => &["Fiddle", "Flute", "Concertina"],
            "goal" => &["recall", "speed", "other"],
            _ => &[],
        };
        if !words.is_empty() {
            return (*self.chance.of(words)).into();
        }
        if self.chance.happens(0.1) && table.column(column).is_some_and(|column| column.nullable) {
            return Value::Null;
        }
        match table.column(column).map(|column| column.ty) {
            Some(ColumnType::Bool) => self.chance.between(0, 1).into(),
            Some(ColumnType::Int) => self.chance.between(1, 1000).into(),
            Some(ColumnType::Real) => (self.chance.between(1, 1_000_000) as f64 / 1024.0).into(),
            Some(ColumnType::Timestamp) => {
                self.now.plus_micros(self.chance.between(0, 9 * DAY_MICROS)).to_string().into()
            }
            _ => self.word(column).into(),
        }
    }

    /// A new row, or for natural keys perhaps one that is there already.
    fn insert(&mut self, table: Table) -> Option<Change> {
        let me = self.me();
        let mut row = row! {};
        let mut key: Option<Vec<String>> = None;
        row.insert(table.owner_column()?.to_owned(), me.clone().into());
        match table {
            Table::UserProfile | Table::Genre | Table::TuneType | Table::GenreTuneType => return None,
            Table::Instrument | Table::Tune => {}
            Table::PrefsSpacedRepetition => {
                let algorithm = *self.chance.of(&["FSRS", "SM2"]);
                row.insert("alg_type".to_owned(), algorithm.into());
                key = Some(vec![me, algorithm.to_owned()]);
            }
            Table::PrefsSchedulingOptions | Table::TabGroupMainState => key = Some(vec![me]),
            Table::TuneOverride => {
                let tune = self.some_tune()?;
                row.insert("tune_ref".to_owned(), tune.clone().into());
                key = Some(vec![me, tune]);
            }
            Table::Playlist => {
                let instrument = self.pick(
                    "select id from instrument where not deleted and coalesce(private_to_user, ?1) = ?1 order by id",
                )?;
                row.insert("instrument_ref".to_owned(), instrument.into());
            }
            Table::PlaylistTune | Table::PracticeRecord | Table::DailyPracticeQueue => {
                let (playlist, tune) = (self.some_playlist()?, self.some_tune()?);
                row.extend(row! { "playlist_ref": playlist, "tune_ref": tune });
                match table {
                    Table::PlaylistTune => key = Some(vec![playlist, tune]),
                    Table::PracticeRecord => {
                        let ids = (PlaylistId(playlist.parse().ok()?), TuneId(tune.parse().ok()?));
                        let practiced = self.now.plus_micros(-self.chance.between(0, DAY_MICROS));
                        let due = practiced.plus_micros(self.chance.between(0, 9 * DAY_MICROS));
                        let quality = self.chance.between(1, 4);
                        row.extend(row! {
                            "id": PracticeRecordId::of(ids.0, ids.1, practiced).to_string(),
                            "practiced": practiced.to_string(), "quality": quality, "due": due.to_string(),
                            "stability": 3.5, "difficulty": 5.5, "repetitions": 1, "lapses": 0, "state": 2,
                        });
                        let id = row["id"].as_str()?.to_owned();
                        return Some(Change { table, id, kind: Kind::Insert(row) });
                    }
                    _ => {
                        let day = self.now.micros() / DAY_MICROS * DAY_MICROS;
                        let (start, end) = (Timestamp::from_micros(day), Timestamp::from_micros(day + DAY_MICROS));
                        let date = start.to_string()[..10].to_owned();
                        let (bucket, place) = (self.chance.between(1, 4), self.chance.between(0, 99));
                        row.extend(row! {
                            "queue_date": date, "window_start_utc": start.to_string(), "window_end_utc": end.to_string(),
                            "bucket": bucket, "order_index": place, "snapshot_coalesced_ts": self.now.to_string(),
                            "generated_at": self.now.to_string(), "mode": "per_day",
                        });
                        key = Some(vec![me, playlist, date, tune]);
                    }
                }
            }
            Table::Note | Table::Reference => {
                let tune = if self.bad { Uuid::from_u128(self.n.into()).to_string() } else { self.some_tune()? };
                row.insert("tune_ref".to_owned(), tune.into());
                if table == Table::Reference {
                    let url = self.word("https://example.test/");
                    row.insert("url".to_owned(), url.into());
                } else if self.chance.happens(0.3)
                    && let Some(playlist) = self.some_playlist()
                {
                    row.insert("playlist_ref".to_owned(), playlist.into());
                }
            }
            Table::Tag => {
                let (tune, text) = (self.some_tune()?, *self.chance.of(&["fast", "slow", "session"]));
                row.extend(row! { "tune_ref": tune, "tag_text": text });
                key = Some(vec![me, tune, text.to_owned()]);
            }
            Table::TableState => {
                let size = *self.chance.of(&["small", "full"]);
                let purpose = *self.chance.of(&["practice", "repertoire", "catalog"]);
                let playlist = self.some_playlist()?;
                row.extend(row! { "screen_size": size, "purpose": purpose, "playlist_id": playlist });
                key = Some(vec![me, size.to_owned(), purpose.to_owned(), playlist]);
            }
            Table::TableTransientData => {
                let (tune, playlist) = (self.some_tune()?, self.some_playlist()?);
                row.extend(row! { "tune_id": tune, "playlist_id": playlist });
                key = Some(vec![me, tune, playlist]);
            }
        }
        // Nobody makes a row that is a tombstone.
        for column in changeable(table).iter().take(3).filter(|column| **column != "deleted") {
            if self.chance.happens(0.7) && !row.contains_key(*column) {
                let value = self.value(table, column);
                row.insert((*column).to_owned(), value);
            }
        }
        let Some(key) = key else {
            let id = tunetrees::domain::ids::fresh(self.now).to_string();
            if self.bad && matches!(table, Table::Note | Table::Reference) {
                self.spoilt.push((table, id.clone()));
            }
            row.insert("id".to_owned(), id.clone().into());
            return Some(Change { table, id, kind: Kind::Insert(row) });
        };
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        let id = natural_id(table.name(), &parts)?.to_string();
        Some(Change { table, id, kind: Kind::Put(row) })
    }
}

struct Change {
    table: Table,
    id: String,
    kind: Kind,
}

enum Kind {
    Insert(Row),
    Put(Row),
    Update(Row),
}

impl Change {
    fn apply(self, edit: &mut Edit<'_>) -> Result<(), StoreError> {
        match self.kind {
            Kind::Insert(row) => edit.insert(self.table, row),
            Kind::Put(row) => edit.put(self.table, &self.id, row),
            Kind::Update(row) => match edit.update(self.table, &self.id, row) {
                // Two changes of one transaction may meet.
                Err(StoreError::NotFound(_)) => Ok(()),
                other => other.map(drop),
            },
        }
    }
}

/// Columns that say something and are no keys.
const fn changeable(table: Table) -> &'static [&'static str] {
    match table {
        Table::UserProfile => &["name", "phone", "acceptable_delinquency_window"],
        Table::Instrument => &["instrument", "description", "genre_default"],
        Table::PrefsSpacedRepetition => &["learning_steps", "maximum_interval", "enable_fuzzing"],
        Table::PrefsSchedulingOptions => &["weekly_rules", "min_reviews_per_day", "exceptions", "days_per_week"],
        Table::Tune | Table::TuneOverride => &["title", "mode", "incipit", "structure", "genre", "type"],
        Table::Playlist => &["name", "genre_default"],
        Table::PlaylistTune => &["goal", "scheduled", "learned"],
        Table::Note => &["note_text", "favorite", "created_date"],
        Table::Reference => &["comment", "title", "ref_type", "favorite"],
        Table::Tag => &["deleted"],
        Table::DailyPracticeQueue => &["outcome", "exposures_completed", "completed_at", "active"],
        Table::TabGroupMainState => &["tab_spec", "which_tab", "practice_show_submitted", "sidebar_dock_position"],
        Table::TableState => &["settings"],
        Table::TableTransientData => &["note_private", "recall_eval", "quality", "due", "purpose"],
        Table::Genre | Table::TuneType | Table::GenreTuneType | Table::PracticeRecord => &["deleted"],
    }
}
