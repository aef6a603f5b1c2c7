//! The page's module comes in parts: what every visit needs (the shell, the welcome) at once, practice beside it for whoever has tunes, the other
//! pages when one of them is first opened, or before, once the app is at rest. The build cuts the module at the functions named here (`xtask/src/split.rs`);
//! the service worker keeps all parts, so that none of them needs a network later.
//!
//! Pages that share much are one part.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::components::live_text::Waiting;
use super::components::page_title::PageTitle;
use super::pages::{
    analysis, catalog, conflicts, data, forgotten, history, import, know, new_tune, practice, practice_settings,
    refused, repertoire, repertoires, settings, sign_in, start, starter, tune,
};
use crate::ui::text::t;

/// A part did not come. Why is in the console.
struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// How a part is fetched, and whether it came.
type Fetch = fn() -> LocalBoxFuture<'static, bool>;

/// For each page the function that the module is cut at, inside the view that waits for its part.
macro_rules! pages {
    ($($part:ident: $($name:ident = $page:path),+;)+) => {
        $($(
            /// The page, as soon as its part is there.
            pub fn $name() -> AnyView {
                #[wasm_split($part, fallible, preload(fetch))]
                fn $name() -> Result<AnyView, Missing> {
                    Ok($page().into_any())
                }
                arriving(|| Box::pin(async { fetch().await.is_ok() }), || $name().now_or_never()?.ok())
            }
        )+)+

        const PARTS: &[Fetch] = &[$(
            || {
                #[wasm_split($part, fallible, preload(fetch))]
                fn $part() -> Result<(), Missing> {
                    Ok(())
                }
                Box::pin(async { fetch().await.is_ok() })
            },
        )+];
    };
}

pages! {
    practice: practice = practice::Practice;
    library: repertoire = repertoire::RepertoirePage, repertoires = repertoires::RepertoiresPage, know = know::Know,
        import = import::ImportPage, starter = starter::Starter, catalog = catalog::Catalog, tune = tune::TunePage,
        new_tune = new_tune::NewTune, start = start::Start;
    analysis: analysis = analysis::AnalysisPage, history = history::HistoryPage;
    settings: settings = settings::Settings, account_settings = settings::AccountSettings,
        appearance_settings = settings::AppearanceSettings, keyboard_settings = settings::KeyboardSettings,
        sync_settings = settings::SyncSettingsPage, practice_settings = practice_settings::PracticeSettings,
        data = data::Data, conflicts = conflicts::Conflicts, refused = refused::Refused, sign_in = sign_in::SignIn,
        sign_up = sign_in::SignUp, forgotten = forgotten::Forgotten;
}

/// Fetches practice: whoever has just begun may be without a network in a moment.
pub async fn fetch_first() {
    if let Some(fetch) = PARTS.first() {
        fetch().await;
    }
}

/// Fetches what is not here yet, one part after the other, so that opening a page never waits for one.
pub async fn fetch_all() {
    for fetch in PARTS {
        // Whoever opens one of its pages is told.
        fetch().await;
    }
}

/// Whether a page can be shown.
#[derive(Clone, Copy, PartialEq)]
enum Arrival {
    Awaited,
    Here,
    Failed,
}

fn arriving(fetch: Fetch, show: fn() -> Option<AnyView>) -> AnyView {
    let arrival = RwSignal::new(Arrival::Awaited);
    let go = move || {
        arrival.set(Arrival::Awaited);
        spawn_local(async move {
            let come = if fetch().await { Arrival::Here } else { Arrival::Failed };
            // Nobody may wait for it any more.
            arrival.try_set(come);
        });
    };
    go();
    let view = move || {
        match arrival.get() {
        Arrival::Awaited => view! { <section class="page"><Waiting what=t("this page") /></section> }.into_any(),
        Arrival::Here => untrack(show).unwrap_or_else(|| ().into_any()),
        Arrival::Failed => view! {
            <section class="page narrow">
                <PageTitle text=t("This page is not here yet") />
                <p role="alert">
                    {t("A part of TuneTrees could not be fetched. It is kept on this device after the first complete visit; until then it needs a connection.")}
                </p>
                <p class="actions start">
                    <button class="primary" on:click=move |_| go()>{t("Try again")}</button>
                    <a class="button" href="/">{t("To today's practice")}</a>
                </p>
            </section>
        }.into_any(),
    }
    };
    view.into_any()
}
