//! The lines that are on the screen: a table row or a card each, between two spacers as high as all the others.

use std::collections::{HashMap, HashSet};

use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::super::icons::{Icon, Sign};
use super::super::screen;
use super::List;
use crate::domain::decimal::decimal;
use crate::domain::ids::TuneId;
use crate::domain::listing::{Column, Scope, ScreenSize, TuneLine, Whose};
use crate::domain::time::Timestamp;
use crate::ui::model::{fields, listing};
use crate::ui::text::{say, t};
use crate::worker::protocol::LibraryRequest;

/// The height of a line in rem, as `lists.css` has it.
const TABLE_ROW: f64 = 3.25;
const CARD: f64 = 4.75;

/// The height of a line in pixels, at the text size of the reader.
pub(super) fn row_height(screen: ScreenSize) -> f64 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    let rem = size.and_then(|size| decimal(size.trim_end_matches("px"))).unwrap_or(16.0);
    rem * if screen == ScreenSize::Full { TABLE_ROW } else { CARD }
}

#[derive(Clone, Copy)]
struct Shared {
    list: List,
    lines: Memo<HashMap<TuneId, (u32, TuneLine)>>,
    adding: RwSignal<HashSet<TuneId>>,
}

/// The lines.
#[component]
pub(super) fn Rows(list: List) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let measure = move || {
        let Some(place) = place.get_untracked() else { return };
        let seen = (-place.get_bounding_client_rect().top(), screen::height());
        if list.view.try_get_untracked().is_some_and(|before| before != seen) {
            list.view.set(seen);
        }
    };
    let scrolled = window_event_listener(leptos::ev::scroll, move |_| measure());
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    Effect::new(move |_| {
        place.track();
        list.page.value.track();
        measure();
    });
    let lines = Memo::new(move |_| {
        list.page.value.with(|page| {
            let numbered = page.iter().flat_map(|page| (page.offset..).zip(&page.tunes));
            numbered.map(|(number, line)| (line.id, (number, line.clone()))).collect::<HashMap<_, _>>()
        })
    });
    let row = Memo::new(move |_| row_height(list.screen.get()));
    // (first, last, ids) of the lines that are drawn.
    let drawn = Memo::new(move |_| {
        list.page.value.with(|page| {
            let Some(page) = page else { return (0, 0, Vec::new()) };
            let (above, height) = list.view.get();
            let (first, last) = listing::drawn(above, height, row.get(), page.total);
            let end = page.offset + page.tunes.len() as u32;
            let (from, to) = (first.max(page.offset), last.min(end));
            if from >= to {
                return (first, first, Vec::new());
            }
            let there = &page.tunes[(from - page.offset) as usize..(to - page.offset) as usize];
            (from, to, there.iter().map(|line| line.id).collect())
        })
    });
    let total = move || list.total().unwrap_or_default();
    let before = move || format!("{}px", drawn.with(|(first, ..)| f64::from(*first)) * row.get());
    let behind =
        move || format!("{}px", drawn.with(|(_, last, _)| f64::from(total().saturating_sub(*last))) * row.get());
    let shared = Shared { list, lines, adding: RwSignal::new(HashSet::new()) };
    let columns = Memo::new(move |_| list.look.with(|look| look.columns[1..].to_vec()));
    // As many as there are: more would be columns of their own in the fixed layout.
    let across = move || (columns.with(Vec::len) + 3).to_string();
    let name = if list.scope == Scope::Repertoire { t("Your repertoire") } else { t("Catalog") };
    let odd = move || drawn.with(|(first, ..)| first % 2 == 1);
    view! {
        <div node_ref=place>
            {move || match list.screen.get() {
                ScreenSize::Small => view! {
                    <div aria-hidden="true" style:height=before></div>
                    <ul class="tunes" aria-label=name>
                        <For each=move || drawn.with(|(.., ids)| ids.clone()) key=|id| *id let:id>
                            <Card id shared columns />
                        </For>
                    </ul>
                    <div aria-hidden="true" style:height=behind></div>
                }.into_any(),
                ScreenSize::Full => view! {
                    <div class="table-frame" class:wide=move || { columns.with(|columns| columns.len() > 7) }>
                        <table class="tune-table" class:odd=odd aria-label=name aria-rowcount=move || (total() + 1).to_string()>
                            <Head list columns />
                            <tbody>
                                <tr aria-hidden="true" class="spacer"><td colspan=across style:height=before></td></tr>
                                <For each=move || drawn.with(|(.., ids)| ids.clone()) key=|id| *id let:id>
                                    <TableRow id shared columns />
                                </For>
                                <tr aria-hidden="true" class="spacer"><td colspan=across style:height=behind></td></tr>
                            </tbody>
                        </table>
                    </div>
                }.into_any(),
            }}
        </div>
    }
}

