//! What is done with all chosen tunes at once, and the way back from it.

use std::collections::HashSet;

use leptos::prelude::*;

use super::super::confirm::Question;
use super::super::icons::{Icon, Sign};
use super::super::live_text::Problem;
use super::super::save_file;
use super::List;
use crate::domain::bulk::Change;
use crate::domain::ids::TuneId;
use crate::domain::listing::Scope;
use crate::domain::scheduling::Goal;
use crate::domain::tune_list::Which;
use crate::store::schema::Table;
use crate::ui::model::{bulk_words, locale};
use crate::ui::state::Attempt;
use crate::ui::text::{say, t, t_in, told};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest, Response};

/// The bar at the lower edge.
#[component]
pub(super) fn Bulk(list: List) -> impl IntoView {
    let app = list.app;
    let attempt = Attempt::new();
    let done = list.done;
    let tagging = RwSignal::new(false);
    let tag = RwSignal::new(String::new());
    let more = RwSignal::new(false);
    let saving = Attempt::new();
    let count = move || list.chosen.with(HashSet::len);
    let tunes = move || list.chosen.with_untracked(|chosen| chosen.iter().copied().collect::<Vec<TuneId>>());
    let said = move |number: usize| locale::counted(number as i64, "tune");
    let finish = move |text: String, undo: Option<LibraryRequest>| {
        done.try_set(Some((text, undo)));
        list.chosen.try_set(HashSet::new());
        list.selecting.try_set(false);
    };
    let add = move |_| {
        attempt.go(app, LibraryRequest::AddToRepertoire { tunes: tunes() }, move |response| {
            if let Response::Library(LibraryAnswer::Added { added, present }) = response {
                let there = if present > 0 { say!(", {present} already there", present) } else { String::new() };
                let text = say!("{tunes} added{there}", tunes = said(added.len()), there);
                finish(text, (!added.is_empty()).then_some(LibraryRequest::RemoveFromRepertoire { tunes: added }));
            }
        });
    };
    let change = move |change: Change| {
        let tunes = tunes();
        let number = tunes.len();
        attempt.go(app, LibraryRequest::ChangeMany { tunes, change: change.clone() }, move |response| {
            let Response::Library(LibraryAnswer::Changed(before)) = response else { return };
            more.try_set(false);
            let text = bulk_words::changed(number, &change);
            finish(text, (!before.is_empty()).then_some(LibraryRequest::PutBack { before }));
        });
    };
    let save = move |ending: &'static str| save_file::save_tunes(app, saving, Which::Chosen(tunes()), ending);
    let remove = move |_| {
        let tunes = tunes();
        let (number, back) = (tunes.len(), LibraryRequest::AddToRepertoire { tunes: tunes.clone() });
        attempt.go(app, LibraryRequest::RemoveFromRepertoire { tunes }, move |_| {
            finish(say!("{tunes} taken out; the history stays", tunes = said(number)), Some(back));
        });
    };
    let delete = move |_| {
        let tunes = tunes();
        let all = tunes.len();
        attempt.go(app, LibraryRequest::DeleteTunes { tunes }, move |response| {
            let Response::Library(LibraryAnswer::Ids(gone)) = response else { return };
            let text = match (gone.len(), all - gone.len()) {
                (0, _) => t("Tunes of the catalog cannot be deleted, only your own").to_owned(),
                (gone, 0) => say!("{tunes} deleted", tunes = said(gone)),
                (gone, kept) => say!("{tunes} deleted; {kept} of the catalog stay", tunes = said(gone), kept),
            };
            let undo = (!gone.is_empty()).then_some(LibraryRequest::RestoreTunes { tunes: gone });
            finish(text, undo);
        });
    };
    let put_tag = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (tunes, text) = (tunes(), tag.get_untracked());
        let number = tunes.len();
        attempt.go(app, LibraryRequest::TagTunes { tunes, tag: text.clone() }, move |response| {
            let Response::Library(LibraryAnswer::Ids(tagged)) = response else { return };
            tagging.try_set(false);
            tag.try_set(String::new());
            // Only from those that did not have it before is it taken off again.
            let back = LibraryRequest::UntagTunes { tunes: tagged.clone(), tag: text };
            finish(bulk_words::tagged(tagged.len(), number), (!tagged.is_empty()).then_some(back));
        });
    };
    let undo = move |_| {
        if let Some((_, Some(request))) = done.get_untracked() {
            attempt.go(app, request, move |_| {
                done.try_set(Some((t("Taken back").to_owned(), None)));
            });
        }
    };
    let shown = move || count() > 0 || done.with(Option::is_some) || attempt.failure.with(Option::is_some);
    // Who chooses again is done with it.
    Effect::new(move |before: Option<usize>| {
        let now = count();
        if now > before.unwrap_or_default() && done.with_untracked(Option::is_some) {
            done.set(None);
        }
        now
    });
    // What was done was done in the repertoire that was open.
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    Effect::new(move |before: Option<_>| {
        let now = current.get();
        if before.is_some_and(|before| before != now) {
            done.set(None);
        }
        now
    });
    let repertoire = list.scope == Scope::Repertoire;
    view! {
        <div class="bulk" role="region" aria-label=t("Chosen tunes") class:shown=shown data-testid="bulk">
            <Problem failure=attempt.failure />
            <p role="status">
                {move || match (count(), done.get()) {
                    (_, Some((text, _))) => text,
                    (0, None) => String::new(),
                    (number, None) => say!("{tunes} chosen", tunes = said(number)),
                }}
            </p>
            <Show when=move || { count() > 0 && done.with(Option::is_none) }>
                <div class="bulk-actions">
                    {(!repertoire).then(|| view! { <button class="primary" disabled=move || attempt.busy.get() on:click=add>{t("Add to repertoire")}</button> })}
                    <button disabled=move || attempt.busy.get() on:click=move |_| change(Change::Review)>{t("Add to review")}</button>
                    <button aria-haspopup="dialog" on:click=move |_| tagging.set(true)>{t("Tag…")}</button>
                    {repertoire.then(|| view! { <button disabled=move || attempt.busy.get() on:click=remove>{t("Take out")}</button> })}
                    <button disabled=move || attempt.busy.get() on:click=delete>{t("Delete")}</button>
                    <button aria-haspopup="dialog" on:click=move |_| more.set(true)>{t("More…")}</button>
                    <button class="plain" on:click=move |_| list.chosen.set(HashSet::new())>{t("Clear")}</button>
                </div>
            </Show>
            <Show when=move || { (count() == 0 || done.with(Option::is_some)) && shown() }>
                <div class="bulk-actions">
                    <Show when=move || done.with(|done| done.as_ref().is_some_and(|(_, undo)| undo.is_some()))>
                        <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                    </Show>
                    <button class="icon-only" aria-label=t("Close") on:click=move |_| { done.set(None); attempt.failure.set(None); }>
                        <Sign icon=Icon::Cross />
                    </button>
                </div>
            </Show>
        </div>
        <Question open=more title=t("With the chosen tunes")>
            {repertoire.then(|| view! {
                <Goals list choose=Callback::new(move |goal| change(Change::Goal(goal))) />
                <h3>{t("Put aside")}</h3>
                <p class="quiet">{t("Until further notice they come in no practice. Each tune's page, and Undo, bring them back.")}</p>
                <div class="actions start"><button disabled=move || attempt.busy.get() on:click=move |_| change(Change::PutAside)>{t("Put aside")}</button></div>
            })}
            <h3>{t("Take away")}</h3>
            <div class="actions start">
                <button disabled=move || saving.busy.get() on:click=move |_| save("abc")>{t("Save as ABC notation")}</button>
                <button disabled=move || saving.busy.get() on:click=move |_| save("csv")>{t("Save as table (CSV)")}</button>
            </div>
            <Problem failure=attempt.failure />
            <Problem failure=saving.failure />
            <div class="actions"><button on:click=move |_| more.set(false)>{t("Close")}</button></div>
        </Question>
        <Question open=tagging title=t("Tag these tunes")>
            <form class="stack" on:submit=put_tag>
                <div class="field">
                    <label for="bulk-tag">{t("Tag")}</label>
                    <input id="bulk-tag" type="text" autocomplete="off" maxlength="60" prop:value=move || tag.get()
                        on:input=move |event| tag.set(event_target_value(&event)) />
                </div>
                <Problem failure=attempt.failure />
                <div class="actions">
                    <button type="button" on:click=move |_| tagging.set(false)>{t("Cancel")}</button>
                    <button class="primary" type="submit" disabled=move || attempt.busy.get() || tag.with(|tag| tag.trim().is_empty())>{t_in("to put a tag on", "Tag")}</button>
                </div>
            </form>
        </Question>
    }
}

/// What all of them are practised for from now on.
#[component]
fn Goals(list: List, choose: Callback<Goal>) -> impl IntoView {
    let goals = list.app.live(
        &[Table::PlaylistTune],
        || Some(PracticeRequest::Goals),
        |response| match response {
            Response::Practice(PracticeAnswer::Goals(goals)) => Some(goals),
            _ => None,
        },
    );
    let all = move || goals.value.get().unwrap_or_else(|| Goal::CHOICES.to_vec());
    let chosen = RwSignal::new(Goal::default());
    let option = |goal: Goal| view! { <option value=goal.stored().to_owned()>{told(goal.label()).to_owned()}</option> };
    let set = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        choose.run(chosen.get_untracked());
    };
    view! {
        <form class="field" on:submit=set>
            <label for="bulk-goal">{t("What do you practise them for?")}</label>
            <div class="with-button">
                <select id="bulk-goal" on:change=move |event| chosen.set(Goal::from_stored(Some(&event_target_value(&event))))>
                    {move || all().into_iter().map(option).collect_view()}
                </select>
                <button type="submit">{t("Set goal")}</button>
            </div>
        </form>
    }
}
