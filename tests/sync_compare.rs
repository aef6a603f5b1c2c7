#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! Purged tombstones on a real PostgreSQL: what goes and when, who is told that her cursor lies before it, what `sync_look` answers.

mod server;

use serde_json::{Value, json};
use server::samples::{ANNS, BENS, id, op, playlist, statuses, tune};
use server::{ANN, As, BEN, Server, literal, pull, pull_all, push, request};
use tokio_postgres::Client;

async fn purge(admin: &Client, older_than: &str) -> i32 {
    let sql = format!("select public.sync_purge_tombstones('{older_than}')");
    admin.query_one(&sql, &[]).await.unwrap().get(0)
}

async fn look(rest: &Client, who: As, rows: Value) -> Result<Value, (String, String)> {
    let sql = format!("select public.sync_look({})", literal(&rows.to_string()));
    Ok(serde_json::from_str(request(rest, who, &sql).await?[0].as_deref().unwrap()).unwrap())
}

fn delete(table: &str, n: u32, base: i32) -> Value {
    op(table, &id(n), base, json!({"deleted": true, "last_modified_at": "2020-01-01T00:00:00Z"}))
}

async fn told(rest: &Client, cursor: &str, limit: i32) -> bool {
    pull(rest, ANNS, Some(cursor), limit).await.unwrap()["floor_passed"] == json!(true)
}

#[tokio::test]
async fn tombstones_go_by_the_servers_clock_and_only_where_nothing_refers_to_them() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    let link = op("playlist_tune", &id(30), 0, json!({"user_ref": ANN, "playlist_ref": id(20), "tune_ref": id(1)}));
    push(&rest, ANNS, json!([tune(1, ANN, "x"), tune(2, ANN, "y"), playlist(20, ANN), link])).await.unwrap();
    let deleted = json!([delete("tune", 1, 1), delete("tune", 2, 1)]);
    assert_eq!(statuses(&push(&rest, ANNS, deleted).await.unwrap()), ["applied"; 2]);
    // The devices' stamps are years old, but the server has had the tombstones for a moment only.
    assert_eq!(purge(&admin, "1 day").await, 0, "nothing is known to be old yet");
    admin.batch_execute("update public.sync_milestone set at = at - interval '2 days'").await.unwrap();
    push(&rest, ANNS, json!([tune(3, ANN, "z")])).await.unwrap();
    push(&rest, ANNS, json!([delete("tune", 3, 1)])).await.unwrap();
    assert_eq!(purge(&admin, "1 day").await, 1, "the first is named by a link, the third is young");
    let left = admin.query("select id::text from public.tune where deleted order by 1", &[]).await.unwrap();
    assert_eq!(left.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), [id(1), id(3)]);
    // The link goes, then the tune: children first, in one run.
    push(&rest, ANNS, json!([delete("playlist_tune", 30, 1)])).await.unwrap();
    assert_eq!(purge(&admin, "0 s").await, 3);
    assert_eq!(purge(&admin, "0 s").await, 0);
    for role in [ANNS, As::Anon] {
        let refused = request(&rest, role, "select public.sync_purge_tombstones('0 s')").await.unwrap_err();
        assert_eq!(refused.0, "42501");
    }
}

#[tokio::test]
async fn who_has_not_read_a_purged_tombstone_is_told_and_nobody_else() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    push(&rest, ANNS, json!((1..=6).map(|n| tune(n, ANN, "x")).collect::<Vec<_>>())).await.unwrap();
    let (_, before) = pull_all(&rest, ANNS, None, 500).await;
    // A series of pages that is under way while all this happens.
    let paging = pull(&rest, ANNS, None, 2).await.unwrap()["cursor"].as_str().unwrap().to_owned();
    push(&rest, ANNS, json!([delete("tune", 1, 1)])).await.unwrap();
    let (_, after) = pull_all(&rest, ANNS, Some(&before), 500).await;
    assert!(!told(&rest, &before, 500).await && !told(&rest, &paging, 2).await, "nothing was purged yet");
    assert_eq!(purge(&admin, "0 s").await, 1);
    assert!(told(&rest, &before, 500).await, "it would never hear of the deletion");
    assert!(told(&rest, &paging, 2).await, "nor would this one, which has the row already");
    assert!(!told(&rest, &after, 500).await, "this one has read the tombstone");
    assert_eq!(
        pull(&rest, ANNS, None, 2).await.unwrap().get("floor_passed"),
        None,
        "from the start: there is no floor"
    );
    // A series that began after the purge is not told on its later pages, old as the rows are that it has come to.
    let mut cursor = pull(&rest, ANNS, None, 2).await.unwrap()["cursor"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let page = pull(&rest, ANNS, Some(&cursor), 2).await.unwrap();
        assert_eq!(page.get("floor_passed"), None);
        cursor = page["cursor"].as_str().unwrap().to_owned();
    }
    // Another's purge does not tell whoever is up to date.
    let (_, current) = pull_all(&rest, ANNS, None, 500).await;
    assert_eq!(purge(&admin, "0 s").await, 0);
    assert!(!told(&rest, &current, 500).await);
}

