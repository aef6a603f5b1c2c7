//! The listener as a whole: keys, CORS, the served app; and requests nobody honest sends, which must be refused
//! without an internal error and without a trace in the database.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use devstack::jwt::now;
use devstack::{Config, Devstack};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

const TABLES: &str = "
create table thing (id int primary key, owner text not null default current_setting('request.jwt.claims')::json ->> 'sub',
  j jsonb, tags text[], t tsvector);
alter table thing enable row level security;
create policy own on thing to authenticated using (owner = current_setting('request.jwt.claims')::json ->> 'sub');
grant select, insert, update, delete on thing to authenticated, service_role;
create function whoami() returns json language sql stable as $$
  select json_build_object('role', current_user, 'sub', nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub') $$;
create function wait() returns void language sql as 'select pg_sleep(1)';
create function total(variadic n int[]) returns bigint language sql immutable as 'select sum(x) from unnest(n) x';
notify pgrst, 'reload schema';";

struct Stack {
    stack: Devstack,
    admin: tokio_postgres::Client,
    client: Client,
}

impl Stack {
    async fn start(config: Config) -> Stack {
        let stack = Devstack::start(config).await.unwrap();
        let (admin, connection) = tokio_postgres::connect(&stack.database_url, NoTls).await.unwrap();
        tokio::spawn(connection);
        admin.batch_execute(TABLES).await.unwrap();
        Stack { stack, admin, client: Client::new() }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.stack.url))
    }

    fn as_user(&self, user: &str, method: &str, path: &str) -> RequestBuilder {
        let claims = json!({"role": "authenticated", "sub": user, "exp": now() + 600});
        let token = self.stack.jwt.sign(claims.as_object().unwrap());
        self.request(method, path).header("apikey", &self.stack.publishable_key).bearer_auth(token)
    }
}

async fn json_of(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn keys_decide_the_role_of_requests_without_a_user() {
    let s = Stack::start(Config::default()).await;
    let role = async |key: &str| json_of(s.request("GET", "/rest/v1/rpc/whoami").header("apikey", key)).await;
    assert_eq!(role(&s.stack.publishable_key).await.1["role"], "anon");
    assert_eq!(role(&s.stack.anon_jwt).await.1["role"], "anon");
    assert_eq!(role(&s.stack.secret_key).await.1["role"], "service_role");
    assert_eq!(role(&s.stack.service_role_jwt).await.1["role"], "service_role");
    assert_eq!(
        role("sb_publishable_wrong").await,
        (
            401,
            json!({"message": "Invalid API key",
        "hint": "Double check the provided API key, it is not one of this stack."})
        )
    );
    let (status, body) = json_of(s.request("GET", "/rest/v1/thing")).await;
    assert_eq!((status, &body["message"]), (401, &json!("No API key found in request")));
    let key = &s.stack.publishable_key;
    let by_query = s.request("GET", &format!("/rest/v1/rpc/whoami?apikey={key}"));
    assert_eq!(json_of(by_query).await.1["role"], "anon");
    let as_key = s.request("GET", "/rest/v1/rpc/whoami").header("apikey", key).bearer_auth(key);
    assert_eq!(json_of(as_key).await.1["role"], "anon", "supabase-js sends the key as bearer too");
    let browser = s.request("GET", "/rest/v1/rpc/whoami").header("apikey", &s.stack.secret_key);
    assert_eq!(json_of(browser.header("user-agent", "Mozilla/5.0")).await.0, 401);
    let unsigned = s.request("GET", "/rest/v1/thing").header("apikey", key).header("origin", "http://app.test");
    let response = unsigned.send().await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let (_, body) = json_of(s.request("GET", "/config.json").header("host", "app.test:8080")).await;
    assert_eq!(body, json!({"supabase_url": "http://app.test:8080", "supabase_key": key}));
    s.stack.stop().await;
}

#[tokio::test]
async fn the_built_app_is_served_so_that_a_new_release_gets_through() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["index.html", "sw.js", "app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm"] {
        std::fs::write(dir.path().join(name), format!("{name} {}", "text ".repeat(500))).unwrap();
    }
    let s = Stack::start(Config { app_dir: Some(dir.path().to_owned()), ..Config::default() }).await;
    let get = async |path: &str| s.request("GET", path).header("accept-encoding", "br").send().await.unwrap();
    let page = get("/practice/today").await;
    assert_eq!((page.status().as_u16(), page.headers()["cache-control"].to_str().unwrap()), (200, "no-cache"));
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("'wasm-unsafe-eval'"));
    assert_eq!(page.headers()["content-encoding"], "br");
    assert_eq!(get("/sw.js").await.headers()["cache-control"], "no-cache");
    let wasm = get("/app-0123456789abcdef_bg.wasm").await;
    assert_eq!(wasm.headers()["content-type"], "application/wasm");
    assert!(wasm.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    let missing = get("/app-fedcba9876543210.js").await;
    assert_eq!(missing.status(), 404, "not the page in the place of a script");
    assert_eq!(missing.headers()["cache-control"], "no-cache", "a missing file must not be remembered");
    assert_eq!(get("/../../etc/passwd").await.text().await.unwrap().find("root:"), None);
    s.stack.stop().await;
}

