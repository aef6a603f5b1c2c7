//! A request that somebody waits for: a form's, a button's.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::App;
use crate::worker::protocol::{Failure, Request, Response};

/// What a request handler shares with a form: is it running, and what went wrong.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// Running?
    pub busy: RwSignal<bool>,
    /// What went wrong last.
    pub failure: RwSignal<Option<Failure>>,
}

impl Attempt {
    /// Nothing tried yet.
    pub fn new() -> Self {
        Attempt { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Tries, unless it is running already.
    pub fn go(self, app: App, request: impl Into<Request> + 'static, then: impl FnOnce(Response) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = app.call(request).await;
            self.busy.try_set(false);
            match answer {
                Ok(response) => then(response),
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }
}
