//! Today's practice: cards or a list over the same queue and the same staged evaluations.

mod card;
mod cards;
mod choices;
mod columns;
mod list;
mod listen;
mod session;
mod toolbar;
mod tune_menu;

use leptos::prelude::*;

use self::cards::{Cards, UndoLine};
use self::list::List;
use self::listen::{KeySheet, listen};
use self::session::Session;
use self::toolbar::{AddMore, ProgressLine, Toolbar};
use self::tune_menu::TuneMenu;
use crate::domain::practice::QueueView;
use crate::domain::time::Zone;
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::practice_switches::StayAwake;
use crate::ui::model::queue;
use crate::ui::state::app;
use crate::ui::text::{say, t};

/// What the page shows.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Loading,
    NoTunes,
    Arriving,
    Nothing,
    Queue,
}

/// The page.
#[component]
pub fn Practice() -> impl IntoView {
    let app = app();
    let session = Session::open(app);
    let help = RwSignal::new(false);
    let tunes = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).map(|r| r.tunes)));
    let stage = Memo::new(move |_| {
        let answered = session.answer.value.with(|answer| answer.as_ref().map(Option::is_some));
        match answered {
            // Without a repertoire: `Today` has the welcome in a moment.
            None | Some(false) => Stage::Loading,
            Some(true) if session.queue.with(|q| q.as_ref().is_some_and(|q| !q.entries.is_empty())) => Stage::Queue,
            Some(true) if session.arriving.get() => Stage::Arriving,
            Some(true) if tunes.get() == Some(0) => Stage::NoTunes,
            Some(true) => Stage::Nothing,
        }
    });
    listen(session, help);
    view! {
        {move || match stage.get() {
            Stage::Loading => view! {
                <section class="page">
                    <PageTitle text=t("Practice") />
                    <Problem failure=session.answer.failure again=session.answer.again() />
                    <Show when=move || session.answer.failure.with(Option::is_none)><Waiting what=t("today's tunes") /></Show>
                </section>
            }.into_any(),
            Stage::NoTunes => view! {
                <section class="page narrow">
                    <PageTitle text=t("Practice") />
                    <div class="empty">
                        <h2>{t("Add the tunes you play")}</h2>
                        <p>{t("Your repertoire is empty. Take a handful from the catalog, and the first practice is ready.")}</p>
                        <p class="actions centred">
                            <a class="button primary" href="/starter">{t("Choose from well-known Irish tunes")}</a>
                            <a class="button" href="/catalog">{t("Open the catalog")}</a>
                            <a class="button" href="/new-tune">{t("Write down a tune")}</a>
                        </p>
                    </div>
                </section>
            }.into_any(),
            Stage::Arriving => view! {
                <section class="page narrow">
                    <PageTitle text=t("Practice") />
                    <div class="empty" role="status" data-testid="arriving">
                        <h2>{t("Your tunes are on their way")}</h2>
                        <p>{t("Today's queue is made as soon as this device has caught up with your account. It needs a connection for that, once.")}</p>
                        <p class="actions centred"><a class="button" href="/repertoire">{t("Look at what is here")}</a></p>
                    </div>
                </section>
            }.into_any(),
            Stage::Nothing | Stage::Queue => view! {
                <section class="page practice">
                    <header class="page-head"><PageTitle text=t("Practice") /><ProgressLine session /></header>
                    <Toolbar session help />
                    <OtherDay session />
                    <Problem failure=session.answer.failure again=session.answer.again() />
                    {move || if stage.get() == Stage::Nothing {
                        view! { <Nothing session /> }.into_any()
                    } else if session.choices.list.get() {
                        view! { <List session /> }.into_any()
                    } else {
                        view! { <Cards session /> }.into_any()
                    }}
                    <StayAwake />
                </section>
            }.into_any(),
        }}
        <TuneMenu session />
        <KeySheet open=help />
    }
}

/// A day without tunes.
#[component]
fn Nothing(session: Session) -> impl IntoView {
    let today = move || session.other_day().is_none();
    let free = move || session.queue.with(|queue| queue.as_ref().and_then(|queue| queue.free));
    let past = move || {
        let today = chrono::Local.date_at(session.app.now.get());
        session.queue.with(|queue| queue.as_ref().is_some_and(|queue| queue.day.date < today))
    };
    view! {
        <Problem failure=session.attempt.failure />
        <UndoLine session />
        <div class="empty">
            {move || match free() {
                _ if past() => view! { <h2>{t("There was no queue on that day")}</h2> }.into_any(),
                Some(free) => view! { <h2>{t("A free day")}</h2><p>{queue::free_words(free)}</p> }.into_any(),
                None if today() => view! {
                    <h2>{t("Nothing is due today")}</h2><p>{t("Play what you like, or take some tunes early.")}</p>
                }.into_any(),
                None => view! { <h2>{t("Nothing falls due on that day")}</h2> }.into_any(),
            }}
            <Show when=today><AddMore session /></Show>
        </div>
    }
}

/// The day that is shown is not today: what that means, and the way to today's queue.
#[component]
fn OtherDay(session: Session) -> impl IntoView {
    let words = move || {
        let date = session.other_day()?;
        let today = chrono::Local.date_at(session.app.now.get());
        let staged = session.queue.with(|queue| queue.as_ref().map_or(0, QueueView::staged));
        let by_hand = session.date.get().is_some();
        Some(match (date > today, by_hand, staged) {
            (true, true, _) => t("A preview: what this day would bring if all of today is played.").to_owned(),
            (_, true, _) => t("A day of the past, as it was.").to_owned(),
            (_, false, 0) => t("This queue is of another day. It stays until you ask for a new one.").to_owned(),
            (_, false, n) => say!(
                "This queue is of another day. It stays until you ask for a new one; your {ratings} will be submitted then.",
                ratings = crate::ui::model::locale::counted(n as i64, "rating")
            ),
        })
    };
    let by_hand = move || session.date.get().is_some();
    view! {
        {move || words().map(|words| view! {
            <div class="hint other-day" role="status">
                <p>{words}</p>
                <Show when=by_hand fallback=move || view! {
                    <button class="primary" data-testid="new-queue" disabled=move || session.attempt.busy.get()
                        on:click=move |_| session.new_queue()>{t("New practice queue")}</button>
                }>
                    <button on:click=move |_| session.show(None)>{t("Back to the current queue")}</button>
                </Show>
            </div>
        })}
    }
}
