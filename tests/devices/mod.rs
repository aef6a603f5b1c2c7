//! Devices for tests: a store in memory, a running driver, a record of what it said; against a devstack with a real PostgreSQL.

#![allow(clippy::unwrap_used, dead_code)]

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use devstack::{Config as StackConfig, Devstack};
use rusqlite::Connection;
use serde_json::Value;
use tunetrees::domain::ids::{DeviceId, UserId};
use tunetrees::domain::time::Timestamp;
use tunetrees::remote::Config;
use tunetrees::remote::auth::{AuthClient, Session};
use tunetrees::store::schema::Table;
use tunetrees::store::{Edit, Identity, Row, Store, StoreError};
use tunetrees::sync::status::{SyncPhase, SyncStatus};
use tunetrees::worker::driver::{self, DriverHandle, Hooks, SessionNotice};
use tunetrees::worker::platform::RealPlatform;
use uuid::Uuid;

pub fn now() -> Timestamp {
    chrono::Utc::now().into()
}

pub async fn stack() -> Devstack {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    Devstack::start(StackConfig { migrations: Some(migrations), ..StackConfig::default() }).await.unwrap()
}

pub fn config(stack: &Devstack) -> Config {
    Config::new(&stack.url, &stack.publishable_key)
}

/// A new account.
pub async fn account(stack: &Devstack) -> (String, Session) {
    let email = format!("{}@example.test", Uuid::now_v7().simple());
    let auth = AuthClient::new(config(stack));
    let session = auth.sign_up(&email, "a good password", now()).await.unwrap();
    (email, session)
}

pub async fn sign_in(stack: &Devstack, email: &str) -> Session {
    AuthClient::new(config(stack)).sign_in(email, "a good password", now()).await.unwrap()
}

pub async fn database(stack: &Devstack) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&stack.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The empty database of a new device of that person.
pub fn store(user: UserId) -> Rc<RefCell<Store>> {
    let identity = Identity { user, device: DeviceId(Uuid::now_v7()) };
    Rc::new(RefCell::new(Store::open(Connection::open_in_memory().unwrap(), identity).unwrap()))
}

/// One installation of the app.
pub struct Device {
    pub store: Rc<RefCell<Store>>,
    pub driver: DriverHandle,
    pub status: Rc<RefCell<SyncStatus>>,
    pub changed: Rc<RefCell<Vec<Vec<Table>>>>,
    pub notices: Rc<RefCell<Vec<SessionNotice>>>,
    pub user: UserId,
}

impl Device {
    pub fn start(config: Config, session: Option<Session>) -> Device {
        let user = session.as_ref().map_or(UserId(Uuid::from_u128(9)), |session| session.user);
        Device::resume(config, store(user), session)
    }

    /// A driver on a store that exists, as after a restart of the app.
    pub fn resume(config: Config, store: Rc<RefCell<Store>>, session: Option<Session>) -> Device {
        let status = Rc::new(RefCell::new(SyncStatus::local_only()));
        let changed = Rc::new(RefCell::new(Vec::new()));
        let notices = Rc::new(RefCell::new(Vec::new()));
        let (to_status, to_changed, to_notices) = (status.clone(), changed.clone(), notices.clone());
        let hooks = Hooks {
            on_status: Box::new(move |status| *to_status.borrow_mut() = status),
            on_changed: Box::new(move |tables| to_changed.borrow_mut().push(tables)),
            on_session: Box::new(move |notice| {
                to_notices.borrow_mut().push(notice);
                Box::pin(async {})
            }),
            stored: Box::new(|| Box::pin(async { Ok(()) })),
        };
        let user = store.borrow().user();
        let driver = driver::start(RealPlatform, config, store.clone(), session, hooks);
        Device { store, driver, status, changed, notices, user }
    }

    pub fn edit<T>(&self, work: impl FnOnce(&mut Edit<'_>) -> Result<T, StoreError>) -> T {
        let done = self.store.borrow_mut().edit(now(), work).unwrap();
        self.driver.local_edit();
        done
    }

    /// A private tune.
    pub fn new_tune(&self, title: &str) -> String {
        let owner = self.user.to_string();
        self.edit(|edit| {
            let id = edit.new_id().to_string();
            edit.insert(
                Table::Tune,
                tunetrees::row! { "id": id.as_str(), "title": title, "private_for": owner.as_str() },
            )?;
            Ok(id)
        })
    }

    pub fn set(&self, table: Table, id: &str, row: Row) {
        self.edit(|edit| edit.update(table, id, row).map(drop));
    }

    pub fn row(&self, table: Table, id: &str) -> Option<Row> {
        tunetrees::store::row::read(self.store.borrow().conn(), table, id).unwrap()
    }

    pub fn value(&self, table: Table, id: &str, column: &str) -> Value {
        self.row(table, id).map_or(Value::Null, |row| row[column].clone())
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.store.borrow().conn().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub fn phase(&self) -> SyncPhase {
        self.status.borrow().phase
    }

    pub fn pending(&self) -> i64 {
        self.count("select count(*) from sync_queue where status = 'pending'")
    }

    /// Refused entries in words.
    pub fn refused(&self) -> Vec<String> {
        let store = self.store.borrow();
        let sql = "select table_name || ' ' || refused_code || ' ' || refused_message from sync_queue where status = 'refused'";
        let mut statement = store.conn().prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Waits until all is sent, and a pull that began after this call has caught up.
    pub async fn synced(&self) {
        self.driver.sync_now();
        let begun = now();
        let start = Instant::now();
        let fresh = || self.status.borrow().last_pull.is_some_and(|at| at > begun);
        while !(self.phase() == SyncPhase::Synced && self.pending() == 0 && fresh()) {
            assert!(start.elapsed() < Duration::from_secs(20), "not synced: {:?} {:?}", self.status, self.refused());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Waits for `true`, at most 10 s; how long it took.
pub async fn eventually(what: &str, check: impl FnMut() -> bool) -> Duration {
    eventually_for(10, what, check).await
}

pub async fn eventually_for(seconds: u64, what: &str, mut check: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !check() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "not within {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}

/// Runs a test on one thread with local tasks, as the worker does.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, test);
}
