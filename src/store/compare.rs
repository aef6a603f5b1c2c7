//! A full compare with the server: everything is pulled anew, what came is noted in `sync_seen`, and of what did not come the server is
//! asked row by row before anything is concluded. All of it is kept with the pages, so that it goes on after a restart.
//!
//! Knows how far a compare has come. What follows from it for a row: `store::apply`.

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::meta::{self, Values};
use super::outbox;
use super::schema::Table;
use super::sync_state::{self, Reader};
use crate::domain::ids::UserId;
use crate::domain::order::Sort;

/// Why everything is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The place where pulls went on is lost, or tombstones were purged behind it. Versions say what is later.
    SameHistory,
    /// The same, and the app has learnt new columns: what it has here says nothing of those.
    NewColumns,
    /// The server was set back or replaced. Versions say nothing until each row has been compared.
    OtherHistory,
}

/// A compare that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    pub reader: Reader,
    pub cause: Cause,
    /// All pages have come; the server is asked for what did not come with them.
    pub looking: bool,
}

const PREFIX: &str = "compare:";
/// Lists of `sync_seen`: what came, and what the server says it does not have.
const GONE: &str = "gone:";

impl Reader {
    fn name(self) -> String {
        match self {
            Reader::Anonymous => "anonymous".to_owned(),
            Reader::Person(user) => user.to_string(),
        }
    }

    /// The condition for rows that came from the server to this reader; none = all.
    const fn sees(self, table: Table) -> Option<&'static str> {
        match (self, table) {
            (Reader::Person(_), _) => None,
            (Reader::Anonymous, Table::Tune) => Some("private_for is null"),
            (Reader::Anonymous, Table::Instrument) => Some("private_to_user is null"),
            (Reader::Anonymous, _) => Some("false"),
        }
    }
}

impl Compare {
    fn key(self) -> String {
        format!("{PREFIX}{}", self.reader.name())
    }

    fn save(self, conn: &Connection) -> Result<(), StoreError> {
        let cause = match self.cause {
            Cause::SameHistory => "same",
            Cause::NewColumns => "columns",
            Cause::OtherHistory => "other",
        };
        meta::set(conn, &self.key(), &format!("{cause}{}", if self.looking { ":look" } else { "" }))
    }

    /// That row came, or was confirmed meanwhile.
    pub fn note_seen(self, conn: &Connection, table: Table, id: &str) -> Result<(), StoreError> {
        note(conn, &self.reader.name(), table, id)
    }

    /// The server does not have that row.
    pub fn note_gone(self, conn: &Connection, table: Table, id: &str) -> Result<(), StoreError> {
        note(conn, &format!("{GONE}{}", self.reader.name()), table, id)
    }

    /// All pages have come.
    pub fn look(&mut self, conn: &Connection) -> Result<(), StoreError> {
        self.looking = true;
        self.save(conn)
    }

    /// Rows that the server had once and that have neither come nor been asked for, at most `limit`.
    pub fn unseen(self, conn: &Connection, limit: usize) -> Result<Vec<(Table, String)>, StoreError> {
        let mut found = Vec::new();
        for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
            let sql = format!(
                "select id from \"{table}\" as t where sync_version > 0 and {}
                   and not exists (select 1 from sync_seen s where s.reader = ?1 and s.table_name = '{table}' and s.row_id = t.id)
                   and not exists (select 1 from sync_seen s where s.reader = ?2 and s.table_name = '{table}' and s.row_id = t.id)
                 limit ?3",
                self.reader.sees(table).unwrap_or("true")
            );
            let mut statement = conn.prepare_cached(&sql)?;
            let name = self.reader.name();
            let left = limit - found.len();
            let ids = statement
                .query_map(params![name, format!("{GONE}{name}"), left as i64], |row| row.get::<_, String>(0))?;
            for id in ids {
                found.push((table, id?));
            }
        }
        Ok(found)
    }

    /// Rows here that the server does not have, parents first.
    pub fn gone(self, conn: &Connection) -> Result<Vec<(Table, String)>, StoreError> {
        let name = self.reader.name();
        let mut statement = conn.prepare(
            "select table_name, row_id from sync_seen as g where reader = ?2 and not exists
               (select 1 from sync_seen s where s.reader = ?1 and s.table_name = g.table_name and s.row_id = g.row_id)",
        )?;
        let found = statement.query_map([&name, &format!("{GONE}{name}")], |row| {
            Ok((Table::from_name(&row.get::<_, String>(0)?), row.get::<_, String>(1)?))
        })?;
        let mut rows = Vec::new();
        for line in found {
            if let (Some(table), id) = line? {
                rows.push((table, id));
            }
        }
        rows.put_in_order(Ord::cmp);
        Ok(rows)
    }

    /// It is done.
    pub fn end(self, conn: &Connection) -> Result<(), StoreError> {
        forget(conn, self.reader)?;
        meta::remove(conn, &self.key())
    }
}

