//! The two calls of the sync, through PostgREST.

use std::time::Duration;

use postgrest::Postgrest;
use reqwest::header::HeaderValue;

use super::Config;
use super::http::perform;
use crate::domain::ids::DeviceId;
use crate::sync::failure::RemoteError;
use crate::sync::wire::{LEAST_PAGE, Reply, Request};

/// Longer than the server's own limit for a statement, so that its word comes first.
const LIMIT: Duration = Duration::from_secs(30);
/// For a page that cannot be smaller: half a megabyte takes its time where the telephone has one bar.
const LAST_LIMIT: Duration = Duration::from_secs(80);

/// Talks to `/rest/v1`.
#[derive(Clone)]
pub struct RestClient {
    config: Config,
    device: DeviceId,
    client: Postgrest,
}

impl RestClient {
    /// A client for that server, on behalf of that device.
    ///
    /// Errors: a key that cannot be sent.
    pub fn new(config: Config, device: DeviceId) -> Result<Self, RemoteError> {
        // The crate would panic on such a key.
        if HeaderValue::from_str(&config.key).is_err() {
            let message = "the configured key contains characters that no key has; copy it again".to_owned();
            return Err(RemoteError::Status { status: 401, code: None, message, retry_after: None });
        }
        let client = Postgrest::new(format!("{}/rest/v1", config.url)).insert_header("apikey", &config.key);
        Ok(RestClient { config, device, client })
    }

    /// Makes the call, as the person with that access token or as nobody.
    pub async fn call(&self, request: &Request, token: Option<&str>) -> Result<Reply, RemoteError> {
        let token = if request.needs_session() { token.unwrap_or(&self.config.key) } else { &self.config.key };
        let call = self.client.rpc(request.function(), request.body(self.device).to_string()).auth(token).build();
        let limit = match request {
            Request::Pull { page_limit: LEAST_PAGE, .. } => LAST_LIMIT,
            _ => LIMIT,
        };
        let answer = perform(limit, call.send()).await?;
        if !answer.is_success() {
            return Err(answer.into_error());
        }
        request.read(&answer.body).map_err(|found| RemoteError::NotOurs { status: answer.status, found })
    }
}
