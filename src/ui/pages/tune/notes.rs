//! The notes of a tune: words with a little form, or a whole tune in ABC. What is being written is never touched by what arrives.

use std::collections::HashMap;

use leptos::html::Div;
use leptos::prelude::*;

use crate::domain::ids::{NoteId, TuneId};
use crate::domain::note_text;
use crate::domain::tune::{Note, TuneDetail};
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::components::notation::{Score, Sheet};
use crate::ui::components::note_view::NoteView;
use crate::ui::components::rich_text::{RichText, written};
use crate::ui::drafts::{self, BroughtBack};
use crate::ui::model::draft::Draft;
use crate::ui::model::{abc, when};
use crate::ui::state::{Attempt, Live, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{Failure, LibraryAnswer, LibraryRequest, Response};

/// What one is writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Words,
    Abc,
}

/// The notes.
#[component]
pub fn Notes(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
    /// Where a new answer goes.
    live: Live<TuneDetail>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
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
    let kind = Memo::new(move |_| tune.with(|tune| tune.as_ref().and_then(|tune| tune.fields.kind.clone())));
    let writing = RwSignal::new(None::<Writing>);
    let deleted = RwSignal::new(None::<NoteId>);
    let undo = move |_| {
        if let (Some(tune), Some(note)) = (id.get_untracked(), deleted.get_untracked()) {
            attempt.go(app, LibraryRequest::RestoreNote { tune, note }, move |response| {
                deleted.try_set(None);
                take(live, response);
            });
        }
    };
    let done = Callback::new(move |()| writing.set(None));
    view! {
        <section class="notes">
            <h2 id="notes" tabindex="-1">{t("Notes")}</h2>
            <For each=move || ids.get() key=|id| *id let:note_id>
                <OneNote note_id notes tune=id kind live deleted />
            </For>
            <div role="status">
                <Show when=move || deleted.with(Option::is_some)>
                    <p class="outcome with-undo">
                        <span>{t("The note is deleted.")}</span>
                        <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                    </p>
                </Show>
            </div>
            <Problem failure=attempt.failure />
            {move || match writing.get() {
                None => view! {
                    <div class="actions start">
                        <button on:click=move |_| writing.set(Some(Writing::Words))><Sign icon=Icon::Plus />
                            {move || if begun(id.get().map(|tune| Draft::Words(tune, None))) { t("Go on with your note") } else { t("Write a note") }}</button>
                        <button on:click=move |_| writing.set(Some(Writing::Abc))><Sign icon=Icon::Plus />
                            {move || if begun(id.get().map(|tune| Draft::Abc(tune, None))) { t("Go on with your ABC") } else { t("Whole tune in ABC") }}</button>
                    </div>
                }.into_any(),
                Some(Writing::Words) => view! { <NoteEditor tune=id live note=None html=String::new() done /> }.into_any(),
                Some(Writing::Abc) => view! { <AbcEditor tune=id kind live note=None text=String::new() done /> }.into_any(),
            }}
        </section>
    }
}

/// Is something typed there that was not saved?
fn begun(draft: Option<Draft>) -> bool {
    draft.and_then(drafts::kept).is_some()
}

/// A whole tune, as it is drawn.
fn sheet(text: &str, kind: Option<&str>) -> Sheet {
    let text = text.trim().to_owned();
    Sheet {
        document: abc::whole_tune(&text),
        description: say!("Notation of the whole tune. Notes: {notes}", notes = abc::spoken(abc::music(&text))),
        tempo: abc::tempo(kind),
        width: 700,
        breaks: true,
        text,
    }
}