#[tokio::test]
async fn a_look_says_of_each_row_whether_it_is_there_for_her() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    push(&rest, ANNS, json!([tune(1, ANN, "x")])).await.unwrap();
    push(&rest, BENS, json!([tune(2, BEN, "Ben's")])).await.unwrap();
    admin.batch_execute(&format!("insert into public.tune (id, title) values ('{}', 'Public')", id(3))).await.unwrap();
    let asked = json!([["tune", id(3)], ["tune", id(2)], ["tune", id(1)], ["note", id(1)]]);
    let reply = look(&rest, ANNS, asked.clone()).await.unwrap();
    let there: Vec<_> = reply["rows"].as_array().unwrap().iter().map(|r| (r[0].clone(), r[1]["id"].clone())).collect();
    assert_eq!(there, [(json!("tune"), json!(id(1))), (json!("tune"), json!(id(3)))]);
    assert_eq!(reply["rows"][0][1]["title"], "x");
    assert_eq!(reply["rows"][0][1].get("sync_xid"), None);
    assert_eq!(reply["gone"], json!([["tune", id(2)], ["note", id(1)]]));
    assert_eq!(reply["reader"], json!(ANN));
    let nobody = look(&rest, As::Anon, json!([["tune", id(1)], ["tune", id(3)]])).await.unwrap();
    assert_eq!((&nobody["gone"], &nobody["reader"]), (&json!([["tune", id(1)]]), &Value::Null));
    assert_eq!(look(&rest, As::Anon, asked).await.unwrap_err().0, "42501");
    for bad in
        [json!({}), json!([["genre", "x"]]), json!([["tune", "x"]]), json!([7]), json!(vec![["tune", "x"]; 1001])]
    {
        assert_eq!(look(&rest, ANNS, bad).await.unwrap_err().0, "22023");
    }
}

/// Nothing of what everybody sees may stay for ever on a device after it was taken out of her sight (pitfall 9), both ways.
#[tokio::test]
async fn what_goes_out_of_sight_without_a_tombstone_makes_every_device_compare() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    push(&rest, ANNS, json!([tune(9, ANN, "Ann's")])).await.unwrap();
    push(&rest, BENS, json!([tune(8, BEN, "Ben's")])).await.unwrap();
    for (n, title) in [(1, "Public"), (2, "Public, too")] {
        let sql = format!("insert into public.tune (id, title) values ('{}', '{title}')", id(n));
        admin.batch_execute(&sql).await.unwrap();
    }
    admin
        .batch_execute(&format!("insert into public.instrument (id, instrument) values ('{}', 'Harp')", id(3)))
        .await
        .unwrap();
    let owned = |table, column, n| format!("update public.{table} set {column} = '{BEN}' where id = '{}'", id(n));
    let removed = |n| format!("delete from public.tune where id = '{}'", id(n));
    for (what, sql) in [
        ("made one person's", owned("tune", "private_for", 1)),
        ("an instrument, too", owned("instrument", "private_to_user", 3)),
        ("removed by hand", removed(2)),
        ("given to another", owned("tune", "private_for", 9)),
    ] {
        let (_, before) = pull_all(&rest, ANNS, None, 500).await;
        assert!(!told(&rest, &before, 500).await, "nothing happened yet");
        admin.batch_execute(&sql).await.unwrap();
        assert!(told(&rest, &before, 500).await, "{what}");
        let nobody = pull(&rest, As::Anon, Some(&before), 500).await.unwrap();
        assert_eq!(nobody["floor_passed"], json!(true), "{what}, for people without an account");
    }
    let gone = json!([["tune", id(1)], ["tune", id(2)], ["tune", id(9)], ["instrument", id(3)]]);
    assert_eq!(look(&rest, ANNS, gone.clone()).await.unwrap()["gone"].as_array().unwrap().len(), 4);
    // What comes into sight travels by itself, and what a person does to her own rows tells nobody else.
    let (_, before) = pull_all(&rest, ANNS, None, 500).await;
    admin.batch_execute(&format!("update public.tune set private_for = null where id = '{}'", id(8))).await.unwrap();
    let (rows, _) = pull_all(&rest, ANNS, Some(&before), 500).await;
    assert_eq!(rows.len(), 1, "Ben's tune is everybody's now");
    let (_, before) = pull_all(&rest, ANNS, None, 500).await;
    admin.batch_execute(&removed(1)).await.unwrap();
    assert!(!told(&rest, &before, 500).await, "a row that was one person's is nobody else's business");
}

