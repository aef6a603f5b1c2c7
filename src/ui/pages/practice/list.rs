//! Practice as a list: a table where there is room, cards on a phone. The same staged evaluations as on the cards.

use leptos::prelude::*;

use super::cards::UndoLine;
use super::session::Session;
use crate::domain::ids::QueueEntryId;
use crate::domain::practice::{QueueEntry, Rating};
use crate::domain::practice_look::PracticeColumn as Column;
use crate::ui::components::live_text::Problem;
use crate::ui::model::{fields, locale, practice_list, queue};
use crate::ui::text::{say, t};

/// The list.
#[component]
pub fn List(session: Session) -> impl IntoView {
    let entries = Memo::new(move |_| {
        let all = session.queue.with(|queue| queue.as_ref().map(|queue| queue.entries.clone())).unwrap_or_default();
        let (submitted, sorting) = session.choices.look.with(|look| (look.submitted, look.sorting));
        let mut shown: Vec<QueueEntry> =
            all.into_iter().filter(|entry| practice_list::lists(entry, submitted)).collect();
        practice_list::sort(&mut shown, sorting);
        shown
    });
    let ids = Memo::new(move |_| entries.with(|all| all.iter().map(|entry| entry.id).collect::<Vec<_>>()));
    let hidden = Memo::new(move |_| {
        session.queue.with(|queue| queue.as_ref().map_or(0, |queue| queue.entries.len())) - ids.with(Vec::len)
    });
    let columns = Memo::new(move |_| {
        let wanted = session.choices.look.with(|look| look.columns.clone());
        entries.with(|entries| practice_list::filled(wanted, entries))
    });
    let heading = move |column: Column| {
        let sorting = move || session.choices.look.with(|look| look.sorting);
        view! {
            <th scope="col" aria-sort=move || practice_list::aria_sort(column, sorting())>
                <button class="plain sorts" on:click=move |_| session.choices.change(|look| look.press(column))>
                    {practice_list::label(column)}<span class="arrow" aria-hidden="true"></span>
                </button>
            </th>
        }
    };
    view! {
        <div class="practice-list">
            <table data-testid="practice-list">
                <caption class="unseen">{t("The tunes of this day")}</caption>
                <thead>
                    <tr>
                        {heading(Column::Why)}{heading(Column::Title)}<th scope="col">{t("How did it go?")}</th>
                        <For each=move || columns.get() key=|column| *column children=heading />
                        <th scope="col"><span class="unseen">{t("More")}</span></th>
                    </tr>
                </thead>
                <tbody><For each=move || ids.get() key=|id| *id children=move |id| view! { <Row session entries columns id /> } /></tbody>
            </table>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="empty" data-testid="all-caught-up">{t("All caught up: everything here is played and submitted.")}</p>
            </Show>
            <Show when=move || { hidden.get() > 0 }>
                <p class="quiet">{move || say!("{tunes} submitted and not shown.", tunes = locale::counted(hidden.get() as i64, "tune"))}</p>
            </Show>
            <p class="quiet summary" data-testid="queue-summary">{move || session.queue.with(|queue| queue.as_ref().map(queue::summary))}</p>
            <Problem failure=session.attempt.failure />
            <UndoLine session />
        </div>
    }
}

#[component]
fn Row(
    session: Session,
    entries: Memo<Vec<QueueEntry>>,
    columns: Memo<Vec<Column>>,
    id: QueueEntryId,
) -> impl IntoView {
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
        view! { <option value=rating.stored() prop:selected=selected>{format!("{}: {}", t(rating.label()), queue::rating_meaning(rating))}</option> }
    });
    let unset = move || entry.with(|entry| entry.as_ref().is_none_or(|entry| entry.shown_rating().is_none()));
    let tone = move || {
        entry.with(|entry| entry.as_ref().and_then(QueueEntry::shown_rating)).map_or("none", queue::rating_name)
    };
    let words = move |column| {
        let now = session.app.now.get();
        entry.with(|entry| entry.as_ref().map(|entry| practice_list::words(entry, column, now, &chrono::Local)))
    };
    let cell = move |column: Column| {
        view! { <td data-column=practice_list::name(column) data-label=practice_list::label(column)>{move || words(column)}</td> }
    };
    view! {
        <tr class:done=locked class:staged=move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.staged.is_some()))
            aria-current=move || current().then_some("true") on:click=move |_| session.chosen.set(Some(id))>
            <td data-column="bucket">
                <span class="bucket" data-bucket=move || read(|entry| queue::bucket_name(entry.bucket).to_owned())>
                    {move || read(|entry| t(entry.bucket.label()).to_owned())}
                </span>
            </td>
            <th scope="row" data-column="title">
                <a href=move || read(|entry| format!("/tune/{}", entry.tune))>{move || read(|entry| fields::title(&entry.fields))}</a>
            </th>
            <td data-column="rating">
                <select class="evaluation" data-rating=tone data-testid=move || read(|entry| format!("recall-eval-{}", entry.tune))
                    aria-label=move || say!("How did {title} go?", title = read(|entry| fields::title(&entry.fields)))
                    disabled=locked on:change=choose>
                    <option value="" prop:selected=unset>{t("(Not Set)")}</option>
                    {options.collect_view()}
                </select>
            </td>
            <For each=move || columns.get() key=|column| *column children=cell />
            <td data-column="more">
                <button class="icon-only" aria-haspopup="dialog" on:click=move |_| session.menu.set(Some(id))
                    aria-label=move || say!("Goal, date, put aside: {title}", title = read(|entry| fields::title(&entry.fields)))>"⋯"</button>
            </td>
        </tr>
    }
}
