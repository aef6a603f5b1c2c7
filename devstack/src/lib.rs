//! A local stand-in for the Supabase services the client uses: gateway, PostgREST, Auth and Realtime in front of a
//! real PostgreSQL. For development and tests only; its faults can be switched on from outside.
//!
//! This module starts and stops the whole and holds the state the services share. It knows no protocol itself.

pub mod auth;
pub mod config;
pub mod faults;
pub mod gateway;
pub mod jwt;
pub mod postgres;
pub mod realtime;
pub mod rest;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

pub use config::Config;
use gateway::apikey::ApiKeys;
use jwt::JwtKeys;
use postgres::{Cluster, ClusterConfig};

/// What the services share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Connections as `authenticator`: what a request of a user runs on, after `set local role`.
    pub pool: Pool,
    /// Connections as superuser, for the services' own tables (`auth`, `realtime`). Never for a user's request.
    pub admin: Pool,
    /// Signs and checks access tokens.
    pub jwt: JwtKeys,
    /// The keys a client may send as `apikey`.
    pub keys: ApiKeys,
    /// The configuration the stack was started with.
    pub config: Arc<Config>,
    /// The base URL clients use, e.g. `http://127.0.0.1:54321`.
    pub url: Arc<str>,
    /// Superuser connection string, for services that need a connection of their own (LISTEN, replication).
    pub admin_url: Arc<str>,
    /// Faults to inject; see [`faults`].
    pub faults: faults::Faults,
    /// What would have been mailed.
    pub mail: auth::mail::Mailbox,
    /// Becomes true when the stack stops; background tasks end then.
    pub shutdown: watch::Receiver<bool>,
}

/// A running stack. Stop it with [`Devstack::stop`].
pub struct Devstack {
    /// Base URL of the services, e.g. `http://127.0.0.1:54321`; no slash at the end.
    pub url: String,
    /// The key browsers send as `apikey`.
    pub publishable_key: String,
    /// The key servers send as `apikey`; acts as `service_role`.
    pub secret_key: String,
    /// Legacy `anon` key: a JWT.
    pub anon_jwt: String,
    /// Legacy `service_role` key: a JWT.
    pub service_role_jwt: String,
    /// Superuser connection string of the database.
    pub database_url: String,
    /// Base URL of the control listener, if one was asked for.
    pub control_url: Option<String>,
    /// Signs tokens for tests.
    pub jwt: JwtKeys,
    /// The faults to inject, to be switched from a test in the same process.
    pub faults: faults::Faults,
    /// What would have been mailed.
    pub mail: auth::mail::Mailbox,
    cluster: Option<Cluster>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

/// Why the stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The private cluster could not be started.
    #[error("cannot start PostgreSQL: {0}")]
    Cluster(String),
    /// Roles, schemas or migrations could not be applied.
    #[error("cannot prepare the database: {0}")]
    Prepare(String),
    /// The database is not reachable, or a connection string is malformed.
    #[error("cannot connect to the database ({url}): {reason}")]
    Connect {
        /// The connection string, without password.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// An address could not be bound.
    #[error("cannot listen on {address}: {source}; is another devstack running there?")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of the built app is unusable.
    #[error("cannot serve the app from {0}: it has no index.html; build the app first")]
    App(std::path::PathBuf),
}

impl Devstack {
    /// Starts the database (unless `database_url` names one), prepares it and serves until [`Devstack::stop`].
    pub async fn start(config: Config) -> Result<Devstack, StartError> {
        if let Some(dir) = &config.app_dir
            && !dir.join("index.html").is_file()
        {
            return Err(StartError::App(dir.clone()));
        }
        let (cluster, admin_url) = match &config.database_url {
            Some(url) => (None, url.clone()),
            None => {
                let wanted = ClusterConfig { data_dir: config.data_dir.clone(), port: None };
                let cluster = tokio::task::spawn_blocking(move || Cluster::start(wanted))
                    .await
                    .map_err(|e| StartError::Cluster(e.to_string()))?
                    .map_err(|e| StartError::Cluster(e.to_string()))?;
                let url = cluster.url("postgres", "postgres");
                (Some(cluster), url)
            }
        };
        postgres::bootstrap(&admin_url).await.map_err(|e| StartError::Prepare(e.to_string()))?;
        if let Some(dir) = &config.migrations {
            postgres::migrate(&admin_url, dir).await.map_err(|e| StartError::Prepare(e.to_string()))?;
        }

        let (listener, url) = listen(config.http).await?;
        let control = match config.control {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let jwt = JwtKeys::new(&config.jwt_secret);
        let keys = ApiKeys::new(&config, &jwt);
        let (stop, shutdown) = watch::channel(false);
        let state = AppState {
            pool: pool(&admin_url, Some("authenticator"), 24)?,
            admin: pool(&admin_url, None, 8)?,
            jwt: jwt.clone(),
            keys: keys.clone(),
            config: Arc::new(config),
            url: url.as_str().into(),
            admin_url: admin_url.as_str().into(),
            faults: faults::Faults::default(),
            mail: auth::mail::Mailbox::default(),
            shutdown,
        };

        let mut servers = Vec::new();
        let app = gateway::router(state.clone()).await?;
        servers.push(serve(listener, app, state.shutdown.clone()));
        let mut control_url = None;
        if let Some((listener, url)) = control {
            let app = faults::control(state.clone()).merge(auth::control(state.clone()));
            servers.push(serve(listener, app, state.shutdown.clone()));
            control_url = Some(url);
        }
        tracing::info!(%url, "devstack is up");
        Ok(Devstack {
            url,
            publishable_key: state.config.publishable_key.clone(),
            secret_key: state.config.secret_key.clone(),
            anon_jwt: keys.anon_jwt.to_string(),
            service_role_jwt: keys.service_role_jwt.to_string(),
            database_url: admin_url,
            control_url,
            jwt,
            faults: state.faults,
            mail: state.mail,
            cluster,
            stop,
            servers,
        })
    }

    /// Closes the listeners and stops the cluster, if it is our own. A temporary one is removed.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for mut server in self.servers.drain(..) {
            if tokio::time::timeout(Duration::from_secs(2), &mut server).await.is_err() {
                server.abort();
            }
        }
        if let Some(cluster) = self.cluster.take() {
            let _ = tokio::task::spawn_blocking(move || cluster.stop()).await;
        }
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, String), StartError> {
    let refused = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    // A wildcard address is no address to call; say where it can be reached from here.
    let host = if bound.ip().is_unspecified() { "127.0.0.1".to_string() } else { bound.ip().to_string() };
    let host = if bound.is_ipv6() && !bound.ip().is_unspecified() { format!("[{host}]") } else { host };
    Ok((listener, format!("http://{host}:{}", bound.port())))
}

fn serve(listener: TcpListener, app: axum::Router, mut shutdown: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let ended = axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                let _ = shutdown.wait_for(|stopping| *stopping).await;
            })
            .await;
        if let Err(error) = ended {
            tracing::error!(%error, "the listener ended");
        }
    })
}

fn pool(admin_url: &str, user: Option<&str>, size: usize) -> Result<Pool, StartError> {
    let refused = |reason: String| StartError::Connect {
        url: admin_url.split('@').next_back().unwrap_or("").to_string(),
        reason,
    };
    let mut settings: tokio_postgres::Config = admin_url.parse().map_err(|e| refused(format!("{e}")))?;
    if let Some(user) = user {
        settings.user(user);
    }
    settings.application_name("devstack");
    let manager = Manager::from_config(settings, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager).max_size(size).build().map_err(|e| refused(e.to_string()))
}
