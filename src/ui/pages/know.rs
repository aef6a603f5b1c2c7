//! “What do I know?”: the repertoire in large type, for a table in a pub. By type and key, with the first bars, a tune picked by chance, and what goes
//! well after it. Works without a network like everything else.

use leptos::html::Div;
use leptos::prelude::*;

use crate::domain::ids::TuneId;
use crate::domain::listing::{Facet, Filters, ListQuery, Scope, ScreenSize, TuneLine};
use crate::store::schema::Table;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::notation::Notation;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::practice_switches::StayAwake;
use crate::ui::components::screen::{self, screen_size};
use crate::ui::model::{fields, know, listing};
use crate::ui::pages::welcome::Welcome;
use crate::ui::state::app;
use crate::ui::text::t;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

const TABLES: &[Table] = &[Table::Tune, Table::TuneOverride, Table::PlaylistTune, Table::Playlist, Table::Tag];
/// More lines than anybody reads in a pub; search narrows a larger repertoire.
const MOST: u32 = 500;

/// The page.
#[component]
pub fn Know() -> impl IntoView {
    let app = app();
    let none = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.current.is_none())));
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    let text = RwSignal::new(String::new());
    let kind = RwSignal::new(None::<String>);
    let mode = RwSignal::new(None::<String>);
    let tag = RwSignal::new(None::<String>);
    let bars = RwSignal::new(false);
    let opened = RwSignal::new(None::<TuneLine>);
    let list = move |offset: u32, limit: u32| {
        let [kinds, modes, tags] = [kind, mode, tag].map(|chosen| chosen.get().into_iter().collect());
        let filters = Filters { kinds, modes, tags, ..Default::default() };
        LibraryRequest::ListTunes {
            query: ListQuery { text: text.get(), filters, ..ListQuery::all(Scope::Repertoire) },
            offset,
            limit,
        }
    };
    let take = |response| match response {
        Response::Library(LibraryAnswer::Tunes(page)) => Some(page),
        _ => None,
    };
    let shown = app.live(
        TABLES,
        move || {
            current.get();
            app.account.track();
            Some(list(0, MOST))
        },
        take,
    );
    let following = app.live(
        TABLES,
        move || {
            current.get();
            Some(LibraryRequest::Partners { tune: opened.with(|line| line.as_ref().map(|line| line.id))? })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Partners(all)) => Some(all),
            _ => None,
        },
    );
    let facets = app.live(
        TABLES,
        move || {
            current.get();
            Some(LibraryRequest::Facets { scope: Scope::Repertoire })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Facets(facets)) => Some(facets),
            _ => None,
        },
    );
    let laid_out = RwSignal::new(know::PART);
    let lines = Memo::new(move |_| {
        let count = laid_out.get();
        shown.value.with(|page| page.iter().flat_map(|page| page.tunes.iter().take(count).cloned()).collect::<Vec<_>>())
    });
    let all = move || shown.value.with(|page| page.as_ref().map_or(0, |page| page.tunes.len()));
    let end = NodeRef::<Div>::new();
    let lay_out_more = move || {
        let Some(end) = end.get_untracked() else { return };
        let before = laid_out.get_untracked();
        let now = know::laid_out(before, untrack(all), end.get_bounding_client_rect().top(), screen::height());
        if now != before {
            laid_out.set(now);
        }
    };
    let scrolled = window_event_listener(leptos::ev::scroll, move |_| lay_out_more());
    on_cleanup(move || scrolled.remove());
    // Another search or filter starts at its beginning.
    Effect::new(move |_| {
        text.track();
        [kind, mode, tag].iter().for_each(Track::track);
        laid_out.set(know::PART);
    });
    let screen = screen_size();
    let narrowed = move || {
        let kind = kind.get().map(|id| fields::kind_name(&id).to_owned());
        know::narrowed(&[kind, mode.get(), tag.get()])
    };
    let several = move || {
        facets.value.with(|f| f.as_ref().is_some_and(|f| [&f.kinds, &f.modes, &f.tags].iter().any(|all| all.len() > 1)))
    };
    let pick = move |_| {
        let last = opened.with_untracked(|line| line.as_ref().map(|line| line.id));
        // Of all that are like that, also of those that the list leaves out.
        let total = shown.value.with_untracked(|page| page.as_ref().map_or(0, |page| page.total));
        let offset = know::picked(total, js_sys::Math::random());
        app.tell(untrack(|| list(offset, 2)), move |response| {
            let Some(page) = take(response) else { return };
            let first = shown.value.with_untracked(|page| page.as_ref().and_then(|page| page.tunes.first().cloned()));
            opened.set(know::another(&page.tunes, first.as_ref(), last));
            window().scroll_to_with_x_and_y(0.0, 0.0);
        });
    };
    let partners = move || opened.with(Option::is_some).then(|| following.value.get()).flatten().unwrap_or_default();
    let total = move || shown.value.with(|page| page.as_ref().map(|page| listing::total(page.total, page.of)));
    let empty = move || shown.value.with(|page| page.as_ref().is_some_and(|page| page.of == 0));
    let cut = move || shown.value.with(|page| page.as_ref().and_then(|page| know::cut(page.tunes.len(), page.total)));
    let open = move |line: TuneLine| {
        opened.set(Some(line));
        window().scroll_to_with_x_and_y(0.0, 0.0);
    };
    view! {
        <Show when=move || !none.get() fallback=|| view! { <Welcome /> }>
        <section class="page know">
            <Crumb />
            <header class="page-head">
                <PageTitle text=t("What do I know?") />
                <button class="primary" disabled=move || lines.with(Vec::is_empty) on:click=pick>{t("Pick one for me")}</button>
            </header>
            <div role="status">
                {move || opened.get().map(|line| view! { <Opened line opened /> })}
            </div>
            <Show when=move || !partners().is_empty()>
                <section class="partners">
                    <h2>{t("Goes well after it")}</h2>
                    <p class="quiet">{t("The same type; keys that lift or stay near come first.")}</p>
                    <ul class="large-list">
                        {move || partners().into_iter().map(|line| view! { <li><Line line open=Callback::new(open) bars=bars.into() /></li> }).collect_view()}
                    </ul>
                </section>
            </Show>
            <div class="search" role="search">
                <Sign icon=Icon::Search />
                <input type="search" aria-label=t("Search the tunes you know") placeholder=t("Title, tag or first notes") autocomplete="off" autocapitalize="none"
                    spellcheck="false" enterkeyhint="search" prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event)) />
            </div>
            <Show when=several>
            <details class="know-filters" open=move || screen.get() == ScreenSize::Full>
            <summary>{narrowed}</summary>
            <Choice name=t("Type") values=Signal::derive(move || facets.value.with(|f| f.as_ref().map(|f| f.kinds.clone()).unwrap_or_default())) chosen=kind
                label=|id| fields::kind_name(id).to_owned() />
            <Choice name=t("Key") values=Signal::derive(move || facets.value.with(|f| f.as_ref().map(|f| f.modes.clone()).unwrap_or_default())) chosen=mode
                label=|id| id.to_owned() />
            <Choice name=t("Tag") values=Signal::derive(move || facets.value.with(|f| f.as_ref().map(|f| f.tags.clone()).unwrap_or_default())) chosen=tag
                label=|id| id.to_owned() />
            </details>
            </Show>
            <div class="know-line">
                <p class="quiet" role="status" data-testid="total">{total}</p>
                <label class="check"><input type="checkbox" prop:checked=move || bars.get() on:change=move |event| bars.set(event_target_checked(&event)) />
                    <span>{t("First bars")}</span></label>
                <StayAwake />
            </div>
            <Problem failure=shown.failure again=shown.again() />
            <Show when=move || shown.value.with(Option::is_some) fallback=|| view! { <Waiting what=t("your tunes") /> }>
                <ul class="large-list" aria-label=t("Tunes you know")>
                    <For each=move || lines.get() key=|line| line.id let:line><li data-testid="known"><Line line open=Callback::new(open) bars=bars.into() /></li></For>
                </ul>
                <div node_ref=end></div>
                {move || cut().map(|words| view! { <p class="hint" role="note">{words}</p> })}
                <Show when=move || lines.with(Vec::is_empty)>
                    <Show when=empty fallback=move || view! {
                        <div class="empty">
                            <p>{t("No tune of your repertoire is like that.")}</p>
                            <button on:click=move |_| { text.set(String::new()); kind.set(None); mode.set(None); tag.set(None); }>{t("Show all tunes")}</button>
                        </div>
                    }>
                        <div class="empty">
                            <p>{t("This repertoire has no tunes yet. What you add to it stands here, in large type.")}</p>
                            <div class="actions">
                                <a class="button primary" href="/catalog">{t("To the catalog")}</a>
                                <a class="button" href="/starter">{t("Well-known tunes")}</a>
                            </div>
                        </div>
                    </Show>
                </Show>
            </Show>
        </section>
        </Show>
    }
}

