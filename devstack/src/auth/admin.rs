//! `/admin/users`, for fixtures and migrations: accounts with a chosen id, a password or a bcrypt hash.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use super::error::AuthError;
use super::session::{self, Admin};
use super::user::{self, NewUser, Which};
use super::{account, password};
use crate::AppState;

#[derive(Deserialize)]
pub(super) struct Account {
    id: Option<Uuid>,
    email: Option<String>,
    password: Option<String>,
    password_hash: Option<String>,
    email_confirm: Option<bool>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
    role: Option<String>,
}

impl Account {
    /// The hash to store, if a password or a hash was given.
    async fn hash(&self) -> Result<Option<String>, AuthError> {
        match (&self.password, &self.password_hash) {
            (Some(_), Some(_)) => {
                Err(AuthError::bad("validation_failed", "Only a password or a password hash should be provided"))
            }
            (Some(secret), None) => {
                password::check(secret)?;
                Ok(Some(password::hash(secret.clone()).await?))
            }
            (None, Some(hash)) if hash.starts_with("$2") && hash.len() == 60 => Ok(Some(hash.clone())),
            (None, Some(_)) => {
                Err(AuthError::bad("validation_failed", "devstack takes bcrypt hashes only ($2a$, $2b$ or $2y$)"))
            }
            (None, None) => Ok(None),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Page {
    page: Option<String>,
    per_page: Option<String>,
}

pub(super) async fn create(
    State(state): State<AppState>,
    _: Admin,
    Body(account): Body<Account>,
) -> Result<Json<Value>, AuthError> {
    let hash = account.hash().await?;
    let Some(email) = account.email.as_deref().filter(|email| !email.is_empty()) else {
        return Err(AuthError::bad("validation_failed", "Cannot create a user without either an email or phone"));
    };
    let email = password::email(email)?;
    let now = session::stamp(state.faults.now());
    let mut client = state.admin.get().await?;
    if user::find(&client, Which::Email(&email), &now).await?.is_some() {
        return Err(AuthError::unprocessable(
            "email_exists",
            "A user with this email address has already been registered",
        ));
    }
    let new = NewUser {
        id: account.id.unwrap_or_else(Uuid::new_v4),
        email: Some(email),
        password: hash,
        user_metadata: account.user_metadata.unwrap_or_default(),
        app_metadata: account.app_metadata.unwrap_or_default(),
        role: account.role.unwrap_or_else(|| "authenticated".into()),
        confirmed: account.email_confirm.unwrap_or(false),
    };
    let client = client.transaction().await?;
    let user = user::create(&client, new, &now).await?;
    client.commit().await?;
    Ok(Json(user.json))
}

pub(super) async fn list(
    State(state): State<AppState>,
    _: Admin,
    Query(Page { page, per_page }): Query<Page>,
) -> Result<Response, AuthError> {
    // auth-js sends empty parameters when it was given none.
    let number = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok()).filter(|number| *number > 0);
    let per_page = number(per_page).unwrap_or(50).min(1000);
    let page = number(page).unwrap_or(1).min(1_000_000);
    let client = state.admin.get().await?;
    let now = session::stamp(state.faults.now());
    let users = user::list(&client, &now, per_page, (page - 1) * per_page).await?;
    let total: i64 = client.query_one("select count(*) from auth.users where deleted_at is null", &[]).await?.get(0);
    let users: Vec<Value> = users.into_iter().map(|user| user.json).collect();
    let mut response = Json(json!({ "users": users, "aud": "authenticated" })).into_response();
    if let Ok(total) = HeaderValue::from_str(&total.to_string()) {
        response.headers_mut().insert("x-total-count", total);
    }
    Ok(response)
}

pub(super) async fn get(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, AuthError> {
    let client = state.admin.get().await?;
    let now = session::stamp(state.faults.now());
    Ok(Json(user::find(&client, Which::Id(id), &now).await?.ok_or_else(user::not_found)?.json))
}

pub(super) async fn update(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<Uuid>,
    Body(account): Body<Account>,
) -> Result<Json<Value>, AuthError> {
    let hash = account.hash().await?;
    let now = session::stamp(state.faults.now());
    let mut client = state.admin.get().await?;
    let client = client.transaction().await?;
    let user = user::find(&client, Which::Id(id), &now).await?.ok_or_else(user::not_found)?;
    if let Some(email) = account.email.as_deref().filter(|email| !email.is_empty()) {
        account::set_email(&client, &user, &password::email(email)?, &now).await?;
    } else if account.email_confirm == Some(true) {
        let query = "update auth.users set email_confirmed_at = coalesce(email_confirmed_at, $2::text::timestamptz) where id = $1";
        client.execute(query, &[&id, &now]).await?;
    }
    if let Some(hash) = hash {
        client.execute("update auth.users set encrypted_password = $2 where id = $1", &[&id, &hash]).await?;
    }
    if let Some(data) = account.user_metadata {
        account::merge_metadata(&client, id, "raw_user_meta_data", data).await?;
    }
    if let Some(data) = account.app_metadata {
        account::merge_metadata(&client, id, "raw_app_meta_data", data).await?;
    }
    if let Some(role) = account.role {
        client.execute("update auth.users set role = $2 where id = $1", &[&id, &role]).await?;
    }
    client.execute("update auth.users set updated_at = $2::text::timestamptz where id = $1", &[&id, &now]).await?;
    let user = user::find(&client, Which::Id(id), &now).await?.ok_or_else(user::not_found)?;
    client.commit().await?;
    Ok(Json(user.json))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    _: Admin,
    Path(id): Path<Uuid>,
) -> Result<Json<Value>, AuthError> {
    let client = state.admin.get().await?;
    match client.execute("delete from auth.users where id = $1", &[&id]).await? {
        0 => Err(user::not_found()),
        _ => Ok(Json(json!({}))),
    }
}
