//! Genres, tune types, instruments, tunes and overrides.

use serde_json::{Map, Value, json};

use crate::domain::ids::natural_id;
use crate::store::schema::Table;

use super::{Converter, synced};

fn plain(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

impl Converter<'_> {
    pub(super) fn genres(&mut self) {
        self.each("genre", &["id"], Table::Genre, |me, cells| {
            let id = cells.word("id").ok_or("it has no id")?;
            me.genres.insert(id.clone());
            Ok(plain(json!({
                "id": id, "name": cells.text("name"), "region": cells.text("region"),
                "description": cells.text("description"),
            })))
        });
    }

    pub(super) fn tune_types(&mut self) {
        self.each("tune_type", &["id"], Table::TuneType, |me, cells| {
            let id = cells.word("id").ok_or("it has no id")?;
            me.tune_types.insert(id.clone());
            Ok(plain(json!({
                "id": id, "name": cells.text("name"), "rhythm": cells.text("rhythm"),
                "description": cells.text("description"),
            })))
        });
    }

    pub(super) fn genre_tune_types(&mut self) {
        self.each("genre_tune_type", &["genre_id", "tune_type_id"], Table::GenreTuneType, |me, cells| {
            let genre = cells.word("genre_id").ok_or("it names no genre")?;
            let tune_type = cells.word("tune_type_id").ok_or("it names no tune type")?;
            if !me.genres.contains(&genre) {
                return Err(format!("there is no genre {genre}"));
            }
            if !me.tune_types.contains(&tune_type) {
                return Err(format!("there is no tune type {tune_type}"));
            }
            Ok(plain(json!({ "genre_id": genre, "tune_type_id": tune_type })))
        });
    }

    pub(super) fn instruments(&mut self) {
        self.each("instrument", &["id"], Table::Instrument, |me, cells| {
            let owner = me.account_or_public(cells.reference("private_to_user"))?;
            let id = me.id("instrument", cells.legacy_id(), None);
            let number = cells.reference("id").ok_or("it has no id")?;
            let row = json!({
                "id": id, "private_to_user": owner, "instrument": cells.word("instrument"),
                "description": cells.word("description"), "genre_default": me.genre(cells, "genre_default"),
            });
            me.instruments.insert(number, id);
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }

    pub(super) fn tunes(&mut self) {
        self.each("tune", &["id"], Table::Tune, |me, cells| {
            let owner = me.account_or_public(cells.reference("private_for"))?;
            let id = me.id("tune", cells.legacy_id(), None);
            let number = cells.reference("id").ok_or("it has no id")?;
            let row = json!({
                "id": id, "title": cells.word("title"), "type": cells.word("type"),
                "structure": cells.word("structure"), "mode": cells.word("mode"), "incipit": cells.word("incipit"),
                "genre": me.genre(cells, "genre"), "private_for": owner,
            });
            me.tunes.insert(number, id);
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }

    pub(super) fn overrides(&mut self) {
        self.each("tune_override", &["id"], Table::TuneOverride, |me, cells| {
            let tune = me.tune(cells.reference("tune_ref"))?;
            let user = me.account(cells.reference("user_ref"))?;
            let natural = natural_id("tune_override", &[&user.to_string(), &tune.to_string()]);
            let row = json!({
                "id": me.id("tune_override", cells.legacy_id(), natural), "tune_ref": tune, "user_ref": user,
                "title": cells.word("title"), "type": cells.word("type"), "structure": cells.word("structure"),
                "mode": cells.word("mode"), "incipit": cells.word("incipit"), "genre": me.genre(cells, "genre"),
            });
            Ok(synced(row, me.newest, cells.deleted()))
        });
    }
}
