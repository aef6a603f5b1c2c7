//! The analysis and the practice history over a real database.

use crate::fixture::{at, catalog_tune, empty, member, receive, repertoire};
use chrono::{FixedOffset, Utc};
use tunetrees::domain::analysis::{HistoryQuery, Tally};
use tunetrees::domain::csv;
use tunetrees::domain::ids::{PlaylistId, PracticeRecordId, TuneId};
use tunetrees::domain::practice::Rating;
use tunetrees::domain::time::CalendarDate;
use tunetrees::row;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;

fn record(store: &mut Store, playlist: PlaylistId, tune: TuneId, when: &str, quality: i64, more: serde_json::Value) {
    let practiced = at(when);
    let mut row = row! {
        "id": PracticeRecordId::of(playlist, tune, practiced).to_string(), "user_ref": store.user().to_string(),
        "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(), "practiced": practiced.to_string(), "quality": quality,
    };
    row.extend(more.as_object().unwrap().clone());
    receive(store, Table::PracticeRecord, row);
}

/// Two repertoires, three tunes, a history on both scales.
fn world() -> (Store, [PlaylistId; 2], [TuneId; 3]) {
    let mut store = empty();
    let lists = [repertoire(&mut store, 1), repertoire(&mut store, 2)];
    let titles = ["Kesh, The", "Banshee, The", "Morrison's"];
    let tunes = [1, 2, 3].map(|n| catalog_tune(&mut store, n, titles[n as usize - 1]));
    for tune in tunes {
        member(&mut store, lists[0], tune, None);
    }
    member(&mut store, lists[1], tunes[0], None);
    let review = serde_json::json!({"state": 2, "interval": 30, "stability": 30.0});
    let step = serde_json::json!({"state": 1, "step": 0, "interval": 0});
    let old = serde_json::json!({"easiness": 2.5, "interval": 6});
    record(&mut store, lists[0], tunes[0], "2026-03-01T10:00:00Z", 3, review.clone());
    record(&mut store, lists[0], tunes[0], "2026-03-03T03:30:00Z", 1, review.clone());
    record(&mut store, lists[0], tunes[1], "2026-03-01T11:00:00Z", 5, old.clone());
    record(&mut store, lists[0], tunes[1], "2026-03-05T11:00:00Z", 2, old);
    record(&mut store, lists[0], tunes[2], "2026-03-04T11:00:00Z", 3, step);
    record(&mut store, lists[0], tunes[2], "2026-03-05T12:00:00Z", 4, review.clone());
    record(&mut store, lists[1], tunes[0], "2026-03-05T13:00:00Z", 4, review);
    store
        .apply_remote::<_, tunetrees::store::StoreError>(at("2026-03-06T00:00:00Z"), |edit| {
            tunetrees::store::schedule::recompute_all(edit.conn())
        })
        .unwrap();
    (store, lists, tunes)
}

fn date(text: &str) -> Option<CalendarDate> {
    Some(text.parse().unwrap())
}

#[test]
fn the_analysis_is_of_one_repertoire_or_of_all() {
    let (store, [flute, fiddle], _) = world();
    let now = at("2026-03-06T12:00:00Z");
    let all = store.analysis(None, now, &Utc).unwrap();
    assert_eq!((all.rhythm.ratings, all.rhythm.days), (7, 4));
    assert_eq!(all.kinds[0].tunes, 4, "a tune in two repertoires is learnt twice");
    let flute = store.analysis(Some(flute), now, &Utc).unwrap();
    assert_eq!((flute.rhythm.ratings, flute.kinds[0].tunes), (6, 3));
    // The Kesh was forgotten after a long interval; the Banshee, on the old scale, was known with trouble after a short one; Morrison's stood
    // on a learning step.
    let whole = flute.retention.windows.last().unwrap();
    assert_eq!((whole.long, whole.short), (Tally { known: 0, forgotten: 1 }, Tally { known: 1, forgotten: 0 }));
    let fiddle = store.analysis(Some(fiddle), now, &Utc).unwrap();
    assert_eq!((fiddle.rhythm.ratings, fiddle.stability.iter().sum::<u32>()), (1, 1));
    assert_eq!(fiddle.forecast.overdue + fiddle.forecast.days.iter().sum::<u32>() + fiddle.forecast.later, 1);
    assert!(empty().analysis(None, now, &Utc).unwrap().is_empty());
}

