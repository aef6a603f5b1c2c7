//! Which columns a list has, and their order: by boxes and arrows, so that nothing needs to be dragged.

use std::hash::Hash;

use leptos::prelude::*;

use super::confirm::Question;
use crate::ui::model::columns::{Offer, offers};
use crate::ui::text::{say, t};

/// What can be done to a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move<C> {
    /// Shown, or not.
    Toggle(C),
    /// One place earlier.
    Earlier(C),
    /// One place later.
    Later(C),
    /// All as they were at first.
    Usual,
}

/// What can be a column.
pub trait Column: Copy + Eq + Hash + Send + Sync + 'static {}

impl<C: Copy + Eq + Hash + Send + Sync + 'static> Column for C {}

/// The dialog.
#[component]
pub fn Columns<C: Column>(
    /// Is it open?
    open: RwSignal<bool>,
    /// What it is called.
    #[prop(into)]
    title: Signal<String>,
    /// All there are.
    all: &'static [C],
    /// Those that are shown.
    #[prop(into)]
    shown: Signal<Vec<C>>,
    /// The first so many are always there.
    #[prop(optional)]
    fixed: usize,
    /// What a column is called.
    name: fn(C) -> &'static str,
    /// What else is to be said of one.
    #[prop(optional, into)]
    remark: Option<Callback<C, Option<&'static str>>>,
    /// Does it.
    act: Callback<Move<C>>,
    /// Above the columns.
    #[prop(optional, into)]
    above: ViewFn,
) -> impl IntoView {
    let offered = Memo::new(move |_| shown.with(|shown| offers(shown, all, fixed)));
    let line = move |column: C| {
        let label = name(column);
        let is = move |f: fn(&Offer<C>) -> bool| {
            offered.with(|all| all.iter().find(|offer| offer.column == column).is_some_and(f))
        };
        let told = move || remark.and_then(|remark| remark.run(column));
        view! {
            <li>
                <label class="check">
                    <input type="checkbox" prop:checked=move || is(|offer| offer.shown) disabled=move || is(|offer| offer.fixed)
                        on:change=move |_| act.run(Move::Toggle(column)) />
                    <span>{label}{move || told().map(|told| view! { <span class="quiet remark">{told}</span> })}</span>
                </label>
                <Show when=move || is(|offer| offer.shown && !offer.fixed)>
                    <button class="icon-only" aria-label=say!("{name} earlier", name = label) disabled=move || !is(|offer| offer.earlier)
                        on:click=move |_| act.run(Move::Earlier(column))>"↑"</button>
                    <button class="icon-only" aria-label=say!("{name} later", name = label) disabled=move || !is(|offer| offer.later)
                        on:click=move |_| act.run(Move::Later(column))>"↓"</button>
                </Show>
            </li>
        }
    };
    let above = StoredValue::new(above);
    view! {
        <Question open title>
            {above.with_value(ViewFn::run)}
            <ol class="column-list">
                <For each=move || offered.get() key=|offer| offer.column let:offer>{line(offer.column)}</For>
            </ol>
            <div class="actions">
                <button on:click=move |_| act.run(Move::Usual)>{t("As usual")}</button>
                <button class="primary" on:click=move |_| open.set(false)>{t("Done")}</button>
            </div>
        </Question>
    }
}
