//! An app that is updated while edits wait to be sent: they were made without what it has learnt since.

use super::*;

#[test]
fn edits_by_an_app_that_did_not_know_a_column_wait_until_it_is_filled() {
    // Made before the update, the column missing in their base; sent then, without an answer; made after it.
    for case in ["waiting", "sent", "made since"] {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
        world.sync(&mut a);
        world.sync(&mut b);
        let (now, reader) = (world.now(), format!("columns:{ME}"));
        let edit = |world: &mut World, b: &mut Device| world.put(b, Table::Tune, &id(0), row! { "title": "Edited" });
        if case != "made since" {
            edit(&mut world, &mut b);
        }
        if case == "sent" {
            assert_eq!(b.store().next_batch(LIMIT, now).unwrap().len(), 1);
        }
        b.store()
            .apply_remote(now, |edit| {
                edit.conn().execute_batch(
                    "update tune set mode = null; update sync_queue set base = json_remove(base, '$.mode')",
                )?;
                meta::set(edit.conn(), &reader, "0")
            })
            .unwrap();
        if case == "made since" {
            edit(&mut world, &mut b);
        }
        assert_eq!(world.push(&mut b), 0, "{case}");
        // Also between the pages.
        assert!(world.page(&mut b, 2));
        assert_eq!(world.push(&mut b), 0, "{case}");
        world.sync(&mut b);
        let there = world.server.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&there["mode"], &there["title"]), (&json!("D"), &json!("Edited")), "{case}");
        world.same(&mut b);
    }
}

#[test]
fn an_app_that_is_updated_in_the_middle_of_a_compare_begins_it_anew() {
    // After so many pages; among the last, single rows are being asked for.
    for pages in 0..12 {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
        world.sync(&mut a);
        world.sync(&mut b);
        b.store().forget_cursors().unwrap();
        for page in 0..pages {
            world.page(&mut b, 2);
            // Moves beyond the bound of the pages.
            if page == 0 {
                world.put(&mut a, Table::Note, &id(11), row! { "note_text": "by eye" });
                world.push(&mut a);
            }
        }
        let (now, reader) = (world.now(), format!("columns:{ME}"));
        b.store()
            .apply_remote(now, |edit| {
                edit.conn().execute_batch("update tune set mode = null")?;
                meta::set(edit.conn(), &reader, "0")
            })
            .unwrap();
        world.put(&mut b, Table::Tune, &id(0), row! { "title": "Edited" });
        assert!(b.store().to_look_at(Reader::Person(ME), 10).unwrap().is_empty(), "{pages}");
        world.sync(&mut b);
        let there = world.server.row(Table::Tune, &id(0)).unwrap();
        assert_eq!((&there["mode"], &there["title"]), (&json!("D"), &json!("Edited")), "{pages}");
        world.same(&mut b);
    }
}

/// The app is updated, and knows from now on what it has never heard of: the tunes' `mode`.
fn learns_a_column(b: &mut Device, now: Timestamp) {
    b.store()
        .apply_remote(now, |edit| {
            edit.conn().execute_batch(
                "update tune set mode = null; update sync_queue set base = json_remove(base, '$.mode')",
            )?;
            meta::set(edit.conn(), &format!("columns:{ME}"), "0")?;
            meta::set(edit.conn(), "learnt", "tune.mode")
        })
        .unwrap();
}

