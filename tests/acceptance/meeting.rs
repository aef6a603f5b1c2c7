//! Two devices (and a third) write the same rows.

use tunetrees::domain::ids::PracticeRecordId;
use tunetrees::row;
use tunetrees::store::schema::Table;

use super::{PUSH, away, back, fault, furnish, quietly};
use crate::devices::{Device, account, config, database, eventually, now, run, sign_in, stack};
use devstack::faults::Action;
use serde_json::Value;

/// Everything of this row on the server, as text.
async fn on_server(db: &tokio_postgres::Client, table: Table, id: &str) -> serde_json::Value {
    let sql = format!("select to_jsonb(t) from public.\"{table}\" t where id = $1::text::uuid");
    db.query_one(&sql, &[&id]).await.unwrap().get(0)
}

#[test]
fn n01_one_practice_record_made_on_two_devices_is_one_row() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (playlist, tunes) = furnish(&a, 2);
        a.synced().await;
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let (a, b) = (away(a).await, away(b).await);
        let practiced = now();
        // The first tune is rated alike, the second differently.
        for (device, qualities) in [(&a, [3, 3]), (&b, [3, 2])] {
            for (tune, quality) in tunes.iter().zip(qualities) {
                quietly(device, |edit| {
                    let record = row! {
                        "id": PracticeRecordId::of(playlist, *tune, practiced).to_string(), "user_ref": edit.user().to_string(),
                        "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(),
                        "practiced": practiced.to_string(), "quality": quality,
                    };
                    edit.insert(Table::PracticeRecord, record)?;
                    tunetrees::store::schedule::recompute(edit.conn(), playlist, *tune)
                });
            }
        }
        let (a, b) = (back(&stack, &email, a).await, back(&stack, &email, b).await);
        a.synced().await;
        b.synced().await;
        a.synced().await;
        for device in [&a, &b] {
            assert_eq!(device.count("select count(*) from practice_record"), 2);
            assert_eq!(device.count("select count(*) from sync_queue"), 0, "{:?}", device.refused());
            assert_eq!(device.count("select count(*) from scheduling_state"), 2);
        }
        let db = database(&stack).await;
        for tune in &tunes {
            let id = PracticeRecordId::of(playlist, *tune, practiced).to_string();
            let quality = on_server(&db, Table::PracticeRecord, &id).await["quality"].clone();
            for device in [&a, &b] {
                assert_eq!(device.value(Table::PracticeRecord, &id, "quality"), quality);
                let sql = format!("select last_quality from scheduling_state where tune_ref = '{tune}'");
                assert_eq!(Value::from(device.count(&sql)), quality, "the schedule follows the record that stands");
            }
        }
        stack.stop().await;
    });
}

#[test]
fn n02_a_late_upload_of_an_older_edit_still_reaches_a_third_device() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let id = a.new_tune("The Silver Spear");
        a.synced().await;
        let a = away(a).await;
        quietly(&a, |edit| edit.update(Table::Tune, &id, row! { "mode": "D Major" }).map(drop));
        let old = a.value(Table::Tune, &id, "last_modified_at");

        // Meanwhile others write later, and a third device has seen all of it.
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let later = b.new_tune("The Kesh");
        b.synced().await;
        let c = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        c.synced().await;
        assert!(c.value(Table::Tune, &later, "last_modified_at").as_str() > old.as_str());

        let a = back(&stack, &email, a).await;
        a.synced().await;
        eventually("the older edit on the third device", || c.value(Table::Tune, &id, "mode") == "D Major").await;
        assert_eq!(c.value(Table::Tune, &id, "last_modified_at"), old, "with the time of the edit, not of the upload");
        stack.stop().await;
    });
}

#[test]
fn n03_the_later_write_wins_whenever_it_arrives_and_a_tie_ends_the_same_everywhere() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        let ids: Vec<String> = ["early", "late", "tie"].iter().map(|title| a.new_tune(title)).collect();
        a.synced().await;
        b.synced().await;
        let (a, b) = (away(a).await, away(b).await);
        let set = |device: &Device, at, id: &str, title: &str| {
            let mut store = device.store.borrow_mut();
            store.edit(at, |edit| edit.update(Table::Tune, id, row! { "title": title }).map(drop)).unwrap();
        };
        let at = |micros| now().plus_micros(micros);
        let (first, second, same) = (at(0), at(1), at(2));
        // The first tune: A writes first; the second: B does; the third: both at once. A's edits arrive first, all of them.
        set(&a, first, &ids[0], "A's, earlier");
        set(&a, second, &ids[1], "A's, later");
        set(&b, first, &ids[1], "B's, earlier");
        set(&b, second, &ids[0], "B's, later");
        set(&a, same, &ids[2], "A's, at the same time");
        set(&b, same, &ids[2], "B's, at the same time");
        assert_eq!(
            a.value(Table::Tune, &ids[2], "last_modified_at"),
            b.value(Table::Tune, &ids[2], "last_modified_at"),
            "a tie to the microsecond"
        );
        let a = back(&stack, &email, a).await;
        a.synced().await;
        let b = back(&stack, &email, b).await;
        b.synced().await;
        a.synced().await;
        let c = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        c.synced().await;
        for device in [&a, &b, &c] {
            assert_eq!(device.value(Table::Tune, &ids[0], "title"), "B's, later");
            assert_eq!(device.value(Table::Tune, &ids[1], "title"), "A's, later");
            assert_eq!(
                device.value(Table::Tune, &ids[2], "title"),
                "A's, at the same time",
                "what the server has stands"
            );
            assert_eq!(device.row(Table::Tune, &ids[2]), a.row(Table::Tune, &ids[2]));
        }
        assert_eq!(b.count("select count(*) from sync_conflict"), 3, "each is told where it was settled");
        stack.stop().await;
    });
}

