#![allow(dead_code, clippy::unwrap_used)]
//! What the database tests share: one PostgreSQL a test binary, a fresh copy of the migrated database for each test, and people in it.

mod mutants;
pub mod samples;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use devstack::postgres::{Cluster, ClusterConfig, create_database, prepared_database};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static TURN: Mutex<()> = Mutex::const_new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Two people with accounts, and one who signed in anonymously.
pub const ANN: &str = "0a000000-0000-4000-8000-00000000000a";
pub const BEN: &str = "0b000000-0000-4000-8000-00000000000b";
pub const GUEST: &str = "0c000000-0000-4000-8000-00000000000c";

pub fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres")
}

pub fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| Cluster::start(ClusterConfig::default()).unwrap())
}

/// A database of its own, migrated, with the three accounts.
///
/// One test at a time: transaction numbers are those of the whole cluster, so a transaction of one test would hold back what another pulls.
pub struct Server {
    name: String,
    _turn: MutexGuard<'static, ()>,
}

/// Who asks: what PostgREST would set for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    /// Not signed in.
    Anon,
    /// Signed in as this person.
    User(&'static str),
    /// With the secret key.
    Service,
}

impl Server {
    pub async fn new() -> Server {
        let cluster = cluster();
        let turn = TURN.lock().await;
        TEMPLATE
            .get_or_init(|| async {
                let url = prepared_database(cluster, "migrated", &migrations()).await.unwrap();
                let admin = connect(&url).await;
                // Its transactions would hold pulls back now and then.
                admin.batch_execute("alter system set autovacuum = off").await.unwrap();
                admin.batch_execute("select pg_reload_conf()").await.unwrap();
                mutants::patch(&admin).await;
                // These tests count what comes, and make the catalog that they need.
                let none = "delete from public.genre_tune_type; delete from public.tune_type; delete from public.instrument; delete from public.genre;
                    update public.sync_floor set xid = '0', version = 0";
                admin.batch_execute(none).await.unwrap();
                for (id, email, anonymous) in
                    [(ANN, Some("ann@example.com"), false), (BEN, Some("ben@example.com"), false), (GUEST, None, true)]
                {
                    let sql = "insert into auth.users (id, email, is_anonymous) values ($1::text::uuid, $2, $3)";
                    admin.execute(sql, &[&id, &email, &anonymous]).await.unwrap();
                }
            })
            .await;
        let name = format!("test{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // The connections that prepared the template may still be on their way out.
        for attempt in 0.. {
            match create_database(cluster, &name, Some("migrated")).await {
                Ok(()) => break,
                Err(error) if attempt == 100 => panic!("{error}"),
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
        Server { name, _turn: turn }
    }

    /// As superuser.
    pub async fn admin(&self) -> Client {
        connect(&cluster().url(&self.name, "postgres")).await
    }

    /// As PostgREST's login role; see [`request`].
    pub async fn rest(&self) -> Client {
        connect(&cluster().url(&self.name, "authenticator")).await
    }
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Starts a transaction as PostgREST does: role and claims set for its duration.
pub async fn begin(client: &Client, who: As) {
    let (role, claims) = match who {
        As::Anon => ("anon", json!({"role": "anon"})),
        As::User(id) => ("authenticated", json!({"sub": id, "role": "authenticated", "is_anonymous": id == GUEST})),
        As::Service => ("service_role", json!({"role": "service_role"})),
    };
    client
        .batch_execute(&format!("begin; set local role {role}; set local request.jwt.claims = '{claims}'"))
        .await
        .unwrap();
}

/// One request in a transaction of its own: the first column of all rows as text, or the SQLSTATE and message. Committed unless it failed.
pub async fn request(client: &Client, who: As, sql: &str) -> Result<Vec<Option<String>>, (String, String)> {
    begin(client, who).await;
    let result = client.simple_query(sql).await;
    client.batch_execute(if result.is_ok() { "commit" } else { "rollback" }).await.unwrap();
    answer(result)
}

/// As [`request`], but rolled back in any case.
pub async fn attempt(client: &Client, who: As, sql: &str) -> Result<Vec<Option<String>>, (String, String)> {
    begin(client, who).await;
    let result = client.simple_query(sql).await;
    client.batch_execute("rollback").await.unwrap();
    answer(result)
}

fn answer(
    result: Result<Vec<SimpleQueryMessage>, tokio_postgres::Error>,
) -> Result<Vec<Option<String>>, (String, String)> {
    match result {
        Ok(messages) => Ok(messages
            .iter()
            .filter_map(|m| match m {
                SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
                _ => None,
            })
            .collect()),
        Err(error) => {
            let db = error.as_db_error().unwrap();
            Err((db.code().code().to_owned(), db.message().to_owned()))
        }
    }
}

/// `sync_push` as a request of its own.
pub async fn push(client: &Client, who: As, ops: Value) -> Result<Value, (String, String)> {
    let sql = format!("select public.sync_push({}, 'device-1')", literal(&ops.to_string()));
    Ok(serde_json::from_str(request(client, who, &sql).await?[0].as_deref().unwrap()).unwrap())
}

/// `sync_pull` as a request of its own.
pub async fn pull(client: &Client, who: As, cursor: Option<&str>, limit: i32) -> Result<Value, (String, String)> {
    let cursor = cursor.map_or("null".to_owned(), literal);
    let sql = format!("select public.sync_pull({cursor}, {limit})");
    Ok(serde_json::from_str(request(client, who, &sql).await?[0].as_deref().unwrap()).unwrap())
}

/// All pages from `cursor` on: the rows as (table, row), and the last cursor.
pub async fn pull_all(client: &Client, who: As, cursor: Option<&str>, limit: i32) -> (Vec<(String, Value)>, String) {
    let mut cursor = cursor.map(str::to_owned);
    let mut rows = Vec::new();
    loop {
        let page = pull(client, who, cursor.as_deref(), limit).await.unwrap();
        let of_page = page["rows"].as_array().unwrap();
        assert!(of_page.len() <= limit as usize);
        rows.extend(of_page.iter().map(|r| (r[0].as_str().unwrap().to_owned(), r[1].clone())));
        let next = page["cursor"].as_str().unwrap().to_owned();
        if page["has_more"] == json!(false) {
            return (rows, next);
        }
        assert_eq!(of_page.len(), limit as usize);
        cursor = Some(next);
    }
}

/// An SQL string.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
