//! Today's practice: one tune on the stand, four ratings under the thumb, the day's list beside it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::welcome::Welcome;
use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{QueueEntry, QueueView, Rating, RatingPreview};
use crate::store::schema::Table;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::notation::Notation;
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::keys::{self, Command, Press};
use crate::ui::model::queue::{self, Progress};
use crate::ui::model::{fields, when};
use crate::ui::preferences::preferences;
use crate::ui::state::{App, Attempt, Live, app};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

const TABLES: &[Table] = &[
    Table::DailyPracticeQueue,
    Table::PlaylistTune,
    Table::PracticeRecord,
    Table::Playlist,
    Table::Tune,
    Table::TuneOverride,
];
const PREVIEW_TABLES: &[Table] = &[Table::PracticeRecord, Table::PrefsSpacedRepetition];
/// How many tunes “Add more” adds.
const MORE: u32 = 5;

/// What the page shows.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Loading,
    NoRepertoire,
    NoTunes,
    NothingDue,
    Done,
    Playing,
}

/// The shared handles of the page's parts.
#[derive(Clone, Copy)]
struct Session {
    app: App,
    queue: Live<Option<QueueView>>,
    chosen: RwSignal<Option<QueueEntryId>>,
    current: Memo<Option<QueueEntry>>,
    previews: RwSignal<Option<Vec<RatingPreview>>>,
    attempt: Attempt,
}

/// The page.
#[component]
pub fn Practice() -> impl IntoView {
    let app = app();
    let repertoire = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    let tunes = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).map(|r| r.tunes)));
    let today = Memo::new(move |_| crate::domain::time::Zone::date_at(&chrono::Local, app.now.get()));
    let queue = app.live(
        TABLES,
        move || {
            repertoire.get();
            today.get();
            app.account.track();
            Some(PracticeRequest::TodaysQueue)
        },
        |response| match response {
            Response::Practice(PracticeAnswer::Queue(queue)) => Some(queue),
            _ => None,
        },
    );
    let chosen = RwSignal::new(None);
    let current = Memo::new(move |_| {
        queue.value.with(|answer| {
            answer.as_ref().and_then(Option::as_ref).and_then(|q| queue::current(q, chosen.get()).cloned())
        })
    });
    let tune = Memo::new(move |_| {
        current.with(|entry| entry.as_ref().filter(|entry| entry.completed.is_none()).map(|entry| entry.tune))
    });
    let previews = app.live(
        PREVIEW_TABLES,
        move || tune.get().map(|tune| PracticeRequest::PreviewRatings { tune, manner: None }),
        |response| match response {
            Response::Practice(PracticeAnswer::Previews(previews)) => Some(previews),
            _ => None,
        },
    );
    // The dates of one tune must never stand under another.
    Effect::new(move |_| {
        tune.get();
        previews.value.set(None);
    });
    let session = Session { app, queue, chosen, current, previews: previews.value, attempt: Attempt::new() };
    let stage = Memo::new(move |_| {
        queue.value.with(|answer| match answer {
            None => Stage::Loading,
            Some(None) => Stage::NoRepertoire,
            Some(Some(_)) if current.with(Option::is_some) => Stage::Playing,
            Some(Some(q)) if !q.entries.is_empty() => Stage::Done,
            Some(Some(_)) if tunes.get() == Some(0) => Stage::NoTunes,
            Some(Some(_)) => Stage::NothingDue,
        })
    });
    listen(session);
    view! {
        {move || match stage.get() {
            Stage::Loading => view! {
                <section class="page">
                    <PageTitle text="Practice" />
                    <Problem failure=queue.failure />
                    <Show when=move || queue.failure.with(Option::is_none)><Waiting what="today's tunes" /></Show>
                </section>
            }.into_any(),
            Stage::NoRepertoire => view! { <Welcome /> }.into_any(),
            Stage::NoTunes => view! {
                <section class="page narrow">
                    <PageTitle text="Practice" />
                    <div class="empty">
                        <h2>"Add the tunes you play"</h2>
                        <p>"Your repertoire is empty. Take a handful from the catalog, and the first practice is ready."</p>
                        <p class="actions centred">
                            <a class="button primary" href="/catalog">"Open the catalog"</a>
                            <a class="button" href="/new-tune">"Write down a tune"</a>
                        </p>
                    </div>
                </section>
            }.into_any(),
            Stage::NothingDue => view! {
                <section class="page narrow">
                    <PageTitle text="Practice" />
                    <UndoLine session />
                    <div class="empty"><h2>"Nothing is due today"</h2><p>"Play what you like, or take some tunes early."</p><AddMore session /></div>
                </section>
            }.into_any(),
            Stage::Done | Stage::Playing => view! { <Stand session stage /> }.into_any(),
        }}
    }
}

