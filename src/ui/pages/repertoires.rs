//! All repertoires: make, rename, choose, delete and take that back.

use leptos::prelude::*;

use crate::domain::ids::PlaylistId;
use crate::domain::repertoire::{Repertoire, RepertoireDraft};
use crate::domain::scheduling::Algorithm;
use crate::store::schema::Table;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::locale;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The page.
#[component]
pub fn RepertoiresPage() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let deleted = RwSignal::new(None::<Repertoire>);
    let ids = Memo::new(move |_| {
        app.repertoires.with(|r| r.as_ref().map(|r| r.all.iter().map(|r| r.id).collect::<Vec<_>>())).unwrap_or_default()
    });
    let undo = move |_| {
        if let Some(gone) = deleted.get_untracked() {
            attempt.go(app, LibraryRequest::RestoreRepertoire { playlist: gone.id }, move |_| {
                deleted.try_set(None);
            });
        }
    };
    view! {
        <section class="page narrow">
            <Crumb />
            <header class="page-head">
                <PageTitle text=t("Repertoires") />
                <a class="button" href="/start"><Sign icon=Icon::Plus />{t("New repertoire")}</a>
            </header>
            <p class="quiet">{t("A repertoire holds the tunes you play on one instrument, or for one purpose. You can have several on one instrument.")}</p>
            <Problem failure=attempt.failure />
            <div role="status">
                {move || deleted.get().map(|gone| view! {
                    <p class="outcome with-undo">
                        <span>{say!("{name} is deleted, with its history.", name = gone.name)}</span>
                        <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                    </p>
                })}
            </div>
            <Show when=move || app.repertoires.with(Option::is_some) fallback=|| view! { <Waiting what=t("your repertoires") /> }>
                <Show when=move || ids.with(Vec::is_empty)>
                    <div class="empty">
                        <p>{t("You have no repertoire yet. Say what you play, and choose your first tunes.")}</p>
                        <a class="button primary" href="/start">{t("Create a repertoire")}</a>
                    </div>
                </Show>
            </Show>
            <ul class="cards">
                <For each=move || ids.get() key=|id| *id let:id><One id deleted attempt /></For>
            </ul>
        </section>
    }
}

#[component]
fn One(id: PlaylistId, deleted: RwSignal<Option<Repertoire>>, attempt: Attempt) -> impl IntoView {
    let app = app();
    let own = Memo::new(move |_| {
        app.repertoires.with(|r| r.as_ref().and_then(|r| r.all.iter().find(|r| r.id == id).cloned()))
    });
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.current == Some(id))));
    let name = move || own.with(|own| own.as_ref().map(|r| r.name.clone()).unwrap_or_default());
    let facts = move || {
        own.with(|own| {
            let Some(own) = own else { return String::new() };
            let instrument = own.instrument.clone().filter(|instrument| *instrument != own.name);
            let tunes = locale::counted(own.tunes, "tune");
            instrument.map_or(tunes.clone(), |instrument| format!("{instrument} · {tunes}"))
        })
    };
    let editing = RwSignal::new(false);
    let delete = move |_| {
        let gone = own.get_untracked();
        attempt.go(app, LibraryRequest::DeleteRepertoire { playlist: id }, move |_| {
            deleted.try_set(gone);
        });
    };
    view! {
        <li class="card" data-testid="repertoire">
            <h2>{name}</h2>
            <p class="quiet">{facts}</p>
            <Show when=move || editing.get() fallback=move || view! {
                <div class="actions start">
                    <Show when=move || current.get() fallback=move || view! {
                        <button class="primary" on:click=move |_| app.tell(LibraryRequest::ChooseRepertoire { playlist: id }, |_| {})>
                            {t("Play this one")}<span class="unseen">": "{name}</span>
                        </button>
                    }>
                        <span class="tag">{t("Current")}</span>
                    </Show>
                    <button on:click=move |_| editing.set(true)><Sign icon=Icon::Pencil />{t("Change")}<span class="unseen">" "{name}</span></button>
                    <button disabled=move || attempt.busy.get() on:click=delete>{t("Delete")}<span class="unseen">" "{name}</span></button>
                </div>
            }>
                <Change own=own.get_untracked() editing />
            </Show>
        </li>
    }
}

#[component]
fn Change(own: Option<Repertoire>, editing: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let Some(own) = own else { return ().into_any() };
    let id = own.id;
    let draft = RwSignal::new(RepertoireDraft {
        name: own.own_name,
        instrument: own.instrument_id,
        genre: own.genre,
        algorithm: own.algorithm,
    });
    let genres = app.live(
        &[Table::Genre],
        || Some(LibraryRequest::Genres),
        |response| match response {
            Response::Library(LibraryAnswer::Genres(all)) => Some(all),
            _ => None,
        },
    );
    let instruments = app.live(
        &[Table::Instrument],
        || Some(LibraryRequest::Instruments),
        |response| match response {
            Response::Library(LibraryAnswer::Instruments(all)) => Some(all),
            _ => None,
        },
    );
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        attempt.go(app, LibraryRequest::EditRepertoire { playlist: id, draft: draft.get_untracked() }, move |_| {
            editing.try_set(false);
        });
    };
    let genre_options = move || {
        let all = genres.value.get().unwrap_or_default();
        all.into_iter()
            .map(|genre| {
                let selected = draft.with_untracked(|draft| draft.genre.as_ref() == Some(&genre.id));
                view! { <option value=genre.id selected=selected>{genre.name}</option> }
            })
            .collect_view()
    };
    let instrument_options = move || {
        let all = instruments.value.get().unwrap_or_default();
        all.into_iter()
            .map(|instrument| {
                let selected = draft.with_untracked(|draft| draft.instrument == Some(instrument.id));
                view! { <option value=instrument.id.to_string() selected=selected>{instrument.name}</option> }
            })
            .collect_view()
    };
    let algorithm_options = [None, Some(Algorithm::Fsrs), Some(Algorithm::Sm2)].map(|algorithm| {
        let selected = draft.with_untracked(|draft| draft.algorithm == algorithm);
        let stored = algorithm.map_or("", Algorithm::stored);
        view! { <option value=stored selected=selected>{algorithm.map_or(t("As in the settings"), Algorithm::stored)}</option> }
    });
    let decide = move |event| {
        let word = event_target_value(&event);
        draft.update(|d| d.algorithm = (!word.is_empty()).then(|| Algorithm::from_stored(Some(&word))));
    };
    let field = format!("name-{id}");
    view! {
        <form class="stack" on:submit=save>
            <div class="field">
                <label for=field.clone()>{t("Name")}</label>
                <input id=field type="text" autocomplete="off" maxlength="80" prop:value=move || draft.with(|d| d.name.clone())
                    on:input=move |event| draft.update(|d| d.name = event_target_value(&event)) />
            </div>
            <label class="field">
                <span>{t("Instrument")}</span>
                <select on:change=move |event| draft.update(|d| d.instrument = event_target_value(&event).parse().ok())>
                    <option value="">{t("None")}</option>
                    {instrument_options}
                </select>
            </label>
            <label class="field">
                <span>{t("Genre of new tunes")}</span>
                <select on:change=move |event| draft.update(|d| d.genre = Some(event_target_value(&event)).filter(|g| !g.is_empty()))>
                    <option value="">{t("None")}</option>
                    {genre_options}
                </select>
            </label>
            <label class="field">
                <span>{t("What decides when a tune comes back")}</span>
                <select on:change=decide>{algorithm_options.collect_view()}</select>
            </label>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| editing.set(false)>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get()>{t("Save")}</button>
            </div>
        </form>
    }
    .into_any()
}
