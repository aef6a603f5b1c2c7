//! The one listener: sends requests to the three services after faults and key check, and serves the built app.
//! Knows the services only as routers.

pub mod apikey;
pub mod app;
pub mod cors;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;

use crate::{AppState, StartError, auth, faults, realtime, rest};

/// All routes of the stack.
pub async fn router(state: AppState) -> Result<Router, StartError> {
    // Outermost last: CORS, so that even an injected error is readable in a browser; then faults; then the key check.
    let services = Router::new()
        .nest_service("/rest/v1", rest::router(state.clone()).await?)
        .nest("/auth/v1", auth::router(state.clone()))
        .nest("/realtime/v1", realtime::router(state.clone()))
        .layer(from_fn_with_state(state.clone(), apikey::layer))
        .layer(from_fn_with_state(state.clone(), faults::layer))
        .layer(axum::middleware::from_fn(cors::layer));
    let mut router = Router::new().route("/config.json", get(client_config).with_state(state.clone()));
    if let Some(dir) = &state.config.app_dir {
        router = router.fallback_service(app::router(dir));
    }
    Ok(services.merge(router))
}

/// What the app needs to find this stack: the origin it was asked under and the public key.
async fn client_config(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let url = match text("host") {
        Some(host) => format!("{}://{host}", text("x-forwarded-proto").unwrap_or("http")),
        None => state.url.to_string(),
    };
    let body = json!({"supabase_url": url, "supabase_key": state.config.publishable_key});
    ([(header::CACHE_CONTROL, "no-cache")], Json(body)).into_response()
}
