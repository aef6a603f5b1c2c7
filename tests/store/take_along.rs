//! Local data made without an account, taken along into one: nothing is lost, nothing doubles, everything is queued.

use rusqlite::Connection;
use tunetrees::domain::ids::{
    DeviceId, PlaylistId, PlaylistTuneId, PracticeRecordId, QueueEntryId, TagId, TuneId, UserId,
};
use tunetrees::domain::time::Timestamp;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::take_along::Luggage;
use tunetrees::store::{Identity, Store, StoreError, row as rows};
use uuid::Uuid;

fn store(user: u128) -> Store {
    let identity = Identity { user: UserId(Uuid::from_u128(user)), device: DeviceId(Uuid::from_u128(9)) };
    Store::open(Connection::open_in_memory().unwrap(), identity).unwrap()
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + micros)
}

/// A catalog tune, and on it everything a person can make.
fn someone_without_an_account() -> (Store, PlaylistId, TuneId, Timestamp) {
    let mut local = store(1);
    let (playlist, tune) = (PlaylistId(Uuid::from_u128(100)), TuneId(Uuid::from_u128(200)));
    let practiced = at(5);
    local
        .apply_remote(at(0), |edit| {
            let catalog = row! { "id": tune.to_string(), "title": "The Kesh", "sync_version": 7,
            "last_modified_at": at(0).to_string(), "deleted": 0 };
            rows::upsert(edit.conn(), Table::Tune, &catalog)
        })
        .unwrap();
    local
        .edit(at(10), |edit| {
            let user = edit.user();
            let (user_text, playlist_text, tune_text) = (user.to_string(), playlist.to_string(), tune.to_string());
            edit.insert(Table::Playlist, row! { "id": playlist_text, "user_ref": user_text, "name": "Flute" })?;
            let place = PlaylistTuneId::of(playlist, tune);
            let place = row! { "id": place.to_string(), "user_ref": user_text, "playlist_ref": playlist_text, "tune_ref": tune_text };
            edit.insert(Table::PlaylistTune, place)?;
            let record = PracticeRecordId::of(playlist, tune, practiced);
            let record = row! { "id": record.to_string(), "user_ref": user_text, "playlist_ref": playlist_text,
                "tune_ref": tune_text, "practiced": practiced.to_string(), "quality": 3 };
            edit.insert(Table::PracticeRecord, record)?;
            let tag = TagId::of(user, tune, "session");
            let tag = row! { "id": tag.to_string(), "user_ref": user_text, "tune_ref": tune_text, "tag_text": "session" };
            edit.insert(Table::Tag, tag)?;
            let regretted = row! { "id": Uuid::from_u128(300).to_string(), "user_ref": user_text, "tune_ref": tune_text, "note_text": "no" };
            edit.insert(Table::Note, regretted)?;
            edit.delete(Table::Note, Uuid::from_u128(300))?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    (local, playlist, tune, practiced)
}

#[test]
fn what_was_made_without_an_account_moves_into_it_and_is_queued() {
    let (local, playlist, tune, practiced) = someone_without_an_account();
    let luggage = Luggage::pack(&local).unwrap();
    assert!(!luggage.is_empty());
    let mut account = store(2);
    let mut told = Vec::new();
    assert_eq!(luggage.unpack(&mut account, at(20), &mut |done, all| told.push((done, all))).unwrap(), 4);
    let all = told.len();
    assert!(all >= 4 && told.iter().enumerate().all(|(n, step)| *step == (n + 1, all)), "{told:?}");

    let user = account.user();
    let owner = |table: Table, id: String| rows::read(account.conn(), table, &id).unwrap().unwrap()["user_ref"].clone();
    assert_eq!(owner(Table::Playlist, playlist.to_string()), user.to_string());
    assert_eq!(
        owner(Table::PracticeRecord, PracticeRecordId::of(playlist, tune, practiced).to_string()),
        user.to_string()
    );
    // The tag's id contains the owner: it is the one any other device of the account would make.
    assert_eq!(owner(Table::Tag, TagId::of(user, tune, "session").to_string()), user.to_string());
    // The catalog came along unqueued; her four rows wait for the server; what she deleted again is gone.
    let queued: i64 = account.conn().query_row("select count(*) from sync_queue", [], |r| r.get(0)).unwrap();
    assert_eq!(queued, 4);
    let due: i64 = account.conn().query_row("select count(*) from scheduling_state", [], |r| r.get(0)).unwrap();
    assert_eq!(due, 1);
    let dangling: i64 =
        account.conn().query_row("select count(*) from pragma_foreign_key_check", [], |r| r.get(0)).unwrap();
    assert_eq!(dangling, 0);
}

#[test]
fn a_move_that_was_interrupted_can_be_repeated() {
    let (local, ..) = someone_without_an_account();
    let mut account = store(2);
    Luggage::pack(&local).unwrap().unpack(&mut account, at(20), &mut |_, _| ()).unwrap();
    assert_eq!(Luggage::pack(&local).unwrap().unpack(&mut account, at(30), &mut |_, _| ()).unwrap(), 0);
}

#[test]
fn a_device_on_which_nothing_was_made_has_no_luggage() {
    assert!(Luggage::pack(&store(1)).unwrap().is_empty());
}

#[test]
fn a_queue_made_before_the_account_is_the_queue_the_account_would_have_made() {
    let (mut local, playlist, tune, _) = someone_without_an_account();
    let date = "2026-11-22".parse().unwrap();
    local
        .edit(at(11), |edit| {
            let id = QueueEntryId::of(edit.user(), playlist, date, tune);
            let row = row! { "id": id.to_string(), "user_ref": edit.user().to_string(), "playlist_ref": playlist.to_string(),
                "tune_ref": tune.to_string(), "queue_date": date.to_string(), "window_start_utc": at(0).to_string(),
                "window_end_utc": at(9).to_string(), "bucket": 1, "order_index": 0,
                "snapshot_coalesced_ts": at(0).to_string(), "generated_at": at(0).to_string() };
            edit.insert(Table::DailyPracticeQueue, row)
        })
        .unwrap();
    let mut account = store(2);
    Luggage::pack(&local).unwrap().unpack(&mut account, at(20), &mut |_, _| ()).unwrap();
    let expected = QueueEntryId::of(account.user(), playlist, date, tune).to_string();
    assert!(rows::read(account.conn(), Table::DailyPracticeQueue, &expected).unwrap().is_some());
}

#[test]
fn what_the_profile_says_comes_along_where_the_account_says_nothing() {
    let mut local = store(1);
    let user = local.user().to_string();
    let said = row! { "name": "Anna", "sr_alg_type": "SM2" };
    local.edit(at(10), |edit| edit.update(Table::UserProfile, &user, said)).unwrap();
    let profile =
        |store: &Store| rows::read(store.conn(), Table::UserProfile, &store.user().to_string()).unwrap().unwrap();

    let mut account = store(2);
    Luggage::pack(&local).unwrap().unpack(&mut account, at(50), &mut |_, _| ()).unwrap();
    let here = profile(&account);
    assert_eq!((&here["name"], &here["sr_alg_type"]), (&"Anna".into(), &"SM2".into()));
    assert_eq!(here["last_modified_at"], at(10).to_string(), "as old as it was: a later word of the account's wins");
    let queued = "select count(*) from sync_queue where table_name = 'user_profile'";
    assert_eq!(account.conn().query_row(queued, [], |row| row.get::<_, i64>(0)).unwrap(), 1);

    // Whoever has a name keeps it.
    let mut named = store(3);
    let own = named.user().to_string();
    named.edit(at(5), |edit| edit.update(Table::UserProfile, &own, row! { "name": "Anna Account" })).unwrap();
    Luggage::pack(&local).unwrap().unpack(&mut named, at(50), &mut |_, _| ()).unwrap();
    let here = profile(&named);
    assert_eq!((&here["name"], &here["sr_alg_type"]), (&"Anna Account".into(), &"SM2".into()));
}