fn note(conn: &Connection, list: &str, table: Table, id: &str) -> Result<(), StoreError> {
    conn.prepare_cached("insert or ignore into sync_seen (reader, table_name, row_id) values (?1, ?2, ?3)")?
        .execute([list, table.name(), id])?;
    Ok(())
}

fn forget(conn: &Connection, reader: Reader) -> Result<(), StoreError> {
    let name = reader.name();
    conn.prepare_cached("delete from sync_seen where reader in (?1, ?2)")?
        .execute([&name, &format!("{GONE}{name}")])?;
    Ok(())
}

/// The compare of that reader, if one is under way.
pub(super) fn running(values: &impl Values, reader: Reader) -> Result<Option<Compare>, StoreError> {
    let Some(state) = meta::get(values, &format!("{PREFIX}{}", reader.name()))? else { return Ok(None) };
    let cause = match state.split(':').next() {
        Some("other") => Cause::OtherHistory,
        Some("columns") => Cause::NewColumns,
        _ => Cause::SameHistory,
    };
    Ok(Some(Compare { reader, cause, looking: state.ends_with(":look") }))
}

/// Is one under way, whoever reads?
pub(super) fn is_running(conn: &Connection) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from sync_meta where key between 'compare:' and 'compare;')";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Must edits wait until each row has been compared? What they were made on is of another history; or it lacks columns that the app has
/// learnt since: sent whole, it would empty them on the server, and once confirmed it would count as known.
pub(super) fn holds_edits(conn: &Connection, user: UserId) -> Result<bool, StoreError> {
    let reader = Reader::Person(user);
    Ok(running(conn, reader)?.is_some_and(|compare| compare.cause != Cause::SameHistory)
        || sync_state::lacks_columns(conn, reader)?)
}

/// The next page is the first of a compare. One that was under way starts anew.
pub(super) fn begin(conn: &Connection, reader: Reader, cause: Cause) -> Result<Compare, StoreError> {
    let before = running(conn, reader)?.map(|compare| compare.cause);
    let lacks_columns = before == Some(Cause::NewColumns) || sync_state::lacks_columns(conn, reader)?;
    let cause = match cause {
        _ if before == Some(Cause::OtherHistory) => Cause::OtherHistory,
        Cause::SameHistory if lacks_columns => Cause::NewColumns,
        cause => cause,
    };
    forget(conn, reader)?;
    sync_state::forget_cursor(conn, reader)?;
    if matches!(reader, Reader::Person(_)) {
        // They come again.
        sync_state::set_aside(conn, &[])?;
    }
    let compare = Compare { reader, cause, looking: false };
    compare.save(conn)?;
    Ok(compare)
}

/// The first page of a compare is here. What was confirmed while it was waited for comes with the pages, or is asked for: it may have been deleted
/// elsewhere since, and purged.
pub(super) fn begin_pages(conn: &Connection, reader: Reader) -> Result<(), StoreError> {
    forget(conn, reader)
}

/// The server's history is another one: whoever has pulled from it here compares everything.
pub(super) fn begin_everywhere(conn: &Connection, reader: Reader, user: UserId) -> Result<(), StoreError> {
    for known in [Reader::Anonymous, Reader::Person(user)] {
        let has_pulled = sync_state::cursor(conn, known)?.is_some() || running(conn, known)?.is_some();
        if known == reader || has_pulled || matches!(known, Reader::Person(_)) {
            begin(conn, known, Cause::OtherHistory)?;
        }
    }
    outbox::note_lost(conn)
}

/// A pull from the very start: has anything here come from the server before?
pub(super) fn begin_if_needed(conn: &Connection, reader: Reader) -> Result<Option<Compare>, StoreError> {
    for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
        let seen = reader.sees(table).unwrap_or("true");
        let sql = format!("select exists (select 1 from \"{table}\" where sync_version > 0 and {seen})");
        if conn.prepare_cached(&sql)?.query_row([], |row| row.get(0))? {
            return begin(conn, reader, Cause::SameHistory).map(Some);
        }
    }
    Ok(None)
}
