//! Accounts: sign up, sign in, refresh, sign out, against Supabase Auth. Errors are in words a person can act on.
//!
//! Keeps nothing: tokens go back to the caller, who decides where they live.

use std::time::Duration;

use serde_json::{Value, json};

use super::Config;
use super::http::{Answer, perform};
use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::sync::failure::RemoteError;

const LIMIT: Duration = Duration::from_secs(20);

/// A signed-in person.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// What requests carry; lives about an hour.
    pub access_token: String,
    /// Buys the next session, once.
    pub refresh_token: String,
    /// When the access token ends, by this device's clock.
    pub expires_at: Timestamp,
    /// Who it is.
    pub user: UserId,
    /// Her e-mail address.
    pub email: String,
}

// Tokens must not end up in logs.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user)
            .field("email", &self.email)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why signing in, up or on did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Unknown address or wrong password; the server does not say which.
    #[error("E-mail address or password are wrong.")]
    WrongCredentials,
    /// The address has an account.
    #[error("There is an account with this e-mail address already. Sign in instead.")]
    EmailTaken,
    /// A mailed code that is wrong, used or too old; the server does not say which.
    #[error(
        "This code is wrong, or no longer good: it works once, for an hour, and only the newest one does. Look at it again, or ask for another."
    )]
    CodeRefused,
    /// The account waits for its e-mail to be confirmed.
    #[error("Confirm your e-mail address first: open the link in the message we have sent you, then sign in.")]
    ConfirmEmail,
    /// The server wants a better password; its reasons.
    #[error("Choose another password: {0}")]
    WeakPassword(String),
    /// It is the password she has.
    #[error("This is the password you have. Choose another one.")]
    SamePassword,
    /// The address is malformed or not accepted.
    #[error("This e-mail address is not accepted. Check it for mistakes.")]
    InvalidEmail,
    /// The server makes no new accounts.
    #[error("This server does not accept new accounts at present.")]
    SignUpsClosed,
    /// The account is barred.
    #[error("This account is barred from signing in.")]
    Barred,
    /// The session is over for good: refresh token used up, revoked or unknown.
    #[error("The session has ended. Sign in again; everything on this device is kept.")]
    SessionEnded,
    /// Too many attempts.
    #[error("Too many attempts. Wait a minute, then try again.")]
    TooManyAttempts,
    /// No usable answer; what happened.
    #[error("{0} Nothing is lost; try again when you are online.")]
    Unreachable(RemoteError),
    /// The server refused for a reason of its own.
    #[error("The server refused: {0}")]
    Refused(String),
}

impl AuthError {
    /// Does the same attempt make no sense any more (as opposed to trouble that passes)?
    pub const fn is_definitive(&self) -> bool {
        !matches!(self, AuthError::Unreachable(_) | AuthError::TooManyAttempts)
    }

    /// Has the auth server itself said that this session is over?
    pub const fn ends_session(&self) -> bool {
        matches!(self, AuthError::SessionEnded | AuthError::Barred)
    }
}

/// Talks to `/auth/v1`.
#[derive(Clone, Debug)]
pub struct AuthClient {
    config: Config,
    client: reqwest::Client,
}

impl AuthClient {
    /// A client for that server.
    pub fn new(config: Config) -> Self {
        AuthClient { config, client: reqwest::Client::new() }
    }

    /// Makes an account. `now` is the device's time, from which the session's end is reckoned.
    pub async fn sign_up(&self, email: &str, password: &str, now: Timestamp) -> Result<Session, AuthError> {
        let answer = self.post("signup", &json!({ "email": email.trim(), "password": password }), None).await?;
        match session(&answer.body, now) {
            Some(session) => Ok(session),
            // A bare user: the server waits for the e-mail to be confirmed.
            None if answer.body.get("id").is_some() => Err(AuthError::ConfirmEmail),
            None => Err(unreadable(&answer)),
        }
    }

    /// Signs in with e-mail and password.
    pub async fn sign_in(&self, email: &str, password: &str, now: Timestamp) -> Result<Session, AuthError> {
        let body = json!({ "email": email.trim(), "password": password });
        let answer = self.post("token?grant_type=password", &body, None).await?;
        session(&answer.body, now).ok_or_else(|| unreadable(&answer))
    }

    /// Buys a new session with a refresh token. The old token is used up, so keep the new one before anything else.
    /// Only [`AuthError::ends_session`] means that it is over: a gateway that is down or misconfigured signs nobody out.
    pub async fn refresh(&self, refresh_token: &str, now: Timestamp) -> Result<Session, AuthError> {
        let body = json!({ "refresh_token": refresh_token });
        match self.post("token?grant_type=refresh_token", &body, None).await {
            Ok(answer) => session(&answer.body, now).ok_or_else(|| unreadable(&answer)),
            Err(AuthError::WrongCredentials | AuthError::ConfirmEmail) => Err(AuthError::SessionEnded),
            Err(error) => Err(error),
        }
    }

    /// Has a code mailed to that address, if it has an account; the answer is the same if it has none.
    pub async fn send_code(&self, email: &str) -> Result<(), AuthError> {
        self.post("recover", &json!({ "email": email.trim() }), None).await.map(drop)
    }

    /// Exchanges a mailed code for a session. That uses the code up.
    pub async fn use_code(&self, email: &str, code: &str, now: Timestamp) -> Result<Session, AuthError> {
        let body = json!({ "type": "recovery", "email": email.trim(), "token": code });
        let answer = self.post("verify", &body, None).await?;
        session(&answer.body, now).ok_or_else(|| unreadable(&answer))
    }

