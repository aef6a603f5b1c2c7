//! The realtime service. A placeholder without routes.

use axum::Router;

use crate::AppState;

/// The routes below `/realtime/v1`.
pub fn router(_state: AppState) -> Router {
    Router::new()
}
