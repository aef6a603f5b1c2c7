//! The service worker that keeps the app itself for offline use, and the offer of a new version: never reloads by itself.

use std::time::Duration;

use js_sys::Reflect;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration};

/// The offline copy of the app.
#[derive(Clone, Copy)]
pub struct OfflineCopy {
    /// Is a newer version waiting?
    pub ready: RwSignal<bool>,
    waiting: StoredValue<Option<ServiceWorker>, LocalStorage>,
}

/// The offline copy, from any component.
pub fn offline_copy() -> OfflineCopy {
    expect_context::<OfflineCopy>()
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    // Missing where the page is not served securely.
    let there = Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false);
    there.then(|| navigator.service_worker()).filter(|container| !container.is_undefined())
}

/// For a tab that waits while another one is in charge: when that one switches to a new version, this page is of the old one.
pub fn reload_with_a_new_version() {
    if let Some(container) = container().filter(|container| container.controller().is_some()) {
        let changed = Closure::<dyn Fn()>::new(|| {
            let _ = window().location().reload();
        });
        container.set_oncontrollerchange(Some(changed.as_ref().unchecked_ref()));
        changed.forget();
    }
}

impl OfflineCopy {
    /// Registers the service worker and looks for new versions: now, every hour, and when the app comes to the front.
    pub fn provide() {
        let copy = OfflineCopy { ready: RwSignal::new(false), waiting: StoredValue::new_local(None) };
        provide_context(copy);
        let Some(container) = container() else { return };
        spawn_local(async move {
            let Ok(registration) = JsFuture::from(container.register("/sw.js")).await else { return };
            if registration.is_undefined() {
                return;
            }
            let registration: ServiceWorkerRegistration = registration.unchecked_into();
            copy.watch(&registration);
            let looked = registration.clone();
            let look = move || {
                let _ = looked.update();
            };
            let again = look.clone();
            set_interval(look, Duration::from_secs(3600));
            window_event_listener(leptos::ev::focus, move |_| again());
        });
    }

    fn watch(self, registration: &ServiceWorkerRegistration) {
        if let Some(waiting) = registration.waiting() {
            self.found(waiting);
        }
        let watched = registration.clone();
        let on_found = Closure::<dyn Fn()>::new(move || {
            let Some(worker) = watched.installing() else { return };
            let seen = worker.clone();
            let on_state = Closure::<dyn Fn()>::new(move || {
                let state = Reflect::get(&seen, &"state".into()).ok().and_then(|state| state.as_string());
                if state.as_deref() == Some("installed") {
                    self.found(seen.clone());
                }
            });
            worker.set_onstatechange(Some(on_state.as_ref().unchecked_ref()));
            on_state.forget();
        });
        registration.set_onupdatefound(Some(on_found.as_ref().unchecked_ref()));
        on_found.forget();
    }

    fn found(self, worker: ServiceWorker) {
        // Without a controller this is the very first copy, not a new version.
        if container().and_then(|container| container.controller()).is_some() {
            self.waiting.set_value(Some(worker));
            self.ready.set(true);
        }
    }

    /// Switches to the new version and reloads this page once it is in charge (after five seconds at the latest).
    pub fn apply(self) {
        let reload = || {
            let _ = window().location().reload();
        };
        if let Some(container) = container() {
            let changed = Closure::<dyn Fn()>::new(reload);
            container.set_oncontrollerchange(Some(changed.as_ref().unchecked_ref()));
            changed.forget();
        }
        if let Some(worker) = self.waiting.get_value() {
            let _ = worker.post_message(&"skip-waiting".into());
        }
        self.ready.set(false);
        set_timeout(reload, Duration::from_secs(5));
    }
}
