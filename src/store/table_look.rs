//! How a person wants her lists to look: `table_state`, one row a list, repertoire and size of screen. `settings` is JSON; what is not
//! understood there (another release wrote it) is passed over.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Store;
use super::error::StoreError;
use super::row;
use super::schema::Table;
use crate::domain::ids::{PlaylistId, natural_id};
use crate::domain::listing::{Filters, Scope, ScreenSize, TableLook};
use crate::domain::time::Timestamp;
use crate::row;

const fn purpose(scope: Scope) -> &'static str {
    match scope {
        Scope::Catalog => "catalog",
        Scope::Repertoire => "repertoire",
    }
}

pub(super) const fn size(size: ScreenSize) -> &'static str {
    match size {
        ScreenSize::Small => "small",
        ScreenSize::Full => "full",
    }
}

fn known<T: DeserializeOwned>(list: &Value) -> Option<Vec<T>> {
    Some(list.as_array()?.iter().filter_map(|value| T::deserialize(value).ok()).collect())
}

fn read(settings: &str, usual: TableLook) -> TableLook {
    let Ok(stored) = serde_json::from_str::<Value>(settings) else { return usual };
    let texts = |name: &str| known::<String>(&stored["filters"][name]).unwrap_or_default();
    let filters = Filters {
        kinds: texts("kinds"),
        modes: texts("modes"),
        genres: texts("genres"),
        tags: texts("tags"),
        whose: known(&stored["filters"]["whose"]).unwrap_or_default(),
        due: known(&stored["filters"]["due"]).unwrap_or_default(),
    };
    let look = TableLook {
        columns: known(&stored["columns"]).unwrap_or(usual.columns),
        sorting: serde_json::from_value(stored["sorting"].clone()).unwrap_or_default(),
        filters,
    };
    look.mended()
}

impl Store {
    fn look_id(&self, scope: Scope, screen: ScreenSize, playlist: PlaylistId) -> Option<String> {
        let (user, playlist) = (self.user().to_string(), playlist.to_string());
        natural_id("table_state", &[&user, size(screen), purpose(scope), &playlist]).map(|id| id.to_string())
    }

    /// How a list looks on that size of screen, for the current repertoire.
    pub fn table_look(&self, scope: Scope, screen: ScreenSize) -> Result<TableLook, StoreError> {
        let usual = TableLook::usual(scope, screen);
        let Some(playlist) = self.current_repertoire()? else { return Ok(usual) };
        let Some(id) = self.look_id(scope, screen, playlist) else { return Ok(usual) };
        let stored = row::read(&self.conn, Table::TableState, &id)?.filter(|row| !row::is_deleted(row));
        Ok(match stored.as_ref().and_then(|row| row["settings"].as_str()) {
            Some(settings) => read(settings, usual),
            None => usual,
        })
    }

    /// Keeps how a list looks. Without a repertoire there is nothing to keep it with.
    pub fn save_table_look(
        &mut self,
        now: Timestamp,
        scope: Scope,
        screen: ScreenSize,
        look: &TableLook,
    ) -> Result<(), StoreError> {
        let Some(playlist) = self.current_repertoire()? else { return Ok(()) };
        let Some(id) = self.look_id(scope, screen, playlist) else { return Ok(()) };
        let settings = json!({ "columns": look.columns, "sorting": look.sorting, "filters": look.filters }).to_string();
        self.edit(now, |edit| {
            let columns = row! {
                "user_id": edit.user().to_string(), "screen_size": size(screen), "purpose": purpose(scope),
                "playlist_id": playlist.to_string(), "settings": settings,
            };
            edit.put(Table::TableState, id, columns)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::listing::{Column, DueState};

    #[test]
    fn what_another_release_wrote_is_passed_over() {
        let usual = TableLook::usual(Scope::Repertoire, ScreenSize::Full);
        for broken in ["", "{", "[]", "null", "{\"columns\": 5, \"sorting\": 3, \"filters\": \"x\"}"] {
            assert_eq!(read(broken, usual.clone()), usual, "{broken}");
        }
        let partly = r#"{"columns":["due","hologram","title"],"sorting":{"column":"due","descending":true},"filters":{"due":["due","never"],"kinds":["Reel",4]}}"#;
        let look = read(partly, usual);
        assert_eq!(look.columns, [Column::Title, Column::Due]);
        assert!(look.sorting.descending);
        assert_eq!((look.filters.due, look.filters.kinds), (vec![DueState::Due], vec!["Reel".to_owned()]));
    }
}
