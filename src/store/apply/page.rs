//! A page of a pull, and what became of it.

use std::cell::Cell;

use super::{Applying, Merge, is_about_the_row};
use crate::domain::order::Sort;
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::compare::{self, Cause};
use crate::store::row::Row;
use crate::store::schema::Table;
use crate::store::sync_state::{self, Reader};
use crate::store::{Store, StoreError};

/// Larger pages among several are of a first pull or a long absence: there children do come before their parents.
const MOST_STRICT: usize = 60;

/// A page of a pull.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Table name and row in wire form, in the server's order.
    pub rows: Vec<(String, Row)>,
    /// Where the next page goes on.
    pub cursor: String,
    /// Is there one at once?
    pub has_more: bool,
    /// Which history of the server this is.
    pub epoch: String,
    /// The server's clock when it answered.
    pub server_time: Option<Timestamp>,
    /// Tombstones that the cursor had not come to yet were purged: only a full compare tells what is gone.
    pub floor_passed: bool,
    /// The person's devices, as JSON `[{id, name, last_seen}]`; with the last page of a pull.
    pub devices: Option<String>,
    /// The page answers what was asked of single rows: those that the server does not have.
    pub gone: Option<Vec<(Table, String)>>,
    /// More of this page follows: the cursor stays where it is. Who is killed in between pulls the page again, and what is here already is skipped.
    pub partly: bool,
}

impl Page {
    /// Its rows in the order in which they can be stored.
    pub fn parents_first(mut self) -> Page {
        self.rows.put_in_order_of(|(name, _)| Table::from_name(name));
        self
    }

    /// Its first `most` rows, and what is left; only the last part moves the cursor.
    pub fn split(mut self, most: usize) -> (Page, Option<Page>) {
        if self.rows.len() <= most {
            return (self, None);
        }
        let rest = self.rows.split_off(most);
        let part = Page {
            rows: std::mem::replace(&mut self.rows, rest),
            cursor: self.cursor.clone(),
            epoch: self.epoch.clone(),
            floor_passed: self.floor_passed,
            has_more: true,
            partly: true,
            ..Page::default()
        };
        (part, Some(self))
    }
}

/// What a page did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageOutcome {
    /// Tables whose visible content changed.
    pub changed: Vec<Table>,
    /// The server has another history than the one the cursor belongs to, or has purged tombstones behind it: nothing was applied, pull
    /// again from the start.
    pub restarted: bool,
    /// The pull has not ended: more pages, or single rows to be asked for.
    pub unfinished: bool,
    /// It went on with a pull that had begun before.
    pub resumed: bool,
    /// Rows that could not be stored yet; they are kept and tried again with every pull.
    pub aside: usize,
    /// A row may be here whose parent is not, yet.
    pub loose: bool,
}

/// What a transaction that applied remote rows did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Applied {
    /// Tables whose content changed.
    pub changed: Vec<Table>,
    /// Foreign keys were off: a child may be here whose parent is not.
    pub loose: bool,
    /// Of the answers to a push, at least one has changed what will be sent next.
    pub moved: bool,
    /// The server has a row in an earlier version than the one that was known here and edited.
    pub behind: bool,
}

/// May a page be taken in parts? Not where everything is compared, or will be: what came is then judged once.
pub fn takes_parts(store: &Store, reader: Reader) -> Result<bool, StoreError> {
    let seen = &*store.seen()?;
    Ok(sync_state::cursor(seen, reader)?.is_some() && compare::running(seen, reader)?.is_none())
}

