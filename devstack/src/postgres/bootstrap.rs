//! Makes a plain database look like a fresh hosted Supabase project, and prepares databases for tests.

use std::path::Path;

use super::migrate::connect;
use super::{Cluster, PostgresError, migrate};

const SQL: &str = include_str!("bootstrap.sql");

/// Roles, schemas and functions of a Supabase project, without any of the app's tables. May run again on the same database.
/// `admin_url` must be a superuser's.
///
/// # Errors
/// [`PostgresError::Sql`].
pub async fn bootstrap(admin_url: &str) -> Result<(), PostgresError> {
    let client = connect(admin_url).await?;
    client.batch_execute(SQL).await.map_err(PostgresError::sql("preparing the database as a Supabase project"))
}

/// Creates an empty database, as a copy of `template` if given (nobody may be connected to that). Existing databases are an error.
///
/// # Errors
/// [`PostgresError::Sql`].
pub async fn create_database(cluster: &Cluster, name: &str, template: Option<&str>) -> Result<(), PostgresError> {
    let client = connect(&cluster.url("postgres", "postgres")).await?;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let sql = format!("create database {} template {}", quoted(name), quoted(template.unwrap_or("template1")));
    client.batch_execute(&sql).await.map_err(PostgresError::sql("creating a database"))
}

/// A new database `name` with [`bootstrap`] and the migrations of `dir` applied. Returns the address for the superuser.
///
/// # Errors
/// [`PostgresError::Sql`], [`PostgresError::Migration`].
pub async fn prepared_database(cluster: &Cluster, name: &str, dir: &Path) -> Result<String, PostgresError> {
    create_database(cluster, name, None).await?;
    let url = cluster.url(name, "postgres");
    bootstrap(&url).await?;
    migrate(&url, dir).await?;
    Ok(url)
}
