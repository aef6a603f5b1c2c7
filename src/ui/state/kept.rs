//! How somebody wants a list to look. The worker keeps it, and it travels to her other devices.

use std::time::Duration;

use leptos::prelude::*;

use super::{App, Live};
use crate::worker::protocol::Request;

/// A change is kept when nothing more was changed for so long.
const SETTLED: Duration = Duration::from_millis(600);

/// A look: changed on the screen at once, kept a moment later, and the one the worker has as long as nothing was changed here.
pub struct Kept<T: Send + Sync + 'static> {
    app: App,
    /// As it is on the screen.
    pub look: RwSignal<T>,
    told: Live<T>,
    save: Callback<T, Request>,
    /// What the worker has not been told yet.
    unsaved: RwSignal<bool>,
}

impl<T: Send + Sync + 'static> Clone for Kept<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Kept<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Kept<T> {
    /// `usual` until the worker has `told`; `save` is the request that keeps it.
    pub fn new(app: App, usual: T, told: Live<T>, save: impl Fn(T) -> Request + Send + Sync + 'static) -> Self {
        let kept =
            Kept { app, look: RwSignal::new(usual), told, save: Callback::new(save), unsaved: RwSignal::new(false) };
        Effect::new(move |_| {
            let Some(told) = told.value.get().filter(|_| !kept.unsaved.get_untracked()) else { return };
            if kept.look.with_untracked(|look| *look != told) {
                kept.look.set(told);
            }
        });
        kept
    }

    /// Has the worker said how it shall look?
    pub fn is_known(self) -> bool {
        self.told.value.with(Option::is_some)
    }

    /// Changes it, and keeps it.
    pub fn change(self, work: impl FnOnce(&mut T)) {
        self.look.update(work);
        self.unsaved.set(true);
        let look = self.look.get_untracked();
        // For the screen it was changed on.
        let request = self.save.run(look.clone());
        set_timeout(
            move || {
                // A later change keeps the whole look.
                if self.look.try_get_untracked().is_some_and(|now| now != look) {
                    return;
                }
                self.app.tell(request, move |_| {
                    // What was changed meanwhile is not saved yet, and must not be overwritten by what was.
                    if self.look.try_get_untracked().is_some_and(|now| now == look) {
                        self.unsaved.try_set(false);
                    }
                });
            },
            SETTLED,
        );
    }
}