/// The position of a pull stays below an older transaction that still runs, and so below a floor that was raised since: it is not passed again by who
/// has just compared everything.
#[tokio::test]
async fn who_has_compared_is_not_told_again_while_an_older_transaction_runs() {
    let server = Server::new().await;
    let (rest, admin, slow) = (server.rest().await, server.admin().await, server.admin().await);
    for n in 1..=2 {
        admin
            .batch_execute(&format!("insert into public.tune (id, title) values ('{}', 'Public')", id(n)))
            .await
            .unwrap();
    }
    let (_, before) = pull_all(&rest, ANNS, None, 500).await;
    slow.batch_execute("begin; select pg_current_xact_id()").await.unwrap();
    let removed = |n| format!("delete from public.tune where id = '{}'", id(n));
    admin.batch_execute(&removed(1)).await.unwrap();
    assert!(told(&rest, &before, 500).await);
    for limit in [1, 500] {
        let (_, compared) = pull_all(&rest, ANNS, None, limit).await;
        assert!(!told(&rest, &compared, limit).await, "{compared}");
        let (_, later) = pull_all(&rest, ANNS, Some(&compared), limit).await;
        assert!(!told(&rest, &later, limit).await, "{later}");
    }
    let (_, compared) = pull_all(&rest, ANNS, None, 500).await;
    admin.batch_execute(&removed(2)).await.unwrap();
    assert!(told(&rest, &compared, 500).await, "that one is news");
    slow.batch_execute("commit").await.unwrap();
    let (_, after) = pull_all(&rest, ANNS, None, 500).await;
    assert!(after.contains(".-.") && !told(&rest, &after, 500).await, "{after}");
}

#[tokio::test]
async fn a_note_that_its_owner_hides_again_makes_every_device_compare() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    push(&rest, BENS, json!([tune(8, BEN, "Ben's")])).await.unwrap();
    let written = |table: &str, n: u32, more: &str, value: &str| {
        format!(
            "insert into public.{table} (id, user_ref, tune_ref, public{more}) values ('{}', '{BEN}', '{}', true{value})",
            id(n),
            id(8)
        )
    };
    for sql in [written("note", 1, "", ""), written("reference", 2, ", url", ", 'https://example.test'")] {
        admin.batch_execute(&sql).await.unwrap();
    }
    for (table, n) in [("note", 1), ("reference", 2)] {
        let (_, before) = pull_all(&rest, ANNS, None, 500).await;
        assert!(!told(&rest, &before, 500).await, "nothing happened yet");
        let op = json!({ "op": 1, "table": table, "id": id(n), "base": 1, "row": { "public": false } });
        let reply = push(&rest, BENS, json!([op])).await.unwrap();
        assert_eq!(reply["results"][0]["status"], "applied", "{reply}");
        assert!(told(&rest, &before, 500).await, "Ann has a copy of the {table}");
        // What nobody else could see is nobody else's business.
        let (_, before) = pull_all(&rest, ANNS, None, 500).await;
        admin.batch_execute(&format!("delete from public.{table} where id = '{}'", id(n))).await.unwrap();
        assert!(!told(&rest, &before, 500).await);
    }
    admin.batch_execute(&written("note", 3, "", "")).await.unwrap();
    let (_, before) = pull_all(&rest, ANNS, None, 500).await;
    admin.batch_execute(&format!("delete from public.note where id = '{}'", id(3))).await.unwrap();
    assert!(told(&rest, &before, 500).await, "removed by hand");
}

#[tokio::test]
async fn a_row_removed_by_hand_and_made_anew_is_later_than_what_devices_have() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    push(&rest, ANNS, json!([tune(1, ANN, "x")])).await.unwrap();
    for version in 1..=4 {
        let op =
            json!({ "op": 1, "table": "tune", "id": id(1), "base": version, "row": { "title": format!("{version}") } });
        assert_eq!(push(&rest, ANNS, json!([op])).await.unwrap()["results"][0]["status"], "applied");
    }
    admin.batch_execute(&format!("delete from public.tune where id = '{}'", id(1))).await.unwrap();
    let anew = format!("insert into public.tune (id, title, private_for) values ('{}', 'anew', '{ANN}')", id(1));
    admin.batch_execute(&anew).await.unwrap();
    let (rows, _) = pull_all(&rest, ANNS, None, 500).await;
    let made = rows.iter().find(|(table, _)| table == "tune").unwrap();
    assert!(made.1["sync_version"].as_i64().unwrap() > 5, "{made:?}");
}

#[tokio::test]
async fn restamping_names_another_history() {
    let server = Server::new().await;
    let (rest, admin) = (server.rest().await, server.admin().await);
    let mut before = pull(&rest, ANNS, None, 500).await.unwrap()["epoch"].clone();
    for _ in 0..2 {
        admin.batch_execute("select public.sync_restamp()").await.unwrap();
        let after = pull(&rest, ANNS, None, 500).await.unwrap()["epoch"].clone();
        assert_ne!(before, after);
        before = after;
    }
}
