//! The table of what the real Realtime's SQL does with row changes (recorded from walrus on PostgreSQL 15), played
//! against devstack for replica identity default and full.

#![allow(clippy::unwrap_used)]

mod phoenix;

use phoenix::{ANN, BOB, Client, changes_until_now, stack, token};
use serde_json::{Value, json};

const SCHEMA: &str = "
create table note (id uuid primary key, user_ref uuid not null, body text, n int8, d numeric, ok boolean, at timestamptz,
  j jsonb, tags text[], raw bytea, secret text);
alter table note enable row level security;
create policy own on note to authenticated using (user_ref = auth.uid()) with check (user_ref = auth.uid());
grant select (id, user_ref, body, n, d, ok, at, j, tags, raw) on note to authenticated;
create table open_note (id int primary key, body text);
grant select on open_note to authenticated;
create table keyless (body text);
alter table keyless replica identity full;
grant select on keyless to authenticated;
create table hidden_key (id int primary key, body text);
grant select (body) on hidden_key to authenticated;
create table unpublished (id int primary key);
alter publication supabase_realtime add table note, open_note, keyless, hidden_key;
";

struct Watcher {
    client: Client,
    topic: &'static str,
}

impl Watcher {
    async fn new(stack: &devstack::Devstack, topic: &'static str, user: &str, filter: Option<&str>) -> Watcher {
        let mut client = Client::open(stack, true).await;
        let mut request = json!({"event": "*", "schema": "public", "table": "note"});
        if let Some(user) = filter {
            request["filter"] = format!("user_ref=eq.{user}").into();
        }
        client.watch(topic, request, &token(stack, user, 600)).await;
        Watcher { client, topic }
    }

    async fn changes(&mut self, db: &tokio_postgres::Client) -> Vec<Value> {
        changes_until_now(db, &mut self.client, self.topic).await
    }
}

fn kinds(changes: &[Value]) -> Vec<&str> {
    changes.iter().map(|change| change["type"].as_str().unwrap()).collect()
}