    /// Ends this session on the server. A server that does not know it any more counts as success.
    pub async fn sign_out(&self, session: &Session) -> Result<(), AuthError> {
        match self.post("logout?scope=local", &json!({}), Some(&session.access_token)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_definitive() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes password or address of the account (`password`, `current_password`, `email`). Its address from then on: the old one, where the
    /// new one waits to be confirmed.
    pub async fn update(&self, session: &Session, changes: &Value) -> Result<String, AuthError> {
        let put = self.client.put(format!("{}/auth/v1/user", self.config.url));
        let answer = self.send(put, changes, Some(&session.access_token)).await?;
        let email = answer.body.get("email").and_then(Value::as_str);
        email.map(str::to_owned).ok_or_else(|| unreadable(&answer))
    }

    /// Deletes the account and everything in it.
    pub async fn delete_account(&self, session: &Session) -> Result<(), AuthError> {
        let call = self.client.post(format!("{}/rest/v1/rpc/delete_my_account", self.config.url));
        self.send(call, &json!({}), Some(&session.access_token)).await.map(drop)
    }

    async fn post(&self, path: &str, body: &Value, token: Option<&str>) -> Result<Answer, AuthError> {
        self.send(self.client.post(format!("{}/auth/v1/{path}", self.config.url)), body, token).await
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        body: &Value,
        token: Option<&str>,
    ) -> Result<Answer, AuthError> {
        let request = request
            .header("apikey", &self.config.key)
            .header("X-Supabase-Api-Version", "2024-01-01")
            .bearer_auth(token.unwrap_or(&self.config.key))
            .json(body);
        let answer = perform(LIMIT, request.send()).await.map_err(AuthError::Unreachable)?;
        if answer.is_success() { Ok(answer) } else { Err(refusal(answer.into_error())) }
    }
}

fn unreadable(answer: &Answer) -> AuthError {
    let found = "a session without tokens".to_owned();
    AuthError::Unreachable(RemoteError::NotOurs { status: answer.status, found })
}

/// The server's codes in our words (Supabase Auth error codes; unknown ones keep the server's words).
fn refusal(error: RemoteError) -> AuthError {
    let RemoteError::Status { status, code, message, .. } = &error else {
        return AuthError::Unreachable(error);
    };
    match code.as_deref().unwrap_or("") {
        "invalid_credentials" | "user_not_found" => AuthError::WrongCredentials,
        "user_already_exists" | "email_exists" => AuthError::EmailTaken,
        "otp_expired" => AuthError::CodeRefused,
        "email_not_confirmed" => AuthError::ConfirmEmail,
        "same_password" => AuthError::SamePassword,
        "weak_password" => AuthError::WeakPassword(message.clone()),
        "email_address_invalid" | "email_address_not_authorized" => AuthError::InvalidEmail,
        "signup_disabled" | "email_provider_disabled" => AuthError::SignUpsClosed,
        "user_banned" => AuthError::Barred,
        "refresh_token_not_found"
        | "refresh_token_already_used"
        | "session_not_found"
        | "session_expired"
        | "invalid_grant" => AuthError::SessionEnded,
        "over_request_rate_limit" | "over_email_send_rate_limit" => AuthError::TooManyAttempts,
        _ => match status {
            429 => AuthError::TooManyAttempts,
            // 409: two refreshes met; 5xx and 408 pass.
            408 | 409 | 500.. => AuthError::Unreachable(error),
            _ => AuthError::Refused(message.clone()),
        },
    }
}

/// The session in a reply. Its end is reckoned from this device's clock, since devices are wrong more often than servers.
fn session(body: &Value, now: Timestamp) -> Option<Session> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let user = body.get("user")?;
    Some(Session {
        access_token: text("access_token")?,
        refresh_token: text("refresh_token")?,
        expires_at: now.plus_micros(body.get("expires_in")?.as_i64()?.saturating_mul(1_000_000)),
        user: user.get("id")?.as_str()?.parse().ok()?,
        email: user.get("email").and_then(Value::as_str).unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn status(status: u16, code: &str) -> AuthError {
        let code = (!code.is_empty()).then(|| code.to_owned());
        refusal(RemoteError::Status { status, code, message: "m".into(), retry_after: None })
    }

    #[test]
    fn codes_become_words_and_only_trouble_that_passes_is_retried() {
        assert_eq!(status(400, "invalid_credentials"), AuthError::WrongCredentials);
        assert_eq!(status(422, "user_already_exists"), AuthError::EmailTaken);
        assert_eq!(status(400, "refresh_token_already_used"), AuthError::SessionEnded);
        assert_eq!(status(403, "otp_expired"), AuthError::CodeRefused);
        assert_eq!(status(429, ""), AuthError::TooManyAttempts);
        assert!(!status(503, "").is_definitive() && !status(409, "conflict").is_definitive());
        assert!(status(400, "validation_failed").is_definitive());
    }

    #[test]
    fn the_end_of_a_session_is_reckoned_from_the_device_clock() {
        let body = json!({ "access_token": "a", "refresh_token": "r", "expires_in": 3600, "expires_at": 1,
            "user": { "id": "6f1d3c52-8a0e-5b7c-9d43-2f6b1e7a5c10", "email": "a@b.c" } });
        let session = session(&body, Timestamp::from_micros(5)).unwrap();
        assert_eq!(session.expires_at, Timestamp::from_micros(3_600_000_005));
        assert!(!format!("{session:?}").contains("access"));
    }
}
