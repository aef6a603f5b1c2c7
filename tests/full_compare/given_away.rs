//! A tune that the project's owner gives to another person: what hangs on it is still on the server.

use super::*;

#[test]
fn giving_up_a_tune_that_is_another_persons_now_keeps_what_the_server_has_of_it() {
    for edited in [false, true] {
        let mut world = World::new();
        let (mut a, _) = two_devices(&mut world);
        let other = UserId(Uuid::from_u128(2));
        world.server.add_user(other, at(0));
        if edited {
            world.put(&mut a, Table::Tune, &id(0), row! { "title": "Edited" });
        }
        let now = world.now();
        world.server.write_as_owner(Table::Tune, &id(0), json!({ "private_for": other.to_string() }), now);
        world.sync(&mut a);
        let (refused, _) = a.store().refused_edits(10).unwrap();
        assert_eq!((refused.len(), refused[0].code.as_str()), (1, "42501"), "edited: {edited}");
        assert_eq!(refused[0].dependants, [], "all that hangs on it is on the server");
        a.store().discard_refused(now, Table::Tune, &id(0)).unwrap();
        world.sync(&mut a);
        for (table, n) in [(Table::PlaylistTune, 20), (Table::Note, 10)] {
            let theirs = rows::from_wire(table, world.server.row(table, &id(n)).unwrap()).unwrap();
            assert_eq!(a.row(table, &id(n)), Some(theirs), "{table}");
        }
        let tune = a.row(Table::Tune, &id(0)).unwrap();
        assert!(rows::is_deleted(&tune), "nobody sees it");
        assert_eq!(a.number("select count(*) from sync_queue"), 0);
        // Given back, it is there again.
        world.server.write_as_owner(Table::Tune, &id(0), json!({ "private_for": ME.to_string() }), now);
        world.sync(&mut a);
        let theirs = rows::from_wire(Table::Tune, world.server.row(Table::Tune, &id(0)).unwrap()).unwrap();
        assert_eq!(a.row(Table::Tune, &id(0)), Some(theirs));
    }
}
