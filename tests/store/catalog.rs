//! Tunes, overrides, notes, repertoires and the search, through the requests.

use crate::asking::{ask, tune};
use crate::fixture::*;
use tunetrees::domain::ids::{InstrumentId, NoteId, OverrideId, TuneId};
use tunetrees::domain::listing::{ListQuery, Scope, TunePage};
use tunetrees::domain::tune::{TuneDetail, TuneFields};
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, row};
use tunetrees::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};
use uuid::Uuid;

fn search_in(store: &mut Store, text: &str, repertoire_only: bool, offset: u32, limit: u32) -> TunePage {
    let scope = if repertoire_only { Scope::Repertoire } else { Scope::Catalog };
    let query = ListQuery { text: text.into(), ..ListQuery::all(scope) };
    match ask(store, LibraryRequest::ListTunes { query, offset, limit }) {
        Ok(Response::Library(LibraryAnswer::Tunes(page))) => page,
        other => panic!("{other:?}"),
    }
}

fn titles(page: &TunePage) -> Vec<&str> {
    page.tunes.iter().map(|t| t.fields.title.as_deref().unwrap_or_default()).collect()
}

fn search(store: &mut Store, text: &str) -> Vec<String> {
    titles(&search_in(store, text, false, 0, 100)).into_iter().map(str::to_owned).collect()
}

fn fields(title: &str) -> TuneFields {
    TuneFields {
        title: Some(title.into()),
        kind: Some("Reel".into()),
        mode: Some("D Major".into()),
        ..Default::default()
    }
}

fn edit(store: &mut Store, id: TuneId, fields: TuneFields) -> TuneDetail {
    tune(store, LibraryRequest::EditTune { tune: id, fields })
}

#[test]
fn search_does_not_care_for_case_accents_articles_apostrophes_or_order() {
    let mut store = empty();
    for (n, title) in
        ["The Banshee", "Ómós do Pheadar", "Chief O'Neill's Favourite", "The Maid Behind the Bar", "An Phis Fhliuch"]
            .into_iter()
            .enumerate()
    {
        catalog_tune(&mut store, n as u128, title);
    }
    assert_eq!(search(&mut store, "BANSH"), ["The Banshee"]);
    assert_eq!(search(&mut store, "banshee, the"), ["The Banshee"]);
    assert_eq!(search(&mut store, "omos"), ["Ómós do Pheadar"]);
    assert_eq!(search(&mut store, "o’neills chief"), ["Chief O'Neill's Favourite"]);
    assert_eq!(search(&mut store, "bar maid"), ["The Maid Behind the Bar"]);
    assert_eq!(search(&mut store, "zzz"), Vec::<String>::new());
    assert_eq!(search(&mut store, " ").len(), 5);
    assert_eq!(search(&mut store, "%").len(), 5, "no wildcards: punctuation is nothing");
}

#[test]
fn titles_that_begin_with_the_text_come_first_and_lists_ignore_articles() {
    let mut store = empty();
    for (n, title) in ["Lucy Reel", "The Reel of Rio", "Abbey Reel", "Zebra"].into_iter().enumerate() {
        catalog_tune(&mut store, n as u128, title);
    }
    assert_eq!(
        search(&mut store, "reel"),
        ["The Reel of Rio", "Abbey Reel", "Lucy Reel", "Zebra"],
        "Zebra is a reel by its kind"
    );
    assert_eq!(search(&mut store, ""), ["Abbey Reel", "Lucy Reel", "The Reel of Rio", "Zebra"]);
    let page = search_in(&mut store, "", false, 1, 2);
    assert_eq!((titles(&page), page.total), (vec!["Lucy Reel", "The Reel of Rio"], 4));
}

#[test]
fn search_sees_edits_overrides_and_the_repertoire_at_once() {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    let id = catalog_tune(&mut store, 1, "The Banshee");
    catalog_tune(&mut store, 2, "Other");
    member(&mut store, playlist, id, None);
    assert_eq!(search(&mut store, "mcmahon"), Vec::<String>::new());
    edit(&mut store, id, fields("McMahon's"));
    assert_eq!(search(&mut store, "mcmahon"), ["McMahon's"]);
    let page = search_in(&mut store, "", true, 0, 10);
    assert_eq!((titles(&page), page.tunes[0].place.is_some()), (vec!["McMahon's"], true));
    receive(&mut store, Table::Tune, row! { "id": tune_id(3).to_string(), "title": "From elsewhere" });
    assert_eq!(search(&mut store, "elsewhere"), ["From elsewhere"]);
}

