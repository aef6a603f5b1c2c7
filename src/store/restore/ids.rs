//! Ids of a file here: whose rows they were, and what they name, decides what they become.

use serde_json::Value;
use uuid::Uuid;

use super::words::{name_of, text};
use super::{RestoredTable, Run, is_entity};
use crate::domain::ids::NAMESPACE;
use crate::store::error::StoreError;
use crate::store::intake;
use crate::store::row::{self, Row};
use crate::store::schema::{ColumnType, Table};
use crate::store::take_along::give_natural_id;

impl Run<'_, '_> {
    /// Another person's rows get ids of their own, unless they are here already under theirs (taken along into the account).
    pub(super) fn move_ids(&mut self, table: Table, file: &mut Row) -> Result<(), StoreError> {
        let moved: Vec<(String, String)> = file
            .iter()
            .filter(|(name, _)| *name != "id" && table.column(name).is_some_and(|c| c.ty == ColumnType::Uuid))
            .filter_map(|(name, value)| Some((name.clone(), self.ids.get(value.as_str()?)?.clone())))
            .collect();
        let any = !moved.is_empty();
        for (name, id) in moved {
            file.insert(name, id.into());
        }
        if is_entity(table) {
            let id = text(file, "id").to_owned();
            let owner = table.owner_column().unwrap_or("id");
            let mine = row::read(self.edit.conn(), table, &id)?.is_some_and(|row| text(&row, owner) == self.me);
            let twin =
                if mine || table != Table::Instrument { None } else { self.instrument(text(file, "instrument"))? };
            let new = twin.or_else(|| (self.other_person && !mine).then(|| self.new_id(table, &id)));
            if let Some(new) = new {
                self.ids.insert(id, new.clone());
                file.insert("id".to_owned(), new.into());
            }
        } else if any || self.other_person {
            let named = give_natural_id(table, file);
            if !named && self.other_person {
                let new = self.new_id(table, text(file, "id"));
                file.insert("id".to_owned(), new.into());
            }
        }
        Ok(())
    }

    /// Her instrument of that name: she has one of a name.
    fn instrument(&self, name: &str) -> Result<Option<String>, StoreError> {
        let condition = "private_to_user = ?1 and instrument = ?2";
        let found = row::select(self.edit.conn(), Table::Instrument, condition, [self.me.as_str(), name])?;
        Ok(found.first().map(|row| text(row, "id").to_owned()))
    }

    pub(super) fn new_id(&self, table: Table, id: &str) -> String {
        Uuid::new_v5(&NAMESPACE, format!("restored:{}:{table}:{id}", self.me).as_bytes()).to_string()
    }

    /// What a row names and is not here, where the row can do without.
    pub(super) fn fit(&self, table: Table, file: &mut Row, report: &mut RestoredTable) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        for column in ["genre", "genre_default"] {
            let genre = text(file, column).to_owned();
            let wanted = crate::row! { "id": genre.as_str() };
            if !genre.is_empty() && !intake::has_reference(conn, Table::Genre, &wanted)? {
                report
                    .changed
                    .push((name_of(conn, table, file)?, format!("the genre {genre} does not exist here → none")));
                file.insert(column.to_owned(), Value::Null);
            }
        }
        let instrument = text(file, "instrument_ref").to_owned();
        if !instrument.is_empty() && row::read(conn, Table::Instrument, &instrument)?.is_none() {
            report.changed.push((name_of(conn, table, file)?, "its instrument is not here → none".to_owned()));
            file.insert("instrument_ref".to_owned(), Value::Null);
        }
        Ok(())
    }
}
