//! What a list is narrowed to, and its order.

use leptos::prelude::*;

use super::List;
use crate::domain::listing::{Column, DueState, Facet, Facets, Filters, Scope, ScreenSize, Whose};
use crate::ui::model::{fields, listing};
use crate::ui::text::t;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The panel under the search field.
#[component]
pub(super) fn FilterPanel(list: List, open: RwSignal<bool>) -> impl IntoView {
    let app = list.app;
    let facets = app.live(
        super::TABLES,
        move || {
            app.repertoires.with(|r| r.as_ref().map(|r| r.current));
            Some(LibraryRequest::Facets { scope: list.scope })
        },
        |response| match response {
            Response::Library(LibraryAnswer::Facets(facets)) => Some(facets),
            _ => None,
        },
    );
    let of = move |pick: fn(&Facets) -> &Vec<Facet>| {
        Signal::derive(move || facets.value.with(|facets| facets.as_ref().map(|f| pick(f).clone()).unwrap_or_default()))
    };
    let genre_name = move |id: &str| list.genre_name(id);
    let sort_by = move |event| {
        let chosen = event_target_value(&event);
        if let Some(column) = Column::ALL.into_iter().find(|column| listing::column_name(*column) == chosen) {
            list.change(|look| look.sorting.column = column);
        }
    };
    let options = Column::ALL.map(|column| {
        let name = listing::column_name(column);
        view! { <option value=name selected=move || list.look.with(|look| look.sorting.column == column)>{name}</option> }
    });
    let close = move |_| {
        open.set(false);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    };
    view! {
        <section id="list-filters" class="filters" aria-label=t("Filters and order")>
            <Texts list name=t("Type") values=of(|f| &f.kinds) chosen=|f| &mut f.kinds label=move |id: &str| fields::kind_name(id).to_owned() />
            <Texts list name=t("Key") values=of(|f| &f.modes) chosen=|f| &mut f.modes label=move |id: &str| id.to_owned() />
            <Texts list name=t("Genre") values=of(|f| &f.genres) chosen=|f| &mut f.genres label=genre_name />
            <Texts list name=t("Tag") values=of(|f| &f.tags) chosen=|f| &mut f.tags label=move |id: &str| id.to_owned() />
            {(list.scope == Scope::Repertoire).then(|| view! {
                <Choices list name=t("Due") values=DueState::ALL.to_vec() chosen=|f| &mut f.due label=listing::due_name />
            })}
            <Choices list name=t("Whose") values=vec![Whose::Private, Whose::Version, Whose::Catalog] chosen=|f| &mut f.whose label=listing::whose_name />
            <div class="sort-by">
                <label for="sort-by">{t("Sort by")}</label>
                <select id="sort-by" on:change=sort_by>{options}</select>
                <label class="check">
                    <input type="checkbox" prop:checked=move || list.look.with(|look| look.sorting.descending)
                        on:change=move |event| { let down = event_target_checked(&event); list.change(|look| look.sorting.descending = down) } />
                    <span>{t("Largest or last first")}</span>
                </label>
            </div>
            <div class="filter-foot">
                <Show when=move || list.look.with(|look| look.filters.count() > 0)>
                    <button on:click=move |_| list.change(|look| look.filters = Filters::default())>{t("Clear all filters")}</button>
                </Show>
                // On a wide screen the list stands below, and is seen.
                <Show when=move || list.screen.get() == ScreenSize::Small>
                    <button class="primary" on:click=close>{move || listing::show_words(list.total())}</button>
                </Show>
            </div>
        </section>
    }
}

fn toggle<T: PartialEq>(values: &mut Vec<T>, value: T) {
    match values.iter().position(|chosen| *chosen == value) {
        Some(at) => drop(values.remove(at)),
        None => values.push(value),
    }
}

/// Values that occur, each with its count; chosen ones stay on the screen even where none is left.
#[component]
fn Texts(
    list: List,
    name: &'static str,
    values: Signal<Vec<Facet>>,
    chosen: fn(&mut Filters) -> &mut Vec<String>,
    label: impl Fn(&str) -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let picked = move || list.look.with(|look| chosen(&mut look.filters.clone()).clone());
    let shown = Memo::new(move |_| {
        let mut shown = values.get();
        for value in picked() {
            if !shown.iter().any(|facet| facet.value == value) {
                shown.push(Facet { value, count: 0 });
            }
        }
        shown
    });
    let chip = move |facet: Facet| {
        let value = StoredValue::new(facet.value.clone());
        let on = move || picked().iter().any(|picked| value.with_value(|value| picked == value));
        view! {
            <label class="chip">
                <input type="checkbox" prop:checked=on on:change=move |_| list.change(|look| toggle(chosen(&mut look.filters), value.get_value())) />
                <span>{move || value.with_value(|value| label(value))}" "<span class="count">{facet.count}</span></span>
            </label>
        }
    };
    view! {
        <Show when=move || shown.with(|shown| !shown.is_empty())>
            <fieldset class="chips">
                <legend>{name}</legend>
                {move || shown.get().into_iter().map(chip).collect_view()}
            </fieldset>
        </Show>
    }
}

/// A few fixed choices.
#[component]
fn Choices<T: Copy + PartialEq + Send + Sync + 'static>(
    list: List,
    name: &'static str,
    values: Vec<T>,
    chosen: fn(&mut Filters) -> &mut Vec<T>,
    label: fn(T) -> &'static str,
) -> impl IntoView {
    let chip = move |value: T| {
        let on = move || list.look.with(|look| chosen(&mut look.filters.clone()).contains(&value));
        view! {
            <label class="chip">
                <input type="checkbox" prop:checked=on on:change=move |_| list.change(|look| toggle(chosen(&mut look.filters), value)) />
                <span>{label(value)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="chips">
            <legend>{name}</legend>
            {values.into_iter().map(chip).collect_view()}
        </fieldset>
    }
}
