//! Appearance: colours, contrast, size of the text, motion. Kept on this device.

use leptos::prelude::*;

use super::SettingsPage;
use crate::ui::preferences::{Choice, Contrast, Motion, TextSize, Theme, preferences};

/// The page.
#[component]
pub fn AppearanceSettings() -> impl IntoView {
    let preferences = preferences();
    view! {
        <SettingsPage title="Appearance">
            <section>
                <Choices<Theme> legend="Colours" name="theme" value=preferences.theme />
                <Choices<Contrast> legend="Contrast" name="contrast" value=preferences.contrast />
                <Choices<TextSize> legend="Size of the text" name="text" value=preferences.text />
                <Choices<Motion> legend="Motion" name="motion" value=preferences.motion />
                <p class="quiet">"“As the device” follows what you have set for all of this device. These choices stay on this device."</p>
            </section>
        </SettingsPage>
    }
}

#[component]
fn Choices<T: Choice>(legend: &'static str, name: &'static str, value: RwSignal<T>) -> impl IntoView {
    let chips = T::all().iter().map(|choice| {
        let choice = *choice;
        view! {
            <label class="chip">
                <input type="radio" name=name prop:checked=move || value.get() == choice on:change=move |_| value.set(choice) />
                <span>{choice.label()}</span>
            </label>
        }
    });
    view! { <fieldset class="chips"><legend>{legend}</legend>{chips.collect_view()}</fieldset> }
}
