//! How a person wants the practice list to look: columns and order as table state (`table_state`, purpose `practice`), one row a repertoire and
//! size of screen; and whether what is submitted is shown, for all of them (`tab_group_main_state`).

use rusqlite::params;
use serde_json::{Value, json};

use super::Store;
use super::error::StoreError;
use super::row::{self, Row};
use super::schema::Table;
use super::table_look::size;
use crate::domain::ids::{PlaylistId, natural_id};
use crate::domain::listing::ScreenSize;
use crate::domain::practice_look::{PracticeColumn, PracticeLook};
use crate::domain::time::Timestamp;
use crate::row;

fn read(settings: &str, usual: PracticeLook) -> PracticeLook {
    let Ok(stored) = serde_json::from_str::<Value>(settings) else { return usual };
    let known = |list: &Value| -> Option<Vec<PracticeColumn>> {
        Some(list.as_array()?.iter().filter_map(|value| serde_json::from_value(value.clone()).ok()).collect())
    };
    let look = PracticeLook {
        columns: known(&stored["columns"]).unwrap_or(usual.columns),
        sorting: serde_json::from_value(stored["sorting"].clone()).unwrap_or_default(),
        ..usual
    };
    look.mended()
}

impl Store {
    fn practice_look_id(&self, screen: ScreenSize, playlist: PlaylistId) -> String {
        let key = [&*self.user().to_string(), size(screen), "practice", &*playlist.to_string()];
        natural_id("table_state", &key).map(|id| id.to_string()).unwrap_or_default()
    }

    /// What holds for all repertoires. Older apps may have left several rows: the newest counts.
    fn main_state(&self) -> Result<Option<Row>, StoreError> {
        let condition = "user_id = ?1 and not deleted order by last_modified_at desc, id limit 1";
        let rows = row::select(&self.conn, Table::TabGroupMainState, condition, params![self.user().to_string()])?;
        Ok(rows.into_iter().next())
    }

    /// How the practice list looks on that size of screen, for the current repertoire.
    pub fn practice_look(&self, screen: ScreenSize) -> Result<PracticeLook, StoreError> {
        let mut look = PracticeLook::usual(screen);
        if let Some(state) = self.main_state()? {
            look.submitted = state["practice_show_submitted"] == 1;
        }
        let Some(playlist) = self.current_repertoire()? else { return Ok(look) };
        let id = self.practice_look_id(screen, playlist);
        let stored = row::read(&self.conn, Table::TableState, &id)?.filter(|row| !row::is_deleted(row));
        Ok(match stored.as_ref().and_then(|row| row["settings"].as_str()) {
            Some(settings) => read(settings, look),
            None => look,
        })
    }

    /// Keeps how it looks. What is as it was is not written.
    pub fn save_practice_look(
        &mut self,
        now: Timestamp,
        screen: ScreenSize,
        look: &PracticeLook,
    ) -> Result<(), StoreError> {
        let before = self.practice_look(screen)?;
        let state = self.main_state()?;
        let user = self.user().to_string();
        let list = match self.current_repertoire()? {
            Some(playlist) if (&before.columns, before.sorting) != (&look.columns, look.sorting) => {
                Some((self.practice_look_id(screen, playlist), playlist))
            }
            _ => None,
        };
        self.edit(now, |edit| {
            if before.submitted != look.submitted {
                let id = match state.as_ref().and_then(|row| row["id"].as_str()) {
                    Some(id) => id.to_owned(),
                    None => natural_id("tab_group_main_state", &[&user]).map(|id| id.to_string()).unwrap_or_default(),
                };
                let columns = row! { "user_id": user.as_str(), "practice_show_submitted": i64::from(look.submitted) };
                edit.put(Table::TabGroupMainState, id, columns)?;
            }
            let Some((id, playlist)) = list else { return Ok(()) };
            let settings = json!({ "columns": look.columns, "sorting": look.sorting }).to_string();
            let columns = row! {
                "user_id": user.as_str(), "screen_size": size(screen), "purpose": "practice",
                "playlist_id": playlist.to_string(), "settings": settings,
            };
            edit.put(Table::TableState, id, columns)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::ids::{DeviceId, UserId};
    use crate::domain::practice_look::PracticeSorting;
    use crate::store::Identity;
    use rusqlite::Connection;
    use uuid::Uuid;

    #[test]
    fn what_another_release_wrote_is_passed_over() {
        let usual = PracticeLook::usual(ScreenSize::Full);
        for broken in ["", "{", "[]", "null", "{\"columns\": 5, \"sorting\": 3}"] {
            assert_eq!(read(broken, usual.clone()), usual, "{broken}");
        }
        let partly =
            r#"{"columns":["next","hologram","title","goal"],"sorting":{"column":"hologram","descending":true}}"#;
        let look = read(partly, usual);
        assert_eq!((look.columns, look.sorting), (vec![PracticeColumn::Next, PracticeColumn::Goal], None));
    }

    #[test]
    fn columns_belong_to_a_repertoire_the_rest_to_the_person_and_all_of_it_travels() {
        let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
        let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().unwrap();
        let screen = ScreenSize::Small;
        store.create_repertoire(now, "Flute", None).unwrap();
        let usual = store.practice_look(screen).unwrap();
        assert!(!usual.submitted);
        let sorting = Some(PracticeSorting { column: PracticeColumn::Title, descending: true });
        let columns = vec![PracticeColumn::Interval, PracticeColumn::Goal];
        let look = PracticeLook { columns, sorting, submitted: true };
        store.save_practice_look(now, screen, &look).unwrap();
        assert_eq!(store.practice_look(screen).unwrap(), look);
        let other = PracticeLook { submitted: true, ..PracticeLook::usual(ScreenSize::Full) };
        assert_eq!(store.practice_look(ScreenSize::Full).unwrap(), other);
        let waiting = |store: &Store| -> Vec<String> {
            let sql = "select table_name from sync_queue where table_name like 'ta%' order by seq";
            let mut statement = store.conn().prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(waiting(&store), ["tab_group_main_state", "table_state"]);
        store.create_repertoire(now, "Whistle", None).unwrap();
        assert_eq!(
            store.practice_look(screen).unwrap(),
            PracticeLook { columns: usual.columns, sorting: None, ..look }
        );
    }
}
