//! What is done with all chosen tunes at once, and the way back from it.

use std::collections::HashSet;

use leptos::prelude::*;

use super::super::confirm::Question;
use super::super::icons::{Icon, Sign};
use super::super::live_text::Problem;
use super::List;
use crate::domain::ids::TuneId;
use crate::domain::listing::Scope;
use crate::ui::model::when;
use crate::ui::state::Attempt;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The bar at the lower edge.
#[component]
pub(super) fn Bulk(list: List) -> impl IntoView {
    let app = list.app;
    let attempt = Attempt::new();
    // What was done, and the request that takes it back.
    let done = RwSignal::new(None::<(String, Option<LibraryRequest>)>);
    let tagging = RwSignal::new(false);
    let tag = RwSignal::new(String::new());
    let count = move || list.chosen.with(HashSet::len);
    let tunes = move || list.chosen.with_untracked(|chosen| chosen.iter().copied().collect::<Vec<TuneId>>());
    let said = move |number: usize| when::counted(number as i64, "tune");
    let finish = move |text: String, undo: Option<LibraryRequest>| {
        done.try_set(Some((text, undo)));
        list.chosen.try_set(HashSet::new());
        list.selecting.try_set(false);
    };
    let add = move |_| {
        attempt.go(app, LibraryRequest::AddToRepertoire { tunes: tunes() }, move |response| {
            if let Response::Library(LibraryAnswer::Added { added, present }) = response {
                let there = if present > 0 { format!(", {present} already there") } else { String::new() };
                finish(format!("{} added{there}", said(added as usize)), None);
            }
        });
    };
    let review = move |_| {
        let tunes = tunes();
        let number = tunes.len();
        attempt.go(app, LibraryRequest::AddToReview { tunes }, move |_| {
            finish(format!("{} wished for the next practice", said(number)), None);
        });
    };
    let remove = move |_| {
        let tunes = tunes();
        let (number, back) = (tunes.len(), LibraryRequest::AddToRepertoire { tunes: tunes.clone() });
        attempt.go(app, LibraryRequest::RemoveFromRepertoire { tunes }, move |_| {
            finish(format!("{} removed; the history stays", said(number)), Some(back));
        });
    };
    let delete = move |_| {
        let tunes = tunes();
        let all = tunes.len();
        attempt.go(app, LibraryRequest::DeleteTunes { tunes }, move |response| {
            let Response::Library(LibraryAnswer::Ids(gone)) = response else { return };
            let text = match (gone.len(), all - gone.len()) {
                (0, _) => "Tunes of the catalog cannot be deleted, only your own".to_owned(),
                (gone, 0) => format!("{} deleted", said(gone)),
                (gone, kept) => format!("{} deleted; {kept} of the catalog stay", said(gone)),
            };
            let undo = (!gone.is_empty()).then_some(LibraryRequest::RestoreTunes { tunes: gone });
            finish(text, undo);
        });
    };
    let put_tag = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (tunes, text) = (tunes(), tag.get_untracked());
        let number = tunes.len();
        let back = LibraryRequest::UntagTunes { tunes: tunes.clone(), tag: text.trim().to_lowercase() };
        attempt.go(app, LibraryRequest::TagTunes { tunes, tag: text }, move |_| {
            tagging.try_set(false);
            tag.try_set(String::new());
            finish(format!("{} tagged", said(number)), Some(back));
        });
    };
    let undo = move |_| {
        if let Some((_, Some(request))) = done.get_untracked() {
            attempt.go(app, request, move |_| {
                done.try_set(Some(("Taken back".to_owned(), None)));
            });
        }
    };
    let shown = move || count() > 0 || done.with(Option::is_some) || attempt.failure.with(Option::is_some);
    Effect::new(move |_| {
        if count() > 0 && done.with_untracked(Option::is_some) {
            done.set(None);
        }
    });
    let repertoire = list.scope == Scope::Repertoire;
    view! {
        <div class="bulk" role="region" aria-label="Chosen tunes" class:shown=shown data-testid="bulk">
            <Problem failure=attempt.failure />
            <p role="status">
                {move || match (count(), done.get()) {
                    (0, Some((text, _))) => text,
                    (0, None) => String::new(),
                    (number, _) => format!("{} chosen", said(number)),
                }}
            </p>
            <Show when=move || { count() > 0 }>
                <div class="bulk-actions">
                    {(!repertoire).then(|| view! { <button class="primary" disabled=move || attempt.busy.get() on:click=add>"Add to repertoire"</button> })}
                    <button disabled=move || attempt.busy.get() on:click=review>"Add to review"</button>
                    <button aria-haspopup="dialog" on:click=move |_| tagging.set(true)>"Tag…"</button>
                    {repertoire.then(|| view! { <button disabled=move || attempt.busy.get() on:click=remove>"Remove"</button> })}
                    <button disabled=move || attempt.busy.get() on:click=delete>"Delete"</button>
                    <button class="plain" on:click=move |_| list.chosen.set(HashSet::new())>"Clear"</button>
                </div>
            </Show>
            <Show when=move || count() == 0 && shown()>
                <div class="bulk-actions">
                    <Show when=move || done.with(|done| done.as_ref().is_some_and(|(_, undo)| undo.is_some()))>
                        <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />"Undo"</button>
                    </Show>
                    <button class="icon-only" aria-label="Close" on:click=move |_| { done.set(None); attempt.failure.set(None); }>
                        <Sign icon=Icon::Cross />
                    </button>
                </div>
            </Show>
        </div>
        <Question open=tagging title="Tag these tunes">
            <form class="stack" on:submit=put_tag>
                <div class="field">
                    <label for="bulk-tag">"Tag"</label>
                    <input id="bulk-tag" type="text" autocomplete="off" maxlength="60" prop:value=move || tag.get()
                        on:input=move |event| tag.set(event_target_value(&event)) />
                </div>
                <Problem failure=attempt.failure />
                <div class="actions">
                    <button type="button" on:click=move |_| tagging.set(false)>"Cancel"</button>
                    <button class="primary" type="submit" disabled=move || attempt.busy.get() || tag.with(|tag| tag.trim().is_empty())>"Tag"</button>
                </div>
            </form>
        </Question>
    }
}
