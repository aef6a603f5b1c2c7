//! An export brought back: what is gone comes again, the newer row stands, nothing is overwritten in silence; another's export becomes one's
//! own; her tunes as a list.

use crate::fixture::{at, catalog_tune, empty, identity, playlist_id};
use rusqlite::Connection;
use serde_json::{Value, json};
use tunetrees::domain::ids::{PlaylistId, PlaylistTuneId, PracticeRecordId, TagId, TuneId};
use tunetrees::domain::tune_list::Which;
use tunetrees::row;
use tunetrees::store::restore::{Restored, RestoredTable, Restoring};
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError, row as rows, schedule};
use uuid::Uuid;

const NOTE: u128 = 0x0700;
const OWN_TUNE: u128 = 0x0701;

fn note() -> String {
    Uuid::from_u128(NOTE).to_string()
}

fn another(n: u128) -> Store {
    Store::open(Connection::open_in_memory().unwrap(), identity(n)).unwrap()
}

/// Everything of each kind that a person has, on one tune of the catalog and one of her own.
fn world() -> (Store, TuneId) {
    let mut store = empty();
    let tune = catalog_tune(&mut store, 1, "The Kesh");
    let playlist = playlist_id(1);
    store
        .edit(at("2025-02-01T10:00:00Z"), |edit| {
            let me = edit.user().to_string();
            let (list, own) = (playlist.to_string(), Uuid::from_u128(OWN_TUNE).to_string());
            edit.insert(Table::Playlist, row! { "id": list, "user_ref": me, "name": "Flute" })?;
            edit.insert(Table::Tune, row! { "id": own, "title": "Mine", "private_for": me })?;
            for tune in [tune, TuneId(Uuid::from_u128(OWN_TUNE))] {
                let place = PlaylistTuneId::of(playlist, tune).to_string();
                let id = tune.to_string();
                edit.insert(
                    Table::PlaylistTune,
                    row! { "id": place, "user_ref": me, "playlist_ref": list, "tune_ref": id },
                )?;
            }
            let practiced = at("2025-02-01T10:00:00Z");
            let record = PracticeRecordId::of(playlist, tune, practiced).to_string();
            edit.insert(
                Table::PracticeRecord,
                row! { "id": record, "user_ref": me, "playlist_ref": list, "tune_ref": tune.to_string(),
                "practiced": practiced.to_string(), "quality": 3 },
            )?;
            edit.insert(
                Table::Note,
                row! { "id": note(), "user_ref": me, "tune_ref": tune.to_string(), "note_text": "slowly" },
            )?;
            let tag = TagId::of(edit.user(), tune, "session").to_string();
            edit.insert(
                Table::Tag,
                row! { "id": tag, "user_ref": me, "tune_ref": tune.to_string(), "tag_text": "session" },
            )?;
            schedule::recompute_all(edit.conn())
        })
        .unwrap();
    (store, tune)
}

fn export(store: &Store) -> String {
    store.export_everything(at("2025-02-02T10:00:00Z")).unwrap()
}

fn restore(store: &mut Store, text: &str, revive: bool) -> Restored {
    let now = at("2025-03-01T10:00:00Z");
    let before = content(store);
    let how = Restoring { revive, rehearse: true, exactly: false };
    let rehearsed = store.restore(now, text, how, &mut |_, _| {}).unwrap();
    assert_eq!(content(store), before, "a rehearsal writes nothing");
    let done = store.restore(now, text, Restoring { rehearse: false, ..how }, &mut |_, _| {}).unwrap();
    assert_eq!(rehearsed, done, "a rehearsal tells what happens");
    done
}

/// All rows of hers, and the outbox.
fn content(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for table in Table::ALL {
        for row in rows::select(store.conn(), table, "true", []).unwrap() {
            all.push(format!("{table} {}", Value::Object(row)));
        }
    }
    let queued: i64 = store.conn().query_row("select count(*) from sync_queue", [], |r| r.get(0)).unwrap();
    all.push(format!("{queued} queued"));
    all
}

fn table<'a>(restored: &'a Restored, name: &str) -> &'a RestoredTable {
    restored.tables.iter().find(|t| t.table.name() == name).unwrap()
}

fn text_of(store: &Store, table: Table, id: &str, column: &str) -> Value {
    rows::read(store.conn(), table, id).unwrap().map_or(Value::Null, |row| row[column].clone())
}

fn edit_note(store: &mut Store, when: &str, text: &str) {
    store.edit(at(when), |edit| edit.update(Table::Note, note(), row! { "note_text": text }).map(drop)).unwrap();
}