#[test]
fn ten_thousand_tunes_are_searched_while_typing() {
    let mut store = empty();
    repertoire(&mut store, 1);
    store
        .apply_remote::<_, tunetrees::store::StoreError>(at("2026-01-01T00:00:00Z"), |e| {
            e.touch(Table::Tune);
            for n in 0..10_000_u128 {
                let columns = row! {
                    "id": tune_id(n).to_string(), "title": format!("The Tune of Number {n} O'Something"), "type": "Reel",
                    "incipit": "|: GABc dGBG | AGAB cedc :|", "last_modified_at": "2026-01-01T00:00:00.000000Z",
                };
                row::insert(e.conn(), Table::Tune, &columns)?;
            }
            Ok(())
        })
        .unwrap();
    let start = std::time::Instant::now();
    assert_eq!(search_in(&mut store, "", false, 0, 50).total, 10_000);
    let first = start.elapsed();
    let start = std::time::Instant::now();
    assert_eq!(search_in(&mut store, "something 4711", false, 0, 50).total, 1);
    println!("10,000 tunes: first search {first:?} (folding), next {:?}", start.elapsed());
}

#[test]
fn a_public_tune_is_edited_as_an_override_that_holds_only_what_differs() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "The Banshee");
    let detail = edit(&mut store, id, TuneFields { structure: Some("AABB".into()), ..fields("The Banshee") });
    assert_eq!(detail.fields.structure.as_deref(), Some("AABB"));
    assert_eq!(detail.catalog.unwrap().structure, None);
    let id_of = OverrideId::of(store.user(), id).to_string();
    let stored = row::read(store.conn(), Table::TuneOverride, &id_of).unwrap().unwrap();
    assert!(stored["title"].is_null() && stored["type"].is_null());
    assert_eq!(stored["structure"], "AABB");
    assert_eq!(
        row::read(store.conn(), Table::Tune, &id.to_string()).unwrap().unwrap()["structure"],
        serde_json::Value::Null
    );
}

#[test]
fn a_blanked_field_stays_blank_and_the_catalogs_values_take_the_override_away() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "The Banshee");
    let detail = edit(&mut store, id, TuneFields { mode: None, ..fields("The Banshee") });
    assert_eq!((detail.fields.mode.clone(), detail.catalog.unwrap().mode.as_deref()), (None, Some("D Major")));
    let detail = edit(&mut store, id, fields("The Banshee"));
    assert_eq!((detail.catalog, detail.fields), (None, fields("The Banshee")));
    assert_eq!(contents(&store, Table::TuneOverride), Vec::<String>::new());
    assert_eq!(outbox(&store), [], "never sent, so nothing to tell");
    assert!(edit(&mut store, id, fields("Mine")).catalog.is_some(), "and it can come back");
}

#[test]
fn an_own_tune_is_made_in_the_repertoire_and_edited_in_place() {
    let mut store = empty();
    repertoire(&mut store, 1);
    let made = tune(&mut store, LibraryRequest::CreateTune { fields: fields("  Waltz for Jo ") });
    assert_eq!((made.fields.title.as_deref(), made.private, made.in_repertoire), (Some("Waltz for Jo"), true, true));
    let edited = edit(&mut store, made.id, TuneFields { mode: None, ..fields("Waltz") });
    assert_eq!((edited.fields.title.as_deref(), edited.fields.mode, edited.catalog), (Some("Waltz"), None, None));
}

#[test]
fn a_tune_needs_a_title_and_a_known_genre() {
    let mut store = empty();
    let blank = TuneFields { title: Some("  ".into()), ..Default::default() };
    assert!(matches!(ask(&mut store, LibraryRequest::CreateTune { fields: blank }), Err(Failure::Invalid(_))));
    let odd = TuneFields { genre: Some("POLKA".into()), ..fields("X") };
    let Err(Failure::Invalid(text)) = ask(&mut store, LibraryRequest::CreateTune { fields: odd }) else { panic!() };
    assert!(text.contains("POLKA"));
    assert_eq!(outbox(&store), []);
}

