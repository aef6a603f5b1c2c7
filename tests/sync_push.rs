#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! `sync_push` and what it sets off (stamps, doorbell, profiles) on a real PostgreSQL, called as PostgREST calls it.

mod server;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use server::samples::{ANNS, BENS, codes, id, op, playlist, statuses, tune};
use server::{ANN, As, BEN, Server, begin, pull, pull_all, push, request};

#[tokio::test]
async fn a_row_is_inserted_updated_and_deleted() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let reply = push(&rest, ANNS, json!([tune(1, ANN, "The Butterfly")])).await.unwrap();
    let result = &reply["results"][0];
    assert_eq!(
        result,
        &json!({"op": 7, "status": "applied", "row": {
            "sync_version": 1, "last_modified_at": "2026-11-01T10:00:00.000001+00:00", "device_id": "phone"}})
    );
    assert!(reply["server_time"].is_string() && reply["epoch"].as_str().unwrap().len() == 32);

    // Only the columns that are sent change; the version goes up by one each time.
    let change = json!({"mode": "E Dorian", "last_modified_at": "2026-11-02T10:00:00Z", "device_id": "tablet"});
    let reply =
        push(&rest, ANNS, json!([op("tune", &id(1), 1, change), op("tune", &id(1), 2, json!({"deleted": true}))]))
            .await
            .unwrap();
    assert_eq!(statuses(&reply), ["applied", "applied"]);
    assert_eq!(reply["results"][0]["row"]["sync_version"], json!(2));
    assert_eq!(
        pull_all(&rest, ANNS, None, 500).await.0.last().unwrap().1,
        json!({
            "id": id(1), "title": "The Butterfly", "type": null, "structure": null, "mode": "E Dorian", "incipit": null, "genre": null,
            "private_for": ANN, "sync_version": 3, "last_modified_at": "2026-11-02T10:00:00+00:00", "device_id": "tablet", "deleted": true})
    );
}

#[tokio::test]
async fn every_table_takes_a_row_and_gives_it_back() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let admin = server.admin().await;
    admin.batch_execute("insert into public.genre (id, name) values ('ITRAD', 'Irish')").await.unwrap();
    let at = "2026-11-01T10:00:00.123456+00:00";
    let ops = json!([
        op("instrument", &id(1), 0, json!({"private_to_user": ANN, "instrument": "Fiddle", "genre_default": "ITRAD"})),
        op(
            "prefs_spaced_repetition",
            &id(2),
            0,
            json!({"user_id": ANN, "alg_type": "FSRS", "request_retention": 0.9, "enable_fuzzing": true})
        ),
        op("prefs_scheduling_options", &id(3), 0, json!({"user_id": ANN, "acceptable_delinquency_window": 14})),
        tune(4, ANN, "Own"),
        op("tune_override", &id(5), 0, json!({"tune_ref": id(4), "user_ref": ANN, "mode": "G"})),
        op("playlist", &id(6), 0, json!({"user_ref": ANN, "instrument_ref": id(1)})),
        op(
            "playlist_tune",
            &id(7),
            0,
            json!({"user_ref": ANN, "playlist_ref": id(6), "tune_ref": id(4), "current": at})
        ),
        op(
            "note",
            &id(8),
            0,
            json!({"user_ref": ANN, "tune_ref": id(4), "playlist_ref": id(6), "note_text": "<p>x</p>", "public": true})
        ),
        op(
            "reference",
            &id(9),
            0,
            json!({"user_ref": ANN, "tune_ref": id(4), "url": "https://example.com", "ref_type": "video"})
        ),
        op("tag", &id(10), 0, json!({"user_ref": ANN, "tune_ref": id(4), "tag_text": "session"})),
        op(
            "practice_record",
            &id(11),
            0,
            json!({"user_ref": ANN, "playlist_ref": id(6), "tune_ref": id(4), "practiced": at,
            "quality": 3, "stability": 3.1262000000000003, "interval": 4})
        ),
        op(
            "daily_practice_queue",
            &id(12),
            0,
            json!({"user_ref": ANN, "playlist_ref": id(6), "tune_ref": id(4), "queue_date": "2026-11-22",
            "window_start_utc": at, "window_end_utc": at, "bucket": 1, "order_index": 0, "snapshot_coalesced_ts": at, "generated_at": at})
        ),
        op("tab_group_main_state", &id(13), 0, json!({"user_id": ANN, "playlist_id": id(6), "which_tab": "catalog"})),
        op(
            "table_state",
            &id(14),
            0,
            json!({"user_id": ANN, "playlist_id": id(6), "screen_size": "small", "purpose": "practice"})
        ),
        op(
            "table_transient_data",
            &id(15),
            0,
            json!({"user_id": ANN, "playlist_id": id(6), "tune_id": id(4), "recall_eval": "good"})
        ),
        op("user_profile", ANN, 1, json!({"name": "Ann"})),
    ]);
    let reply = push(&rest, ANNS, ops.clone()).await.unwrap();
    assert_eq!(statuses(&reply), ["applied"; 16], "{reply:#}");

    let (rows, _) = pull_all(&rest, ANNS, None, 500).await;
    let pulled: BTreeMap<_, _> = rows.iter().map(|(table, row)| (row["id"].as_str().unwrap(), (table, row))).collect();
    assert_eq!(pulled.len(), 17, "16 rows and one genre: {pulled:?}");
    for (op, result) in ops.as_array().unwrap().iter().zip(reply["results"].as_array().unwrap()) {
        let (table, row) = pulled[op["id"].as_str().unwrap()];
        assert_eq!(op["table"], json!(table));
        for (column, value) in op["row"].as_object().unwrap().iter().chain(result["row"].as_object().unwrap()) {
            let utc = |value: &Value| value.as_str().map_or(value.clone(), |text| json!(text.replace('Z', "+00:00")));
            assert_eq!(utc(&row[column]), utc(value), "{table}.{column}");
        }
    }
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_a_conflict() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!([tune(1, ANN, "One"), op("tune", &id(1), 1, json!({"title": "Two"}))])).await.unwrap();
    let ops = json!([
        op("tune", &id(1), 1, json!({"title": "Three"})),
        tune(1, ANN, "Another insert"),
        op("tune", &id(99), 4, json!({"title": "not there"})),
        op("tune", &id(1), 3, json!({"title": "from the future"})),
    ]);
    let reply = push(&rest, ANNS, ops).await.unwrap();
    assert_eq!(statuses(&reply), ["conflict"; 4], "{reply:#}");
    assert_eq!(reply["results"][0]["row"]["title"], json!("Two"));
    assert_eq!(reply["results"][1]["row"]["sync_version"], json!(2));
    assert_eq!(reply["results"][2], json!({"op": 7, "status": "conflict", "row": null}));
}

