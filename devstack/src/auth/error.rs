//! Refusals of the Auth service in both API versions: without `X-Supabase-Api-Version` and with 2024-01-01.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

const VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");
const CODE: HeaderName = HeaderName::from_static("x-sb-error-code");

/// A refusal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AuthError {
    status: StatusCode,
    code: &'static str,
    message: String,
    weak: Option<&'static str>,
}

impl AuthError {
    /// A refusal with one of GoTrue's error codes.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), weak: None }
    }

    /// 400 with a code.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403 with a code.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 422 with a code.
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// A password that is too weak, with GoTrue's word for why.
    pub fn weak_password(reason: &'static str, message: impl Into<String>) -> Self {
        Self { weak: Some(reason), ..Self::unprocessable("weak_password", message) }
    }

    fn unexpected(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the auth service failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", format!("Unexpected failure: {error}"))
    }

    fn body(&self, dated: bool) -> Value {
        let mut body = if dated {
            json!({ "code": self.code, "message": self.message })
        } else {
            json!({ "code": self.status.as_u16(), "error_code": self.code, "msg": self.message })
        };
        if self.status.is_server_error() {
            body["error_id"] = uuid::Uuid::new_v4().to_string().into();
        }
        if let Some(reason) = self.weak {
            body["weak_password"] = json!({ "message": self.message, "reasons": [reason] });
        }
        body
    }

    fn response(self, dated: bool) -> Response {
        let mut response = (self.status, Json(self.body(dated))).into_response();
        response.headers_mut().insert(CODE, HeaderValue::from_static(self.code));
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        self.response(false)
    }
}

impl From<tokio_postgres::Error> for AuthError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(database) => Self::unexpected(database),
            None => Self::unexpected(error),
        }
    }
}

impl From<deadpool_postgres::PoolError> for AuthError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::unexpected(error)
    }
}

impl From<bcrypt::BcryptError> for AuthError {
    fn from(error: bcrypt::BcryptError) -> Self {
        Self::unexpected(error)
    }
}

impl From<tokio::task::JoinError> for AuthError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::unexpected(error)
    }
}

/// Middleware: gives refusals the shape of the API version the client asked for, and echoes that version.
pub async fn versioned(request: Request, next: Next) -> Response {
    let dated = request.headers().get(&VERSION).is_some_and(|version| version.as_bytes() >= &b"2024-01-01"[..]);
    let response = next.run(request).await;
    if !dated {
        return response;
    }
    let mut response = match response.extensions().get::<AuthError>() {
        Some(error) => error.clone().response(true),
        None => response,
    };
    response.headers_mut().insert(VERSION, HeaderValue::from_static("2024-01-01"));
    response
}
