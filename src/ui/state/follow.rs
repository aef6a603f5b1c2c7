//! What the state follows by itself: the browser's network and tabs, the clock, the repertoires, the sync.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{App, Repertoires, clock};
use crate::store::schema::Table;
use crate::sync::status::{SyncPhase, SyncStatus};
use crate::ui::preferences;
use crate::ui::text::t;
use crate::worker::client::ask_to_persist;
use crate::worker::protocol::{Account, LibraryAnswer, LibraryRequest, Response};

/// Remembered while there are tunes or an account here; `public/theme.js` reads it.
const KNOWN: &str = "tunetrees.known";

impl App {
    /// Were there tunes or an account on this device when the app was last used? Told by localStorage, before the database is open.
    pub fn known(self) -> bool {
        preferences::read(KNOWN).is_some()
    }

    /// Keeps [`App::known`] true, for `public/theme.js` too: a welcome must not flash before somebody's tunes.
    pub(super) fn remember_whether_known(self) {
        Effect::new(move |_| {
            let (Some(account), Some(none)) =
                (self.account.get(), self.repertoires.with(|r| r.as_ref().map(|r| r.all.is_empty())))
            else {
                return;
            };
            match account {
                Account::LocalOnly { .. } if none => preferences::forget(KNOWN),
                _ => preferences::write(KNOWN, "yes"),
            }
        });
    }

    /// Asks the browser to keep the data even when space runs short; what it said is in [`App::durable`] then.
    pub fn ask_to_persist(self) {
        let client = self.client.get_value();
        spawn_local(async move {
            match ask_to_persist().await {
                Some(answer) => client.durable(answer),
                None => self.say(t("This browser cannot be asked to keep the data.")),
            }
        });
    }

    /// The badge leaves “synced” at once, but returns to it only when it has lasted: no flicker with every rating, and no lie.
    pub(super) fn steady_badge(self, told: RwSignal<SyncStatus>) {
        Effect::new(move |_| {
            let status = told.get();
            let settled = status.phase == SyncPhase::Synced;
            if settled && self.sync.with_untracked(|shown| shown.phase == SyncPhase::Syncing) {
                set_timeout(
                    move || {
                        if told.with_untracked(|now| *now == status) {
                            self.sync.set(status);
                        }
                    },
                    Duration::from_millis(700),
                );
            } else {
                self.sync.set(status);
            }
        });
    }

    pub(super) fn follow_repertoires(self) {
        let live = self.live(
            &[Table::Playlist, Table::PlaylistTune, Table::TabGroupMainState, Table::Instrument],
            move || {
                self.account.track();
                Some(LibraryRequest::Repertoires)
            },
            |response| match response {
                Response::Library(LibraryAnswer::Repertoires { all, current }) => Some(Repertoires { all, current }),
                _ => None,
            },
        );
        Effect::new(move |_| {
            if let Some(repertoires) = live.value.get() {
                self.repertoires.set(Some(repertoires));
            }
        });
    }

    pub(super) fn follow_browser(self) {
        set_interval(move || self.now.set(clock()), Duration::from_secs(30));
        set_interval(
            move || {
                if self.sync.with_untracked(|status| status.next_attempt.is_some()) {
                    self.now.set(clock());
                }
            },
            Duration::from_secs(1),
        );
        let online = move |on: bool| self.client.with_value(|client| client.online(on));
        window_event_listener(leptos::ev::online, move |_| online(true));
        window_event_listener(leptos::ev::offline, move |_| online(false));
        // Two windows side by side are both in front, and nothing else tells which one she has come to.
        window_event_listener(leptos::ev::focus, move |_| self.client.with_value(|client| client.focused()));
        let visibility = move || {
            let hidden = document().hidden();
            self.client.with_value(|client| client.visible(!hidden));
            if !hidden {
                self.now.set(clock());
            }
        };
        let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(visibility);
        let function: &js_sys::Function = wasm_bindgen::JsCast::unchecked_ref(listener.as_ref());
        let _ = document().add_event_listener_with_callback("visibilitychange", function);
        listener.forget();
        if !window().navigator().on_line() {
            online(false);
        }
    }
}
