//! Channels: joins and their refusals, private broadcasts from the database, client broadcasts, heartbeats, tokens,
//! the fault knobs that concern sockets.

#![allow(clippy::unwrap_used)]

mod phoenix;

use std::time::{Duration, Instant};

use phoenix::{ANN, BOB, Client, stack, token};
use serde_json::json;

const POLICIES: &str = "
create policy hear on realtime.messages for select to authenticated
  using (realtime.topic() = 'sync:' || (select auth.uid())::text and extension = 'broadcast');
create policy speak on realtime.messages for insert to authenticated
  with check (realtime.topic() = 'sync:' || (select auth.uid())::text and extension = 'broadcast');
";

#[tokio::test]
async fn a_committed_broadcast_reaches_its_private_channel_fast() {
    let (stack, db) = stack().await;
    db.batch_execute(POLICIES).await.unwrap();
    let topic = format!("realtime:sync:{ANN}");
    let private = json!({"private": true});
    let mut v1 = Client::open(&stack, false).await;
    let mut v2 = Client::open(&stack, true).await;
    let mut public = Client::open(&stack, true).await;
    for client in [&mut v1, &mut v2] {
        assert_eq!(client.join(&topic, private.clone(), &token(&stack, ANN, 600)).await["status"], "ok");
    }
    assert_eq!(public.join(&topic, json!({}), &token(&stack, BOB, 600)).await["status"], "ok");
    let mut bob = Client::open(&stack, true).await;
    let refusal = bob.join(&topic, private, &token(&stack, BOB, 600)).await;
    assert_eq!(refusal["status"], "error");
    let expected = format!("Unauthorized: You do not have permissions to read from this Channel topic: sync:{ANN}");
    assert_eq!(refusal["response"]["reason"], expected);

    let mut times = vec![];
    for n in 0..20 {
        let sent = Instant::now();
        db.execute(
            "select realtime.send(jsonb_build_object('n', $1::int), 'changed', $2, true)",
            &[&n, &format!("sync:{ANN}")],
        )
        .await
        .unwrap();
        let frame = v2.until("broadcast").await;
        times.push(sent.elapsed());
        assert_eq!(frame.topic, topic);
        assert_eq!(frame.payload["event"], "changed");
        assert_eq!(frame.payload["payload"]["n"], n);
        assert_eq!(frame.payload["payload"]["id"], frame.payload["meta"]["id"]);
        assert_eq!(v1.until("broadcast").await.payload, frame.payload);
    }
    times.sort();
    println!("commit to subscriber: median {:?}, worst {:?}", times[10], times[19]);
    assert!(times[10] < Duration::from_millis(150), "median {:?}", times[10]);

    // Rolled back: never sent. The public channel of the same name has heard nothing private.
    db.batch_execute(&format!("begin; select realtime.send('{{}}', 'lost', 'sync:{ANN}', true); rollback"))
        .await
        .unwrap();
    db.execute("select realtime.send('{}', 'open', $1, false)", &[&format!("sync:{ANN}")]).await.unwrap();
    assert_eq!(public.until("broadcast").await.payload["event"], "open");
    db.execute("select realtime.send('{}', 'last', $1, true)", &[&format!("sync:{ANN}")]).await.unwrap();
    assert_eq!(v2.until("broadcast").await.payload["event"], "last");
    stack.stop().await;
}

#[tokio::test]
async fn clients_broadcast_to_each_other() {
    let (stack, db) = stack().await;
    db.batch_execute(POLICIES).await.unwrap();
    let token = token(&stack, ANN, 600);
    let mut a = Client::open(&stack, true).await;
    let mut b = Client::open(&stack, false).await;
    let config = json!({"broadcast": {"ack": true, "self": true}});
    a.join("realtime:room", config, &token).await;
    b.join("realtime:room", json!({}), &token).await;

    // A binary push of 2.0.0: heard by itself (self), acknowledged (ack), and by the 1.0.0 client as text.
    let mut push = vec![3, 2, 1, 13, 2, 0, 1];
    push.extend_from_slice(b"j19realtime:roomhi{\"x\":1}");
    a.send_binary(push).await;
    let heard = a.next().await.unwrap();
    assert_eq!(heard.payload, json!({"type": "broadcast", "event": "hi", "payload": {"x": 1}}));
    let ack = a.next().await.unwrap();
    assert_eq!((ack.event.as_str(), ack.reference.as_deref()), ("phx_reply", Some("9")));
    assert_eq!(b.until("broadcast").await.payload, heard.payload);

    // Text from the 1.0.0 client: the 2.0.0 client hears it, the sender does not.
    b.send("j1", "realtime:room", "broadcast", json!({"type": "broadcast", "event": "yo", "payload": {}})).await;
    assert_eq!(a.until("broadcast").await.payload["event"], "yo");

    // Over HTTP.
    let message = json!({"messages": [{"topic": "room", "event": "http", "payload": {"y": 2}}]});
    let reply = reqwest::Client::new()
        .post(format!("{}/realtime/v1/api/broadcast", stack.url))
        .header("apikey", &stack.publishable_key)
        .json(&message)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 202);
    let next = b.until("broadcast").await;
    assert_eq!(next.payload["event"], "http", "the sender's own broadcast did not come back");

    // A heartbeat, an unknown topic, a leave.
    b.send("", "phoenix", "heartbeat", json!({})).await;
    assert_eq!(b.next().await.unwrap().payload, json!({"status": "ok", "response": {}}));
    b.send("x", "realtime:other", "broadcast", json!({})).await;
    assert_eq!(b.next().await.unwrap().payload["response"]["reason"], "unmatched topic");
    b.send("j1", "realtime:room", "phx_leave", json!({})).await;
    assert_eq!(b.next().await.unwrap().payload["status"], "ok");
    assert_eq!(b.next().await.unwrap().event, "phx_close");
    stack.stop().await;
}

