//! The one call to Supabase Auth that a migration makes: a new account, without a password.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::legacy::convert::Person;
use crate::legacy::error::LegacyError;

/// Where Supabase Auth is, and the key that may make accounts.
#[derive(Clone)]
pub struct AuthApi {
    /// For example `https://abc.supabase.co/auth/v1`.
    pub url: String,
    /// The service role key, or a secret key `sb_secret_…`.
    pub key: String,
}

impl std::fmt::Debug for AuthApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthApi").field("url", &self.url).finish_non_exhaustive()
    }
}

impl AuthApi {
    /// From what people give: the project's address, or that of its Auth.
    pub fn new(url: &str, key: &str) -> AuthApi {
        let url = url.trim_end_matches('/');
        let auth = if url.ends_with("/auth/v1") { url.to_owned() } else { format!("{url}/auth/v1") };
        AuthApi { url: auth, key: key.to_owned() }
    }

    /// Makes an account; she chooses a password by "forgot password".
    pub(super) async fn make(&self, person: &Person) -> Result<Uuid, LegacyError> {
        let failed = |message: String| LegacyError::Account { email: person.email.clone(), message };
        let body = json!({
            "email": person.email,
            "email_confirm": person.mapped || person.confirmed,
            "user_metadata": { "name": person.name },
        });
        let (url, key) = (format!("{}/admin/users", self.url), self.key.clone());
        let answer =
            tokio::task::spawn_blocking(move || post(&url, &key, &body)).await.map_err(|e| failed(e.to_string()))?;
        let answer = answer.map_err(failed)?;
        let id = answer["id"].as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| failed("the answer has no id".to_owned()))
    }
}

fn post(url: &str, key: &str, body: &Value) -> Result<Value, String> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let request = ureq::Agent::new_with_config(config).post(url).header("apikey", key);
    let mut reply = request
        .header("Authorization", &format!("Bearer {key}"))
        .send_json(body)
        .map_err(|e| format!("{url} does not answer: {e}"))?;
    let status = reply.status();
    let text = reply.body_mut().read_to_string().map_err(|e| e.to_string())?;
    if !status.is_success() {
        return Err(format!("{} {}", status.as_u16(), crate::legacy::value::cut(&text, 300)));
    }
    serde_json::from_str(&text).map_err(|e| e.to_string())
}
