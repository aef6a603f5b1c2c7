//! The fault knobs over the control port, against the real services.

#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use devstack::{Config, Devstack};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

struct Bench {
    stack: Devstack,
    control: String,
    http: Client,
    db: tokio_postgres::Client,
}

impl Bench {
    async fn start() -> Bench {
        let control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let stack = Devstack::start(Config { control, ..Config::default() }).await.unwrap();
        let (db, connection) = tokio_postgres::connect(&stack.database_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        db.batch_execute("create table note (id int primary key); grant all on note to anon, authenticated")
            .await
            .unwrap();
        db.batch_execute("notify pgrst, 'reload schema'").await.unwrap();
        let control = stack.control_url.clone().unwrap();
        // No pooled connections: one that was cut would be retried on another.
        let http = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let bench = Bench { stack, control, http, db };
        while bench.insert(0).await.unwrap().status() != StatusCode::CREATED {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bench
    }

    async fn knob(&self, path: &str, body: Value) -> Value {
        let reply = self.http.post(format!("{}{path}", self.control)).json(&body).send().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        serde_json::from_str(&reply.text().await.unwrap()).unwrap_or(Value::Null)
    }

    async fn insert(&self, id: i32) -> reqwest::Result<reqwest::Response> {
        let request = self.http.post(format!("{}/rest/v1/note", self.stack.url));
        request.header("apikey", &self.stack.publishable_key).json(&json!({ "id": id })).send().await
    }

    async fn stored(&self, id: i32) -> bool {
        self.db.query_opt("select from note where id = $1", &[&id]).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn requests_and_replies_get_lost() {
    let bench = Bench::start().await;
    let rule = |action: Value| json!({"match": {"service": "rest", "method": "POST"}, "times": 1, "action": action});

    bench.knob("/faults", rule(json!("drop_request"))).await;
    assert!(bench.insert(1).await.is_err());
    assert!(!bench.stored(1).await);
    bench.knob("/faults", rule(json!("drop_reply"))).await;
    assert!(bench.insert(2).await.is_err());
    assert!(bench.stored(2).await, "committed, though nobody was told");
    assert_eq!(bench.insert(3).await.unwrap().status(), 201, "both rules are spent");

    let reply = json!({"status": {"code": 429, "body": {"message": "slow down"}, "headers": {"retry-after": "2"}}});
    bench.knob("/faults", rule(reply)).await;
    let refused = bench.insert(4).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(refused.json::<Value>().await.unwrap(), json!({"message": "slow down"}));
    bench.knob("/faults", rule(json!({"delay_ms": 300}))).await;
    let began = Instant::now();
    assert_eq!(bench.insert(5).await.unwrap().status(), 201);
    assert!(began.elapsed() >= Duration::from_millis(300));
    bench.knob("/faults", rule(json!("html"))).await;
    assert!(bench.insert(6).await.unwrap().text().await.unwrap().starts_with("<!doctype html>"));

    let rules =
        bench.http.get(format!("{}/faults", bench.control)).send().await.unwrap().json::<Value>().await.unwrap();
    assert!(rules.as_array().unwrap().iter().all(|rule| rule["hits"] == 1), "{rules}");
    bench.http.delete(format!("{}/faults", bench.control)).send().await.unwrap();
    assert!(bench.stack.faults.rules().is_empty());
    let stats = bench.http.get(format!("{}/stats", bench.control)).send().await.unwrap().json::<Value>().await.unwrap();
    assert!(stats["POST /rest/v1/note"].as_u64().unwrap() >= 7, "{stats}");
    bench.stack.stop().await;
}

#[tokio::test]
async fn tokens_and_the_clock_are_bent_for_all_services() {
    let bench = Bench::start().await;
    bench.knob("/token_life", json!({"seconds": 5})).await;
    let session: Value = bench
        .http
        .post(format!("{}/auth/v1/signup", bench.stack.url))
        .header("apikey", &bench.stack.publishable_key)
        .json(&json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(session["expires_in"], 5);
    let read = || {
        let request = bench.http.get(format!("{}/rest/v1/note", bench.stack.url));
        request
            .header("apikey", &bench.stack.publishable_key)
            .bearer_auth(session["access_token"].as_str().unwrap())
            .send()
    };
    assert_eq!(read().await.unwrap().status(), 200);
    bench.knob("/clock", json!({"offset_seconds": 60})).await;
    let expired = read().await.unwrap();
    assert_eq!(expired.status(), 401);
    assert_eq!(expired.json::<Value>().await.unwrap()["code"], "PGRST303");
    bench.knob("/realtime/suppress", json!({"on": true})).await;
    assert!(bench.stack.faults.realtime_suppressed());
    bench.knob("/sockets/cut", json!({})).await;
    bench.stack.stop().await;
}
