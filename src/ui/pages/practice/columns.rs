//! What the practice list shows, and in which order: by boxes, arrows and a menu, so that nothing needs to be dragged, nor a heading seen.

use leptos::prelude::*;

use super::session::Session;
use crate::domain::practice_look::{PracticeColumn as Column, PracticeLook, PracticeSorting};
use crate::ui::components::confirm::Question;
use crate::ui::components::screen::screen_size;
use crate::ui::model::practice_list;
use crate::ui::text::{say, t};

/// The dialog.
#[component]
pub fn Columns(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let choices = session.choices;
    let look = choices.look;
    let screen = screen_size();
    let order = Memo::new(move |_| {
        let mut order = look.with(|look| look.columns.clone());
        order.extend(Column::CHOICES.into_iter().filter(|column| look.with(|look| !look.columns.contains(column))));
        order
    });
    let line = move |column: Column| {
        let label = practice_list::label(column);
        let shown = move || look.with(|look| look.columns.contains(&column));
        let first = move || look.with(|look| look.columns.first() == Some(&column));
        let last = move || look.with(|look| look.columns.last() == Some(&column));
        view! {
            <li>
                <label class="check">
                    <input type="checkbox" prop:checked=shown on:change=move |_| choices.change(|look| look.toggle(column)) />
                    <span>{label}</span>
                </label>
                <Show when=shown>
                    <button class="icon-only" aria-label=say!("{label} earlier", label) disabled=first
                        on:click=move |_| choices.change(|look| look.shift(column, false))>"↑"</button>
                    <button class="icon-only" aria-label=say!("{label} later", label) disabled=last
                        on:click=move |_| choices.change(|look| look.shift(column, true))>"↓"</button>
                </Show>
            </li>
        }
    };
    let sorting = move || look.with(|look| look.sorting);
    let by = move |column: Column| {
        let selected = move || sorting().is_some_and(|sorting| sorting.column == column);
        view! { <option value=practice_list::name(column) prop:selected=selected>{practice_list::label(column)}</option> }
    };
    let choose = move |event| {
        let name = event_target_value(&event);
        let column = practice_list::orders().find(|column| practice_list::name(*column) == name);
        let descending = sorting().is_some_and(|sorting| sorting.descending);
        choices.change(|look| look.sorting = column.map(|column| PracticeSorting { column, descending }));
    };
    let turn = move |event| {
        let descending = event_target_checked(&event);
        choices.change(|look| look.sorting = look.sorting.map(|sorting| PracticeSorting { descending, ..sorting }));
    };
    let usual = move |_| {
        let usual = PracticeLook::usual(screen.get_untracked());
        choices.change(|look| (look.columns, look.sorting) = (usual.columns, usual.sorting));
    };
    view! {
        <Question open title=t("Columns and order")>
            <div class="field">
                <label for="practice-order">{t("Order")}</label>
                <select id="practice-order" on:change=choose>
                    <option value="" prop:selected=move || sorting().is_none()>{t("As the queue has it")}</option>
                    {practice_list::orders().map(by).collect_view()}
                </select>
            </div>
            <Show when=move || sorting().is_some()>
                <label class="check">
                    <input type="checkbox" prop:checked=move || sorting().is_some_and(|sorting| sorting.descending) on:change=turn />
                    <span>{t("The other way round")}</span>
                </label>
            </Show>
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