#[component]
fn Head(list: List, columns: Memo<Vec<Column>>) -> impl IntoView {
    let all = Memo::new(move |_| {
        let chosen = list.chosen.with(HashSet::len) as u32;
        let total = list.total().unwrap_or_default();
        (chosen > 0 && chosen >= total, chosen > 0 && chosen < total)
    });
    let toggle = move |_| {
        if all.get_untracked().0 {
            return list.chosen.set(HashSet::new());
        }
        list.choose_all();
    };
    let head = move |column: Column| {
        let sorting = move || list.look.with(|look| look.sorting);
        let press = move |_| list.change(|look| look.sorting = listing::pressed(column, look.sorting));
        view! {
            <th scope="col" class=format!("col-{column:?}").to_lowercase() aria-sort=move || listing::aria_sort(column, sorting())>
                <button class="plain" on:click=press>{listing::column_name(column)}<span class="arrow" aria-hidden="true"></span></button>
            </th>
        }
    };
    view! {
        <thead>
            <tr aria-rowindex="1">
                <th scope="col" class="pick">
                    <label class="tick"><span class="unseen">{t("Select all")}</span>
                        <input type="checkbox" prop:checked=move || all.get().0 prop:indeterminate=move || all.get().1 on:change=toggle />
                    </label>
                </th>
                {head(Column::Title)}
                {move || columns.get().into_iter().map(head).collect_view()}
                <th scope="col" class="do"><span class="unseen">{t("Add or remove")}</span></th>
            </tr>
        </thead>
    }
}

#[component]
fn TableRow(id: TuneId, shared: Shared, columns: Memo<Vec<Column>>) -> impl IntoView {
    let Shared { list, lines, .. } = shared;
    let line = Memo::new(move |_| lines.with(|lines| lines.get(&id).map(|(_, line)| line.clone())));
    let number = move || lines.with(|lines| lines.get(&id).map_or(0, |(number, _)| number + 2)).to_string();
    let cells = move || {
        let Some(line) = line.get() else { return Vec::new() };
        let now = list.app.now.get();
        let cell = |column: Column| {
            let text = said(list, column, &line, now);
            let class = format!("col-{column:?}").to_lowercase();
            let title = (text.chars().count() > 14).then(|| text.clone());
            if column == Column::Whose && line.whose != Whose::Catalog {
                return view! { <td class=class><span class="tag">{text}</span></td> }.into_any();
            }
            view! { <td class=class title=title>{text}</td> }.into_any()
        };
        columns.get().into_iter().map(cell).collect()
    };
    view! {
        <tr class="tune-row" data-testid="tune-row" aria-rowindex=number class:chosen=move || list.chosen.with(|c| c.contains(&id))>
            <td class="pick"><Tick id line list /></td>
            <th scope="row" class="col-title"><Title id line list /></th>
            {cells}
            <td class="do"><Do id line shared /></td>
        </tr>
    }
}

#[component]
fn Card(id: TuneId, shared: Shared, columns: Memo<Vec<Column>>) -> impl IntoView {
    let Shared { list, lines, .. } = shared;
    let line = Memo::new(move |_| lines.with(|lines| lines.get(&id).map(|(_, line)| line.clone())));
    let number = move || lines.with(|lines| lines.get(&id).map_or(0, |(number, _)| number + 1)).to_string();
    let facts = move || {
        let Some(line) = line.get() else { return Vec::new() };
        let now = list.app.now.get();
        let told = columns.get().into_iter().filter_map(|column| {
            let text = said(list, column, &line, now);
            let class = match column {
                Column::Whose => "tag",
                Column::Due => "due",
                Column::Incipit => "abc",
                _ => "",
            };
            (!text.is_empty()).then(|| view! { <span class=class>{listing::on_a_card(column, text)}</span> })
        });
        told.collect::<Vec<_>>()
    };
    view! {
        <li class="tune-row" data-testid="tune-row" aria-posinset=number aria-setsize=move || list.total().unwrap_or_default().to_string()
            class:chosen=move || list.chosen.with(|c| c.contains(&id))>
            <Show when=move || list.selecting.get()><Tick id line list /></Show>
            <Title id line list>
                <span class="line">{facts}</span>
            </Title>
            <Show when=move || !list.selecting.get()><Do id line shared /></Show>
        </li>
    }
}

