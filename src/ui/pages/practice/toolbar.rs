//! What stands above the tunes: which day, cards or list, Submit, Add more.

use leptos::prelude::*;

use super::columns::ListColumns;
use super::session::Session;
use crate::domain::practice::{QueueDay, QueueView};
use crate::domain::time::{CalendarDate, Zone};
use crate::store::schema::Table;
use crate::ui::components::confirm::Question;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::model::further::{self, Further};
use crate::ui::model::queue::Progress;
use crate::ui::model::{locale, when};
use crate::ui::state::clock;
use crate::ui::text::{plural, say, t};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

/// How many tunes “Add more” proposes.
const MORE: u32 = 5;
/// How many days the day's dialog shows at a time.
const DAYS: u32 = 10;

/// The line above the tunes.
#[component]
pub fn Toolbar(session: Session, help: RwSignal<bool>) -> impl IntoView {
    let staged = Memo::new(move |_| session.queue.with(|queue| queue.as_ref().map_or(0, QueueView::staged)));
    let list = session.choices.list;
    let days = RwSignal::new(false);
    let more = RwSignal::new(false);
    let mode = move |shows_list: bool, label: &'static str| {
        view! {
            <button aria-pressed=move || (list.get() == shows_list).to_string() on:click=move |_| session.choices.show_list(shows_list)>{label}</button>
        }
    };
    view! {
        <div class="toolbar" class:staged=move || { staged.get() > 0 } role="group" aria-label=t("Practice")>
            <div class="switch" role="group" aria-label=t("Show as") data-testid="flashcard-mode-switch">{mode(false, t("Cards"))}{mode(true, t("List"))}</div>
            <button class="day" data-testid="queue-day" aria-haspopup="dialog" on:click=move |_| days.set(true)>{move || day_words(session)}</button>
            <Show when=move || session.further() == Further::More>
                <button class="more" aria-haspopup="dialog" data-testid="add-more" on:click=move |_| more.set(true)>
                    <Sign icon=Icon::Plus /><span>{t("Add more")}</span>
                </button>
            </Show>
            <Show when=move || list.get()><ListChoices session /></Show>
            <button class="help" aria-label=t("Keys") aria-haspopup="dialog" aria-keyshortcuts="?" on:click=move |_| help.set(true)>"?"</button>
            <button class="primary submit" data-testid="submit-evaluations-button" hidden=move || staged.get() == 0
                disabled=move || session.attempt.busy.get() on:click=move |_| session.submit()>
                {move || say!("Submit {count}", count = staged.get())}<span class="unseen">" "{move || plural(staged.get() as i64, "rating", "ratings")}</span>
            </button>
        </div>
        <DayDialog session open=days />
        <MoreDialog session open=more />
    }
}

/// “Today”, “Yesterday”, “Tomorrow, a preview”, “12 Mar”.
fn day_words(session: Session) -> String {
    let today = chrono::Local.date_at(session.app.now.get());
    session.queue.with(|queue| {
        let date = queue.as_ref().map_or(today, |queue| queue.day.date);
        let preview = if date > today { t(", a preview") } else { "" };
        format!("{}{preview}", when::day(date, today))
    })
}

#[component]
fn ListChoices(session: Session) -> impl IntoView {
    let choices = session.choices;
    let arranging = RwSignal::new(false);
    view! {
        <div class="list-choices">
            <label class="check inline" data-testid="display-submitted-switch">
                <input type="checkbox" role="switch" prop:checked=move || choices.look.with(|look| look.submitted)
                    on:change=move |event| { let shown = event_target_checked(&event); choices.change(|look| look.submitted = shown); } />
                <span>{t("Show submitted")}</span>
            </label>
            <button aria-haspopup="dialog" data-testid="practice-columns-button" on:click=move |_| arranging.set(true)>{t("Columns, order")}</button>
        </div>
        <ListColumns session open=arranging />
    }
}

#[component]
fn DayDialog(session: Session, open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Question open title=t("Which day?")><Days session open /></Question>
    }
}

