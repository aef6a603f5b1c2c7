//! Snapshots: what an older app's file held is kept before it is brought into another form; going back makes everything as it was then, and
//! forward again; what was rated, made and deleted since is told first.

use crate::fixture::{at, catalog_tune, empty, identity, repertoire};
use chrono::Utc;
use rusqlite::Connection;
use serde_json::Value;
use tunetrees::domain::ids::{QueueEntryId, TuneId};
use tunetrees::domain::practice::Rating;
use tunetrees::domain::scheduling::Goal;
use tunetrees::domain::time::Zone;
use tunetrees::domain::tune::TuneFields;
use tunetrees::store::restore::{Restored, Restoring};
use tunetrees::store::schema::{Table, VERSION};
use tunetrees::store::snapshots::before_upgrade;
use tunetrees::store::{Store, row};
use tunetrees::worker::protocol::{
    Account, DataAnswer, DataRequest, Failure, IntakeChoice, IntakeKind, LibraryAnswer, LibraryRequest, PracticeAnswer,
    PracticeRequest, Request, Response,
};
use tunetrees::worker::requests::answer;

const THEN: &str = "2026-03-10T14:30:00Z";
const LATER: &str = "2026-03-11T09:00:00Z";

fn ask(store: &mut Store, when: &str, request: impl Into<Request>) -> Response {
    answer(store, request, at(when), &Utc).unwrap()
}