#[component]
fn Stand(session: Session, stage: Memo<Stage>) -> impl IntoView {
    view! {
        <section class="page practice">
            <header class="page-head">
                <PageTitle text="Practice" />
                <ProgressLine session />
            </header>
            <div class="columns">
                <div class="stand">
                    <Show when=move || stage.get() == Stage::Playing fallback=move || view! {
                        <div class="empty done">
                            <h2>"All caught up"</h2>
                            <p>"Every tune of today is played. See you tomorrow, or go on with some more."</p>
                            <AddMore session />
                        </div>
                    }>
                        <Card session />
                    </Show>
                    <Problem failure=session.attempt.failure />
                    <UndoLine session />
                    <Show when=move || stage.get() == Stage::Playing><Ratings session /></Show>
                </div>
                <Today session />
            </div>
        </section>
    }
}

#[component]
fn ProgressLine(session: Session) -> impl IntoView {
    let progress = Memo::new(move |_| {
        session
            .queue
            .value
            .with(|answer| answer.as_ref().and_then(Option::as_ref).map_or(Progress { done: 0, all: 0 }, Progress::of))
    });
    view! {
        <div class="progress">
            <p role="status" data-testid="queue-progress">{move || progress.get().words()}</p>
            <progress max="100" value=move || progress.get().percent().to_string() aria-hidden="true"></progress>
        </div>
    }
}

#[component]
fn Card(session: Session) -> impl IntoView {
    let app = app();
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
    view! {
        <article class="tune-card" data-testid="current-tune">
            <p class="bucket" data-bucket=move || read(|entry| queue::bucket_name(entry.bucket).to_owned())>
                {move || read(|entry| entry.bucket.label().to_owned())}
            </p>
            <h2 class="tune-title">
                <a href=move || read(|entry| format!("/tune/{}", entry.tune))>{move || card.with(fields::title)}</a>
            </h2>
            <p class="facts-line">{move || card.with(|card| fields::facts(card).join(" · "))}</p>
            <p class="quiet times">{times}</p>
            <Notation fields=card />
        </article>
    }
}

#[component]
fn Ratings(session: Session) -> impl IntoView {
    let rated = move || {
        session.current.with(|entry| entry.as_ref().filter(|entry| entry.completed.is_some()).map(queue::state))
    };
    let buttons = Rating::ALL.map(|rating| {
        let preview = move || session.previews.with(|all| all.as_ref()?.iter().find(|preview| preview.rating == rating).copied());
        let name = queue::rating_name(rating);
        view! {
            // Its name is its content: “Good, next in 3 days”.
            <button class=format!("rating {name}") data-testid=format!("rate-{name}") aria-keyshortcuts=rating.quality().to_string()
                title=queue::rating_meaning(rating) on:click=move |_| rate(session, rating)>
                <span class="word">{rating.label()}<span class="hush">{move || preview().map(|_| ", next ")}</span></span>
                <span class="next">{move || preview().map_or_else(|| "\u{a0}".to_owned(), |preview| queue::next_words(&preview, session.app.now.get()))}</span>
                <kbd aria-hidden="true">{rating.quality()}</kbd>
            </button>
        }
    });
    view! {
        <Show when=move || rated().is_some()>
            <p class="hint">"Played today: "<strong>{rated}</strong>". "<button class="plain" on:click=move |_| session.chosen.set(None)>"Go on with the next tune"</button></p>
        </Show>
        <div class="ratings" role="group" aria-label="How did it go?" hidden=move || rated().is_some()>{buttons.collect_view()}</div>
    }
}

#[component]
fn UndoLine(session: Session) -> impl IntoView {
    let undo = Memo::new(move |_| {
        session.queue.value.with(|answer| answer.as_ref().and_then(Option::as_ref).and_then(|q| q.undo.clone()))
    });
    view! {
        <div class="undo-line" class:shown=move || undo.with(Option::is_some)>
            <p role="status">{move || undo.with(|undo| undo.as_ref().map(queue::undo_words))}</p>
            <Show when=move || undo.with(Option::is_some)>
                <button class="plain" data-testid="undo" aria-keyshortcuts="U" on:click=move |_| undo_last(session)>
                    <Sign icon=Icon::Undo />"Undo"
                </button>
            </Show>
        </div>
    }
}