#[tokio::test]
async fn sending_again_changes_nothing_twice() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let insert = json!([tune(1, ANN, "One")]);
    let update = json!([op("tune", &id(1), 1, json!({"title": "Two", "last_modified_at": "2026-11-03T00:00:00Z"}))]);
    // The first answer says what was not sent; an answer to what was there before gives the whole row.
    let same = |first: &Value, again: &Value| {
        let (first, again) = (&first["results"][0], &again["results"][0]);
        assert_eq!((&first["status"], &again["status"]), (&json!("applied"), &json!("applied")));
        for (column, value) in first["row"].as_object().unwrap() {
            assert_eq!(&again["row"][column], value, "{column}");
        }
        assert_eq!(again["row"]["private_for"], json!(ANN));
    };
    let first = push(&rest, ANNS, insert.clone()).await.unwrap();
    same(&first, &push(&rest, ANNS, insert).await.unwrap());
    let first = push(&rest, ANNS, update.clone()).await.unwrap();
    let (_, cursor) = pull_all(&rest, ANNS, None, 500).await;
    same(&first, &push(&rest, ANNS, update).await.unwrap());
    assert_eq!(pull_all(&rest, ANNS, Some(&cursor), 500).await.0, []);
}

#[tokio::test]
async fn a_write_without_a_change_is_not_a_new_version() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!([tune(1, ANN, "One")])).await.unwrap();
    let (_, cursor) = pull_all(&rest, ANNS, None, 500).await;
    let same = json!({"title": "One", "device_id": "other"});
    let reply = push(&rest, ANNS, json!([op("tune", &id(1), 1, same)])).await.unwrap();
    let result = &reply["results"][0];
    assert_eq!(
        (&result["status"], &result["row"]["sync_version"], &result["row"]["device_id"]),
        (&json!("applied"), &json!(1), &json!("phone"))
    );
    assert_eq!(pull_all(&rest, ANNS, Some(&cursor), 500).await.0, []);
    let rung = server
        .admin()
        .await
        .query_one("select count(*) from realtime.messages where topic = 'sync:' || $1", &[&ANN])
        .await
        .unwrap();
    assert_eq!(rung.get::<_, i64>(0), 2, "one for the profile, one for the insert");
}