#[component]
fn Days(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let limit = RwSignal::new(DAYS);
    let typed = RwSignal::new(String::new());
    let days = session.app.live(
        &[Table::DailyPracticeQueue],
        move || Some(PracticeRequest::QueueDays { offset: 0, limit: limit.get() }),
        |response| match response {
            Response::Practice(PracticeAnswer::Days(days)) => Some(days),
            _ => None,
        },
    );
    let today = move || chrono::Local.date_at(session.app.now.get());
    let show = move |date: Option<CalendarDate>| {
        session.show(date);
        open.set(false);
    };
    let renew = move |_| {
        session.attempt.go(session.app, PracticeRequest::RenewQueue, move |response| session.turn_to_today(response));
        open.set(false);
    };
    let row = move |day: QueueDay| {
        let state = if day.rated >= day.tunes {
            t("all played").to_owned()
        } else {
            say!("{rated} of {tunes} played", rated = day.rated, tunes = day.tunes)
        };
        view! {
            <li><button class="plain-row" on:click=move |_| show(Some(day.date))>
                <span>{when::day(day.date, today())}</span><span class="quiet">{state}</span>
            </button></li>
        }
    };
    let other = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Ok(date) = typed.get_untracked().parse() {
            show(Some(date));
        }
    };
    view! {
        <div class="stack">
            <div class="actions start">
                <button on:click=move |_| show(None)>{t("The current queue")}</button>
                <button on:click=move |_| show(Some(today().minus_days(1)))>{t("Yesterday")}</button>
                <Show when=move || session.other_day().is_some()>
                    <button on:click=move |_| show(Some(today()))>{t("Today")}</button>
                </Show>
                <button on:click=move |_| show(Some(today().plus_days(1)))>{t("Tomorrow")}</button>
            </div>
            <form class="field" on:submit=other>
                <label for="other-day">{t("Another day")}</label>
                <div class="with-button">
                    <input id="other-day" type="date" required prop:value=typed on:input=move |event| typed.set(event_target_value(&event)) />
                    <button type="submit">{t("Show")}</button>
                </div>
            </form>
            <h3>{t("Days with a queue")}</h3>
            <Problem failure=days.failure again=days.again() />
            {move || match days.value.get() {
                None => days.failure.with(Option::is_none).then(|| view! { <Waiting what=t("your days") /> }).into_any(),
                Some(all) if all.is_empty() => view! { <p class="quiet">{t("None yet.")}</p> }.into_any(),
                Some(all) => {
                    let full = all.len() as u32 >= limit.get();
                    view! {
                        <ul class="plain-list days">{all.into_iter().map(row).collect_view()}</ul>
                        {full.then(|| view! { <button class="plain" on:click=move |_| limit.update(|limit| *limit += DAYS)>{t("Show more")}</button> })}
                    }.into_any()
                }
            }}
            <div class="actions">
                <button class="plain" on:click=renew>{t("Plan today anew")}</button>
                <button class="primary" on:click=move |_| open.set(false)>{t("Close")}</button>
            </div>
        </div>
    }
}

#[component]
fn MoreDialog(session: Session, open: RwSignal<bool>) -> impl IntoView {
    view! { <Question open title=t("Add more tunes")><More session open /></Question> }
}

#[component]
fn More(session: Session, open: RwSignal<bool>) -> impl IntoView {
    let count = RwSignal::new(MORE.to_string());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Ok(count) = count.get_untracked().parse() else { return };
        add_more(session, count);
        open.set(false);
    };
    view! {
        <form class="stack" on:submit=add>
            <p>{t("First what is overdue, then new tunes, then what falls due soonest.")}</p>
            <div class="field">
                <label for="more-count">{t("How many?")}</label>
                <input id="more-count" type="number" inputmode="numeric" min="1" max="50" required prop:value=count
                    on:input=move |event| count.set(event_target_value(&event)) />
            </div>
            <div class="actions">
                <button type="button" on:click=move |_| open.set(false)>{t("Cancel")}</button>
                <button class="primary" type="submit">{t("Add")}</button>
            </div>
        </form>
    }
}

/// Puts more tunes into the queue that is shown.
pub fn add_more(session: Session, count: u32) {
    let Some(before) = session.answer.value.get_untracked().flatten() else { return };
    let date = before.day.date;
    session.attempt.go(session.app, PracticeRequest::AddMore { date, count }, move |response| {
        let added = match &response {
            Response::Practice(PracticeAnswer::Queue(Some(queue))) => further::added(&before, queue),
            _ => 0,
        };
        if date == chrono::Local.date_at(clock()) {
            session.turn_to_today(response);
        } else {
            session.chosen.set(None);
            session.take(response);
        }
        session.app.say(if added == 0 {
            t("There are no more tunes to add. The catalog has plenty.").to_owned()
        } else {
            say!("{tunes} added", tunes = locale::counted(added as i64, "tune"))
        });
    });
}

/// A button for that, where nothing else is to be done; and where nothing is left to add, the ways to new tunes.
#[component]
pub fn AddMore(session: Session) -> impl IntoView {
    let further = Memo::new(move |_| session.further());
    view! {
        {move || match further.get() {
            Further::More => view! {
                <button class="primary" disabled=move || session.attempt.busy.get() on:click=move |_| add_more(session, MORE)>
                    {say!("Add {count} more tunes", count = MORE)}
                </button>
            }.into_any(),
            Further::NewTunes => view! {
                <p class="actions centred">
                    <a class="button primary" href="/catalog">{t("Open the catalog")}</a>
                    <a class="button" href="/starter">{t("Well-known Irish tunes")}</a>
                </p>
            }.into_any(),
            Further::No => ().into_any(),
        }}
    }
}

/// How far one has come.
#[component]
pub fn ProgressLine(session: Session) -> impl IntoView {
    let progress = Memo::new(move |_| {
        session.queue.with(|queue| queue.as_ref().map_or(Progress { done: 0, all: 0 }, Progress::of))
    });
    view! {
        <div class="progress">
            <p role="status" data-testid="queue-progress" data-saved=move || session.is_saved().to_string()>{move || progress.get().words()}</p>
            <progress max="100" value=move || progress.get().percent().to_string() aria-hidden="true"></progress>
        </div>
    }
}
