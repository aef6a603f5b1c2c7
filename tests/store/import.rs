//! Tunes from ABC books, tables, The Session and the starter list: seen before they are written, known ones recognised, all or nothing.

use crate::asking::ask;
use crate::fixture::*;
use chrono::Utc;
use tunetrees::domain::csv::Meaning;
use tunetrees::domain::import::{Decision, Imported, Incoming, Preview, Source};
use tunetrees::domain::listing::{ListQuery, Scope};
use tunetrees::row;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use tunetrees::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// As thesession.org answers `/tunes/55?format=json`, shortened.
const SESSION: &str = r#"{"format":"json","id":55,"name":"Kesh, The","url":"https://thesession.org/tunes/55","member":{"id":1,"name":"Jeremy","url":"https://thesession.org/members/1"},
"date":"2001-05-20 21:13:45","type":"jig","tunebooks":6371,"recordings":120,"collections":12,
"aliases":["Castle, The","Kerrigan's","Mountaineer's March"],
"comments":[{"id":1,"url":"https://thesession.org/tunes/55#comment1","subject":"","content":"<b>hi</b>","member":{"id":1,"name":"x","url":"x"},"date":"2001-05-20 21:13:45"}],
"settings":[{"id":55,"url":"https://thesession.org/tunes/55#setting55","key":"Gmajor","abc":"|:G3 GAB|A3 ABd|edd gdd|edB dBA|!\r\nGAG GAB|ABA ABd|edd gdd|BAF G3:|!\r\n|:B2B d2d|ege dBA|B2B dBG|ABA AGA|!\r\nBAB d^cd|ege dBd|gfg aga|bgg g3:|","member":{"id":1,"name":"Jeremy","url":"x"},"date":"2001-05-20 21:13:45"},
{"id":12475,"url":"https://thesession.org/tunes/55#setting12475","key":"Amajor","abc":"|:A3 ABc|B3 Bce|fee aee|fec ecB:|","member":{"id":2,"name":"y","url":"x"},"date":"2009-05-20 21:13:45"}]}"#;

/// As it answers `/tunes/search?q=kesh&format=json`.
const SEARCH: &str = r#"{"q":"kesh","format":"json","pages":1,"page":1,"total":2,"tunes":[
{"id":55,"name":"Kesh, The","url":"https://thesession.org/tunes/55","member":{"id":1,"name":"Jeremy","url":"x"},"date":"2001-05-20","type":"jig"},
{"id":4321,"name":"The Kesh Reel","url":"https://thesession.org/tunes/4321","member":{"id":1,"name":"z","url":"x"},"date":"2005-05-20","type":"reel"}]}"#;

fn preview(store: &mut Store, source: Source) -> Preview {
    match ask(store, LibraryRequest::PreviewImport { source }) {
        Ok(Response::Library(LibraryAnswer::Preview(preview))) => *preview,
        other => panic!("{other:?}"),
    }
}

fn import(store: &mut Store, items: Vec<(Incoming, Decision)>) -> Imported {
    match ask(store, LibraryRequest::Import { items, goes_on: false }) {
        Ok(Response::Library(LibraryAnswer::Imported(imported))) => imported,
        other => panic!("{other:?}"),
    }
}

fn as_proposed(preview: Preview) -> Vec<(Incoming, Decision)> {
    preview.offers.into_iter().map(|offer| (offer.incoming.clone(), offer.proposal())).collect()
}

