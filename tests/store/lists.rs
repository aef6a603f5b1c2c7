//! Lists of tunes: filters, orders, windows, how they look, and what is done with many tunes at once; through the requests.

use crate::asking::ask;
use crate::fixture::*;
use tunetrees::domain::bulk::{Before, Change};
use tunetrees::domain::ids::TuneId;
use tunetrees::domain::listing::{
    Column, DueState, Facets, Filters, ListQuery, Scope, ScreenSize, Sorting, TableLook, TunePage, Whose,
};
use tunetrees::domain::scheduling::Goal;
use tunetrees::domain::tune::TuneFields;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::store::{Store, StoreError, row};
use tunetrees::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest, Response};

fn window(store: &mut Store, query: &ListQuery, offset: u32, limit: u32) -> TunePage {
    match ask(store, LibraryRequest::ListTunes { query: query.clone(), offset, limit }) {
        Ok(Response::Library(LibraryAnswer::Tunes(page))) => page,
        other => panic!("{other:?}"),
    }
}

fn titles(store: &mut Store, query: &ListQuery) -> Vec<String> {
    window(store, query, 0, 100).tunes.into_iter().map(|line| line.fields.title.unwrap_or_default()).collect()
}

fn ids(response: Result<Response, Failure>) -> Vec<TuneId> {
    match response {
        Ok(Response::Library(LibraryAnswer::Ids(ids))) => ids,
        other => panic!("{other:?}"),
    }
}

fn facets(store: &mut Store, scope: Scope) -> Facets {
    match ask(store, LibraryRequest::Facets { scope }) {
        Ok(Response::Library(LibraryAnswer::Facets(facets))) => facets,
        other => panic!("{other:?}"),
    }
}

fn look(store: &mut Store, scope: Scope, screen: ScreenSize) -> TableLook {
    match ask(store, LibraryRequest::TableLook { scope, screen }) {
        Ok(Response::Library(LibraryAnswer::Look(look))) => look,
        other => panic!("{other:?}"),
    }
}

fn by(scope: Scope, column: Column, descending: bool) -> ListQuery {
    ListQuery { sorting: Sorting { column, descending }, ..ListQuery::all(scope) }
}

fn only(scope: Scope, filters: Filters) -> ListQuery {
    ListQuery { filters, ..ListQuery::all(scope) }
}

/// Five tunes, four of them in the repertoire: due today, in three days, in a month, never rated.
fn world() -> Store {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    let tunes = [
        ("The Banshee", "Reel", "G Major"),
        ("Kesh", "JigD", "G Major"),
        ("Athole Highlanders", "JigD", "A Mixolydian"),
        ("Waltz of the Toys", "Waltz", "D Major"),
        ("Elsewhere", "Reel", ""),
    ];
    for (n, (title, kind, mode)) in tunes.into_iter().enumerate() {
        let mode = (!mode.is_empty()).then_some(mode);
        let id = tune_id(n as u128);
        receive(&mut store, Table::Tune, row! { "id": id.to_string(), "title": title, "type": kind, "mode": mode });
        if n < 4 {
            member(&mut store, playlist, id, None);
        }
    }
    due_at(&mut store, playlist, tune_id(0), at("2026-03-10T20:00:00Z"));
    due_at(&mut store, playlist, tune_id(1), at("2026-03-13T08:00:00Z"));
    due_at(&mut store, playlist, tune_id(2), at("2026-04-10T08:00:00Z"));
    store
}