#[component]
fn OneNote(
    note_id: NoteId,
    notes: Memo<HashMap<NoteId, Note>>,
    tune: Memo<Option<TuneId>>,
    kind: Memo<Option<String>>,
    live: Live<TuneDetail>,
    deleted: RwSignal<Option<NoteId>>,
) -> impl IntoView {
    let app = app();
    let note = Memo::new(move |_| notes.with(|notes| notes.get(&note_id).cloned()));
    let html = Memo::new(move |_| note.with(|note| note.as_ref().map(|note| note.html.clone()).unwrap_or_default()));
    let own = move || note.with(|note| note.as_ref().is_some_and(|note| note.own));
    let drawn = Memo::new(move |_| kind.with(|kind| html.with(|html| sheet(&note_text::plain(html), kind.as_deref()))));
    let is_abc = Memo::new(move |_| drawn.with(|sheet| sheet.document.is_some()));
    let editing = RwSignal::new(false);
    let attempt = Attempt::new();
    let about = move || {
        let note = note.get()?;
        let date = note.created.map(|at| when::date(at, &chrono::Local));
        let whose = (!note.own).then(|| t("Public note").to_owned());
        Some(whose.into_iter().chain(date).collect::<Vec<_>>().join(" · "))
    };
    let delete = move |_| {
        if let Some(tune) = tune.get_untracked() {
            attempt.go(app, LibraryRequest::DeleteNote { tune, note: note_id }, move |response| {
                deleted.try_set(Some(note_id));
                take(live, response);
            });
        }
    };
    let done = Callback::new(move |()| editing.set(false));
    view! {
        <article class="note">
            <Show when=move || editing.get() fallback=move || view! {
                <Show when=move || is_abc.get() fallback=move || view! { {move || view! { <NoteView html=html.get() /> }} }>
                    <Score sheet=drawn playable=true />
                </Show>
                <footer>
                    <span class="quiet">{about}</span>
                    <Show when=own>
                        <button class="plain" on:click=move |_| editing.set(true)>
                            {move || {
                                let drafts = tune.get().map(|tune| [Draft::Words(tune, Some(note_id)), Draft::Abc(tune, Some(note_id))]);
                                let any = drafts.is_some_and(|all| all.into_iter().any(|draft| begun(Some(draft))));
                                if any { t("Go on editing the note") } else { t("Edit note") }
                            }}
                        </button>
                        <button class="plain" disabled=move || attempt.busy.get() on:click=delete>{t("Delete note")}</button>
                    </Show>
                </footer>
                <Problem failure=attempt.failure />
            }>
                {move || if is_abc.get_untracked() {
                    let text = note_text::plain(&html.get_untracked());
                    view! { <AbcEditor tune kind live note=Some(note_id) text done /> }.into_any()
                } else {
                    view! { <NoteEditor tune live note=Some(note_id) html=html.get_untracked() done /> }.into_any()
                }}
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
    let place = NodeRef::<Div>::new();
    let filled = RwSignal::new(false);
    let draft = tune.get_untracked().map(|tune| Draft::Words(tune, note));
    let begun = draft.and_then(drafts::kept);
    let brought_back = begun.is_some();
    let html = begun.unwrap_or(html);
    let close = Callback::new(move |()| {
        draft.into_iter().for_each(drafts::forget);
        done.try_run(());
    });
    let keep = move |_| {
        draft.into_iter().for_each(|draft| drafts::keep(draft, &written(place)));
    };
    let complain = Callback::new(move |text: String| attempt.failure.set(Some(Failure::Invalid(text))));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let html = written(place);
        let Some(tune) = tune.get_untracked().filter(|_| !html.is_empty()) else { return };
        attempt.go(app, LibraryRequest::SaveNote { tune, note, html }, move |response| {
            take(live, response);
            draft.into_iter().for_each(drafts::forget);
            close.try_run(());
        });
    };
    view! {
        <form class="stack" on:submit=save on:input=keep>
            {brought_back.then(|| view! { <BroughtBack discard=close /> })}
            <RichText html place filled complain />
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| close.run(())>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get() || !filled.get()>{t("Save note")}</button>
            </div>
        </form>
    }
}

#[component]
fn AbcEditor(
    tune: Memo<Option<TuneId>>,
    kind: Memo<Option<String>>,
    live: Live<TuneDetail>,
    note: Option<NoteId>,
    text: String,
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let draft = tune.get_untracked().map(|tune| Draft::Abc(tune, note));
    let begun = draft.and_then(drafts::kept);
    let brought_back = begun.is_some();
    let text = RwSignal::new(begun.unwrap_or(text));
    let close = Callback::new(move |()| {
        draft.into_iter().for_each(drafts::forget);
        done.try_run(());
    });
    let typed = move |event| {
        text.set(event_target_value(&event));
        draft.into_iter().for_each(|draft| text.with_untracked(|text| drafts::keep(draft, text)));
    };
    let drawn = Memo::new(move |_| kind.with(|kind| text.with(|text| sheet(text, kind.as_deref()))));
    let whole = move || drawn.with(|sheet| sheet.document.is_some());
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let html = note_text::of_abc(&text.get_untracked());
        let Some(tune) = tune.get_untracked().filter(|_| whole()) else { return };
        attempt.go(app, LibraryRequest::SaveNote { tune, note, html }, move |response| {
            take(live, response);
            draft.into_iter().for_each(drafts::forget);
            close.try_run(());
        });
    };
    view! {
        <form class="stack" on:submit=save>
            {brought_back.then(|| view! { <BroughtBack discard=close /> })}
            <textarea rows="10" class="abc-input" spellcheck="false" autocapitalize="none" aria-label=t("Whole tune in ABC") placeholder="X:1\nT:The Kesh\nR:jig\nM:6/8\nK:G\n|:G3 GAB|…"
                prop:value=move || text.get() on:input=typed></textarea>
            <Score sheet=drawn playable=true />
            <Show when=move || !whole() && text.with(|text| !text.trim().is_empty())>
                <p class="hint">{t("Not a whole tune yet: it begins with headers (T:, M:, K:) and has bars after them.")}</p>
            </Show>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| close.run(())>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get() || !whole()>{t("Save the ABC")}</button>
            </div>
        </form>
    }
}

fn take(live: Live<TuneDetail>, response: Response) {
    if let Response::Library(LibraryAnswer::Tune(tune)) = response {
        live.value.try_set(Some(*tune));
    }
}
