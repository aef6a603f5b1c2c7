//! A searchable list of tunes, of the catalog or of the current repertoire. Rows stay where they are while the list is asked for
//! again, so that nothing jumps under the finger.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::confirm::Question;
use super::icons::{Icon, Sign};
use super::live_text::{Problem, Waiting};
use crate::domain::ids::TuneId;
use crate::domain::tune::TuneSummary;
use crate::store::schema::Table;
use crate::ui::model::{fields, search, when};
use crate::ui::state::app;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// Keystrokes closer together than this are answered as one.
const PAUSE: Duration = Duration::from_millis(40);
const TABLES: &[Table] =
    &[Table::Tune, Table::TuneOverride, Table::PlaylistTune, Table::Playlist, Table::PracticeRecord];

/// The list with its search field.
#[component]
pub fn TuneList(
    /// Only the current repertoire's?
    repertoire_only: bool,
    /// What to show when there is nothing at all.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let app = app();
    let empty = StoredValue::new(empty);
    let typed = RwSignal::new(String::new());
    let text = RwSignal::new(String::new());
    let shown = RwSignal::new(search::PAGE);
    let settle = StoredValue::new(None::<TimeoutHandle>);
    let type_on = move |now: String| {
        typed.set(now.clone());
        if let Some(earlier) = settle.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                shown.set(search::PAGE);
                text.set(now.clone());
            },
            PAUSE,
        );
        settle.set_value(later.ok());
    };
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    let page = app.live(
        TABLES,
        move || {
            current.get();
            app.account.track();
            Some(LibraryRequest::SearchTunes { text: text.get(), repertoire_only, offset: 0, limit: shown.get() })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Tunes(page)) => Some(page),
            _ => None,
        },
    );
    let ids = Memo::new(move |_| {
        page.value
            .with(|page| page.as_ref().map(|page| page.tunes.iter().map(|tune| tune.id).collect::<Vec<_>>()))
            .unwrap_or_default()
    });
    let rows = Memo::new(move |_| {
        page.value.with(|page| {
            let tunes = page.iter().flat_map(|page| &page.tunes);
            tunes.map(|tune| (tune.id, tune.clone())).collect::<HashMap<TuneId, TuneSummary>>()
        })
    });
    let total = Memo::new(move |_| page.value.with(|page| page.as_ref().map(|page| page.total)));
    let searching = move || text.with(|text| !text.trim().is_empty());
    let adding = RwSignal::new(HashSet::<TuneId>::new());
    let removing = RwSignal::new(None::<TuneSummary>);
    view! {
        <div class="search" role="search">
            <Sign icon=Icon::Search />
            <input type="search" aria-label=if repertoire_only { "Search your repertoire" } else { "Search the catalog" }
                placeholder="Title or first notes" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="search"
                prop:value=move || typed.get() on:input=move |event| type_on(event_target_value(&event)) />
        </div>
        <p class="total quiet" role="status" data-testid="total">
            {move || total.get().map(|total| search::total(total, searching()))}
        </p>
        <Problem failure=page.failure />
        <Show when=move || total.get().is_some() fallback=|| view! { <Waiting what="tunes" /> }>
            <ul class="tunes" aria-label=if repertoire_only { "Your repertoire" } else { "Catalog" }>
                <For each=move || ids.get() key=|id| *id let:id>
                    <Row id rows adding removing repertoire_only />
                </For>
            </ul>
            <Show when=move || total.get() == Some(0) && !searching()>{empty.with_value(ViewFn::run)}</Show>
            <Show when=move || total.get().is_some_and(|total| ids.with(Vec::len) < total as usize)>
                <p class="more">
                    <button on:click=move |_| shown.update(|n| *n = search::grown(*n, total.get_untracked().unwrap_or_default()))>
                        "Show more tunes"
                    </button>
                </p>
            </Show>
        </Show>
        <Removal removing />
    }
}

