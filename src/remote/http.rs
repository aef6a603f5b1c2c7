//! One request, one answer: time limit, content type, JSON, the server's words when it refuses.

use std::time::Duration;

use serde_json::Value;

use super::timer::within;
use crate::sync::failure::RemoteError;

/// An answer of our server, whatever its status.
pub(super) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body; null if there is none.
    pub body: Value,
    /// The `x-sb-error-code` header of the auth server.
    pub error_code: Option<String>,
    /// The `Retry-After` header.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// Is the status one of success?
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The refusal as an error. `code` is PostgREST's, or the auth server's in either of its two forms.
    pub fn into_error(self) -> RemoteError {
        let text = |key: &str| self.body.get(key).and_then(Value::as_str).map(str::to_owned);
        RemoteError::Status {
            status: self.status,
            code: self
                .error_code
                .clone()
                .or_else(|| text("error_code"))
                .or_else(|| text("code"))
                .or_else(|| text("error").filter(|e| !e.contains(' '))),
            message: ["message", "msg", "error_description", "error"]
                .into_iter()
                .find_map(text)
                .unwrap_or_else(|| "no reason given".to_owned()),
            retry_after: self.retry_after,
        }
    }
}

/// Performs `request` with a time limit for the whole of it. An answer that is not JSON is not from our server.
pub(super) async fn perform(
    limit: Duration,
    request: impl Future<Output = Result<reqwest::Response, reqwest::Error>>,
) -> Result<Answer, RemoteError> {
    let network = |error: reqwest::Error| RemoteError::Network(plain(&error));
    let all = async {
        let response = request.await.map_err(network)?;
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let content_type = header("content-type").unwrap_or_default();
        let error_code = header("x-sb-error-code");
        let retry_after = header("retry-after").and_then(|asked| pause(&asked, header("date").as_deref()));
        let text = response.text().await.map_err(network)?;
        let empty = text.trim().is_empty();
        let body = if empty {
            // 204, and errors that a gateway sends without a word.
            Value::Null
        } else if content_type.contains("json") {
            serde_json::from_str(&text)
                .map_err(|error| RemoteError::NotOurs { status, found: format!("broken JSON: {error}") })?
        } else if status >= 400 && !content_type.contains("html") {
            // Gateways and load balancers explain themselves in plain text.
            serde_json::json!({ "message": text.chars().take(200).collect::<String>() })
        } else {
            let found = if content_type.is_empty() { "no content type".to_owned() } else { content_type };
            return Err(RemoteError::NotOurs { status, found });
        };
        Ok(Answer { status, body, error_code, retry_after })
    };
    within(limit, all).await.unwrap_or(Err(RemoteError::Timeout(limit.as_secs())))
}

/// What `Retry-After` asks for: seconds, or a date, which counts from the answer's own where that can be seen.
fn pause(asked: &str, answered: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = asked.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| chrono::DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.to_utc());
    let since = answered.and_then(date).unwrap_or_else(chrono::Utc::now);
    // One that has passed: at once.
    Some((date(asked)? - since).to_std().unwrap_or_default())
}

/// The innermost cause, without the URL (which may hold an api key).
fn plain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    if text.contains("http") { "no connection".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_asks_for_a_pause_in_seconds_or_by_a_date() {
        let answered = Some("Wed, 21 Oct 2026 07:28:00 GMT");
        let cases = [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Wed, 21 Oct 2026 07:30:00 GMT", Some(120)),
            ("Wed, 21 Oct 2026 07:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ];
        for (asked, seconds) in cases {
            assert_eq!(pause(asked, answered), seconds.map(Duration::from_secs), "{asked}");
        }
        let past = pause("Wed, 21 Oct 2015 07:28:00 GMT", None);
        assert_eq!(past, Some(Duration::ZERO), "without a date of the answer by this device's clock");
    }
}
