//! When a tune was practised and how it went: a drawing, a table, and what was not written down at the time.

use leptos::prelude::*;

use crate::domain::ids::{PracticeRecordId, TuneId};
use crate::domain::practice::{PracticeEntry, Rating};
use crate::domain::time::{CalendarDate, Zone};
use crate::domain::tune::TuneDetail;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::model::{chart, queue, when};
use crate::ui::state::{Attempt, Live, app, clock};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The size of the drawing, in its own units.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 110.0;
const EDGE: f64 = 9.0;

/// The history in the current repertoire.
#[component]
pub fn History(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
    /// Where a new answer goes.
    live: Live<TuneDetail>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let all = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.history.clone()).unwrap_or_default()));
    let id = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.id)));
    let in_repertoire = move || tune.with(|tune| tune.as_ref().is_some_and(|tune| tune.in_repertoire));
    let adding = RwSignal::new(false);
    let struck = RwSignal::new(None::<PracticeRecordId>);
    let strike = move |record: PracticeRecordId, out: bool| {
        if let Some(tune) = id.get_untracked() {
            attempt.go(app, LibraryRequest::StrikePractice { tune, record, struck: out }, move |response| {
                struck.try_set(out.then_some(record));
                take(live, response);
            });
        }
    };
    let all_of = move || {
        let title = tune.with(|tune| tune.as_ref().and_then(|tune| tune.fields.title.clone())).unwrap_or_default();
        format!("/history?tune={}", String::from(js_sys::encode_uri_component(&title)))
    };
    let rows = move || {
        let today = chrono::Local.date_at(app.now.get());
        let shown = all.get().into_iter().take(50);
        shown
            .map(|entry| {
                // Ratings of today are the queue's to take back.
                let earlier = entry.practiced.is_some_and(|at| chrono::Local.date_at(at) != today);
                let record = entry.id;
                let date = date(entry.practiced);
                let remove = earlier.then(|| view! {
                    <button class="icon-only" aria-label=say!("Strike out {date}", date) disabled=move || attempt.busy.get()
                        on:click=move |_| strike(record, true)><Sign icon=Icon::Cross /></button>
                });
                view! { <tr><td>{date.clone()}</td><td>{queue::rated_words(&entry)}</td><td>{self::date(entry.due)}</td><td>{remove}</td></tr> }
            })
            .collect_view()
    };
    view! {
        <Show when=in_repertoire>
            <section class="practised">
                <h2 id="history" tabindex="-1">{t("History")}</h2>
                <Show when=move || all.with(|all| !all.is_empty()) fallback=|| view! { <p class="quiet">{t("Not practised yet.")}</p> }>
                    <Show when=move || all.with(|all| all.len() > 1)><Drawing all /></Show>
                    <table class="history">
                        <thead><tr>
                            <th scope="col">{t("Played")}</th><th scope="col">{t("Rating")}</th><th scope="col">{t("Next")}</th>
                            <th scope="col"><span class="unseen">{t("Strike out")}</span></th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                    <p><a href=all_of>{t("All of its practice, in every repertoire")}</a></p>
                </Show>
                <div role="status">
                    {move || struck.get().map(|record| view! {
                        <p class="outcome with-undo">
                            <span>{t("Struck out.")}</span>
                            <button disabled=move || attempt.busy.get() on:click=move |_| strike(record, false)><Sign icon=Icon::Undo />{t("Undo")}</button>
                        </p>
                    })}
                </div>
                <Problem failure=attempt.failure />
                <Show when=move || adding.get() fallback=move || view! {
                    <button on:click=move |_| adding.set(true)><Sign icon=Icon::Plus />{t("Add earlier practice")}</button>
                }>
                    <Earlier id live adding />
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Drawing(all: Memo<Vec<PracticeEntry>>) -> impl IntoView {
    let drawing = move || {
        let dots = chart::dots(&all.get(), &chrono::Local);
        let at = |x: f64, y: f64| (EDGE + x * (WIDTH - 2.0 * EDGE), HEIGHT - EDGE - y * (HEIGHT - 2.0 * EDGE));
        let line: Vec<String> = dots
            .iter()
            .map(|dot| {
                let (x, y) = at(dot.x, dot.y);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let marks = dots.iter().map(|dot| {
            let (x, y) = at(dot.x, dot.y);
            let class = format!("dot {}", dot.rating.map_or("", Rating::label).to_lowercase());
            // Again is a square: not by its colour alone.
            let mark = if dot.rating == Some(Rating::Again) {
                view! { <rect x=x - 4.0 y=y - 4.0 width="8" height="8" /> }.into_any()
            } else {
                view! { <circle cx=x cy=y r="4.5" /> }.into_any()
            };
            view! { <g class=class><title>{dot.says.clone()}</title>{mark}</g> }
        });
        view! {
            <line class="ground" x1=EDGE y1=HEIGHT - EDGE x2=WIDTH - EDGE y2=HEIGHT - EDGE />
            <polyline points=line.join(" ") />
            {marks.collect_view()}
        }
    };
    view! {
        <svg class="chart" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=move || all.with(|all| chart::summary(all, &chrono::Local))>
            {drawing}
        </svg>
        {move || all.with(|all| chart::ends(all, &chrono::Local)).map(|(first, last)| view! {
            <p class="quiet chart-ends" aria-hidden="true"><span>{first}</span><span>{last}</span></p>
        })}
        <p class="quiet chart-words">{t("The higher, the longer until the next time. Squares: lost it.")}</p>
    }
}

#[component]
fn Earlier(id: Memo<Option<TuneId>>, live: Live<TuneDetail>, adding: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let today = chrono::Local.date_at(clock()).to_chrono().format("%Y-%m-%d").to_string();
    let day = RwSignal::new(today.clone());
    let rated = RwSignal::new(Rating::Good);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let mut parts = day.get_untracked();
        parts.retain(|c| c.is_ascii_digit() || c == '-');
        let numbers: Vec<u32> = parts.split('-').filter_map(|part| part.parse().ok()).collect();
        let date = match numbers[..] {
            [year, month, day] => CalendarDate::new(year as i32, month, day),
            _ => None,
        };
        let (Some(tune), Some(date)) = (id.get_untracked(), date) else { return };
        let request = LibraryRequest::AddPastPractice { tune, date, rating: rated.get_untracked() };
        attempt.go(app, request, move |response| {
            adding.try_set(false);
            take(live, response);
        });
    };
    let choices = Rating::ALL.map(|rating| {
        view! {
            <label class="chip">
                <input type="radio" name="earlier-rating" prop:checked=move || rated.get() == rating on:change=move |_| rated.set(rating) />
                <span>{t(rating.label())}</span>
            </label>
        }
    });
    view! {
        <form class="stack card" on:submit=save>
            <label class="field"><span>{t("Day")}</span>
                <input type="date" max=today prop:value=move || day.get() on:input=move |event| day.set(event_target_value(&event)) />
            </label>
            <fieldset class="chips"><legend>{t("How it went")}</legend>{choices}</fieldset>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| adding.set(false)>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get()>{t("Add")}</button>
            </div>
        </form>
    }
}

fn date(at: Option<crate::domain::time::Timestamp>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| when::date(at, &chrono::Local))
}

fn take(live: Live<TuneDetail>, response: Response) {
    if let Response::Library(LibraryAnswer::Tune(tune)) = response {
        live.value.try_set(Some(*tune));
    }
}