/// A device edits, hears nothing, takes the edit back, and only then the first request arrives: it must not find what it was based on.
#[tokio::test]
async fn an_edit_taken_back_stands_against_its_own_late_copy() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!([tune(1, ANN, "One")])).await.unwrap();
    let edit = |title: &str, at: &str| op("tune", &id(1), 1, json!({"title": title, "last_modified_at": at}));
    let back = json!([edit("One", "2026-11-20T00:00:02Z")]);
    let reply = push(&rest, ANNS, back.clone()).await.unwrap();
    assert_eq!(reply["results"][0]["row"]["sync_version"], json!(2));
    assert_eq!(statuses(&push(&rest, ANNS, back).await.unwrap()), ["applied"], "sent twice, it is one version");
    let late = push(&rest, ANNS, json!([edit("Two", "2026-11-20T00:00:01Z")])).await.unwrap();
    assert_eq!(statuses(&late), ["conflict"]);
    assert_eq!(late["results"][0]["row"]["title"], json!("One"));
    assert_eq!(late["results"][0]["row"]["sync_version"], json!(2));
}

#[tokio::test]
async fn refused_operations_leave_the_good_ones_alone() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, BENS, json!([tune(50, BEN, "Ben's"), playlist(51, BEN)])).await.unwrap();
    let ops = json!([
        tune(1, ANN, "Good"),
        tune(2, BEN, "In another's name"),
        op("nonsense", &id(3), 0, json!({})),
        op("genre", &id(3), 0, json!({})),
        op("tune", &id(3), 0, json!({"colour": "red", "private_for": ANN})),
        op("tune", &id(3), 0, json!({"sync_xid": "5", "private_for": ANN})),
        op("tune", "17", 0, json!({"private_for": ANN})),
        op("tune", &id(4), 0, json!({"private_for": ANN, "id": id(5)})),
        op("playlist", &id(6), 0, json!({"user_ref": ANN, "genre_default": "NONE"})),
        op("prefs_spaced_repetition", &id(7), 0, json!({"user_id": ANN, "alg_type": "SM17"})),
        op("playlist", &id(8), 0, json!({"user_ref": "not a uuid"})),
        op("playlist_tune", &id(9), 0, json!({"user_ref": ANN, "playlist_ref": id(51), "tune_ref": id(1)})),
        op("tag", &id(10), 0, json!({"user_ref": ANN, "tune_ref": id(50), "tag_text": "x"})),
        tune(50, ANN, "The id of Ben's tune"),
        op("tune", &id(1), 1, json!({"private_for": null})),
        {"op": 3, "table": "tune", "id": id(1), "base": "one", "row": {}},
        {"op": 4, "table": "tune", "id": id(1), "base": 1},
        "not an operation",
        tune(20, ANN, "Good too"),
    ]);
    let reply = push(&rest, ANNS, ops).await.unwrap();
    assert_eq!(
        codes(&reply),
        [
            "", "42501", "42P01", "42P01", "42703", "42703", "22P02", "23514", "23503", "23514", "22P02", "42501",
            "42501", "42501", "42501", "22023", "22023", "42P01", ""
        ],
        "{reply:#}"
    );
    assert_eq!(reply["results"][4]["message"], json!("table tune has no column \"colour\" that a device may set"));
    let (rows, _) = pull_all(&rest, ANNS, None, 500).await;
    let titles: Vec<_> = rows.iter().filter(|(t, _)| t == "tune").map(|(_, r)| r["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Good", "Good too"]);
    assert_eq!(reply["results"][15]["op"], json!(3), "the echo comes back with a refusal too");

    // A public tune is visible but not hers to change; with nothing to change there is nothing to refuse.
    server
        .admin()
        .await
        .batch_execute(&format!("insert into public.tune (id, title) values ('{}', 'Public')", id(60)))
        .await
        .unwrap();
    let reply = push(&rest, ANNS, json!([op("tune", &id(60), 1, json!({"title": "Mine now"}))])).await.unwrap();
    assert_eq!(codes(&reply), ["42501"]);
}

#[tokio::test]
async fn a_text_that_postgresql_cannot_hold_is_refused_alone() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let mut bad = tune(1, ANN, "NUL \0 and \"op\": 5");
    bad["op"] = json!(18_446_744_073_709_551_615_u64);
    let reply = push(&rest, ANNS, json!([bad, tune(2, ANN, "Good")])).await.unwrap();
    assert_eq!(codes(&reply), ["22P05", ""]);
    assert_eq!(reply["results"][0]["op"], json!(18_446_744_073_709_551_615_u64));
}

/// Many alike go by one statement; whatever is wrong with one of them is that one's alone, in the order they were sent.

