//! A legacy file brought in on the device: rehearsed, taken in once, found again by whoever brings it a second time.

use std::path::Path;

use rusqlite::{Connection, MAIN_DB};
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::legacy::{LegacyError, Source};
use tunetrees::store::take_along::Luggage;
use tunetrees::store::{Identity, Store, outbox};
use tunetrees::worker::intake::Chosen;
use tunetrees::worker::protocol::{
    Account, DataAnswer, DataRequest, Failure, IntakeAnswer, IntakeChoice, IntakeKind, Response,
};
use uuid::Uuid;

use crate::legacy::{on, shared};

pub fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

pub fn store(user: u128) -> Store {
    let identity = Identity { user: UserId(Uuid::from_u128(user)), device: DeviceId(Uuid::from_u128(user + 1)) };
    Store::open(Connection::open_in_memory().unwrap(), identity).unwrap()
}

pub fn nobody() -> Account {
    Account::LocalOnly { server: true }
}

/// Chosen in the file picker: in pieces.
pub fn choose(name: &str, bytes: &[u8]) -> Chosen {
    let mut chosen = Chosen::default();
    let mut unused = store(1);
    let mut at = 0;
    for piece in bytes.chunks(100_000) {
        let request =
            DataRequest::FilePart { name: name.to_owned(), size: bytes.len() as u64, at, bytes: piece.to_vec() };
        chosen.answer(&mut unused, &nobody(), request, now(), &mut |_| {}).unwrap();
        at += piece.len() as u64;
    }
    if bytes.is_empty() {
        let request = DataRequest::FilePart { name: name.to_owned(), size: 0, at, bytes: Vec::new() };
        chosen.answer(&mut unused, &nobody(), request, now(), &mut |_| {}).unwrap();
    }
    chosen
}

pub fn ask(
    chosen: &mut Chosen,
    store: &mut Store,
    who: &Account,
    request: DataRequest,
) -> Result<IntakeAnswer, Failure> {
    match chosen.answer(store, who, request, now(), &mut |_| {})? {
        Response::Data(DataAnswer::Intake(answer)) => Ok(*answer),
        other => panic!("{other:?}"),
    }
}

pub fn person(id: i64) -> IntakeChoice {
    IntakeChoice { person: Some(id), ..IntakeChoice::default() }
}

/// Every row of every table and of the outbox.
pub fn dump(store: &Store) -> Vec<String> {
    let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
    let tables: Vec<String> =
        store.conn().prepare(tables).unwrap().query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = store.conn().prepare(&format!("select * from \"{table}\"")).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let cells: Vec<String> = (0..width).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            rows.push(format!("{table} {}", cells.join(" ")));
        }
    }
    rows.sort();
    rows
}

