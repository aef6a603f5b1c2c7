//! The fault knobs: what can go wrong between a client and Supabase, on demand, for tests.
//!
//! [`Faults`] is shared by all services; it also carries the clock and the life of access tokens, because
//! both are things a test bends. [`layer`] sits in front of every service, [`control`] is the control port.
//! A dropped request or reply closes the TCP connection, as a failing network does; nothing is answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::AppState;

/// Seconds an access token lives unless a test says otherwise (the default of hosted projects).
pub const DEFAULT_TOKEN_LIFE: i64 = 3600;

/// Which requests a rule applies to. Every given part must fit; an empty match fits all requests but preflights.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// `rest`, `auth` or `realtime`: the first part of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// HTTP method, any case. CORS preflights are hit only by an explicit `OPTIONS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Start of the whole path, such as `/rest/v1/rpc/sync_push`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
}

/// What happens to a matching request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The connection is closed and the request never handled.
    DropRequest,
    /// The request is handled to the end (it commits), then the connection is closed without an answer.
    DropReply,
    /// The request is held for this many milliseconds, then handled.
    DelayMs(u64),
    /// This answer instead of the service's.
    Status {
        /// HTTP status code.
        code: u16,
        /// JSON body; a JSON string is sent as plain text.
        #[serde(default)]
        body: Value,
        /// Extra headers, such as `retry-after`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// All Realtime sockets are cut without a close frame, then the request is handled.
    CutSockets,
    /// A captive portal's page: 200, `text/html`.
    Html,
}

/// One rule as posted to the control port.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The requests it applies to.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// How many requests it hits before it is spent; absent = until deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What it does.
    pub action: Action,
    /// How many requests it has hit so far.
    #[serde(default)]
    pub hits: u64,
}

/// The knobs. Cloning gives another handle to the same knobs.
#[derive(Debug, Clone)]
pub struct Faults {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: Mutex<Vec<Rule>>,
    counts: Mutex<BTreeMap<String, u64>>,
    token_life: AtomicI64,
    clock_offset: AtomicI64,
    suppress: AtomicBool,
    cuts: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

/// The data behind these locks is whole after every statement, so a panic elsewhere does not spoil it.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// All knobs at rest: no rules, real clock, tokens of an hour.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                rules: Mutex::default(),
                counts: Mutex::default(),
                token_life: AtomicI64::new(DEFAULT_TOKEN_LIFE),
                clock_offset: AtomicI64::new(0),
                suppress: AtomicBool::new(false),
                cuts: watch::channel(0).0,
            }),
        }
    }

    /// The server's time: the real one plus the offset set at `/clock`.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.inner.clock_offset.load(Ordering::Relaxed))
    }

    /// Moves the server's clock by this many seconds from the real time.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.inner.clock_offset.store(seconds, Ordering::Relaxed);
    }

    /// Seconds the next access token will live.
    #[must_use]
    pub fn token_life(&self) -> i64 {
        self.inner.token_life.load(Ordering::Relaxed)
    }

    /// Sets the life of access tokens issued from now on, in seconds.
    pub fn set_token_life(&self, seconds: i64) {
        self.inner.token_life.store(seconds, Ordering::Relaxed);
    }

    /// Whether Realtime keeps its messages to itself (sockets stay up, joins are answered).
    #[must_use]
    pub fn realtime_suppressed(&self) -> bool {
        self.inner.suppress.load(Ordering::Relaxed)
    }

    /// Silences Realtime or lets it speak again; what was missed is lost, as with the real one.
    pub fn suppress_realtime(&self, on: bool) {
        self.inner.suppress.store(on, Ordering::Relaxed);
    }

    /// Cuts every Realtime socket without a close frame.
    pub fn cut_sockets(&self) {
        self.inner.cuts.send_modify(|count| *count += 1);
    }

    /// Changes each time the sockets are to be cut.
    #[must_use]
    pub fn cuts(&self) -> watch::Receiver<u64> {
        self.inner.cuts.subscribe()
    }

    /// Adds a rule after those that exist; the first rule that fits a request acts.
    pub fn add(&self, rule: Rule) {
        held(&self.inner.rules).push(rule);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        held(&self.inner.rules).clear();
    }

    /// The rules with their hit counts.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        held(&self.inner.rules).clone()
    }

    /// Requests seen, by `METHOD /path`.
    #[must_use]
    pub fn stats(&self) -> BTreeMap<String, u64> {
        held(&self.inner.counts).clone()
    }

    /// Counts the request and finds what is to go wrong with it.
    fn hit(&self, method: &Method, path: &str) -> Option<Action> {
        *held(&self.inner.counts).entry(format!("{method} {path}")).or_default() += 1;
        let mut rules = held(&self.inner.rules);
        let rule = rules.iter_mut().find(|rule| rule.applies(method, path))?;
        rule.hits += 1;
        Some(rule.action.clone())
    }
}

