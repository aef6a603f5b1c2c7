//! A compare that waits for its first page for long: edits are sent meanwhile, and what becomes of them elsewhere comes with no page.

use super::*;

#[test]
fn what_was_confirmed_before_the_first_page_and_has_been_purged_since_is_gone() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    for n in 1..=2 {
        world.put(&mut a, Table::Tune, &id(n), tune("known"));
    }
    world.sync(&mut a);
    world.sync(&mut b);
    world.delete(&mut b, Table::Tune, &id(2));
    world.sync(&mut b);
    world.purge();
    // Tombstones were purged behind it: everything is to be compared, from the next page on.
    assert!(world.page(&mut a, 3));
    assert_eq!(a.number("select count(*) from sync_meta where key like 'compare:%'"), 1);
    world.put(&mut a, Table::Tune, &id(3), tune("sent meanwhile"));
    assert_eq!(world.push(&mut a), 1);
    world.sync(&mut b);
    world.delete(&mut b, Table::Tune, &id(3));
    world.sync(&mut b);
    world.purge();
    world.pull(&mut a);
    assert!(a.row(Table::Tune, &id(3)).is_none(), "nobody has it any more");
    world.same(&mut a);
    world.same(&mut b);
}
