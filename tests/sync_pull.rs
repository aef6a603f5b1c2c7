#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! `sync_pull` on a real PostgreSQL, called as PostgREST calls it.

mod server;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::samples::{ANNS, BENS, id, op, playlist, statuses, tune};
use server::{ANN, As, BEN, GUEST, Server, begin, pull, pull_all, push};

#[tokio::test]
async fn pages_of_any_size_give_every_row_once_and_parents_first() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let admin = server.admin().await;
    admin
        .batch_execute(
            "insert into public.genre (id) values ('A.B'), ('C'), ('D');
             insert into public.tune_type (id) values ('reel'), ('jig');
             insert into public.genre_tune_type select g.id, t.id from public.genre g, public.tune_type t;
             insert into public.tune (id, title) select gen_random_uuid(), 'Public ' || n from generate_series(1, 5) n",
        )
        .await
        .unwrap();
    for n in 0..6 {
        // One transaction with rows of several tables.
        let ops = json!([
            tune(10 + n, ANN, "x"),
            playlist(20 + n, ANN),
            op(
                "playlist_tune",
                &id(30 + n),
                0,
                json!({"user_ref": ANN, "playlist_ref": id(20 + n), "tune_ref": id(10 + n)})
            ),
            op("note", &id(40 + n), 0, json!({"user_ref": ANN, "tune_ref": id(10 + n), "public": n % 2 == 0})),
        ]);
        assert_eq!(statuses(&push(&rest, ANNS, ops).await.unwrap()), ["applied"; 4]);
    }
    let (all, end) = pull_all(&rest, ANNS, None, 1000).await;
    assert_eq!(all.len(), 3 + 2 + 6 + 5 + 1 + 24);
    for limit in [1, 2, 7] {
        let (rows, cursor) = pull_all(&rest, ANNS, None, limit).await;
        assert_eq!(rows, all, "pages of {limit}");
        assert_eq!(pull_all(&rest, ANNS, Some(&cursor), limit).await.0, []);
    }
    assert_eq!(pull_all(&rest, ANNS, Some(&end), 500).await.0, []);
    assert!(all.iter().all(|(_, row)| row.get("sync_xid").is_none()));
    let position = |table: &str, n: u32| all.iter().position(|(t, r)| t == table && r["id"] == json!(id(n))).unwrap();
    for n in 0..6 {
        assert!(position("tune", 10 + n) < position("playlist_tune", 30 + n));
        assert!(position("playlist", 20 + n) < position("playlist_tune", 30 + n));
    }
    // The function caps what a caller asks for.
    assert!(pull(&rest, ANNS, None, 100_000).await.is_ok() && pull(&rest, ANNS, None, 0).await.is_ok());
}

/// PostgreSQL keeps a plan as long as nobody has analyzed the tables: one that was made for empty tables must do for full ones, too.
#[tokio::test]
async fn a_plan_of_the_empty_tables_reads_each_row_once() {
    const TUNES: u32 = 40;
    const RATINGS: u32 = 50;
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    admin.batch_execute("vacuum analyze public.practice_record").await.unwrap();
    pull_all(&rest, ANNS, None, 500).await;
    let mut ops = vec![playlist(1, ANN)];
    ops.extend((0..TUNES).map(|n| tune(100 + n, ANN, "x")));
    assert_eq!(statuses(&push(&rest, ANNS, json!(ops)).await.unwrap()), ["applied"; 1 + TUNES as usize]);
    admin
        .batch_execute(&format!(
            "insert into public.practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality)
             select gen_random_uuid(), t.private_for, '{}', t.id, now() - n * interval '1 day', 3
             from public.tune t, generate_series(1, {RATINGS}) n where t.private_for = '{ANN}'",
            id(1)
        ))
        .await
        .unwrap();
    let read = || async {
        admin.batch_execute("select pg_stat_force_next_flush(); select pg_stat_clear_snapshot()").await.unwrap();
        let sql = "select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname = 'practice_record'";
        admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let before = read().await;
    let (rows, _) = pull_all(&rest, ANNS, None, 200).await;
    rest.batch_execute("select pg_stat_force_next_flush()").await.unwrap();
    let rows = rows.iter().filter(|(table, _)| table == "practice_record").count() as i64;
    assert_eq!(rows, i64::from(TUNES * RATINGS));
    let read = read().await - before;
    // Its key, and the row by its key.
    assert!(read >= 2 * rows && read < 3 * rows, "{read} entries of indexes were read for {rows} rows");
}

#[tokio::test]
async fn what_is_written_while_paging_comes_in_the_next_series() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!((1..=6).map(|n| tune(n, ANN, "x")).collect::<Vec<_>>())).await.unwrap();
    let first = pull(&rest, ANNS, None, 3).await.unwrap();
    push(&rest, ANNS, json!([tune(9, ANN, "new"), op("tune", &id(1), 1, json!({"title": "changed"}))])).await.unwrap();
    let (rest_of_series, cursor) = pull_all(&rest, ANNS, first["cursor"].as_str(), 3).await;
    assert_eq!(rest_of_series.len(), 1 + 6 - 3, "the profile and six tunes less the first page");
    assert!(rest_of_series.iter().all(|(_, r)| r["title"] != json!("new")));
    let (next, _) = pull_all(&rest, ANNS, Some(&cursor), 3).await;
    assert_eq!(next.iter().map(|(_, r)| r["title"].as_str().unwrap()).collect::<Vec<_>>(), ["changed", "new"]);
}

