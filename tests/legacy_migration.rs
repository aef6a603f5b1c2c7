//! The legacy migration with real files into a real PostgreSQL with all migrations.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "legacy/catalogue.rs"]
mod catalogue;
#[path = "legacy/defects.rs"]
mod defects;
#[path = "legacy/device.rs"]
mod device;
mod devices;
#[path = "legacy/files.rs"]
mod files;
#[path = "legacy/intake.rs"]
mod intake;
mod legacy;
#[path = "legacy/runs.rs"]
mod runs;

/// A local backend with Supabase Auth's slice.
async fn devstack_with_auth() -> devstack::Devstack {
    let migrations = Some(legacy::here().join("migrations/postgres"));
    devstack::Devstack::start(devstack::Config { migrations, ..devstack::Config::default() }).await.unwrap()
}