#[tokio::test]
async fn many_at_once_are_answered_as_if_sent_one_by_one() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let numbered = |ops: Vec<Value>| -> Value {
        let each = ops.into_iter().enumerate().map(|(n, mut op)| {
            op["op"] = json!(n + 100);
            op
        });
        each.collect()
    };
    push(&rest, BENS, json!([tune(50, BEN, "Ben's")])).await.unwrap();
    let new = |n: u32, title: &str| {
        let mut op = tune(n, ANN, title);
        op["row"]["mode"] = json!("D Major");
        op
    };
    let mut ops: Vec<Value> = (0..20).map(|n| new(n, &format!("Tune {n}"))).collect();
    let reply = push(&rest, ANNS, numbered(ops.clone())).await.unwrap();
    assert_eq!(statuses(&reply), ["applied"; 20]);
    let numbers: Vec<_> = reply["results"].as_array().unwrap().iter().map(|r| r["op"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (100..120).collect::<Vec<_>>());

    // New ones, some of them there already, some twice, one of somebody else's id, one that no column can hold.
    ops.extend((20..30).map(|n| new(n, &format!("Tune {n}"))));
    ops.extend([new(30, "First"), new(30, "Second"), new(50, "Not hers"), new(31, "\u{0}")]);
    let reply = push(&rest, ANNS, numbered(ops)).await.unwrap();
    let found = statuses(&reply);
    assert_eq!(found[..31], ["applied"; 31]);
    assert_eq!(found[31..], ["conflict", "refused", "refused"], "{reply:#}");

    // Changes, some of an old version, one of a row that is not there; and one row changed twice in a row.
    let change = |n: u32, base: i32, title: &str| op("tune", &id(n), base, json!({"title": title}));
    let mut ops: Vec<Value> = (0..10).map(|n| change(n, 1, &format!("Changed {n}"))).collect();
    ops.extend([change(10, 7, "From the future"), change(99, 1, "Nowhere"), change(11, 1, "Tune 11")]);
    let reply = push(&rest, ANNS, numbered(ops.clone())).await.unwrap();
    let found = statuses(&reply);
    assert_eq!(found[..10], ["applied"; 10]);
    assert_eq!(found[10..], ["conflict", "conflict", "applied"]);
    assert_eq!(reply["results"][12]["row"]["sync_version"], json!(1), "nothing differs: no new version");
    assert_eq!(statuses(&push(&rest, ANNS, numbered(ops)).await.unwrap())[..10], ["applied"; 10], "sent again");
    let twice = [change(0, 2, "Once"), change(0, 3, "Twice"), change(1, 2, "Once")];
    assert_eq!(statuses(&push(&rest, ANNS, numbered(twice.to_vec())).await.unwrap()), ["applied"; 3]);
    let (rows, _) = pull_all(&rest, ANNS, None, 500).await;
    let value =
        |n: u32, column: &str| rows.iter().find(|(_, row)| row["id"] == json!(id(n))).unwrap().1[column].clone();
    assert_eq!([0, 1, 30, 12].map(|n| value(n, "title")), ["Twice", "Once", "First", "Tune 12"].map(Value::from));
    // What was not sent is as it was, also where many were changed at once.
    assert_eq!([2, 9, 11, 0].map(|n| value(n, "mode")), [(); 4].map(|()| json!("D Major")));
}

#[tokio::test]
async fn calls_that_make_no_sense_fail_as_a_whole() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let many: Vec<_> = (0..1001).map(|n| tune(n, ANN, "x")).collect();
    assert_eq!(push(&rest, ANNS, json!(many)).await.unwrap_err().0, "22023");
    assert_eq!(push(&rest, ANNS, json!({"not": "an array"})).await.unwrap_err().0, "22023");
    assert_eq!(push(&rest, As::Anon, json!([])).await.unwrap_err().0, "42501");
    for cursor in [
        "",
        "b.1.-.0.",
        "a.1",
        "a.x.-.0.",
        "a.99999999999999999999.-.0.",
        "a.5.-.20.",
        "a.5.-.8.no-uuid",
        "a.9999999999.-.0.",
    ] {
        let (code, message) = pull(&rest, ANNS, Some(cursor), 10).await.unwrap_err();
        assert_eq!(code, "22023", "{cursor}: {message}");
    }
}

