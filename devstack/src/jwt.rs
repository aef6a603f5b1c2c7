//! HS256 tokens: signing, checking, and what can be wrong with one in PostgREST's words (14.x).
//! Knows neither HTTP nor roles.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

/// The claims of a token, in the order they stand in it.
pub type Claims = Map<String, Value>;

/// Seconds a clock may differ before `exp`, `nbf` and `iat` are held against a token.
pub const LEEWAY: i64 = 30;

/// The one key of a stack.
#[derive(Clone)]
pub struct JwtKeys {
    secret: Arc<[u8]>,
}

/// Why a token is refused. `Display` is PostgREST's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// `Authorization: Bearer` without a token.
    #[error("Empty JWT is sent in Authorization header")]
    Empty,
    /// Not `header.claims.signature`.
    #[error("Expected 3 parts in JWT; got {0}")]
    Parts(usize),
    /// The token carries a `kid` no key has.
    #[error("No suitable key or wrong key type")]
    UnknownKey,
    /// The signature is not ours.
    #[error("No suitable key or wrong key type")]
    Signature,
    /// `alg` is not one we know.
    #[error("Wrong or unsupported encoding algorithm")]
    Algorithm,
    /// A part is no base64url or no JSON.
    #[error("JWT cryptographic operation failed")]
    Malformed,
    /// The claims are no JSON object.
    #[error("Parsing claims failed")]
    Claims,
    /// A time claim is no number.
    #[error("The JWT '{0}' claim must be a number")]
    NotANumber(&'static str),
    /// `exp` has passed.
    #[error("JWT expired")]
    Expired,
    /// `nbf` is to come.
    #[error("JWT not yet valid")]
    NotYetValid,
    /// `iat` is to come.
    #[error("JWT issued at future")]
    IssuedAtFuture,
}

impl JwtError {
    /// PostgREST's code: PGRST301 for a token that cannot be read, PGRST303 for claims that do not hold.
    pub fn code(&self) -> &'static str {
        match self {
            JwtError::Claims
            | JwtError::NotANumber(_)
            | JwtError::Expired
            | JwtError::NotYetValid
            | JwtError::IssuedAtFuture => "PGRST303",
            _ => "PGRST301",
        }
    }

    /// PostgREST's `details`, where it gives any.
    pub fn details(&self) -> Option<&'static str> {
        match self {
            JwtError::UnknownKey => Some("No suitable key was found to decode the JWT"),
            JwtError::Signature => Some("None of the keys was able to decode the JWT"),
            _ => None,
        }
    }
}

impl JwtKeys {
    /// A key from the configured secret (its bytes as they are, not base64).
    pub fn new(secret: &str) -> JwtKeys {
        JwtKeys { secret: secret.as_bytes().into() }
    }

    /// Signs the claims as they are; adds none.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        self.sign_with_header(&header, claims)
    }

    /// Signs with a given header (already base64url); tests make odd tokens with it.
    pub fn sign_with_header(&self, header: &str, claims: &Claims) -> String {
        let body = URL_SAFE_NO_PAD.encode(Value::Object(claims.clone()).to_string());
        let signed = format!("{header}.{body}");
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{mac}")
    }

    /// Checks form, signature and times against the system clock and gives the claims.
    pub fn verify(&self, token: &str) -> Result<Claims, JwtError> {
        self.verify_at(token, now())
    }

    /// As [`JwtKeys::verify`] at a given time (seconds since 1970).
    pub fn verify_at(&self, token: &str, now: i64) -> Result<Claims, JwtError> {
        let claims = self.verify_signature(token)?;
        check_times(&claims, now)?;
        Ok(claims)
    }

    /// Checks form and signature only.
    pub fn verify_signature(&self, token: &str) -> Result<Claims, JwtError> {
        if token.is_empty() {
            return Err(JwtError::Empty);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, body, signature] = parts[..] else { return Err(JwtError::Parts(parts.len())) };
        let header: Claims = json_part(header).ok_or(JwtError::Malformed)?;
        if header.get("kid").is_some_and(|kid| !kid.is_null()) {
            return Err(JwtError::UnknownKey);
        }
        match header.get("alg").and_then(Value::as_str) {
            Some("HS256") => {}
            Some("HS384" | "HS512" | "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "ES512" | "EdDSA") => {
                return Err(JwtError::Signature);
            }
            _ => return Err(JwtError::Algorithm),
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtError::Malformed)?;
        let signed_len = token.rfind('.').unwrap_or(0);
        self.mac(&token[..signed_len]).verify_slice(&signature).map_err(|_| JwtError::Signature)?;
        json_part(body).ok_or(JwtError::Claims)
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(text.as_bytes());
        mac
    }
}

/// Seconds since 1970 by the system clock.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

fn json_part(part: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_times(claims: &Claims, now: i64) -> Result<(), JwtError> {
    let time = |name: &'static str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(n)) => Ok(n.as_i64().or_else(|| n.as_f64().map(|f| f as i64))),
        Some(_) => Err(JwtError::NotANumber(name)),
    };
    if time("exp")?.is_some_and(|exp| now.saturating_sub(LEEWAY) >= exp) {
        return Err(JwtError::Expired);
    }
    if time("nbf")?.is_some_and(|nbf| now.saturating_add(LEEWAY) < nbf) {
        return Err(JwtError::NotYetValid);
    }
    if time("iat")?.is_some_and(|iat| now.saturating_add(LEEWAY) < iat) {
        return Err(JwtError::IssuedAtFuture);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_token_of_the_jwt_io_example_verifies() {
        // The well-known example of jwt.io, signed elsewhere.
        let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let got = JwtKeys::new("your-256-bit-secret").verify(token).unwrap();
        assert_eq!(got["name"], "John Doe");
    }

    #[test]
    fn a_leeway_of_thirty_seconds_holds_on_every_time_claim() {
        let keys = JwtKeys::new("k");
        let at = |value: Value| keys.verify_at(&keys.sign(&claims(value)), 1000).err();
        assert_eq!(at(json!({"exp": 971})), None);
        assert_eq!(at(json!({"exp": 970})), Some(JwtError::Expired));
        assert_eq!(at(json!({"nbf": 1030})), None);
        assert_eq!(at(json!({"nbf": 1031})), Some(JwtError::NotYetValid));
        assert_eq!(at(json!({"iat": 1031})), Some(JwtError::IssuedAtFuture));
        assert_eq!(at(json!({"exp": "soon"})), Some(JwtError::NotANumber("exp")));
    }

    #[test]
    fn foreign_or_broken_tokens_are_told_apart() {
        let keys = JwtKeys::new("k");
        let foreign = JwtKeys::new("other").sign(&claims(json!({})));
        assert_eq!(keys.verify(&foreign), Err(JwtError::Signature));
        assert_eq!(keys.verify(""), Err(JwtError::Empty));
        assert_eq!(keys.verify("garbage"), Err(JwtError::Parts(1)));
        assert_eq!(keys.verify("a.b.c"), Err(JwtError::Malformed));
        let none = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(keys.verify(&none), Err(JwtError::Algorithm));
        let kid = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"zz"}"#);
        assert_eq!(keys.verify(&keys.sign_with_header(&kid, &claims(json!({})))), Err(JwtError::UnknownKey));
    }
}
