//! What a stack can be told at its start. Knows no service.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The signing secret of every local stack that is not told another; the one the Supabase CLI uses locally.
pub const LOCAL_JWT_SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";

/// Settings of a stack. `Config::default()` gives a temporary database and a free port: what a test wants.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the services listen; port 0 takes a free one.
    pub http: SocketAddr,
    /// Where the control endpoints (faults, mail) listen; `None`: nowhere.
    pub control: Option<SocketAddr>,
    /// Superuser connection string of a server to use instead of an own cluster.
    /// `authenticator` must be able to log in there with the same password (or without).
    pub database_url: Option<String>,
    /// Data directory of the own cluster, kept between runs; `None`: temporary.
    pub data_dir: Option<PathBuf>,
    /// Directory of `*.sql` migrations to apply at the start.
    pub migrations: Option<PathBuf>,
    /// Directory of the built app to serve at `/`.
    pub app_dir: Option<PathBuf>,
    /// HS256 secret for access tokens and legacy keys.
    pub jwt_secret: String,
    /// The `sb_publishable_…` key.
    pub publishable_key: String,
    /// The `sb_secret_…` key.
    pub secret_key: String,
    /// Most rows one reply holds (PostgREST `db-max-rows`).
    pub max_rows: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            control: None,
            database_url: None,
            data_dir: None,
            migrations: None,
            app_dir: None,
            jwt_secret: LOCAL_JWT_SECRET.to_string(),
            publishable_key: derived_key("publishable", LOCAL_JWT_SECRET),
            secret_key: derived_key("secret", LOCAL_JWT_SECRET),
            max_rows: 1000,
        }
    }
}

/// A key of the form Supabase hands out (`sb_<kind>_<22 characters>_<8 characters>`), the same on every start.
pub fn derived_key(kind: &str, jwt_secret: &str) -> String {
    let text = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{kind}:{jwt_secret}")));
    let text = text.replace('_', "-");
    format!("sb_{kind}_{}_{}", &text[..22], &text[22..30])
}
