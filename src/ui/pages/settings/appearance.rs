//! Appearance: colours, contrast, size of the text, motion, language. Kept on this device.

use leptos::prelude::*;

use super::SettingsPage;
use crate::ui::preferences::{Choice, Contrast, Motion, TextSize, Theme, preferences};
use crate::ui::text::{browser, t};

/// The page.
#[component]
pub fn AppearanceSettings() -> impl IntoView {
    let preferences = preferences();
    view! {
        <SettingsPage title=t("Appearance")>
            <section>
                <Choices<Theme> legend=t("Colours") name="theme" value=preferences.theme />
                <Choices<Contrast> legend=t("Contrast") name="contrast" value=preferences.contrast />
                <Choices<TextSize> legend=t("Size of the text") name="text" value=preferences.text />
                <Choices<Motion> legend=t("Motion") name="motion" value=preferences.motion />
                <Language />
                <p class="quiet">{t("“As the device” follows what you have set for all of this device. These choices stay on this device.")}</p>
            </section>
        </SettingsPage>
    }
}

/// Which language it speaks; nothing where there is one only.
#[component]
fn Language() -> impl IntoView {
    browser::languages().next()?;
    let chosen = browser::chosen();
    let option = |tag: &'static str| {
        let selected = chosen.as_deref() == Some(tag);
        view! { <option value=tag lang=tag selected=selected>{browser::name_of(tag)}</option> }
    };
    let choose = |event| browser::choose(Some(event_target_value(&event).as_str()).filter(|tag| !tag.is_empty()));
    Some(view! {
        <div class="field">
            <label for="language">{t("Language")}</label>
            <select id="language" on:change=choose>
                <option value="">{t("As the device")}</option>
                {std::iter::once(browser::ENGLISH).chain(browser::languages()).map(option).collect_view()}
            </select>
        </div>
    })
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
