//! Messages: passing ones, and bad news that stay until somebody has read them.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;

use super::App;
use crate::ui::text::told;
use crate::worker::protocol::Failure;

/// A passing message.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its number.
    pub id: u32,
    /// What it says.
    pub text: String,
    /// What kind of message.
    pub kind: NoticeKind,
}

/// How long a message stays, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// For a few seconds.
    Passing,
    /// Bad news: until it is closed.
    Problem,
    /// Bad news about her data: until it is closed, over any restart; the worker keeps it.
    Told,
}

impl App {
    /// Shows a message for a few seconds.
    pub fn say(self, text: impl Into<String>) {
        let id = self.push(text.into(), NoticeKind::Passing);
        set_timeout(move || self.dismiss(id), Duration::from_secs(5));
    }

    /// Shows what went wrong until it is closed.
    pub fn problem(self, failure: &Failure) {
        self.push(told(&failure.to_string()).to_owned(), NoticeKind::Problem);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        let gone =
            self.notices.try_update(|all| all.iter().position(|notice| notice.id == id).map(|at| all.remove(at)));
        if let Some(Some(Notice { text, kind: NoticeKind::Told, .. })) = gone {
            self.client.get_value().heard(text);
        }
    }

    pub(super) fn push(self, text: String, kind: NoticeKind) -> u32 {
        post(self.notices, text, kind)
    }
}

/// Adds a message to those on the screen, three at most; what was told of her data makes way for nothing.
pub(super) fn post(notices: RwSignal<Vec<Notice>>, text: String, kind: NoticeKind) -> u32 {
    thread_local! {
        static LAST: Cell<u32> = const { Cell::new(0) };
    }
    // Never used twice: the timer of a message must not close another one.
    let id = LAST.get().wrapping_add(1);
    LAST.set(id);
    notices.update(|all| {
        // Said again to a tab that shows it already.
        if kind == NoticeKind::Told && all.iter().any(|notice| notice.text == text) {
            return;
        }
        all.retain(|notice| notice.text != text);
        if all.len() > 2
            && let Some(oldest) = all.iter().position(|notice| notice.kind != NoticeKind::Told)
        {
            all.remove(oldest);
        }
        all.push(Notice { id, text, kind });
    });
    id
}
