//! Files that are smashed in one place or another, and what is saved of them.

#![allow(clippy::unwrap_used)]
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use uuid::Uuid;

use super::*;
use crate::domain::ids::{DeviceId, UserId};
use crate::domain::time::Timestamp;
use crate::domain::tune::TuneFields;
use crate::store::calls::Call;
use crate::store::error::StoreError;
use crate::store::sync_state::Reader;
use crate::store::{Identity, Store, compare, conflicts, outbox, sync_state};

fn open(file: &Path) -> Result<Store, StoreError> {
    let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
    Store::open(Connection::open(file).unwrap(), identity)
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + n)
}

/// A file with some unsent tunes.
fn file_with(folder: &Path, tunes: i64) -> std::path::PathBuf {
    let file = folder.join("a.sqlite3");
    let mut store = open(&file).unwrap();
    for n in 0..tunes {
        let fields = TuneFields { title: Some(format!("Tune {n}")), ..TuneFields::default() };
        store.create_tune(at(n), &chrono::Utc, &fields).unwrap();
    }
    file
}

/// Overwrites the page in which `name` begins, or the page of that number.
fn smash(file: &Path, page: i64) {
    let size: i64 = Connection::open(file).unwrap().query_row("pragma page_size", [], |row| row.get(0)).unwrap();
    let mut bytes = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    bytes.seek(SeekFrom::Start(((page - 1) * size) as u64)).unwrap();
    bytes.write_all(&vec![0xa5; size as usize]).unwrap();
}

fn root(file: &Path, name: &str) -> i64 {
    let sql = "select rootpage from sqlite_schema where name = ?1";
    Connection::open(file).unwrap().query_row(sql, [name], |row| row.get(0)).unwrap()
}

fn unsent(store: &Store) -> u32 {
    outbox::counts(store.conn()).unwrap().pending
}

#[test]
fn a_sound_file_is_sound_and_gives_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), 30);
    let conn = Connection::open(&file).unwrap();
    assert_eq!(damage(&conn, true), None);
    let saved = salvage(&conn);
    assert!(saved.complete);
    assert_eq!(saved.unsent.len(), 30);
    let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
    assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 30);
    assert_eq!(unsent(&fresh), 30);
    assert!(
        sync_state::gaps(fresh.conn()).unwrap().waiting,
        "what they refer to may still come (simulator, seed 5751)"
    );
    // The same entries, so the same pushes: base, operation, row.
    assert_eq!(salvage(fresh.conn()).unsent.len(), 30);
    let strip = |saved: Salvage| saved.unsent.into_iter().map(|edit| edit.row).collect::<Vec<_>>();
    assert_eq!(strip(salvage(fresh.conn())), strip(saved));
}

#[test]
fn with_the_key_of_the_outbox_smashed_its_edits_are_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), 30);
    smash(&file, root(&file, "sqlite_autoindex_tune_1"));
    let conn = Connection::open(&file).unwrap();
    assert!(damage(&conn, false).is_some());
    let saved = salvage(&conn);
    assert_eq!(saved.unsent.iter().filter(|edit| edit.row.is_some()).count(), 30);
}

#[test]
fn a_smashed_page_in_the_middle_costs_what_was_on_it_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), 2_000);
    let table = root(&file, "tune");
    let pages: i64 = Connection::open(&file).unwrap().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    assert!(pages > 100 && table < pages);
    smash(&file, pages / 2);
    let conn = Connection::open(&file).unwrap();
    assert!(damage(&conn, false).is_some());
    let saved = salvage(&conn);
    assert!(saved.unsent.len() > 1_000, "{}", saved.unsent.len());
    let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
    let restored = saved.restore(&mut fresh, at(100_000)).unwrap();
    assert!(restored > 900, "{restored}");
    assert_eq!(unsent(&fresh), restored);
    assert_eq!(damage(fresh.conn(), true), None);
}

