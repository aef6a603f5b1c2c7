//! What the practice list shows, and in which order: by boxes, arrows and a menu, so that nothing needs to be dragged, nor a heading seen.

use leptos::prelude::*;

use super::session::Session;
use crate::domain::practice_look::{PracticeColumn as Column, PracticeLook, PracticeSorting};
use crate::ui::components::columns::{Columns, Move};
use crate::ui::components::screen::screen_size;
use crate::ui::model::practice_list;
use crate::ui::text::t;

/// The dialog.
#[component]
pub fn ListColumns(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let choices = session.choices;
    let look = choices.look;
    let screen = screen_size();
    let act = move |what: Move<Column>| {
        choices.change(|look| match what {
            Move::Toggle(column) => look.toggle(column),
            Move::Earlier(column) => look.shift(column, false),
            Move::Later(column) => look.shift(column, true),
            Move::Usual => {
                let usual = PracticeLook::usual(screen.get_untracked());
                (look.columns, look.sorting) = (usual.columns, usual.sorting);
            }
        });
    };
    let shown = Signal::derive(move || look.with(|look| look.columns.clone()));
    let remark = move |column: Column| {
        session.queue.with(|queue| {
            let entries = queue.as_ref().map_or(&[][..], |queue| &queue.entries);
            look.with(|look| practice_list::waits_words(column, look, entries))
        })
    };
    let above = move || view! { <Order session /> };
    view! {
        <Columns open title=t("Columns and order") all=&Column::CHOICES shown name=practice_list::label
            remark=Callback::new(remark) act=Callback::new(act) above />
    }
}

/// By what the list is ordered.
#[component]
fn Order(session: Session) -> impl IntoView {
    let choices = session.choices;
    let look = choices.look;
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
    view! {
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
    }
}