async fn replay_table(full: bool) {
    let (stack, db) = stack().await;
    db.batch_execute(SCHEMA).await.unwrap();
    if full {
        db.batch_execute("alter table note replica identity full").await.unwrap();
    }
    let mut ann = Watcher::new(&stack, "realtime:ann", ANN, None).await;
    let mut ann_own = Watcher::new(&stack, "realtime:ann-own", ANN, Some(ANN)).await;
    let mut bob = Watcher::new(&stack, "realtime:bob", BOB, None).await;
    let mut bob_own = Watcher::new(&stack, "realtime:bob-own", BOB, Some(BOB)).await;
    let id = "11111111-0000-4000-8000-000000000001";

    // INSERT by A: A gets it with and without filter, B nothing. Values look as PostgREST's.
    db.batch_execute(&format!(
        "insert into note values ('{id}', '{ANN}', 'it''s', 9007199254740993, 1.50, true,
             '2026-01-02 03:04:05.123456+00', '{{\"a\":1}}', '{{x,y}}', '\\x01ff', 'hidden')"
    ))
    .await
    .unwrap();
    for watcher in [&mut ann, &mut ann_own] {
        let changes = watcher.changes(&db).await;
        assert_eq!(kinds(&changes), ["INSERT"]);
        let change = &changes[0];
        assert_eq!(change["errors"], Value::Null);
        assert!(change.get("old_record").is_none());
        assert_eq!(
            change["record"],
            json!({"id": id, "user_ref": ANN, "body": "it's", "n": 9007199254740993_i64, "d": 1.50, "ok": true,
                "at": "2026-01-02T03:04:05.123456+00:00", "j": {"a": 1}, "tags": ["x", "y"], "raw": "\\x01ff"}),
            "a column without grant is not told"
        );
        assert_eq!(change["columns"][3], json!({"name": "n", "type": "int8"}));
        assert_eq!(change["columns"][8], json!({"name": "tags", "type": "_text"}));
        let time = change["commit_timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.contains('T'), "{time}");
    }
    assert!(bob.changes(&db).await.is_empty());
    assert!(bob_own.changes(&db).await.is_empty());

    // UPDATE by A: old_record is the key, or the whole old row.
    db.batch_execute("update note set body = 'two'").await.unwrap();
    for watcher in [&mut ann, &mut ann_own] {
        let changes = watcher.changes(&db).await;
        assert_eq!(kinds(&changes), ["UPDATE"]);
        assert_eq!(changes[0]["record"]["body"], "two");
        if full {
            assert_eq!(changes[0]["old_record"]["body"], "it's");
            assert!(changes[0]["old_record"].get("secret").is_none(), "only readable columns");
        } else {
            assert_eq!(changes[0]["old_record"], json!({"id": id}));
        }
    }
    assert!(bob.changes(&db).await.is_empty());

    // Owner moved A→B: B gets the UPDATE, for A the row just stops.
    db.batch_execute(&format!("update note set user_ref = '{BOB}'")).await.unwrap();
    assert!(ann.changes(&db).await.is_empty());
    assert!(ann_own.changes(&db).await.is_empty());
    for watcher in [&mut bob, &mut bob_own] {
        let changes = watcher.changes(&db).await;
        assert_eq!(kinds(&changes), ["UPDATE"]);
        assert_eq!(changes[0]["old_record"].get("user_ref"), full.then(|| json!(ANN)).as_ref());
    }
    db.batch_execute(&format!("update note set user_ref = '{ANN}'")).await.unwrap();
    for watcher in [&mut ann, &mut ann_own, &mut bob, &mut bob_own] {
        watcher.changes(&db).await;
    }

    // DELETE: everybody without filter gets the key; with filter only where the identity has the column.
    db.batch_execute("delete from note").await.unwrap();
    for watcher in [&mut ann, &mut bob] {
        let changes = watcher.changes(&db).await;
        assert_eq!(kinds(&changes), ["DELETE"]);
        assert_eq!(changes[0]["old_record"], json!({"id": id}));
        assert!(changes[0].get("record").is_none());
    }
    assert_eq!(kinds(&ann_own.changes(&db).await), if full { vec!["DELETE"] } else { vec![] });
    assert!(bob_own.changes(&db).await.is_empty());

    // Inserted and deleted before the poll: only the DELETE.
    db.batch_execute(&format!(
        "begin; insert into note (id, user_ref) values ('{id}', '{ANN}'); delete from note; commit"
    ))
    .await
    .unwrap();
    assert_eq!(kinds(&ann.changes(&db).await), ["DELETE"]);

    // A row over the limit: reduced, with an error; nulls are left out with the large values.
    db.batch_execute(&format!(
        "insert into note (id, user_ref, body, n) values ('{id}', '{ANN}', repeat('x', 1100000), 7)"
    ))
    .await
    .unwrap();
    let changes = ann.changes(&db).await;
    assert_eq!(kinds(&changes), ["INSERT"]);
    assert_eq!(changes[0]["errors"], json!(["Error 413: Payload Too Large"]));
    assert_eq!(changes[0]["record"], json!({"id": id, "user_ref": ANN, "n": 7}));
    // A large value that an UPDATE does not touch is known only under full identity.
    db.batch_execute("update note set body = (select string_agg(md5(i::text), '') from generate_series(1, 1000) i); update note set n = 8")
        .await
        .unwrap();
    let changes = ann.changes(&db).await;
    assert_eq!(kinds(&changes), ["UPDATE", "UPDATE"]);
    assert_eq!(changes[1]["record"].get("body").is_some(), full);
    // TRUNCATE is not told.
    db.batch_execute("truncate note").await.unwrap();
    assert!(ann.changes(&db).await.is_empty());
    stack.stop().await;
}

#[tokio::test]
async fn the_recorded_table_with_replica_identity_default() {
    replay_table(false).await;
}

#[tokio::test]
async fn the_recorded_table_with_replica_identity_full() {
    replay_table(true).await;
}

