//! Repertoires, links and practice written down later, through the requests.

use crate::asking::{ask, tune};
use crate::fixture::*;
use tunetrees::domain::ids::PlaylistId;
use tunetrees::domain::practice::Rating;
use tunetrees::domain::reference::{ReferenceDraft, ReferenceKind};
use tunetrees::domain::repertoire::{Repertoire, RepertoireDraft};
use tunetrees::domain::time::CalendarDate;
use tunetrees::domain::tune::TuneFields;
use tunetrees::row;
use tunetrees::store::row;
use tunetrees::store::schema::Table;
use tunetrees::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest, Response};

fn repertoires(response: Result<Response, Failure>) -> (Vec<Repertoire>, Option<PlaylistId>) {
    match response {
        Ok(Response::Library(LibraryAnswer::Repertoires { all, current })) => (all, current),
        other => panic!("{other:?}"),
    }
}

fn named(name: &str) -> RepertoireDraft {
    RepertoireDraft { name: name.into(), ..Default::default() }
}

#[test]
fn several_repertoires_on_one_instrument_are_made_renamed_and_given_a_genre() {
    let mut store = empty();
    receive(&mut store, Table::Genre, row! { "id": "ITRAD", "name": "Irish" });
    for name in ["Sessions", "Dances"] {
        ask(&mut store, LibraryRequest::CreateRepertoire { name: name.into(), instrument: None }).unwrap();
    }
    let (all, current) = repertoires(ask(&mut store, LibraryRequest::Repertoires));
    assert_eq!((all.len(), current), (2, Some(all[0].id)), "the one made last");
    let draft = RepertoireDraft { genre: Some("ITRAD".into()), ..named(" Céilís ") };
    let (all, _) = repertoires(ask(&mut store, LibraryRequest::EditRepertoire { playlist: all[0].id, draft }));
    assert_eq!((all[0].name.as_str(), all[0].genre.as_deref()), ("Céilís", Some("ITRAD")));
    let made = tune(
        &mut store,
        LibraryRequest::CreateTune { fields: TuneFields { title: Some("X".into()), ..Default::default() } },
    );
    assert_eq!(made.fields.genre.as_deref(), Some("ITRAD"), "new tunes get the repertoire's genre");
    for bad in [named("  "), RepertoireDraft { genre: Some("NONE".into()), ..named("x") }] {
        assert!(matches!(
            ask(&mut store, LibraryRequest::EditRepertoire { playlist: all[0].id, draft: bad }),
            Err(Failure::Invalid(_))
        ));
    }
}

#[test]
fn a_deleted_repertoire_comes_back_with_its_tunes_and_history_sent_or_not() {
    for sent in [false, true] {
        let mut store = empty();
        let id = catalog_tune(&mut store, 1, "Kesh");
        if sent {
            repertoire(&mut store, 1);
        } else {
            ask(&mut store, LibraryRequest::CreateRepertoire { name: "Flute".into(), instrument: None }).unwrap();
        }
        ask(&mut store, LibraryRequest::AddToRepertoire { tunes: vec![id] }).unwrap();
        let date = CalendarDate::new(2026, 3, 1).unwrap();
        ask(&mut store, LibraryRequest::AddPastPractice { tune: id, date, rating: Rating::Good }).unwrap();
        let (all, _) = repertoires(ask(&mut store, LibraryRequest::Repertoires));
        let (left, current) = repertoires(ask(&mut store, LibraryRequest::DeleteRepertoire { playlist: all[0].id }));
        assert_eq!((left.len(), current), (0, None));
        if !sent {
            assert_eq!(outbox(&store), [], "the server never hears of what it never had");
        }
        let (back, current) = repertoires(ask(&mut store, LibraryRequest::RestoreRepertoire { playlist: all[0].id }));
        assert_eq!((back[0].tunes, current), (1, Some(all[0].id)));
        assert_eq!(tune(&mut store, LibraryRequest::Tune { tune: id }).history.len(), 1);
    }
}

#[test]
fn other_peoples_repertoires_are_not_there() {
    let mut store = empty();
    let other = identity(2).user.to_string();
    receive(&mut store, Table::UserProfile, row! { "id": other.as_str() });
    receive(&mut store, Table::Playlist, row! { "id": playlist_id(7).to_string(), "user_ref": other, "name": "Hers" });
    for request in [
        LibraryRequest::EditRepertoire { playlist: playlist_id(7), draft: named("Mine now") },
        LibraryRequest::DeleteRepertoire { playlist: playlist_id(7) },
        LibraryRequest::RestoreRepertoire { playlist: playlist_id(7) },
    ] {
        assert!(matches!(ask(&mut store, request), Err(Failure::NotFound(_))));
    }
}

fn link(url: &str) -> ReferenceDraft {
    ReferenceDraft {
        url: url.into(),
        kind: ReferenceKind::guess(url),
        title: String::new(),
        comment: " slow ".into(),
        favorite: false,
    }
}