fn found(store: &mut Store, text: &str) -> Vec<String> {
    let query = ListQuery { text: text.into(), ..ListQuery::all(Scope::Repertoire) };
    match ask(store, LibraryRequest::ListTunes { query, offset: 0, limit: 100 }) {
        Ok(Response::Library(LibraryAnswer::Tunes(page))) => {
            page.tunes.into_iter().map(|t| t.fields.title.unwrap()).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_book_in_abc_comes_in_with_all_that_it_says_and_is_found_by_its_other_titles() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let book = "X:1\nT:Kesh, The\nT:The Castle\nR:jig\nM:6/8\nS:https://thesession.org/tunes/55\nK:G\n|:GAG GAB|ABA ABd:|\n\nX:2\nT:Morrison's\nR:jig\nK:Edor\n|:E3 B3|EBE AFD:|\n";
    let seen = preview(&mut store, Source::Abc(book.into()));
    assert_eq!((seen.offers.len(), seen.problems.len()), (2, 0));
    assert_eq!(outbox(&store), [], "a preview writes nothing");
    let done = import(&mut store, as_proposed(seen));
    assert_eq!((done.made.len(), done.joined.len()), (2, 0));
    assert_eq!(found(&mut store, "castle"), ["The Kesh"]);
    let Ok(Response::Library(LibraryAnswer::Tune(kesh))) = ask(&mut store, LibraryRequest::Tune { tune: done.made[0] })
    else {
        panic!()
    };
    assert!(kesh.private && kesh.in_repertoire);
    assert_eq!(kesh.references[0].url, "https://thesession.org/tunes/55");
    assert!(kesh.notes.iter().any(|note| note.html.starts_with("<pre>X:1\nT:Kesh")));
    // Once more: nothing twice.
    let again = preview(&mut store, Source::Abc(book.into()));
    assert!(again.offers.iter().all(|offer| offer.proposal() == Decision::Skip));
    // And back.
    ask(&mut store, LibraryRequest::DeleteTunes { tunes: done.made }).unwrap();
    assert_eq!(found(&mut store, ""), Vec::<String>::new());
}

#[test]
fn what_the_catalog_has_is_used_instead_of_made_anew() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let kesh = catalog_tune(&mut store, 1, "The Kesh");
    receive(&mut store, Table::Tune, row! { "id": tune_id(2).to_string(), "title": "Kesh", "type": "JigD" });
    let seen = preview(&mut store, Source::Session(SESSION.into()));
    let known = seen.offers[0].known.as_ref().unwrap();
    assert_eq!(known.tune, tune_id(2), "the jig, not the reel {kesh}");
    let done = import(&mut store, vec![(seen.offers[0].incoming.clone(), seen.offers[0].proposal())]);
    assert_eq!((done.made.len(), done.joined.as_slice()), (0, [tune_id(2)].as_slice()));
    assert_eq!(preview(&mut store, Source::Session(SESSION.into())).offers[0].proposal(), Decision::Skip);
}

#[test]
fn the_session_offers_each_setting_with_key_structure_and_lines() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let seen = preview(&mut store, Source::Session(SESSION.into()));
    let modes: Vec<_> = seen.offers.iter().map(|offer| offer.incoming.fields.mode.clone().unwrap()).collect();
    assert_eq!(modes, ["G Major", "A Major"]);
    let first = &seen.offers[0].incoming;
    assert_eq!(first.fields.title.as_deref(), Some("The Kesh"));
    assert_eq!((first.fields.kind.as_deref(), first.fields.structure.as_deref()), (Some("JigD"), Some("AABB")));
    assert_eq!(first.fields.incipit.as_deref(), Some("|:G3 GAB|A3 ABd|"));
    let abc = first.abc[0].as_str();
    assert!(
        abc.starts_with("X:55\nT:The Kesh\nR:jig\nM:6/8\nL:1/8\nK:Gmajor\n|:G3 GAB|")
            && abc.lines().count() == 10
            && !abc.contains('!'),
        "{abc}"
    );
    assert_eq!(first.aliases, ["The Castle", "Kerrigan's", "Mountaineer's March"]);
    let done = import(&mut store, vec![(first.clone(), Decision::Make)]);
    assert_eq!(done.made.len(), 1);
    assert_eq!(found(&mut store, "kerrigans"), ["The Kesh"]);
    let again = preview(&mut store, Source::Session(SESSION.replace("Kesh, The", "Quite Another Name")));
    assert!(again.offers.iter().all(|offer| offer.known.is_some()), "known by its number, whatever it is called");
    for broken in ["", "<html>", "[]", "{\"id\":\"x\"}"] {
        assert!(matches!(
            ask(&mut store, LibraryRequest::PreviewImport { source: Source::Session(broken.into()) }),
            Err(Failure::Invalid(_))
        ));
    }
    let Ok(Response::Library(LibraryAnswer::SessionTunes(tunes))) =
        ask(&mut store, LibraryRequest::ReadSessionSearch { json: SEARCH.into() })
    else {
        panic!()
    };
    assert_eq!(tunes, [(55, "The Kesh".into(), "JigD".into()), (4321, "The Kesh Reel".into(), "Reel".into())]);
}

