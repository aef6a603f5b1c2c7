//! What practice adds up to: pictures, and each of them as a table. Everything is computed on this device.

mod bars;
mod calendar;

use leptos::prelude::*;

use self::bars::{Bars, Columns, Dots, Kinds};
use self::calendar::Days;
use super::welcome::Welcome;
use crate::domain::analysis::Analysis;
use crate::domain::ids::PlaylistId;
use crate::store::schema::Table;
use crate::sync::status::SyncPhase;
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::{analysis, forecast, locale, when};
use crate::ui::state::app;
use crate::ui::text::{say, t};
use crate::worker::protocol::{AnalysisAnswer, AnalysisRequest, Response};

const TABLES: &[Table] = &[
    Table::PracticeRecord,
    Table::PlaylistTune,
    Table::Playlist,
    Table::Tune,
    Table::TuneOverride,
    Table::PrefsSpacedRepetition,
    Table::PrefsSchedulingOptions,
];

/// The page.
#[component]
pub fn AnalysisPage() -> impl IntoView {
    let app = app();
    let none = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.current.is_none())));
    let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
    let several = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.all.len() > 1)));
    let all = RwSignal::new(false);
    let live = app.live(
        TABLES,
        move || {
            app.account.track();
            let playlist: Option<PlaylistId> = current.get();
            let all = all.get();
            playlist.map(|playlist| AnalysisRequest::Analysis { playlist: (!all).then_some(playlist) })
        },
        |response| match response {
            Response::Analysis(AnalysisAnswer::Analysis(analysis)) => Some(*analysis),
            _ => None,
        },
    );
    let made = Memo::new(move |_| live.value.get());
    let unrated = move || made.with(|made| made.as_ref().is_some_and(|made| made.days.is_empty()));
    let choice = move |text: Signal<String>, value: bool| {
        view! {
            <label class="chip">
                <input type="radio" name="scope" prop:checked=move || all.get() == value on:change=move |_| all.set(value) />
                <span>{text}</span>
            </label>
        }
    };
    let name = Signal::derive(move || {
        app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).map(|r| r.name.clone()).unwrap_or_default())
    });
    view! {
        <Show when=move || !none.get() fallback=|| view! { <Welcome /> }>
            <section class="page analysis">
                <header class="page-head">
                    <PageTitle text=t("Analysis") />
                    <a class="button" href="/history">{t("Practice history")}</a>
                </header>
                <Show when=move || several.get()>
                    <fieldset class="chips">
                        <legend class="unseen">{t("Which repertoires")}</legend>
                        {choice(name, false)}
                        {choice(Signal::stored(t("All repertoires").to_owned()), true)}
                    </fieldset>
                </Show>
                <Problem failure=live.failure again=live.again() />
                <Show when=move || made.with(Option::is_some) fallback=|| view! { <Waiting what=t("the analysis") /> }>
                    <Show when=move || !unrated() fallback=move || view! {
                        <div class="empty">
                            <h2>{t("Nothing rated yet")}</h2>
                            <p>{t("Practise a tune and say how it went: from then on this page shows your days, what comes, and how much you remember.")}</p>
                            <p class="actions centred"><a class="button primary" href="/">{t("To today's practice")}</a></p>
                        </div>
                    }>
                        <Parts made />
                    </Show>
                    <p class="quiet">
                        {t("Computed on this device, from what is here.")}
                        {move || matches!(app.sync.with(|sync| sync.phase), SyncPhase::Offline | SyncPhase::Retrying)
                            .then_some(t(" There is no connection at the moment: what you rated on other devices since is not counted yet."))}
                    </p>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Parts(made: Memo<Option<Analysis>>) -> impl IntoView {
    // Only built while there is one; the last one stays while the next is asked for.
    let of = move |read: fn(&Analysis) -> String| {
        Signal::derive(move || made.with(|made| made.as_ref().map(read).unwrap_or_default()))
    };
    let stalest = move || {
        let app = app();
        let lines = made.with(|made| made.as_ref().map(|made| made.freshness.stalest.clone()).unwrap_or_default());
        (!lines.is_empty()).then(|| {
            let items = lines.into_iter().map(|tune| {
                let title = tune.title.unwrap_or_else(|| t("Gan ainm (no name)").to_owned());
                let ago = when::last_played(Some(tune.practiced), app.now.get(), &chrono::Local);
                view! {
                    <li>
                        <a href=format!("/tune/{}", tune.tune)>{title}</a>
                        <span class="quiet">{say!("{percent} likely, {ago}", percent = locale::percent(tune.known), ago)}</span>
                    </li>
                }
            });
            view! { <section class="part"><h2>{t("The stalest")}</h2><ul class="stalest">{items.collect_view()}</ul></section> }
        })
    };
    let bands = move || {
        made.with(|made| {
            made.as_ref()
                .map(|made| analysis::freshness_bars(&made.freshness, made.retention.target))
                .unwrap_or_default()
        })
    };
    let lengths = move || {
        made.with(|made| made.as_ref().map(|made| analysis::stability_bars(&made.stability)).unwrap_or_default())
    };
    view! {
        <div class="parts">
        <div><Days made summary=of(|made| analysis::rhythm(&made.rhythm)) /></div>
        <div><Columns made summary=of(|made| forecast::summary(&made.forecast)) /></div>
        <div><Dots made summary=of(|made| analysis::retention(&made.retention)) /></div>
        <div><Bars title=t("Fresh or stale") heads=[t("How likely you know it now"), t("Tunes")] summary=of(|made| analysis::freshness(&made.freshness))
            bars=Signal::derive(bands) class="bands" /></div>
        {move || stalest().map(|list| view! { <div>{list}</div> })}
        <div><Bars title=t("How long tunes keep") heads=[t("Keeps"), t("Tunes")] summary=of(|made| analysis::stability(&made.stability)) bars=Signal::derive(lengths) /></div>
        <div><Kinds made summary=of(|made| analysis::kinds(&made.kinds)) /></div>
        </div>
    }
}

/// A picture and its table: one of them is shown.
#[component]
fn Part(
    /// The heading.
    title: &'static str,
    /// What it comes to, in a sentence.
    summary: Signal<String>,
    /// The picture.
    #[prop(into)]
    picture: ViewFn,
    /// The same as a table.
    #[prop(into)]
    table: ViewFn,
) -> impl IntoView {
    let tabular = RwSignal::new(false);
    view! {
        <section class="part">
            <div class="part-head">
                <h2>{title}</h2>
                <button class="plain" aria-pressed=move || tabular.get().to_string() on:click=move |_| tabular.update(|on| *on = !*on)>
                    {t("As a table")}<span class="unseen">": "{title}</span>
                </button>
            </div>
            <p>{summary}</p>
            {move || if tabular.get() { table.run() } else { picture.run() }}
        </section>
    }
}
