//! A real PostgreSQL for development and tests: a private cluster ([`Cluster`]), the SQL that makes a plain database look
//! like a fresh hosted Supabase project ([`bootstrap`]) and the runner for `migrations/postgres` ([`migrate`]).
//! Knows nothing of HTTP; the tables of the app are known only to the migrations.

mod binaries;
mod bootstrap;
mod cluster;
mod errors;
mod migrate;

pub use bootstrap::{bootstrap, create_database, prepared_database};
pub use cluster::{Cluster, ClusterConfig};
pub use errors::PostgresError;
pub use migrate::migrate;

#[cfg(test)]
mod tests;
