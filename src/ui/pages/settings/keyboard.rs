//! Keyboard: the switch that turns single keys off (WCAG 2.1.4), and what they do.

use leptos::prelude::*;

use super::SettingsPage;
use crate::ui::model::keys;
use crate::ui::preferences::preferences;
use crate::ui::text::t;

/// The page.
#[component]
pub fn KeyboardSettings() -> impl IntoView {
    let preferences = preferences();
    let lines =
        keys::SHEET.map(|(key, does)| view! { <tr><th scope="row"><kbd>{t(key)}</kbd></th><td>{t(does)}</td></tr> });
    view! {
        <SettingsPage title=t("Keyboard")>
            <section>
                <label class="check">
                    <input type="checkbox" prop:checked=move || preferences.keys.get()
                        on:change=move |event| preferences.keys.set(event_target_checked(&event)) />
                    <span>{t("Single keys rate and take back")}</span>
                </label>
                <p class="quiet">{t("Switch them off if you dictate, or if keys are pressed by accident. Everything can be reached with Tab and Enter, too.")}</p>
            </section>
            <section>
                <h2>{t("While practising")}</h2>
                <table class="key-list"><tbody>{lines.collect_view()}</tbody></table>
            </section>
        </SettingsPage>
    }
}