/// Positions are the server's: the stamps of a device that was offline for weeks lie behind what everybody has pulled.
#[tokio::test]
async fn a_device_that_was_offline_for_weeks_is_not_skipped() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let edited = json!({"title": "yesterday", "private_for": ANN, "last_modified_at": "2026-11-21T10:00:00Z"});
    push(&rest, ANNS, json!([op("tune", &id(1), 0, edited)])).await.unwrap();
    let (_, cursor) = pull_all(&rest, ANNS, None, 500).await;
    push(&rest, ANNS, json!([tune(2, ANN, "weeks ago")])).await.unwrap();
    let (rows, cursor) = pull_all(&rest, ANNS, Some(&cursor), 500).await;
    assert_eq!(rows.iter().map(|(_, r)| r["title"].as_str().unwrap()).collect::<Vec<_>>(), ["weeks ago"]);
    assert_eq!(pull_all(&rest, ANNS, Some(&cursor), 500).await.0, []);
}

#[tokio::test]
async fn a_late_commit_is_not_missed() {
    let server = Server::new().await;
    let (rest, slow) = (server.rest().await, server.rest().await);
    let (_, cursor) = pull_all(&rest, ANNS, None, 500).await;
    begin(&slow, ANNS).await;
    slow.batch_execute(&format!("select public.sync_push('{}')", json!([tune(1, ANN, "slow")]))).await.unwrap();
    push(&rest, ANNS, json!([tune(2, ANN, "quick")])).await.unwrap();
    // The quick one waits behind the slow one, and the cursor does not pass it.
    let (rows, cursor) = pull_all(&rest, ANNS, Some(&cursor), 500).await;
    assert_eq!(rows, []);
    slow.batch_execute("commit").await.unwrap();
    let (rows, _) = pull_all(&rest, ANNS, Some(&cursor), 500).await;
    assert_eq!(rows.iter().map(|(_, r)| r["title"].as_str().unwrap()).collect::<Vec<_>>(), ["slow", "quick"]);
}

#[tokio::test]
async fn each_sees_her_own_and_what_is_public() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let admin = server.admin().await;
    admin
        .batch_execute(&format!(
            "insert into public.genre (id) values ('ITRAD');
             insert into public.tune (id, title) values ('{}', 'Public');
             insert into public.instrument (id, instrument) values ('{}', 'Fiddle')",
            id(1),
            id(2)
        ))
        .await
        .unwrap();
    let note = |n: u32, text: &str, public: bool| {
        op("note", &id(n), 0, json!({"user_ref": BEN, "tune_ref": id(1), "note_text": text, "public": public}))
    };
    push(&rest, BENS, json!([tune(3, BEN, "Ben's"), note(4, "private", false), note(5, "public", true)]))
        .await
        .unwrap();
    let seen = |rows: Vec<(String, Value)>| {
        rows.into_iter()
            .map(|(t, r)| format!("{t} {}", r["title"].as_str().or(r["note_text"].as_str()).unwrap_or("")))
            .collect::<Vec<_>>()
    };
    let public = ["genre ", "tune Public", "instrument "];
    let mut anon = seen(pull_all(&rest, As::Anon, None, 1).await.0);
    anon.sort();
    assert_eq!(anon, ["genre ", "instrument ", "tune Public"]);
    for who in [ANN, GUEST] {
        let rows = seen(pull_all(&rest, As::User(who), None, 2).await.0);
        assert_eq!(rows.len(), public.len() + 2, "and her profile and the public note: {rows:?}");
        assert!(rows.contains(&"note public".to_owned()));
    }
    let bens = seen(pull_all(&rest, BENS, None, 2).await.0);
    assert_eq!(bens.len(), public.len() + 4);
    assert!(bens.contains(&"note private".to_owned()) && bens.contains(&"tune Ben's".to_owned()));
}

