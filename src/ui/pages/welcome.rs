//! What one sees before there is a repertoire: start here, or sign in.

use leptos::prelude::*;

use crate::ui::components::icons::Mark;
use crate::ui::components::page_title::PageTitle;
use crate::ui::state::app;
use crate::ui::text::t;
use crate::worker::protocol::Account;

/// The welcome.
#[component]
pub fn Welcome() -> impl IntoView {
    let app = app();
    let signed_in = Memo::new(move |_| matches!(app.account.get(), Some(Account::SignedIn { .. })));
    let server = Memo::new(move |_| matches!(app.account.get(), Some(Account::LocalOnly { server: true })));
    // A new device of somebody with tunes elsewhere: they are on their way.
    let arriving = Memo::new(move |_| app.first_pull_open());
    view! {
        <section class="welcome">
            <Mark />
            <Show when=move || signed_in.get() fallback=|| view! {
                <PageTitle text=t("Keep every tune you know") />
                <p class="lead">{t("TuneTrees asks you for the right tunes each day, so that none of them slips away. It works offline.")}</p>
            }>
                <PageTitle text=t("Your first repertoire") />
                <p class="lead" role="status">
                    {move || if arriving.get() {
                        t("Bringing your tunes from the server. You can also begin with a new repertoire.")
                    } else {
                        t("Choose an instrument, add a few tunes, and practise.")
                    }}
                </p>
            </Show>
            <div class="choices">
                <a class="button primary" href="/start">
                    {move || if signed_in.get() { t("Create a repertoire") } else { t("Start on this device") }}
                </a>
                <Show when=move || server.get()>
                    <a class="button" href="/sign-in">{t("Sign in")}</a>
                    <a class="button" href="/sign-up">{t("Create account")}</a>
                </Show>
            </div>
            <Show when=move || server.get()>
                <p class="quiet">{t("No account is needed. If you make one later, your tunes come along.")}</p>
            </Show>
        </section>
    }
}
