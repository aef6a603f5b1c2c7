//! A server that was set back to a backup, or replaced: what was acknowledged before is sent again, and nothing is taken for granted.

use super::*;

#[test]
fn what_a_restored_server_has_lost_is_sent_again() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    // Acknowledged, and lost with the restore: an edit, a field emptied, a deletion, a new tune with a note.
    world.put(&mut a, Table::Tune, &id(0), row! { "title": "Edited", "mode": "D" });
    world.put(&mut a, Table::Note, &id(10), row! { "note_text": Value::Null });
    world.delete(&mut a, Table::PlaylistTune, &id(21));
    world.put(&mut a, Table::Tune, &id(6), tune("New"));
    world.put(&mut a, Table::Note, &id(16), note(&id(6), "new"));
    world.sync(&mut a);
    world.sync(&mut b);
    world.same(&mut b);
    world.server.restore(&backup, "second");
    // An edit that was not sent yet waits until everything was compared.
    world.put(&mut b, Table::Tune, &id(6), row! { "structure": "AABB" });
    world.sync(&mut b);
    world.sync(&mut a);
    world.sync(&mut b);
    for device in [&mut a, &mut b] {
        world.same(device);
        let first = device.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&first["title"], &first["mode"]), (&json!("Edited"), &json!("D")));
        assert_eq!(device.row(Table::Note, &id(10)).unwrap()["note_text"], Value::Null);
        assert_eq!(device.row(Table::PlaylistTune, &id(21)).unwrap()["deleted"], 1);
        let new = device.row(Table::Tune, &id(6)).unwrap();
        assert_eq!((&new["title"], &new["structure"]), (&json!("New"), &json!("AABB")));
        assert_eq!(device.row(Table::Note, &id(16)).unwrap()["note_text"], "new");
        let told = "select count(*) from sync_conflict where reviewed_at is null";
        assert_eq!(device.number(told), 0, "nobody has disagreed");
    }
    assert_eq!(world.push(&mut a) + world.push(&mut b), 0);
}

#[test]
fn both_changed_around_a_restore_both_are_there_or_in_the_log() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    world.put(&mut a, Table::Tune, &id(0), row! { "title": "A's title", "incipit": "GABc" });
    world.sync(&mut a);
    world.server.restore(&backup, "second");
    // B has never heard of it, and edits what the backup had.
    world.put(&mut b, Table::Tune, &id(0), row! { "mode": "G" });
    world.sync(&mut b);
    world.sync(&mut a);
    world.sync(&mut b);
    for device in [&mut a, &mut b] {
        world.same(device);
        let row = device.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&row["incipit"], &row["mode"]), (&json!("GABc"), &json!("G")));
    }
    // What nobody can tell any more: who changed the title. The later row's stands, the other is in the log.
    let logged = "select count(*) from sync_conflict where column_name = 'title' and local_value = '\"A''s title\"'";
    let stands = a.row(Table::Tune, &id(0)).unwrap()["title"] == "A's title";
    assert!(stands || a.number(logged) == 1);
}

#[test]
fn a_row_that_moves_while_its_device_compares_is_asked_for_also_the_profile() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let me = ME.to_string();
    // It comes after the others.
    world.put(&mut a, Table::UserProfile, &me, row! { "name": "A." });
    world.sync(&mut a);
    let backup = world.server.snapshot();
    for name in ["Annie", "Ann", "Anne"] {
        world.put(&mut a, Table::UserProfile, &me, row! { "name": name });
        world.sync(&mut a);
    }
    world.sync(&mut b);
    world.server.restore(&backup, "second");
    // B has begun to compare when A, done with it, sends the profile again: behind the bound of B's pages.
    world.pull(&mut a);
    // No cursor, then another history, then the first page.
    assert!((0..3).all(|_| world.page(&mut b, 2)));
    world.push(&mut a);
    world.sync(&mut b);
    // The new history counts its versions from lower on than B has seen before.
    world.put(&mut a, Table::UserProfile, &me, row! { "name": "Nan" });
    world.sync(&mut a);
    world.sync(&mut b);
    world.same(&mut b);
    assert_eq!(b.row(Table::UserProfile, &me).unwrap()["name"], "Nan");
}

