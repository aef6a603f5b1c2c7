//! The root: provides the shared state, shows the shell once the database is open, or why it is not.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use super::components::icons::Mark;
use super::components::page_title::FirstPage;
use super::offline_copy::OfflineCopy;
use super::pages::today::Today;
use super::parts;
use super::preferences::Preferences;
use super::shell::Shell;
use super::state::{App, Opening};
use crate::ui::text::{browser, t};

/// How long after the database is open the other pages are fetched: the first one comes first.
const PAGES_AFTER: Duration = Duration::from_secs(2);

/// Puts the app in the place of the static shell of `index.html`, in the reader's language.
pub fn mount() {
    console_error_panic_hook::set_once();
    let wanted = browser::wanted();
    if wanted == browser::ENGLISH {
        return show(&wanted);
    }
    // The executor of Leptos comes with its first view.
    wasm_bindgen_futures::spawn_local(async move { show(&browser::speak_in(&wanted).await) });
}

fn show(spoken: &str) {
    super::locale::follow_browser(spoken);
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
    Effect::new(move |fetched: Option<bool>| {
        let open = app.opening.with(|opening| matches!(opening, Opening::Open(_)));
        if open && fetched != Some(true) {
            leptos::task::spawn_local(parts::fetch_first());
            set_timeout(|| leptos::task::spawn_local(parts::fetch_all()), PAGES_AFTER);
        }
        open || fetched == Some(true)
    });
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
            <Route path=path!("/") view=Today />
            <Route path=path!("/repertoire") view=parts::repertoire />
            <Route path=path!("/repertoires") view=parts::repertoires />
            <Route path=path!("/know") view=parts::know />
            <Route path=path!("/import") view=parts::import />
            <Route path=path!("/starter") view=parts::starter />
            <Route path=path!("/catalog") view=parts::catalog />
            <Route path=path!("/analysis") view=parts::analysis />
            <Route path=path!("/history") view=parts::history />
            <Route path=path!("/tune/:id") view=parts::tune />
            <Route path=path!("/new-tune") view=parts::new_tune />
            <Route path=path!("/start") view=parts::start />
            <Route path=path!("/sign-in") view=parts::sign_in />
            <Route path=path!("/sign-up") view=parts::sign_up />
            <Route path=path!("/forgotten") view=parts::forgotten />
            <Route path=path!("/settings") view=parts::settings />
            <Route path=path!("/settings/account") view=parts::account_settings />
            <Route path=path!("/settings/appearance") view=parts::appearance_settings />
            <Route path=path!("/settings/keyboard") view=parts::keyboard_settings />
            <Route path=path!("/settings/sync") view=parts::sync_settings />
            <Route path=path!("/data") view=parts::data />
            <Route path=path!("/settings/practice") view=parts::practice_settings />
            <Route path=path!("/conflicts") view=parts::conflicts />
            <Route path=path!("/refused") view=parts::refused />
        </Routes>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <section class="page narrow">
            <super::components::page_title::PageTitle text=t("Nothing here") />
            <p>{t("There is no page at this address.")}</p>
            <p><a class="button primary" href="/">{t("To today's practice")}</a></p>
        </section>
    }
}

#[component]
fn OtherTab() -> impl IntoView {
    super::offline_copy::reload_with_a_new_version();
    view! {
        <main class="notice-page">
            <Mark />
            <h1>{t("TuneTrees is open in another tab")}</h1>
            <p>{t("That tab is in charge of your tunes, so that nothing is written twice. Close it, and TuneTrees goes on here by itself.")}</p>
            <p class="quiet" role="status">{t("Waiting for the other tab…")}</p>
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
            <h1>{t("TuneTrees could not open your tunes")}</h1>
            <p role="alert">{why}</p>
            <p class="quiet">{t("Nothing was deleted.")}</p>
            <button class="primary" on:click=reload>{t("Try again")}</button>
        </main>
    }
}
