//! From the top of a tune's page to its parts: on a phone they are far down.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::domain::tune::TuneDetail;
use crate::ui::components::page_title::focus_in_place;
use crate::ui::model::tune_parts;
use crate::ui::text::t;

/// A button for each part. They leave nothing in the browser's history: back leads out of the page.
#[component]
pub fn Jumps(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
) -> impl IntoView {
    let parts = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(tune_parts::jumps).unwrap_or_default()));
    let jump = |to: &'static str| {
        let Some(heading) = document().get_element_by_id(to).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
        else {
            return;
        };
        heading.scroll_into_view();
        focus_in_place(&heading);
    };
    view! {
        <nav class="jumps" aria-label=t("On this page")>
            {move || parts.get().into_iter().map(|(to, words)| view! {
                <button class="plain" on:click=move |_| jump(to)>{words}</button>
            }).collect_view()}
        </nav>
    }
}
