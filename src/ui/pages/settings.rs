//! Settings: account, sync, appearance, keys, where the data lie, about.

use leptos::prelude::*;

use crate::sync::strategy::Strategy;
use crate::ui::components::live_text::Problem;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::sign_out::SignOut;
use crate::ui::model::sync_words;
use crate::ui::preferences::{Theme, preferences};
use crate::ui::state::{Attempt, Opening, app};
use crate::worker::protocol::{
    Account, AttentionAnswer, AttentionRequest, DataAnswer, DataRequest, Response, SyncSettings,
};

/// The page.
#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <section class="page narrow settings">
            <PageTitle text="Settings" />
            <AccountPart />
            <section>
                <h2>"Practice"</h2>
                <p>"How much on which days, and what decides when a tune comes back."</p>
                <div class="actions start"><a class="button" href="/settings/practice">"Practice days and spaced repetition"</a></div>
            </section>
            <Sync />
            <Appearance />
            <Storage />
            <section>
                <h2>"Data"</h2>
                <p>"Save everything you have here, restore it, or bring in what you had in the old TuneTrees."</p>
                <div class="actions start"><a class="button" href="/data">"Take away or bring in…"</a></div>
            </section>
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
                    <SignOut />
                }.into_any(),
            }}
        </section>
    }
}

/// How this device takes part in the sync: how disagreements are settled, what it is called.
#[component]
fn Sync() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let settings = app.live(
        &[],
        move || {
            app.account.track();
            Some(AttentionRequest::SyncSettings)
        },
        taken,
    );
    let typed = RwSignal::new(None::<String>);
    let name = move || {
        typed.get().or_else(|| settings.value.with(|s| s.as_ref().and_then(|s| s.name.clone()))).unwrap_or_default()
    };
    let chosen = move || settings.value.with(|s| s.as_ref().map(|s| s.strategy));
    let choices = Strategy::ALL.map(|strategy| {
        let (label, meaning) = sync_words::strategy(strategy);
        let choose = move |_| {
            attempt.go(app, AttentionRequest::ChooseStrategy { strategy }, move |response| {
                settings.value.set(taken(response))
            });
        };
        view! {
            <label class="check explained">
                <input type="radio" name="strategy" prop:checked=move || chosen() == Some(strategy) on:change=choose />
                <span><strong>{label}</strong><span class="quiet">{meaning}</span></span>
            </label>
        }
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = name();
        attempt.go(app, AttentionRequest::NameDevice { name }, move |response| {
            settings.value.set(taken(response));
            typed.set(None);
            app.say("Name saved");
        });
    };
    let others = move || {
        let known = settings.value.get()?;
        let lines = sync_words::other_devices(&known, app.now.get(), &chrono::Local);
        (!lines.is_empty()).then(|| {
            let items =
                lines.into_iter().map(|(name, seen)| view! { <li>{name}" "<span class="quiet">{seen}</span></li> });
            view! { <p>"Your other devices:"</p><ul class="plain-list">{items.collect_view()}</ul> }
        })
    };
    view! {
        <section>
            <h2>"Sync"</h2>
            <fieldset class="stack-tight">
                <legend>"When the same thing was changed on two devices"</legend>
                {choices.collect_view()}
            </fieldset>
            <form class="field" on:submit=save>
                <label for="device-name">"Name of this device"</label>
                <div class="with-button">
                    <input id="device-name" maxlength="40" autocomplete="off" prop:value=name
                        on:input=move |event| typed.set(Some(event_target_value(&event))) />
                    <button type="submit" disabled=move || attempt.busy.get() || typed.with(Option::is_none)>"Save"</button>
                </div>
            </form>
            <Problem failure=attempt.failure />
            {others}
            <p class="to-pages"><a href="/conflicts">"Changed in two places"</a>" · "<a href="/refused">"Not accepted by the server"</a></p>
        </section>
    }
}

fn taken(response: Response) -> Option<SyncSettings> {
    match response {
        Response::Attention(AttentionAnswer::SyncSettings(settings)) => Some(settings),
        _ => None,
    }
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
                <span>"Single-key shortcuts: " <kbd>"1"</kbd>"–"<kbd>"4"</kbd>" rate, "<kbd>"U"</kbd>" takes the last one back, "<kbd>"?"</kbd>" shows them all"</span>
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
            <Care />
        </section>
    }
}

/// Is the file sound, and what was rescued from one that was not.
#[component]
fn Care() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let found = RwSignal::new(None::<Option<String>>);
    let rescued = RwSignal::new(None::<String>);
    app.tell(DataRequest::Salvaged, move |response| {
        if let Response::Data(DataAnswer::Salvaged(Some(json))) = response {
            rescued.set(Some(format!("data:application/json;charset=utf-8,{}", js_sys::encode_uri_component(&json))));
        }
    });
    let check = move |_| {
        attempt.go(app, DataRequest::CheckDatabase, move |response| {
            if let Response::Data(DataAnswer::Checked(what)) = response {
                found.set(Some(what));
            }
        });
    };
    view! {
        <div class="actions start">
            <button disabled=move || attempt.busy.get() on:click=check>"Check the database"</button>
            {move || rescued.get().map(|href| view! {
                <a class="button" href=href download="tunetrees-rescued.json">"Save rescued changes"</a>
            })}
        </div>
        <Problem failure=attempt.failure />
        <p role="status" data-testid="database-check">
            {move || found.get().map(|what| what.map_or_else(|| "The database is sound.".to_owned(), |what| format!("The database is damaged: {what}")))}
        </p>
    }
}
