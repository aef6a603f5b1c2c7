//! The practice history: every rating, narrowed by words, rating, days and repertoire; page by page; saved as a table.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::welcome::Welcome;
use crate::domain::analysis::{HistoryLine, HistoryQuery};
use crate::domain::ids::PlaylistId;
use crate::domain::practice::Rating;
use crate::domain::time::CalendarDate;
use crate::store::schema::Table;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::save_file;
use crate::ui::model::history;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::{AnalysisAnswer, AnalysisRequest, Response};

const TABLES: &[Table] = &[Table::PracticeRecord, Table::Playlist, Table::Tune, Table::TuneOverride];
/// Lines a page.
const PAGE: u32 = 50;
/// Keystrokes closer together than this are answered as one.
const PAUSE: Duration = Duration::from_millis(150);

/// The page.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let app = app();
    let none = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.all.is_empty())));
    let words = use_query_map().with_untracked(|map| map.get("tune")).unwrap_or_default();
    let query = RwSignal::new(HistoryQuery { text: words, ..HistoryQuery::default() });
    let offset = RwSignal::new(0_u32);
    let live = app.live(
        TABLES,
        move || {
            app.account.track();
            Some(AnalysisRequest::History { query: query.get(), offset: offset.get(), limit: PAGE })
        },
        |response| match response {
            Response::Analysis(AnalysisAnswer::History(page)) => Some(page),
            _ => None,
        },
    );
    let page = Memo::new(move |_| live.value.get());
    let total = Memo::new(move |_| page.with(|page| page.as_ref().map(|page| page.total)));
    let saving = Attempt::new();
    let save = move |_| {
        let request = AnalysisRequest::HistoryTable { query: query.get_untracked() };
        save_file::save_as(app, saving, request, "practice", "csv", "text/csv");
    };
    let turn = move |to: u32| {
        offset.set(to);
        window().scroll_to_with_x_and_y(0.0, 0.0);
    };
    let days = move || {
        let lines = page.with(|page| page.as_ref().map(|page| page.lines.clone()).unwrap_or_default());
        let several = app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.all.len() > 1));
        history::by_day(lines, &chrono::Local)
            .into_iter()
            .map(|(day, lines)| {
                let lines = lines.into_iter().map(|line| view! { <Line line several /> }).collect_view();
                view! { <section class="history-day"><h2>{day}</h2><ul>{lines}</ul></section> }
            })
            .collect_view()
    };
    let last = move || total.get().unwrap_or_default() <= offset.get() + PAGE;
    let wanted = move || query.with(|query| *query != HistoryQuery::default());
    view! {
        <Show when=move || !none.get() fallback=|| view! { <Welcome /> }>
            <section class="page narrow practice-history">
                <Crumb />
                <PageTitle text=t("Practice history") />
                <OfflineHint devices=true says=t("You are offline. What you rate here is in this list; what you rated on other devices since then comes when you are online.") />
                <Filters query offset />
                <p class="total quiet" role="status" data-testid="history-total">
                    {move || page.with(|page| page.as_ref().map(|page| history::range(page.offset, page.lines.len(), page.total)))}
                </p>
                <Problem failure=live.failure again=live.again() />
                <Show when=move || total.get().is_some() fallback=|| view! { <Waiting what=t("the history") /> }>
                    <Show when=move || total.get() != Some(0) fallback=move || view! {
                        <div class="empty">
                            <Show when=wanted fallback=|| view! {
                                <h2>{t("Nothing rated yet")}</h2>
                                <p>{t("Every rating you give is kept here, with its day.")}</p>
                                <p class="actions centred"><a class="button primary" href="/">{t("To today's practice")}</a></p>
                            }>
                                <p>{t("No rating is like that.")}</p>
                                <button on:click=move |_| { query.set(HistoryQuery::default()); offset.set(0); }>{t("Show all")}</button>
                            </Show>
                        </div>
                    }>
                        {days}
                        <nav class="stretches" aria-label=t("Pages of the history")>
                            <button disabled=move || offset.get() == 0 on:click=move |_| turn(offset.get_untracked().saturating_sub(PAGE))>
                                <Sign icon=Icon::Back />{t("Newer")}
                            </button>
                            <button disabled=last on:click=move |_| turn(offset.get_untracked() + PAGE)>{t("Older")}</button>
                        </nav>
                        <Problem failure=saving.failure />
                        <div class="actions start">
                            <button disabled=move || saving.busy.get() on:click=save>{t("Save these as a table (CSV)")}</button>
                        </div>
                    </Show>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Line(line: HistoryLine, several: bool) -> impl IntoView {
    let said = history::rating(&line);
    let class = format!("rated-as {}", line.rating.label().to_lowercase());
    let repertoire = several.then(|| line.repertoire.clone());
    let facts: Vec<String> =
        [history::time(&line, &chrono::Local)].into_iter().chain(repertoire).chain(history::next(&line)).collect();
    view! {
        <li data-testid="history-line">
            <a href=format!("/tune/{}", line.tune)>{line.title.unwrap_or_else(|| t("Gan ainm (no name)").to_owned())}</a>
            <span class=class>{said}</span>
            <span class="quiet">{facts.join(" · ")}</span>
        </li>
    }
}

#[component]
fn Filters(query: RwSignal<HistoryQuery>, offset: RwSignal<u32>) -> impl IntoView {
    let app = app();
    let change = move |work: &dyn Fn(&mut HistoryQuery)| {
        offset.set(0);
        query.update(work);
    };
    let typed = RwSignal::new(query.with_untracked(|query| query.text.clone()));
    // “Show all” empties it from outside.
    Effect::new(move |_| {
        let text = query.with(|query| query.text.clone());
        if text.is_empty() {
            typed.set(text);
        }
    });
    let settle = StoredValue::new(None::<TimeoutHandle>);
    let type_on = move |now: String| {
        typed.set(now.clone());
        if let Some(earlier) = settle.get_value() {
            earlier.clear();
        }
        let later = set_timeout_with_handle(move || change(&|query| query.text.clone_from(&now)), PAUSE);
        settle.set_value(later.ok());
    };
    let ratings = Rating::ALL.map(|rating| {
        let toggle = move |_| {
            change(&|query| match query.ratings.iter().position(|known| *known == rating) {
                Some(at) => drop(query.ratings.remove(at)),
                None => query.ratings.push(rating),
            });
        };
        view! {
            <label class="chip">
                <input type="checkbox" prop:checked=move || query.with(|query| query.ratings.contains(&rating)) on:change=toggle />
                <span>{t(rating.label())}</span>
            </label>
        }
    });
    let narrowed = query.with_untracked(|query| query.from.is_some() || query.to.is_some() || query.playlist.is_some());
    let date = |text: String| text.parse::<CalendarDate>().ok();
    let shown = |date: Option<CalendarDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let repertoires = move || {
        let all = app.repertoires.with(|r| r.as_ref().map(|r| r.all.clone()).unwrap_or_default());
        (all.len() > 1).then(|| {
            let options = all.into_iter().map(|r| view! { <option value=r.id.to_string()>{r.name}</option> });
            view! {
                <label class="field"><span>{t("Repertoire")}</span>
                    <select on:change=move |event| {
                        let chosen = event_target_value(&event).parse::<PlaylistId>().ok();
                        change(&|query| query.playlist = chosen);
                    } prop:value=move || query.with(|query| query.playlist.map(|id| id.to_string()).unwrap_or_default())>
                        <option value="">{t("All repertoires")}</option>
                        {options.collect_view()}
                    </select>
                </label>
            }
        })
    };
    view! {
        <div class="history-filters" role="search">
            <div class="search">
                <Sign icon=Icon::Search />
                <input type="search" aria-label=t("Search for a tune") placeholder=t("Tune") autocomplete="off" autocapitalize="none" spellcheck="false"
                    prop:value=move || typed.get() on:input=move |event| type_on(event_target_value(&event)) />
            </div>
            <fieldset class="chips"><legend class="unseen">{t("How it went")}</legend>{ratings}</fieldset>
            <details open=narrowed>
            <summary>{t("Days and repertoire")}</summary>
            <div class="days">
                <label class="field"><span>{t("From")}</span>
                    <input type="date" prop:value=move || query.with(|query| shown(query.from))
                        on:change=move |event| { let day = date(event_target_value(&event)); change(&|query| query.from = day); } />
                </label>
                <label class="field"><span>{t("To")}</span>
                    <input type="date" prop:value=move || query.with(|query| shown(query.to))
                        on:change=move |event| { let day = date(event_target_value(&event)); change(&|query| query.to = day); } />
                </label>
                {repertoires}
            </div>
            </details>
        </div>
    }
}