#[test]
fn a_restored_server_keeps_what_an_app_that_sends_again_has_never_known() {
    // B hears of the restore after it was updated, or is updated among the pages of that compare, at the latest when it asks for single rows.
    for pages in 0..12 {
        for edited in [false, true] {
            let mut world = World::new();
            let (mut a, mut b) = two_devices(&mut world);
            world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
            world.put(&mut a, Table::Tune, &id(1), row! { "mode": "G" });
            world.sync(&mut a);
            let backup = world.server.snapshot();
            // Acknowledged, and lost with the restore. A does not come by any more.
            world.put(&mut a, Table::Tune, &id(0), row! { "title": "Edited" });
            world.sync(&mut a);
            world.sync(&mut b);
            world.server.restore(&backup, "second");
            if edited {
                world.put(&mut b, Table::Tune, &id(0), row! { "incipit": "GABc" });
            }
            for _ in 0..pages {
                world.page(&mut b, 2);
            }
            let now = world.now();
            learns_a_column(&mut b, now);
            world.sync(&mut b);
            world.same(&mut b);
            let [first, second] = [0, 1].map(|n| b.row(Table::Tune, &id(n)).unwrap());
            let case = format!("after {pages} pages, edited: {edited}");
            assert_eq!((&first["title"], &first["mode"]), (&json!("Edited"), &json!("D")), "{case}");
            assert_eq!(second["mode"], "G", "{case}");
            assert!(!edited || first["incipit"] == "GABc", "{case}");
            // From here on the column is as any other: what a restore takes back is sent again.
            let backup = world.server.snapshot();
            world.put(&mut b, Table::Tune, &id(1), row! { "mode": "A" });
            world.sync(&mut b);
            world.server.restore(&backup, "third");
            world.sync(&mut b);
            world.same(&mut b);
            assert_eq!(b.row(Table::Tune, &id(1)).unwrap()["mode"], "A", "{case}");
        }
    }
}

#[test]
fn what_is_set_in_a_new_column_before_the_server_was_heard_of_stands() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
    world.sync(&mut a);
    world.sync(&mut b);
    let backup = world.server.snapshot();
    let now = world.now();
    learns_a_column(&mut b, now);
    world.put(&mut b, Table::Tune, &id(0), row! { "mode": "G" });
    world.server.restore(&backup, "second");
    world.sync(&mut b);
    world.same(&mut b);
    assert_eq!(b.row(Table::Tune, &id(0)).unwrap()["mode"], "G");
}

/// The server is set back to `backup`, and to before tunes had a mode. Tune 1 has had one on this device since before that, and nothing of it waits.
fn set_back_to_before_the_mode(world: &mut World, a: &mut Device, backup: &model::Snapshot) {
    let now = world.now();
    a.store()
        .apply_remote(now, |edit| {
            let sql = "update tune set mode = 'E' where id = ?1";
            Ok::<_, tunetrees::store::StoreError>(edit.conn().execute(sql, [id(1)])?)
        })
        .unwrap();
    world.server.restore(backup, "second");
    world.server.forget_column(Table::Tune, "mode");
    world.sync(a);
}

#[test]
fn a_server_set_back_to_before_a_column_gets_its_values_when_it_has_the_column_again() {
    for edited in [false, true] {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        let backup = world.server.snapshot();
        world.put(&mut a, Table::Tune, &id(0), row! { "mode": "D" });
        world.put(&mut a, Table::Tune, &id(6), tune("New"));
        world.put(&mut a, Table::Tune, &id(6), row! { "mode": "G" });
        world.sync(&mut a);
        set_back_to_before_the_mode(&mut world, &mut a, &backup);
        if edited {
            world.put(&mut a, Table::Tune, &id(1), row! { "title": "Edited" });
            world.sync(&mut a);
        }
        let modes = |device: &mut Device| [0, 1, 6].map(|n| device.row(Table::Tune, &id(n)).unwrap()["mode"].clone());
        assert_eq!(modes(&mut a), ["D", "E", "G"]);
        // It has the column again. Nobody has to do anything but start the app, and a compare for another reason does no harm.
        world.server.learn_all();
        a.store().forget_cursors().unwrap();
        world.pull(&mut a);
        assert_eq!(modes(&mut a), ["D", "E", "G"], "edited: {edited}");
        world.reopen(&mut a);
        world.sync(&mut a);
        world.same(&mut a);
        world.sync(&mut b);
        world.same(&mut b);
        assert_eq!(modes(&mut b), ["D", "E", "G"], "edited: {edited}");
        assert!(!edited || b.row(Table::Tune, &id(1)).unwrap()["title"] == "Edited");
    }
}

