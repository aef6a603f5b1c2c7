//! The days of practice: a square a day.

use leptos::prelude::*;

use super::Part;
use crate::domain::analysis::Analysis;
use crate::domain::listing::ScreenSize;
use crate::domain::time::Zone;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::screen::screen_size;
use crate::ui::model::calendar::{Calendar, Day};
use crate::ui::model::locale::{self, Form};
use crate::ui::state::clock;
use crate::ui::text::t;

/// A square and the gap behind it, in the units of the drawing.
const STEP: usize = 13;
/// Room for the names of weekdays and months.
const LEFT: usize = 30;
const TOP: usize = 16;

/// The part of the page.
#[component]
pub(super) fn Days(made: Memo<Option<Analysis>>, summary: Signal<String>) -> impl IntoView {
    let screen = screen_size();
    // Until she turns the pages: where there is something to see.
    let turned = RwSignal::new(None::<usize>);
    let weeks = move || if screen.get() == ScreenSize::Full { 53 } else { 24 };
    let back = Memo::new(move |_| {
        let latest = |made: &Analysis| Calendar::latest(&made.days, made.today, weeks());
        turned.get().unwrap_or_else(|| made.with(|made| made.as_ref().map(latest).unwrap_or_default()))
    });
    let calendar = Memo::new(move |_| {
        let weeks = weeks();
        let today = || chrono::Local.date_at(clock());
        made.with(|made| match made {
            Some(made) => Calendar::new(&made.days, made.today, weeks, back.get()),
            None => Calendar::new(&[], today(), weeks, 0),
        })
    });
    let picture = move || view! { <Picture calendar /> }.into_any();
    let table = move || {
        let name = |place, form| locale::weekday(place, form);
        let heads = locale::week().map(|day| view! { <th scope="col"><abbr title=name(day, Form::WeekdayName)>{name(day, Form::ShortWeekday)}</abbr></th> });
        let line = |(week, cells): (String, Vec<String>)| {
            let missing = 7 - cells.len();
            let cells = cells.into_iter().chain(std::iter::repeat_n(String::new(), missing));
            view! { <tr><th scope="row">{week}</th>{cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}</tr> }
        };
        view! {
            <div class="table-scroll" tabindex="0" role="region" aria-label=t("Ratings by week and day")>
                <table class="figures narrow weeks">
                    <thead><tr><th scope="col">{t("Week of")}</th>{heads.collect_view()}</tr></thead>
                    <tbody>{move || calendar.with(Calendar::lines).into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <Part title=t("Days of practice") summary picture table />
        <div class="stretches">
            <button disabled=move || !calendar.with(|c| c.earlier) on:click=move |_| turned.set(Some(back.get_untracked() + 1))>
                <Sign icon=Icon::Back />{t("Earlier")}
            </button>
            <p class="quiet" role="status">{move || calendar.with(|c| c.summary.clone())}</p>
            <button disabled=move || back.get() == 0 on:click=move |_| turned.set(Some(back.get_untracked().saturating_sub(1)))>{t("Later")}</button>
        </div>
    }
}

#[component]
fn Picture(calendar: Memo<Calendar>) -> impl IntoView {
    // A finger has no hover: what it touches is told below.
    let told = RwSignal::new(None::<String>);
    let size = move || calendar.with(|c| (LEFT + c.weeks * STEP, TOP + 7 * STEP));
    let squares = move || {
        calendar.with(|c| {
            let square = |day: &Day| {
                let says = day.says.clone();
                let tell = says.clone();
                view! {
                    <rect class=format!("l{}", day.level) x=LEFT + day.week * STEP y=TOP + day.weekday * STEP width=STEP - 2 height=STEP - 2 rx="2"
                        on:click=move |_| told.set(Some(tell.clone()))><title>{says}</title></rect>
                }
            };
            c.days.iter().map(square).collect_view()
        })
    };
    let months = move || {
        calendar.with(|c| {
            let name =
                |(week, name): &(usize, String)| view! { <text x=LEFT + week * STEP y=TOP - 5>{name.clone()}</text> };
            c.months.iter().map(name).collect_view()
        })
    };
    let week = locale::week();
    let weekdays = [0, 2, 4].map(
        |row| view! { <text x="0" y=TOP + row * STEP + 9>{locale::weekday(week[row], Form::ShortWeekday)}</text> },
    );
    view! {
        <svg class="calendar" role="img" aria-label=move || calendar.with(|c| c.summary.clone())
            viewBox=move || { let (width, height) = size(); format!("0 0 {width} {height}") }>
            {weekdays.collect_view()}
            {months}
            {squares}
        </svg>
        <p class="quiet told" role="status">{move || told.get().unwrap_or_else(|| t("The stronger the colour of a day, the more ratings. Touch one to see it.").to_owned())}</p>
    }
}
