//! A failure beside a form, and the state of a list that has not been answered yet.

use leptos::prelude::*;

use crate::ui::text::{say, t, told};
use crate::worker::protocol::Failure;

/// What went wrong, read aloud when it appears.
#[component]
pub fn Problem(
    /// What went wrong.
    failure: RwSignal<Option<Failure>>,
    /// Tries once more: for what is not a form, which has a button for that.
    #[prop(optional, into)]
    again: Option<Callback<()>>,
) -> impl IntoView {
    let retry = move || again.map(|again| view! { <button on:click=move |_| again.run(())>{t("Try again")}</button> });
    view! {
        <div role="alert" class="problem-place">
            {move || failure.get().map(|failure| view! {
                <p class="problem">{told(&failure.to_string()).to_owned()}</p>
                {retry()}
            })}
        </div>
    }
}

/// Grey lines where a list will be.
#[component]
pub fn Waiting(
    /// What is awaited, for screen readers: “your tunes”.
    what: &'static str,
) -> impl IntoView {
    view! {
        <div class="waiting">
            <p class="unseen" role="status">{say!("Loading {what}…", what)}</p>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone"></div>
        </div>
    }
}
