//! A forgotten password: the address, then the code that was mailed and another password.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::ui::components::live_text::Problem;
use crate::ui::components::long_work::TakingAlong;
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::password::Password;
use crate::ui::model::recovery_words as words;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::{Account, AccountRequest, Response};

/// The page.
#[component]
pub fn Forgotten() -> impl IntoView {
    let app = app();
    // Whoever is signed in forgot her own password.
    if app.typed_email.with_untracked(String::is_empty)
        && let Some(Account::SignedIn { email, .. }) = app.account.get_untracked()
    {
        app.typed_email.set(email);
    }
    let asked = RwSignal::new(false);
    view! {
        <section class="page narrow">
            <PageTitle text=t("Forgotten password") />
            <p class="quiet">{t(words::LEAD)}</p>
            <OfflineHint says=t(words::OFFLINE) />
            <Show when=move || asked.get() fallback=move || view! { <Asking asked /> }>
                <Choosing asked />
            </Show>
            <p><a href="/sign-in">{t("Back to signing in")}</a></p>
        </section>
    }
}

#[component]
fn Asking(asked: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let email = app.typed_email;
    let attempt = Attempt::new();
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = AccountRequest::SendCode { email: email.get_untracked().trim().to_owned() };
        attempt.go(app, request, move |_| {
            asked.try_set(true);
        });
    };
    let known = move || !email.with(|email| email.trim().is_empty());
    view! {
        <form class="stack" method="post" on:submit=ask>
            <div class="field">
                <label for="email">{t("E-mail")}</label>
                <input id="email" name="email" type="email" autocomplete="username" required inputmode="email" autocapitalize="none"
                    prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event)) />
            </div>
            <Problem failure=attempt.failure />
            <div class="actions">
                // The app was closed to look at the message.
                <button type="button" disabled=move || !known() on:click=move |_| asked.set(true)>{t("I have a code")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get()>
                    {move || if attempt.busy.get() { t("One moment…") } else { t("Send me a code") }}
                </button>
            </div>
        </form>
    }
}

#[component]
fn Choosing(asked: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let email = app.typed_email;
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let (code, wanted) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let field = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let choose = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = AccountRequest::UseCode {
            email: email.get_untracked().trim().to_owned(),
            code: code.with_untracked(|code| words::code(code)),
            wanted: wanted.get_untracked(),
        };
        let navigate = navigate.clone();
        app.intake.set(None);
        attempt.go(app, request, move |response| {
            if let Response::Account(account) = response {
                app.account.set(Some(account));
                app.say(t("Password changed, and you are signed in. Your other devices will ask you to sign in again; they keep what they have."));
                navigate("/", Default::default());
            }
        });
    };
    view! {
        <p role="status">{move || words::sent(email.get().trim())}</p>
        <form class="stack" method="post" on:submit=choose>
            // For the password manager: whose password it is.
            <input type="email" name="email" autocomplete="username" readonly hidden prop:value=move || email.get() />
            <div class="field">
                <label for="code">{t("Code from the message")}</label>
                <input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required node_ref=field
                    prop:value=move || code.get() on:input=move |event| code.set(event_target_value(&event)) />
            </div>
            <Password id="password" label=t("New password") value=wanted new=true shown=true />
            <Problem failure=attempt.failure />
            <TakingAlong attempt />
            <div class="actions">
                <button type="button" on:click=move |_| asked.set(false)>{t("Another code or address")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get()>
                    {move || if attempt.busy.get() { t("One moment…") } else { t("Change password and sign in") }}
                </button>
            </div>
        </form>
    }
}