#[test]
fn what_was_struck_out_or_never_rated_does_not_count() {
    let (mut store, [flute, _], [kesh, ..]) = world();
    let now = at("2026-03-06T12:00:00Z");
    record(&mut store, flute, kesh, "2026-03-02T10:00:00Z", 3, serde_json::json!({"deleted": 1}));
    let placeholder = row! {
        "id": uuid::Uuid::from_u128(5).to_string(), "user_ref": store.user().to_string(), "playlist_ref": flute.to_string(),
        "tune_ref": kesh.to_string(), "state": 0,
    };
    receive(&mut store, Table::PracticeRecord, placeholder);
    assert_eq!(store.analysis(None, now, &Utc).unwrap().rhythm.ratings, 7);
    assert_eq!(store.history(&HistoryQuery::default(), 0, 50, &Utc).unwrap().total, 7);
}

#[test]
fn the_history_is_narrowed_by_words_ratings_days_and_repertoire() {
    let (store, [_, fiddle], _) = world();
    let all = store.history(&HistoryQuery::default(), 0, 50, &Utc).unwrap();
    assert_eq!((all.total, all.lines.len()), (7, 7));
    assert!(all.lines.windows(2).all(|pair| pair[0].practiced > pair[1].practiced), "the latest first");
    let page = store.history(&HistoryQuery::default(), 5, 1, &Utc).unwrap();
    assert_eq!((page.total, &page.lines[..]), (7, &all.lines[5..6]));
    let found = |query: &HistoryQuery| {
        let page = store.history(query, 0, 50, &Utc).unwrap();
        assert_eq!(page.total as usize, page.lines.len());
        page.lines.into_iter().map(|line| (line.title.unwrap_or_default(), line.rating)).collect::<Vec<_>>()
    };
    let banshee = || "Banshee, The".to_owned();
    let text = HistoryQuery { text: "the bansh".into(), ..HistoryQuery::default() };
    assert_eq!(found(&text), [(banshee(), Rating::Hard), (banshee(), Rating::Easy)], "both scales mean the same");
    let hard = HistoryQuery { ratings: vec![Rating::Hard, Rating::Again], ..HistoryQuery::default() };
    assert_eq!(found(&hard), [(banshee(), Rating::Hard), ("Kesh, The".to_owned(), Rating::Again)]);
    let days = HistoryQuery { from: date("2026-03-02"), to: date("2026-03-03"), ..HistoryQuery::default() };
    assert_eq!(found(&days).len(), 1);
    let west = FixedOffset::west_opt(4 * 3600).unwrap();
    let second = HistoryQuery { from: date("2026-03-02"), to: date("2026-03-02"), ..HistoryQuery::default() };
    assert_eq!(store.history(&second, 0, 50, &west).unwrap().total, 1, "half past eleven at night of the 2nd there");
    assert_eq!(store.history(&second, 0, 50, &Utc).unwrap().total, 0);
    let there = HistoryQuery { playlist: Some(fiddle), ..HistoryQuery::default() };
    assert_eq!(found(&there), [("Kesh, The".to_owned(), Rating::Easy)]);
    let none = HistoryQuery { text: "no such tune".into(), ..HistoryQuery::default() };
    assert_eq!(found(&none), []);
}

#[test]
fn the_table_has_what_the_history_has() {
    let (store, ..) = world();
    let again = HistoryQuery { ratings: vec![Rating::Again], ..HistoryQuery::default() };
    let read = csv::read(&store.history_table(&again, &Utc).unwrap());
    assert_eq!(read.len(), 2);
    assert_eq!(
        read[1][..6],
        ["2026-03-03", "03:30", "2026-03-03T03:30:00.000000Z", "Kesh, The", "Repertoire 1", "Again"]
    );
    assert_eq!(csv::read(&store.history_table(&HistoryQuery::default(), &Utc).unwrap()).len(), 8);
}
