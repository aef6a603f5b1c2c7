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
