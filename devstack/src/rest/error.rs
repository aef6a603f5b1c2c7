//! What a refused request is answered: PostgREST's codes, statuses and words (14.x).
//! Database errors pass through with their SQLSTATE as code.

use std::ops::{Deref, DerefMut};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio_postgres::error::DbError;

use crate::jwt::JwtError;

/// An error reply. Boxed, since every function here may return one.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Refusal>);

/// The parts of an error reply.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// HTTP status.
    pub status: StatusCode,
    /// SQLSTATE or `PGRSTnnn`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Text, or a list for ambiguous requests.
    pub details: Option<Value>,
    /// What may have been meant.
    pub hint: Option<String>,
    /// Headers beside the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Deref for ApiError {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl DerefMut for ApiError {
    fn deref_mut(&mut self) -> &mut Refusal {
        &mut self.0
    }
}

impl ApiError {
    /// An error with a message only.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> ApiError {
        ApiError(Box::new(Refusal {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.to_string(),
            message: message.into(),
            details: None,
            hint: None,
            headers: Vec::new(),
        }))
    }

    /// Adds `details`.
    pub fn details(mut self, details: impl Into<String>) -> ApiError {
        self.details = Some(Value::String(details.into()));
        self
    }

    /// Adds `hint`.
    pub fn hint(mut self, hint: Option<String>) -> ApiError {
        self.hint = hint;
        self
    }

    /// Adds a header, if the value can be one.
    pub fn header(mut self, name: HeaderName, value: &str) -> ApiError {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Grammar the real server knows and this one does not: fails loudly rather than approximate.
    pub fn not_implemented(what: impl Into<String>) -> ApiError {
        ApiError::new(400, "PGRST127", "Feature not implemented").details(what)
    }

    /// A range that cannot be satisfied.
    pub fn range(details: impl Into<String>) -> ApiError {
        ApiError::new(416, "PGRST103", "Requested range not satisfiable").details(details)
    }

    /// A body that cannot be read.
    pub fn body(message: impl Into<String>) -> ApiError {
        ApiError::new(400, "PGRST102", message)
    }

    /// The database cannot be reached.
    pub fn unreachable(reason: impl std::fmt::Display) -> ApiError {
        ApiError::new(503, "PGRST001", "Database client error. Retrying the connection.").details(reason.to_string())
    }

    /// A token that does not hold.
    pub fn jwt(error: &JwtError) -> ApiError {
        let message = error.to_string();
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{message}\"");
        let mut reply = ApiError::new(401, error.code(), message).header(header::WWW_AUTHENTICATE, &challenge);
        reply.details = error.details().map(|text| Value::String(text.to_string()));
        reply
    }

    /// Anything `tokio-postgres` reports. `anon`: the request ran as the anonymous role.
    pub fn database(error: &tokio_postgres::Error, anon: bool) -> ApiError {
        match error.as_db_error() {
            Some(db) => ApiError::from_db(db, anon),
            None => ApiError::unreachable(error),
        }
    }

    fn from_db(db: &DbError, anon: bool) -> ApiError {
        let code = db.code().code();
        if code == "PGRST" {
            return raised(db);
        }
        let status = status_of(code, db.message(), anon);
        let mut reply = ApiError::new(status, code, db.message()).hint(db.hint().map(str::to_owned));
        reply.details = db.detail().map(|text| Value::String(text.to_string()));
        if status == 401 {
            reply = reply.header(header::WWW_AUTHENTICATE, "Bearer");
        }
        reply
    }
}

/// HTTP status of a SQLSTATE.
fn status_of(code: &str, message: &str, anon: bool) -> u16 {
    if let Some(status) = code.strip_prefix("PT").and_then(|n| n.parse::<u16>().ok()) {
        return if (100..1000).contains(&status) { status } else { 500 };
    }
    match code {
        "23503" | "23505" => 409,
        "25006" => 405,
        // safeupdate's refusal has this state too and is the client's fault; a duplicate row in a batch is a 500.
        "21000" if message.ends_with("requires a WHERE clause") => 400,
        "22023" if message.starts_with("role ") && message.ends_with("does not exist") => 401,
        "42883" | "42P01" => 404,
        "42P17" => 500,
        "42501" if anon => 401,
        "42501" => 403,
        "53400" => 500,
        "57P01" => 503,
        "P0001" => 400,
        _ => match code.get(..2).unwrap_or("") {
            "08" | "53" => 503,
            "0L" | "0P" | "28" => 403,
            "09" | "21" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0" | "HV" | "P0"
            | "XX" => 500,
            _ => 400,
        },
    }
}

/// `raise sqlstate 'PGRST'`: the function states the whole reply in its message and detail.
fn raised(db: &DbError) -> ApiError {
    let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text).ok();
    let malformed = || {
        ApiError::new(500, "PGRST121", "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error")
            .details(format!("Invalid JSON value for MESSAGE: '{}'", db.message()))
    };
    let Some(message) = parse(db.message()) else { return malformed() };
    let Some(detail) = db.detail().and_then(parse) else { return malformed() };
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    let (Some(code), Some(sentence)) = (text("code"), text("message")) else { return malformed() };
    let Some(status) = detail.get("status").and_then(Value::as_u64) else { return malformed() };
    let mut reply =
        ApiError::new(u16::try_from(status).unwrap_or(500), code, sentence).hint(text("hint").map(str::to_owned));
    reply.details = text("details").map(|t| Value::String(t.to_string()));
    for (name, value) in detail.get("headers").and_then(Value::as_object).into_iter().flatten() {
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value.as_str()) {
            reply = reply.header(name, value);
        }
    }
    reply
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({
            "code": self.code, "details": self.details, "hint": self.hint, "message": self.message,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        if let Ok(value) = HeaderValue::from_str(&format!("PostgREST; error={}", self.code)) {
            headers.insert("proxy-status", value);
        }
        for (name, value) in self.0.headers {
            headers.append(name, value);
        }
        response
    }
}