#[test]
fn n04_a_pull_over_a_pending_edit_keeps_the_later_one() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (mine, theirs) = (a.new_tune("later here"), a.new_tune("later there"));
        a.synced().await;
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let a = away(a).await;
        quietly(&a, |edit| edit.update(Table::Tune, &theirs, row! { "title": "A first" }).map(drop));
        b.set(Table::Tune, &theirs, row! { "title": "then B" });
        b.set(Table::Tune, &mine, row! { "title": "B first" });
        b.synced().await;
        quietly(&a, |edit| edit.update(Table::Tune, &mine, row! { "title": "then A" }).map(drop));

        // A can pull, but not push.
        let away_with_it = Action::Status { code: 503, body: Value::Null, headers: [].into() };
        stack.faults.add(fault(PUSH, None, away_with_it));
        let a = back(&stack, &email, a).await;
        eventually("B's edit on A", || a.value(Table::Tune, &theirs, "title") == "then B").await;
        assert_eq!(a.value(Table::Tune, &mine, "title"), "then A");
        assert_eq!(a.pending(), 1, "only what the server does not have is left to send");
        stack.faults.clear();
        a.synced().await;
        b.synced().await;
        for device in [&a, &b] {
            assert_eq!(device.value(Table::Tune, &mine, "title"), "then A");
            assert_eq!(device.value(Table::Tune, &theirs, "title"), "then B");
        }
        stack.stop().await;
    });
}

#[test]
fn n07_deleted_on_one_device_and_edited_on_the_other() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let (playlist, tunes) = furnish(&a, 1);
        let place = tunetrees::domain::ids::PlaylistTuneId::of(playlist, tunes[0]).to_string();
        let (revived, gone) = (a.new_tune("edited later"), a.new_tune("deleted later"));
        a.synced().await;
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let (a, b) = (away(a).await, away(b).await);
        let edit =
            |device: &Device, table, id: &str, row| quietly(device, |edit| edit.update(table, id, row).map(drop));
        edit(&a, Table::Tune, &revived, row! { "deleted": 1 });
        edit(&b, Table::Tune, &gone, row! { "title": "in vain" });
        edit(&a, Table::PlaylistTune, &place, row! { "deleted": 1 });
        edit(&b, Table::Tune, &revived, row! { "title": "still wanted" });
        edit(&a, Table::Tune, &gone, row! { "deleted": 1 });
        edit(&b, Table::PlaylistTune, &place, row! { "goal": "performance" });
        let a = back(&stack, &email, a).await;
        a.synced().await;
        let b = back(&stack, &email, b).await;
        b.synced().await;
        a.synced().await;
        for device in [&a, &b] {
            let deleted = |table, id: &str| device.value(table, id, "deleted");
            assert_eq!(deleted(Table::Tune, &revived), 0, "an edit later than the deletion brings it back");
            assert_eq!(device.value(Table::Tune, &revived, "title"), "still wanted");
            assert_eq!(deleted(Table::Tune, &gone), 1, "a deletion later than the edit stands");
            assert_eq!(deleted(Table::PlaylistTune, &place), 1, "a place in a repertoire stays given up");
            assert_eq!(device.count("select count(*) from sync_queue"), 0);
        }
        // Whichever stands, the revival or the deletion.
        assert_eq!(b.count("select count(*) from sync_conflict where column_name = 'deleted'"), 2, "and is told");
        stack.stop().await;
    });
}

#[test]
fn n08_a_tag_removed_on_one_device_disappears_on_the_other() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let tune = a.new_tune("Tagged");
        let owner = a.user.to_string();
        let tag = a.edit(|edit| {
            let id = tunetrees::domain::ids::TagId::of(edit.user(), tune.parse().unwrap(), "session").to_string();
            let tag = row! { "id": id.as_str(), "user_ref": owner.as_str(), "tune_ref": tune.as_str(), "tag_text": "session" };
            edit.insert(Table::Tag, tag)?;
            Ok(id)
        });
        a.synced().await;
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let tags = |device: &Device| device.store.borrow().tune(tune.parse().unwrap()).unwrap().tags;
        assert_eq!(tags(&b), ["session"]);
        // One is there to hear of it, one is away and edits the tag meanwhile: the removal stands all the same.
        let c = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        c.synced().await;
        let c = away(c).await;
        a.set(Table::Tag, &tag, row! { "deleted": 1 });
        eventually("the tag gone on B", || tags(&b).is_empty()).await;
        quietly(&c, |edit| edit.update(Table::Tag, &tag, row! { "tag_text": "sessions" }).map(drop));
        let c = back(&stack, &email, c).await;
        c.synced().await;
        b.synced().await;
        assert!(tags(&c).is_empty() && tags(&b).is_empty());
        stack.stop().await;
    });
}
