//! Settings: account, appearance, keys, where the data lie, about.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ui::components::confirm::Question;
use crate::ui::components::live_text::Problem;
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::sync_words;
use crate::ui::preferences::{Theme, preferences};
use crate::ui::state::{App, Attempt, Opening, app};
use crate::worker::protocol::{Account, Failure, Request, Response, UnsentWork};

/// The page.
#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <section class="page narrow settings">
            <PageTitle text="Settings" />
            <AccountPart />
            <Appearance />
            <Storage />
            <section>
                <h2>"About"</h2>
                <p>"TuneTrees "{env!("CARGO_PKG_VERSION")}". Free software under the MIT licence."</p>
                <p class="quiet">"Notation is drawn by "<a href="https://www.abcjs.net/" rel="external noopener">"abcjs"</a>"."</p>
            </section>
        </section>
    }
}

#[component]
fn AccountPart() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let unsent = RwSignal::new(None::<u32>);
    let asking = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(Failure::Unsent { pending }) = attempt.failure.get() {
            attempt.failure.set(None);
            unsent.set(Some(pending));
            asking.set(true);
        }
    });
    let title = Signal::derive(move || match unsent.get() {
        Some(1) => "1 change is not sent yet".to_owned(),
        Some(count) => format!("{count} changes are not sent yet"),
        None => String::new(),
    });
    let sync_first = move |_| {
        asking.set(false);
        attempt.go(app, Request::SyncNow, move |_| {
            spawn_local(async move {
                attempt.busy.try_set(true);
                wait_until_sent(app).await;
                attempt.busy.try_set(false);
                sign_out(app, attempt, UnsentWork::Refuse);
            });
        });
    };
    let keep = move |_| {
        asking.set(false);
        sign_out(app, attempt, UnsentWork::Keep);
    };
    view! {
        <section>
            <h2>"Account"</h2>
            {move || match app.account.get() {
                None => view! { <p class="quiet">"One moment…"</p> }.into_any(),
                Some(Account::LocalOnly { server: false }) => view! {
                    <p>"Everything stays on this device: no server is set up."</p>
                }.into_any(),
                Some(Account::LocalOnly { server: true }) => view! {
                    <p>"You use TuneTrees without an account. Sign in to back up your tunes and use them on other devices."</p>
                    <div class="actions start">
                        <a class="button primary" href="/sign-in">"Sign in"</a>
                        <a class="button" href="/sign-up">"Create account"</a>
                    </div>
                }.into_any(),
                Some(Account::SignedIn { email, expired }) => view! {
                    <p>"Signed in as "<strong>{email}</strong></p>
                    {expired.then(|| view! {
                        <p class="hint">"Your session has ended. Everything goes on working here. "<a href="/sign-in">"Sign in again to sync"</a></p>
                    })}
                    <div class="actions start">
                        <button disabled=move || attempt.busy.get() on:click=move |_| sign_out(app, attempt, UnsentWork::Refuse)>"Sign out"</button>
                    </div>
                }.into_any(),
            }}
            <Problem failure=attempt.failure />
            <Question open=asking title>
                <p>"Sync them before you sign out, or keep them on this device: they are sent when you sign in here again."</p>
                <div class="actions">
                    <button on:click=move |_| asking.set(false)>"Cancel"</button>
                    <button on:click=keep>"Keep here and sign out"</button>
                    <button class="primary" on:click=sync_first>"Sync first"</button>
                </div>
            </Question>
        </section>
    }
}

/// Waits until nothing is pending, or until it is clear that this takes longer: then the question is asked again.
async fn wait_until_sent(app: App) {
    for _ in 0..40 {
        if app.sync.with_untracked(|status| status.pending == 0) {
            return;
        }
        gloo_timers::future::TimeoutFuture::new(250).await;
    }
}

fn sign_out(app: App, attempt: Attempt, unsent: UnsentWork) {
    attempt.go(app, Request::SignOut { unsent }, move |response| {
        if let Response::Account(account) = response {
            app.account.set(Some(account));
            app.say("Signed out");
        }
    });
}

#[component]
fn Appearance() -> impl IntoView {
    let preferences = preferences();
    let themes = Theme::ALL.map(|theme| {
        view! {
            <label class="chip">
                <input type="radio" name="theme" prop:checked=move || preferences.theme.get() == theme
                    on:change=move |_| preferences.theme.set(theme) />
                <span>{theme.label()}</span>
            </label>
        }
    });
    view! {
        <section>
            <h2>"Appearance and keys"</h2>
            <fieldset class="chips"><legend>"Colours"</legend>{themes.collect_view()}</fieldset>
            <label class="check">
                <input type="checkbox" prop:checked=move || preferences.keys.get()
                    on:change=move |event| preferences.keys.set(event_target_checked(&event)) />
                <span>"Single-key shortcuts: " <kbd>"1"</kbd>"–"<kbd>"4"</kbd>" rate, "<kbd>"U"</kbd>" takes the last rating back"</span>
            </label>
        </section>
    }
}

#[component]
fn Storage() -> impl IntoView {
    let app = app();
    let ask = move |_| app.ask_to_persist();
    let place = move || match app.opening.get() {
        Opening::Open(mode) => {
            let (place, meaning) = sync_words::storage(mode);
            format!("{place}. {meaning}")
        }
        _ => "One moment…".to_owned(),
    };
    view! {
        <section>
            <h2>"On this device"</h2>
            <p>{place}</p>
            {move || match app.durable.get() {
                Some(true) => view! { <p>"The browser has agreed to keep it even when space runs short."</p> }.into_any(),
                Some(false) => view! {
                    <p>"The browser may clear it when space runs short. Installing the app, or using it more, helps."</p>
                    <div class="actions start"><button on:click=ask>"Ask the browser to keep it"</button></div>
                }.into_any(),
                None => view! { <p>"The browser is asked to keep it with your first change."</p> }.into_any(),
            }}
        </section>
    }
}
