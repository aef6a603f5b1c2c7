//! Columns, dots and bars, with their tables.

use leptos::prelude::*;

use super::Part;
use crate::domain::analysis::Analysis;
use crate::ui::model::analysis::{self, Bar, MonthBar};
use crate::ui::model::forecast::{self, DayBar};
use crate::ui::model::locale;
use crate::ui::text::{say, t};

/// The size of a drawing, in its own units.
const WIDTH: f64 = 336.0;
const HEIGHT: f64 = 130.0;
/// Room for the labels beneath.
const FOOT: f64 = 18.0;
/// Room above.
const HEAD: f64 = 16.0;
/// Where the drawing of retention begins: below it all is as bad.
const LEAST: f64 = 0.5;

/// From the bottom of a drawing (0) to its top (1).
fn height(part: f64) -> f64 {
    HEIGHT - FOOT - part.clamp(0.0, 1.0) * (HEIGHT - FOOT - HEAD)
}

/// A table of labels and values.
#[component]
fn LabelTable(heads: [&'static str; 2], bars: Vec<Bar>) -> impl IntoView {
    let line = |bar: Bar| view! { <tr><th scope="row">{bar.label}</th><td>{bar.value}</td></tr> };
    view! {
        <table class="figures">
            <thead><tr><th scope="col">{heads[0]}</th><th scope="col">{heads[1]}</th></tr></thead>
            <tbody>{bars.into_iter().map(line).collect_view()}</tbody>
        </table>
    }
}

/// What a colour means.
#[component]
fn Key(class: &'static str, to: &'static str) -> impl IntoView {
    view! { <span><span class=class></span>{to}" "</span> }
}

/// What comes: a column a day.
#[component]
pub(super) fn Columns(made: Memo<Option<Analysis>>, summary: Signal<String>) -> impl IntoView {
    let bars = move || made.with(|made| made.as_ref().map(forecast::bars).unwrap_or_default());
    let most = move || {
        made.with(|made| {
            made.as_ref().and_then(|made| Some((made.forecast.most?, forecast::most_line(&made.forecast)?)))
        })
    };
    let told = RwSignal::new(None::<String>);
    let drawn = move || {
        let bars = bars();
        let step = WIDTH / bars.len().max(1) as f64;
        let column = |(at, day): (usize, DayBar)| {
            let DayBar { due: bar, backlog, .. } = day;
            let (x, y) = (at as f64 * step, height(bar.length));
            let above = height(bar.length + backlog);
            let tell = bar.says.clone();
            view! {
                <g on:click=move |_| told.set(Some(tell.clone()))>
                    <title>{bar.says}</title>
                    // The whole column can be touched, not only its bar.
                    <rect class="room" x=x y="0" width=step height=HEIGHT - FOOT />
                    <rect class="column" x=x + 1.0 y=y width=step - 2.0 height=HEIGHT - FOOT - y rx="1.5" />
                    {(backlog > 0.0).then(|| view! { <rect class="column backlog" x=x + 1.0 y=above width=step - 2.0 height=y - above rx="1.5" /> })}
                    {at.is_multiple_of(7).then(|| view! { <text x=x + 1.0 y=HEIGHT - 4.0>{bar.label}</text> })}
                </g>
            }
        };
        bars.into_iter().enumerate().map(column).collect_view()
    };
    let line = move || {
        most().map(|(most, at)| {
            let y = height(at);
            view! {
                <line class="aim" x1="0" x2=WIDTH y1=y y2=y />
                <text class="end" x=WIDTH y=y - 4.0>{say!("at most {most} a day", most = locale::number(most))}</text>
            }
        })
    };
    let late = move || made.with(|made| made.as_ref().is_some_and(|made| made.forecast.overdue > 0));
    let picture = move || {
        view! {
            <svg class="drawing" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=summary>
                <line class="ground" x1="0" x2=WIDTH y1=HEIGHT - FOOT y2=HEIGHT - FOOT />
                {drawn}
                {line}
            </svg>
            {move || late().then(|| view! {
                <p class="quiet keys-to"><Key class="fresh" to=t("due on that day") /><Key class="backlog" to=t("overdue, where there is room") /></p>
            })}
            <p class="quiet told" role="status">{move || told.get().unwrap_or_else(|| t("As it stands today; what you practise until then moves on. Touch a day to see it.").to_owned())}</p>
        }
        .into_any()
    };
    let table = move || {
        let line = |day: DayBar| view! { <tr><th scope="row">{day.due.label}</th><td>{day.due.value}</td><td>{day.overdue}</td></tr> };
        view! {
            <table class="figures">
                <thead><tr>
                    <th scope="col">{t("Day")}</th><th scope="col">{t("Due")}</th><th scope="col">{t("Room for overdue ones")}</th>
                </tr></thead>
                <tbody>{bars().into_iter().map(line).collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <Part title=t("The next four weeks") summary picture table /> }
}

/// What was still known: a dot a month, over the line that the schedule aims at.
#[component]
pub(super) fn Dots(made: Memo<Option<Analysis>>, summary: Signal<String>) -> impl IntoView {
    let months =
        move || made.with(|made| made.as_ref().map(|made| analysis::month_bars(&made.retention)).unwrap_or_default());
    let target = move || made.with(|made| made.as_ref().map_or(0.9, |made| f64::from(made.retention.target)));
    let part = |share: f64| (share - LEAST) / (1.0 - LEAST);
    let drawn = move || {
        let months = months();
        let step = WIDTH / months.len().max(1) as f64;
        let place = |at: usize, bar: &Bar| ((at as f64 + 0.5) * step, height(part(bar.length)));
        let places: Vec<(f64, f64)> = months
            .iter()
            .enumerate()
            .filter(|(_, month)| month.drawn)
            .map(|(at, month)| place(at, &month.bar))
            .collect();
        let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let heights: Vec<f64> = places.iter().map(|(_, y)| *y).collect();
        let mut beneath = analysis::labels_beneath(&heights, height(part(target())), HEIGHT - FOOT).into_iter();
        let dots = months.iter().enumerate().map(|(at, MonthBar { bar, drawn })| {
            let (x, y) = place(at, bar);
            let below = bar.length < target() - 0.005;
            // Below the aim is a square: not by its colour alone.
            let mark = if below {
                view! { <rect x=x - 4.0 y=y - 4.0 width="8" height="8" class="below" /> }.into_any()
            } else {
                view! { <circle cx=x cy=y r="4.5" /> }.into_any()
            };
            let dot = drawn.then(|| {
                let beneath = beneath.next() == Some(true);
                let y = if beneath { y + 7.0 } else { y - 8.0 };
                view! { {mark}<text class="middle" class:beneath=beneath x=x y=y>{(bar.length * 100.0).round()}</text> }
            });
            view! { <g><title>{bar.says.clone()}</title>{dot}<text class="middle" x=x y=HEIGHT - 4.0>{bar.label.clone()}</text></g> }
        });
        let dots = dots.collect_view();
        view! { <polyline points=line.join(" ") />{dots} }
    };
    let aim = move || {
        let y = height(part(target()));
        view! { <line class="aim" x1="0" x2=WIDTH y1=y y2=y /> }
    };
    let told =
        move || made.with(|made| made.as_ref().map(|made| analysis::told_windows(&made.retention)).unwrap_or_default());
    let none = Memo::new(move |_| !months().iter().any(|month| month.drawn));
    let picture = move || {
        if none.get() && told().is_empty() {
            return ().into_any();
        }
        if none.get() {
            return view! { <p class="quiet">{t("Too little came back in the last twelve months to be drawn.")}</p> }
                .into_any();
        }
        view! {
            <svg class="drawing" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=summary>
                <line class="ground" x1="0" x2=WIDTH y1=HEIGHT - FOOT y2=HEIGHT - FOOT />
                {aim}
                {drawn}
            </svg>
            <p class="quiet told">{move || say!("Per cent still known, month by month, from {least} up. The broken line is the aim.", least = locale::percent(LEAST as f32))}</p>
        }
        .into_any()
    };
    let table = move || {
        let bars = months().into_iter().map(|month| month.bar).collect();
        view! { <LabelTable heads=[t("Month"), t("Still known")] bars /> }.into_any()
    };
    let windows = move || {
        let line = |window: crate::domain::analysis::Window| {
            let cells = [window.short, window.long, window.short.plus(window.long)].map(|tally| {
                let (share, of) = analysis::share(tally);
                let few = of.is_none();
                view! { <td class:quiet=few>{share}{of.map(|of| view! { " "<small class="quiet">{of}</small> })}</td> }
            });
            view! { <tr><th scope="row">{analysis::window_name(&window)}</th>{cells.collect_view()}</tr> }
        };
        told().into_iter().map(line).collect_view()
    };
    view! {
        <Part title=t("How much you remember") summary picture table />
        <Show when=move || !told().is_empty()>
        <div class="table-scroll" tabindex="0" role="region" aria-label=t("Still known, by time and interval")>
            <table class="figures shares">
                <thead><tr>
                    <th scope="col">{t("Still known")}</th><th scope="col">{t("Within 3 weeks")}</th><th scope="col">{t("After 3 weeks")}</th><th scope="col">{t("All")}</th>
                </tr></thead>
                <tbody>{windows}</tbody>
            </table>
        </div>
        <p class="quiet">{t("Of each tune the first rating of a day; Again counts as forgotten. Tunes on learning steps are left out.")}</p>
        </Show>
    }
}

/// Bars that are their own table: a label, a length, a value.
#[component]
fn BarList(bars: Signal<Vec<Bar>>, class: &'static str) -> impl IntoView {
    let line = |bar: Bar| {
        view! {
            <li>
                <span class="bar-name">{bar.label}</span>
                <span class="bar-value">{bar.value}</span>
                <span class="bar-track" aria-hidden="true"><span style:width=format!("{:.1}%", bar.length * 100.0)></span></span>
            </li>
        }
    };
    view! { <ul class=format!("bars {class}")>{move || bars.get().into_iter().map(line).collect_view()}</ul> }
}

/// Bars, and a table of them.
#[component]
pub(super) fn Bars(
    title: &'static str,
    heads: [&'static str; 2],
    summary: Signal<String>,
    bars: Signal<Vec<Bar>>,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    let picture = move || view! { <BarList bars class /> }.into_any();
    let table = move || view! { <LabelTable heads bars=bars.get() /> }.into_any();
    view! { <Part title summary picture table /> }
}

/// By type: how much of each is fresh.
#[component]
pub(super) fn Kinds(made: Memo<Option<Analysis>>, summary: Signal<String>) -> impl IntoView {
    let bars = move || made.with(|made| made.as_ref().map(|made| analysis::kind_bars(&made.kinds)).unwrap_or_default());
    let picture = move || {
        let line = |bar: analysis::KindBar| {
            let parts = bar.parts.into_iter().zip(["fresh", "not-fresh", "unrated"]).map(|(part, class)| {
                view! { <span class=class style:width=format!("{:.1}%", part * 100.0)></span> }
            });
            view! {
                <li>
                    <span class="bar-name">{bar.name}</span>
                    <span class="bar-value">{bar.value}</span>
                    <span class="bar-track" role="img" aria-label=bar.says>{parts.collect_view()}</span>
                </li>
            }
        };
        view! {
            <ul class="bars kinds">{move || bars().into_iter().map(line).collect_view()}</ul>
            <p class="quiet keys-to">
                <Key class="fresh" to=t("fresh") /><Key class="not-fresh" to=t("practised, not fresh") /><Key class="unrated" to=t("not practised") />
            </p>
        }
        .into_any()
    };
    let table = move || {
        let line = |bar: analysis::KindBar| {
            let cells = bar.counts.map(|count| view! { <td>{locale::number(count)}</td> });
            view! { <tr><th scope="row">{bar.name}</th>{cells.collect_view()}<td>{bar.expected}</td></tr> }
        };
        view! {
            <div class="table-scroll" tabindex="0" role="region" aria-label=t("Tunes by type")>
                <table class="figures narrow">
                    <thead><tr>
                        <th scope="col">{t("Type")}</th><th scope="col">{t("Fresh")}</th><th scope="col">{t("Not fresh")}</th><th scope="col">{t("Not practised")}</th>
                        <th scope="col">{t("Likely known")}</th>
                    </tr></thead>
                    <tbody>{bars().into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! { <Part title=t("By type") summary picture table /> }
}
