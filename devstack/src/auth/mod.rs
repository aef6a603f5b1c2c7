//! The auth service. A placeholder without routes.

use axum::Router;

use crate::AppState;

/// The routes below `/auth/v1`.
pub fn router(_state: AppState) -> Router {
    Router::new()
}

/// Control endpoints (captured mail), served on the control listener.
pub fn control(_state: AppState) -> Router {
    Router::new()
}
