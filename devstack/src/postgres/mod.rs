//! The database server. A placeholder until the private cluster lands.

use std::path::{Path, PathBuf};

/// How to start a cluster.
#[derive(Debug, Clone, Default)]
pub struct ClusterConfig {
    /// Where the data lives; `None`: temporary.
    pub data_dir: Option<PathBuf>,
    /// The port; `None`: a free one.
    pub port: Option<u16>,
}

/// Why the database is not usable.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// Not built yet.
    #[error("the private cluster is not built yet; give a database URL")]
    NotBuilt,
}

/// A running private cluster.
pub struct Cluster {}

impl Cluster {
    /// Starts a cluster.
    pub fn start(_config: ClusterConfig) -> Result<Cluster, PostgresError> {
        Err(PostgresError::NotBuilt)
    }

    /// Connection string of a database for a role.
    pub fn url(&self, database: &str, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1/{database}")
    }

    /// Stops it.
    pub fn stop(self) {}
}

/// Creates roles and schemas.
pub async fn bootstrap(_admin_url: &str) -> Result<(), PostgresError> {
    Ok(())
}

/// Applies the migrations of a directory.
pub async fn migrate(_admin_url: &str, _dir: &Path) -> Result<(), PostgresError> {
    Ok(())
}