#[tokio::test]
async fn lock_timeouts_and_deadlocks_fail_the_call_so_that_it_is_sent_again() {
    let server = Server::new().await;
    let (rest, other) = (server.rest().await, server.rest().await);
    push(&rest, ANNS, json!([tune(1, ANN, "One")])).await.unwrap();
    begin(&other, ANNS).await;
    other.batch_execute(&format!("update public.tune set title = 'held' where id = '{}'", id(1))).await.unwrap();
    begin(&rest, ANNS).await;
    rest.batch_execute("set local lock_timeout = '50ms'").await.unwrap();
    let ops = json!([op("tune", &id(1), 1, json!({"title": "Two"}))]);
    let error = rest.batch_execute(&format!("select public.sync_push('{ops}', null)")).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "55P03");
}

#[tokio::test]
async fn the_last_modified_time_cannot_run_ahead() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let ahead = json!({"title": "x", "private_for": ANN, "last_modified_at": "2099-01-01T00:00:00Z"});
    let reply = push(&rest, ANNS, json!([op("tune", &id(1), 0, ahead)])).await.unwrap();
    let stamp = reply["results"][0]["row"]["last_modified_at"].as_str().unwrap();
    let near =
        format!("select '{stamp}'::timestamptz between now() + interval '4 minutes' and now() + interval '5 minutes'");
    assert_eq!(request(&rest, ANNS, &near).await.unwrap(), [Some("t".to_owned())]);
}

#[tokio::test]
async fn a_practice_record_is_history() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let record = json!({"user_ref": ANN, "playlist_ref": id(2), "tune_ref": id(1), "practiced": "2026-11-01T10:00:00Z", "quality": 3});
    push(&rest, ANNS, json!([tune(1, ANN, "x"), playlist(2, ANN), op("practice_record", &id(3), 0, record)]))
        .await
        .unwrap();
    let ops = json!([
        op("practice_record", &id(3), 1, json!({"quality": 4})),
        op("practice_record", &id(3), 1, json!({"quality": 4, "deleted": true})),
        op("practice_record", &id(3), 1, json!({"deleted": true})),
        op("practice_record", &id(3), 2, json!({"deleted": false})),
    ]);
    let reply = push(&rest, ANNS, ops).await.unwrap();
    assert_eq!(codes(&reply), ["23514", "23514", "", ""], "{reply:#}");
    assert_eq!(reply["results"][3]["row"]["sync_version"], json!(3));
    let (code, _) = request(&rest, As::Service, "update public.practice_record set quality = 1").await.unwrap_err();
    assert_eq!(code, "23514", "not even with the secret key");
}

#[tokio::test]
async fn the_doorbell_rings_once_a_transaction_and_owner() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let admin = server.admin().await;
    let messages = async || {
        let sql = "select topic, event, extension, private, payload - 'id' from realtime.messages order by topic";
        let rows = admin.query(sql, &[]).await.unwrap();
        admin.execute("delete from realtime.messages", &[]).await.unwrap();
        rows.iter()
            .map(|r| {
                (
                    r.get::<_, String>(0),
                    r.get::<_, String>(1),
                    r.get::<_, String>(2),
                    r.get::<_, bool>(3),
                    r.get::<_, Value>(4),
                )
            })
            .collect::<Vec<_>>()
    };
    messages().await;
    let ops =
        json!([tune(1, ANN, "x"), tune(2, ANN, "y"), playlist(3, ANN), op("tune", &id(1), 1, json!({"title": "z"}))]);
    push(&rest, ANNS, ops).await.unwrap();
    let bell = |who: &str, payload: Value| {
        (format!("sync:{who}"), "changed".to_owned(), "broadcast".to_owned(), true, payload)
    };
    assert_eq!(messages().await, [bell(ANN, json!({"device": "device-1"}))]);

    // Refused work rings nothing, public rows ring nobody, a statement for several owners rings each.
    push(&rest, ANNS, json!([tune(4, BEN, "not hers")])).await.unwrap();
    admin.batch_execute("insert into public.tune (id, title) values (gen_random_uuid(), 'Public')").await.unwrap();
    assert_eq!(messages().await, []);
    admin
        .batch_execute(&format!("insert into public.playlist (id, user_ref) values (gen_random_uuid(), '{ANN}'), (gen_random_uuid(), '{BEN}')"))
        .await
        .unwrap();
    assert_eq!(messages().await, [bell(ANN, json!({})), bell(BEN, json!({}))]);
}

#[tokio::test]
async fn accounts_get_a_profile_that_follows_their_address() {
    let server = Server::new().await;
    let admin = server.admin().await;
    admin.batch_execute(&format!("update auth.users set email = 'new@example.com' where id = '{ANN}'")).await.unwrap();
    let rows = request(&server.rest().await, ANNS, "select email || ' ' || sync_version from public.user_profile")
        .await
        .unwrap();
    assert_eq!(rows, [Some("new@example.com 2".to_owned())]);
}