#[tokio::test]
async fn tokens_expire_and_are_renewed() {
    let (stack, db) = stack().await;
    db.batch_execute(
        "create table note (id int primary key, user_ref uuid); alter table note enable row level security;
         create policy own on note to authenticated using (user_ref = auth.uid());
         grant select on note to authenticated; alter publication supabase_realtime add table note",
    )
    .await
    .unwrap();
    let mut client = Client::open(&stack, true).await;
    let request = json!({"event": "*", "schema": "public", "table": "note"});
    client.watch("realtime:n", request.clone(), &token(&stack, ANN, 3600)).await;

    // New claims: the subscription is said to be in place again, and is judged as the new user.
    client.send("j1", "realtime:n", "access_token", json!({"access_token": token(&stack, BOB, 60)})).await;
    assert_eq!(client.until("system").await.payload["message"], "Subscribed to PostgreSQL");
    db.batch_execute(&format!("insert into note values (1, '{ANN}'); insert into note values (2, '{BOB}')"))
        .await
        .unwrap();
    assert_eq!(client.until("postgres_changes").await.payload["data"]["record"]["id"], 2);

    // A key is not a user's token.
    client.send("j1", "realtime:n", "access_token", json!({"access_token": stack.publishable_key})).await;

    // The clock passes the token's end.
    stack.faults.set_clock_offset(120);
    let system = client.until("system").await;
    assert_eq!((&system.payload["extension"], &system.payload["status"]), (&json!("system"), &json!("error")));
    assert!(system.payload["message"].as_str().unwrap().starts_with("Token has expired"), "{}", system.payload);
    assert_eq!(client.next().await.unwrap().event, "phx_close");
    let reply = client.join("realtime:n", json!({}), &token(&stack, BOB, 60)).await;
    assert_eq!(reply["status"], "error");
    assert!(reply["response"]["reason"].as_str().unwrap().starts_with("InvalidJWTToken: Token has expired"));
    stack.faults.set_clock_offset(0);

    // Tokens of somebody else's making.
    let foreign = devstack::jwt::JwtKeys::new("another secret").sign(&serde_json::Map::new());
    let reply = client.join("realtime:n", json!({}), &foreign).await;
    assert_eq!(reply["response"]["reason"], "JwtSignatureError: Failed to validate JWT signature");
    stack.stop().await;
}

#[tokio::test]
async fn sockets_can_be_cut_and_realtime_silenced() {
    let (stack, db) = stack().await;
    let mut client = Client::open(&stack, true).await;
    client.join("realtime:a", json!({}), &token(&stack, ANN, 600)).await;
    stack.faults.suppress_realtime(true);
    db.execute("select realtime.send('{}', 'unheard', 'a', false)", &[]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stack.faults.suppress_realtime(false);
    db.execute("select realtime.send('{}', 'heard', 'a', false)", &[]).await.unwrap();
    assert_eq!(client.until("broadcast").await.payload["event"], "heard", "what was silenced is lost");

    // The database ends the slot's session (as a restart does): a new one is made, and what was sent meanwhile is lost.
    db.batch_execute("select pg_terminate_backend(active_pid) from pg_replication_slots").await.unwrap();
    let frame = loop {
        db.execute("select realtime.send('{}', 'again', 'a', false)", &[]).await.unwrap();
        if let Ok(frame) = tokio::time::timeout(Duration::from_millis(300), client.until("broadcast")).await {
            break frame;
        }
    };
    assert_eq!(frame.payload["event"], "again");

    stack.faults.cut_sockets();
    while client.next().await.is_some() {}
    stack.stop().await;
}

#[tokio::test]
async fn handshakes_without_a_good_key_or_version_are_refused() {
    let (stack, _db) = stack().await;
    let base = format!("{}/realtime/v1/websocket", stack.url.replace("http", "ws"));
    for query in ["".to_owned(), "?apikey=sb_wrong".into(), format!("?apikey={}&vsn=3.0.0", stack.publishable_key)] {
        let refused = tokio_tungstenite::connect_async(format!("{base}{query}")).await;
        assert!(refused.is_err(), "{query}");
    }
    stack.stop().await;
}
