//! Practice tune by tune: one card on the stand, four ratings under the thumb, the day's list beside it.

use leptos::prelude::*;

use super::card::{Card, FacesChooser};
use super::session::Session;
use super::toolbar::AddMore;
use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{QueueEntry, QueueView, Rating};
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::model::{fields, further, locale, queue};
use crate::ui::preferences::preferences;
use crate::ui::text::{parted, say, t};

/// The stand and the list beside it.
#[component]
pub fn Cards(session: Session) -> impl IntoView {
    let playing = Memo::new(move |_| session.current.with(Option::is_some));
    view! {
        <div class="columns">
            <div class="stand" data-testid="flashcard-view">
                <Show when=move || playing.get() fallback=move || view! { <End session /> }><Card session /></Show>
                <Problem failure=session.attempt.failure />
                <UndoLine session />
                <Show when=move || playing.get() && session.may_rate()><Ratings session /></Show>
            </div>
            <Today session />
        </div>
    }
}

/// When everything is played.
#[component]
fn End(session: Session) -> impl IntoView {
    let staged = Memo::new(move |_| session.queue.with(|queue| queue.as_ref().map_or(0, QueueView::staged)));
    view! {
        <div class="empty done" data-testid="all-caught-up">
            <h2>{t("All caught up")}</h2>
            <Show when=move || { staged.get() > 0 } fallback=move || view! {
                <p>{move || further::end_words(session.further())}</p>
                <AddMore session />
            }>
                <p>{t("Every tune is played. Submit your ratings, and the dates are set. If you forget, they are submitted with your next queue.")}</p>
                <button class="primary" disabled=move || session.attempt.busy.get() on:click=move |_| session.submit()>
                    {move || say!("Submit {ratings}", ratings = locale::counted(staged.get() as i64, "rating"))}
                </button>
            </Show>
        </div>
    }
}

/// The four ratings.
#[component]
fn Ratings(session: Session) -> impl IntoView {
    let done = Memo::new(move |_| {
        session.queue.with(|queue| {
            let day = queue.as_ref()?.day;
            session.current.with(|entry| {
                entry.as_ref().filter(|entry| entry.is_done(day)).map(|entry| t(queue::state_name(entry)))
            })
        })
    });
    let staged = move || session.current.with(|entry| entry.as_ref().is_some_and(|entry| entry.staged.is_some()));
    let two = preferences().two_buttons;
    let button = move |rating: Rating| {
        let preview = move || {
            let now = session.app.now.get();
            let preview = session.current.with(|entry| session.preview(entry.as_ref()?, rating, now))?;
            Some(queue::next_words(&preview, now))
        };
        let name = queue::rating_name(rating);
        let words = move || preview().unwrap_or_else(|| "\u{a0}".to_owned());
        view! {
            // Its name is its content: “Good, next in 3 days”.
            <button class=format!("rating {name}") data-testid=format!("rate-{name}") aria-keyshortcuts=rating.quality().to_string()
                title=queue::rating_meaning(rating) on:click=move |_| session.rate_current(rating)>
                <span class="word">{queue::button_label(rating, two.get_untracked())}<span class="hush">{move || preview().map(|_| t(", next "))}</span></span>
                <span class="next">{words}</span>
                {(!two.get_untracked()).then(|| view! { <span class="meaning" aria-hidden="true">{queue::rating_meaning(rating)}</span> })}
                <kbd aria-hidden="true">{rating.quality()}</kbd>
            </button>
        }
    };
    let limit = move || {
        let now = session.app.now.get();
        let preview = |rating| session.current.with(|entry| session.preview(entry.as_ref()?, rating, now));
        let shown: Vec<_> = queue::buttons(two.get()).iter().filter_map(|rating| preview(*rating)).collect();
        queue::limit_words(&shown)
    };
    let buttons = move || queue::buttons(two.get()).iter().map(|rating| button(*rating)).collect_view();
    let clear = move |_| {
        if let Some(entry) = session.current.get_untracked() {
            session.chosen.set(Some(entry.id));
            session.stage(&entry, None, false);
        }
    };
    let (before, after) = parted(t("Played today: {title}."), "{title}");
    view! {
        <Show when=move || done.get().is_some()>
            <p class="hint">
                {before}<strong>{move || done.get()}</strong>{after}" "
                <Show when=staged><button class="plain" on:click=clear>{t("Rate it anew")}</button>" "</Show>
                <button class="plain" on:click=move |_| session.chosen.set(None)>{t("Go on with the next tune")}</button>
            </p>
        </Show>
        <div class="ratings" role="group" aria-label=t("How did it go?") class:two=move || two.get() hidden=move || done.get().is_some()>
            // Above the buttons it is about, wherever they are.
            {move || limit().map(|words| view! { <p class="quiet rating-limit">{words}</p> })}
            {buttons}
        </div>
    }
}

/// What can be taken back.
#[component]
pub fn UndoLine(session: Session) -> impl IntoView {
    let undo = session.undo;
    view! {
        <div class="undo-line" class:shown=move || undo.with(Option::is_some)>
            <p role="status">{move || undo.with(|undo| undo.as_ref().map(queue::undo_words))}</p>
            <Show when=move || undo.with(Option::is_some)>
                <button class="plain" data-testid="undo" aria-keyshortcuts="U" on:click=move |_| session.undo()>
                    <Sign icon=Icon::Undo />{t("Undo")}
                </button>
            </Show>
        </div>
    }
}

#[component]
fn Today(session: Session) -> impl IntoView {
    let entries = Memo::new(move |_| {
        session.queue.with(|queue| queue.as_ref().map(|queue| queue.entries.clone())).unwrap_or_default()
    });
    let ids = Memo::new(move |_| entries.with(|all| all.iter().map(|entry| entry.id).collect::<Vec<_>>()));
    let row = move |id: QueueEntryId| {
        let entry = Memo::new(move |_| entries.with(|all| all.iter().find(|entry| entry.id == id).cloned()));
        let current = move || session.current.with(|current| current.as_ref().is_some_and(|current| current.id == id));
        let state = move || entry.with(|entry| entry.as_ref().map(queue::state_name).unwrap_or_default());
        let done = move || entry.with(|entry| entry.as_ref().is_some_and(QueueEntry::is_rated));
        let staged = move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.staged.is_some()));
        let title =
            move || entry.with(|entry| entry.as_ref().map(|entry| fields::title(&entry.fields)).unwrap_or_default());
        view! {
            <li>
                <button class="today-row" class:done=done class:staged=staged aria-current=move || current().then_some("true")
                    on:click=move |_| session.chosen.set(Some(id))>
                    <span class="title">{title}</span>
                    <span class="state" data-state=move || state().to_lowercase().replace(' ', "-")>
                        {move || t(state())}<Show when=staged><span class="unseen">{t(", not submitted yet")}</span></Show>
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <aside class="today">
            <h2>{t("The queue")}</h2>
            <ol><For each=move || ids.get() key=|id| *id children=row /></ol>
            <p class="quiet summary" data-testid="queue-summary">{move || session.queue.with(|queue| queue.as_ref().map(queue::summary))}</p>
            <FacesChooser session />
        </aside>
    }
}
