//! What was changed in two places, under the three strategies.

use crate::world::*;
use serde_json::{Value, json};
use tunetrees::row;
use tunetrees::store::attention::{ConflictState, OtherSide};
use tunetrees::store::devices;
use tunetrees::store::schedule;
use tunetrees::store::schema::Table;
use tunetrees::sync::store::SyncStore;
use tunetrees::sync::strategy::Strategy;
use tunetrees::worker::protocol::AttentionRequest;
use tunetrees::worker::requests;

/// A tune on two devices, changed on both: first the mode on `b`, then mode and title on `a`; `b` has sent.
pub fn disagreement(a_strategy: Strategy) -> (Device, Device, Server, String) {
    let (mut a, mut b, mut server) = (Device::with(a_strategy, 1), Device::new(2), Server::default());
    let tune = a.tune(1, 0xaa, "The Abbey Reel");
    a.sync(&mut server);
    b.sync(&mut server);
    // As `sync_pull` tells it.
    let names = json!([{ "id": id(2), "name": "Phone", "last_seen": "2026-01-02T03:04:05+00:00" }, { "id": "legacy-migration" }]);
    a.store.conn().execute("insert into sync_meta values ('devices', ?1)", [names.to_string()]).unwrap();
    assert!(devices::known_devices(a.store.conn()).unwrap()[0].last_seen.is_some());
    a.set(10, Table::Tune, &tune, row! { "mode": "G", "title": "Abbey" });
    b.set(20, Table::Tune, &tune, row! { "mode": "A", "structure": "AABB" });
    b.sync(&mut server);
    (a, b, server, tune)
}

#[test]
fn merging_fields_keeps_what_one_side_changed_and_the_later_of_what_both_did() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "Abbey"]);
        assert_eq!(device.value(&tune, "structure"), "AABB");
    }
    let notes = a.open();
    let note = &notes[0];
    assert_eq!((notes.len(), note.field.as_str(), note.kept_here), (1, "mode", false));
    assert_eq!((note.here.as_deref(), note.there.as_deref()), (Some("G"), Some("A")));
    assert_eq!((&note.from, note.state), (&OtherSide::Device(Some("Phone".into())), ConflictState::Settled));
    assert_eq!(note.subject.what.as_deref(), Some("Abbey"));
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn the_newest_row_wins_whole() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::NewestRow);
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "The Abbey Reel"]);
    }
    assert_eq!(a.counts(), (0, 0, 0));
    let mut lost: Vec<_> = a.open().into_iter().map(|note| (note.field, note.here, note.kept_here)).collect();
    lost.sort();
    let gone = |field: &str, value: &str| (field.to_owned(), Some(value.to_owned()), false);
    assert_eq!(lost, [gone("mode", "G"), gone("title", "Abbey")], "what the older row had changed is told");
}

#[test]
fn asked_she_keeps_her_value_here_until_she_has_chosen_and_nothing_else_waits() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    let other = a.tune(21, 0xbb, "Another tune");
    a.sync(&mut server);
    // Hers is here, what only the other one changed came in, nothing of this row was sent; the other row was.
    assert_eq!([a.value(&tune, "mode"), a.value(&tune, "structure")], ["G", "AABB"]);
    assert_eq!(server.row(Table::Tune, &tune)["title"], "The Abbey Reel");
    assert_eq!(server.row(Table::Tune, &other)["title"], "Another tune");
    assert_eq!(a.counts(), (0, 1, 0));
    assert_eq!(a.open()[0].state, ConflictState::Undecided);

    // A restart, further changes elsewhere, further edits here: they merge, and it still waits.
    let mut a = a.reopened();
    b.set(30, Table::Tune, &tune, row! { "incipit": "dBB", "mode": "Am" });
    b.sync(&mut server);
    a.set(31, Table::Tune, &tune, row! { "genre": Value::Null, "title": "The Abbey" });
    a.sync(&mut server);
    assert_eq!([a.value(&tune, "mode"), a.value(&tune, "incipit")], ["G", "dBB"]);
    assert_eq!(a.counts(), (0, 1, 0));
    let notes = a.open();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!((notes[0].here.as_deref(), notes[0].there.as_deref()), (Some("G"), Some("Am")));

    // Mine.
    a.ask(AttentionRequest::KeepStanding { conflict: notes[0].id.clone() });
    assert_eq!(a.counts(), (1, 0, 0));
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["G", "The Abbey"]);
    }
    assert!(a.open().is_empty());
    assert_eq!(a.store.conflict_notes(true, 10).unwrap().1, 1);
    assert_eq!(b.store.conflict_notes(false, 10).unwrap().1, 0);
}