pub fn count(store: &Store, sql: &str) -> i64 {
    store.conn().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// (table, in the file, new, replaced or completed, here already, left out)
pub fn counts(answer: &IntakeAnswer) -> Vec<(&str, u32, u32, u32, u32, u32)> {
    answer.tables.iter().map(|t| (t.table.name(), t.in_file, t.added, t.replaced, t.present, t.left_out)).collect()
}

pub fn bytes(mut db: Connection) -> Vec<u8> {
    db.serialize(MAIN_DB).unwrap().to_vec()
}

fn small() -> Vec<u8> {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(crate::small::SMALL).unwrap();
    bytes(db)
}

#[test]
fn a_small_file_is_rehearsed_and_taken_in_once() {
    let mut store = store(10);
    let mut chosen = choose("small.sqlite3", &small());
    let before = dump(&store);

    // Two people: she has to say who she is.
    let asked = ask(&mut chosen, &mut store, &nobody(), DataRequest::Rehearse(IntakeChoice::default())).unwrap();
    let IntakeKind::Legacy { people, person: None, without_catalog: true } = &asked.kind else { panic!("{asked:?}") };
    let told: Vec<_> = people.iter().map(|p| (p.id, p.email.as_deref(), p.repertoires, p.records, p.notes)).collect();
    assert_eq!(told, [(1, Some("anna@example.com"), 1, 2, 1), (2, Some("ben@example.com"), 1, 0, 0)]);
    assert!(asked.tables.is_empty());
    let anna = Account::SignedIn { email: "Anna@Example.com".to_owned(), expired: false };
    let asked = ask(&mut chosen, &mut store, &anna, DataRequest::Rehearse(IntakeChoice::default())).unwrap();
    assert!(matches!(asked.kind, IntakeKind::Legacy { person: Some(1), .. }), "by the address of her account");
    let error = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(IntakeChoice::default())).unwrap_err();
    assert_eq!(error.to_string(), "Say first who of the file you are.");
    let error = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(7))).unwrap_err().to_string();
    assert!(error.contains("no user 7"), "{error}");
    assert_eq!(dump(&store), before, "nothing is written before she says so");

    let rehearsed = ask(&mut chosen, &mut store, &nobody(), DataRequest::Rehearse(person(1))).unwrap();
    assert_eq!(dump(&store), before);
    let done = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    assert_eq!((rehearsed.done, done.done), (false, true));
    assert_eq!(rehearsed.tables, done.tables, "a rehearsal tells what happens");
    assert_eq!(
        counts(&done),
        [
            ("user_profile", 3, 0, 1, 0, 2),
            ("instrument", 1, 1, 0, 0, 0),
            ("tune", 2, 2, 0, 0, 0),
            ("playlist", 2, 1, 0, 0, 1),
            ("playlist_tune", 3, 2, 0, 0, 1),
            ("practice_record", 2, 2, 0, 0, 0),
            ("note", 1, 1, 0, 0, 0),
            ("tag", 1, 1, 0, 0, 0),
            ("daily_practice_queue", 1, 1, 0, 0, 0),
        ]
    );
    let playlists = done.tables.iter().find(|t| t.table.name() == "playlist").unwrap();
    assert_eq!(playlists.remarks[0].text, "it belongs to somebody else");
    assert_eq!(
        count(&store, "select count(*) from tune where private_for is null"),
        0,
        "there is no catalog: all hers"
    );
    assert_eq!(count(&store, "select quality from practice_record where easiness is not null"), 0, "zero is zero");
    assert_eq!(count(&store, "select count(*) from scheduling_state"), 2);
    let written = "select count(*) from practice_record where last_modified_at = practiced";
    assert_eq!(count(&store, written), 2, "as old as they are: whatever was edited since wins");
    let pending = outbox::counts(store.conn()).unwrap().pending;
    assert_eq!(pending, 12, "all of it is queued for the server, reference data are not");
    let Response::Export(report) =
        chosen.answer(&mut store, &nobody(), DataRequest::IntakeReport, now(), &mut |_| {}).unwrap()
    else {
        panic!("no report")
    };
    assert!(report.contains("it belongs to somebody else"), "{report}");

    let (all, shown) = store.repertoires().unwrap();
    assert_eq!((all.len(), shown), (1, Some(all[0].id)), "what came in is shown");

    // A second time, of the same file and of a copy under another name; and after an edit and a deletion of hers.
    let taken = dump(&store);
    for name in ["small.sqlite3", "copy of small (1).db"] {
        let mut chosen = choose(name, &small());
        let again = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
        assert!(again.tables.iter().all(|t| t.added + t.replaced == 0), "{:?}", counts(&again));
        assert_eq!(dump(&store), taken, "{name}");
    }
    let later = now().plus_days(1);
    store
        .edit(later, |edit| {
            use tunetrees::store::{StoreError, row, schema::Table};
            let note = row::select(edit.conn(), Table::Note, "true", [])?[0]["id"].as_str().unwrap().to_owned();
            edit.update(Table::Note, &note, tunetrees::row! { "note_text": "mine" })?;
            let tag = row::select(edit.conn(), Table::Tag, "true", [])?[0]["id"].as_str().unwrap().to_owned();
            edit.delete(Table::Tag, &tag)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let edited = dump(&store);
    let again = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    assert_eq!(dump(&store), edited);
    let remark = |table: &str| again.tables.iter().find(|t| t.table.name() == table).unwrap().remarks[0].text.clone();
    assert_eq!(
        (remark("note").as_str(), remark("tag").as_str()),
        ("here already, and different", "deleted here since")
    );
}

#[test]
fn what_is_taken_along_into_an_account_is_found_again() {
    let mut local = store(10);
    let mut chosen = choose("small.sqlite3", &small());
    ask(&mut chosen, &mut local, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    let mut account = store(20);
    Luggage::pack(&local).unwrap().unpack(&mut account, now().plus_days(1), &mut |_, _| ()).unwrap();
    let written = "select count(*) from practice_record where last_modified_at = practiced";
    assert_eq!(count(&account, written), 2, "not younger for being taken along");
    let before = dump(&account);
    let again = ask(&mut chosen, &mut account, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    let added: Vec<_> = counts(&again).into_iter().filter(|t| t.2 + t.3 > 0).collect();
    assert_eq!(added, [], "{:?}", counts(&again));
    assert_eq!(dump(&account), before, "her name and all");
    assert_eq!(count(&account, "select count(*) from user_profile where name = 'Anna'"), 1);
    // Two accounts that bring the same file never share an id: the server would give the rows to the first.
    let mut other = store(30);
    ask(&mut chosen, &mut other, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    let ids = |store: &Store| -> Vec<String> {
        let sql = "select id from playlist union select id from note union select id from tune union select id from practice_record";
        store.conn().prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mine = ids(&account);
    assert!(ids(&other).iter().all(|id| !mine.contains(id)));
}

#[test]
fn a_file_that_is_none_is_told_from_one_that_breaks_off() {
    let mut store = store(10);
    let whole = small();
    let other = Connection::open_in_memory().unwrap();
    other.execute_batch("create table bookmarks (id integer primary key, url text)").unwrap();
    let other = bytes(other);
    let mut damaged = whole.clone();
    damaged[4096..8192].fill(0x5a);
    let half = &whole[..whole.len() / 2];
    let cases: [(&[u8], &str); 8] = [
        (b"", "it is empty"),
        (b"%PDF-1.7 and so on, for more than a hundred bytes of it, since the head of a file is that long ............", "some other kind of file"),
        (b"%PDF", "4 bytes only"),
        (half, "it breaks off after"),
        (&damaged, "cannot be read as a SQLite database"),
        (&other, "is a SQLite database, but not one of TuneTrees"),
        (b"{\"format\":\"something\"}", "no export of TuneTrees"),
        (b"{\"format\":\"tunetrees-export\", \"version\": 1, \"tab", "breaks off before its end"),
    ];
    let before = dump(&store);
    for (file, words) in cases {
        let mut chosen = choose("thing.bin", file);
        for request in [DataRequest::Rehearse(person(1)), DataRequest::TakeIn(person(1))] {
            let error = ask(&mut chosen, &mut store, &nobody(), request).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
    // Half of the pieces, and none.
    let mut chosen = Chosen::default();
    let error = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap_err().to_string();
    assert!(error.contains("Choose it again"), "{error}");
    assert_eq!(dump(&store), before);
    // Written by a program that kept a log: what is in the file is read.
    let mut logged = whole;
    logged[18] = 2;
    logged[19] = 2;
    let mut chosen = choose("wal.sqlite3", &logged);
    let done = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    assert!(done.done);
}

#[test]
fn both_shared_files_come_in_with_exact_counts() {
    let (Some(october), Some(january)) = (shared("tunetrees_test_clean.sqlite3"), shared("legacy-2025-01.sqlite3"))
    else {
        return;
    };
    let read = |path: &Path| std::fs::read(path).unwrap();
    let mut store = store(10);
    let mut chosen = choose("tunetrees_test_clean.sqlite3", &read(&october));
    let done = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    println!("{:#?}", counts(&done));
    assert_eq!(
        counts(&done),
        [
            ("user_profile", 9, 0, 1, 0, 8),
            ("instrument", 7, 3, 0, 0, 4),
            ("tune", 489, 489, 0, 0, 0),
            ("tune_override", 12, 12, 0, 0, 0),
            ("playlist", 8, 2, 0, 0, 6),
            ("playlist_tune", 513, 489, 0, 0, 24),
            ("practice_record", 1768, 1768, 0, 0, 0),
            ("note", 412, 412, 0, 0, 0),
            ("reference", 495, 495, 0, 0, 0),
            ("tag", 40, 40, 0, 0, 0),
            ("prefs_spaced_repetition", 2, 1, 0, 0, 1),
            ("prefs_scheduling_options", 1, 1, 0, 0, 0),
            ("daily_practice_queue", 435, 435, 0, 0, 0),
            ("tab_group_main_state", 2, 1, 0, 0, 1),
            ("table_state", 24, 3, 0, 0, 21),
            ("table_transient_data", 8, 8, 0, 0, 0),
        ]
    );
    // The older copy of the same database has nothing that is not here.
    let records = count(&store, "select count(*) from practice_record");
    let mut chosen = choose("legacy-2025-01.sqlite3", &read(&january));
    let older = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    println!("{:#?}", counts(&older));
    let added = |table: &str| older.tables.iter().find(|t| t.table.name() == table).unwrap().added;
    assert_eq!([added("tune"), added("playlist"), added("note"), added("reference")], [0, 0, 0, 0]);
    println!("{records} records, {} with January's", count(&store, "select count(*) from practice_record"));

    let mut alone = self::store(20);
    let older = ask(&mut chosen, &mut alone, &nobody(), DataRequest::TakeIn(person(1))).unwrap();
    let total = |table: &str| older.tables.iter().find(|t| t.table.name() == table).unwrap().added;
    assert_eq!([total("tune"), total("practice_record"), total("note"), total("reference")], [488, 488, 412, 495]);
}

#[test]
fn a_wrong_person_is_an_error() {
    let source = Source::from_bytes(&[small()], "small", "small.sqlite3").unwrap();
    let intake = tunetrees::legacy::load::device::Intake { person: 9, now: now(), rehearse: true };
    let error = tunetrees::legacy::load::device::take_in(&mut store(1), &source, intake, &mut on).unwrap_err();
    assert!(matches!(error, LegacyError::NoSuchPerson(9)), "{error}");
}
