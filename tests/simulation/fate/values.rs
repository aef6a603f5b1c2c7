//! The merge goes by values: what another device, or the server, could know of an edit (`docs/sync.md`, "Merge").

use serde_json::Value;
use tunetrees::store::row::same_value;
use tunetrees::store::schema::Table;

use super::Fate;
use crate::oracle::Write;

impl Fate<'_> {
    /// It set the field back to what another device's edit had begun with, or had won over on its way: to a merge by values the field was
    /// untouched then.
    pub(super) fn was_what_the_other_began_with(&self, write: &Write, stands: &Value) -> bool {
        let same = |a: &Write, b: &Write| (a.device, a.disk, a.column) == (b.device, b.disk, b.column);
        // Where a person is told, the log has what was won over, and this value would have been found there.
        let is_told = tunetrees::sync::policy::is_worth_telling(self.table)
            && !tunetrees::sync::policy::together(self.table).contains(&write.column);
        let makes = |other: &&Write| other.column == write.column && same_value(&other.new, stands);
        self.others(write).filter(makes).any(|last| {
            let won_over = |other: &Write| {
                (other.column == write.column && same_value(&other.new, &write.new) && !same(other, last))
                    && other.at < last.at.min(write.at)
                    && other.stamp <= last.stamp
            };
            if !is_told && self.writes.iter().any(won_over) {
                return true;
            }
            let mut old = &last.old;
            let before = self.writes.iter().filter(|other| same(other, last) && other.at < last.at).rev();
            for other in before {
                if same_value(old, &write.new) {
                    break;
                }
                if same_value(&other.new, old) {
                    old = &other.old;
                }
            }
            same_value(old, &write.new)
        })
    }

    /// An edit and its undoing are no edit, as far as the server is concerned; then another's value stands.
    pub(super) fn was_taken_back(&self, write: &Write, stands: &Value) -> bool {
        let own = |other: &&Write| (other.device, other.disk, other.column) == (write.device, write.disk, write.column);
        let together = tunetrees::sync::policy::together(self.table);
        // What belongs together comes and goes together, whoever wrote which part of it.
        let of_another = self.others(write).any(|other| match together.contains(&write.column) {
            true => together.contains(&other.column),
            false => other.column == write.column && same_value(&other.new, stands),
        });
        self.writes.iter().filter(own).any(|other| same_value(&other.old, &write.new)) && of_another
    }

    /// Who sets a field to what another device has set it to has changed nothing, as far as the server can know: a device that knew
    /// that value and replaced it is the only one that did.
    pub(super) fn was_agreed(&self, write: &Write, stands: &Value) -> bool {
        let same = |a: &Write, b: &Write| (a.device, a.disk, a.column) == (b.device, b.disk, b.column);
        let agrees = |other: &&Write| other.column == write.column && same_value(&other.new, &write.new);
        // The oldest of the others that said so is as good as this one.
        let agreed = self.others(write).filter(agrees).map(|other| other.stamp).min();
        agreed.is_some_and(|agreed| {
            self.writes.iter().enumerate().any(|(n, last)| {
                let mut old = &last.old;
                last.column == write.column
                    && same_value(&last.new, stands)
                    && (last.stamp >= agreed
                        || same_value(old, &write.new)
                        // By way of values that never left its device.
                        || self.writes[..n].iter().rev().filter(|before| same(before, last)).any(|before| {
                            let follows = same_value(&before.new, old);
                            old = &before.old;
                            follows && same_value(old, &write.new)
                        }))
            })
        })
    }

    /// Did the write replace that very value, directly or by way of others? Asked only of values that no two writes have.
    pub(super) fn knew(&self, write: &Write, value: &Value) -> bool {
        // (One that a person has chosen again is of two.)
        let of_one = |value: &Value| {
            let makes = |other: &&Write| other.column == write.column && other.new == *value && !other.copied;
            self.writes.iter().filter(makes).count() < 2
        };
        let unique = |value: &Value| value.as_str().is_some_and(|text| text.contains('#')) && of_one(value);
        if !unique(value) {
            return false;
        }
        let mut at = &write.old;
        for _ in 0..self.writes.len() + 1 {
            if at == value {
                return true;
            }
            let made = |other: &&Write| other.column == write.column && other.new == *at;
            match self.writes.iter().find(made).filter(|_| unique(at)) {
                Some(before) => at = &before.old,
                None => return false,
            }
        }
        false
    }

    /// What stands there instead was written elsewhere, to this very field. (An instrument of a name that is taken has got another since.)
    pub(super) fn stands_by_another(&self, write: &Write, stands: &Value) -> bool {
        let is_it = |value: &Value| same_value(value, stands) || self.was_renamed(write, value, stands);
        self.others(write).any(|other| other.column == write.column && is_it(&other.new))
    }

    /// Is that the name of an instrument, and what stands the same with a number behind it, or several?
    pub(super) fn was_renamed(&self, write: &Write, name: &Value, stands: &Value) -> bool {
        let behind = stands.as_str().zip(name.as_str()).and_then(|(now, was)| now.strip_prefix(was));
        let is_number = |word: &str| {
            let digits = word.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            digits.is_some_and(|digits| digits.parse::<u32>().is_ok())
        };
        (self.table, write.column) == (Table::Instrument, "instrument")
            && behind.is_some_and(|behind| behind.split_whitespace().all(is_number))
    }
}