#[test]
fn a_table_comes_in_as_its_columns_are_mapped() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let text = "Tune,Rhythm,Key,Sets,Web,Weather\n\"Banshee, The\",reel,Gmaj,\"friday, slow\",https://x.org,fine\n,reel,D,,,\nKesh,jig,G,,javascript:alert(1),\n";
    let source = |meanings| Source::Csv { text: text.into(), meanings };
    let seen = preview(&mut store, source(Vec::new()));
    assert_eq!(
        seen.columns.iter().map(|(_, meaning)| *meaning).collect::<Vec<_>>()[..3],
        [Some(Meaning::Title), Some(Meaning::Kind), Some(Meaning::Mode)]
    );
    assert_eq!(
        seen.problems,
        ["Line 3 has no title.", "Line 4: the link is not an address of the web and is left out."]
    );
    let mut meanings: Vec<_> = seen.columns.iter().map(|(_, meaning)| *meaning).collect();
    meanings[5] = Some(Meaning::Note);
    let mapped = as_proposed(preview(&mut store, source(meanings)));
    let done = import(&mut store, mapped);
    assert_eq!(found(&mut store, "friday"), ["The Banshee"]);
    let Ok(Response::Library(LibraryAnswer::Tune(tune))) = ask(&mut store, LibraryRequest::Tune { tune: done.made[0] })
    else {
        panic!()
    };
    assert_eq!(tune.tags, ["friday", "slow"]);
    assert_eq!((tune.fields.mode.as_deref(), tune.notes[0].html.as_str()), (Some("G Major"), "<p>fine</p>"));
}

#[test]
fn an_import_is_all_or_nothing_and_hostile_text_stays_text() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let mut seen = as_proposed(preview(
        &mut store,
        Source::Abc("X:1\nT:<script>alert(1)</script>\nK:G\n\"<img src=x onerror=alert(1)>\"GABc|dedB|\n".into()),
    ));
    assert_eq!(seen.len(), 1);
    seen.push((
        Incoming { tags: vec!["x".repeat(100)], fields: seen[0].0.fields.clone(), ..Incoming::default() },
        Decision::Make,
    ));
    assert!(matches!(
        ask(&mut store, LibraryRequest::Import { items: seen.clone(), goes_on: false }),
        Err(Failure::Invalid(_))
    ));
    assert_eq!(outbox(&store), []);
    seen.pop();
    let done = import(&mut store, seen);
    let Ok(Response::Library(LibraryAnswer::Tune(tune))) = ask(&mut store, LibraryRequest::Tune { tune: done.made[0] })
    else {
        panic!()
    };
    assert!(
        tune.notes.iter().all(|note| !note.html.contains("<script") && !note.html.contains("<img")),
        "{:?}",
        tune.notes
    );
    let none = preview(&mut store, Source::Abc("just words".into()));
    assert_eq!((none.offers.len(), none.problems.len()), (0, 1));
}

#[test]
fn the_starter_list_prefers_what_the_catalog_has() {
    let mut store = empty();
    repertoire(&mut store, 1);
    receive(&mut store, Table::Tune, row! { "id": tune_id(2).to_string(), "title": "Kesh Jig", "type": "JigD" });
    receive(&mut store, Table::Tune, row! { "id": tune_id(3).to_string(), "title": "Morrison's", "type": "JigD" });
    let seen = preview(&mut store, Source::Starter);
    assert!(seen.offers.len() >= 60);
    let of =
        |title: &str| seen.offers.iter().find(|offer| offer.incoming.fields.title.as_deref() == Some(title)).unwrap();
    assert_eq!(of("Morrison's").proposal(), Decision::Use(tune_id(3)));
    assert_eq!(of("The Silver Spear").proposal(), Decision::Make);
}

