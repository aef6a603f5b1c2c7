//! Serves the built app: caching that a new release gets through, compression (`file.br` in place of `file` where it lies beside it), and the content security policy
//! the release build must live with.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};

/// What the app's pages and workers may load and where they may connect to: as the `_headers` of the bundle has it, with the local backend by any
/// of its names in place of the project's server.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src-elem 'self' 'sha256-BCpnf71gZdCsSCHDzyB1RsBbZ0qQdqseK6v+yJsgg30='; \
     style-src-attr 'unsafe-inline'; img-src 'self' data: blob: https:; media-src 'self' data: blob: https:; font-src 'self'; manifest-src 'self'; \
     worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:* https://thesession.org; frame-ancestors 'none'";

#[derive(Clone)]
struct App {
    files: ServeDir,
    index: ServeFile,
}

/// The routes of the app: files as they are, every other path the app's own (index.html).
pub fn router(dir: &Path) -> Router {
    let app = App {
        files: ServeDir::new(dir).append_index_html_on_directories(true).precompressed_br(),
        index: ServeFile::new(dir.join("index.html")).precompressed_br(),
    };
    Router::new().fallback(serve).layer(CompressionLayer::new()).with_state(app)
}

async fn serve(State(app): State<App>, request: Request) -> Response {
    let name = request.uri().path().rsplit('/').next().unwrap_or("").to_owned();
    let page = !name.contains('.') && matches!(*request.method(), Method::GET | Method::HEAD);
    let again = copy_head(&request);
    let mut response = app.files.oneshot(request).await.into_response();
    // A missing file stays missing: index.html in the place of a script only hides the fault.
    if response.status() == StatusCode::NOT_FOUND && page {
        response = app.index.oneshot(again).await.into_response();
    }
    let found = !response.status().is_client_error();
    let headers = response.headers_mut();
    let caching = if found && is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if name.ends_with(".wasm") {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/wasm"));
    }
    if name.ends_with(".webmanifest") {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/manifest+json"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn copy_head(request: &Request) -> Request {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Whether a file name carries a content hash (`app-1f3a5b7c9d0e2f4a_bg.wasm`), so that it can never change.
/// The workers' entry files keep their names between releases.
fn is_hashed(name: &str) -> bool {
    let word =
        |w: &str| w.len() >= 8 && w.bytes().all(|b| b.is_ascii_hexdigit()) && w.bytes().any(|b| b.is_ascii_digit());
    !name.starts_with("worker") && name != "sw.js" && name.split(['-', '.', '_']).any(word)
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_names_with_a_hash_are_immutable() {
        assert!(is_hashed("app-1f3a5b7c9d0e2f4a_bg.wasm"));
        assert!(is_hashed("style-0a1b2c3d.css"));
        assert!(!is_hashed("index.html") && !is_hashed("sw.js") && !is_hashed("worker_bg.wasm"));
        assert!(!is_hashed("config.json") && !is_hashed("manifest.webmanifest") && !is_hashed("sqlite3-opfs.js"));
    }
}
