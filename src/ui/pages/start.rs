//! A new repertoire: the first step on a device without an account, and the way to a second instrument.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::domain::ids::InstrumentId;
use crate::store::schema::Table;
use crate::ui::components::live_text::Problem;
use crate::ui::components::page_title::PageTitle;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The page.
#[component]
pub fn Start() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let instruments = app.live(
        &[Table::Instrument],
        || Some(LibraryRequest::Instruments),
        |response| match response {
            Response::Library(LibraryAnswer::Instruments(all)) => Some(all),
            _ => None,
        },
    );
    let none_yet = move || instruments.value.with(|all| all.as_ref().is_none_or(Vec::is_empty));
    // Instruments that come from the server while she is in the form must not push away what she is about to touch.
    let begun = RwSignal::new(false);
    let late = RwSignal::new(false);
    Effect::new(move |before: Option<bool>| {
        let none = none_yet();
        if before == Some(true) && !none && begun.get_untracked() {
            late.set(true);
        }
        none
    });
    let chosen = RwSignal::new(None::<(InstrumentId, String)>);
    let name = RwSignal::new(String::new());
    let ready = move || chosen.with(Option::is_some) || name.with(|name| !name.trim().is_empty());
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let instrument = chosen.get_untracked();
        let typed = name.get_untracked().trim().to_owned();
        let name = if typed.is_empty() {
            instrument.as_ref().map(|(_, name)| name.clone()).unwrap_or_default()
        } else {
            typed
        };
        let navigate = navigate.clone();
        attempt.go(
            app,
            LibraryRequest::CreateRepertoire { name, instrument: instrument.map(|(id, _)| id) },
            move |_| {
                navigate("/catalog", Default::default());
            },
        );
    };
    view! {
        <section class="page narrow">
            <PageTitle text=t("What do you play?") />
            <p class="quiet">{t("A repertoire holds the tunes you play on one instrument. You can have several.")}</p>
            <form class="stack" on:submit=create on:focusin=move |_| begun.set(true)>
                <Problem failure=instruments.failure again=instruments.again() />
                <fieldset class="chips" hidden=move || none_yet() || late.get()>
                    <legend>{t("Instrument")}</legend>
                    {move || instruments.value.get().unwrap_or_default().into_iter().map(|instrument| {
                        let (id, label) = (instrument.id, instrument.name.clone());
                        let choose = move |_| chosen.set(Some((id, label.clone())));
                        view! {
                            <label class="chip">
                                <input type="radio" name="instrument" on:change=choose
                                    prop:checked=move || chosen.with(|c| c.as_ref().is_some_and(|(c, _)| *c == id)) />
                                <span>{instrument.name}</span>
                            </label>
                        }
                    }).collect_view()}
                </fieldset>
                <div class="field">
                    <label for="repertoire-name">{t("Name of the repertoire")}</label>
                    <input id="repertoire-name" type="text" autocomplete="off" maxlength="80"
                        placeholder=move || chosen.with(|c| c.as_ref().map_or_else(|| t("Fiddle, Session tunes…").to_owned(), |(_, name)| name.clone()))
                        prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event)) />
                </div>
                <Problem failure=attempt.failure />
                <div class="actions">
                    <button class="primary" type="submit" disabled=move || attempt.busy.get() || !ready()>{t("Create repertoire")}</button>
                </div>
                <Show when=move || late.get()>
                    <div class="actions start"><button type="button" class="plain" on:click=move |_| late.set(false)>{t("Choose an instrument")}</button></div>
                </Show>
            </form>
        </section>
    }
}
