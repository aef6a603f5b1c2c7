//! For the tests in browsers, where neither SQLite nor FSRS is at hand: makes a large legacy file, and says what the `fsrs` crate makes of a
//! tune's migrated history and one more rating.
//!
//! `legacy-browser make FILE RECORDS` · `legacy-browser due FILE SOURCE PERSON PLAYLIST TUNE PRACTISED QUALITY MOST` (ids as migrated; MOST:
//! the longest interval, in days)
#![allow(clippy::unwrap_used)]

mod crates_own;
mod made;

use std::path::Path;

use crates_own::{Crate, Review, history};
use tunetrees::legacy::Source;
use tunetrees::legacy::ids::legacy_uuid;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", file, records] => made::make(Path::new(file), records.parse().unwrap()),
        ["due", file, name, person, playlist, tune, practised, quality, most] => {
            let source = Source::open(Path::new(file), Some(name)).unwrap();
            let all = history(&source);
            let id = |table: &str, number: i64| legacy_uuid(name, table, &number.to_string()).to_string();
            let this = |(list, number): &(i64, i64)| id("playlist", *list) == playlist && id("tune", *number) == tune;
            let (_, found) = all.iter().find(|(key, _)| this(key)).expect("the tune has a history in the file");
            let own = Crate::of(&source, person.parse().unwrap()).up_to(most.parse().unwrap());
            let mut reviews = found.clone();
            let (before, was_due) = own.after(&reviews);
            let rated = Review {
                practiced: practised.parse().unwrap(),
                id: i64::MAX,
                quality: quality.parse().unwrap(),
                sm2: None,
            };
            reviews.push(rated);
            let (memory, due) = own.after(&reviews);
            let told = serde_json::json!({
                "ratings": found.len(), "before": {"stability": before.stability, "difficulty": before.difficulty, "due": was_due.to_string()},
                "stability": memory.stability, "difficulty": memory.difficulty, "due": due.to_string(),
            });
            println!("{told}");
        }
        _ => panic!("make FILE RECORDS, or due FILE SOURCE PERSON PLAYLIST TUNE PRACTISED QUALITY MOST"),
    }
}
