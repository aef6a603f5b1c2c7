//! Bodies of requests: JSON whatever the content type says, empty meaning `{}` (anonymous sign-up sends nothing).

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::error::AuthError;

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = AuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AuthError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| AuthError::bad("bad_json", format!("Could not read request body: {error}")))?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text)
            .map(Self)
            .map_err(|error| AuthError::bad("bad_json", format!("Could not parse request body as JSON: {error}")))
    }
}
