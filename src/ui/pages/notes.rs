//! The notes of a tune. Own notes are edited as plain text; what is being typed is never touched by what arrives.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::domain::ids::{NoteId, TuneId};
use crate::domain::tune::{Note, TuneDetail};
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::components::note_view::NoteView;
use crate::ui::model::{note_text, when};
use crate::ui::state::{Attempt, Live, app};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The notes.
#[component]
pub fn Notes(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
    /// Where a new answer goes.
    live: Live<TuneDetail>,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        tune.with(|tune| tune.as_ref().map(|tune| tune.notes.iter().map(|note| note.id).collect::<Vec<_>>()))
            .unwrap_or_default()
    });
    let notes = Memo::new(move |_| {
        tune.with(|tune| {
            tune.iter().flat_map(|tune| &tune.notes).map(|note| (note.id, note.clone())).collect::<HashMap<_, _>>()
        })
    });
    let id = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.id)));
    let writing = RwSignal::new(false);
    view! {
        <section class="notes">
            <h2>"Notes"</h2>
            <For each=move || ids.get() key=|id| *id let:note_id>
                <OneNote note_id notes tune=id live />
            </For>
            <Show when=move || writing.get() fallback=move || view! {
                <button on:click=move |_| writing.set(true)><Sign icon=Icon::Plus />"Write a note"</button>
            }>
                <NoteEditor tune=id live note=None html=String::new() done=Callback::new(move |()| writing.set(false)) />
            </Show>
        </section>
    }
}

#[component]
fn OneNote(
    note_id: NoteId,
    notes: Memo<HashMap<NoteId, Note>>,
    tune: Memo<Option<TuneId>>,
    live: Live<TuneDetail>,
) -> impl IntoView {
    let app = app();
    let note = Memo::new(move |_| notes.with(|notes| notes.get(&note_id).cloned()));
    let html = Memo::new(move |_| note.with(|note| note.as_ref().map(|note| note.html.clone()).unwrap_or_default()));
    let own = move || note.with(|note| note.as_ref().is_some_and(|note| note.own));
    let editing = RwSignal::new(false);
    let deleting = RwSignal::new(false);
    let attempt = Attempt::new();
    let about = move || {
        let note = note.get()?;
        let date = note.created.map(|at| when::date(at, &chrono::Local)).unwrap_or_default();
        let whose = if note.own { "" } else { "Public note · " };
        Some(format!("{whose}{date}"))
    };
    let delete = move |_| {
        if let Some(tune) = tune.get_untracked() {
            attempt.go(app, LibraryRequest::DeleteNote { tune, note: note_id }, move |response| take(live, response));
        }
    };
    view! {
        <article class="note">
            <Show when=move || editing.get() fallback=move || view! {
                {move || view! { <NoteView html=html.get() /> }}
                <footer>
                    <span class="quiet">{about}</span>
                    <Show when=move || own() && !deleting.get()>
                        <button class="plain" on:click=move |_| editing.set(true)>"Edit note"</button>
                        <button class="plain" on:click=move |_| deleting.set(true)>"Delete note"</button>
                    </Show>
                    <Show when=move || deleting.get()>
                        <span role="alert">"Delete this note?"</span>
                        <button class="plain" disabled=move || attempt.busy.get() on:click=delete>"Yes, delete"</button>
                        <button class="plain" on:click=move |_| deleting.set(false)>"No, keep it"</button>
                    </Show>
                </footer>
                <Problem failure=attempt.failure />
            }>
                <NoteEditor tune live note=Some(note_id) html=html.get_untracked() done=Callback::new(move |()| editing.set(false)) />
            </Show>
        </article>
    }
}

#[component]
fn NoteEditor(
    tune: Memo<Option<TuneId>>,
    live: Live<TuneDetail>,
    note: Option<NoteId>,
    html: String,
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let text = RwSignal::new(note_text::plain(&html));
    let loses = note_text::has_images(&html);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let html = note_text::html(&text.get_untracked());
        let Some(tune) = tune.get_untracked().filter(|_| !html.is_empty()) else { return };
        attempt.go(app, LibraryRequest::SaveNote { tune, note, html }, move |response| {
            take(live, response);
            done.run(());
        });
    };
    view! {
        <form class="stack" on:submit=save>
            {loses.then(|| view! { <p class="hint">"This note has pictures. Saving it here keeps the text only."</p> })}
            <textarea rows="5" aria-label="Note" prop:value=move || text.get() on:input=move |event| text.set(event_target_value(&event))></textarea>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| done.run(())>"Cancel"</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get() || text.with(|text| text.trim().is_empty())>"Save note"</button>
            </div>
        </form>
    }
}

fn take(live: Live<TuneDetail>, response: Response) {
    if let Response::Library(LibraryAnswer::Tune(tune)) = response {
        live.value.set(Some(*tune));
    }
}
