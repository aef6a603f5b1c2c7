#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! What the server asks of a device before it takes edits, and what it tells of the person's devices: the schema gate on
//! PostgreSQL and through PostgREST's 426 down to the words of the status; the names of devices.

mod devices;
mod server;

use devices::{Device, account, config, database, eventually, run, sign_in, stack};
use serde_json::{Value, json};
use server::{ANN, As, BEN, Server, pull, push, request};
use tunetrees::store::schema::Table;
use tunetrees::sync::status::SyncPhase;

const ANNS: As = As::User(ANN);
const BENS: As = As::User(BEN);

const RAISED: &str =
    "create or replace function public.sync_min_schema() returns integer language sql immutable as $$ select 999 $$";
const LOWERED: &str =
    "create or replace function public.sync_min_schema() returns integer language sql immutable as $$ select 0 $$";

fn names(page: &Value) -> Vec<(&str, Option<&str>)> {
    let devices = page["devices"].as_array().unwrap();
    devices.iter().map(|d| (d["id"].as_str().unwrap(), d["name"].as_str())).collect()
}

#[tokio::test]
async fn a_push_from_an_old_app_is_answered_with_pt426_and_a_pull_is_not() {
    let server = Server::new().await;
    let rest = server.rest().await;
    server.admin().await.batch_execute(RAISED).await.unwrap();
    let (code, message) = push(&rest, ANNS, json!([])).await.unwrap_err();
    assert_eq!(code, "PT426");
    assert!(message.contains("too old"), "{message}");
    assert!(request(&rest, ANNS, "select public.sync_push('[]', 'd', 998)").await.is_err());
    assert!(request(&rest, ANNS, "select public.sync_push('[]', 'd', 999)").await.is_ok());
    assert!(pull(&rest, ANNS, None, 5).await.is_ok());
}

#[tokio::test]
async fn edits_made_on_another_history_are_not_looked_at() {
    let server = Server::new().await;
    let rest = server.rest().await;
    let ops = json!([{"op": 1, "table": "tune", "id": "00000001-0000-4000-8000-000000000000", "base": 0,
        "row": {"title": "x", "private_for": ANN}}]);
    let send = |epoch: String| format!("select public.sync_push('{ops}', 'phone', 8, null, {epoch}) ->> 'results'");
    let count = "select count(*)::text from public.tune where title = 'x'";
    assert_eq!(request(&rest, ANNS, &send("'another'".into())).await.unwrap(), [Some("[]".to_owned())]);
    assert_eq!(request(&rest, ANNS, count).await.unwrap(), [Some("0".to_owned())]);
    assert!(
        request(&rest, ANNS, &send("public.sync_epoch()".into())).await.unwrap()[0]
            .as_ref()
            .unwrap()
            .contains("applied")
    );
    assert_eq!(request(&rest, ANNS, count).await.unwrap(), [Some("1".to_owned())]);
}

#[tokio::test]
async fn the_last_page_names_the_persons_devices_and_nobody_elses() {
    let server = Server::new().await;
    let rest = server.rest().await;
    for (who, sql) in [
        (ANNS, "select public.sync_push('[]', 'phone', 4, 'Phone')"),
        (ANNS, "select public.sync_push('[]', 'tablet', 4, null)"),
        (BENS, "select public.sync_push('[]', 'phone', 4, 'Ben''s phone')"),
        // A push without a name keeps the one that is known.
        (ANNS, "select public.sync_push('[]', 'phone', 4, null)"),
    ] {
        request(&rest, who, sql).await.unwrap();
    }
    let page = pull(&rest, ANNS, None, 500).await.unwrap();
    let mut found = names(&page);
    found.sort_unstable();
    assert_eq!(found, [("phone", Some("Phone")), ("tablet", None)]);
    assert_eq!(names(&pull(&rest, BENS, None, 500).await.unwrap()), [("phone", Some("Ben's phone"))]);
    // Only with the last page, and to nobody who is not signed in.
    let tune = |n: u32| {
        let id = format!("{n:08x}-0000-4000-8000-000000000000");
        json!({"op": n, "table": "tune", "id": id, "base": 0, "row": {"title": "x", "private_for": ANN}})
    };
    push(&rest, ANNS, json!([tune(1), tune(2)])).await.unwrap();
    let first = pull(&rest, ANNS, None, 1).await.unwrap();
    assert_eq!((&first["has_more"], &first["devices"]), (&json!(true), &Value::Null));
    assert_eq!(pull(&rest, As::Anon, None, 500).await.unwrap()["devices"], Value::Null);
    let theirs = request(&rest, ANNS, "select name from public.sync_device where name like 'Ben%'").await.unwrap();
    assert!(theirs.is_empty());
    let forged = format!("insert into public.sync_device (user_ref, id) values ('{BEN}', 'x')");
    assert_eq!(request(&rest, ANNS, &forged).await.unwrap_err().0, "42501");
}

#[test]
fn an_old_app_is_told_to_update_keeps_its_edits_and_goes_on_pulling() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        let db = database(&stack).await;
        db.batch_execute(RAISED).await.unwrap();
        let mine = a.new_tune("Kept here");
        eventually("told to update", || a.phase() == SyncPhase::UpdateApp).await;
        assert_eq!(a.pending(), 1);
        assert!(a.status.borrow().last_error.as_deref().unwrap().contains("update the app"), "{:?}", a.status);
        let sql = format!(
            "insert into tune (id, title, private_for) values (gen_random_uuid(), 'From elsewhere', '{}')",
            a.user
        );
        db.batch_execute(&sql).await.unwrap();
        eventually("pulled all the same", || a.count("select count(*) from tune where title = 'From elsewhere'") == 1)
            .await;
        assert_eq!(a.phase(), SyncPhase::UpdateApp);
        db.batch_execute(LOWERED).await.unwrap();
        a.synced().await;
        assert_eq!(a.value(Table::Tune, &mine, "sync_version"), 1);

        // Names of devices arrive with a pull.
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        b.synced().await;
        let known = b
            .store
            .borrow()
            .conn()
            .query_row("select value from sync_meta where key = 'devices'", [], |row| row.get::<_, String>(0));
        let known: Value = serde_json::from_str(&known.unwrap()).unwrap();
        assert_eq!(known[0]["id"], a.store.borrow().device().to_string());
        stack.stop().await;
    });
}
