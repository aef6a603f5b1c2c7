//! The Auth service (the slice of GoTrue the client uses): sign-up, password and anonymous sign-in, refresh with
//! rotation and reuse detection, forgotten passwords by a mailed code, the user, sign-out, and the admin calls fixtures
//! need. E-mail addresses are confirmed at once (`mailer_autoconfirm`); what would be mailed lies in the [`mail`] box,
//! which the control listener shows. State lives in the `auth` tables.
//!
//! [`user`] and [`session`] know the tables, [`signup`], [`recovery`], [`account`] and [`admin`] are the calls, [`error`] the
//! two shapes of refusals. What is missing answers 501, so that nobody mistakes it for working.

mod account;
mod admin;
mod body;
mod error;
pub mod mail;
mod password;
mod recovery;
mod session;
mod signup;
mod user;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::json;
use tokio::sync::OnceCell;

use crate::AppState;
use error::AuthError;

/// What [`session`] needs beyond a fresh project's tables: how a session was opened, for the `amr` claim.
const OWN_COLUMNS: &str =
    "alter table auth.sessions add column if not exists amr_method text not null default 'password'";

/// The routes below `/auth/v1`.
pub fn router(state: AppState) -> Router {
    let prepared = (state.clone(), std::sync::Arc::new(OnceCell::new()));
    Router::new()
        .route("/signup", post(signup::signup))
        .route("/token", post(signup::token))
        .route("/recover", post(recovery::recover))
        .route("/verify", post(recovery::verify))
        .route("/logout", post(account::logout))
        .route("/user", get(account::get).put(account::update))
        .route("/settings", get(settings))
        .route("/health", get(health))
        .route("/.well-known/jwks.json", get(|| async { Json(json!({ "keys": [] })) }))
        .route("/admin/users", post(admin::create).get(admin::list))
        .route("/admin/users/{id}", get(admin::get).put(admin::update).delete(admin::delete))
        .fallback(not_implemented)
        .with_state(state)
        .layer(from_fn_with_state(prepared, prepare))
        .layer(from_fn(error::versioned))
}

/// Control endpoints, served on the control listener: `GET /mail?to=<address>`, the messages so far, oldest first.
pub fn control(state: AppState) -> Router {
    Router::new().route("/mail", get(mail::list)).with_state(state)
}

/// Before the first request: brings the tables to the shape this service needs.
async fn prepare(
    State((state, done)): State<(AppState, std::sync::Arc<OnceCell<()>>)>,
    request: Request,
    next: middleware::Next,
) -> Response {
    let prepared = done
        .get_or_try_init(|| async {
            let client = state.admin.get().await?;
            Ok::<(), AuthError>(client.batch_execute(OWN_COLUMNS).await?)
        })
        .await;
    match prepared {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn settings() -> Json<serde_json::Value> {
    Json(json!({
        "external": {
            "anonymous_users": true, "apple": false, "azure": false, "bitbucket": false, "discord": false,
            "email": true, "facebook": false, "figma": false, "github": false, "gitlab": false, "google": false,
            "kakao": false, "keycloak": false, "linkedin": false, "linkedin_oidc": false, "notion": false,
            "phone": false, "slack": false, "slack_oidc": false, "spotify": false, "twitch": false,
            "twitter": false, "workos": false, "zoom": false
        },
        "disable_signup": false,
        "mailer_autoconfirm": true,
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false
    }))
}

async fn health() -> Json<serde_json::Value> {
    Json(json!({
        "version": concat!("devstack-", env!("CARGO_PKG_VERSION")),
        "name": "GoTrue",
        "description": "A development stand-in for Supabase Auth"
    }))
}

async fn not_implemented(request: Request) -> AuthError {
    AuthError::new(
        StatusCode::NOT_IMPLEMENTED,
        "not_implemented",
        format!("devstack does not implement {} /auth/v1{}", request.method(), request.uri().path()),
    )
}
