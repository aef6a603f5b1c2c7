//! Which columns a list has, and their order: by boxes and arrows, so that nothing needs to be dragged.

use leptos::prelude::*;

use super::super::confirm::Question;
use super::List;
use crate::domain::listing::{Column, TableLook};
use crate::ui::model::listing;
use crate::ui::text::{say, t};

/// The dialog.
#[component]
pub(super) fn Columns(list: List, open: RwSignal<bool>) -> impl IntoView {
    let order = Memo::new(move |_| {
        let mut order = list.look.with(|look| look.columns.clone());
        order.extend(Column::ALL.into_iter().filter(|column| list.look.with(|look| !look.columns.contains(column))));
        order
    });
    let line = move |column: Column| {
        let name = listing::column_name(column);
        let shown = move || list.look.with(|look| look.columns.contains(&column));
        let last = move || list.look.with(|look| look.columns.last() == Some(&column));
        let first = move || list.look.with(|look| look.columns.get(1) == Some(&column));
        view! {
            <li>
                <label class="check">
                    <input type="checkbox" prop:checked=shown disabled=column == Column::Title
                        on:change=move |_| list.change(|look| look.toggle(column)) />
                    <span>{name}</span>
                </label>
                <Show when=move || shown() && column != Column::Title>
                    <button class="icon-only" aria-label=say!("{name} earlier", name) disabled=first
                        on:click=move |_| list.change(|look| look.shift(column, false))>"↑"</button>
                    <button class="icon-only" aria-label=say!("{name} later", name) disabled=last
                        on:click=move |_| list.change(|look| look.shift(column, true))>"↓"</button>
                </Show>
            </li>
        }
    };
    let usual = move |_| {
        let usual = TableLook::usual(list.scope, list.screen.get_untracked());
        list.change(|look| look.columns = usual.columns);
    };
    view! {
        <Question open title=t("Columns")>
            <ol class="column-list">
                <For each=move || order.get() key=|column| *column let:column>{line(column)}</For>
            </ol>
            <div class="actions">
                <button on:click=usual>{t("As usual")}</button>
                <button class="primary" on:click=move |_| open.set(false)>{t("Done")}</button>
            </div>
        </Question>
    }
}