fn queue(store: &mut Store, when: &str) -> Vec<(QueueEntryId, TuneId)> {
    match ask(store, when, PracticeRequest::QueueOf { date: Utc.date_at(at(when)) }) {
        Response::Practice(PracticeAnswer::Queue(Some(queue))) => {
            queue.entries.iter().map(|e| (e.id, e.tune)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn rate(store: &mut Store, when: &str, entry: QueueEntryId, rating: Rating) {
    crate::fixture::rate(store, at(when), entry, rating).unwrap();
}

/// All that is hers and counts, without the stamps: tombstones are the same as nothing.
fn work(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for table in Table::ALL.into_iter().filter(|table| table.is_synced() && *table != Table::UserProfile) {
        let owner = table.owner_column().unwrap();
        let mine = format!("\"{owner}\" is not null and not deleted order by id");
        for mut row in row::select(store.conn(), table, &mine, []).unwrap() {
            for stamp in ["sync_version", "last_modified_at", "device_id"] {
                row.remove(stamp);
            }
            all.push(format!("{table} {}", Value::Object(row)));
        }
    }
    let schedule =
        "select group_concat(playlist_ref || tune_ref || coalesce(due, '') || coalesce(stability, ''), ' ') from
        (select * from scheduling_state order by playlist_ref, tune_ref)";
    all.push(store.conn().query_row(schedule, [], |row| row.get::<_, Option<String>>(0)).unwrap().unwrap_or_default());
    all
}

/// A repertoire with three tunes, one rated yesterday, a note, a tag, a goal.
fn world() -> (Store, Vec<TuneId>) {
    let mut store = empty();
    repertoire(&mut store, 1);
    let tunes: Vec<TuneId> = (1..4).map(|n| catalog_tune(&mut store, n, &format!("Tune {n}"))).collect();
    ask(&mut store, THEN, LibraryRequest::AddToRepertoire { tunes: tunes.clone() });
    let (entry, tune) = queue(&mut store, THEN)[0];
    rate(&mut store, THEN, entry, Rating::Good);
    ask(&mut store, THEN, LibraryRequest::SaveNote { tune, note: None, html: "slowly".into() });
    ask(&mut store, THEN, LibraryRequest::TagTunes { tunes: tunes.clone(), tag: "session".into() });
    ask(&mut store, THEN, PracticeRequest::SetGoal { tune, goal: Goal::Fluency });
    (store, tunes)
}

/// A day later: rated, added, removed, tagged and untagged, a tune made, a note deleted.
fn live_on(store: &mut Store, tunes: &[TuneId]) {
    let (entry, _) = queue(store, LATER)[0];
    rate(store, LATER, entry, Rating::Again);
    ask(store, LATER, LibraryRequest::RemoveFromRepertoire { tunes: vec![tunes[2]] });
    ask(store, LATER, LibraryRequest::UntagTunes { tunes: vec![tunes[0]], tag: "session".into() });
    ask(store, LATER, LibraryRequest::TagTunes { tunes: vec![tunes[1]], tag: "new".into() });
    let fields = TuneFields { title: Some("Mine".into()), ..Default::default() };
    ask(store, LATER, LibraryRequest::CreateTune { fields });
    let Response::Library(LibraryAnswer::Tune(tune)) = ask(store, LATER, LibraryRequest::Tune { tune: tunes[0] })
    else {
        panic!()
    };
    for note in &tune.notes {
        ask(store, LATER, LibraryRequest::DeleteNote { tune: tunes[0], note: note.id });
    }
    ask(store, LATER, PracticeRequest::SetGoal { tune: tunes[1], goal: Goal::SessionReady });
}

fn go_back(store: &mut Store, text: &str, when: &str) -> Restored {
    let how = Restoring { exactly: true, rehearse: true, revive: false };
    let before = work(store);
    let would = store.restore(at(when), text, how, &mut |_, _| {}).unwrap();
    assert_eq!(work(store), before, "looking changes nothing");
    let did = store.restore(at(when), text, Restoring { rehearse: false, ..how }, &mut |_, _| {}).unwrap();
    assert_eq!(would, did);
    did
}

fn outbox(store: &Store) -> u32 {
    store.conn().query_row("select count(*) from sync_queue", [], |row| row.get(0)).unwrap()
}

#[test]
fn going_back_makes_everything_as_it_was_and_going_forward_as_it_became() {
    let (mut store, tunes) = world();
    let then = work(&store);
    let snapshot = store.snapshot(at(THEN)).unwrap();
    live_on(&mut store, &tunes);
    let later = work(&store);
    assert_ne!(then, later);
    // What is gone to has been sent already: going back has to be sent, too.
    store.conn().execute_batch("delete from sync_queue").unwrap();
    let back = store.snapshot(at(LATER)).unwrap();
    let told = go_back(&mut store, &snapshot, "2026-03-11T10:00:00Z");
    assert_eq!(work(&store), then);
    assert!(outbox(&store) >= 4, "it is sent to the other devices: {}", outbox(&store));
    let of = |table: Table| told.tables.iter().find(|t| t.table == table).unwrap();
    assert_eq!(of(Table::Tune).removed, ["Mine"]);
    assert_eq!(of(Table::PracticeRecord).removed.len(), 1, "the rating since is struck out, not lost");
    assert_eq!(of(Table::PlaylistTune).revived, ["Tune 3"]);
    go_back(&mut store, &back, "2026-03-11T10:05:00Z");
    assert_eq!(work(&store), later);
    let again = go_back(&mut store, &back, "2026-03-11T10:06:00Z");
    assert!(again.tables.iter().all(|t| t.removed.is_empty() && t.revived.is_empty() && t.replaced.is_empty()));
}

#[test]
fn anothers_export_is_never_gone_back_to_exactly() {
    let (store, _) = world();
    let hers = store.snapshot(at(THEN)).unwrap();
    let mut mine = Store::open(Connection::open_in_memory().unwrap(), identity(7)).unwrap();
    repertoire(&mut mine, 2);
    let before = work(&mine);
    let how = Restoring { exactly: true, ..Restoring::default() };
    let told = mine.restore(at(LATER), &hers, how, &mut |_, _| {}).unwrap();
    assert!(told.other_person && told.tables.iter().all(|t| t.removed.is_empty()));
    assert!(before.iter().all(|row| work(&mine).contains(row) || !row.starts_with("playlist ")), "what is mine stays");
}

#[test]
fn only_a_snapshot_is_gone_back_to_and_a_file_that_came_since_is_not_taken_for_it() {
    let (mut store, tunes) = world();
    let snapshot = store.snapshot(at(THEN)).unwrap();
    live_on(&mut store, &tunes);
    let mut chosen = tunetrees::worker::intake::Chosen::default();
    let nobody = Account::LocalOnly { server: false };
    let mut run = |store: &mut Store, request| chosen.answer(store, &nobody, request, at(LATER), &mut |_| {});
    let exactly = IntakeChoice { exactly: true, ..IntakeChoice::default() };
    let bytes = snapshot.clone().into_bytes();
    run(&mut store, DataRequest::FilePart { name: "a.json".into(), size: bytes.len() as u64, at: 0, bytes }).unwrap();
    assert!(matches!(run(&mut store, DataRequest::TakeIn(exactly)), Err(Failure::Invalid(_))));
    assert!(run(&mut store, DataRequest::Rehearse(IntakeChoice::default())).is_ok());
    chosen.choose("Snapshot", snapshot);
    let mut run = |store: &mut Store, request| chosen.answer(store, &nobody, request, at(LATER), &mut |_| {});
    assert!(matches!(run(&mut store, DataRequest::TakeIn(IntakeChoice::default())), Err(Failure::Invalid(_))));
    let Ok(Response::Data(DataAnswer::Intake(answer))) = run(&mut store, DataRequest::Rehearse(exactly)) else {
        panic!()
    };
    assert!(matches!(answer.kind, IntakeKind::Snapshot { made: Some(_) }));
    assert!(answer.tables.iter().any(|t| t.removed > 0));
}

/// A file as the app of schema `version` left it.
fn older(version: usize) -> Connection {
    let mut all: Vec<_> = std::fs::read_dir("migrations/sqlite").unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    let conn = Connection::open_in_memory().unwrap();
    for path in &all[..version] {
        conn.execute_batch(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
    let user = identity(1).user;
    let stamp = at(THEN);
    conn.execute_batch(&format!(
        "pragma user_version = {version};
         insert into sync_meta (key, value) values ('user', '{user}') on conflict (key) do update set value = excluded.value;
         insert into user_profile (id, last_modified_at) values ('{user}', '{stamp}');
         insert into tune (id, title, private_for, sync_version, last_modified_at, deleted)
           values ('0a000000-0000-7000-8000-000000000001', 'Written long ago', '{user}', 0, '{stamp}', 0);"
    ))
    .unwrap();
    conn
}

#[test]
fn before_an_older_file_is_brought_into_the_new_form_everything_in_it_is_kept() {
    let now = at(LATER);
    for version in 3..VERSION as usize {
        let conn = older(version);
        let kept = before_upgrade(&conn, identity(1).device, now).unwrap().unwrap();
        assert_eq!((kept.owner, kept.schema as usize), (identity(1).user, version));
        let untouched: u32 = conn.query_row("pragma user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(untouched as usize, version, "the file is as it was");
        // The upgrade went wrong, and the tune with it: it comes back from what was kept.
        let mut store = Store::open(conn, identity(1)).unwrap();
        store.edit(now, |edit| edit.delete(Table::Tune, "0a000000-0000-7000-8000-000000000001").map(drop)).unwrap();
        let told = go_back(&mut store, &kept.text, "2026-03-11T10:00:00Z");
        let tunes = told.tables.iter().find(|t| t.table == Table::Tune).unwrap();
        assert_eq!(tunes.revived, ["Written long ago"], "schema {version}");
    }
    let conn = older(VERSION as usize);
    assert!(before_upgrade(&conn, identity(1).device, now).unwrap().is_none(), "nothing is kept where nothing changes");
    let new = Connection::open_in_memory().unwrap();
    assert!(before_upgrade(&new, identity(1).device, now).unwrap().is_none());
}
