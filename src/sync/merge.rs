//! Three-way merge of a row: base (when last in step), local, remote. Pure; the same answer on every device.

use std::cmp::Ordering;

use serde_json::Value;

use super::policy::{self, DeletePolicy};
pub use super::strategy::Strategy;
use crate::remedies::{Remedy, on};
use crate::store::apply::{Local, Merge, Merged};
use crate::store::conflicts::{FieldConflict, Winner};
use crate::store::row::{self, Row, is_stamp, same_value};
use crate::store::schema::Table;

impl Merge for Strategy {
    fn merge(&self, table: Table, base: Option<&Row>, here: Local<'_>, remote: &Row) -> Merged {
        let local = here.row;
        let later = |columns: &[&str]| later(here.stamp_of(columns, base), local, remote);
        // Of whole rows the last edit counts, whatever it was of.
        let of_rows = later(&[]);
        let mut row = local.clone();
        let mut conflicts = Vec::new();
        // What a person does not care to hear of she is not asked about either.
        let asks = *self == Strategy::Ask && policy::is_worth_telling(table);
        let together = policy::together(table);
        let by_field = *self != Strategy::NewestRow && on(Remedy::FieldMerge);
        if by_field && winner_of_all(together, base, local, remote, later(together)) == Winner::Remote {
            for name in together {
                remote.get(*name).map(|theirs| row.insert((*name).to_owned(), theirs.clone()));
            }
        }
        for column in table.columns() {
            if is_stamp(column.name) || column.name == "id" || column.name == "deleted" {
                continue;
            }
            if by_field && together.contains(&column.name) {
                continue;
            }
            // A column that the server does not know yet keeps what is here.
            let Some(theirs) = remote.get(column.name) else { continue };
            let ours = local.get(column.name).unwrap_or(&Value::Null);
            if same_value(ours, theirs) {
                continue;
            }
            let was = base.map_or(Some(&Value::Null), |base| base.get(column.name)).unwrap_or(&Value::Null);
            let winner = if table == Table::PracticeRecord {
                // History: what the server has of it stands, and it would take no other.
                Winner::Remote
            } else if !by_field {
                let lost = if of_rows == Winner::Remote { ours } else { theirs };
                if !same_value(lost, was) {
                    let (local, remote) = (ours.clone(), theirs.clone());
                    conflicts.push(FieldConflict {
                        column: column.name,
                        local,
                        remote,
                        winner: of_rows,
                        undecided: false,
                    });
                }
                of_rows
            } else if same_value(ours, was) {
                Winner::Remote
            } else if row::is_unknown(was) && (ours.is_null() || theirs.is_null()) {
                // Whoever has a value has set it; the other may never have heard of it.
                if ours.is_null() { Winner::Remote } else { Winner::Local }
            } else if same_value(theirs, was) {
                if here.may_have_been_there(column.name, base, remote) {
                    // Set here, and perhaps set back elsewhere: what stands is told.
                    let (local, remote) = (ours.clone(), theirs.clone());
                    let (winner, undecided) = (Winner::Local, asks);
                    conflicts.push(FieldConflict { column: column.name, local, remote, winner, undecided });
                }
                Winner::Local
            } else {
                let winner = if asks { Winner::Local } else { later(&[column.name]) };
                conflicts.push(FieldConflict {
                    column: column.name,
                    local: ours.clone(),
                    remote: theirs.clone(),
                    winner,
                    undecided: asks,
                });
                winner
            };
            if winner == Winner::Remote {
                row.insert(column.name.to_owned(), theirs.clone());
            }
        }
        // A deletion counts from when it was made; a living row as of its last edit.
        let of_deletion = if row::is_deleted(local) { later(&["deleted"]) } else { of_rows };
        if let Some(deleted) = merge_deleted(table, base, local, remote, of_deletion, asks, &mut conflicts) {
            row.insert("deleted".to_owned(), i64::from(deleted).into());
        }
        if !policy::is_worth_telling(table) {
            conflicts.clear();
        }
        Merged { row, conflicts }
    }

    fn is_told(&self, table: Table) -> bool {
        policy::is_worth_telling(table)
    }
}

/// Whose edit is the later one, `stamp` being this device's: `last_modified_at`, then `sync_version`, then `device_id`.
fn later(stamp: &str, local: &Row, remote: &Row) -> Winner {
    let device = |row: &Row| row.get("device_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let order = stamp
        .cmp(row::stamp(remote))
        .then_with(|| row::version(local).cmp(&row::version(remote)))
        .then_with(|| device(local).cmp(&device(remote)));
    let here = order == Ordering::Greater || (!on(Remedy::TieBreak) && stamp == row::stamp(remote));
    if here { Winner::Local } else { Winner::Remote }
}

/// Whose values of columns that belong together stand.
fn winner_of_all(together: &[&str], base: Option<&Row>, local: &Row, remote: &Row, later: Winner) -> Winner {
    let untouched = |row: &Row| {
        together.iter().all(|name| {
            let is = row.get(*name).unwrap_or(&Value::Null);
            match base.and_then(|base| base.get(*name)).filter(|was| !row::is_unknown(was)) {
                Some(was) => same_value(was, is),
                // Both made it: one that says nothing, not even zero, knows less than one that says something. (A base may be part of
                // a row: what both sent alike.)
                None => is.is_null() || is.as_i64() == Some(0),
            }
        })
    };
    match (untouched(local), untouched(remote)) {
        (true, _) => Winner::Remote,
        (false, true) => Winner::Local,
        (false, false) => later,
    }
}

/// The tombstone flag of the merged row; `None` where both agree.
fn merge_deleted(
    table: Table,
    base: Option<&Row>,
    local: &Row,
    remote: &Row,
    later: Winner,
    asks: bool,
    conflicts: &mut Vec<FieldConflict>,
) -> Option<bool> {
    let (ours, theirs) = (row::is_deleted(local), row::is_deleted(remote));
    if ours == theirs {
        return None;
    }
    if table == Table::PracticeRecord {
        return Some(true);
    }
    let Some(base) = base else {
        // Both made it, one deleted it again: the later one knows.
        return Some(if later == Winner::Local { ours } else { theirs });
    };
    if row::is_deleted(base) {
        // One side has brought it back; the other did not touch the flag.
        return Some(false);
    }
    // One side deleted it. Did the other edit it, and later?
    let (living, living_side) = if ours { (remote, Winner::Remote) } else { (local, Winner::Local) };
    let edited = !row::same_content(table, base, living);
    if !edited || policy::on_delete(table) == DeletePolicy::DeleteWins {
        return Some(true);
    }
    // A deletion and somebody's work meet: whichever stands, a person is told.
    let revived = if asks { !ours } else { later == living_side };
    let deleting_side = if ours { Winner::Local } else { Winner::Remote };
    conflicts.push(FieldConflict {
        column: "deleted",
        local: i64::from(ours).into(),
        remote: i64::from(theirs).into(),
        winner: if revived { living_side } else { deleting_side },
        undecided: asks,
    });
    Some(!revived)
}

#[cfg(test)]
mod tests;