#[test]
fn what_is_on_its_way_to_a_server_that_was_set_back_is_not_taken_there() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    world.put(&mut a, Table::Tune, &id(0), row! { "title": "Second" });
    world.sync(&mut a);
    world.put(&mut a, Table::Tune, &id(0), row! { "title": "Third" });
    let now = world.now();
    let ops = a.store().next_batch(LIMIT, now).unwrap();
    world.server.restore(&backup, "second");
    // The new history comes to have the very version that A's edit was made on.
    world.put(&mut b, Table::Tune, &id(0), row! { "title": "B's" });
    world.sync(&mut b);
    let base = ops[0].base;
    assert_eq!(world.server.row(Table::Tune, &id(0)).unwrap()["sync_version"], base);
    let epoch = a.store().epoch().unwrap();
    assert_eq!(epoch.as_deref(), Some("first"));
    let request = Request::Push { ops, name: None, epoch };
    let body = request.body(DeviceId(Uuid::from_u128(11)));
    let Reply::Push(reply) = request.read(&world.server.push(ME, &body, now).unwrap()).unwrap() else { unreachable!() };
    assert_eq!((reply.results, reply.epoch.as_deref()), (vec![], Some("second")));
    assert_eq!(world.server.row(Table::Tune, &id(0)).unwrap()["title"], "B's");
    world.sync(&mut a);
    world.sync(&mut b);
    world.same(&mut a);
    world.same(&mut b);
}

#[test]
fn deleting_what_the_server_has_lost_reaches_who_still_has_it() {
    // Before the device has compared, after that, and while its parent is not there yet.
    for (pulled_first, with_parent) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut world = World::new();
        let (mut a, mut b) = (world.device(11), world.device(12));
        let backup = world.server.snapshot();
        world.put(&mut a, Table::Playlist, &id(50), playlist());
        world.put(&mut a, Table::Tune, &id(0), tune("Tune"));
        world.put(&mut a, Table::PlaylistTune, &id(20), link(&id(50), &id(0)));
        world.sync(&mut a);
        world.sync(&mut b);
        world.server.restore(&backup, "second");
        if pulled_first {
            world.pull(&mut b);
        }
        world.delete(&mut b, Table::PlaylistTune, &id(20));
        if with_parent {
            world.sync(&mut a);
        }
        world.sync(&mut b);
        world.sync(&mut a);
        world.sync(&mut b);
        for device in [&mut a, &mut b] {
            world.same(device);
            assert_eq!(device.row(Table::PlaylistTune, &id(20)).unwrap()["deleted"], 1, "{pulled_first} {with_parent}");
        }
    }
}

#[test]
fn an_edit_that_says_what_the_backup_says_is_told_to_who_has_heard_of_the_one_before() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    world.delete(&mut a, Table::Note, &id(10));
    world.sync(&mut a);
    world.sync(&mut b);
    world.put(&mut a, Table::Note, &id(10), row! { "deleted": 0 });
    world.sync(&mut a);
    world.server.restore(&backup, "second");
    for _ in 0..2 {
        world.sync(&mut a);
        world.sync(&mut b);
    }
    for device in [&mut a, &mut b] {
        world.same(device);
        assert_eq!(device.row(Table::Note, &id(10)).unwrap()["deleted"], 0);
    }
}

#[test]
fn a_state_with_the_same_stamp_is_not_an_earlier_one() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    for title in ["One", "Two", "Three"] {
        world.put(&mut a, Table::Tune, &id(0), row! { "title": title });
        world.sync(&mut a);
    }
    world.sync(&mut b);
    world.server.restore(&backup, "second");
    world.sync(&mut a);
    // An edit on top of what was sent again, by a clock that was behind: what is merged onto a later stamp bears that one.
    let stamp = a.row(Table::Tune, &id(0)).unwrap()["last_modified_at"].clone();
    world.put(&mut a, Table::Tune, &id(0), row! { "mode": "E Minor" });
    a.store()
        .conn()
        .execute("update tune set last_modified_at = ?1 where id = ?2", [stamp.as_str().unwrap(), &id(0)])
        .unwrap();
    world.sync(&mut a);
    // B knows a state of a higher version, and of that very stamp.
    world.sync(&mut b);
    world.sync(&mut a);
    for device in [&mut a, &mut b] {
        world.same(device);
        let row = device.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&row["title"], &row["mode"]), (&json!("Three"), &json!("E Minor")));
    }
}

