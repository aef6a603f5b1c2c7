//! What a full compare concludes: of rows that a restored server has in an earlier state or not at all, of rows whose tombstones were
//! purged. Nothing that somebody wrote goes without a word: it is sent again, or merged, or the conflict log has it.
//!
//! The rules are those of `docs/sync.md` (“Full compare”).

use serde_json::Value;

use super::{Applying, Cause, Compare, Local, Merged};
use crate::domain::time::Timestamp;
use crate::remedies::{Remedy, on};
use crate::store::conflicts::{FieldConflict, Winner};
use crate::store::error::StoreError;
use crate::store::outbox::{self, Entry};
use crate::store::row::{self, Row, is_stamp, same_content, same_value, says_nothing};
use crate::store::schema::Table;
use crate::store::sync_state::{self, Reader};
use crate::store::{Store, chains, compare, conflicts};

const NO_LONGER_THERE: &str = "The row is no longer there for you: it was removed, or is not shared with you any more.";

impl Applying<'_, '_> {
    /// The server says that it does not have these.
    pub(super) fn note_gone(&mut self, gone: &[(Table, String)]) -> Result<(), StoreError> {
        let Some(compare) = self.compare.filter(|compare| compare.looking) else { return Ok(()) };
        gone.iter().try_for_each(|(table, id)| compare.note_gone(self.edit.conn(), *table, id))
    }

    /// A compare is under way, or begins with this page.
    pub(super) fn compare_from_here(&mut self, compare: Option<Compare>) -> Result<(), StoreError> {
        self.compare = compare;
        if compare.is_some() {
            self.learnt = sync_state::learnt(self.edit.conn())?;
        }
        Ok(())
    }

    /// Of a column that the app has learnt since it last had all rows, the server alone knows, unless it was set here since: an app that did
    /// not know it has not emptied it, whatever the two histories say of the row.
    pub(super) fn fill_learnt(&mut self, table: Table, id: &str, remote: &Row) -> Result<(), StoreError> {
        if !self.learnt.iter().any(|(of, _)| *of == table) {
            return Ok(());
        }
        let conn = self.edit.conn();
        let Some(here) = row::read(conn, table, id)? else { return Ok(()) };
        let entry = outbox::entry_of(conn, table, id)?;
        let is_untouched = |column: &String, ours: &Value| match &entry {
            None => true,
            Some(entry) => match entry.base.as_ref().and_then(|base| base.get(column)) {
                Some(was) => same_value(was, ours),
                // The edit was made before the update: what the column began with says nothing.
                None => says_nothing(table, column, ours),
            },
        };
        let mut known = Row::new();
        for (_, column) in self.learnt.iter().filter(|(of, _)| *of == table) {
            if let (Some(ours), Some(theirs)) = (here.get(column), remote.get(column))
                && is_untouched(column, ours)
            {
                known.insert(column.clone(), theirs.clone());
            }
        }
        if let Some(mut entry) = entry
            && let Some(mut base) = entry.base.take()
        {
            base.extend(known.clone());
            outbox::keep_base(conn, &entry, &base)?;
        }
        known.retain(|column, theirs| here.get(column).is_some_and(|ours| !same_value(ours, theirs)));
        if !known.is_empty() {
            row::update(conn, table, id, &known)?;
            self.changed.insert(table);
        }
        Ok(())
    }

