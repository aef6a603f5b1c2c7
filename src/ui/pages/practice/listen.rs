//! The keys of the practice page.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::session::Session;
use crate::ui::components::confirm::Question;
use crate::ui::model::keys::{self, Command, Press, SHEET};
use crate::ui::preferences::preferences;
use crate::ui::text::t;

/// Listens while the page is open. `help` opens the sheet.
pub fn listen(session: Session, help: RwSignal<bool>) {
    let preferences = preferences();
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let within = |selector| {
            target.as_ref().is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
        };
        let key = event.key();
        let press = Press {
            key: &key,
            command: event.ctrl_key() || event.meta_key(),
            alt: event.alt_key(),
            repeated: event.repeat(),
            writing: within("input, textarea, select, [contenteditable], dialog"),
            on_control: within("button, a, summary, label"),
        };
        let Some(command) = keys::command(press, preferences.keys.get_untracked()) else { return };
        event.prevent_default();
        match command {
            Command::Rate(rating) => session.rate_current(rating),
            Command::Undo => session.undo(),
            Command::Turn => session.turned.update(|turned| *turned = !*turned),
            Command::Previous => session.go(false),
            Command::Next => session.go(true),
            Command::Help => help.set(true),
        }
    });
    on_cleanup(move || listener.remove());
}

/// The sheet that `?` opens, with the switch that turns single keys off.
#[component]
pub fn KeySheet(
    /// Is it open?
    open: RwSignal<bool>,
) -> impl IntoView {
    let preferences = preferences();
    view! {
        <Question open title=t("Keys")>
            <dl class="keys">
                {SHEET.map(|(key, meaning)| view! { <div><dt><kbd>{t(key)}</kbd></dt><dd>{t(meaning)}</dd></div> }).collect_view()}
            </dl>
            <label class="check">
                <input type="checkbox" prop:checked=move || preferences.keys.get()
                    on:change=move |event| preferences.keys.set(event_target_checked(&event)) />
                <span>{t("Single keys do this")}</span>
            </label>
            <div class="actions"><button class="primary" on:click=move |_| open.set(false)>{t("Close")}</button></div>
        </Question>
    }
}
