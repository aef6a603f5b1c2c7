//! Sessions and tokens: opening a session, rotating its refresh token, reading a bearer token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use deadpool_postgres::GenericClient;
use rand::Rng as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::AuthError;
use super::user::{self, User, Which};
use crate::AppState;

/// For so long a used refresh token may be presented again (several tabs refreshing at once).
const REUSE_INTERVAL: TimeDelta = TimeDelta::seconds(10);

/// A time in the form the SQL here takes and the API shows.
pub fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A session as found in the tables.
struct Session {
    id: Uuid,
    method: String,
    since: i64,
}

fn new_refresh_token() -> String {
    rand::rng()
        .sample_iter(rand::distr::Alphanumeric)
        .take(12)
        .map(|byte| char::from(byte).to_ascii_lowercase())
        .collect()
}

/// Opens a session for a user and gives the session JSON. `method` is the `amr` entry: `password`, `anonymous`.
pub async fn open(
    client: &impl GenericClient,
    state: &AppState,
    user: &User,
    method: &str,
) -> Result<Value, AuthError> {
    let time = state.faults.now();
    let now = stamp(time);
    let session = Session { id: Uuid::new_v4(), method: method.to_owned(), since: time.timestamp() };
    client
        .execute(
            "insert into auth.sessions (id, user_id, created_at, updated_at, aal, amr_method)
             values ($1, $2, $3::text::timestamptz, $3::text::timestamptz, 'aal1', $4)",
            &[&session.id, &user.id, &now, &method],
        )
        .await?;
    let token = add_refresh_token(client, user.id, session.id, None, &now).await?;
    client
        .execute("update auth.users set last_sign_in_at = $2::text::timestamptz where id = $1", &[&user.id, &now])
        .await?;
    let user = user::find(client, Which::Id(user.id), &now).await?.ok_or_else(user::not_found)?;
    Ok(json_of(state, &user, &session, &token))
}

async fn add_refresh_token(
    client: &impl GenericClient,
    user: Uuid,
    session: Uuid,
    parent: Option<&str>,
    now: &str,
) -> Result<String, AuthError> {
    let token = new_refresh_token();
    client
        .execute(
            "insert into auth.refresh_tokens (token, user_id, session_id, parent, revoked, created_at, updated_at)
             values ($1, $2, $3, $4, false, $5::text::timestamptz, $5::text::timestamptz)",
            &[&token, &user.to_string(), &session, &parent, &now],
        )
        .await?;
    Ok(token)
}

/// The session JSON with a fresh access token.
fn json_of(state: &AppState, user: &User, session: &Session, refresh_token: &str) -> Value {
    let life = state.faults.token_life();
    let issued = state.faults.now().timestamp();
    let claims = json!({
        "iss": format!("{}/auth/v1", state.url),
        "sub": user.id.to_string(),
        "aud": user.aud,
        "exp": issued + life,
        "iat": issued,
        "email": user.email,
        "phone": "",
        "app_metadata": user.app_metadata,
        "user_metadata": user.user_metadata,
        "role": user.role,
        "aal": "aal1",
        "amr": [{ "method": session.method, "timestamp": session.since }],
        "session_id": session.id.to_string(),
        "is_anonymous": user.is_anonymous,
    });
    let claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
    json!({
        "access_token": state.jwt.sign(&claims),
        "token_type": "bearer",
        "expires_in": life,
        "expires_at": issued + life,
        "refresh_token": refresh_token,
        "user": user.json,
    })
}