#[tokio::test]
async fn tables_without_policies_keys_or_rights() {
    let (stack, db) = stack().await;
    db.batch_execute(SCHEMA).await.unwrap();
    let ann = token(&stack, ANN, 600);
    let mut client = Client::open(&stack, false).await;
    client.watch("realtime:all", json!({"event": "*", "schema": "public"}), &ann).await;

    db.batch_execute("insert into open_note values (1, 'a'); update open_note set body = 'b'; delete from open_note")
        .await
        .unwrap();
    let changes = changes_until_now(&db, &mut client, "realtime:all").await;
    assert_eq!(kinds(&changes), ["INSERT", "UPDATE", "DELETE"]);

    db.batch_execute("insert into keyless values ('a')").await.unwrap();
    let changes = changes_until_now(&db, &mut client, "realtime:all").await;
    assert_eq!(changes[0]["errors"], json!(["Error 400: Bad Request, no primary key"]));
    assert!(changes[0].get("record").is_none() && changes[0].get("columns").is_none());

    db.batch_execute("insert into hidden_key values (1, 'a')").await.unwrap();
    let changes = changes_until_now(&db, &mut client, "realtime:all").await;
    assert_eq!(changes[0]["errors"], json!(["Error 401: Unauthorized"]));

    // Requests that cannot be served: the join stays, a system message tells.
    for request in [
        json!({"event": "*", "schema": "public", "table": "unpublished"}),
        json!({"event": "*", "schema": "public", "table": "note", "filter": "secret=eq.x"}),
        json!({"event": "*", "schema": "public", "table": "note", "filter": "n=eq.x"}),
        json!({"event": "*", "schema": "public", "table": "note", "filter": "n"}),
    ] {
        let reply = client.join("realtime:odd", json!({"postgres_changes": [request]}), &ann).await;
        assert_eq!(reply["status"], "ok");
        let system = client.until("system").await;
        assert_eq!(system.payload["status"], "error", "{request}: {}", system.payload);
    }
    stack.stop().await;
}

#[tokio::test]
async fn events_filters_and_columns_narrow_a_subscription() {
    let (stack, db) = stack().await;
    db.batch_execute(SCHEMA).await.unwrap();
    let ann = token(&stack, ANN, 600);
    let mut client = Client::open(&stack, true).await;
    let requests = json!([
        {"event": "UPDATE", "schema": "public", "table": "open_note"},
        {"event": "*", "schema": "public", "table": "open_note", "filter": "id=in.(1,2),body=not.like.x%"},
        {"event": "INSERT", "schema": "public", "table": "open_note", "select": ["id"]}
    ]);
    let reply = client.join("realtime:a", json!({"postgres_changes": requests}), &ann).await;
    let ids: Vec<i64> =
        reply["response"]["postgres_changes"].as_array().unwrap().iter().map(|r| r["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    client.until("system").await;
    db.batch_execute(
        "insert into open_note values (1, 'a'), (3, 'c'), (2, 'xx'); update open_note set body = 'b' where id = 1",
    )
    .await
    .unwrap();
    let mut seen = vec![];
    for _ in 0..5 {
        let frame = client.until("postgres_changes").await;
        assert_eq!((frame.join_ref, frame.reference), (None, None));
        let (data, ids) = (&frame.payload["data"], frame.payload["ids"].clone());
        seen.push((data["type"].as_str().unwrap().to_owned(), data["record"].clone(), ids));
    }
    assert_eq!(
        seen,
        [
            ("INSERT".into(), json!({"id": 1, "body": "a"}), json!([ids[1]])),
            ("INSERT".into(), json!({"id": 1}), json!([ids[2]])),
            ("INSERT".into(), json!({"id": 3}), json!([ids[2]])),
            ("INSERT".into(), json!({"id": 2}), json!([ids[2]])),
            ("UPDATE".into(), json!({"id": 1, "body": "b"}), json!([ids[0], ids[1]])),
        ]
    );
    stack.stop().await;
}
