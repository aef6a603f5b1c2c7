//! What stands at `/`: a welcome for whoever has no repertoire, today's practice for everybody else. Practice is a part of the module: a first
//! visit does not wait for it.

use leptos::prelude::*;

use super::welcome::Welcome;
use crate::ui::parts;
use crate::ui::state::app;

/// The page.
#[component]
pub fn Today() -> impl IntoView {
    let app = app();
    let welcome = Memo::new(move |_| {
        app.repertoires.with(|found| match found {
            Some(found) => found.chosen().is_none(),
            // As index.html has it already.
            None => !app.known(),
        })
    });
    move || if welcome.get() { view! { <Welcome /> }.into_any() } else { parts::practice() }
}
