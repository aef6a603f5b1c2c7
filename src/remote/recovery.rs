//! A forgotten password: a code is mailed, and whoever types it chooses another password.
//!
//! A code and not a link: on iOS a link in a message opens the browser, which has another database than the installed app.
//! A code works once, so what it bought is kept here until the new password is set: a password that is refused, or a reply
//! that is lost, does not cost another code.

use std::cell::RefCell;

use serde_json::json;

use super::auth::{AuthClient, AuthError, Session};
use crate::domain::time::Timestamp;

/// The code that was accepted last, with the session it bought.
#[derive(Default)]
pub struct Recovery {
    accepted: RefCell<Option<(String, String, Session)>>,
}

impl Recovery {
    /// Uses the code, unless it has been accepted before, and sets the password. The session is of now.
    pub async fn choose(
        &self,
        auth: &AuthClient,
        (email, code): (&str, &str),
        wanted: &str,
        now: Timestamp,
    ) -> Result<Session, AuthError> {
        let known = self.accepted.take().filter(|(of, with, _)| of == email && with == code);
        let session = match known {
            Some((_, _, session)) => session,
            None => auth.use_code(email, code, now).await?,
        };
        match auth.update(&session, &json!({ "password": wanted })).await {
            // It is her password: what she wants, or the reply to its setting was lost.
            Ok(_) | Err(AuthError::SamePassword) => Ok(session),
            // The session has ended in the meantime; the code is used up.
            Err(AuthError::Refused(_) | AuthError::SessionEnded | AuthError::WrongCredentials) => {
                Err(AuthError::CodeRefused)
            }
            Err(error) => {
                self.accepted.replace(Some((email.to_owned(), code.to_owned(), session)));
                Err(error)
            }
        }
    }
}