#[test]
fn lists_are_narrowed_by_kind_key_tag_owner_and_due_state() {
    let mut store = world();
    let narrowed = |store: &mut Store, filters: Filters| titles(store, &only(Scope::Repertoire, filters));
    let due = |state| Filters { due: vec![state], ..Default::default() };
    assert_eq!(narrowed(&mut store, due(DueState::Due)), ["The Banshee"]);
    assert_eq!(narrowed(&mut store, due(DueState::Soon)), ["Kesh"]);
    assert_eq!(narrowed(&mut store, due(DueState::Later)), ["Athole Highlanders"]);
    assert_eq!(narrowed(&mut store, due(DueState::New)), ["Waltz of the Toys"]);
    let kinds =
        Filters { kinds: vec!["JigD".into(), "Waltz".into()], modes: vec!["G Major".into()], ..Default::default() };
    assert_eq!(narrowed(&mut store, kinds), ["Kesh"]);
    assert_eq!(
        narrowed(&mut store, Filters { kinds: vec!["Polka".into()], ..Default::default() }),
        Vec::<String>::new()
    );
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(1), tune_id(2)], tag: " Slow  Session".into() })
        .unwrap();
    let tagged = Filters { tags: vec!["slow session".into()], ..Default::default() };
    assert_eq!(narrowed(&mut store, tagged), ["Athole Highlanders", "Kesh"]);
    // A word of the title and one of a tag.
    let mixed = ListQuery { text: "session kesh".into(), ..ListQuery::all(Scope::Repertoire) };
    assert_eq!(titles(&mut store, &mixed), ["Kesh"]);
    let fields = TuneFields {
        title: Some("Kesh".into()),
        kind: Some("JigD".into()),
        mode: Some("D Major".into()),
        ..Default::default()
    };
    ask(&mut store, LibraryRequest::EditTune { tune: tune_id(1), fields }).unwrap();
    let hers = Filters { whose: vec![Whose::Version, Whose::Private], ..Default::default() };
    assert_eq!(narrowed(&mut store, hers), ["Kesh"]);
    let page = window(&mut store, &only(Scope::Catalog, due(DueState::Due)), 0, 10);
    assert_eq!((page.total, page.of), (1, 5));
}

#[test]
fn every_column_orders_both_ways_and_what_has_no_value_comes_last() {
    let mut store = world();
    let due = by(Scope::Repertoire, Column::Due, false);
    assert_eq!(titles(&mut store, &due), ["The Banshee", "Kesh", "Athole Highlanders", "Waltz of the Toys"]);
    let due = by(Scope::Repertoire, Column::Due, true);
    assert_eq!(titles(&mut store, &due), ["Athole Highlanders", "Kesh", "The Banshee", "Waltz of the Toys"]);
    let mode = by(Scope::Catalog, Column::Mode, false);
    assert_eq!(titles(&mut store, &mode).last().unwrap(), "Elsewhere");
    let title = by(Scope::Catalog, Column::Title, true);
    assert_eq!(titles(&mut store, &title)[..2], ["Waltz of the Toys", "Kesh"]);
    for column in Column::ALL {
        for descending in [false, true] {
            assert_eq!(titles(&mut store, &by(Scope::Catalog, column, descending)).len(), 5, "{column:?}");
        }
    }
}

#[test]
fn searches_find_tags_and_the_title_the_catalog_has() {
    let mut store = world();
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(3)], tag: "Cafés".into() }).unwrap();
    let fields = TuneFields {
        title: Some("McMahon's".into()),
        kind: Some("Reel".into()),
        mode: Some("G Major".into()),
        ..Default::default()
    };
    ask(&mut store, LibraryRequest::EditTune { tune: tune_id(0), fields }).unwrap();
    let search = |store: &mut Store, text: &str| {
        titles(store, &ListQuery { text: text.into(), ..ListQuery::all(Scope::Catalog) })
    };
    assert_eq!(search(&mut store, "cafes"), ["Waltz of the Toys"]);
    assert_eq!(search(&mut store, "banshee"), ["McMahon's"]);
    ask(&mut store, LibraryRequest::UntagTunes { tunes: vec![tune_id(3)], tag: "cafés".into() }).unwrap();
    assert_eq!(search(&mut store, "cafes"), Vec::<String>::new());
}