#[test]
fn what_is_chosen_of_what_the_schedule_follows_from_changes_the_schedule() {
    let mut a = Device::new(1);
    let me = a.store.user().to_string();
    let tune = a.tune(1, 0xaa, "The Abbey Reel");
    let (repertoire, preferences) = (id(0xbb), id(0xcc));
    a.insert(2, Table::Playlist, row! { "id": repertoire.as_str(), "user_ref": me.as_str(), "name": "Fiddle" });
    let ten_years =
        row! { "id": preferences.as_str(), "user_id": me.as_str(), "alg_type": "FSRS", "maximum_interval": 3650 };
    a.insert(3, Table::PrefsSpacedRepetition, ten_years);
    for n in 0..3 {
        let record = row! { "id": id(0xd0 + n), "user_ref": me.as_str(), "playlist_ref": repertoire.as_str(), "tune_ref": tune.as_str(),
        "practiced": at(100 + 40 * 86_400 * n as i64).to_string(), "quality": 4 };
        a.insert(4, Table::PracticeRecord, record);
    }
    let due = |device: &Device| -> String {
        device.store.conn().query_row("select due from scheduling_state", [], |line| line.get(0)).unwrap()
    };
    let reckon = |device: &mut Device| device.store.edit(at(5), |edit| schedule::recompute_all(edit.conn())).unwrap();
    reckon(&mut a);
    let before = due(&a);
    // Elsewhere she wanted it at least once a week.
    let sql = "insert into sync_conflict (id, table_name, row_id, column_name, local_value, remote_value, winner, local_modified_at,
                 remote_modified_at, detected_at) values ('c', 'prefs_spaced_repetition', ?1, 'maximum_interval', '3650', '7', 'local',
                 ?2, ?2, ?2)";
    a.store.conn().execute(sql, [&preferences, &at(6).to_string()]).unwrap();
    a.ask(AttentionRequest::UseOther { conflict: "c".to_owned() });
    let chosen = due(&a);
    assert!(chosen < before, "{chosen}, {before}");
    reckon(&mut a);
    assert_eq!(due(&a), chosen);
}

#[test]
fn asked_she_takes_theirs() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    let conflict = a.open()[0].id.clone();
    a.ask(AttentionRequest::UseOther { conflict });
    a.sync(&mut server);
    b.sync(&mut server);
    for device in [&a, &b] {
        assert_eq!([device.value(&tune, "mode"), device.value(&tune, "title")], ["A", "Abbey"]);
    }
    assert_eq!(a.counts(), (0, 0, 0));
}

#[test]
fn asked_she_need_not_answer_once_both_say_the_same() {
    // By an edit here.
    let (mut a, _, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    a.set(40, Table::Tune, &tune, row! { "mode": "A" });
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 0));
    assert!(a.open().is_empty());
    assert_eq!(server.row(Table::Tune, &tune)["title"], "Abbey");
    // By an edit there.
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Ask);
    a.sync(&mut server);
    b.set(40, Table::Tune, &tune, row! { "mode": "G" });
    b.sync(&mut server);
    a.sync(&mut server);
    assert_eq!(a.counts(), (1, 0, 0), "let go by what came in");
    a.sync(&mut server);
    assert_eq!(a.counts(), (0, 0, 0));
    assert!(a.open().is_empty());
    assert_eq!(server.row(Table::Tune, &tune)["title"], "Abbey");
}