#[tokio::test]
async fn the_own_echo_comes_back_once() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let (_, cursor) = pull_all(&rest, ANNS, None, 500).await;
    let reply = push(&rest, ANNS, json!([tune(1, ANN, "x")])).await.unwrap();
    let (rows, cursor) = pull_all(&rest, ANNS, Some(&cursor), 500).await;
    assert_eq!((rows.len(), rows[0].0.as_str(), &rows[0].1["title"]), (1, "tune", &json!("x")));
    assert_eq!(rows[0].1["sync_version"], reply["results"][0]["row"]["sync_version"]);
    assert_eq!(pull_all(&rest, ANNS, Some(&cursor), 500).await.0, []);
}

#[tokio::test]
async fn a_page_of_large_notes_ends_before_it_is_too_much_for_a_phone() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!([tune(1, ANN, "x")])).await.unwrap();
    let sql = format!(
        "insert into public.note (id, user_ref, tune_ref, note_text)
         select gen_random_uuid(), '{ANN}', '{}', string_agg(md5(random()::text), '') from generate_series(1, 5) as n,
           generate_series(1, case n when 5 then 40000 else 12500 end) as piece group by n",
        id(1)
    );
    server.admin().await.batch_execute(&sql).await.unwrap();
    let (mut cursor, mut pages, mut notes) = (None, Vec::new(), 0);
    loop {
        let page = pull(&rest, ANNS, cursor.as_deref(), 500).await.unwrap();
        let rows = page["rows"].as_array().unwrap();
        let here = rows.iter().filter(|row| row[0] == "note").count();
        notes += here;
        pages.push((here, page["rows"].to_string().len()));
        cursor = Some(page["cursor"].as_str().unwrap().to_owned());
        if page["has_more"] == json!(false) {
            break;
        }
    }
    assert_eq!(notes, 5, "{pages:?}");
    assert!(pages.iter().all(|(here, bytes)| *bytes < 1_100_000 || *here == 1), "{pages:?}");
    assert!(pages.len() >= 3, "{pages:?}");
    assert_eq!(pull(&rest, ANNS, cursor.as_deref(), 500).await.unwrap()["rows"], json!([]), "and none twice");
}

#[tokio::test]
async fn restamping_gives_every_row_a_new_position() {
    let server = Server::new().await;
    let rest = server.rest().await;
    push(&rest, ANNS, json!([tune(1, ANN, "x")])).await.unwrap();
    let (before, cursor) = pull_all(&rest, ANNS, None, 500).await;
    server.admin().await.batch_execute("select public.sync_restamp()").await.unwrap();
    let (after, _) = pull_all(&rest, ANNS, Some(&cursor), 500).await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_pull_without_news_costs_little_however_much_there_is() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let admin = server.admin().await;
    admin
        .batch_execute(&format!(
            "insert into public.tune (id, title) select gen_random_uuid(), 'Tune ' || n from generate_series(1, 500) n;
             insert into public.playlist (id, user_ref) values (gen_random_uuid(), '{ANN}'), (gen_random_uuid(), '{BEN}');
             insert into public.practice_record (id, user_ref, playlist_ref, tune_ref, practiced, quality)
             select gen_random_uuid(), p.user_ref, p.id, t.id, now() - n * interval '1 day', 3
             from public.playlist p, public.tune t, generate_series(1, 25) n;
             analyze"
        ))
        .await
        .unwrap();
    let (rows, cursor) = pull_all(&rest, ANNS, None, 1000).await;
    assert_eq!(rows.len(), 500 + 1 + 1 + 12_500);
    let mut times = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        assert_eq!(pull(&rest, ANNS, Some(&cursor), 500).await.unwrap()["rows"], json!([]));
        times.push(start.elapsed());
    }
    times.sort();
    println!("a pull without news among 25,000 records: {:?} (median)", times[4]);
    // Reading the 25,000 would take ten times as long as this generous bound on a busy machine.
    assert!(times[0] < Duration::from_millis(20), "{times:?}");
}
