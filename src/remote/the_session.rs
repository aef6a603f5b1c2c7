//! thesession.org: its public, read-only JSON. Not our server: no key, no person, nothing is sent but what is looked for.

use std::time::Duration;

use super::http::perform;
use crate::domain::the_session::Question;
use crate::sync::failure::RemoteError;

const PLACE: &str = "https://thesession.org/tunes";
const LIMIT: Duration = Duration::from_secs(20);

/// Its answer as JSON text.
///
/// # Errors
/// No connection, no answer in time, a refusal, something that is not JSON.
pub async fn ask(question: &Question) -> Result<String, RemoteError> {
    let client = reqwest::Client::new();
    let request = match question {
        Question::Tune(number) => client.get(format!("{PLACE}/{number}")).query(&[("format", "json")]),
        Question::Search(words) => {
            client.get(format!("{PLACE}/search")).query(&[("q", words.as_str()), ("format", "json"), ("perpage", "20")])
        }
    };
    let answer = perform(LIMIT, request.send()).await?;
    if !answer.is_success() {
        return Err(answer.into_error());
    }
    Ok(answer.body.to_string())
}
