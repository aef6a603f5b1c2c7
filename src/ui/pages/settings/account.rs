//! Account: who is signed in; password, e-mail address; signing out; deleting the account and everything in it, or all that was made without one.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::SettingsPage;
use crate::ui::components::confirm::Question;
use crate::ui::components::live_text::Problem;
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::password::Password;
use crate::ui::components::save_file;
use crate::ui::components::sign_out::SignOut;
use crate::ui::model::settings_words as words;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{parted, say, t};
use crate::worker::protocol::{Account, AccountRequest, Response};

/// The page.
#[component]
pub fn AccountSettings() -> impl IntoView {
    let app = app();
    view! {
        <SettingsPage title=t("Account")>
            {move || match app.account.get() {
                None => view! { <p class="quiet">{t("One moment…")}</p> }.into_any(),
                Some(Account::LocalOnly { server: false }) => view! {
                    <section><p>{t("Everything stays on this device: no server is set up.")}</p></section>
                    <Deletion local=true />
                }.into_any(),
                Some(Account::LocalOnly { server: true }) => view! {
                    <section>
                        <p>{t("You use TuneTrees without an account. Sign in to back up your tunes and use them on other devices.")}</p>
                        <div class="actions start">
                            <a class="button primary" href="/sign-in">{t("Sign in")}</a>
                            <a class="button" href="/sign-up">{t("Create account")}</a>
                        </div>
                    </section>
                    <Deletion local=true />
                }.into_any(),
                Some(Account::SignedIn { email, expired }) => view! { <SignedIn email expired /> }.into_any(),
            }}
        </SettingsPage>
    }
}

#[component]
fn SignedIn(email: String, expired: bool) -> impl IntoView {
    let (before, after) = parted(t("Signed in as {email}"), "{email}");
    view! {
        <section>
            <p>{before}<strong>{email.clone()}</strong>{after}</p>
            {expired.then(|| view! {
                <p class="hint">{t("Your session has ended. Everything goes on working here.")}" "<a href="/sign-in">{t("Sign in again to sync")}</a></p>
            })}
            <SignOut />
            <p class="quiet">{t("Signing out takes your data off this device, and asks first if something was not sent yet. It works offline, too.")}</p>
        </section>
        <OfflineHint says=t("You are offline. What follows needs the server; practising does not.") />
        <NewPassword />
        <NewEmail email />
        <Deletion local=false />
    }
}

#[component]
fn NewPassword() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let (current, wanted) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request =
            AccountRequest::ChangePassword { current: current.get_untracked(), wanted: wanted.get_untracked() };
        attempt.go(app, request, move |response| {
            take(app, response);
            current.try_set(String::new());
            wanted.try_set(String::new());
            app.say(t("Password changed. Your other devices will ask you to sign in again; they keep what they have."));
        });
    };
    view! {
        <section>
            <h2>{t("Password")}</h2>
            <form class="stack" method="post" on:submit=save>
                <Password id="current-password" label=t("Current password") value=current />
                <Password id="new-password" label=t("New password") value=wanted new=true />
                <Problem failure=attempt.failure />
                <div class="actions"><button type="submit" disabled=move || attempt.busy.get()>{t("Change password")}</button></div>
            </form>
            <p><a href="/forgotten">{t("Forgot your password?")}</a></p>
        </section>
    }
}

#[component]
fn NewEmail(email: String) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let (wanted, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let before = email.clone();
        let request = AccountRequest::ChangeEmail { email: wanted.get_untracked(), password: password.get_untracked() };
        attempt.go(app, request, move |response| {
            let changed = matches!(&response, Response::Account(Account::SignedIn { email, .. }) if *email != before);
            take(app, response);
            wanted.try_set(String::new());
            password.try_set(String::new());
            app.say(if changed { t("E-mail address changed.") } else { t(words::CONFIRM_EMAIL) });
        });
    };
    view! {
        <section>
            <h2>{t("E-mail address")}</h2>
            <form class="stack" method="post" on:submit=save>
                <div class="field">
                    <label for="new-email">{t("New e-mail address")}</label>
                    <input id="new-email" type="email" autocomplete="email" required inputmode="email" autocapitalize="none"
                        prop:value=move || wanted.get() on:input=move |event| wanted.set(event_target_value(&event)) />
                </div>
                <Password id="email-password" label=t("Your password") value=password />
                <Problem failure=attempt.failure />
                <div class="actions"><button type="submit" disabled=move || attempt.busy.get()>{t("Change e-mail address")}</button></div>
            </form>
        </section>
    }
}

#[component]
fn Deletion(
    /// There is no account: what is on this device goes.
    local: bool,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let (head, says, button, asks) = if local {
        (
            t("Delete everything on this device"),
            t("All that you have made here goes. Nothing of it is anywhere else."),
            t("Delete everything…"),
            t("Delete everything on this device?"),
        )
    } else {
        (
            t("Delete account"),
            t("Your account goes, and with it everything you have on the server and on this device."),
            t("Delete my account…"),
            t("Delete your account and everything in it?"),
        )
    };
    view! {
        <section>
            <h2>{head}</h2>
            <p>{says}</p>
            <div class="actions start"><button class="danger" on:click=move |_| open.set(true)>{button}</button></div>
            <Question open title=Signal::stored(asks.to_owned())><Deleting open local /></Question>
        </section>
    }
}

#[component]
fn Deleting(open: RwSignal<bool>, local: bool) -> impl IntoView {
    let app = app();
    let (attempt, saving) = (Attempt::new(), Attempt::new());
    let (typed, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let meant =
        move || typed.with(|typed| words::is_meant(typed)) && (local || password.with(|password| !password.is_empty()));
    let navigate = StoredValue::new(use_navigate());
    let delete = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !meant() {
            return;
        }
        // Of its own: the form is gone with the account.
        let navigate = navigate.get_value();
        let request = match local {
            true => AccountRequest::EraseDevice,
            false => AccountRequest::DeleteAccount { password: password.get_untracked() },
        };
        attempt.go(app, request, move |response| {
            open.try_set(false);
            take(app, response);
            app.say(match local {
                true => t("Everything that was made on this device is deleted."),
                false => t("Your account is deleted. Nothing of it is left on the server or on this device."),
            });
            navigate("/", Default::default());
        });
    };
    view! {
        <form class="stack" on:submit=delete>
            <p>{t(if local { words::ERASURE } else { words::DELETION })}</p>
            <div class="actions start">
                <button type="button" on:click=move |_| save_file::save_everything(app, saving)>{t("Save a copy as a file")}</button>
            </div>
            {(!local).then(|| view! { <Password id="delete-password" label=t("Your password") value=password /> })}
            <div class="field">
                <label for="delete-word">{say!("Type the word “{word}” to go on", word = t(words::WORD))}</label>
                <input id="delete-word" autocomplete="off" autocapitalize="none" spellcheck="false"
                    prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event)) />
            </div>
            <Problem failure=saving.failure />
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| open.set(false)>{t("Cancel")}</button>
                <button type="submit" class="danger" disabled=move || !meant() || attempt.busy.get()>{if local { t("Delete everything") } else { t("Delete my account") }}</button>
            </div>
        </form>
    }
}

fn take(app: crate::ui::state::App, response: Response) {
    if let Response::Account(account) = response {
        app.account.set(Some(account));
    }
}