#[test]
fn an_edit_of_the_profile_is_carried_over_and_on_what_history_all_were_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&file_with(folder.path(), 1)).unwrap();
    let me = store.user().to_string();
    let name = crate::row! { "name": "Annie" };
    store.edit::<_, StoreError>(at(10), |edit| edit.update(Table::UserProfile, &me, name).map(drop)).unwrap();
    store.apply_remote(at(11), |edit| sync_state::set_epoch(edit.conn(), "first")).unwrap();
    let saved = salvage(store.conn());
    let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
    assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 2);
    let profile = row::read(fresh.conn(), Table::UserProfile, &me).unwrap().unwrap();
    assert_eq!((profile["name"].as_str(), unsent(&fresh)), (Some("Annie"), 2));
    assert_eq!(sync_state::epoch(fresh.conn()).unwrap().as_deref(), Some("first"));
    assert!(!compare::is_running(fresh.conn()).unwrap());
    // They were waiting for a compare with that history.
    let user = store.user();
    store.apply_remote(at(12), |edit| compare::begin_everywhere(edit.conn(), Reader::Person(user), user)).unwrap();
    let mut fresh = open(&folder.path().join("c.sqlite3")).unwrap();
    salvage(store.conn()).restore(&mut fresh, at(100)).unwrap();
    assert!(compare::holds_edits(fresh.conn(), user).unwrap());
    // Which history that was cannot be read: it may have been set back since.
    let mut fresh = open(&folder.path().join("d.sqlite3")).unwrap();
    let mut saved = salvage(store.conn());
    (saved.epoch, saved.compare) = (None, false);
    for edit in &mut saved.unsent {
        edit.entry.insert("base".to_owned(), r#"{"sync_version":1}"#.into());
    }
    saved.restore(&mut fresh, at(100)).unwrap();
    assert!(compare::holds_edits(fresh.conn(), user).unwrap());
}

#[test]
fn what_was_carried_out_is_remembered_and_new_edits_are_later_than_what_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.sqlite3");
    let mut store = open(&file).unwrap();
    let call = Call { tab: Uuid::from_u128(7), id: 3, oldest: 3 };
    let fields = TuneFields { title: Some("Ahead".to_owned()), ..TuneFields::default() };
    store.begin_call(Some(call));
    let tune = store.create_tune(at(1_000_000_000), &chrono::Utc, &fields).unwrap();
    store.begin_call(None);
    let mut fresh = open(&folder.path().join("b.sqlite3")).unwrap();
    salvage(store.conn()).restore(&mut fresh, at(100)).unwrap();
    assert!(fresh.call_done(call).unwrap().is_some());
    // The clock has been set back meanwhile.
    fresh.edit_tune(at(200), tune, &TuneFields { title: Some("Edited".to_owned()), ..TuneFields::default() }).unwrap();
    let row = row::read(fresh.conn(), Table::Tune, &tune.to_string()).unwrap().unwrap();
    assert!(row::stamp(&row) > at(1_000_000_000).to_string().as_str());
}

#[test]
fn a_question_to_her_and_her_choices_are_carried_over_also_when_it_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&file_with(folder.path(), 1)).unwrap();
    let ours = salvage(store.conn()).unsent[0].row.clone().unwrap();
    let theirs = crate::row! { "id": ours["id"].clone(), "last_modified_at": at(5).to_string() };
    let asked = conflicts::FieldConflict {
        column: "title",
        local: ours["title"].clone(),
        remote: "Another".into(),
        winner: conflicts::Winner::Local,
        undecided: true,
    };
    store
        .apply_remote::<_, StoreError>(at(10), |edit| {
            meta::set(edit.conn(), meta::STRATEGY, "ask")?;
            meta::set(edit.conn(), meta::CURRENT_PLAYLIST, "the one shown")?;
            conflicts::record(edit.conn(), Table::Tune, &ours, &theirs, &asked, at(10))
        })
        .unwrap();
    let saved = salvage(store.conn());
    assert_eq!(saved.conflicts.len(), 1);
    let file = folder.path().join("b.sqlite3");
    // The tab is closed after the first, before anybody knows of it.
    for _ in 0..2 {
        let mut fresh = open(&file).unwrap();
        assert_eq!(saved.restore(&mut fresh, at(100)).unwrap(), 1);
    }
    let fresh = open(&file).unwrap();
    let counts = outbox::counts(fresh.conn()).unwrap();
    assert_eq!((counts.pending + counts.undecided, counts.undecided), (1, 1));
    assert_eq!(salvage(fresh.conn()).conflicts, saved.conflicts);
    assert_eq!(meta::get(fresh.conn(), meta::STRATEGY).unwrap().as_deref(), Some("ask"));
    assert_eq!(meta::get(fresh.conn(), meta::CURRENT_PLAYLIST).unwrap().as_deref(), Some("the one shown"));
}

#[test]
fn a_file_that_is_no_database_is_told_from_an_error_and_gives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_with(folder.path(), 3);
    std::fs::write(&file, vec![7_u8; 8192]).unwrap();
    assert!(matches!(open(&file), Err(StoreError::Damaged(_))));
    let saved = salvage(&Connection::open(&file).unwrap());
    assert!(saved.unsent.is_empty() && !saved.complete);
}