#[test]
fn an_edit_made_elsewhere_does_not_make_the_server_know_a_value_that_it_has_no_column_for() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    set_back_to_before_the_mode(&mut world, &mut a, &backup);
    world.sync(&mut b);
    // Meanwhile somebody edits the same tune, on a server that still does not have the column.
    world.put(&mut b, Table::Tune, &id(1), row! { "title": "By B" });
    world.sync(&mut b);
    world.sync(&mut a);
    assert_eq!(a.row(Table::Tune, &id(1)).unwrap()["title"], "By B");
    world.server.learn_all();
    world.reopen(&mut a);
    world.sync(&mut a);
    world.same(&mut a);
    world.sync(&mut b);
    world.same(&mut b);
    let row = b.row(Table::Tune, &id(1)).unwrap();
    assert_eq!((&row["mode"], &row["title"]), (&"E".into(), &"By B".into()));
}

#[test]
fn what_is_given_up_of_a_column_that_the_server_does_not_have_is_given_up_here_too() {
    let mut world = World::new();
    let (mut a, mut b) = two_devices(&mut world);
    let backup = world.server.snapshot();
    set_back_to_before_the_mode(&mut world, &mut a, &backup);
    let (refused, _) = a.store().refused_edits(10).unwrap();
    assert_eq!((refused.len(), refused[0].code.as_str()), (1, "42703"));
    assert_eq!(refused[0].fields, ["mode"], "she is told what goes");
    let now = world.now();
    a.store().discard_refused(now, Table::Tune, &id(1)).unwrap();
    world.server.learn_all();
    world.reopen(&mut a);
    for device in [&mut a, &mut b] {
        world.sync(device);
        world.same(device);
        assert_eq!(device.row(Table::Tune, &id(1)).unwrap()["mode"], Value::Null);
    }
}

#[test]
fn a_new_row_that_says_nothing_in_a_column_which_the_server_does_not_have_is_taken() {
    for (case, edited) in [("at once", false), ("answered late", false), ("answered late", true)] {
        let mut world = World::new();
        let (mut a, mut b) = two_devices(&mut world);
        world.server.forget_column(Table::Tune, "mode");
        world.put(&mut a, Table::Tune, &id(6), tune("New"));
        world.put(&mut a, Table::Note, &id(16), note(&id(6), "hangs on it"));
        if case == "answered late" {
            // Refused whole, accepted without what says nothing, and nobody hears of it.
            for answered in [true, false] {
                let now = world.now();
                let ops = a.store().next_batch(LIMIT, now).unwrap();
                let request = Request::Push { ops, name: None, epoch: None };
                let reply = world.server.push(ME, &request.body(DeviceId(Uuid::from_u128(11))), now).unwrap();
                let Reply::Push(reply) = request.read(&reply).unwrap() else { unreachable!() };
                if answered {
                    a.store().settle(&reply.results, now).unwrap();
                }
            }
        }
        if edited {
            world.put(&mut a, Table::Tune, &id(6), row! { "title": "Newer" });
        }
        world.sync(&mut a);
        assert_eq!(a.number("select count(*) from sync_queue"), 0, "{case}, edited: {edited}");
        world.sync(&mut b);
        let title = if edited { "Newer" } else { "New" };
        assert_eq!(b.row(Table::Tune, &id(6)).unwrap()["title"], title, "{case}");
        assert!(b.row(Table::Note, &id(16)).is_some());
        // What says something in it waits, until it does not.
        world.put(&mut a, Table::Tune, &id(7), row! { "title": "In D", "mode": "D", "private_for": ME.to_string() });
        world.sync(&mut a);
        assert_eq!(a.number("select count(*) from sync_queue where status = 'refused'"), 1);
        world.put(&mut a, Table::Tune, &id(7), row! { "mode": Value::Null });
        world.sync(&mut a);
        assert_eq!(a.number("select count(*) from sync_queue"), 0);
    }
}

#[test]
fn what_a_column_begins_with_is_not_put_where_she_has_left_nothing() {
    let mut world = World::new();
    let (mut a, _) = two_devices(&mut world);
    world.server.forget_column(Table::PlaylistTune, "learned");
    world.put(&mut a, Table::Tune, &id(6), tune("New"));
    let mut member = link(&id(50), &id(6));
    member.insert("goal".to_owned(), Value::Null);
    world.put(&mut a, Table::PlaylistTune, &id(26), member);
    world.sync(&mut a);
    assert_eq!(world.server.row(Table::PlaylistTune, &id(26)).unwrap()["goal"], Value::Null);
    world.same(&mut a);
}
