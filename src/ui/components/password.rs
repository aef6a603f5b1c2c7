//! A password: the field with its label, and for one that is chosen here, the rule and a look at it.

use leptos::prelude::*;

use crate::ui::text::t;

/// A password field.
#[component]
pub fn Password(
    /// Of the field, and its name for password managers.
    id: &'static str,
    /// Whose, or which.
    label: &'static str,
    /// What is typed.
    value: RwSignal<String>,
    /// Is it one that is chosen now?
    #[prop(optional)]
    new: bool,
    /// Can it be shown? Where it is typed once, and on a phone.
    #[prop(optional)]
    shown: bool,
) -> impl IntoView {
    let visible = RwSignal::new(false);
    let rule = format!("{id}-rule");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id name=id required minlength=new.then_some("6")
                type=move || if visible.get() { "text" } else { "password" }
                autocomplete=if new { "new-password" } else { "current-password" }
                aria-describedby=new.then(|| rule.clone())
                prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event)) />
            {new.then(|| view! { <p class="quiet" id=rule>{t("At least 6 characters; longer is safer.")}</p> })}
            {shown.then(|| view! {
                <label class="check">
                    <input type="checkbox" prop:checked=move || visible.get() on:change=move |event| visible.set(event_target_checked(&event)) />
                    <span>{t("Show password")}</span>
                </label>
            })}
        </div>
    }
}