#[component]
fn Opened(line: TuneLine, opened: RwSignal<Option<TuneLine>>) -> impl IntoView {
    let id: TuneId = line.id;
    let card = Signal::stored(line.fields.clone());
    let facts = fields::facts(&line.fields).join(" · ");
    view! {
        <div class="tune-card" data-testid="picked">
            <h2 class="tune-title"><a href=format!("/tune/{id}")>{fields::title(&line.fields)}</a></h2>
            <p class="facts-line">{facts}</p>
            <Notation fields=card playable=true />
            <div class="actions start"><button on:click=move |_| opened.set(None)>{t("Close")}</button></div>
        </div>
    }
}

#[component]
fn Line(line: TuneLine, open: Callback<TuneLine>, bars: Signal<bool>) -> impl IntoView {
    let title = fields::title(&line.fields);
    let facts = fields::facts(&line.fields).join(" · ");
    let card = StoredValue::new(line.fields.clone());
    let has_bars = line.fields.incipit.is_some();
    view! {
        <button class="large-line" on:click=move |_| open.run(line.clone())>
            <span class="title">{title}</span>
            <span class="quiet">{facts}</span>
        </button>
        <Show when=move || bars.get() && has_bars>
            <Notation fields=Signal::stored(card.get_value()) lazy=true />
        </Show>
    }
}

/// One value, or all.
#[component]
fn Choice(
    name: &'static str,
    values: Signal<Vec<Facet>>,
    chosen: RwSignal<Option<String>>,
    label: fn(&str) -> String,
) -> impl IntoView {
    let chip = move |value: Option<String>, text: String| {
        let value = StoredValue::new(value);
        view! {
            <label class="chip">
                <input type="radio" name=name prop:checked=move || chosen.with(|chosen| value.with_value(|value| chosen == value))
                    on:change=move |_| chosen.set(value.get_value()) />
                <span>{text}</span>
            </label>
        }
    };
    view! {
        <Show when=move || values.with(|values| values.len() > 1)>
            <fieldset class="chips">
                <legend>{name}</legend>
                {chip(None, t("All").to_owned())}
                {move || values.get().into_iter().map(|facet| { let text = label(&facet.value); chip(Some(facet.value), text) }).collect_view()}
            </fieldset>
        </Show>
    }
}