#[tokio::test]
async fn hostile_requests_are_refused_and_change_nothing() {
    let s = Stack::start(Config::default()).await;
    s.admin.batch_execute("insert into thing (id, owner) values (1, 'b')").await.unwrap();
    let paths = [
        "/thing?id=eq.1;drop table thing",
        "/thing?select=id::int); drop table thing; --",
        "/thing?select=%22a%22%22;drop%22",
        "/thing?select=id%00",
        "/thing?id=eq.%00",
        "/thing%00",
        "/thing?%22id%22%20=eq.1",
        "/thing?order=id;drop table thing",
        "/thing?select=j->>'x'||(select 1)",
        "/thing?select=j->%22a'b%5C%5C%22",
        "/thing?j->>%22a'; drop table thing; --%22=eq.1",
        "/thing?id=in.(1,2);--",
        "/thing?tags=cs.{a'b}",
        "/thing?or=(id.eq.1,(owner.eq.a))",
        "/thing?or=(id.eq.1",
        "/thing?and=)",
        "/thing?t=fts(english'; drop table thing; --).x",
        "/thing?t=fts(nolang).x",
        "/thing?limit=99999999999999999999999",
        "/thing?offset=9223372036854775807&limit=9223372036854775807",
        "/thing?id=like(any).{",
        "/thing?tags=eq.{{{",
        "/thing?columns=%22id%22;",
        "/rpc/whoami?x=1",
        "/rpc/whoami'()",
        "/rpc/%22whoami%22",
        "/rpc/pg_sleep?seconds=1",
        "/pg_catalog.pg_authid",
        "/%22pg_authid%22",
        "/..%2f..%2fauth",
        "/thing?select=...thing(*)",
        "/thing?select=id.sum()",
        "/rpc/total?n=1&n=x",
        "/rpc/total?n={1,2}",
        "/thing?select=id::regclass",
        "/thing?select=owner::xid8",
    ];
    for path in paths {
        let path = path.replace(' ', "%20");
        for method in ["GET", "DELETE", "PATCH", "POST", "PUT"] {
            let request = s.as_user("a", method, &format!("/rest/v1{path}")).header("content-type", "application/json");
            let response = request.body(r#"{"id":2,"id\"; drop table thing; --":1}"#).send().await.unwrap();
            assert_ne!(response.status().as_u16() / 100, 5, "{method} {path}: {}", response.text().await.unwrap());
        }
    }
    let bodies = [
        "",
        "[",
        "null",
        "1",
        "\"x\"",
        "[1]",
        "[[]]",
        "{\"id\":1,\"id\":2}",
        "{\"id\":{}}",
        "{\"id\":1e999}",
        "\u{feff}{}",
        "{\"j\":\"\\u0000\"}",
        "[{\"id\":1},{\"id\":2,\"j\":3}]",
        "{\"j\":\"\\ud800\"}",
    ];
    for body in bodies {
        let request = s.as_user("b", "POST", "/rest/v1/thing?columns=id,j").header("content-type", "application/json");
        let status = request.body(body).send().await.unwrap().status();
        assert_ne!(status.as_u16() / 100, 5, "with columns: {body}");
        let request = s.as_user("b", "POST", "/rest/v1/thing").header("content-type", "application/json");
        assert_ne!(request.body(body).send().await.unwrap().status().as_u16() / 100, 5, "{body}");
    }
    let words = [
        "select", "order", "or", "id", "eq.", "(", ")", ",", ".", "=", "&", "\"", "1", "j", "->", "not.", "and",
        "is.null", "*", "in.",
    ];
    let mut random = StdRng::seed_from_u64(11);
    for _ in 0..400 {
        let text: String =
            (0..random.random_range(1..12)).map(|_| words[random.random_range(0..words.len())]).collect();
        let path = format!("/rest/v1/thing?{}", text.replace('"', "%22"));
        let response = s.as_user("a", "GET", &path).send().await.unwrap();
        assert_ne!(response.status().as_u16() / 100, 5, "{text}: {}", response.text().await.unwrap());
    }
    let left = s.admin.query_one("select count(*) from thing where id = 1 and owner = 'b'", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 1, "the other user's row still stands");
    s.stack.stop().await;
}

#[tokio::test]
async fn no_identity_leaks_between_requests_on_one_connection() {
    let s = Stack::start(Config::default()).await;
    // Callers who hang up in the middle of a request leave their connections to others.
    for _ in 0..5 {
        let request = s.as_user("gone", "POST", "/rest/v1/rpc/wait").json(&json!({}));
        let _ = request.timeout(Duration::from_millis(50)).send().await;
    }
    let asked = (0..60).map(|i| {
        let request = s.as_user(&format!("u{i}"), "GET", "/rest/v1/rpc/whoami");
        async move { (i, json_of(request).await) }
    });
    for (i, (status, body)) in futures_util::future::join_all(asked).await {
        assert_eq!((status, body), (200, json!({"role": "authenticated", "sub": format!("u{i}")})));
    }
    let nobody = s.request("GET", "/rest/v1/rpc/whoami").header("apikey", &s.stack.publishable_key);
    assert_eq!(json_of(nobody).await.1, json!({"role": "anon", "sub": null}));
    s.stack.stop().await;
}

#[tokio::test]
async fn what_is_created_later_is_found_without_a_notification() {
    let s = Stack::start(Config::default()).await;
    assert_eq!(json_of(s.as_user("a", "GET", "/rest/v1/later")).await.0, 404);
    let sql = "create table later (n int primary key); grant select, insert on later to authenticated;
               create function later_fn(x int) returns int language sql immutable as 'select x';";
    s.admin.batch_execute(sql).await.unwrap();
    assert_eq!(json_of(s.as_user("a", "GET", "/rest/v1/later")).await, (200, json!([])));
    assert_eq!(json_of(s.as_user("a", "GET", "/rest/v1/rpc/later_fn?x=7")).await, (200, json!(7)));
    s.admin.batch_execute("alter table later add column m text").await.unwrap();
    let row = s.as_user("a", "POST", "/rest/v1/later").header("prefer", "return=representation");
    assert_eq!(json_of(row.json(&json!({"n": 1, "m": "x"}))).await, (201, json!([{"n": 1, "m": "x"}])));
    assert_eq!(json_of(s.as_user("a", "GET", "/rest/v1/rpc/total?n=1&n=2&n=4")).await, (200, json!(7)));
    s.stack.stop().await;
}