#[component]
fn Today(session: Session) -> impl IntoView {
    let entries = Memo::new(move |_| {
        session
            .queue
            .value
            .with(|answer| answer.as_ref().and_then(Option::as_ref).map(|q| q.entries.clone()))
            .unwrap_or_default()
    });
    let ids = Memo::new(move |_| entries.with(|all| all.iter().map(|entry| entry.id).collect::<Vec<_>>()));
    let row = move |id: QueueEntryId| {
        let entry = Memo::new(move |_| entries.with(|all| all.iter().find(|entry| entry.id == id).cloned()));
        let current = move || session.current.with(|current| current.as_ref().is_some_and(|current| current.id == id));
        let state = move || entry.with(|entry| entry.as_ref().map(queue::state).unwrap_or_default());
        let done = move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.completed.is_some()));
        let title =
            move || entry.with(|entry| entry.as_ref().map(|entry| fields::title(&entry.fields)).unwrap_or_default());
        view! {
            <li>
                <button class="today-row" class:done=done aria-current=move || current().then_some("true")
                    on:click=move |_| session.chosen.set(Some(id))>
                    <span class="title">{title}</span>
                    <span class="state" data-state=move || state().to_lowercase().replace(' ', "-")>{state}</span>
                </button>
            </li>
        }
    };
    view! {
        <aside class="today">
            <h2>"Today"</h2>
            <ol><For each=move || ids.get() key=|id| *id children=row /></ol>
        </aside>
    }
}

#[component]
fn AddMore(session: Session) -> impl IntoView {
    let app = app();
    let add = move |_| {
        let before = entries(session.queue);
        session.attempt.go(app, PracticeRequest::AddMore { count: MORE }, move |response| {
            take(session, response);
            if entries(session.queue) == before {
                app.say("There are no more tunes to add. The catalog has plenty.");
            }
        });
    };
    view! { <button class="primary" disabled=move || session.attempt.busy.get() on:click=add>"Add "{MORE}" more tunes"</button> }
}

fn entries(queue: Live<Option<QueueView>>) -> usize {
    queue.value.with_untracked(|answer| answer.as_ref().and_then(Option::as_ref).map_or(0, |q| q.entries.len()))
}

fn take(session: Session, response: Response) {
    if let Response::Practice(PracticeAnswer::Queue(queue)) = response {
        session.queue.value.set(Some(queue));
    }
}

fn rate(session: Session, rating: Rating) {
    let Some(entry) = session.current.get_untracked().filter(|entry| entry.completed.is_none()) else { return };
    session.attempt.go(session.app, PracticeRequest::Rate { entry: entry.id, rating }, move |response| {
        if let Response::Practice(PracticeAnswer::Queue(Some(queue))) = &response {
            // After a jump, practice goes on from there.
            session.chosen.update(|chosen| *chosen = chosen.and_then(|_| queue::next_after(queue, entry.id)));
        }
        take(session, response);
    });
}

fn undo_last(session: Session) {
    if session
        .queue
        .value
        .with_untracked(|answer| answer.as_ref().and_then(Option::as_ref).is_none_or(|q| q.undo.is_none()))
    {
        return;
    }
    session.attempt.go(session.app, PracticeRequest::UndoRating, move |response| {
        session.chosen.set(None);
        take(session, response);
    });
}

/// Keys 1–4 and U, while the page is open.
fn listen(session: Session) {
    let preferences = preferences();
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let writing = target.is_some_and(|element| {
            element.closest("input, textarea, select, [contenteditable], dialog").is_ok_and(|found| found.is_some())
        });
        let key = event.key();
        let press = Press {
            key: &key,
            command: event.ctrl_key() || event.meta_key(),
            alt: event.alt_key(),
            repeated: event.repeat(),
            writing,
        };
        match keys::command(press, preferences.keys.get_untracked()) {
            Some(Command::Rate(rating)) => rate(session, rating),
            Some(Command::Undo) => {
                event.prevent_default();
                undo_last(session);
            }
            None => {}
        }
    });
    on_cleanup(move || listener.remove());
}