#[component]
fn Row(
    id: TuneId,
    rows: Memo<HashMap<TuneId, TuneSummary>>,
    adding: RwSignal<HashSet<TuneId>>,
    removing: RwSignal<Option<TuneSummary>>,
    repertoire_only: bool,
) -> impl IntoView {
    let app = app();
    let tune = Memo::new(move |_| rows.with(|rows| rows.get(&id).cloned()));
    let title = move || tune.with(|tune| tune.as_ref().map(|tune| fields::title(&tune.fields)).unwrap_or_default());
    let facts =
        move || tune.with(|tune| tune.as_ref().map(|tune| fields::facts(&tune.fields).join(" · ")).unwrap_or_default());
    let due = move || {
        let tune = tune.get().filter(|tune| tune.in_repertoire && (repertoire_only || tune.due.is_some()))?;
        Some(when::due(tune.due, app.now.get(), &chrono::Local))
    };
    let there = Memo::new(move |_| {
        tune.with(|tune| tune.as_ref().is_some_and(|tune| tune.in_repertoire)) || adding.with(|a| a.contains(&id))
    });
    let private = move || tune.with(|tune| tune.as_ref().is_some_and(|tune| tune.private));
    let navigate = use_navigate();
    let add = move |_| {
        if there.get_untracked() {
            return;
        }
        if app.repertoires.with_untracked(|r| r.as_ref().is_some_and(|r| r.current.is_none())) {
            return navigate("/start", Default::default());
        }
        adding.update(|a| {
            a.insert(id);
        });
        leptos::task::spawn_local(async move {
            let answer = app.call(LibraryRequest::AddToRepertoire { tunes: vec![id] }).await;
            if let Err(failure) = answer {
                adding.try_update(|a| a.remove(&id));
                app.problem(&failure);
            }
        });
    };
    let name = move || match there.get() {
        true => format!("{} is in your repertoire", title()),
        false => format!("Add {} to your repertoire", title()),
    };
    view! {
        <li class="tune-row" data-testid="tune-row">
            <a href=format!("/tune/{id}")>
                <span class="title">{title}</span>
                <span class="line">
                    <span>{facts}</span>
                    <Show when=private><span class="tag">"Yours"</span></Show>
                    {move || due().map(|due| view! { <span class="due">{due}</span> })}
                </span>
            </a>
            {if repertoire_only {
                let remove = move |_| removing.set(tune.get_untracked());
                view! {
                    <button class="icon-only" aria-label=move || format!("Remove {} from your repertoire", title()) on:click=remove>
                        <Sign icon=Icon::Cross />
                    </button>
                }.into_any()
            } else {
                view! {
                    <button class="add" class:there=move || there.get() aria-label=name
                        aria-disabled=move || there.get().then_some("true") on:click=add>
                        <Sign icon=Signal::derive(move || if there.get() { Icon::Tick } else { Icon::Plus }) />
                        <span>{move || if there.get() { "In repertoire" } else { "Add" }}</span>
                    </button>
                }.into_any()
            }}
        </li>
    }
}

#[component]
fn Removal(removing: RwSignal<Option<TuneSummary>>) -> impl IntoView {
    let app = app();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if removing.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && removing.with_untracked(Option::is_some) {
            removing.set(None);
        }
    });
    let title = Signal::derive(move || {
        let name = removing.with(|tune| tune.as_ref().map(|tune| fields::title(&tune.fields)).unwrap_or_default());
        format!("Remove {name}?")
    });
    let remove = move |_| {
        if let Some(tune) = removing.get_untracked() {
            let name = fields::title(&tune.fields);
            app.tell(LibraryRequest::RemoveFromRepertoire { tunes: vec![tune.id] }, move |_| {
                app.say(format!("{name} removed"))
            });
        }
        open.set(false);
    };
    view! {
        <Question open title>
            <p>"It leaves this repertoire. Its history stays, and is there again when you add it back."</p>
            <div class="actions">
                <button on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="primary" on:click=remove>"Remove"</button>
            </div>
        </Question>
    }
}
