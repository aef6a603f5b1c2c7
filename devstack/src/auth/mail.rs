//! The box of messages that GoTrue would have mailed: tests and developers read the code there.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::AppState;

/// A message.
#[derive(Debug, Clone, Serialize)]
pub struct Mail {
    /// Address it goes to.
    pub to: String,
    /// What it is about, in GoTrue's word: `recovery`.
    pub kind: &'static str,
    /// `{{ .Token }}` of the template: the code to type.
    pub token: String,
    /// `{{ .TokenHash }}` of the template: what a link would carry.
    pub token_hash: String,
}

/// All messages so far, oldest first. Cloning gives another handle to the same box.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Mail>>>);

impl Mailbox {
    /// Puts a message in, and says so, for who runs the app by hand.
    pub fn put(&self, mail: Mail) {
        tracing::info!(to = mail.to, kind = mail.kind, code = mail.token, "a message that would be mailed");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }

    /// The messages to an address.
    #[must_use]
    pub fn to(&self, address: &str) -> Vec<Mail> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|mail| mail.to.eq_ignore_ascii_case(address)).cloned().collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    to: String,
}

pub(super) async fn list(State(state): State<AppState>, Query(Wanted { to }): Query<Wanted>) -> Json<Vec<Mail>> {
    Json(state.mail.to(&to))
}
