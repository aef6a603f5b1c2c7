//! The way back: to the page above this one.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::icons::{Icon, Sign};
use crate::ui::model::sections;
use crate::ui::text::say;

/// The link at the upper edge of a page.
#[component]
pub fn Crumb() -> impl IntoView {
    // Of the page it stands on: while the next one comes, it does not change.
    let path = use_location().pathname.get_untracked();
    sections::above(&path).map(|(href, page)| {
        view! {
            <p class="crumb"><a class="button plain" href=href aria-label=say!("Back to {page}", page)><Sign icon=Icon::Back />{page}</a></p>
        }
    })
}
