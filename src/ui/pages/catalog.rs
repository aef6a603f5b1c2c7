//! The catalog: all tunes one may see, to be taken into the repertoire.

use leptos::prelude::*;

use crate::domain::listing::Scope;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::tune_table::TuneTable;
use crate::ui::state::app;
use crate::ui::text::t;

/// The page.
#[component]
pub fn Catalog() -> impl IntoView {
    let app = app();
    let fresh = move || app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).is_some_and(|r| r.tunes < 5));
    let many = move || app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).is_some_and(|r| r.tunes > 0));
    view! {
        <section class="page">
            <header class="page-head">
                <PageTitle text=t("Catalog") />
                <div class="actions">
                    <a class="button" href="/import">{t("Import")}</a>
                    <a class="button" href="/new-tune"><Sign icon=Icon::Plus />{t("New tune")}</a>
                </div>
            </header>
            <Show when=fresh>
                <div class="hint stack">
                    <p>{t("Add the tunes you play. Five are enough to begin with.")}</p>
                    <p class="actions start">
                        <a class="button" href="/starter">{t("Choose from well-known Irish tunes")}</a>
                        <Show when=many><a class="button primary" href="/">{t("Start practising")}</a></Show>
                    </p>
                </div>
            </Show>
            <TuneTable scope=Scope::Catalog empty=|| view! {
                <div class="empty">
                    <h2>{t("No tunes here yet")}</h2>
                    <p>{t("The catalog arrives with the first connection to the server. You need not wait for it.")}</p>
                    <p class="actions centred">
                        <a class="button primary" href="/starter">{t("Choose well-known tunes")}</a>
                        <a class="button" href="/import">{t("Import")}</a>
                        <a class="button" href="/new-tune">{t("Write down a tune")}</a>
                    </p>
                </div>
            } />
        </section>
    }
}