#[test]
fn values_to_filter_by_are_counted_and_follow_edits() {
    let mut store = world();
    let counts = |facets: &[tunetrees::domain::listing::Facet]| {
        facets.iter().map(|f| (f.value.clone(), f.count)).collect::<Vec<_>>()
    };
    let found = facets(&mut store, Scope::Repertoire);
    assert_eq!(counts(&found.kinds), [("JigD".into(), 2), ("Reel".into(), 1), ("Waltz".into(), 1)]);
    assert_eq!(
        counts(&facets(&mut store, Scope::Catalog).kinds),
        [("JigD".into(), 2), ("Reel".into(), 2), ("Waltz".into(), 1)]
    );
    assert!(found.tags.is_empty());
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(0)], tag: "b".into() }).unwrap();
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(0), tune_id(1)], tag: "a".into() }).unwrap();
    assert_eq!(counts(&facets(&mut store, Scope::Repertoire).tags), [("a".into(), 2), ("b".into(), 1)]);
}

#[test]
fn windows_of_a_list_fit_together_and_select_all_is_the_list() {
    let mut store = world();
    let query = by(Scope::Catalog, Column::Title, false);
    let whole: Vec<TuneId> = window(&mut store, &query, 0, 100).tunes.iter().map(|line| line.id).collect();
    let mut pieces = Vec::new();
    for offset in [0, 2, 4, 6] {
        let page = window(&mut store, &query, offset, 2);
        assert_eq!((page.offset, page.total), (offset, 5));
        pieces.extend(page.tunes.iter().map(|line| line.id));
    }
    assert_eq!(pieces, whole);
    assert_eq!(ids(ask(&mut store, LibraryRequest::ListedTunes { query })), whole);
}

#[test]
fn how_a_list_looks_is_kept_by_repertoire_and_screen_and_goes_to_other_devices() {
    let mut store = world();
    let usual = look(&mut store, Scope::Repertoire, ScreenSize::Full);
    assert_eq!(usual, TableLook::usual(Scope::Repertoire, ScreenSize::Full));
    let mut mine = usual.clone();
    mine.toggle(Column::Stability);
    mine.sorting = Sorting { column: Column::Due, descending: true };
    mine.filters.kinds.push("Reel".into());
    let save = LibraryRequest::SaveTableLook { scope: Scope::Repertoire, screen: ScreenSize::Full, look: mine.clone() };
    ask(&mut store, save.clone()).unwrap();
    assert_eq!(look(&mut store, Scope::Repertoire, ScreenSize::Full), mine);
    assert_eq!(
        look(&mut store, Scope::Repertoire, ScreenSize::Small),
        TableLook::usual(Scope::Repertoire, ScreenSize::Small)
    );
    assert_eq!(look(&mut store, Scope::Catalog, ScreenSize::Full), TableLook::usual(Scope::Catalog, ScreenSize::Full));
    assert_eq!(outbox(&store), [("table_state".to_owned(), "insert".to_owned())]);
    ask(&mut store, save).unwrap();
    assert_eq!(outbox(&store).len(), 1, "saving the same again costs nothing");
    let other = repertoire(&mut store, 2);
    ask(&mut store, LibraryRequest::ChooseRepertoire { playlist: other }).unwrap();
    assert_eq!(look(&mut store, Scope::Repertoire, ScreenSize::Full), usual);
}

#[test]
fn without_a_repertoire_a_list_has_its_usual_look_and_keeps_none() {
    let mut store = empty();
    catalog_tune(&mut store, 1, "Kesh");
    let usual = look(&mut store, Scope::Catalog, ScreenSize::Small);
    let save = LibraryRequest::SaveTableLook { scope: Scope::Catalog, screen: ScreenSize::Small, look: usual };
    assert_eq!(ask(&mut store, save).unwrap(), Response::Done);
    assert_eq!(outbox(&store), []);
}

