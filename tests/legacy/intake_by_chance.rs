//! Files made by chance, brought in on a device: a rehearsal tells what happens, every row is accounted for, a second time changes nothing.

use tunetrees::worker::protocol::DataRequest;

use crate::generated::database;
use crate::intake::{ask, bytes, choose, count, counts, dump, nobody, person, store};

#[test]
fn no_file_made_by_chance_is_taken_in_by_halves() {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    // The last one found something once: rows that look alike changed places.
    for seed in (0..asked.unwrap_or(60_u64)).chain([181]) {
        let file = bytes(database(seed));
        let mut store = store(10);
        let mut chosen = choose("chance.sqlite3", &file);
        for who in 1..6 {
            let before = dump(&store);
            let rehearsed = ask(&mut chosen, &mut store, &nobody(), DataRequest::Rehearse(person(who)));
            assert_eq!(dump(&store), before, "seed {seed}: a rehearsal writes nothing");
            let done = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(who)));
            let (rehearsed, done) = match (rehearsed, done) {
                (Ok(rehearsed), Ok(done)) => (rehearsed, done),
                (Err(a), Err(b)) => {
                    assert_eq!(a, b, "seed {seed}");
                    assert!(a.to_string().contains("no user"), "seed {seed}: {a}");
                    continue;
                }
                other => panic!("seed {seed}: {other:?}"),
            };
            assert_eq!(rehearsed.tables, done.tables, "seed {seed}");
            for t in &done.tables {
                let all = t.added + t.replaced + t.present + t.left_out;
                assert_eq!(t.in_file, all, "seed {seed}, {}: every row is accounted for", t.table);
            }
            let taken = dump(&store);
            let again = ask(&mut chosen, &mut store, &nobody(), DataRequest::TakeIn(person(who))).unwrap();
            let now: Vec<_> = dump(&store).into_iter().filter(|row| !taken.contains(row)).collect();
            assert_eq!(now, [""; 0], "seed {seed}, user {who}: a second time changes nothing: {:?}", counts(&again));
        }
        let broken: i64 = count(&store, "select count(*) from pragma_foreign_key_check");
        assert_eq!(broken, 0, "seed {seed}");
    }
}
