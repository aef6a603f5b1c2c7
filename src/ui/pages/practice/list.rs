//! Practice as a list: a table where there is room, cards on a phone. The same staged evaluations as on the cards.

use leptos::prelude::*;

use super::cards::UndoLine;
use super::choices::Column;
use super::session::Session;
use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{QueueEntry, Rating};
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::ui::components::live_text::Problem;
use crate::ui::model::{fields, locale, queue, when};

/// The list.
#[component]
pub fn List(session: Session) -> impl IntoView {
    let entries = Memo::new(move |_| {
        let all = session.queue.with(|queue| queue.as_ref().map(|queue| queue.entries.clone())).unwrap_or_default();
        let submitted = session.choices.submitted.get();
        all.into_iter()
            .filter(|entry| submitted || entry.completed.is_none() || entry.staged.is_some())
            .collect::<Vec<_>>()
    });
    let ids = Memo::new(move |_| entries.with(|all| all.iter().map(|entry| entry.id).collect::<Vec<_>>()));
    let hidden = Memo::new(move |_| {
        session.queue.with(|queue| queue.as_ref().map_or(0, |queue| queue.entries.len())) - ids.with(Vec::len)
    });
    let heading = move |column: Column| {
        view! { <Show when=move || session.choices.shows(column)><th scope="col">{column.label()}</th></Show> }
    };
    view! {
        <div class="practice-list">
            <table data-testid="practice-list">
                <caption class="unseen">"The tunes of this day"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Why"</th><th scope="col">"Tune"</th><th scope="col">"How did it go?"</th>
                        {Column::ALL.map(heading).collect_view()}
                        <th scope="col"><span class="unseen">"More"</span></th>
                    </tr>
                </thead>
                <tbody><For each=move || ids.get() key=|id| *id children=move |id| view! { <Row session entries id /> } /></tbody>
            </table>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="empty" data-testid="all-caught-up">"All caught up: everything here is played and submitted."</p>
            </Show>
            <Show when=move || { hidden.get() > 0 }>
                <p class="quiet">{move || format!("{} submitted and not shown.", locale::counted(hidden.get() as i64, "tune"))}</p>
            </Show>
            <p class="quiet summary" data-testid="queue-summary">{move || session.queue.with(|queue| queue.as_ref().map(queue::summary))}</p>
            <Problem failure=session.attempt.failure />
            <UndoLine session />
        </div>
    }
}

#[component]
fn Row(session: Session, entries: Memo<Vec<QueueEntry>>, id: QueueEntryId) -> impl IntoView {
    let entry = Memo::new(move |_| entries.with(|all| all.iter().find(|entry| entry.id == id).cloned()));
    let read = move |f: fn(&QueueEntry) -> String| entry.with(|entry| entry.as_ref().map(f).unwrap_or_default());
    let current = move || session.current.with(|current| current.as_ref().is_some_and(|current| current.id == id));
    let locked = move || {
        !session.may_rate()
            || entry.with(|entry| entry.as_ref().is_none_or(|e| e.completed.is_some() && e.staged.is_none()))
    };
    let choose = move |event| {
        let value = event_target_value(&event);
        let Some(entry) = entry.get_untracked() else { return };
        session.chosen.set(Some(id));
        session.stage(&entry, Rating::from_stored(&value), false);
    };
    let options = Rating::ALL.map(|rating| {
        let selected =
            move || entry.with(|entry| entry.as_ref().and_then(QueueEntry::shown_rating)) == Some(rating);
        view! { <option value=rating.stored() prop:selected=selected>{format!("{}: {}", rating.label(), queue::rating_meaning(rating))}</option> }
    });
    let unset = move || entry.with(|entry| entry.as_ref().is_none_or(|entry| entry.shown_rating().is_none()));
    let tone = move || {
        entry.with(|entry| entry.as_ref().and_then(QueueEntry::shown_rating)).map_or("none", queue::rating_name)
    };
    let cell = move |column: Column| {
        view! {
            <Show when=move || session.choices.shows(column)>
                <td data-column=column.name() data-label=column.label()>{move || entry.with(|entry| entry.as_ref().map(|entry| words(session, entry, column)))}</td>
            </Show>
        }
    };
    view! {
        <tr class:done=locked class:staged=move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.staged.is_some()))
            aria-current=move || current().then_some("true") on:click=move |_| session.chosen.set(Some(id))>
            <td data-column="bucket">
                <span class="bucket" data-bucket=move || read(|entry| queue::bucket_name(entry.bucket).to_owned())>
                    {move || read(|entry| entry.bucket.label().to_owned())}
                </span>
            </td>
            <th scope="row" data-column="title">
                <a href=move || read(|entry| format!("/tune/{}", entry.tune))>{move || read(|entry| fields::title(&entry.fields))}</a>
            </th>
            <td data-column="rating">
                <select class="evaluation" data-rating=tone data-testid=move || read(|entry| format!("recall-eval-{}", entry.tune))
                    aria-label=move || format!("How did {} go?", read(|entry| fields::title(&entry.fields)))
                    disabled=locked on:change=choose>
                    <option value="" prop:selected=unset>"(Not Set)"</option>
                    {options.collect_view()}
                </select>
            </td>
            {Column::ALL.map(cell).collect_view()}
            <td data-column="more">
                <button class="icon-only" aria-haspopup="dialog" on:click=move |_| session.menu.set(Some(id))
                    aria-label=move || format!("Goal, date, put aside: {}", read(|entry| fields::title(&entry.fields)))>"⋯"</button>
            </td>
        </tr>
    }
}

/// What stands in a column.
fn words(session: Session, entry: &QueueEntry, column: Column) -> String {
    let now = session.app.now.get();
    let memory = |f: fn(&crate::domain::practice::Memory) -> String| entry.memory.as_ref().map(f).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    match column {
        Column::Goal if entry.manner.goal == Goal::Recall => String::new(),
        Column::Goal => entry.manner.goal.label().to_owned(),
        Column::Kind => text(&entry.fields.kind),
        Column::Mode => text(&entry.fields.mode),
        Column::Structure => text(&entry.fields.structure),
        Column::Last => entry
            .last_practiced
            .map_or_else(|| "never here".to_owned(), |at| when::days_away(when::days_between(now, at, &chrono::Local))),
        Column::Next => match (&entry.staged, entry.scheduled) {
            (Some(staged), _) if staged.interval_days == 0 => when::in_minutes(staged.due, now),
            (Some(staged), _) => when::days_away(when::days_between(now, staged.due, &chrono::Local)),
            (None, Some(wish)) if wish == SUSPENDED => "put aside".to_owned(),
            (None, Some(wish)) => {
                format!("{}, your wish", when::days_away(when::days_between(now, wish, &chrono::Local)))
            }
            (None, None) => entry.memory.map_or_else(
                || "after the first rating".to_owned(),
                |memory| when::due(Some(memory.due), now, &chrono::Local),
            ),
        },
        Column::Stability => match &entry.staged {
            Some(staged) => format!("{:.1} days", staged.stability),
            None => memory(|memory| format!("{:.1} days", memory.stability)),
        },
        Column::Difficulty => match &entry.staged {
            Some(staged) => format!("{:.1}", staged.difficulty),
            None => memory(|memory| format!("{:.1}", memory.difficulty)),
        },
        Column::Ratings => memory(|memory| memory.repetitions.to_string()),
        Column::Lapses => memory(|memory| memory.lapses.to_string()),
    }
}
