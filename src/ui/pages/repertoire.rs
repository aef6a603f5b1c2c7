//! The tunes of the current repertoire.

use leptos::prelude::*;

use crate::domain::listing::Scope;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::tune_table::TuneTable;
use crate::ui::pages::welcome::Welcome;
use crate::ui::state::app;
use crate::ui::text::t;

/// The page.
#[component]
pub fn RepertoirePage() -> impl IntoView {
    let app = app();
    let none = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().is_some_and(|r| r.current.is_none())));
    let name = Signal::derive(move || {
        let name = app.repertoires.with(|r| r.as_ref().and_then(|r| r.chosen()).map(|r| r.name.clone()));
        name.unwrap_or_else(|| t("Repertoire").into())
    });
    view! {
        <Show when=move || !none.get() fallback=|| view! { <Welcome /> }>
            <section class="page">
                <header class="page-head">
                    <PageTitle text=name />
                    <div class="actions">
                        <a class="button" href="/know">{t("What do I know?")}</a>
                        <a class="button" href="/catalog"><Sign icon=Icon::Plus />{t("Add tunes")}</a>
                    </div>
                </header>
                <TuneTable scope=Scope::Repertoire empty=|| view! {
                    <div class="empty">
                        <h2>{t("No tunes in this repertoire yet")}</h2>
                        <p>{t("Take the tunes you play from the catalog, or write down your own.")}</p>
                        <p class="actions centred">
                            <a class="button primary" href="/catalog">{t("Open the catalog")}</a>
                            <a class="button" href="/starter">{t("Well-known Irish tunes")}</a>
                            <a class="button" href="/new-tune">{t("New tune")}</a>
                        </p>
                    </div>
                } />
            </section>
        </Show>
    }
}
