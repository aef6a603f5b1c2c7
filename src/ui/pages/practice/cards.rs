//! Practice tune by tune: one card on the stand, four ratings under the thumb, the day's list beside it.

use leptos::prelude::*;

use super::session::Session;
use super::toolbar::AddMore;
use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{QueueEntry, QueueView, Rating};
use crate::domain::scheduling::Goal;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::components::notation::Notation;
use crate::ui::components::note_view::NoteView;
use crate::ui::model::{fields, queue, when};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

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
            <h2>"All caught up"</h2>
            <Show when=move || { staged.get() > 0 } fallback=move || view! {
                <p>"Every tune of today is played. See you tomorrow, or go on with some more."</p>
                <AddMore session />
            }>
                <p>"Every tune is played. Submit your ratings, and the dates are set. If you forget, they are submitted with your next queue."</p>
                <button class="primary" disabled=move || session.attempt.busy.get() on:click=move |_| session.submit()>
                    "Submit "{move || when::counted(staged.get() as i64, "rating")}
                </button>
            </Show>
        </div>
    }
}

#[component]
fn Card(session: Session) -> impl IntoView {
    let app = session.app;
    let current = session.current;
    let card =
        Memo::new(move |_| current.with(|entry| entry.as_ref().map(|entry| entry.fields.clone()).unwrap_or_default()));
    let read = move |f: fn(&QueueEntry) -> String| current.with(|entry| entry.as_ref().map(f).unwrap_or_default());
    let times = move || {
        current.with(|entry| {
            let entry = entry.as_ref()?;
            let now = app.now.get();
            let last = when::last_played(entry.last_practiced, now, &chrono::Local);
            Some(match entry.due {
                Some(_) => format!("{last} · {}", when::due(entry.due, now, &chrono::Local)),
                None => last,
            })
        })
    };
    let goal = move || {
        current.with(|entry| {
            let goal = &entry.as_ref()?.manner.goal;
            (*goal != Goal::Recall).then(|| goal.label().to_owned())
        })
    };
    let again = move || {
        let day = session.queue.with(|queue| queue.as_ref().map(|queue| queue.day))?;
        let at = current.with(|entry| entry.as_ref()?.again_at(day))?;
        Some(format!("Once more, {}", when::in_minutes(at, app.now.get())))
    };
    let place = move || {
        session.queue.with(|queue| {
            let (queue, entry) = (queue.as_ref()?, current.get()?);
            let at = queue.entries.iter().position(|other| other.id == entry.id)?;
            Some((at + 1, queue.entries.len()))
        })
    };
    let up = move || session.turned.get() != session.choices.face_up.get();
    let is_end = move |forward: bool| place().is_none_or(|(at, all)| if forward { at == all } else { at == 1 });
    view! {
        <article class="tune-card" data-testid="current-tune">
            <div class="card-head">
                <p class="bucket" data-bucket=move || read(|entry| queue::bucket_name(entry.bucket).to_owned())>
                    {move || read(|entry| entry.bucket.label().to_owned())}
                </p>
                {move || goal().map(|goal| view! { <p class="bucket goal" data-testid="goal-badge">{goal}</p> })}
                {move || again().map(|words| view! { <p class="bucket goal">{words}</p> })}
                <nav class="turning" aria-label="Cards">
                    <button class="icon-only" data-testid="flashcard-prev-button" aria-label="The tune before" aria-keyshortcuts="ArrowLeft"
                        disabled=move || is_end(false) on:click=move |_| session.go(false)>"‹"</button>
                    <span data-testid="flashcard-counter">{move || place().map(|(at, all)| format!("{at} of {all}"))}</span>
                    <button class="icon-only" data-testid="flashcard-next-button" aria-label="The tune after" aria-keyshortcuts="ArrowRight"
                        disabled=move || is_end(true) on:click=move |_| session.go(true)>"›"</button>
                </nav>
            </div>
            <h2 class="tune-title">
                <a href=move || read(|entry| format!("/tune/{}", entry.tune))>{move || card.with(fields::title)}</a>
            </h2>
            <p class="facts-line">{move || card.with(|card| fields::facts(card).join(" · "))}</p>
            <p class="quiet times">{times}</p>
            <Show when=up><Back session card /></Show>
            <div class="card-foot">
                <button class="plain" data-testid="flashcard-reveal-toggle" aria-keyshortcuts="Space" aria-expanded=move || up().to_string()
                    on:click=move |_| session.turned.update(|turned| *turned = !*turned)>
                    {move || if up() { "Hide the first bars" } else { "Show the first bars" }}
                </button>
                <button class="plain" data-testid="tune-menu" aria-haspopup="dialog"
                    on:click=move |_| session.menu.set(current.with_untracked(|entry| entry.as_ref().map(|entry| entry.id)))>
                    "Goal, date, put aside…"
                </button>
            </div>
        </article>
    }
}

