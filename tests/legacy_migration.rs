//! The legacy migration with real files into a real PostgreSQL with all migrations.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "legacy/catalogue.rs"]
mod catalogue;
#[path = "legacy/command.rs"]
mod command;
#[path = "legacy/crates_own.rs"]
mod crates_own;
#[path = "legacy/defects.rs"]
mod defects;
#[path = "legacy/device.rs"]
mod device;
mod devices;
#[path = "legacy/files.rs"]
mod files;
#[path = "legacy/generated.rs"]
mod generated;
#[path = "legacy/hostile.rs"]
mod hostile;
#[path = "legacy/intake.rs"]
mod intake;
#[path = "legacy/intake_by_chance.rs"]
mod intake_by_chance;
#[path = "legacy/intake_synced.rs"]
mod intake_synced;
mod legacy;
#[path = "legacy/made.rs"]
mod made;
#[path = "legacy/people.rs"]
mod people;
#[path = "legacy/reference.rs"]
mod reference;
#[path = "legacy/runs.rs"]
mod runs;
#[path = "legacy/small.rs"]
mod small;

/// A local backend with Supabase Auth's slice.
async fn devstack_with_auth() -> devstack::Devstack {
    let migrations = Some(legacy::here().join("migrations/postgres"));
    devstack::Devstack::start(devstack::Config { migrations, ..devstack::Config::default() }).await.unwrap()
}
