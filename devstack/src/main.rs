//! Starts the local backend and keeps it up until Ctrl-C.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use devstack::config::{LOCAL_JWT_SECRET, derived_key};
use devstack::{Config, Devstack};

/// A local stand-in for the Supabase services, in front of a real PostgreSQL. For development and tests only.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// Where the services listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:54321", env = "DEVSTACK_HTTP")]
    http: SocketAddr,
    /// Where the control endpoints (faults, mail) listen
    #[arg(long, env = "DEVSTACK_CONTROL")]
    control: Option<SocketAddr>,
    /// Superuser URL of a PostgreSQL to use instead of a private cluster
    #[arg(long, env = "DEVSTACK_DATABASE_URL")]
    database_url: Option<String>,
    /// Data directory of the private cluster, kept between runs [default: temporary]
    #[arg(long, env = "DEVSTACK_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Directory of *.sql migrations to apply at the start
    #[arg(long, env = "DEVSTACK_MIGRATIONS")]
    migrations: Option<PathBuf>,
    /// Directory of the built app to serve at /
    #[arg(long, env = "DEVSTACK_APP_DIR")]
    app_dir: Option<PathBuf>,
    /// HS256 secret for tokens
    #[arg(long, env = "DEVSTACK_JWT_SECRET", default_value = LOCAL_JWT_SECRET, hide_default_value = true)]
    jwt_secret: String,
    /// The sb_publishable_… key [default: derived from the secret]
    #[arg(long, env = "DEVSTACK_PUBLISHABLE_KEY")]
    publishable_key: Option<String>,
    /// The sb_secret_… key [default: derived from the secret]
    #[arg(long, env = "DEVSTACK_SECRET_KEY")]
    secret_key: Option<String>,
    /// Most rows one reply holds
    #[arg(long, env = "DEVSTACK_MAX_ROWS", default_value_t = 1000)]
    max_rows: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let stack = Devstack::start(Config {
        http: flags.http,
        control: flags.control,
        database_url: flags.database_url,
        data_dir: flags.data_dir,
        migrations: flags.migrations,
        app_dir: flags.app_dir,
        publishable_key: flags.publishable_key.unwrap_or_else(|| derived_key("publishable", &flags.jwt_secret)),
        secret_key: flags.secret_key.unwrap_or_else(|| derived_key("secret", &flags.jwt_secret)),
        jwt_secret: flags.jwt_secret,
        max_rows: flags.max_rows,
    })
    .await?;
    println!("API URL:          {}", stack.url);
    println!("publishable key:  {}", stack.publishable_key);
    println!("secret key:       {}", stack.secret_key);
    println!("anon JWT:         {}", stack.anon_jwt);
    println!("service_role JWT: {}", stack.service_role_jwt);
    println!("database URL:     {}", stack.database_url);
    if let Some(url) = &stack.control_url {
        println!("control URL:      {url}");
    }
    stop_asked().await?;
    stack.stop().await;
    Ok(())
}

/// Ctrl-C or, from a process supervisor, SIGTERM: both must stop the cluster too.
async fn stop_asked() -> anyhow::Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked?,
        _ = term.recv() => {}
    }
    Ok(())
}
