//! Faults to inject into the services. A placeholder that lets everything pass.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::AppState;

/// The faults switched on.
#[derive(Clone, Default)]
pub struct Faults {}

/// Every request of the three services passes here, before its key is checked.
pub async fn layer(State(_state): State<AppState>, request: Request, next: Next) -> Response {
    next.run(request).await
}

/// The control endpoints that switch faults.
pub fn control(_state: AppState) -> Router {
    Router::new()
}