#[test]
fn an_edit_back_to_what_the_backup_says_stands_against_who_sends_the_lost_value_again() {
    // Before the edit is sent, the other device has sent what both had; and of a row that the backup did not have at all.
    for in_backup in [true, false] {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        let backup = world.server.snapshot();
        let tune_id = if in_backup { id(0) } else { id(6) };
        if !in_backup {
            world.put(&mut a, Table::Tune, &tune_id, tune("New"));
            world.sync(&mut a);
        }
        let before = a.row(Table::Tune, &tune_id).unwrap()["mode"].clone();
        world.put(&mut a, Table::Tune, &tune_id, row! { "mode": "G" });
        world.sync(&mut a);
        world.sync(&mut b);
        world.server.restore(&backup, "second");
        world.pull(&mut a);
        world.put(&mut a, Table::Tune, &tune_id, row! { "mode": before.clone(), "incipit": "GABc" });
        world.sync(&mut b);
        world.sync(&mut a);
        world.sync(&mut b);
        for device in [&mut a, &mut b] {
            world.same(device);
            let row = device.row(Table::Tune, &tune_id).unwrap();
            assert_eq!((&row["mode"], &row["incipit"]), (&before, &json!("GABc")), "in the backup: {in_backup}");
        }
    }
}

#[test]
fn a_row_made_public_and_forgotten_is_taken_as_whoever_still_has_it_sends_it_again() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    world.put(&mut a, Table::Tune, &id(6), tune("New"));
    world.put(&mut a, Table::Note, &id(16), note(&id(6), "new"));
    world.sync(&mut a);
    let now = world.now();
    world.server.write_as_owner(Table::Tune, &id(6), json!({ "private_for": null }), now);
    world.sync(&mut b);
    assert_eq!(b.row(Table::Tune, &id(6)).unwrap()["private_for"], Value::Null);
    world.server.restore(&backup, "second");
    // B has it as everybody's, which is not B's to send again; its note hangs on it.
    world.sync(&mut b);
    world.sync(&mut a);
    world.sync(&mut b);
    world.same(&mut a);
    world.same(&mut b);
    assert_eq!(b.row(Table::Tune, &id(6)).unwrap()["private_for"], ME.to_string());
}

#[test]
fn what_was_written_of_a_row_before_it_was_made_public_is_sent_again_if_the_backup_says_that_it_is_hers() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    world.put(&mut a, Table::Tune, &id(0), row! { "mode": "Edited" });
    world.sync(&mut a);
    let now = world.now();
    world.server.write_as_owner(Table::Tune, &id(0), json!({ "private_for": null }), now);
    world.sync(&mut a);
    world.sync(&mut b);
    world.server.restore(&backup, "second");
    world.sync(&mut b);
    world.sync(&mut a);
    world.sync(&mut b);
    for device in [&mut a, &mut b] {
        world.same(device);
        let row = device.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&row["mode"], &row["private_for"]), (&json!("Edited"), &json!(ME.to_string())));
    }
}

#[test]
fn a_question_that_waits_for_her_word_is_not_answered_by_a_compare() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    let now = world.now();
    set_strategy(a.store(), Strategy::Ask, now).unwrap();
    world.put(&mut a, Table::Tune, &id(0), row! { "mode": "G" });
    world.put(&mut b, Table::Tune, &id(0), row! { "mode": "A" });
    world.sync(&mut b);
    world.sync(&mut a);
    let asked =
        "select count(*) from sync_conflict where undecided = 1 and local_value = '\"G\"' and remote_value = '\"A\"'";
    assert_eq!(a.number(asked), 1);
    world.server.restore(&backup, "second");
    world.sync(&mut a);
    assert_eq!(a.number(asked), 1);
    assert_eq!(a.row(Table::Tune, &id(0)).unwrap()["mode"], "G");
}