/// What a cell says; a genre by its name.
fn said(list: List, column: Column, line: &TuneLine, now: Timestamp) -> String {
    let text = listing::cell(column, line, now, &chrono::Local);
    if column == Column::Genre && !text.is_empty() { list.genre_name(&text) } else { text }
}

fn title_of(line: Memo<Option<TuneLine>>) -> String {
    line.with(|line| line.as_ref().map(|line| fields::title(&line.fields)).unwrap_or_default())
}

#[component]
fn Title(
    id: TuneId,
    line: Memo<Option<TuneLine>>,
    list: List,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    // In a table without a column for it, which would be empty for nearly all; a card has its own line.
    let mark = move || {
        let full = list.screen.get() == ScreenSize::Full && list.scope == Scope::Catalog;
        let column = list.look.with(|look| look.columns.contains(&Column::Whose));
        let whose = line.with(|line| line.as_ref().map(|line| line.whose)).filter(|_| full && !column)?;
        (whose != Whose::Catalog).then(|| listing::whose_name(whose))
    };
    view! {
        <a class="to-tune" href=format!("/tune/{id}") on:click=move |_| list.leave()>
            <span class="title">{move || title_of(line)}</span>
            {move || mark().map(|words| view! { <span class="tag">{words}</span> })}
            {children.map(|children| children())}
        </a>
    }
}

#[component]
fn Tick(id: TuneId, line: Memo<Option<TuneLine>>, list: List) -> impl IntoView {
    let toggle = move |_| {
        list.chosen.update(|chosen| {
            if !chosen.remove(&id) {
                chosen.insert(id);
            }
        });
    };
    view! {
        <label class="tick">
            <span class="unseen">{move || say!("Select {title}", title = title_of(line))}</span>
            <input type="checkbox" prop:checked=move || list.chosen.with(|chosen| chosen.contains(&id)) on:change=toggle />
        </label>
    }
}

/// The one thing to do with a line: into the repertoire, or out of it.
#[component]
fn Do(id: TuneId, line: Memo<Option<TuneLine>>, shared: Shared) -> impl IntoView {
    let Shared { list, adding, .. } = shared;
    let app = list.app;
    if list.scope == Scope::Repertoire {
        // Nothing is asked: the bar below takes it back, as it does for many.
        let remove = move |_| {
            let name = untrack(|| title_of(line));
            app.tell(LibraryRequest::RemoveFromRepertoire { tunes: vec![id] }, move |_| {
                let back = LibraryRequest::AddToRepertoire { tunes: vec![id] };
                list.chosen.try_update(|chosen| chosen.remove(&id));
                list.done.try_set(Some((say!("{name} taken out; the history stays", name), Some(back))));
            });
        };
        return view! {
            <button class="icon-only" aria-label=move || say!("Take {title} out of your repertoire", title = title_of(line)) on:click=remove>
                <Sign icon=Icon::Cross />
            </button>
        }
        .into_any();
    }
    let there = Memo::new(move |_| {
        line.with(|line| line.as_ref().is_some_and(|line| line.place.is_some())) || adding.with(|a| a.contains(&id))
    });
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
            if let Err(failure) = &answer {
                app.problem(failure);
            }
            // From here on the list itself says whether it is there. It has been asked anew by now.
            if answer.is_err() {
                adding.try_update(|a| a.remove(&id));
            }
        });
    };
    let name = move || match there.get() {
        true => say!("{title} is in your repertoire", title = title_of(line)),
        false => say!("Add {title} to your repertoire", title = title_of(line)),
    };
    view! {
        <button class="add" class:there=move || there.get() aria-label=name
            aria-disabled=move || there.get().then_some("true") on:click=add>
            <Sign icon=Signal::derive(move || if there.get() { Icon::Tick } else { Icon::Plus }) />
            <span>{move || if there.get() { t("In repertoire") } else { t("Add") }}</span>
        </button>
    }
    .into_any()
}