impl Rule {
    fn applies(&self, method: &Method, path: &str) -> bool {
        let Match { service, method: wanted, path_prefix } = &self.matches;
        let spent = self.times.is_some_and(|times| self.hits >= times);
        let method_fits = match wanted {
            Some(wanted) => wanted.eq_ignore_ascii_case(method.as_str()),
            None => method != Method::OPTIONS,
        };
        let service_fits = service.as_ref().is_none_or(|service| {
            path.strip_prefix('/')
                .and_then(|rest| rest.strip_prefix(service.as_str()))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        !spent && method_fits && service_fits && path_prefix.as_ref().is_none_or(|prefix| path.starts_with(prefix))
    }
}

/// Closes the connection without an answer: unwinding ends the connection's task, which drops its socket.
/// The panic hook is not called, so nothing is printed.
fn close_connection() -> ! {
    std::panic::resume_unwind(Box::new("devstack closes this connection: a fault rule says so"))
}

const CAPTIVE_PORTAL: &str = "<!doctype html><html><head><title>Welcome</title></head><body><h1>Accept the terms to go online</h1></body></html>";

/// Middleware that counts each request and does what the first fitting rule says.
pub async fn layer(State(AppState { faults, .. }): State<AppState>, request: Request, next: Next) -> Response {
    let path = match request.extensions().get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri.path().to_owned(),
        None => request.uri().path().to_owned(),
    };
    match faults.hit(request.method(), &path) {
        None => next.run(request).await,
        Some(Action::DropRequest) => close_connection(),
        Some(Action::DropReply) => {
            let reply = next.run(request).await;
            // The reply may still be produced while it is read: take it whole, so that the work is done.
            let _ = axum::body::to_bytes(reply.into_body(), usize::MAX).await;
            close_connection()
        }
        Some(Action::DelayMs(milliseconds)) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            next.run(request).await
        }
        Some(Action::Status { code, body, headers }) => canned(code, body, headers),
        Some(Action::CutSockets) => {
            faults.cut_sockets();
            next.run(request).await
        }
        Some(Action::Html) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], CAPTIVE_PORTAL).into_response()
        }
    }
}

fn canned(code: u16, body: Value, headers: BTreeMap<String, String>) -> Response {
    let (kind, text) = match body {
        Value::Null => ("text/plain; charset=utf-8", String::new()),
        Value::String(text) => ("text/plain; charset=utf-8", text),
        other => ("application/json; charset=utf-8", other.to_string()),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[derive(Deserialize)]
struct Seconds {
    #[serde(alias = "offset_seconds")]
    seconds: i64,
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
}

/// One rule or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    Many(Vec<Rule>),
    One(Rule),
}

/// The control endpoints that switch faults.
pub fn control(state: AppState) -> Router {
    Router::new()
        .route(
            "/faults",
            post(|State(faults): State<Faults>, Json(rules): Json<Rules>| async move {
                match rules {
                    Rules::One(rule) => faults.add(rule),
                    Rules::Many(rules) => rules.into_iter().for_each(|rule| faults.add(rule)),
                }
                Json(faults.rules())
            })
            .get(|State(faults): State<Faults>| async move { Json(faults.rules()) })
            .delete(|State(faults): State<Faults>| async move {
                faults.clear();
                StatusCode::NO_CONTENT
            }),
        )
        .route(
            "/token_life",
            post(|State(faults): State<Faults>, Json(Seconds { seconds }): Json<Seconds>| async move {
                faults.set_token_life(seconds);
                Json(json!({ "seconds": seconds }))
            }),
        )
        .route(
            "/clock",
            post(|State(faults): State<Faults>, Json(Seconds { seconds }): Json<Seconds>| async move {
                faults.set_clock_offset(seconds);
                Json(json!({ "offset_seconds": seconds, "now": faults.now() }))
            }),
        )
        .route(
            "/sockets/cut",
            post(|State(faults): State<Faults>| async move {
                faults.cut_sockets();
                StatusCode::NO_CONTENT
            }),
        )
        .route(
            "/realtime/suppress",
            post(|State(faults): State<Faults>, Json(Switch { on }): Json<Switch>| async move {
                faults.suppress_realtime(on);
                Json(json!({ "on": on }))
            }),
        )
        .route("/stats", get(|State(faults): State<Faults>| async move { Json(faults.stats()) }))
        .with_state(state.faults)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rule(text: &str) -> Rule {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn rules_match_by_service_method_and_path_and_are_spent() {
        let faults = Faults::new();
        faults.add(rule(r#"{"match":{"service":"rest","method":"post","path_prefix":"/rest/v1/rpc"},"times":1,"action":"drop_reply"}"#));
        assert!(faults.hit(&Method::GET, "/rest/v1/rpc/sync_pull").is_none());
        assert!(faults.hit(&Method::POST, "/rest/v1/tune").is_none());
        assert!(faults.hit(&Method::POST, "/resting/v1/rpc").is_none());
        assert!(matches!(faults.hit(&Method::POST, "/rest/v1/rpc/sync_push"), Some(Action::DropReply)));
        assert!(faults.hit(&Method::POST, "/rest/v1/rpc/sync_push").is_none(), "spent after one hit");
        assert_eq!(faults.rules()[0].hits, 1);
        assert_eq!(faults.stats()["POST /rest/v1/rpc/sync_push"], 2);
    }

    #[test]
    fn preflights_are_spared_unless_named() {
        let faults = Faults::new();
        faults.add(rule(r#"{"action":{"status":{"code":503}}}"#));
        assert!(faults.hit(&Method::OPTIONS, "/rest/v1/tune").is_none());
        assert!(faults.hit(&Method::GET, "/rest/v1/tune").is_some());
    }

    #[test]
    fn actions_have_the_documented_json_form() {
        for text in [
            r#"{"action":"drop_request"}"#,
            r#"{"action":{"delay_ms":250}}"#,
            r#"{"action":{"status":{"code":429,"body":{"message":"slow down"},"headers":{"retry-after":"2"}}}}"#,
            r#"{"action":"cut_sockets"}"#,
            r#"{"action":"html"}"#,
        ] {
            rule(text);
        }
    }
}
