//! Changes of rows of every table: inserts, edits, deletions, revivals.

use serde_json::Value;
use tunetrees::domain::ids::{PlaylistId, PracticeRecordId, TuneId, natural_id};
use tunetrees::domain::time::{DAY_MICROS, Timestamp};
use tunetrees::row;
use tunetrees::store::row::Row;
use tunetrees::store::schema::{ColumnType, Table};
use tunetrees::store::{Edit, StoreError, schedule};
use uuid::Uuid;

use crate::people::Act;

impl Act<'_> {
    pub fn changes(&mut self, count: usize) -> Vec<Change> {
        (0..count).filter_map(|_| self.change()).collect()
    }

    pub fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
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
                if self.public && table == Table::Note && self.chance.happens(0.4) {
                    row.insert("public".to_owned(), self.chance.between(0, 1).into());
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

pub struct Change {
    pub table: Table,
    id: String,
    kind: Kind,
}

enum Kind {
    Insert(Row),
    Put(Row),
    Update(Row),
}

impl Change {
    pub fn apply(self, edit: &mut Edit<'_>) -> Result<(), StoreError> {
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
