//! Deleting a tune of one's own, and taking it back.

use crate::asking::ask;
use crate::fixture::*;
use tunetrees::domain::ids::TuneId;
use tunetrees::domain::practice::{QueueView, Rating};
use tunetrees::domain::tune::TuneFields;
use tunetrees::row;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use tunetrees::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest, Response};

const NOW: &str = "2026-03-10T14:30:00Z";

fn queue(store: &mut Store) -> QueueView {
    let Response::Practice(PracticeAnswer::Queue(Some(view))) = ask(store, PracticeRequest::CurrentQueue).unwrap()
    else {
        panic!("no queue")
    };
    view
}

/// Everything a person has made, as she would call it.
fn world(store: &Store) -> Vec<Vec<String>> {
    Table::ALL.into_iter().filter(|table| table.is_synced()).map(|table| contents(store, table)).collect()
}

/// A tune of hers in a repertoire, rated, with a note.
fn with_a_tune() -> (Store, TuneId) {
    let mut store = empty();
    repertoire(&mut store, 1);
    let fields = TuneFields { title: Some("Waltz for Jo".into()), ..TuneFields::default() };
    let Response::Library(LibraryAnswer::Tune(tune)) = ask(&mut store, LibraryRequest::CreateTune { fields }).unwrap()
    else {
        panic!("no tune")
    };
    ask(&mut store, LibraryRequest::SaveNote { tune: tune.id, note: None, html: "<p>slowly</p>".into() }).unwrap();
    let entry = queue(&mut store).entries[0].id;
    rate(&mut store, at(NOW), entry, Rating::Good).unwrap();
    (store, tune.id)
}

