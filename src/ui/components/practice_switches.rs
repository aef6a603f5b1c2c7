//! Switches of practice on this device: the screen stays on, two buttons are enough.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::ui::preferences::preferences;
use crate::ui::state::app;
use crate::ui::text::t;

/// Asks the browser to keep the screen on (Screen Wake Lock, which not every browser has).
fn ask() -> Option<js_sys::Promise> {
    let lock = wake_lock()?;
    let request: js_sys::Function = js_sys::Reflect::get(&lock, &"request".into()).ok()?.dyn_into().ok()?;
    request.call1(&lock, &"screen".into()).ok()?.dyn_into().ok()
}

fn wake_lock() -> Option<JsValue> {
    js_sys::Reflect::get(&window().navigator(), &"wakeLock".into()).ok().filter(JsValue::is_object)
}

fn release(held: &JsValue) {
    let release = js_sys::Reflect::get(held, &"release".into()).ok().and_then(|f| f.dyn_into().ok());
    if let Some(release) = release {
        let release: js_sys::Function = release;
        let _ = release.call0(held);
    }
}

/// “Keep the screen on”, while the page is open; nothing where the browser cannot.
#[component]
pub fn StayAwake() -> impl IntoView {
    let (app, awake) = (app(), preferences().awake);
    let held = StoredValue::new_local(None::<JsValue>);
    let let_go = move || {
        if let Some(held) = held.try_update_value(Option::take).flatten() {
            release(&held);
        }
    };
    let take = move || {
        if !awake.get_untracked() || document().hidden() || held.with_value(Option::is_some) {
            return;
        }
        let Some(promise) = ask() else { return };
        spawn_local(async move {
            match JsFuture::from(promise).await {
                Ok(sentinel) => {
                    let wanted = awake.try_get_untracked() == Some(true);
                    let kept = wanted && held.try_update_value(|held| *held = Some(sentinel.clone())).is_some();
                    // Switched off meanwhile, or the page was left.
                    if !kept {
                        release(&sentinel);
                    }
                }
                Err(_) if document().hidden() => {}
                Err(_) => {
                    awake.try_set(false);
                    app.say(t("The screen cannot be kept on: the device is saving power, or forbids it."));
                }
            }
        });
    };
    Effect::new(move |_| if awake.get() { take() } else { let_go() });
    // The browser takes it back from a page that is not seen.
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        let_go();
        take();
    });
    on_cleanup(move || {
        listener.remove();
        let_go();
    });
    wake_lock().is_some().then(|| {
        view! {
            <label class="check inline" data-testid="stay-awake">
                <input type="checkbox" role="switch" prop:checked=move || awake.get() on:change=move |event| awake.set(event_target_checked(&event)) />
                <span>{t("Keep the screen on")}</span>
            </label>
        }
    })
}

/// “Two buttons: lost it, got it”.
#[component]
pub fn TwoButtons() -> impl IntoView {
    let two = preferences().two_buttons;
    view! {
        <label class="check explained" data-testid="two-buttons">
            <input type="checkbox" role="switch" prop:checked=move || two.get() on:change=move |event| two.set(event_target_checked(&event)) />
            <span><strong>{t("Two buttons only")}</strong><span class="quiet">{t("“Lost it” and “Got it” instead of four ratings. On this device.")}</span></span>
        </label>
    }
}
