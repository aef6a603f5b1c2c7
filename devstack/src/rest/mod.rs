//! The PostgREST slice. A placeholder without routes.

use axum::Router;

use crate::{AppState, StartError};

/// The routes below `/rest/v1`.
pub async fn router(_state: AppState) -> Result<Router, StartError> {
    Ok(Router::new())
}
