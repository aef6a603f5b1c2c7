//! `POST /signup` (with an address, or anonymous) and `POST /token`.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::body::Body;
use super::error::AuthError;
use super::user::{self, NewUser, Which};
use super::{password, session};
use crate::AppState;

#[derive(Deserialize)]
pub(super) struct Signup {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    #[serde(default)]
    data: Option<Map<String, Value>>,
    code_challenge: Option<String>,
}

/// Autoconfirm is on, so the answer is a session at once.
pub(super) async fn signup(State(state): State<AppState>, Body(body): Body<Signup>) -> Result<Json<Value>, AuthError> {
    if body.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
        return Err(AuthError::bad("phone_provider_disabled", "Phone signups are disabled"));
    }
    if body.code_challenge.as_deref().is_some_and(|challenge| !challenge.is_empty()) {
        // With autoconfirm GoTrue answers a session all the same; nothing is left to exchange a code for.
        tracing::debug!("sign-up with a code challenge: ignored, since the address is confirmed at once");
    }
    let data = body.data.unwrap_or_default();
    let now = session::stamp(state.faults.now());
    let mut client = state.admin.get().await?;
    let Some(email) = body.email.filter(|email| !email.is_empty()) else {
        if body.password.is_some_and(|password| !password.is_empty()) {
            return Err(AuthError::bad("validation_failed", "To signup, please provide your email"));
        }
        let client = client.transaction().await?;
        let user = user::create(&client, NewUser::signing_up(None, None, data), &now).await?;
        let session = session::open(&client, &state, &user, "anonymous").await?;
        client.commit().await?;
        return Ok(Json(session));
    };
    let Some(secret) = body.password.filter(|password| !password.is_empty()) else {
        return Err(AuthError::bad("validation_failed", "Signup requires a valid password"));
    };
    let email = password::email(&email)?;
    password::check(&secret)?;
    if user::find(&client, Which::Email(&email), &now).await?.is_some() {
        return Err(AuthError::unprocessable("user_already_exists", "User already registered"));
    }
    let hash = password::hash(secret).await?;
    let client = client.transaction().await?;
    let user = user::create(&client, NewUser::signing_up(Some(email), Some(hash), data), &now).await?;
    let session = session::open(&client, &state, &user, "password").await?;
    client.commit().await?;
    Ok(Json(session))
}

#[derive(Deserialize)]
pub(super) struct Grant {
    grant_type: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
}

/// `grant_type=password` and `grant_type=refresh_token`.
pub(super) async fn token(
    State(state): State<AppState>,
    Query(Grant { grant_type }): Query<Grant>,
    Body(body): Body<Credentials>,
) -> Result<Json<Value>, AuthError> {
    match grant_type.as_deref() {
        Some("password") => {
            if body.phone.is_some() {
                return Err(AuthError::bad("phone_provider_disabled", "Phone logins are disabled"));
            }
            let refused = || AuthError::bad("invalid_credentials", "Invalid login credentials");
            let email = body.email.unwrap_or_default().trim().to_lowercase();
            let now = session::stamp(state.faults.now());
            let mut client = state.admin.get().await?;
            let user = user::find(&client, Which::Email(&email), &now).await?.ok_or_else(refused)?;
            if !password::fits(body.password.unwrap_or_default(), user.password.clone()).await? {
                return Err(refused());
            }
            if user.banned {
                return Err(AuthError::bad("user_banned", "User is banned"));
            }
            if user.json.get("email_confirmed_at").is_none() {
                return Err(AuthError::bad("email_not_confirmed", "Email not confirmed"));
            }
            let client = client.transaction().await?;
            let session = session::open(&client, &state, &user, "password").await?;
            client.commit().await?;
            Ok(Json(session))
        }
        Some("refresh_token") => match body.refresh_token.as_deref().filter(|token| !token.is_empty()) {
            Some(token) => session::refresh(&state, token).await.map(Json),
            None => Err(AuthError::bad("validation_failed", "refresh_token required")),
        },
        Some(kind @ ("pkce" | "id_token" | "web3")) => Err(AuthError::new(
            axum::http::StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            format!("devstack does not implement grant_type={kind}"),
        )),
        _ => Err(AuthError::bad("invalid_credentials", "unsupported_grant_type")),
    }
}