#[test]
fn other_peoples_private_tunes_and_unknown_ones_are_not_found() {
    let mut store = empty();
    let other = identity(2).user.to_string();
    receive(&mut store, Table::UserProfile, row! { "id": other.as_str() });
    receive(&mut store, Table::Tune, row! { "id": tune_id(1).to_string(), "title": "Secret", "private_for": other });
    for n in [1, 2] {
        assert!(matches!(ask(&mut store, LibraryRequest::Tune { tune: tune_id(n) }), Err(Failure::NotFound(_))));
    }
    assert_eq!(search(&mut store, ""), Vec::<String>::new());
}

#[test]
fn notes_are_written_changed_and_deleted_by_their_owner_only() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "The Banshee");
    let theirs = NoteId(Uuid::from_u128(77));
    receive(
        &mut store,
        Table::Note,
        row! {
            "id": theirs.to_string(), "tune_ref": id.to_string(), "user_ref": identity(2).user.to_string(), "note_text": "<p>public</p>",
            "public": 1, "created_date": "2025-01-01T00:00:00.000000Z",
        },
    );
    let detail = tune(&mut store, LibraryRequest::SaveNote { tune: id, note: None, html: "<p>mine</p>".into() });
    let seen: Vec<_> = detail.notes.iter().map(|n| (n.html.as_str(), n.own)).collect();
    assert_eq!(seen, [("<p>public</p>", false), ("<p>mine</p>", true)]);
    let mine = detail.notes[1].id;
    let detail =
        tune(&mut store, LibraryRequest::SaveNote { tune: id, note: Some(mine), html: "<p>better</p>".into() });
    assert_eq!(detail.notes[1].html, "<p>better</p>");
    assert!(ask(&mut store, LibraryRequest::SaveNote { tune: id, note: Some(theirs), html: "x".into() }).is_err());
    assert!(ask(&mut store, LibraryRequest::DeleteNote { tune: id, note: theirs }).is_err());
    assert!(ask(&mut store, LibraryRequest::SaveNote { tune: id, note: None, html: " ".into() }).is_err());
    assert_eq!(tune(&mut store, LibraryRequest::DeleteNote { tune: id, note: mine }).notes.len(), 1);
}

#[test]
fn repertoires_go_by_their_name_or_their_instrument_and_the_choice_stays_here() {
    let mut store = empty();
    let fiddle = InstrumentId(Uuid::from_u128(5));
    receive(&mut store, Table::Instrument, row! { "id": fiddle.to_string(), "instrument": "Fiddle" });
    for (name, instrument) in [("Sessions", None), ("", Some(fiddle))] {
        ask(&mut store, LibraryRequest::CreateRepertoire { name: name.into(), instrument }).unwrap();
    }
    let Response::Library(LibraryAnswer::Repertoires { all, current }) =
        ask(&mut store, LibraryRequest::Repertoires).unwrap()
    else {
        panic!()
    };
    assert_eq!(all.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["Fiddle", "Sessions"]);
    assert_eq!(current, Some(all[0].id));
    let sent = outbox(&store).len();
    ask(&mut store, LibraryRequest::ChooseRepertoire { playlist: all[1].id }).unwrap();
    assert_eq!(store.current_repertoire().unwrap(), Some(all[1].id));
    assert_eq!(outbox(&store).len(), sent);
    assert!(matches!(
        ask(&mut store, LibraryRequest::ChooseRepertoire { playlist: playlist_id(9) }),
        Err(Failure::NotFound(_))
    ));
    assert!(matches!(
        ask(&mut store, LibraryRequest::CreateRepertoire { name: " ".into(), instrument: None }),
        Err(Failure::Invalid(_))
    ));
}

#[test]
fn nothing_can_be_added_without_a_repertoire_nor_what_does_not_exist() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "The Banshee");
    assert!(matches!(ask(&mut store, LibraryRequest::AddToRepertoire { tunes: vec![id] }), Err(Failure::Invalid(_))));
    repertoire(&mut store, 1);
    let unknown = LibraryRequest::AddToRepertoire { tunes: vec![id, tune_id(99)] };
    assert!(matches!(ask(&mut store, unknown), Err(Failure::NotFound(_))));
    assert_eq!(outbox(&store), [], "all or nothing");
    let twice = LibraryRequest::AddToRepertoire { tunes: vec![id, id] };
    assert_eq!(
        ask(&mut store, twice).unwrap(),
        Response::Library(LibraryAnswer::Added { added: vec![id], present: 0 })
    );
    let scheduled: Option<String> =
        store.conn().query_row("select scheduled from playlist_tune", [], |r| r.get(0)).unwrap();
    assert_eq!(scheduled, None);
}
