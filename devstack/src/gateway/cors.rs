//! Cross-origin rules: everything is allowed, in the words PostgREST uses.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const METHODS: &str = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";
const EXPOSED: &str = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit";
/// Auth clients read these too.
const EXPOSED_AUTH: &str = "X-Total-Count, Link, X-Sb-Error-Code, X-Supabase-Api-Version";

/// Answers preflights and marks every other reply as readable.
pub async fn layer(request: Request, next: Next) -> Response {
    let cross_origin = request.headers().contains_key(header::ORIGIN);
    if cross_origin
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return preflight(request.headers());
    }
    let auth = request.uri().path().starts_with("/auth/");
    let mut response = next.run(request).await;
    if cross_origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let exposed = if auth { EXPOSED_AUTH } else { EXPOSED };
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    }
    response
}

fn preflight(asked: &HeaderMap) -> Response {
    let mut allowed = vec!["Authorization".to_string()];
    let names = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|v| v.to_str().ok()).unwrap_or("");
    let simple = ["accept", "accept-language", "content-language", "authorization"];
    let asked = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    allowed.extend(asked.filter(|name| !simple.contains(&name.to_ascii_lowercase().as_str())).map(str::to_owned));
    allowed.extend(["Accept", "Accept-Language", "Content-Language"].map(str::to_owned));
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Ok(value) = HeaderValue::from_str(&allowed.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, value);
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}