#[test]
fn links_are_kept_one_is_the_favourite_and_a_deleted_one_comes_back() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "Kesh");
    let save = |draft| LibraryRequest::SaveReference { tune: id, reference: None, draft };
    let first = ReferenceDraft { favorite: true, ..link(" https://youtu.be/abc ") };
    tune(&mut store, save(first));
    let detail = tune(&mut store, save(ReferenceDraft { favorite: true, ..link("https://example.org/kesh.mp3") }));
    let seen: Vec<_> = detail.references.iter().map(|r| (r.url.as_str(), r.kind, r.favorite)).collect();
    assert_eq!(
        seen,
        [
            ("https://example.org/kesh.mp3", Some(ReferenceKind::Audio), true),
            ("https://youtu.be/abc", Some(ReferenceKind::Video), false)
        ]
    );
    assert_eq!(detail.references[0].comment.as_deref(), Some("slow"));
    let reference = detail.references[0].id;
    let gone = tune(&mut store, LibraryRequest::DeleteReference { tune: id, reference, deleted: true });
    assert_eq!(gone.references.len(), 1);
    let back = tune(&mut store, LibraryRequest::DeleteReference { tune: id, reference, deleted: false });
    assert_eq!(back.references, detail.references);
}

#[test]
fn hostile_addresses_are_refused_and_other_peoples_links_left_alone() {
    let mut store = empty();
    let id = catalog_tune(&mut store, 1, "Kesh");
    let long = format!("https://example.org/{}", "x".repeat(2000));
    for bad in [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<script>",
        "//evil.example",
        "https://",
        "ftp://x.org",
        "file:///etc/passwd",
        "https://x.org/\nSet-Cookie: a",
        " ",
        "x.org",
        &long,
    ] {
        let request = LibraryRequest::SaveReference { tune: id, reference: None, draft: link(bad) };
        assert!(matches!(ask(&mut store, request), Err(Failure::Invalid(_))), "{bad}");
    }
    let theirs = tunetrees::domain::ids::ReferenceId(uuid::Uuid::from_u128(3));
    receive(
        &mut store,
        Table::Reference,
        row! {
            "id": theirs.to_string(), "url": "https://x.org", "tune_ref": id.to_string(), "user_ref": identity(2).user.to_string(), "public": 1,
        },
    );
    let detail = tune(&mut store, LibraryRequest::Tune { tune: id });
    assert_eq!((detail.references.len(), detail.references[0].own), (1, false));
    for request in [
        LibraryRequest::SaveReference { tune: id, reference: Some(theirs), draft: link("https://mine.example") },
        LibraryRequest::DeleteReference { tune: id, reference: theirs, deleted: true },
    ] {
        assert!(matches!(ask(&mut store, request), Err(Failure::NotFound(_))));
    }
    assert_eq!(outbox(&store), []);
}

#[test]
fn practice_written_down_later_counts_in_its_place() {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    let id = catalog_tune(&mut store, 1, "Kesh");
    let add = |date: CalendarDate, rating| LibraryRequest::AddPastPractice { tune: id, date, rating };
    let day = |day| CalendarDate::new(2026, 3, day).unwrap();
    assert!(matches!(ask(&mut store, add(day(1), Rating::Good)), Err(Failure::Invalid(_))), "not in the repertoire");
    member(&mut store, playlist, id, None);
    assert!(matches!(ask(&mut store, add(day(11), Rating::Good)), Err(Failure::Invalid(_))), "tomorrow");
    tune(&mut store, add(day(5), Rating::Easy));
    let both = tune(&mut store, add(day(1), Rating::Good));
    let qualities: Vec<_> = both.history.iter().map(|entry| entry.quality).collect();
    assert_eq!(qualities, [Some(4), Some(3)], "newest first, whenever it was written down");
    // The schedule is that of somebody who rated on these days.
    let mut other = empty();
    let playlist = repertoire(&mut other, 1);
    catalog_tune(&mut other, 1, "Kesh");
    member(&mut other, playlist, id, None);
    tune(&mut other, add(day(1), Rating::Good));
    let in_order = tune(&mut other, add(day(5), Rating::Easy));
    assert_eq!(in_order.place, both.place);
    assert!(both.place.unwrap().due.unwrap() > at("2026-03-06T00:00:00Z"));
    // Twice on one day is twice.
    assert_eq!(tune(&mut store, add(day(5), Rating::Hard)).history.len(), 3);
}

#[test]
fn an_earlier_rating_is_struck_out_and_back_but_todays_belong_to_the_queue() {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    let id = catalog_tune(&mut store, 1, "Kesh");
    member(&mut store, playlist, id, None);
    let before = tune(&mut store, LibraryRequest::Tune { tune: id }).place;
    let date = CalendarDate::new(2026, 3, 1).unwrap();
    let rated = tune(&mut store, LibraryRequest::AddPastPractice { tune: id, date, rating: Rating::Good });
    let record = rated.history[0].id;
    let struck = tune(&mut store, LibraryRequest::StrikePractice { tune: id, record, struck: true });
    assert_eq!((struck.history.len(), struck.place.clone()), (0, before));
    let back = tune(&mut store, LibraryRequest::StrikePractice { tune: id, record, struck: false });
    assert_eq!(back.place, rated.place);
    let Ok(Response::Practice(PracticeAnswer::Queue(Some(_)))) = ask(&mut store, PracticeRequest::CurrentQueue) else {
        panic!()
    };
    let today = CalendarDate::new(2026, 3, 10).unwrap();
    let rated = tune(&mut store, LibraryRequest::AddPastPractice { tune: id, date: today, rating: Rating::Good });
    let request = LibraryRequest::StrikePractice { tune: id, record: rated.history[0].id, struck: true };
    assert!(matches!(ask(&mut store, request), Err(Failure::Invalid(_))));
    let stored = row::select(store.conn(), Table::PracticeRecord, "not deleted", []).unwrap();
    assert!(stored.iter().all(|record| record["due"].is_string() && record["stability"].is_number()));
}
