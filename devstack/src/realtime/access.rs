//! Who may do what: tokens of sockets and channels, and the row level security of `realtime.messages` that
//! decides about private channels.

use std::sync::Arc;

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::sql::{impersonate, literal};
use crate::AppState;

/// A verified token.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims {
    /// PostgreSQL role.
    pub role: String,
    /// Unix second after which the channel is closed.
    pub exp: i64,
    /// The whole claims object as JSON text, for `request.jwt.claims`.
    pub json: String,
    /// The token it was read from.
    pub token: String,
}

/// Why a token was refused, in the words of the real server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// No token and no key.
    #[error("API key is missing")]
    Missing,
    /// Its time is over; seconds since.
    #[error("Token has expired {0} seconds ago")]
    Expired(i64),
    /// A token without what Realtime needs.
    #[error("Fields `role` and `exp` are required in JWT")]
    Fields,
    /// Not a token, or signed with another key.
    #[error("Failed to validate JWT signature")]
    Signature,
}

impl TokenFault {
    /// The reason as a join reply carries it.
    pub fn reason(&self) -> String {
        match self {
            Self::Signature => format!("JwtSignatureError: {self}"),
            _ => format!("InvalidJWTToken: {self}"),
        }
    }
}

/// Verifies a token or an API key (new or legacy form).
pub fn claims(state: &AppState, token_or_key: &str) -> Result<Arc<Claims>, TokenFault> {
    if token_or_key.is_empty() {
        return Err(TokenFault::Missing);
    }
    let token = match token_or_key.starts_with("sb_") {
        true => state.keys.role_token(token_or_key).ok_or(TokenFault::Signature)?,
        false => token_or_key.to_owned(),
    };
    let claims = state.jwt.verify_signature(&token).map_err(|_| TokenFault::Signature)?;
    let field = (claims.get("role").and_then(Value::as_str), claims.get("exp").and_then(Value::as_i64));
    let (Some(role), Some(exp)) = field else { return Err(TokenFault::Fields) };
    let late = state.faults.now().timestamp() - exp;
    if late >= 0 {
        return Err(TokenFault::Expired(late));
    }
    let role = role.to_owned();
    Ok(Arc::new(Claims { role, exp, json: Value::Object(claims.clone()).to_string(), token }))
}

/// What the policies of `realtime.messages` allow on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// A SELECT policy lets a broadcast of this topic be read.
    pub read: bool,
    /// An INSERT policy lets one be sent.
    pub write: bool,
}

/// Asks the policies, as the real server does: a row is written and looked for in a transaction that is rolled
/// back, so nothing is ever sent. `topic` is without the `realtime:` prefix.
///
/// # Errors
/// When the database cannot be asked.
pub async fn rights(state: &AppState, topic: &str, claims: &Claims) -> anyhow::Result<Rights> {
    let client = state.admin.get().await?;
    let id = uuid::Uuid::new_v4();
    let topic_text = literal(topic);
    let insert = format!(
        "insert into realtime.messages (id, topic, extension, event, payload, private) \
         values ('{id}', {topic_text}, 'broadcast', '', '{{}}', true);"
    );
    let become_user =
        format!("{} select set_config('realtime.topic', {topic_text}, true);", impersonate(&claims.role, &claims.json));
    let read = format!("begin; {insert} {become_user} select 'seen' as seen from realtime.messages where id = '{id}';");
    let seen = client.simple_query(&read).await;
    client.batch_execute("rollback").await?;
    // A role without any grant on the table is refused by an error: that is a "no" too.
    let read = seen.is_ok_and(|messages| {
        messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.try_get("seen").is_ok_and(|seen| seen.is_some())))
    });
    let written = client.simple_query(&format!("begin; {become_user} {insert}")).await;
    client.batch_execute("rollback").await?;
    Ok(Rights { read, write: written.is_ok() })
}
