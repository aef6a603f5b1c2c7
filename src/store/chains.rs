//! What hangs on what: which row names which other, and so cannot be on the server without it.

use std::collections::HashSet;

use rusqlite::Connection;

use super::error::StoreError;
use super::row;
use super::schema::Table;

/// Where one row names another: child, column, parent. (Owners and reference data are always there first.)
pub(super) const REFERENCES: [(Table, &str, Table); 16] = [
    (Table::TuneOverride, "tune_ref", Table::Tune),
    (Table::Playlist, "instrument_ref", Table::Instrument),
    (Table::PlaylistTune, "playlist_ref", Table::Playlist),
    (Table::PlaylistTune, "tune_ref", Table::Tune),
    (Table::Note, "tune_ref", Table::Tune),
    (Table::Note, "playlist_ref", Table::Playlist),
    (Table::Reference, "tune_ref", Table::Tune),
    (Table::Tag, "tune_ref", Table::Tune),
    (Table::PracticeRecord, "playlist_ref", Table::Playlist),
    (Table::PracticeRecord, "tune_ref", Table::Tune),
    (Table::DailyPracticeQueue, "playlist_ref", Table::Playlist),
    (Table::DailyPracticeQueue, "tune_ref", Table::Tune),
    (Table::TabGroupMainState, "playlist_id", Table::Playlist),
    (Table::TableState, "playlist_id", Table::Playlist),
    (Table::TableTransientData, "tune_id", Table::Tune),
    (Table::TableTransientData, "playlist_id", Table::Playlist),
];

/// Does any row here name this one?
pub(super) fn is_named(conn: &Connection, table: Table, id: &str) -> Result<bool, StoreError> {
    for (child, column, _) in REFERENCES.iter().filter(|(.., of)| *of == table) {
        let sql = format!("select exists (select 1 from \"{child}\" where \"{column}\" = ?1)");
        if conn.prepare_cached(&sql)?.query_row([id], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows that cannot go to the server while it does not have this one: all that name it, and those that name them, but for those that it has
/// as they are here (a row that it does not show to this person is named by such). None if the server has it.
pub(super) fn dependants(conn: &Connection, table: Table, id: &str) -> Result<Vec<(Table, String)>, StoreError> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([(table, id.to_owned())]);
    let mut ask = vec![(table, id.to_owned())];
    while let Some((parent, parent_id)) = ask.pop() {
        let there = row::read(conn, parent, &parent_id)?.is_some_and(|row| row::version(&row) > 0);
        if there {
            continue;
        }
        for (child, column, _) in REFERENCES.iter().filter(|(.., of)| *of == parent) {
            let sql = format!(
                "select id from \"{child}\" as c where \"{column}\" = ?1 and (sync_version = 0
                   or exists (select 1 from sync_queue as q where q.table_name = ?2 and q.row_id = c.id)) order by id"
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let ids = statement.query_map([&parent_id, child.name()], |row| row.get(0))?;
            let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
            for id in ids {
                if seen.insert((*child, id.clone())) {
                    found.push((*child, id.clone()));
                    ask.push((*child, id));
                }
            }
        }
    }
    Ok(found)
}
