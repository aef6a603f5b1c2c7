#![allow(clippy::unwrap_used)]
//! On the real programs: each test starts its own server.

use std::fs;
use std::net::TcpListener;

use super::migrate::connect;
use super::*;

fn temporary() -> Cluster {
    Cluster::start(ClusterConfig::default()).unwrap()
}

#[tokio::test]
async fn starts_bootstraps_twice_and_leaves_nothing_behind() {
    let cluster = temporary();
    let url = cluster.url("postgres", "postgres");
    bootstrap(&url).await.unwrap();
    bootstrap(&url).await.unwrap();
    let client = connect(&url).await.unwrap();
    let row = client
        .query_one(
            "select current_setting('wal_level'), (select rolbypassrls from pg_roles where rolname = 'service_role')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("logical", true));
    let mut listener = connect(&cluster.url("postgres", "authenticator")).await.unwrap();
    let limit = listener.query_one("show statement_timeout", &[]).await.unwrap();
    assert_eq!(limit.get::<_, &str>(0), "8s");
    let denied = listener.batch_execute("select * from auth.users").await.unwrap_err();
    assert_eq!(denied.code().unwrap().code(), "42501");
    let tx = listener.transaction().await.unwrap();
    tx.batch_execute(
        r#"set local role authenticated; set local request.jwt.claims = '{"sub":"3b0c2a60-0000-4000-8000-000000000001","role":"authenticated"}'"#,
    )
    .await
    .unwrap();
    let uid = tx.query_one("select auth.uid()::text, auth.role()", &[]).await.unwrap();
    assert_eq!(uid.get::<_, &str>(0), "3b0c2a60-0000-4000-8000-000000000001");
    drop(tx);
    let home = cluster.data_dir().to_owned();
    cluster.stop().unwrap();
    assert!(!home.exists());
}

#[tokio::test]
async fn a_kept_directory_survives_a_stop_and_a_crash() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let config = ClusterConfig { data_dir: Some(dir.path().join("pg")), port: None };
    let cluster = Cluster::start(config.clone()).unwrap();
    connect(&cluster.url("postgres", "postgres"))
        .await
        .unwrap()
        .batch_execute("create table kept (n int)")
        .await
        .unwrap();

    let second = Cluster::start(config.clone()).unwrap_err();
    assert!(matches!(second, PostgresError::InUse(_)), "{second}");
    cluster.stop().unwrap();

    // A crash leaves a pid file, here one of a process that is alive but is no server.
    fs::write(dir.path().join("pg/data/postmaster.pid"), format!("{}\n", std::process::id())).unwrap();
    let cluster = Cluster::start(config).unwrap();
    let client = connect(&cluster.url("postgres", "postgres")).await.unwrap();
    client.batch_execute("insert into kept values (1)").await.unwrap();
}

#[test]
fn a_busy_port_is_one_clear_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = Cluster::start(ClusterConfig { data_dir: None, port: Some(port) }).unwrap_err();
    assert!(error.to_string().starts_with(&format!("port {port} on 127.0.0.1 is in use")), "{error}");
}

#[tokio::test]
async fn migrations_are_applied_once_and_a_failure_names_file_and_line() {
    let cluster = temporary();
    let url = cluster.url("postgres", "postgres");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("2_two.sql"), "insert into a values (2);").unwrap();
    fs::write(dir.path().join("1_one.sql"), "create table a (n int);\ninsert into a values (1);").unwrap();
    assert_eq!(migrate(&url, dir.path()).await.unwrap(), 2);
    assert_eq!(migrate(&url, dir.path()).await.unwrap(), 0);
    fs::write(dir.path().join("3_three.sql"), "create table b (n int);\n\nselect nonsense;\n").unwrap();
    let error = migrate(&url, dir.path()).await.unwrap_err().to_string();
    assert!(error.starts_with("migration 3_three.sql, line 3: column \"nonsense\" does not exist (42703)"), "{error}");
    let client = connect(&url).await.unwrap();
    let rows = client.query_one("select count(*), to_regclass('b') is null from a", &[]).await.unwrap();
    assert_eq!((rows.get::<_, i64>(0), rows.get::<_, bool>(1)), (2, true));
    fs::rename(dir.path().join("3_three.sql"), dir.path().join("three.sql")).unwrap();
    assert!(matches!(migrate(&url, dir.path()).await.unwrap_err(), PostgresError::MigrationName(_)));
}