#[test]
fn tunes_wished_for_come_with_the_next_queue() {
    let mut store = world();
    let wished = vec![tune_id(2), tune_id(4)];
    ask(&mut store, LibraryRequest::ChangeMany { tunes: wished.clone(), change: Change::Review }).unwrap();
    let Ok(Response::Practice(PracticeAnswer::Queue(Some(queue)))) = ask(&mut store, PracticeRequest::CurrentQueue)
    else {
        panic!()
    };
    for tune in wished {
        assert!(format!("{queue:?}").contains(&format!("{tune:?}")), "{tune} is in today's queue");
    }
    assert_eq!(titles(&mut store, &ListQuery::all(Scope::Repertoire)).len(), 5, "and the missing one has joined");
}

fn before(response: Result<Response, Failure>) -> Vec<Before> {
    match response {
        Ok(Response::Library(LibraryAnswer::Changed(before))) => before,
        other => panic!("{other:?}"),
    }
}

fn tags_of(store: &mut Store, n: u128) -> Vec<String> {
    match ask(store, LibraryRequest::Tune { tune: tune_id(n) }) {
        Ok(Response::Library(LibraryAnswer::Tune(tune))) => tune.tags,
        other => panic!("{other:?}"),
    }
}

/// The tunes of today's queue.
fn todays(store: &mut Store) -> Vec<TuneId> {
    match ask(store, PracticeRequest::CurrentQueue) {
        Ok(Response::Practice(PracticeAnswer::Queue(Some(queue)))) => queue.entries.iter().map(|e| e.tune).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tag_taken_back_leaves_those_that_had_it_and_is_found_however_it_was_typed() {
    let mut store = world();
    let typed = "  Slow   Session ".to_owned();
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(0)], tag: "slow session".into() }).unwrap();
    let all = vec![tune_id(0), tune_id(1), tune_id(2)];
    let tagged = ids(ask(&mut store, LibraryRequest::TagTunes { tunes: all, tag: typed.clone() }));
    assert_eq!(tagged, [tune_id(1), tune_id(2)], "the first had it");
    assert_eq!(tags_of(&mut store, 1), ["slow session"]);
    ask(&mut store, LibraryRequest::UntagTunes { tunes: tagged, tag: typed }).unwrap();
    assert_eq!([0, 1, 2].map(|n| tags_of(&mut store, n).len()), [1, 0, 0]);
}

#[test]
fn what_was_done_with_many_tunes_is_taken_back_for_each_as_it_stood() {
    let mut store = world();
    let queue = todays(&mut store);
    let wish = Some(at("2026-04-01T12:00:00Z"));
    ask(&mut store, PracticeRequest::Wish { tune: tune_id(2), when: wish }).unwrap();
    ask(&mut store, PracticeRequest::SetGoal { tune: tune_id(1), goal: Goal::PerformancePolish }).unwrap();
    let standing = |store: &Store| -> Vec<String> {
        let columns = ["tune_ref", "deleted", "scheduled", "goal"];
        let rows = row::select(store.conn(), Table::PlaylistTune, "not deleted order by tune_ref", []).unwrap();
        rows.iter().map(|row| columns.map(|column| row[column].to_string()).join(" ")).collect()
    };
    let stood = standing(&store);
    let all: Vec<TuneId> = (0..5).map(tune_id).collect();
    for change in [Change::Review, Change::PutAside, Change::Goal(Goal::Fluency)] {
        let joins = change == Change::Review;
        let asked = LibraryRequest::ChangeMany { tunes: all.clone(), change: change.clone() };
        let before = before(ask(&mut store, asked));
        assert_eq!(
            before.len(),
            if joins { 5 } else { 4 },
            "{change:?}: who is not in the repertoire joins it for a wish only"
        );
        assert_ne!(standing(&store), stood, "{change:?}");
        match change {
            Change::Review => assert_eq!(todays(&mut store).len(), 5),
            Change::PutAside => assert_eq!(todays(&mut store).len(), 0),
            Change::Goal(_) => assert_eq!(todays(&mut store), queue),
        }
        ask(&mut store, LibraryRequest::PutBack { before }).unwrap();
        assert_eq!(standing(&store), stood, "{change:?}");
        assert_eq!(todays(&mut store), queue, "{change:?}");
    }
}

