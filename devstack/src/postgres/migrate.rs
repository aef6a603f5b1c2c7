//! Applies `migrations/postgres` as the Supabase CLI does: in name order, once each, recorded by version.

use std::fs;
use std::path::Path;

use tokio_postgres::{Client, NoTls};

use super::PostgresError;
use super::errors::message_of;

/// Applies the `*.sql` files of `dir` that are not yet recorded in `supabase_migrations.schema_migrations`, each in one transaction.
/// A file changed after it was applied is not applied again, as in Supabase. Returns how many were applied.
///
/// # Errors
/// [`PostgresError::Migration`] with file, line and PostgreSQL's message; earlier files stay applied, the failing one leaves nothing.
pub async fn migrate(admin_url: &str, dir: &Path) -> Result<usize, PostgresError> {
    let client = connect(admin_url).await?;
    client
        .batch_execute(
            "set client_min_messages = warning;
             create schema if not exists supabase_migrations;
             create table if not exists supabase_migrations.schema_migrations (
               version text not null primary key, statements text[], name text);
             reset client_min_messages",
        )
        .await
        .map_err(PostgresError::sql("making the table of applied migrations"))?;
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| PostgresError::file(dir, e))? {
        let path = entry.map_err(|e| PostgresError::file(dir, e))?.path();
        if path.extension().is_some_and(|ext| ext == "sql") {
            files.push(path);
        }
    }
    files.sort();
    let mut applied = 0;
    for path in files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (version, name) = file
            .trim_end_matches(".sql")
            .split_once('_')
            .filter(|(version, _)| !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| PostgresError::MigrationName(file.clone()))?;
        let known = client
            .query_opt("select from supabase_migrations.schema_migrations where version = $1", &[&version])
            .await
            .map_err(PostgresError::sql("reading the table of applied migrations"))?;
        if known.is_some() {
            continue;
        }
        let sql = fs::read_to_string(&path).map_err(|e| PostgresError::file(&path, e))?;
        apply(&client, &file, version, name, &sql).await?;
        applied += 1;
    }
    Ok(applied)
}

async fn apply(client: &Client, file: &str, version: &str, name: &str, sql: &str) -> Result<(), PostgresError> {
    client.batch_execute("begin").await.map_err(PostgresError::sql("starting a migration"))?;
    if let Err(error) = client.batch_execute(sql).await {
        let _ = client.batch_execute("rollback").await;
        let line = match error.as_db_error().and_then(|db| db.position()) {
            Some(tokio_postgres::error::ErrorPosition::Original(at)) => {
                sql.chars().take((*at as usize).saturating_sub(1)).filter(|c| *c == '\n').count() + 1
            }
            _ => 1,
        };
        return Err(PostgresError::Migration { file: file.to_owned(), line, message: message_of(&error) });
    }
    let record = "insert into supabase_migrations.schema_migrations (version, name) values ($1, $2)";
    client.execute(record, &[&version, &name]).await.map_err(PostgresError::sql("recording a migration"))?;
    client.batch_execute("commit").await.map_err(|error| PostgresError::Migration {
        file: file.to_owned(),
        line: 1,
        message: message_of(&error),
    })
}

/// Connects and lets the connection run in the background until the client is dropped.
pub(super) async fn connect(url: &str) -> Result<Client, PostgresError> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(PostgresError::sql("connecting to PostgreSQL"))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "database connection ended");
        }
    });
    Ok(client)
}
