//! The key check in front of every service, and the exchange of an opaque key for the JWT of its role
//! (as the Supabase CLI's proxy does it).

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::jwt::{JwtKeys, now};
use crate::{AppState, Config};

/// The keys of a stack and the role tokens they stand for.
#[derive(Clone)]
pub struct ApiKeys {
    publishable: Arc<str>,
    secret: Arc<str>,
    /// Token with role `anon`; also accepted as a (legacy) key.
    pub anon_jwt: Arc<str>,
    /// Token with role `service_role`; also accepted as a (legacy) key.
    pub service_role_jwt: Arc<str>,
    jwt: JwtKeys,
}

impl ApiKeys {
    /// The configured keys, and role tokens valid for ten years.
    pub fn new(config: &Config, jwt: &JwtKeys) -> ApiKeys {
        let token = |role: &str| {
            let mut claims = Map::new();
            claims.insert("iss".into(), "supabase-demo".into());
            claims.insert("role".into(), role.into());
            claims.insert("iat".into(), now().into());
            claims.insert("exp".into(), (now() + 10 * 365 * 86_400).into());
            Arc::from(jwt.sign(&claims))
        };
        ApiKeys {
            publishable: config.publishable_key.as_str().into(),
            secret: config.secret_key.as_str().into(),
            anon_jwt: token("anon"),
            service_role_jwt: token("service_role"),
            jwt: jwt.clone(),
        }
    }

    /// The role token an api key stands for; `None` for a key that is not ours.
    pub fn role_token(&self, key: &str) -> Option<String> {
        if key == &*self.publishable {
            return Some(self.anon_jwt.to_string());
        }
        if key == &*self.secret {
            return Some(self.service_role_jwt.to_string());
        }
        // A legacy key is a JWT of ours without a user; it stands for itself.
        let claims = self.jwt.verify(key).ok()?;
        let role = claims.get("role").and_then(Value::as_str);
        matches!(role, Some("anon" | "service_role")).then(|| key.to_string())
    }

    fn is_secret(&self, key: &str) -> bool {
        key.starts_with("sb_secret_")
    }
}

/// Refuses requests without a valid key and writes the role token of the key where the services look for one.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if is_exempt(request.method(), request.headers(), request.uri().path()) {
        return next.run(request).await;
    }
    let given = request.headers().get("apikey").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let Some(key) = given.or_else(|| query_value(request.uri(), "apikey")) else {
        return refuse("No API key found in request", "No `apikey` request header or url param was found.");
    };
    let Some(token) = state.keys.role_token(&key) else {
        return refuse("Invalid API key", "Double check the provided API key, it is not one of this stack.");
    };
    if state.keys.is_secret(&key) && is_browser(request.headers()) {
        return refuse(
            "Forbidden use of secret API key in browser",
            "Secret API keys can only be used in a protected environment and should never be used in a browser.",
        );
    }
    let own = request.headers().get(header::AUTHORIZATION).is_some_and(|v| !v.as_bytes().starts_with(b"Bearer sb_"));
    if !own && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}")) {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    if query_value(request.uri(), "apikey").is_some() {
        let with = request.uri().path().starts_with("/realtime/").then_some(token.as_str());
        if let Some(uri) = replace_key(request.uri(), with) {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

/// Preflights carry no headers of their own; links in mails and OAuth redirects are opened without any.
fn is_exempt(method: &Method, headers: &HeaderMap, path: &str) -> bool {
    let preflight = method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    preflight || matches!(path, "/auth/v1/verify" | "/auth/v1/callback" | "/auth/v1/authorize")
}

fn is_browser(headers: &HeaderMap) -> bool {
    headers.get(header::USER_AGENT).is_some_and(|v| v.as_bytes().starts_with(b"Mozilla/"))
}

fn refuse(message: &str, hint: &str) -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({"message": message, "hint": hint}))).into_response()
}

fn query_value(uri: &Uri, name: &str) -> Option<String> {
    uri.query()?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| percent_decode_str(value).decode_utf8().map(Cow::into_owned).ok())?
    })
}

/// The URI with the `apikey` parameter replaced, or removed (PostgREST would take it for a filter).
fn replace_key(uri: &Uri, with: Option<&str>) -> Option<Uri> {
    let kept = uri.query()?.split('&').filter_map(|pair| match (pair.split_once('='), with) {
        (Some(("apikey", _)), None) => None,
        (Some(("apikey", _)), Some(token)) => Some(format!("apikey={}", utf8_percent_encode(token, NON_ALPHANUMERIC))),
        _ => Some(pair.to_string()),
    });
    let query = kept.collect::<Vec<_>>().join("&");
    let path = uri.path();
    let target = if query.is_empty() { path.to_string() } else { format!("{path}?{query}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys() -> ApiKeys {
        let config = Config::default();
        ApiKeys::new(&config, &JwtKeys::new(&config.jwt_secret))
    }

    #[test]
    fn opaque_and_legacy_keys_stand_for_role_tokens() {
        let (keys, config) = (keys(), Config::default());
        assert_eq!(keys.role_token(&config.publishable_key).as_deref(), Some(&*keys.anon_jwt));
        assert_eq!(keys.role_token(&config.secret_key).as_deref(), Some(&*keys.service_role_jwt));
        assert_eq!(keys.role_token(&keys.anon_jwt).as_deref(), Some(&*keys.anon_jwt));
        assert_eq!(keys.role_token("sb_publishable_other"), None);
        let mut user = Map::new();
        user.insert("role".into(), "authenticated".into());
        let user = JwtKeys::new(&config.jwt_secret).sign(&user);
        assert_eq!(keys.role_token(&user), None, "a user's token is no api key");
    }

    #[test]
    fn the_key_in_the_query_is_replaced_or_removed() {
        let uri: Uri = "/realtime/v1/websocket?apikey=sb_x&vsn=2.0.0".parse().unwrap();
        assert_eq!(replace_key(&uri, Some("a.b")).unwrap(), "/realtime/v1/websocket?apikey=a%2Eb&vsn=2.0.0");
        let uri: Uri = "/rest/v1/note?apikey=sb_x".parse().unwrap();
        assert_eq!(replace_key(&uri, None).unwrap(), "/rest/v1/note");
    }
}
