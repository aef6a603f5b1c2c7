//! The root: provides the shared state, shows the shell once the database is open, or why it is not.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::components::icons::Mark;
use super::components::page_title::FirstPage;
use super::offline_copy::OfflineCopy;
use super::pages::{
    analysis, catalog, conflicts, data, history, import, know, new_tune, practice, practice_settings, refused,
    repertoire, repertoires, settings, sign_in, start, starter, tune,
};
use super::preferences::Preferences;
use super::shell::Shell;
use super::state::{App, Opening};

/// Puts the app in the place of the static shell of `index.html`.
pub fn mount() {
    console_error_panic_hook::set_once();
    super::locale::follow_browser();
    if let Some(shell) = document().get_element_by_id("boot") {
        shell.remove();
    }
    leptos::mount::mount_to_body(Root);
}

#[component]
fn Root() -> impl IntoView {
    Preferences::provide();
    FirstPage::provide();
    OfflineCopy::provide();
    let app = App::provide();
    let stopped = Memo::new(move |_| match app.opening.get() {
        Opening::OtherTab => Some(None),
        Opening::Failed(why) => Some(Some(why)),
        Opening::Starting | Opening::Open(_) => None,
    });
    view! {
        <Router>
            {move || match stopped.get() {
                Some(None) => view! { <OtherTab /> }.into_any(),
                Some(Some(why)) => view! { <Failed why /> }.into_any(),
                None => view! { <Shell><Pages /></Shell> }.into_any(),
            }}
        </Router>
    }
}

#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=practice::Practice />
            <Route path=path!("/repertoire") view=repertoire::RepertoirePage />
            <Route path=path!("/repertoires") view=repertoires::RepertoiresPage />
            <Route path=path!("/know") view=know::Know />
            <Route path=path!("/import") view=import::ImportPage />
            <Route path=path!("/starter") view=starter::Starter />
            <Route path=path!("/catalog") view=catalog::Catalog />
            <Route path=path!("/analysis") view=analysis::AnalysisPage />
            <Route path=path!("/history") view=history::HistoryPage />
            <Route path=path!("/tune/:id") view=tune::TunePage />
            <Route path=path!("/new-tune") view=new_tune::NewTune />
            <Route path=path!("/start") view=start::Start />
            <Route path=path!("/sign-in") view=sign_in::SignIn />
            <Route path=path!("/sign-up") view=sign_in::SignUp />
            <Route path=path!("/settings") view=settings::Settings />
            <Route path=path!("/settings/account") view=settings::AccountSettings />
            <Route path=path!("/settings/appearance") view=settings::AppearanceSettings />
            <Route path=path!("/settings/keyboard") view=settings::KeyboardSettings />
            <Route path=path!("/settings/sync") view=settings::SyncSettingsPage />
            <Route path=path!("/data") view=data::Data />
            <Route path=path!("/settings/practice") view=practice_settings::PracticeSettings />
            <Route path=path!("/conflicts") view=conflicts::Conflicts />
            <Route path=path!("/refused") view=refused::Refused />
        </Routes>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <section class="page narrow">
            <super::components::page_title::PageTitle text="Nothing here" />
            <p>"There is no page at this address."</p>
            <p><a class="button primary" href="/">"To today's practice"</a></p>
        </section>
    }
}

#[component]
fn OtherTab() -> impl IntoView {
    super::offline_copy::reload_with_a_new_version();
    view! {
        <main class="notice-page">
            <Mark />
            <h1>"TuneTrees is open in another tab"</h1>
            <p>"That tab is in charge of your tunes, so that nothing is written twice. Close it, and TuneTrees goes on here by itself."</p>
            <p class="quiet" role="status">"Waiting for the other tab…"</p>
        </main>
    }
}

#[component]
fn Failed(why: String) -> impl IntoView {
    let reload = move |_| {
        let _ = window().location().reload();
    };
    view! {
        <main class="notice-page">
            <Mark />
            <h1>"TuneTrees could not open your tunes"</h1>
            <p role="alert">{why}</p>
            <p class="quiet">"Nothing was deleted."</p>
            <button class="primary" on:click=reload>"Try again"</button>
        </main>
    }
}
