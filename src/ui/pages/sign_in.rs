//! Signing in and creating an account: plain forms that password managers know.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::ui::components::live_text::Problem;
use crate::ui::components::long_work::TakingAlong;
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::password::Password;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::{AccountRequest, Response};

/// Signing in.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <section class="page narrow">
            <PageTitle text=t("Sign in") />
            <Credentials new=false />
            <p><a href="/forgotten">{t("Forgot your password?")}</a></p>
            <p>{t("No account yet?")}" "<a href="/sign-up">{t("Create one")}</a></p>
        </section>
    }
}

/// Creating an account.
#[component]
pub fn SignUp() -> impl IntoView {
    view! {
        <section class="page narrow">
            <PageTitle text=t("Create account") />
            <Credentials new=true />
            <p>{t("Have one already?")}" "<a href="/sign-in">{t("Sign in")}</a></p>
        </section>
    }
}

#[component]
fn Credentials(new: bool) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let email = app.typed_email;
    let password = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (email, password) = (email.get_untracked().trim().to_owned(), password.get_untracked());
        let request =
            if new { AccountRequest::SignUp { email, password } } else { AccountRequest::SignIn { email, password } };
        let navigate = navigate.clone();
        app.intake.set(None);
        attempt.go(app, request, move |response| {
            if let Response::Account(account) = response {
                app.account.set(Some(account));
                navigate("/", Default::default());
            }
        });
    };
    view! {
        <p class="quiet">{t("Tunes and ratings made on this device come along into the account.")}</p>
        <OfflineHint says=t("You are offline. Signing in needs the network; practising does not.") />
        <form class="stack" method="post" on:submit=submit>
            <div class="field">
                <label for="email">{t("E-mail")}</label>
                <input id="email" name="email" type="email" autocomplete="username" required inputmode="email" autocapitalize="none"
                    prop:value=move || email.get() on:input=move |event| email.set(event_target_value(&event)) />
            </div>
            <Password id="password" label=t("Password") value=password new shown=true />
            <Problem failure=attempt.failure />
            <TakingAlong attempt />
            <div class="actions">
                <button class="primary" type="submit" disabled=move || attempt.busy.get()>
                    {move || match (attempt.busy.get(), new) {
                        (true, _) => t("One moment…"),
                        (false, true) => t("Create account"),
                        (false, false) => t("Sign in"),
                    }}
                </button>
            </div>
        </form>
    }
}
