//! Writing down a tune of one's own; it goes into the current repertoire.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::domain::tune::TuneFields;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::tune_form::TuneForm;
use crate::ui::drafts;
use crate::ui::model::draft::Draft;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The page.
#[component]
pub fn NewTune() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let navigate = use_navigate();
    let back = navigate.clone();
    let save = Callback::new(move |fields: TuneFields| {
        let navigate = navigate.clone();
        attempt.go(app, LibraryRequest::CreateTune { fields }, move |response| {
            drafts::forget(Draft::Form(None));
            if let Response::Library(LibraryAnswer::Tune(tune)) = response {
                navigate(&format!("/tune/{}", tune.id), Default::default());
            }
        });
    });
    let cancel = Callback::new(move |()| back("/catalog", Default::default()));
    view! {
        <section class="page narrow">
            <Crumb />
            <PageTitle text=t("New tune") />
            <p class="quiet">{t("Only you see it. It goes into your current repertoire.")}</p>
            <TuneForm initial=TuneFields::default() catalog=None save_label=t("Save the tune") busy=attempt.busy failure=attempt.failure save cancel draft=Draft::Form(None) />
        </section>
    }
}
