//! The frame around the pages: top bar, navigation, notices.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::JsCast;

use super::components::icons::{Icon, Mark, Sign};
use super::components::notices::Notices;
use super::components::sync_badge::SyncBadge;
use super::state::app;
use crate::ui::model::sections::Section;
use crate::ui::text::t;
use crate::worker::protocol::LibraryRequest;

/// Top bar, navigation, and the page between them.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let path = use_location().pathname;
    let section =
        Memo::new(move |before: Option<&Option<Section>>| Section::of(&path.get(), before.copied().flatten()));
    let tab = move |of: Section, icon: Icon| {
        view! {
            <a href=of.href() aria-current=move || of.mark(&path.get(), section.get())><Sign icon=icon /><span>{of.name()}</span></a>
        }
    };
    view! {
        <a class="skip" href="#page">{t("Skip to the page")}</a>
        <header class="topbar">
            <A href="/" attr:class="wordmark" attr:aria-label=t("TuneTrees, to today's practice")><Mark /><span>"TuneTrees"</span></A>
            <RepertoireMenu />
            <SyncBadge />
        </header>
        <nav class="tabs" aria-label=t("Main")>
            {tab(Section::Practice, Icon::Stand)}
            {tab(Section::Repertoire, Icon::Sheets)}
            {tab(Section::Catalog, Icon::Search)}
            {tab(Section::Analysis, Icon::Chart)}
            {tab(Section::Settings, Icon::Sliders)}
        </nav>
        <main id="page">{children()}</main>
        <Notices />
    }
}

/// The name of the repertoire; a menu where there is more than one.
#[component]
fn RepertoireMenu() -> impl IntoView {
    let app = app();
    let navigate = use_navigate();
    let choose = move |id: String| {
        match id.as_str() {
            "new" => return navigate("/start", Default::default()),
            "all" => return navigate("/repertoires", Default::default()),
            _ => {}
        }
        if let Ok(playlist) = id.parse() {
            app.tell(LibraryRequest::ChooseRepertoire { playlist }, |_| {});
        }
    };
    view! {
        {move || {
            let repertoires = app.repertoires.get().filter(|r| !r.all.is_empty())?;
            let choose = choose.clone();
            let options = repertoires.all.iter().map(|r| {
                let selected = Some(r.id) == repertoires.current;
                view! { <option value=r.id.to_string() selected=selected>{r.name.clone()}</option> }
            }).collect_view();
            Some(view! {
                <label class="repertoire-menu">
                    <span class="unseen">{t("Repertoire")}</span>
                    <select on:change=move |event| {
                        let chosen = event_target_value(&event);
                        if let (Some(target), Some(current)) = (event.target(), repertoires.current)
                            && matches!(chosen.as_str(), "new" | "all")
                        {
                            // These two lead elsewhere: the menu goes on naming what is played.
                            target.unchecked_into::<web_sys::HtmlSelectElement>().set_value(&current.to_string());
                        }
                        choose(chosen);
                    }>
                        {options}
                        <option value="new">{t("New repertoire…")}</option>
                        <option value="all">{t("Manage repertoires…")}</option>
                    </select>
                </label>
            })
        }}
    }
}
