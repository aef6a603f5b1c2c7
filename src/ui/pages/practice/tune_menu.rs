//! What one decides about a tune of the queue besides rating it: its goal, how it is practised, when it comes, putting it aside.

use leptos::prelude::*;

use super::session::Session;
use crate::domain::practice::QueueEntry;
use crate::domain::scheduling::Technique;
use crate::ui::components::confirm::Question;
use crate::ui::components::tune_plan::{GoalField, WishField};
use crate::ui::model::fields;
use crate::ui::text::{t, told};

/// The dialog.
#[component]
pub fn TuneMenu(session: Session) -> impl IntoView {
    let open = RwSignal::new(false);
    // Set only where it differs: each of the two follows the other, and would for ever.
    Effect::new(move |_| {
        let wanted = session.menu.with(Option::is_some);
        if open.get_untracked() != wanted {
            open.set(wanted);
        }
    });
    Effect::new(move |_| {
        if !open.get() && session.menu.with_untracked(Option::is_some) {
            session.menu.set(None);
        }
    });
    let entry = Memo::new(move |_| {
        let id = session.menu.get()?;
        session.queue.with(|queue| queue.as_ref()?.entries.iter().find(|entry| entry.id == id).cloned())
    });
    let title =
        Signal::derive(move || entry.with(|e| e.as_ref().map(|e| fields::title(&e.fields))).unwrap_or_default());
    view! {
        <Question open title>
            {move || entry.with(Option::is_some).then(|| view! { <Decisions session entry /> })}
        </Question>
    }
}

#[component]
fn Decisions(session: Session, entry: Memo<Option<QueueEntry>>) -> impl IntoView {
    let close = move || session.menu.set(None);
    let tune = Signal::derive(move || entry.with(|entry| entry.as_ref().map(|entry| entry.tune)));
    let goal = Signal::derive(move || {
        entry.with(|entry| entry.as_ref().map(|entry| entry.manner.goal.clone()).unwrap_or_default())
    });
    let scheduled = Signal::derive(move || entry.with(|entry| entry.as_ref().and_then(|entry| entry.scheduled)));
    // What is chosen already follows.
    let restage = move || {
        if let Some((entry, staged)) =
            entry.try_get_untracked().flatten().and_then(|entry| Some((entry.clone(), entry.staged?)))
        {
            session.stage(&entry, Some(staged.rating), false);
        }
    };
    let techniques = Technique::CHOICES.map(|technique| {
        let chosen = technique.clone();
        let selected =
            move || entry.with(|entry| entry.as_ref().is_some_and(|entry| session.manner(entry).technique == chosen));
        let value = technique.stored().unwrap_or_default().to_owned();
        view! { <option value=value prop:selected=selected>{told(technique.label()).to_owned()}</option> }
    });
    let set_technique = move |event| {
        let Some(entry) = entry.get_untracked() else { return };
        let technique = Technique::from_stored(Some(&event_target_value(&event)));
        session.technique.update(|all| {
            all.insert(entry.tune, technique);
        });
        restage();
    };
    let put_aside = move |for_long: bool| {
        let Some(entry) = entry.get_untracked() else { return };
        close();
        session.put_aside(entry.id, for_long);
    };
    let open = move || session.may_rate() && entry.with(|entry| entry.as_ref().is_some_and(|e| e.completed.is_none()));
    view! {
        <div class="stack">
            <GoalField tune goal done=move |()| restage() />
            <div class="field">
                <label for="technique">{t("How?")}</label>
                <select id="technique" on:change=set_technique>{techniques.collect_view()}</select>
            </div>
            <WishField tune scheduled done=move |()| close() />
            <Show when=open>
                <div class="actions start">
                    <button on:click=move |_| put_aside(false)>{t("Not today")}</button>
                    <button on:click=move |_| put_aside(true)>{t("Not until further notice")}</button>
                </div>
            </Show>
            <div class="actions"><button class="primary" on:click=move |_| close()>{t("Close")}</button></div>
        </div>
    }
}
