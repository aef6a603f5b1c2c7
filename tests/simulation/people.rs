//! What people do: realistic acts through the store's own calls, and inserts, edits, deletions and revivals of rows of every table.
//! (`changes.rs`). Ids come from the store; values are unlike any other where the column allows, so that the oracle knows whose value it sees.

use chrono::Utc;
use rusqlite::Connection;
use serde_json::json;
use tunetrees::domain::ids::{NoteId, TuneId};
use tunetrees::domain::practice::Rating;
use tunetrees::domain::time::{LocalDay, Timestamp, Zone};
use tunetrees::domain::tune::TuneFields;
use tunetrees::store::row as rows;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError};
use tunetrees::sync::engine::Event;
use tunetrees::worker::protocol::{LibraryRequest, Request};
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
pub struct Act<'a> {
    pub store: &'a mut Store,
    pub chance: &'a mut Chance,
    pub now: Timestamp,
    /// Unlike that of any other act.
    pub n: u64,
    pub bad: bool,
    pub public: bool,
    big: bool,
    /// Rows that the server will not take.
    pub spoilt: Vec<(Table, String)>,
}

/// Somebody does something on that device.
pub fn operate(world: &mut World<'_>, device: usize) {
    if world.chance.happens(world.plan.choices) {
        return world.choose(device);
    }
    let bad = world.chance.happens(world.plan.bad_rows);
    let big = world.chance.happens(world.plan.big_notes);
    if let Some((page, is_owner)) = world.some_page(device)
        && (!is_owner || world.chance.happens(0.3))
    {
        return ask(world, device, page);
    }
    let here = &world.devices[device];
    if here.tab.is_none() || here.is_hung() {
        return;
    }
    world.edit_in_little_room(device);
    let here = &mut world.devices[device];
    let now = here.clock(world.now);
    let mut act = Act {
        store: here.disk.as_mut().unwrap(),
        chance: &mut world.chance,
        now,
        n: world.tally.edits,
        bad,
        public: world.plan.public_notes,
        big,
        spoilt: Vec::new(),
    };
    let (what, done) = act.perform();
    let spoilt = act.spoilt;
    world.edited_in_little_room(device, &done);
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

/// Somebody asks for something in a tab, which may not be the one that owns the database.
fn ask(world: &mut World<'_>, device: usize, page: u32) {
    let here = &mut world.devices[device];
    let now = here.clock(world.now);
    let (store, n) = (here.disk.as_mut().unwrap(), world.tally.calls + 1_000_000);
    let mut act =
        Act { store, chance: &mut world.chance, now, n, bad: false, public: false, big: false, spoilt: Vec::new() };
    if let Some(request) = act.request() {
        world.ask_in_page(device, page, request);
    }
}

impl Act<'_> {
    /// The same acts, as a tab asks for them.
    fn request(&mut self) -> Option<Request> {
        let some = |id: Option<String>| id.and_then(|id| id.parse().ok()).map(TuneId);
        Some(match self.chance.below(6) {
            0 => {
                let name = format!("Repertoire #{}", self.n);
                LibraryRequest::CreateRepertoire { name, instrument: None }.into()
            }
            1 => LibraryRequest::CreateTune { fields: self.fields() }.into(),
            2 => LibraryRequest::EditTune { tune: some(self.some_tune())?, fields: self.fields() }.into(),
            3 => {
                let html = format!("<p>{}</p>", self.word("note"));
                LibraryRequest::SaveNote { tune: some(self.some_tune())?, note: None, html }.into()
            }
            4 => LibraryRequest::AddToRepertoire { tunes: vec![some(self.some_tune())?] }.into(),
            _ => {
                let sql = "select tune_ref from playlist_tune where not deleted and user_ref = ?1 order by id";
                LibraryRequest::RemoveFromRepertoire { tunes: vec![some(self.pick(sql))?] }.into()
            }
        })
    }

    fn perform(&mut self) -> (&'static str, Result<(), StoreError>) {
        let playlist = self.store.current_repertoire().ok().flatten();
        if playlist.is_none() && self.chance.happens(0.7) {
            let name = format!("Repertoire #{}", self.n);
            return ("create repertoire", self.store.create_repertoire(self.now, &name, None).map(drop));
        }
        match self.chance.below(24) {
            0..=2 => ("rate", self.rate()),
            3 => ("undo", self.store.undo(self.now, LocalDay::containing(self.now, &Utc))),
            4 => ("queue", self.store.todays_queue(self.now, &Utc).map(drop)),
            5 => ("more", self.store.add_more(self.now, &Utc, Utc.date_at(self.now), 2)),
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

    pub fn me(&self) -> String {
        self.store.user().to_string()
    }

    /// A text that no other write has.
    pub fn word(&mut self, stem: &str) -> String {
        let salt = self.chance.below(1000);
        format!("{stem} #{}.{salt}", self.n)
    }

    pub fn pick(&mut self, sql: &str) -> Option<String> {
        let me = self.me();
        let ids: Vec<String> = {
            let mut statement = self.conn().prepare_cached(sql).unwrap();
            let found = statement.query_map([me], |row| row.get(0)).unwrap();
            found.collect::<Result<_, _>>().unwrap()
        };
        (!ids.is_empty()).then(|| ids[self.chance.below(ids.len())].clone())
    }

    pub fn some_tune(&mut self) -> Option<String> {
        self.pick("select id from tune where not deleted and coalesce(private_for, ?1) = ?1 order by id")
    }

    pub fn some_playlist(&mut self) -> Option<String> {
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
        self.store.stage(self.now, entry, rating, None, false)?;
        self.store.submit(self.now, queue.day.date).map(drop)
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
}