/// Exchanges a refresh token. A used one gives the current token again when it is that one's parent (the reply was
/// lost), gives a new one within the reuse interval, and otherwise ends the whole family.
pub async fn refresh(state: &AppState, token: &str) -> Result<Value, AuthError> {
    let now = state.faults.now();
    let stamp_now = stamp(now);
    let mut client = state.admin.get().await?;
    let client = client.transaction().await?;
    let unknown = || AuthError::bad("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
    // The session's lock puts refreshes of one family in a row.
    let row = client
        .query_opt(
            "select t.revoked, s.id, s.user_id, s.amr_method, extract(epoch from s.created_at)::bigint as since,
                    extract(epoch from t.updated_at)::float8 as used
             from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id
             where t.token = $1 for update",
            &[&token],
        )
        .await?
        .ok_or_else(unknown)?;
    let session = Session { id: row.get("id"), method: row.get("amr_method"), since: row.get("since") };
    let user_id: Uuid = row.get("user_id");
    let user = user::find(&client, Which::Id(user_id), &stamp_now).await?.ok_or_else(unknown)?;
    if user.banned {
        return Err(AuthError::bad("user_banned", "Invalid Refresh Token: User Banned"));
    }

    let mut issued = None;
    if row.get::<_, Option<bool>>("revoked").unwrap_or(false) {
        let active = client
            .query_opt(
                "select token, parent from auth.refresh_tokens where session_id = $1 and not revoked order by id desc limit 1",
                &[&session.id],
            )
            .await?;
        match active {
            Some(active) if active.get::<_, Option<String>>("parent").as_deref() == Some(token) => {
                issued = Some(active.get::<_, String>("token"));
            }
            _ => {
                let used: f64 = row.get("used");
                let age = now.timestamp_micros() as f64 / 1e6 - used;
                if age > REUSE_INTERVAL.num_milliseconds() as f64 / 1e3 {
                    // No token of the family may profit from the reuse interval any more.
                    client
                        .execute(
                            "update auth.refresh_tokens set revoked = true, updated_at = 'epoch' where session_id = $1",
                            &[&session.id],
                        )
                        .await?;
                    client.commit().await?;
                    return Err(AuthError::bad("refresh_token_already_used", "Invalid Refresh Token: Already Used"));
                }
            }
        }
    }
    let issued = match issued {
        Some(token) => token,
        None => {
            client
                .execute(
                    "update auth.refresh_tokens set revoked = true, updated_at = $2::text::timestamptz
                     where token = $1",
                    &[&token, &stamp_now],
                )
                .await?;
            add_refresh_token(&client, user.id, session.id, Some(token), &stamp_now).await?
        }
    };
    client
        .execute(
            "update auth.sessions set updated_at = $2::text::timestamptz,
                 refreshed_at = $2::text::timestamptz at time zone 'utc' where id = $1",
            &[&session.id, &stamp_now],
        )
        .await?;
    client.commit().await?;
    Ok(json_of(state, &user, &session, &issued))
}

/// Which sessions a sign-out ends.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// All of the user.
    Global,
    /// The one that asks.
    Local,
    /// All but the one that asks.
    Others,
}

/// Ends sessions and with them their refresh tokens.
pub async fn end(
    client: &impl GenericClient,
    user: Uuid,
    session: Option<Uuid>,
    scope: Scope,
) -> Result<(), AuthError> {
    let query = match scope {
        Scope::Global => "delete from auth.sessions where user_id = $1 and ($2::uuid is null or true)",
        Scope::Local => "delete from auth.sessions where user_id = $1 and id = $2",
        Scope::Others => "delete from auth.sessions where user_id = $1 and id is distinct from $2",
    };
    client.execute(query, &[&user, &session]).await?;
    Ok(())
}

/// The signed-in user of a request: token verified, session still there.
pub struct Bearer {
    /// Who.
    pub user: User,
    /// By which session; tokens made by hand may have none.
    pub session: Option<Uuid>,
}

/// The verified claims of a request's bearer token, whoever it belongs to.
fn bearer_claims(parts: &Parts, state: &AppState) -> Result<Map<String, Value>, AuthError> {
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| {
        AuthError::new(StatusCode::UNAUTHORIZED, "no_authorization", "This endpoint requires a valid Bearer token")
    })?;
    let bad =
        |why: &str| AuthError::forbidden("bad_jwt", format!("invalid JWT: unable to parse or verify signature, {why}"));
    let claims = state.jwt.verify_signature(token).map_err(|error| bad(&error.to_string()))?;
    let expires = claims.get("exp").and_then(Value::as_i64);
    if expires.is_some_and(|expires| expires <= state.faults.now().timestamp()) {
        return Err(bad("token has invalid claims: token is expired"));
    }
    Ok(claims)
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AuthError> {
        let claims = bearer_claims(parts, state)?;
        let id = |name: &str| claims.get(name).and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
        let user = id("sub").ok_or_else(|| AuthError::forbidden("bad_jwt", "invalid claim: missing sub claim"))?;
        let session = id("session_id");
        let client = state.admin.get().await?;
        let now = stamp(state.faults.now());
        let user = user::find(&client, Which::Id(user), &now)
            .await?
            .ok_or_else(|| AuthError::forbidden("user_not_found", "User from sub claim in JWT does not exist"))?;
        if let Some(session) = session {
            let there = client.query_opt("select from auth.sessions where id = $1", &[&session]).await?;
            if there.is_none() {
                return Err(AuthError::forbidden(
                    "session_not_found",
                    "Session from session_id claim in JWT does not exist",
                ));
            }
        }
        Ok(Self { user, session })
    }
}

/// A caller with the role `service_role`.
pub struct Admin;

impl FromRequestParts<AppState> for Admin {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AuthError> {
        let claims = bearer_claims(parts, state)?;
        match claims.get("role").and_then(Value::as_str) {
            Some("service_role" | "supabase_admin") => Ok(Self),
            _ => Err(AuthError::forbidden("not_admin", "User not allowed")),
        }
    }
}
