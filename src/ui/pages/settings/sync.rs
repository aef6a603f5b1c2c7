//! Sync and devices: what needs her, how disagreements are settled, what this device is called, where its data lie.

use leptos::prelude::*;

use super::SettingsPage;
use crate::sync::strategy::Strategy;
use crate::ui::components::live_text::Problem;
use crate::ui::model::sync_words;
use crate::ui::state::{Attempt, Opening, app};
use crate::ui::text::{say, t};
use crate::worker::client::can_be_asked;
use crate::worker::protocol::{AttentionAnswer, AttentionRequest, DataAnswer, DataRequest, Response, SyncSettings};

/// The page.
#[component]
pub fn SyncSettingsPage() -> impl IntoView {
    view! {
        <SettingsPage title=t("Sync and devices")>
            <Attention />
            <Sync />
            <Storage />
        </SettingsPage>
    }
}

/// Where things wait that need her.
#[component]
fn Attention() -> impl IntoView {
    let app = app();
    let told = move |count: u32, none: &'static str| if count == 0 { none.to_owned() } else { count.to_string() };
    view! {
        <ul class="settings-index">
            <li><a href="/conflicts"><span><strong>{t("Changed in two places")}</strong>
                <span class="quiet">{move || app.sync.with(|sync| told(sync.undecided, t("Nothing to decide")))}</span></span></a></li>
            <li><a href="/refused"><span><strong>{t("Not accepted by the server")}</strong>
                <span class="quiet">{move || app.sync.with(|sync| told(sync.refused, t("Nothing")))}</span></span></a></li>
        </ul>
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
            app.say(t("Name saved"));
        });
    };
    let others = move || {
        let known = settings.value.get()?;
        let lines = sync_words::other_devices(&known, app.now.get(), &chrono::Local);
        (!lines.is_empty()).then(|| {
            let items =
                lines.into_iter().map(|(name, seen)| view! { <li>{name}" "<span class="quiet">{seen}</span></li> });
            view! { <p>{t("Your other devices:")}</p><ul class="plain-list">{items.collect_view()}</ul> }
        })
    };
    view! {
        <section>
            <h2>{t("This device")}</h2>
            <Problem failure=settings.failure again=settings.again() />
            <fieldset class="stack-tight">
                <legend>{t("When the same thing was changed on two devices")}</legend>
                {choices.collect_view()}
            </fieldset>
            <form class="field" on:submit=save>
                <label for="device-name">{t("Name of this device")}</label>
                <div class="with-button">
                    <input id="device-name" maxlength="40" autocomplete="off" prop:value=name
                        on:input=move |event| typed.set(Some(event_target_value(&event))) />
                    <button type="submit" disabled=move || attempt.busy.get() || typed.with(Option::is_none)>{t("Save")}</button>
                </div>
            </form>
            <Problem failure=attempt.failure />
            {others}
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
fn Storage() -> impl IntoView {
    let app = app();
    let ask = move |_| app.ask_to_persist();
    let place = move || match app.opening.get() {
        Opening::Open(mode) => {
            let (place, meaning) = sync_words::storage(mode);
            format!("{place}. {meaning}")
        }
        _ => t("One moment…").to_owned(),
    };
    let kept = move || match app.opening.get() {
        Opening::Open(mode) => sync_words::durability(mode, app.durable.get(), can_be_asked()),
        _ => None,
    };
    let could_be_kept = move || kept().is_some() && app.durable.get() == Some(false);
    view! {
        <section>
            <h2>{t("Where your data are")}</h2>
            <p>{place}</p>
            {move || kept().map(|words| view! { <p>{words}" "{could_be_kept().then(|| t("Installing the app, or using it more, helps."))}</p> })}
            <Show when=could_be_kept>
                <div class="actions start"><button on:click=ask>{t("Ask the browser to keep it")}</button></div>
            </Show>
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
            <button disabled=move || attempt.busy.get() on:click=check>{t("Check the database")}</button>
            {move || rescued.get().map(|href| view! {
                <a class="button" href=href download="tunetrees-rescued.json">{t("Save rescued changes")}</a>
            })}
        </div>
        <Problem failure=attempt.failure />
        <p role="status" data-testid="database-check">
            {move || found.get().map(|what| what.map_or_else(|| t("The database is sound.").to_owned(), |what| say!("The database is damaged: {what}", what)))}
        </p>
    }
}
