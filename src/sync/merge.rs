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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row;

    fn tune(title: &str, mode: Option<&str>, second: u32, version: i64, deleted: i64) -> Row {
        row! { "id": "t", "title": title, "mode": mode, "sync_version": version,
        "last_modified_at": format!("2026-01-01T00:00:{second:02}.000000Z"), "device_id": "d", "deleted": deleted }
    }

    struct Case {
        what: &'static str,
        base: Option<Row>,
        local: Row,
        remote: Row,
        /// Title, mode, deleted, conflicts.
        expected: (&'static str, Option<&'static str>, i64, usize),
    }

    #[test]
    fn the_table_of_merges() {
        let base = || Some(tune("a", Some("D"), 0, 1, 0));
        let cases = [
            Case {
                what: "nothing here",
                base: base(),
                local: tune("a", Some("D"), 0, 1, 0),
                remote: tune("b", Some("G"), 5, 2, 0),
                expected: ("b", Some("G"), 0, 0),
            },
            Case {
                what: "different fields",
                base: base(),
                local: tune("b", Some("D"), 9, 1, 0),
                remote: tune("a", Some("G"), 5, 2, 0),
                expected: ("b", Some("G"), 0, 0),
            },
            Case {
                what: "different fields, local earlier",
                base: base(),
                local: tune("b", Some("D"), 1, 1, 0),
                remote: tune("a", Some("G"), 5, 2, 0),
                expected: ("b", Some("G"), 0, 0),
            },
            Case {
                what: "same field, local later",
                base: base(),
                local: tune("b", Some("D"), 9, 1, 0),
                remote: tune("c", Some("D"), 5, 2, 0),
                expected: ("b", Some("D"), 0, 1),
            },
            Case {
                what: "same field, remote later",
                base: base(),
                local: tune("b", Some("D"), 4, 1, 0),
                remote: tune("c", Some("D"), 5, 2, 0),
                expected: ("c", Some("D"), 0, 1),
            },
            Case {
                what: "same field, tie",
                base: base(),
                local: tune("b", Some("D"), 5, 1, 0),
                remote: tune("c", Some("D"), 5, 2, 0),
                expected: ("c", Some("D"), 0, 1),
            },
            Case {
                what: "same field, same value",
                base: base(),
                local: tune("b", Some("D"), 4, 1, 0),
                remote: tune("b", Some("D"), 5, 2, 0),
                expected: ("b", Some("D"), 0, 0),
            },
            Case {
                what: "emptied here, other field there",
                base: base(),
                local: tune("a", None, 4, 1, 0),
                remote: tune("c", Some("D"), 5, 2, 0),
                expected: ("c", None, 0, 0),
            },
            Case {
                what: "made on both, a value beats none",
                base: None,
                local: tune("a", None, 9, 0, 0),
                remote: tune("a", Some("G"), 5, 1, 0),
                expected: ("a", Some("G"), 0, 0),
            },
            Case {
                what: "made on both, both set",
                base: None,
                local: tune("a", None, 9, 0, 0),
                remote: tune("b", None, 5, 1, 0),
                expected: ("a", None, 0, 1),
            },
            Case {
                what: "deleted here, untouched there",
                base: base(),
                local: tune("a", Some("D"), 4, 1, 1),
                remote: tune("a", Some("D"), 5, 2, 0),
                expected: ("a", Some("D"), 1, 0),
            },
            Case {
                what: "deleted here, edited later there",
                base: base(),
                local: tune("a", Some("D"), 4, 1, 1),
                remote: tune("b", Some("D"), 5, 2, 0),
                expected: ("b", Some("D"), 0, 1),
            },
            Case {
                what: "deleted here later than edited there",
                base: base(),
                local: tune("a", Some("D"), 6, 1, 1),
                remote: tune("b", Some("D"), 5, 2, 0),
                expected: ("b", Some("D"), 1, 1),
            },
            Case {
                what: "edited here later than deleted there",
                base: base(),
                local: tune("b", Some("D"), 6, 1, 0),
                remote: tune("a", Some("D"), 5, 2, 1),
                expected: ("b", Some("D"), 0, 1),
            },
            Case {
                what: "edited here, deleted later there",
                base: base(),
                local: tune("b", Some("D"), 4, 1, 1),
                remote: tune("a", Some("D"), 5, 2, 1),
                expected: ("b", Some("D"), 1, 0),
            },
            Case {
                what: "brought back here, edited there",
                base: Some(tune("a", Some("D"), 0, 1, 1)),
                local: tune("a", Some("D"), 4, 1, 0),
                remote: tune("b", Some("D"), 5, 2, 1),
                expected: ("b", Some("D"), 0, 0),
            },
        ];
        for case in cases {
            let merged =
                Strategy::Fields.merge(Table::Tune, case.base.as_ref(), Local::unsent(&case.local), &case.remote);
            let row = &merged.row;
            let got = (
                row["title"].as_str().unwrap(),
                row["mode"].as_str(),
                row["deleted"].as_i64().unwrap(),
                merged.conflicts.len(),
            );
            assert_eq!(got, case.expected, "{}", case.what);
        }
    }

    #[test]
    fn a_link_deleted_stays_deleted_and_a_rating_taken_back_too() {
        let row = |table: Table, second: u32, goal: &str, deleted: i64| {
            let _ = table;
            row! { "id": "x", "goal": goal, "sync_version": 1, "deleted": deleted,
            "last_modified_at": format!("2026-01-01T00:00:{second:02}.000000Z") }
        };
        for table in [Table::PlaylistTune, Table::PracticeRecord] {
            let base = row(table, 0, "recall", 0);
            let merged = Strategy::Fields.merge(
                table,
                Some(&base),
                Local::unsent(&row(table, 9, "speed", 0)),
                &row(table, 5, "recall", 1),
            );
            assert_eq!(merged.row["deleted"], 1, "{table}");
        }
    }

    #[test]
    fn of_a_record_made_on_two_devices_the_servers_stands() {
        let record = |second: u32, quality: i64| {
            row! { "id": "r", "quality": quality, "sync_version": 0, "deleted": 0,
            "last_modified_at": format!("2026-01-01T00:00:{second:02}.000000Z") }
        };
        for strategy in [Strategy::Fields, Strategy::NewestRow] {
            let merged = strategy.merge(Table::PracticeRecord, None, Local::unsent(&record(9, 3)), &record(5, 2));
            assert_eq!((merged.row["quality"].as_i64(), merged.conflicts.len()), (Some(2), 0));
        }
    }

    #[test]
    fn what_became_of_a_tune_stands_as_one_device_says_it() {
        let day = |second: u32, completed: Option<&str>, exposures: i64, outcome: Option<&str>| {
            row! { "id": "q", "completed_at": completed, "exposures_completed": exposures, "outcome": outcome, "active": 1,
            "sync_version": 1, "deleted": 0, "last_modified_at": format!("2026-01-01T00:00:{second:02}.000000Z") }
        };
        let merged = |base: Option<&Row>, local: &Row, remote: &Row| {
            let row = Strategy::Fields.merge(Table::DailyPracticeQueue, base, Local::unsent(local), remote).row;
            (row["completed_at"].clone(), row["exposures_completed"].clone(), row["outcome"].clone())
        };
        let open = day(0, None, 0, None);
        let (good, again) = (day(5, Some("t5"), 1, Some("Good")), day(9, Some("t9"), 1, Some("Again")));
        let all = |row: &Row| (row["completed_at"].clone(), row["exposures_completed"].clone(), row["outcome"].clone());
        // Rated on both: the later one, whole. Then one of them is taken back: the other's still stands, whole.
        assert_eq!(merged(Some(&open), &again, &good), all(&again));
        assert_eq!(merged(Some(&good), &again, &day(7, None, 0, None)), all(&again));
        // Made on both, rated on one.
        assert_eq!(merged(None, &day(9, None, 0, None), &good), all(&good));
        assert_eq!(merged(None, &good, &day(9, None, 0, None)), all(&good));
        let alike = row! { "active": 1 };
        assert_eq!(
            merged(Some(&alike), &day(9, None, 0, None), &good),
            all(&good),
            "no more known than what both sent"
        );
    }

    #[test]
    fn newest_row_takes_the_whole_row() {
        let base = tune("a", Some("D"), 0, 1, 0);
        let (local, remote) = (tune("b", Some("D"), 4, 1, 0), tune("a", Some("G"), 5, 2, 0));
        let merged = Strategy::NewestRow.merge(Table::Tune, Some(&base), Local::unsent(&local), &remote);
        assert_eq!((merged.row["title"].as_str(), merged.row["mode"].as_str()), (Some("a"), Some("G")));
    }

    #[test]
    fn a_value_sent_and_not_answered_counts_from_when_it_was_set() {
        let base = tune("a", Some("D"), 0, 1, 0);
        // "b" was sent at 3; another device saw it and wrote "c" at 5; here the mode was changed at 9.
        let sent = row! { "title": "b", "last_modified_at": "2026-01-01T00:00:03.000000Z" };
        let (local, remote) = (tune("b", Some("G"), 9, 1, 0), tune("c", Some("D"), 5, 3, 0));
        let here = Local { row: &local, sent: std::slice::from_ref(&sent) };
        let merged = Strategy::Fields.merge(Table::Tune, Some(&base), here, &remote);
        assert_eq!((merged.row["title"].as_str(), merged.row["mode"].as_str()), (Some("c"), Some("G")));
        // Changed here again since: the later one.
        let local = tune("e", Some("G"), 9, 1, 0);
        let here = Local { row: &local, sent: std::slice::from_ref(&sent) };
        let merged = Strategy::Fields.merge(Table::Tune, Some(&base), here, &remote);
        assert_eq!(merged.row["title"].as_str(), Some("e"));
    }
}
