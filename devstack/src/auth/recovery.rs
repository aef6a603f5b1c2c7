//! A forgotten password: `POST /recover` mails a code, `POST /verify` exchanges it for a session, once and within the hour.
//!
//! As in GoTrue an unknown address is answered like a known one, a wrong code like an old one, and only the hash of a
//! code is stored. The limit is one message a minute and address (the default of hosted projects).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha224};
use uuid::Uuid;

use super::body::Body;
use super::error::AuthError;
use super::mail::Mail;
use super::user::{self, Which};
use super::{password, session};
use crate::AppState;

/// Between two messages to one address.
const PAUSE: TimeDelta = TimeDelta::seconds(60);
/// How long a code is good.
const LIFE: TimeDelta = TimeDelta::seconds(3600);

#[derive(Deserialize)]
pub(super) struct Forgotten {
    #[serde(default)]
    email: String,
}

/// Mails a code, if there is somebody of that address.
pub(super) async fn recover(
    State(state): State<AppState>,
    Body(body): Body<Forgotten>,
) -> Result<Json<Value>, AuthError> {
    if body.email.is_empty() {
        return Err(AuthError::bad("validation_failed", "Password recovery requires an email"));
    }
    let email = password::email(&body.email)?;
    let time = state.faults.now();
    let now = session::stamp(time);
    let client = state.admin.get().await?;
    let Some(user) = user::find(&client, Which::Email(&email), &now).await? else { return Ok(Json(json!({}))) };
    let since = user.json.get("recovery_sent_at").and_then(Value::as_str);
    let since = since.and_then(|since| DateTime::parse_from_rfc3339(since).ok()).map(|since| time - since.to_utc());
    if let Some(left) = since.map(|since| PAUSE - since).filter(|left| *left > TimeDelta::zero()) {
        let seconds = left.num_seconds().max(1);
        return Err(AuthError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "over_email_send_rate_limit",
            format!("For security purposes, you can only request this after {seconds} seconds."),
        ));
    }
    let token = format!("{:06}", rand::rng().random_range(0..1_000_000));
    let token_hash = hash(&email, &token);
    let query = "update auth.users set recovery_token = $2, recovery_sent_at = $3::text::timestamptz where id = $1";
    client.execute(query, &[&user.id, &token_hash, &now]).await?;
    state.mail.put(Mail { to: email, kind: "recovery", token, token_hash });
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
pub(super) struct Proof {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    token_hash: String,
}

/// A code (with its address) or the hash of one, for a session.
pub(super) async fn verify(State(state): State<AppState>, Body(proof): Body<Proof>) -> Result<Json<Value>, AuthError> {
    let refused = match proof.kind.as_str() {
        "" => Some("Verify requires a verification type"),
        _ if proof.token.is_empty() && proof.token_hash.is_empty() => Some("Verify requires a token or a token hash"),
        _ if !proof.token_hash.is_empty() && !proof.email.is_empty() => {
            Some("Only the token_hash and type should be provided")
        }
        _ if proof.token_hash.is_empty() && proof.email.is_empty() => {
            Some("Only an email address or phone number should be provided on verify")
        }
        _ => None,
    };
    if let Some(why) = refused {
        return Err(AuthError::bad("validation_failed", why));
    }
    if proof.kind != "recovery" {
        let what = format!("devstack does not verify codes of the type {}", proof.kind);
        return Err(AuthError::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", what));
    }
    let (wanted, expired) = if proof.token_hash.is_empty() {
        (hash(&password::email(&proof.email)?, &proof.token), "Token has expired or is invalid")
    } else {
        (proof.token_hash, "Email link is invalid or has expired")
    };
    let expired = || AuthError::forbidden("otp_expired", expired);
    let time = state.faults.now();
    let now = session::stamp(time);
    let mut client = state.admin.get().await?;
    let client = client.transaction().await?;
    // Locked: of two that come with the same code, one finds it used.
    let row = client
        .query_opt(
            "select id, extract(epoch from recovery_sent_at)::bigint as sent from auth.users
             where recovery_token = $1 and deleted_at is null for update",
            &[&wanted],
        )
        .await?
        .ok_or_else(expired)?;
    let sent = row.get::<_, Option<i64>>("sent").and_then(|sent| DateTime::<Utc>::from_timestamp(sent, 0));
    if sent.is_none_or(|sent| time >= sent + LIFE) {
        return Err(expired());
    }
    let id: Uuid = row.get("id");
    client
        .execute(
            "update auth.users set recovery_token = null,
                 email_confirmed_at = coalesce(email_confirmed_at, $2::text::timestamptz) where id = $1",
            &[&id, &now],
        )
        .await?;
    let user = user::find(&client, Which::Id(id), &now).await?.ok_or_else(expired)?;
    if user.banned {
        return Err(AuthError::forbidden("user_banned", "User is banned"));
    }
    let session = session::open(&client, &state, &user, "otp").await?;
    client.commit().await?;
    Ok(Json(session))
}

/// What is stored instead of the code.
fn hash(email: &str, token: &str) -> String {
    Sha224::digest(format!("{email}{token}")).iter().map(|byte| format!("{byte:02x}")).collect()
}
