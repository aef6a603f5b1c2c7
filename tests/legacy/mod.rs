//! What the legacy tests share: a real PostgreSQL with all migrations, options, and the shared files.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use devstack::postgres::{Cluster, ClusterConfig, prepared_database};
use tokio_postgres::Client;
use tunetrees::legacy::load::Step;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load};
use tunetrees::legacy::{LegacyError, Report, Source, excerpt};
use tunetrees::store::schema::Table;

pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the shared legacy data; `None` (and a word about it) in a checkout that has only the repository.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = excerpt::shared_database(here()).map(|p| p.with_file_name(name)).filter(|p| p.is_file());
    if path.is_none() {
        println!("skipped: there is no shared/legacy/{name} here; the bundled excerpt is tested instead");
    }
    path
}

/// As a person would load a file into a local database.
pub fn options() -> LoadOptions {
    LoadOptions {
        map_users: [(1, "test1@example.com".to_owned()), (100, "test2@example.com".to_owned())].into(),
        making: Making::InDatabase(Some("tunetrees-demo".to_owned())),
        ..LoadOptions::default()
    }
}

/// As `--demo` does.
pub fn demo_options() -> LoadOptions {
    LoadOptions { only_new: true, default_options: true, ..options() }
}

/// Nobody wants to know how far it is.
pub fn on(_: Step) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub struct Backend {
    pub cluster: Cluster,
    pub client: Client,
    pub url: String,
}

impl Backend {
    pub async fn start() -> Backend {
        let cluster = Cluster::start(ClusterConfig::default()).unwrap();
        let url = prepared_database(&cluster, "legacy", &here().join("migrations/postgres")).await.unwrap();
        let client = connect(&url).await.unwrap();
        Backend { cluster, client, url }
    }

    /// Loads, and every row must be accounted for.
    pub async fn load(&mut self, source: &Source, options: &LoadOptions) -> Report {
        let report = self.try_load(source, options).await.unwrap();
        assert!(report.is_explained(), "{}", report.summary());
        report
    }

    pub async fn try_load(&mut self, source: &Source, options: &LoadOptions) -> Result<Report, LegacyError> {
        load(&mut self.client, source, options, &mut on).await
    }

    /// Every value of every row, sync positions included: equal dumps mean that nothing was written.
    pub async fn dump(&self) -> BTreeMap<String, String> {
        self.dump_of("t").await
    }

    /// The same without positions and write times: equal dumps mean that the data are the same.
    pub async fn content(&self) -> BTreeMap<String, String> {
        self.dump_of("(to_jsonb(t) - array['sync_xid', 'last_modified_at', 'created_at', 'updated_at', 'email_confirmed_at', 'confirmed_at', 'raw_user_meta_data', 'encrypted_password'])").await
    }

    async fn dump_of(&self, row: &str) -> BTreeMap<String, String> {
        let mut dump = BTreeMap::new();
        let tables = Table::ALL.iter().map(|t| format!("public.\"{t}\""));
        for table in tables.chain(["auth.users".to_owned(), "auth.identities".to_owned()]) {
            let sql = format!(
                "select count(*) || ' ' || coalesce(md5(string_agg({row}::text, '|' order by {row}::text)), '') from {table} t"
            );
            dump.insert(table, self.text(&sql).await);
        }
        dump
    }

    pub async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }

    pub async fn text(&self, sql: &str) -> String {
        self.client.query_one(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")).get(0)
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}")).get(0)
    }
}

/// (legacy table, read, loaded, already there, left out)
pub fn counts(report: &Report) -> Vec<(&str, usize, usize, usize, usize)> {
    report.tables.iter().map(|t| (t.legacy.as_str(), t.read, t.loaded, t.already_there, t.left_out.len())).collect()
}