#[test]
fn asked_about_a_deletion_either_answer_holds_everywhere() {
    for (deleted_here, keep, stays) in [(true, true, 1), (true, false, 0), (false, true, 0), (false, false, 1)] {
        let (mut a, mut b, mut server) = (Device::with(Strategy::Ask, 1), Device::new(2), Server::default());
        let tune = a.tune(1, 0xaa, "The Kesh");
        a.sync(&mut server);
        b.sync(&mut server);
        let (delete, change) = (row! { "deleted": 1 }, row! { "title": "Kesh" });
        let (here, there) = if deleted_here { (delete, change) } else { (change, delete) };
        a.set(10, Table::Tune, &tune, here);
        b.set(20, Table::Tune, &tune, there);
        b.sync(&mut server);
        a.sync(&mut server);
        assert_eq!(a.counts(), (0, 1, 0));
        assert_eq!(a.value(&tune, "deleted"), i64::from(deleted_here), "as it is here until she has chosen");
        let conflict = a.open()[0].id.clone();
        a.ask(if keep { AttentionRequest::KeepStanding { conflict } } else { AttentionRequest::UseOther { conflict } });
        a.sync(&mut server);
        b.sync(&mut server);
        for device in [&a, &b] {
            assert_eq!(device.value(&tune, "deleted"), stays, "deleted here {deleted_here}, kept {keep}");
            assert_eq!(device.value(&tune, "title"), "Kesh");
        }
    }
}

#[test]
fn a_deletion_that_meets_a_change_is_told_and_can_be_turned() {
    let (mut a, mut b, mut server) = (Device::new(1), Device::new(2), Server::default());
    let tune = a.tune(1, 0xaa, "The Kesh");
    a.sync(&mut server);
    b.sync(&mut server);
    a.set(10, Table::Tune, &tune, row! { "title": "Kesh" });
    b.set(20, Table::Tune, &tune, row! { "deleted": 1 });
    b.sync(&mut server);
    a.sync(&mut server);
    assert_eq!(a.value(&tune, "deleted"), 1);
    let notes = a.open();
    assert_eq!((notes.len(), notes[0].field.as_str(), notes[0].kept_here), (1, "deleted", false));
    assert_eq!(notes[0].subject.tune, None, "there is no page of a deleted tune");
    a.ask(AttentionRequest::UseOther { conflict: notes[0].id.clone() });
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!([b.value(&tune, "deleted"), b.value(&tune, "title")], [json!(0), json!("Kesh")]);
}

#[test]
fn the_other_value_of_a_settled_conflict_is_written_as_an_edit_and_may_be_taken_back() {
    let (mut a, mut b, mut server, tune) = disagreement(Strategy::Fields);
    a.sync(&mut server);
    let conflict = a.open()[0].id.clone();
    a.ask(AttentionRequest::UseOther { conflict: conflict.clone() });
    assert!(a.open().is_empty());
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!(b.value(&tune, "mode"), "G");
    let (seen, _) = a.store.conflict_notes(true, 10).unwrap();
    assert!(seen[0].kept_here);
    a.ask(AttentionRequest::UseOther { conflict });
    a.sync(&mut server);
    b.sync(&mut server);
    assert_eq!(b.value(&tune, "mode"), "A");
    let gone = requests::answer(&mut a.store, AttentionRequest::UseOther { conflict: id(7) }, at(0), &chrono::Utc);
    assert!(gone.is_err());
}

#[test]
fn hundreds_of_conflicts_are_counted_and_seen_at_once() {
    let mut a = Device::new(1);
    for n in 0..300 {
        a.store
            .conn()
            .execute(
                "insert into sync_conflict (id, table_name, row_id, column_name, winner, local_modified_at, remote_modified_at, detected_at)
                 values (?1, 'tune', 'x', 'mode', 'local', '', '', ?2)",
                [id(n), at(n as i64).to_string()],
            )
            .unwrap();
    }
    let (notes, total) = a.store.conflict_notes(false, 50).unwrap();
    assert_eq!((notes.len(), total, notes[0].at), (50, 300, at(299)));
    assert_eq!(a.store.counts().unwrap().unreviewed, 300);
    assert_eq!(a.store.conflict_notes(false, 250).unwrap().0.len(), 250);
    a.ask(AttentionRequest::KeepAllSettled);
    assert_eq!(a.store.counts().unwrap().unreviewed, 0);
    assert_eq!(a.store.conflict_notes(true, 50).unwrap().1, 300);
}
