//! What the server has forgotten: deletions that were purged, and whatever came after the backup that it was set back to.

use tunetrees::sync::policy::DeletePolicy;

use super::Fate;
use crate::oracle::Write;

impl Fate<'_> {
    /// The server has forgotten that the row was deleted, after this was written. Who still had it, or had edited it, brings it back.
    pub(super) fn was_forgotten(&self, write: &Write) -> bool {
        let Some(purged_at) = self.world.purged.get(&(self.table, self.id.clone())) else { return false };
        let stays = tunetrees::sync::policy::on_delete(self.table) == DeletePolicy::DeleteWins;
        let is_deletion = |other: &Write| other.column == "deleted" && other.new == 1 && other.at <= *purged_at;
        write.at <= *purged_at
            && self.writes.iter().any(|other| is_deletion(other) && (stays || other.stamp >= write.counts_as()))
    }

    /// The row was deleted elsewhere, where deletions stand, and purged: the edit went with it, and what is there now was made anew since, or is
    /// the backup's.
    pub(super) fn went_before_it_was_made_anew(&self, write: &Write) -> bool {
        let Some(purged_at) = self.world.purged.get(&(self.table, self.id.clone())) else { return false };
        let is_deletion = |other: &Write| other.column == "deleted" && other.new == 1 && other.at <= *purged_at;
        tunetrees::sync::policy::on_delete(self.table) == DeletePolicy::DeleteWins
            && self.others(write).any(is_deletion)
            && (self.writes.iter().any(|other| self.made_the_row(other) && other.at > write.at)
                || self.world.restored_at.is_some_and(|at| at > write.at))
    }

    /// The row was deleted where this was written, and its tombstone is purged: whatever was changed of the tombstone is removed with it.
    pub(super) fn was_of_a_purged_tombstone(&self, write: &Write) -> bool {
        let own = |other: &&Write| (other.device, other.disk) == (write.device, write.disk);
        let mut flags =
            self.writes.iter().filter(own).filter(|other| other.column == "deleted" && other.at <= write.at);
        let is_purged = self.world.purged.contains_key(&(self.table, self.id.clone()));
        is_purged && write.column != "deleted" && flags.next_back().is_some_and(|flag| flag.new == 1)
    }

    /// The server had purged the tombstone, and the device that had brought the row back and written this, but had not heard of the purge, has
    /// deleted it again: "deleted here, too" is removed with its entry, and with what was written before the deletion was purged (seed 6310).
    pub(super) fn was_deleted_again_unheard(&self, write: &Write) -> bool {
        let Some(purged_at) = self.world.purged.get(&(self.table, self.id.clone())) else { return false };
        let own = |other: &&Write| (other.device, other.disk) == (write.device, write.disk);
        let flag = self.writes.iter().filter(own).rfind(|other| other.column == "deleted");
        write.column != "deleted"
            && write.at <= *purged_at
            && flag.is_some_and(|flag| flag.new == 1 && flag.at > *purged_at)
    }

    /// The server was set back, and devices have sent again what they had: of two states of a row the later one stands whole, without a
    /// word where the app itself writes.
    pub(super) fn was_sent_again(&self, write: &Write) -> bool {
        self.world.restored_at.is_some()
            && !tunetrees::sync::policy::is_worth_telling(self.table)
            && self.others(write).any(|other| other.stamp >= write.counts_as())
    }

    /// The server was set back, where a value beats none: who knew this value and has emptied the field gives way to whoever sends again what he
    /// had before, and this value, which the emptying had replaced, goes with it.
    pub(super) fn was_emptied_since(&self, write: &Write) -> bool {
        let empties = |other: &Write| other.column == write.column && other.new.is_null();
        self.world.restored_at.is_some()
            && self.others(write).any(|other| empties(other) && self.knew(other, &write.new))
    }
}
