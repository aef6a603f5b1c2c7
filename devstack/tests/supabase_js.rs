//! Runs the suite of `devstack/js` (the unmodified official JavaScript client) against a stack of its own.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use devstack::{Config, Devstack};

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_works_unmodified() {
    if Command::new("node").arg("--version").output().is_err() {
        println!("skipped: node is not installed; `cargo xtask test` installs it");
        return;
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
    if !dir.join("node_modules/@supabase/supabase-js").is_dir() {
        let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&dir).output();
        let installed = installed.expect("npm, which comes with node, can be run");
        assert!(installed.status.success(), "npm ci failed: {}", String::from_utf8_lossy(&installed.stderr));
    }
    let stack = Devstack::start(Config::default()).await.unwrap();
    let (db, connection) = tokio_postgres::connect(&stack.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    db.batch_execute(&std::fs::read_to_string(dir.join("schema.sql")).unwrap()).await.unwrap();

    let mut node = Command::new("node");
    node.arg("run.js").current_dir(&dir);
    node.env("SUPABASE_URL", &stack.url)
        .env("SUPABASE_KEY", &stack.publishable_key)
        .env("SUPABASE_SECRET_KEY", &stack.secret_key);
    let output = tokio::task::spawn_blocking(move || node.output()).await.unwrap().unwrap();
    stack.stop().await;
    println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the official client's tests failed; see above");
}
