//! The columns of a list of tunes.

use leptos::prelude::*;

use super::super::columns::{Columns, Move};
use super::List;
use crate::domain::listing::{Column, TableLook};
use crate::ui::model::listing;
use crate::ui::text::t;

/// The dialog.
#[component]
pub(super) fn ListColumns(list: List, open: RwSignal<bool>) -> impl IntoView {
    let act = move |what: Move<Column>| {
        list.change(|look| match what {
            Move::Toggle(column) => look.toggle(column),
            Move::Earlier(column) => look.shift(column, false),
            Move::Later(column) => look.shift(column, true),
            Move::Usual => look.columns = TableLook::usual(list.scope, list.screen.get_untracked()).columns,
        });
    };
    let shown = Signal::derive(move || list.look.with(|look| look.columns.clone()));
    view! {
        <Columns open title=t("Columns") all=&Column::ALL shown fixed=1 name=listing::column_name act=Callback::new(act) />
    }
}
