//! What becomes of a row that was changed on both sides: the table, and what it does not show.

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
        let merged = Strategy::Fields.merge(Table::Tune, case.base.as_ref(), Local::unsent(&case.local), &case.remote);
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
    assert_eq!(merged(Some(&alike), &day(9, None, 0, None), &good), all(&good), "no more known than what both sent");
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