/// Applies a page (or a part of one) and moves the cursor, in one transaction. Rows of unknown tables are ignored; rows that do not fit (yet) are kept
/// aside and tried again at the end of every pull, so that one bad row stops nothing and none is lost.
pub fn apply_page(
    store: &mut Store,
    reader: Reader,
    page: &Page,
    merge: &dyn Merge,
    now: Timestamp,
) -> Result<PageOutcome, StoreError> {
    let user = store.user();
    if let Some(known) = sync_state::epoch(&*store.seen()?)?
        && known != page.epoch
        && on(Remedy::EpochCompared)
    {
        store.apply_remote(now, |edit| {
            sync_state::set_epoch(edit.conn(), &page.epoch)?;
            compare::begin_everywhere(edit.conn(), reader, user)
        })?;
        return Ok(PageOutcome { restarted: true, unfinished: true, ..PageOutcome::default() });
    }
    if page.floor_passed && on(Remedy::TombstoneFloor) {
        store.apply_remote(now, |edit| compare::begin(edit.conn(), reader, Cause::SameHistory).map(drop))?;
        return Ok(PageOutcome { restarted: true, unfinished: true, ..PageOutcome::default() });
    }
    if !on(Remedy::CursorWithPage) {
        store.apply_remote(now, |edit| sync_state::set_cursor(edit.conn(), reader, &page.cursor))?;
    }
    let (aside, ended) = (Cell::new(0), Cell::new(false));
    let mut rows: Vec<_> = page.rows.iter().filter_map(|(name, wire)| Some((Table::from_name(name)?, wire))).collect();
    // Parents first, where they are in the same page.
    rows.put_in_order_of(|(table, _)| *table);
    let unfinished = sync_state::is_unfinished(&*store.seen()?, reader)?;
    let of_many = page.has_more || unfinished;
    let loosely = of_many && (rows.len() > MOST_STRICT || !store.heeds_keys()?);
    let run = if loosely { Applying::run_loosely } else { Applying::run };
    let work = |applying: &mut Applying<'_, '_>| {
        let conn = applying.conn();
        if applying.compare.is_none() && sync_state::cursor(conn, reader)?.is_none() {
            let compare = compare::begin_if_needed(conn, reader)?;
            sync_state::forget_cursor(conn, reader)?;
            applying.compare_from_here(compare)?;
        } else if applying.compare.is_some() && sync_state::lacks_columns(conn, reader)? {
            // What came before the app was updated comes again.
            let compare = compare::begin(conn, reader, Cause::NewColumns)?;
            applying.compare_from_here(Some(compare))?;
        } else if sync_state::cursor(conn, reader)?.is_none() {
            compare::begin_pages(conn, reader)?;
        }
        let kept = sync_state::aside(applying.conn())?;
        let again = !kept.is_empty() && !page.has_more;
        let mut failed = if again { Vec::new() } else { kept.clone() };
        let retried = if again { kept.as_slice() } else { &[] };
        let retried = retried.iter().filter_map(|(name, wire)| Some((Table::from_name(name)?, wire)));
        for (table, wire) in rows.iter().copied().chain(retried) {
            match applying.pulled(table, wire) {
                Ok(()) => {}
                Err(error) if is_about_the_row(&error) => {
                    tracing::warn!(%table, %error, "a row from the server is kept aside");
                    let row = (table.name().to_owned(), wire.clone());
                    // It may come again.
                    if !failed.contains(&row) {
                        failed.push(row);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        aside.set(failed.len());
        if !failed.is_empty() || !kept.is_empty() {
            sync_state::set_aside(applying.conn(), &failed)?;
        }
        if !page.partly {
            sync_state::set_cursor(applying.conn(), reader, &page.cursor)?;
        }
        sync_state::set_epoch(applying.conn(), &page.epoch)?;
        if let Some(devices) = &page.devices {
            sync_state::set_devices(applying.conn(), devices)?;
        }
        applying.note_gone(page.gone.as_deref().unwrap_or_default())?;
        ended.set(!page.has_more && applying.compared()?);
        if ended.get() == unfinished {
            sync_state::set_unfinished(applying.conn(), reader, !ended.get())?;
        }
        if ended.get() {
            if matches!(reader, Reader::Person(_)) {
                sync_state::first_pull_done(applying.conn())?;
                sync_state::all_filled(applying.conn())?;
            }
            sync_state::pulled(applying.conn(), now)?;
        }
        Ok(())
    };
    let Applied { changed, loose, .. } = run(store, reader, merge, now, work)?;
    // What an earlier page has brought counts with the last one, also if another tab took that page.
    let (aside, loose) = (aside.get(), loose || unfinished);
    Ok(PageOutcome { changed, restarted: false, unfinished: !ended.get(), resumed: unfinished, aside, loose })
}
