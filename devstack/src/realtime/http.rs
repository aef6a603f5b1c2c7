//! Broadcasts over HTTP: `POST /api/broadcast` with a list of messages, and the newer form with one.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Realtime;
use super::access::{self, Claims};
use super::frame::{Broadcast, UserPayload};

#[derive(Deserialize)]
pub(super) struct Messages {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    topic: String,
    event: String,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    private: bool,
}

#[derive(Deserialize)]
pub(super) struct Privacy {
    #[serde(default)]
    private: bool,
}

/// `{"messages":[{topic, event, payload, private}]}` → 202. What a sender may not send is silently left out, as
/// the real one does.
pub(super) async fn broadcast(
    State(realtime): State<Realtime>,
    headers: HeaderMap,
    Json(Messages { messages }): Json<Messages>,
) -> Response {
    let claims = match bearer(&realtime, &headers) {
        Ok(claims) => claims,
        Err(refusal) => return *refusal,
    };
    for message in messages {
        let payload = UserPayload::Json(message.payload.to_string());
        send(&realtime, &claims, &message.topic, message.event, payload, message.private).await;
    }
    StatusCode::ACCEPTED.into_response()
}

/// One message: topic and event in the path, the payload as the body (JSON, or bytes).
pub(super) async fn broadcast_one(
    State(realtime): State<Realtime>,
    Path((topic, event)): Path<(String, String)>,
    Query(Privacy { private }): Query<Privacy>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let claims = match bearer(&realtime, &headers) {
        Ok(claims) => claims,
        Err(refusal) => return *refusal,
    };
    let binary = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/octet-stream");
    let payload = if binary {
        UserPayload::Binary(body)
    } else {
        match serde_json::from_slice::<Value>(&body) {
            Ok(payload) => UserPayload::Json(payload.to_string()),
            Err(error) => {
                let reason = json!({ "error": format!("the body is not JSON: {error}") });
                return (StatusCode::UNPROCESSABLE_ENTITY, Json(reason)).into_response();
            }
        }
    };
    send(&realtime, &claims, &topic, event, payload, private).await;
    StatusCode::ACCEPTED.into_response()
}

fn bearer(realtime: &Realtime, headers: &HeaderMap) -> Result<std::sync::Arc<Claims>, Box<Response>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text("authorization").and_then(|value| value.strip_prefix("Bearer ")).or_else(|| text("apikey"));
    access::claims(&realtime.app, token.unwrap_or_default())
        .map_err(|fault| (StatusCode::UNAUTHORIZED, Json(json!({ "error": fault.to_string() }))).into_response().into())
}

async fn send(realtime: &Realtime, claims: &Claims, topic: &str, event: String, payload: UserPayload, private: bool) {
    if private {
        match access::rights(&realtime.app, topic, claims).await {
            Ok(rights) if rights.write => {}
            Ok(_) => return tracing::debug!(topic, "a broadcast over HTTP was not allowed"),
            Err(error) => return tracing::warn!(topic, "a broadcast over HTTP was dropped: {error:#}"),
        }
    }
    if !realtime.app.faults.realtime_suppressed() {
        let broadcast = Broadcast { event, payload, meta: None };
        realtime.hub.broadcast(&format!("realtime:{topic}"), private, None, &broadcast);
    }
}