#[test]
fn what_is_lost_comes_back_and_a_second_time_changes_nothing() {
    let (old, _) = world();
    let text = export(&old);
    let mut new = Store::open(Connection::open_in_memory().unwrap(), identity(1)).unwrap();
    catalog_tune(&mut new, 1, "The Kesh");
    let restored = restore(&mut new, &text, false);
    let added: Vec<_> = restored.tables.iter().filter(|t| t.added > 0).map(|t| (t.table.name(), t.added)).collect();
    assert_eq!(
        added,
        [("tune", 1), ("playlist", 1), ("playlist_tune", 2), ("note", 1), ("tag", 1), ("practice_record", 1)]
    );
    assert!(!restored.other_person);
    assert_eq!(content(&new), content(&old), "row for row, stamps and all, and all of it is queued");
    let scheduled: i64 = new.conn().query_row("select count(*) from scheduling_state", [], |r| r.get(0)).unwrap();
    assert_eq!(scheduled, 1);
    let again = restore(&mut new, &text, true);
    assert!(again.tables.iter().all(|t| t.added == 0 && t.same == t.in_file), "{again:#?}");
    assert_eq!(content(&new), content(&old));
}

#[test]
fn the_newer_of_two_stands_and_both_are_told() {
    let (mut store, tune) = world();
    let text = export(&store);
    // Edited here since: it stays.
    edit_note(&mut store, "2025-02-03T10:00:00Z", "newer");
    let restored = restore(&mut store, &text, false);
    assert_eq!(table(&restored, "note").kept, ["The Kesh"]);
    assert_eq!(text_of(&store, Table::Note, &note(), "note_text"), "newer");
    // An export of later, restored over an earlier state: it replaces it, and queues that.
    let later = export(&store);
    let (mut earlier, _) = world();
    let restored = restore(&mut earlier, &later, false);
    assert_eq!(table(&restored, "note").replaced, ["The Kesh"]);
    assert_eq!(text_of(&earlier, Table::Note, &note(), "note_text"), "newer");
    // A practice record is history: only whether it counts may differ.
    let mut forged: Value = serde_json::from_str(&later).unwrap();
    forged["tables"]["practice_record"][0]["quality"] = json!(1);
    forged["tables"]["practice_record"][0]["last_modified_at"] = json!("2025-02-20T10:00:00.000000Z");
    let restored = restore(&mut earlier, &forged.to_string(), false);
    assert_eq!(table(&restored, "practice_record").same, 1);
    assert_eq!(earlier.tune(tune).unwrap().history.len(), 1);
}

#[test]
fn what_was_deleted_here_comes_back_only_if_asked() {
    let (mut store, _) = world();
    let text = export(&store);
    store.edit(at("2025-02-05T10:00:00Z"), |edit| edit.delete(Table::Note, note()).map(drop)).unwrap();
    let restored = restore(&mut store, &text, false);
    assert_eq!(table(&restored, "note").deleted_here, ["The Kesh"]);
    assert_eq!(text_of(&store, Table::Note, &note(), "deleted"), 1);
    let restored = restore(&mut store, &text, true);
    assert_eq!(table(&restored, "note").revived, ["The Kesh"]);
    assert_eq!(text_of(&store, Table::Note, &note(), "deleted"), 0);
    assert_eq!(text_of(&store, Table::Note, &note(), "note_text"), "slowly");
}

#[test]
fn anothers_export_becomes_ones_own_under_other_ids() {
    let (theirs, tune) = world();
    let text = export(&theirs);
    let mut mine = another(2);
    catalog_tune(&mut mine, 1, "The Kesh");
    let restored = restore(&mut mine, &text, false);
    assert!(restored.other_person);
    let me = mine.user().to_string();
    for name in ["playlist", "note", "tag", "practice_record", "playlist_tune"] {
        let table = Table::from_name(name).unwrap();
        let all = rows::select(mine.conn(), table, "true", []).unwrap();
        assert!(!all.is_empty() && all.iter().all(|row| row["user_ref"] == me.as_str()), "{name}");
    }
    assert_eq!(text_of(&mine, Table::Note, &note(), "id"), Value::Null, "under an id of her own");
    let list = rows::select(mine.conn(), Table::Playlist, "true", []).unwrap()[0]["id"].as_str().unwrap().to_owned();
    let place = PlaylistTuneId::of(PlaylistId(list.parse().unwrap()), tune).to_string();
    assert_eq!(text_of(&mine, Table::PlaylistTune, &place, "user_ref"), me.as_str(), "natural keys are hers");
    let before = content(&mine);
    let again = restore(&mut mine, &text, false);
    assert!(again.tables.iter().all(|t| t.added == 0 && t.replaced.is_empty()), "{again:#?}");
    assert_eq!(content(&mine), before);
    let broken: i64 = mine.conn().query_row("select count(*) from pragma_foreign_key_check", [], |r| r.get(0)).unwrap();
    assert_eq!(broken, 0);
}