#[test]
fn only_own_tunes_among_many_are_deleted_and_come_back_together() {
    let mut store = world();
    let mut own = Vec::new();
    for title in ["Mine", "Mine too"] {
        let fields = TuneFields { title: Some(title.into()), ..Default::default() };
        let Ok(Response::Library(LibraryAnswer::Tune(tune))) = ask(&mut store, LibraryRequest::CreateTune { fields })
        else {
            panic!()
        };
        own.push(tune.id);
    }
    let before = contents(&store, Table::PlaylistTune);
    let all = ids(ask(&mut store, LibraryRequest::ListedTunes { query: ListQuery::all(Scope::Catalog) }));
    let mut gone = ids(ask(&mut store, LibraryRequest::DeleteTunes { tunes: all }));
    gone.sort();
    own.sort();
    assert_eq!(gone, own);
    assert_eq!(titles(&mut store, &ListQuery::all(Scope::Catalog)).len(), 5);
    ask(&mut store, LibraryRequest::RestoreTunes { tunes: gone }).unwrap();
    assert_eq!(titles(&mut store, &ListQuery::all(Scope::Catalog)).len(), 7);
    assert_eq!(contents(&store, Table::PlaylistTune), before);
}

#[test]
fn a_tag_must_say_something_and_not_too_much() {
    let mut store = world();
    for bad in ["  ", &"x".repeat(61)] {
        let request = LibraryRequest::TagTunes { tunes: vec![tune_id(0)], tag: bad.into() };
        assert!(matches!(ask(&mut store, request), Err(Failure::Invalid(_))));
    }
    let hostile = "<img src=x onerror=alert(1)>";
    ask(&mut store, LibraryRequest::TagTunes { tunes: vec![tune_id(0)], tag: hostile.into() }).unwrap();
    assert_eq!(
        facets(&mut store, Scope::Catalog).tags[0].value,
        hostile,
        "kept as text; showing it is the page's care"
    );
}

/// Figures, not assertions: `cargo test --release --test store figures -- --nocapture`.
#[test]
fn figures_of_ten_thousand_tunes_in_a_repertoire() {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    store
        .apply_remote::<_, StoreError>(at("2026-01-01T00:00:00Z"), |e| {
            e.touch(Table::Tune);
            e.touch(Table::PlaylistTune);
            for n in 0..10_000_u128 {
                let stamp = "2026-01-01T00:00:00.000000Z";
                let tune = row! {
                    "id": tune_id(n).to_string(), "title": format!("The Tune of Number {n} O'Something"), "type": (if n % 3 == 0 { "Reel" } else { "JigD" }),
                    "incipit": "|: GABc dGBG | AGAB cedc :|", "last_modified_at": stamp,
                };
                row::insert(e.conn(), Table::Tune, &tune)?;
                let place = row! {
                    "id": tunetrees::domain::ids::PlaylistTuneId::of(playlist, tune_id(n)).to_string(), "user_ref": e.user().to_string(),
                    "playlist_ref": playlist.to_string(), "tune_ref": tune_id(n).to_string(), "last_modified_at": stamp,
                };
                row::insert(e.conn(), Table::PlaylistTune, &place)?;
            }
            Ok(())
        })
        .unwrap();
    let mut timed = |what: &str, query: &ListQuery, offset| {
        let start = std::time::Instant::now();
        let page = window(&mut store, query, offset, 96);
        println!("{what}: {} of {} in {:?}", page.total, page.of, start.elapsed());
        page.total
    };
    let all = ListQuery::all(Scope::Repertoire);
    assert_eq!(timed("opened", &all, 0), 10_000);
    assert_eq!(timed("scrolled", &all, 5_000), 10_000);
    assert_eq!(timed("typed", &ListQuery { text: "something 47".into(), ..all.clone() }, 0), 299);
    assert_eq!(timed("ordered by due", &by(Scope::Repertoire, Column::Due, true), 0), 10_000);
}
