//! The signed-in user: `GET` and `PUT /user`, `POST /logout`.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use deadpool_postgres::GenericClient;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use super::error::AuthError;
use super::password;
use super::session::{self, Bearer, Scope};
use super::user::{self, User, Which};
use crate::AppState;

#[derive(Deserialize)]
pub(super) struct Changes {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
pub(super) struct LogoutQuery {
    scope: Option<String>,
}

pub(super) async fn get(bearer: Bearer) -> Json<Value> {
    Json(bearer.user.json)
}

/// Address (at once, autoconfirm is on), password, metadata. An anonymous user with an address becomes permanent
/// and keeps the id.
pub(super) async fn update(
    State(state): State<AppState>,
    Bearer { user, session }: Bearer,
    Body(changes): Body<Changes>,
) -> Result<Json<Value>, AuthError> {
    if changes.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
        return Err(AuthError::bad("phone_provider_disabled", "Phone updates are disabled"));
    }
    let email = match changes.email.as_deref().filter(|email| !email.is_empty()) {
        Some(email) => Some(password::email(email)?).filter(|email| *email != user.email),
        None => None,
    };
    let secret = changes.password.filter(|secret| !secret.is_empty());
    if secret.is_some() && user.is_anonymous && email.is_none() {
        return Err(AuthError::unprocessable(
            "validation_failed",
            "Updating password of an anonymous user without an email or phone is not allowed",
        ));
    }
    let hash = match secret {
        Some(secret) => {
            password::check(&secret)?;
            if password::fits(secret.clone(), user.password.clone()).await? {
                return Err(AuthError::unprocessable(
                    "same_password",
                    "New password should be different from the old password.",
                ));
            }
            Some(password::hash(secret).await?)
        }
        None => None,
    };

    let now = session::stamp(state.faults.now());
    let mut client = state.admin.get().await?;
    let client = client.transaction().await?;
    if let Some(email) = &email {
        set_email(&client, &user, email, &now).await?;
    }
    if let Some(hash) = hash {
        client.execute("update auth.users set encrypted_password = $2 where id = $1", &[&user.id, &hash]).await?;
        session::end(&client, user.id, session, Scope::Others).await?;
    }
    if let Some(data) = changes.data {
        merge_metadata(&client, user.id, "raw_user_meta_data", data).await?;
    }
    client.execute("update auth.users set updated_at = $2::text::timestamptz where id = $1", &[&user.id, &now]).await?;
    let user = user::find(&client, Which::Id(user.id), &now).await?.ok_or_else(user::not_found)?;
    client.commit().await?;
    Ok(Json(user.json))
}

/// Gives a user an address; refused when it is somebody else's.
pub(super) async fn set_email(
    client: &impl GenericClient,
    user: &User,
    email: &str,
    now: &str,
) -> Result<(), AuthError> {
    let taken =
        || AuthError::unprocessable("email_exists", "A user with this email address has already been registered");
    if user::find(client, Which::Email(email), now).await?.is_some_and(|other| other.id != user.id) {
        return Err(taken());
    }
    client
        .execute(
            "update auth.users set email = $2, email_confirmed_at = $3::text::timestamptz, is_anonymous = false,
                 raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || $4,
                 raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || $5
             where id = $1",
            &[
                &user.id,
                &email,
                &now,
                &json!({ "provider": "email", "providers": ["email"] }),
                &Value::Object(user::email_claims(email, user.id, true)),
            ],
        )
        .await
        .map_err(|error| match error.code() {
            Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => taken(),
            _ => error.into(),
        })?;
    user::add_identity(client, user.id, email, now).await
}

/// Adds keys to a metadata column; null removes one.
pub(super) async fn merge_metadata(
    client: &impl GenericClient,
    id: Uuid,
    column: &'static str,
    data: Map<String, Value>,
) -> Result<(), AuthError> {
    let removed: Vec<String> = data.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.clone()).collect();
    let query =
        format!("update auth.users set {column} = (coalesce({column}, '{{}}') || $2) - $3::text[] where id = $1");
    client.execute(&query, &[&id, &Value::Object(data), &removed]).await?;
    Ok(())
}

pub(super) async fn logout(
    State(state): State<AppState>,
    Query(LogoutQuery { scope }): Query<LogoutQuery>,
    Bearer { user, session }: Bearer,
) -> Result<StatusCode, AuthError> {
    let scope = match scope.as_deref() {
        None | Some("" | "global") => Scope::Global,
        Some("local") => Scope::Local,
        Some("others") => Scope::Others,
        Some(other) => {
            return Err(AuthError::bad("validation_failed", format!("Unsupported logout scope \"{other}\"")));
        }
    };
    let client = state.admin.get().await?;
    session::end(&client, user.id, session, scope).await?;
    Ok(StatusCode::NO_CONTENT)
}