#[test]
fn tunes_of_another_catalog_are_met_by_what_they_are_or_become_ones_own() {
    let (theirs, tune) = world();
    let text = export(&theirs);
    // The same tune under another id.
    let mut mine = another(1);
    let here = catalog_tune(&mut mine, 5, "The Kesh");
    restore(&mut mine, &text, false);
    assert_eq!(text_of(&mine, Table::Note, &note(), "tune_ref"), here.to_string());
    // A catalog without it.
    let mut mine = another(1);
    catalog_tune(&mut mine, 6, "Something else");
    let restored = restore(&mut mine, &text, false);
    let tunes = table(&restored, "tune");
    assert_eq!((tunes.in_file, tunes.added, tunes.changed.len()), (2, 2, 1), "{tunes:?}");
    let own = "private_for is not null and title = 'The Kesh'";
    assert_eq!(rows::select(mine.conn(), Table::Tune, own, []).unwrap().len(), 1);
    // No catalog yet: the export's tune stands in for it, and is not sent.
    let mut mine = another(1);
    restore(&mut mine, &text, false);
    assert_eq!(text_of(&mine, Table::Tune, &tune.to_string(), "private_for"), Value::Null);
    let sent = format!("select count(*) from sync_queue where row_id = '{tune}'");
    assert_eq!(mine.conn().query_row::<i64, _, _>(&sent, [], |r| r.get(0)).unwrap(), 0);
}

#[test]
fn rows_that_do_not_fit_are_left_out_and_told() {
    let (theirs, _) = world();
    let mut file: Value = serde_json::from_str(&export(&theirs)).unwrap();
    file["tables"]["note"] = json!([
        { "id": "no uuid", "tune_ref": 7 }, { "note_text": "no id" }, "no row",
        { "id": Uuid::from_u128(8).to_string(), "tune_ref": Uuid::from_u128(99).to_string(), "note_text": "of no tune", "deleted": 0 },
    ]);
    file["tables"]["playlist_tune"][0]["playlist_ref"] = json!(Uuid::from_u128(98).to_string());
    file["tables"]["unknown_table"] = json!([{ "id": "x" }]);
    file["tables"]["tune"][0]["genre"] = json!("KLEZM");
    let mut mine = another(1);
    let restored = restore(&mut mine, &file.to_string(), false);
    assert!(table(&restored, "note").left_out.len() >= 3, "{:?}", table(&restored, "note"));
    assert_eq!(table(&restored, "playlist_tune").left_out[0].1, "what it belongs to is not here");
    assert_eq!(table(&restored, "tune").changed[0].1, "the genre KLEZM does not exist here → none");
    for (text, words) in [
        ("", "breaks off before its end"),
        ("{", "breaks off before its end"),
        ("hello", "it is no JSON text"),
        ("{}", "of something else"),
        ("{\"format\":\"tunetrees-export\",\"version\":99}", "newer TuneTrees"),
    ] {
        let error = mine.restore(at("2025-03-01T10:00:00Z"), text, Restoring::default(), &mut |_, _| {}).unwrap_err();
        assert!(matches!(&error, StoreError::Invalid(said) if said.contains(words)), "{text}: {error}");
    }
}

#[test]
fn her_tunes_are_listed_with_what_she_knows_of_them() {
    let (mut store, tune) = world();
    let nobodys = catalog_tune(&mut store, 9, "Nobody's");
    let all = store.list_tunes(&Which::All).unwrap();
    let titles: Vec<_> = all.iter().map(|t| t.fields.title.as_deref().unwrap()).collect();
    assert_eq!(titles, ["Mine", "The Kesh"]);
    assert_eq!(
        (all[1].tags.clone(), all[1].repertoires.clone()),
        (vec!["session".to_owned()], vec!["Flute".to_owned()])
    );
    assert_eq!(all[1].last_practised, Some(at("2025-02-01T10:00:00Z")));
    assert!(all[0].private && !all[1].private && all[1].due.is_some());
    store
        .edit(at("2025-02-05T10:00:00Z"), |edit| {
            let place = PlaylistTuneId::of(playlist_id(1), tune);
            edit.delete(Table::PlaylistTune, place).map(drop)
        })
        .unwrap();
    assert_eq!(store.list_tunes(&Which::Repertoire).unwrap().len(), 1);
    let chosen = store.list_tunes(&Which::Chosen(vec![nobodys])).unwrap();
    assert_eq!(
        chosen.iter().filter_map(|t| t.fields.title.as_deref()).collect::<Vec<_>>(),
        ["Nobody's"],
        "these, wherever they are"
    );
}