    /// The server was set back to before it had these columns. What an own row has in them is sent again: the server refuses it as long as it does
    /// not have the column, and gets it when it has (`outbox::readmit_unknown`). Else the row would count as known, and empty there for good.
    pub(super) fn send_again_unknown(&mut self, table: Table, id: &str, columns: &[&str]) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        if columns.is_empty() || outbox::entry_of(conn, table, id)?.is_some() {
            return Ok(());
        }
        let Some(here) = row::read(conn, table, id)?.filter(|here| self.is_own(table, here)) else { return Ok(()) };
        let mut there = here.clone();
        let mut all_empty = true;
        for column in columns {
            all_empty &= there.shift_remove(*column).is_none_or(|lost| says_nothing(table, column, &lost));
        }
        if all_empty {
            return Ok(());
        }
        outbox::queue_again(conn, table, &here, Some(&there), self.now)
    }

    /// All pages have come, if everything is compared: has it ended? If not, the server is to be asked for rows that did not come.
    pub(super) fn compared(&mut self) -> Result<bool, StoreError> {
        let Some(mut compare) = self.compare else { return Ok(true) };
        let conn = self.edit.conn();
        if !on(Remedy::AskedBeforeRemoved) {
            for (table, id) in compare.unseen(conn, usize::MAX >> 1)? {
                compare.note_gone(conn, table, &id)?;
            }
        }
        if !compare.unseen(conn, 1)?.is_empty() {
            compare.look(conn)?;
            self.compare = Some(compare);
            return Ok(false);
        }
        let gone = compare.gone(conn)?;
        compare.end(conn)?;
        self.compare = None;
        match compare.cause {
            // Children first: what nothing hangs on any more can go.
            Cause::SameHistory | Cause::NewColumns => {
                gone.iter().rev().try_for_each(|(table, id)| self.purged(*table, id))?
            }
            Cause::OtherHistory => gone.iter().try_for_each(|(table, id)| self.lost(*table, id))?,
        }
        Ok(true)
    }

    fn is_own(&self, table: Table, row: &Row) -> bool {
        let owner = table.owner_column().and_then(|column| row.get(column)).and_then(Value::as_str);
        owner == Some(self.edit.user().to_string().as_str())
    }

    /// The project's owner had made the row everybody's, or another's, and the restored server says that it is hers: it is hers here, too, and
    /// what was written of it since the backup counts as ever.
    fn make_hers_again(&self, table: Table, id: &str, here: &mut Row, remote: &Row) -> Result<(), StoreError> {
        if let (Some(column), true, false) =
            (table.owner_column(), self.is_own(table, remote), self.is_own(table, here))
        {
            let owner = remote.get(column).cloned().unwrap_or_default();
            row::update(self.edit.conn(), table, id, &Row::from_iter([(column.to_owned(), owner.clone())]))?;
            here.insert(column.to_owned(), owner);
        }
        Ok(())
    }

    /// The server has another history than the one this device knows the row from. `known` is what the server once had of it.
    pub(super) fn reconcile(&mut self, table: Table, id: &str, remote: Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        let entry = outbox::entry_of(conn, table, id)?;
        let mut here = row::read(conn, table, id)?;
        if let Some(here) = &mut here {
            self.make_hers_again(table, id, here, &remote)?;
        }
        let known = entry.as_ref().map_or(here.clone(), |entry| entry.base.clone());
        let known = known.filter(|known| row::version(known) > 0 && self.is_own(table, known));
        let (Some(here), Some(known)) = (here, known) else {
            // New here, or never on the server before, or another's, of whose rows the server alone knows.
            return match entry {
                Some(entry) => self.meet(&entry, remote),
                None => self.take(table, id, &remote),
            };
        };
        let (older, newer) =
            (row::version(&remote) < row::version(&known), row::version(&remote) > row::version(&known));
        // Changed and changed back since the backup says as much as any other edit, to a device that has heard of the change only.
        let is_later_here = older && row::stamp(&remote) < row::stamp(&known) && on(Remedy::LostSentAgain);
        if same_content(table, &known, &remote) && !is_later_here {
            return match entry {
                None => self.take(table, id, &remote),
                Some(entry) => self.stand_on(&entry, &remote),
            };
        }
        if older && row::stamp(&remote) < row::stamp(&known) && on(Remedy::LostSentAgain) {
            // What the server has is an earlier state of it: all that came after is sent again. (Or another device has sent its state of
            // it again; the earlier of the two goes, and the log has it.) Equal stamps do not say so: what is merged onto a state with a later
            // stamp bears that stamp.
            self.log_quietly(table, &here, &remote, Winner::Local)?;
            return match entry {
                Some(entry) => self.stand_on(&entry, &remote),
                None => {
                    outbox::queue_again(conn, table, &here, Some(&remote), self.now)?;
                    self.set_version(table, id, row::version(&remote))
                }
            };
        }
        if (newer && row::stamp(&remote) >= row::stamp(&known)) || !on(Remedy::LostSentAgain) {
            // Most likely it was edited on from what is known here; if not, the log has what is given up.
            self.log_quietly(table, &known, &remote, Winner::Remote)?;
            return match entry {
                Some(entry) => self.meet(&entry, remote),
                None => self.take(table, id, &remote),
            };
        }
        // Edited there since, on something earlier than what is known here. What both had in common nobody knows any more; where they
        // agree it is that.
        let common: Row = known
            .into_iter()
            .map(|(name, value)| match remote.get(&name).is_some_and(|theirs| same_value(theirs, &value)) {
                true => (name, value),
                false => (name, row::unknown()),
            })
            .collect();
        let merged = self.merge.merge(table, Some(&common), Local::unsent(&here), &remote);
        let entry = match entry {
            Some(entry) => entry,
            None => {
                outbox::queue_again(conn, table, &here, Some(&remote), self.now)?;
                let Some(entry) = outbox::entry_of(conn, table, id)? else { return Ok(()) };
                entry
            }
        };
        self.join(&entry, &here, remote, &merged, true)
    }

    fn take(&mut self, table: Table, id: &str, remote: &Row) -> Result<(), StoreError> {
        self.make_room(table, id, remote)?;
        self.write(table, id, remote)
    }

    /// The entry goes on with `remote` as what the server has.
    fn stand_on(&mut self, entry: &Entry, remote: &Row) -> Result<(), StoreError> {
        outbox::shift_base(self.edit.conn(), entry, remote)?;
        self.set_version(entry.table, &entry.id, row::version(remote))
    }

    fn set_version(&mut self, table: Table, id: &str, version: i64) -> Result<(), StoreError> {
        row::update(self.edit.conn(), table, id, &crate::row! { "sync_version": version })?;
        Ok(())
    }

    /// Where the two differ goes into the log, as already seen: nobody has to choose.
    fn log_quietly(&mut self, table: Table, known: &Row, remote: &Row, winner: Winner) -> Result<(), StoreError> {
        for column in table.columns().iter().filter(|column| !is_stamp(column.name) && self.merge.is_told(table)) {
            let (Some(ours), Some(theirs)) = (known.get(column.name), remote.get(column.name)) else { continue };
            if !same_value(ours, theirs) {
                let conflict = FieldConflict {
                    column: column.name,
                    local: ours.clone(),
                    remote: theirs.clone(),
                    winner,
                    undecided: false,
                };
                conflicts::record_seen(self.edit.conn(), table, known, remote, &conflict, self.now)?;
            }
        }
        Ok(())
    }

    /// The restored server does not have this row: an own one is sent as new. Tombstones, too: another device may still have it as it was.
    fn lost(&mut self, table: Table, id: &str) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        let Some(local) = row::read(conn, table, id)? else { return Ok(()) };
        if !self.is_own(table, &local) {
            return self.not_hers(table, id, &local);
        }
        if !on(Remedy::LostSentAgain) {
            return self.drop_row(table, id, &local);
        }
        self.send_as_new(table, id, &local)
    }

    fn send_as_new(&mut self, table: Table, id: &str, here: &Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        match outbox::entry_of(conn, table, id)? {
            Some(entry) => outbox::make_anew(conn, &entry)?,
            None => outbox::queue_again(conn, table, here, None, self.now)?,
        }
        self.set_version(table, id, 0)
    }

    /// The server does not have this row any more, or not for this person: its tombstone was purged, or it is no longer shared.
    pub fn purged(&mut self, table: Table, id: &str) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        let entry = outbox::entry_of(conn, table, id)?;
        let Some(local) = row::read(conn, table, id)? else {
            return entry.map_or(Ok(()), |entry| outbox::remove(conn, &entry));
        };
        if table == Table::UserProfile {
            // Hers comes with the account and goes with it: what becomes of an account that is gone is not for a pull to say.
            return Ok(());
        }
        if !self.is_own(table, &local) {
            return self.not_hers(table, id, &local);
        }
        let Some(entry) = entry else { return self.bury(table, id, &local) };
        if row::is_deleted(&local) {
            outbox::remove(conn, &entry)?;
            return self.bury(table, id, &local);
        }
        // It was deleted, nobody knows when. The edit counts as the later one; the table's rule for deletions does the rest.
        let base = entry.base.clone().unwrap_or_default();
        let mut tombstone = base.clone();
        tombstone.insert("deleted".to_owned(), 1.into());
        let Merged { row: merged, conflicts } = self.merge.merge(table, Some(&base), Local::unsent(&local), &tombstone);
        for conflict in &conflicts {
            conflicts::record(conn, table, &local, &tombstone, conflict, self.now)?;
        }
        if row::is_deleted(&merged) {
            outbox::remove(conn, &entry)?;
            return self.bury(table, id, &local);
        }
        self.send_as_new(table, id, &local)
    }

    /// Another's row that is gone: an edit of it is refused; without one it goes, unless something here hangs on it.
    fn not_hers(&mut self, table: Table, id: &str, local: &Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        match outbox::entry_of(conn, table, id)? {
            Some(entry) => outbox::refuse(conn, &entry, "gone", NO_LONGER_THERE),
            // It stays for what hangs on it. If the server has it again one day, it is as that says, in whatever version.
            None if chains::is_named(conn, table, id)? => self.set_version(table, id, 0),
            None => self.drop_row(table, id, local),
        }
    }

    /// The row is deleted. If something here hangs on it that the server does not have yet, the server gets its tombstone anew.
    fn bury(&mut self, table: Table, id: &str, local: &Row) -> Result<(), StoreError> {
        if !chains::is_named(self.edit.conn(), table, id)? {
            return self.drop_row(table, id, local);
        }
        row::update(self.edit.conn(), table, id, &crate::row! { "deleted": 1 })?;
        self.changed.insert(table);
        self.send_as_new(table, id, local)
    }

    fn drop_row(&mut self, table: Table, id: &str, local: &Row) -> Result<(), StoreError> {
        let conn = self.edit.conn();
        if let Some(entry) = outbox::entry_of(conn, table, id)? {
            outbox::remove(conn, &entry)?;
        }
        conn.prepare_cached(&format!("delete from \"{table}\" where id = ?1"))?.execute([id])?;
        conflicts::close_all(conn, table, id, self.now)?;
        self.changed.insert(table);
        if table == Table::PracticeRecord {
            self.note_practice(local);
        }
        Ok(())
    }
}

/// What the server says does not fit what is known of it, though it calls its history the same: everything is compared as after a restored
/// backup. (A dump loaded in its own place, a row that was removed by hand and made anew.)
pub fn compare_anew(store: &mut Store, reader: Reader, now: Timestamp) -> Result<(), StoreError> {
    let user = store.user();
    store.apply_remote(now, |edit| compare::begin_everywhere(edit.conn(), reader, user))
}