fn schedules(store: &Store) -> i64 {
    store.conn().query_row("select count(*) from scheduling_state", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_tune_that_was_never_sent_leaves_no_trace_and_comes_back_whole() {
    let (mut store, tune) = with_a_tune();
    let (before, sent) = (world(&store), outbox(&store).len());
    assert_eq!(ask(&mut store, LibraryRequest::DeleteTune { tune }), Ok(Response::Done));
    assert_eq!(outbox(&store), [], "nothing hangs in the air");
    assert!(matches!(ask(&mut store, LibraryRequest::Tune { tune }), Err(Failure::NotFound(_))));
    assert_eq!((queue(&mut store).entries.len(), schedules(&store)), (0, 0));

    let Response::Library(LibraryAnswer::Tune(back)) = ask(&mut store, LibraryRequest::RestoreTune { tune }).unwrap()
    else {
        panic!("no tune")
    };
    assert_eq!((back.notes.len(), back.history.len(), back.in_repertoire), (1, 1, true));
    assert_eq!((world(&store), outbox(&store).len(), schedules(&store)), (before, sent, 1));
}

#[test]
fn what_was_deleted_before_stays_deleted() {
    let (mut store, tune) = with_a_tune();
    let Response::Library(LibraryAnswer::Tune(detail)) = ask(&mut store, LibraryRequest::Tune { tune }).unwrap() else {
        panic!("no tune")
    };
    ask(&mut store, LibraryRequest::DeleteNote { tune, note: detail.notes[0].id }).unwrap();
    ask(&mut store, LibraryRequest::DeleteTune { tune }).unwrap();
    let Response::Library(LibraryAnswer::Tune(back)) = ask(&mut store, LibraryRequest::RestoreTune { tune }).unwrap()
    else {
        panic!("no tune")
    };
    assert_eq!((back.notes.len(), back.history.len()), (0, 1));
}

#[test]
fn of_a_tune_the_server_has_only_the_tune_is_deleted() {
    let (mut store, tune) = with_a_tune();
    // As if all of it had been accepted.
    store
        .apply_remote(at(NOW), |edit| {
            for table in Table::ALL.into_iter().filter(|table| table.is_synced()) {
                edit.conn().execute(&format!("update \"{table}\" set sync_version = 1"), [])?;
            }
            Ok::<_, tunetrees::store::StoreError>(edit.conn().execute_batch("delete from sync_queue")?)
        })
        .unwrap();
    let before = world(&store);
    ask(&mut store, LibraryRequest::DeleteTune { tune }).unwrap();
    assert_eq!(outbox(&store), [("tune".to_owned(), "delete".to_owned())]);
    let Response::Library(LibraryAnswer::Repertoires { all, .. }) =
        ask(&mut store, LibraryRequest::Repertoires).unwrap()
    else {
        panic!()
    };
    assert_eq!(all[0].tunes, 0);
    ask(&mut store, LibraryRequest::RestoreTune { tune }).unwrap();
    assert_eq!(world(&store), before);
}

#[test]
fn the_catalogs_and_other_peoples_tunes_are_not_hers_to_delete() {
    let mut store = empty();
    let public = catalog_tune(&mut store, 1, "The Banshee");
    assert!(matches!(ask(&mut store, LibraryRequest::DeleteTune { tune: public }), Err(Failure::Invalid(_))));
    let other = identity(2).user.to_string();
    receive(&mut store, Table::UserProfile, row! { "id": other.as_str() });
    let secret = row! { "id": tune_id(2).to_string(), "title": "Secret", "private_for": other, "deleted": 1 };
    receive(&mut store, Table::Tune, secret);
    for request in [LibraryRequest::DeleteTune { tune: tune_id(2) }, LibraryRequest::RestoreTune { tune: tune_id(2) }] {
        assert!(matches!(ask(&mut store, request), Err(Failure::NotFound(_))));
    }
    assert_eq!(outbox(&store), []);
}

#[test]
fn what_was_deleted_lately_is_listed_and_brought_back() {
    use tunetrees::domain::deleted::DeletedThing;
    use tunetrees::ui::model::deleted_words::bring_back;
    let deleted = |store: &mut Store| match ask(store, LibraryRequest::RecentlyDeleted) {
        Ok(Response::Library(LibraryAnswer::Deleted(all))) => all,
        other => panic!("{other:?}"),
    };
    let (mut store, tune) = with_a_tune();
    assert_eq!(deleted(&mut store), []);
    let note = match ask(&mut store, LibraryRequest::Tune { tune }) {
        Ok(Response::Library(LibraryAnswer::Tune(tune))) => tune.notes[0].id,
        other => panic!("{other:?}"),
    };
    let before = world(&store).len();
    ask(&mut store, LibraryRequest::DeleteNote { tune, note }).unwrap();
    let found = deleted(&mut store);
    assert_eq!(found.iter().map(|one| one.thing).collect::<Vec<_>>(), [DeletedThing::Note(tune, note)]);
    assert!(found[0].tune.is_some() && !found[0].name.contains('<'), "{found:?}");
    // With its tune gone the note is the tune's affair.
    ask(&mut store, LibraryRequest::DeleteTune { tune }).unwrap();
    let found = deleted(&mut store);
    assert_eq!(found.iter().map(|one| one.thing).collect::<Vec<_>>(), [DeletedThing::Tune(tune)]);
    ask(&mut store, LibraryRequest::DeleteRepertoire { playlist: playlist_id(1) }).unwrap();
    assert_eq!(deleted(&mut store).len(), 2);
    for one in deleted(&mut store) {
        ask(&mut store, bring_back(one.thing)).unwrap();
    }
    for one in deleted(&mut store) {
        ask(&mut store, bring_back(one.thing)).unwrap();
    }
    assert_eq!(deleted(&mut store), []);
    assert_eq!(world(&store).len(), before);
    let later = at(NOW).plus_days(40);
    ask(&mut store, LibraryRequest::DeleteNote { tune, note }).unwrap();
    assert_eq!(store.recently_deleted(later).unwrap(), [], "after a month nothing is offered");
}