#[test]
fn a_table_that_was_saved_here_comes_back_whole_on_an_empty_device() {
    use tunetrees::domain::tune_list::{ListedTune, Which};
    use tunetrees::ui::model::tune_files::csv_file;
    let mut mine = empty();
    repertoire(&mut mine, 1);
    let incoming = Incoming {
        fields: tunetrees::domain::tune::TuneFields {
            title: Some("The \"Kesh\", or so".into()),
            kind: Some("JigD".into()),
            mode: Some("G Major".into()),
            structure: Some("AABB".into()),
            incipit: Some("|:GAG GAB|ABA ABd|".into()),
            genre: None,
        },
        aliases: vec!["The Castle".into(), "Kerrigan's & Co".into()],
        abc: vec![
            "X:1\nT:The Kesh\nK:Gmaj\n|:GAG GAB|ABA ABd:|".into(),
            "X:2\nT:The Kesh\nK:Amaj\nABA ABc|BcB Bce|".into(),
        ],
        links: vec!["https://thesession.org/tunes/55".into(), "https://example.org/kesh.mp3".into()],
        tags: vec!["slow session".into(), "with mary, low".into()],
        notes: vec!["=Learned from Mary\nin Ennis <3\n\nSlowly.".into(), "Second note".into()],
        goal: Some("Gig [1, 2]".into()),
        learned: Some("2024-05-06".parse().unwrap()),
    };
    let bare = Incoming {
        fields: tunetrees::domain::tune::TuneFields { title: Some("Bare".into()), ..Default::default() },
        goal: Some("fluency".into()),
        ..Incoming::default()
    };
    import(&mut mine, vec![(incoming.clone(), Decision::Make), (bare, Decision::Make)]);
    let saved = mine.list_tunes(&Which::All).unwrap();
    let mut yours = empty();
    repertoire(&mut yours, 1);
    let seen = preview(&mut yours, Source::Csv { text: csv_file(&saved, &Utc), meanings: Vec::new() });
    assert_eq!(seen.problems, Vec::<String>::new());
    let done = import(&mut yours, as_proposed(seen));
    assert_eq!(done.made.len(), 2);
    let sorted = |mut tunes: Vec<ListedTune>| {
        for tune in &mut tunes {
            // What was made in one moment has no order.
            tune.notes.sort();
            tune.links.sort();
        }
        tunes
    };
    assert_eq!(sorted(yours.list_tunes(&Which::All).unwrap()), sorted(saved.clone()));
    assert_eq!((saved[1].links.len(), saved[1].notes.len(), saved[1].tags.len()), (2, 5, 2));
    assert_eq!(saved[1].learned, Some(at("2024-05-06T00:00:00Z")));
}

#[test]
fn a_book_of_thousands_is_seen_whole_and_comes_in_part_by_part() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let book: String = (0..2_500).map(|n| format!("X:{n}\nT:Tune {n}\nK:G\nGABc dedB|dedB dBAG|\n\n")).collect();
    let seen = preview(&mut store, Source::Abc(book));
    assert_eq!((seen.offers.len(), seen.problems.len()), (2_500, 0));
    let mut all = Imported::default();
    for part in tunetrees::domain::import::parts(as_proposed(seen)).into_iter().take(3) {
        all = all.and(import(&mut store, part));
    }
    assert_eq!((all.made.len(), all.joined.len()), (600, 0));
}

#[test]
fn what_cannot_be_read_is_named_and_a_tune_that_stands_there_twice_comes_in_once() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let kesh = "T:Kesh, The\nR:jig\nK:G\n|:GAG GAB|ABA ABd:|\n\n";
    let book =
        format!("X:1\n{kesh}X:2\nT:No key here\n|:GAG GAB|\n\nX:3\n{kesh}X:4\nT:Kesh\nR:reel\nK:G\nGABc dedB|\n");
    let seen = preview(&mut store, Source::Abc(book));
    assert_eq!(seen.problems, ["Tune 2, “No key here”, line 7: no key (K:)"]);
    assert_eq!((seen.left_out, seen.offers.iter().map(|o| o.again).collect::<Vec<_>>()), (1, vec![false, true, false]));
    assert_eq!(import(&mut store, as_proposed(seen)).made.len(), 2);
    // Nameless ones are told apart by their notes.
    let nameless: String =
        ["GABc dedB|", "BAGB AGED|", "GABc dedB|"].map(|bars| format!("X:1\nK:G\n{bars}\n\n")).concat();
    let seen = preview(&mut store, Source::Abc(nameless));
    assert_eq!(seen.offers.iter().map(|o| o.again).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_table_that_is_taken_for_a_book_is_read_as_a_table() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let table = "Title,Type,Key\nThe Kesh,jig,G\n,reel,D\n\"Banshee, The\",reel,G\n";
    let seen = preview(&mut store, Source::Abc(table.into()));
    assert_eq!((seen.offers.len(), seen.left_out, seen.problems.len()), (2, 1, 2));
    assert_eq!(seen.problems[0], "This is a table, and is read as one.");
    assert_eq!(seen.columns[0], ("Title".to_owned(), Some(Meaning::Title)));
    let book = preview(&mut store, Source::Abc("T:Name, The\nK:G\nGABc dedB|\n".into()));
    assert_eq!((book.offers.len(), book.columns.len()), (1, 0));
}