/// The other side of the card: the first bars, her notes.
#[component]
fn Back(session: Session, card: Memo<crate::domain::tune::TuneFields>) -> impl IntoView {
    let tune = Memo::new(move |_| session.current.with(|entry| entry.as_ref().map(|entry| entry.tune)));
    let detail = session.app.live(
        &[crate::store::schema::Table::Note],
        move || tune.get().map(|tune| LibraryRequest::Tune { tune }),
        |response| match response {
            Response::Library(LibraryAnswer::Tune(detail)) => Some(detail),
            _ => None,
        },
    );
    let notes = move || {
        detail.value.with(|detail| {
            let detail = detail.as_ref().filter(|detail| Some(detail.id) == tune.get())?;
            Some(detail.notes.iter().map(|note| view! { <NoteView html=note.html.clone() /> }).collect_view())
        })
    };
    let bare = move || card.with(|card| card.incipit.as_deref().is_none_or(|incipit| incipit.trim().is_empty()));
    view! {
        <div class="card-back">
            <Notation fields=card />
            <Show when=bare><p class="quiet">"No first bars are written down for this tune."</p></Show>
            {notes}
        </div>
    }
}

/// The four ratings.
#[component]
fn Ratings(session: Session) -> impl IntoView {
    let done = Memo::new(move |_| {
        session.queue.with(|queue| {
            let day = queue.as_ref()?.day;
            session.current.with(|entry| entry.as_ref().filter(|entry| entry.is_done(day)).map(queue::state))
        })
    });
    let staged = move || session.current.with(|entry| entry.as_ref().is_some_and(|entry| entry.staged.is_some()));
    let buttons = Rating::ALL.map(|rating| {
        let preview = move || session.current.with(|entry| session.preview(entry.as_ref()?, rating));
        let name = queue::rating_name(rating);
        let words = move || {
            preview().map_or_else(|| "\u{a0}".to_owned(), |preview| queue::next_words(&preview, session.app.now.get()))
        };
        view! {
            // Its name is its content: “Good, next in 3 days”.
            <button class=format!("rating {name}") data-testid=format!("rate-{name}") aria-keyshortcuts=rating.quality().to_string()
                title=queue::rating_meaning(rating) on:click=move |_| session.rate_current(rating)>
                <span class="word">{rating.label()}<span class="hush">{move || preview().map(|_| ", next ")}</span></span>
                <span class="next">{words}</span>
                <kbd aria-hidden="true">{rating.quality()}</kbd>
            </button>
        }
    });
    let clear = move |_| {
        if let Some(entry) = session.current.get_untracked() {
            session.chosen.set(Some(entry.id));
            session.stage(&entry, None, false);
        }
    };
    view! {
        <Show when=move || done.get().is_some()>
            <p class="hint">
                "Played today: "<strong>{move || done.get()}</strong>". "
                <Show when=staged><button class="plain" on:click=clear>"Rate it anew"</button>" "</Show>
                <button class="plain" on:click=move |_| session.chosen.set(None)>"Go on with the next tune"</button>
            </p>
        </Show>
        <div class="ratings" role="group" aria-label="How did it go?" hidden=move || done.get().is_some()>{buttons.collect_view()}</div>
    }
}

/// What can be taken back.
#[component]
pub fn UndoLine(session: Session) -> impl IntoView {
    let undo = Memo::new(move |_| session.queue.with(|queue| queue.as_ref().and_then(|queue| queue.undo.clone())));
    view! {
        <div class="undo-line" class:shown=move || undo.with(Option::is_some)>
            <p role="status">{move || undo.with(|undo| undo.as_ref().map(queue::undo_words))}</p>
            <Show when=move || undo.with(Option::is_some)>
                <button class="plain" data-testid="undo" aria-keyshortcuts="U" on:click=move |_| session.undo()>
                    <Sign icon=Icon::Undo />"Undo"
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
        let state = move || entry.with(|entry| entry.as_ref().map(queue::state).unwrap_or_default());
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
                        {state}<Show when=staged><span class="unseen">", not submitted yet"</span></Show>
                    </span>
                </button>
            </li>
        }
    };
    view! {
        <aside class="today">
            <h2>"The queue"</h2>
            <ol><For each=move || ids.get() key=|id| *id children=row /></ol>
            <p class="quiet summary" data-testid="queue-summary">{move || session.queue.with(|queue| queue.as_ref().map(queue::summary))}</p>
        </aside>
    }
}
