//! The tags of a tune.

use leptos::prelude::*;

use crate::domain::listing::Scope;
use crate::domain::tune::TuneDetail;
use crate::store::schema::Table;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The tags, with a field for another one.
#[component]
pub fn Tags(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let all = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.tags.clone()).unwrap_or_default()));
    let id = move || tune.with_untracked(|tune| tune.as_ref().map(|tune| tune.id));
    let known = app.live(
        &[Table::Tag],
        || Some(LibraryRequest::Facets { scope: Scope::Catalog }),
        |response| match response {
            Response::Library(LibraryAnswer::Facets(facets)) => Some(facets.tags),
            _ => None,
        },
    );
    let typed = RwSignal::new(String::new());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let tag = typed.get_untracked();
        let Some(id) = id().filter(|_| !tag.trim().is_empty()) else { return };
        attempt.go(app, LibraryRequest::TagTunes { tunes: vec![id], tag }, move |_| {
            typed.try_set(String::new());
        });
    };
    let remove = move |tag: String| {
        if let Some(id) = id() {
            attempt.go(app, LibraryRequest::UntagTunes { tunes: vec![id], tag }, |_| {});
        }
    };
    let one = move |tag: String| {
        let gone = tag.clone();
        view! {
            <li class="tag with-cross">
                <span>{tag.clone()}</span>
                <button class="icon-only" aria-label=say!("Remove tag {tag}", tag) on:click=move |_| remove(gone.clone())><Sign icon=Icon::Cross /></button>
            </li>
        }
    };
    let suggestions = move || {
        let known = known.value.get().unwrap_or_default();
        known.into_iter().map(|tag| view! { <option value=tag.value></option> }).collect_view()
    };
    view! {
        <section>
            <h2>{t("Tags")}</h2>
            <ul class="tags">{move || all.get().into_iter().map(one).collect_view()}</ul>
            <form class="with-button" on:submit=add>
                <input type="text" aria-label=t("New tag") placeholder=t("slow session") maxlength="60" autocomplete="off" autocapitalize="none" list="known-tags"
                    prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event)) />
                <datalist id="known-tags">{suggestions}</datalist>
                <button type="submit" disabled=move || attempt.busy.get() || typed.with(|typed| typed.trim().is_empty())>{t("Add")}</button>
            </form>
            <Problem failure=attempt.failure />
        </section>
    }
}
