//! Something that takes long, with a bar and the number of rows done: a file that is brought in, what goes along into an account.

use leptos::prelude::*;

use crate::ui::model::intake_words as words;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;
use crate::worker::protocol::IntakeProgress;

/// `what` is going on, so far. Only the first is read out: the count moves all the time.
#[component]
pub fn LongWork(
    /// In words, without an end.
    what: &'static str,
    /// How many hundredths.
    #[prop(into)]
    percent: Signal<u32>,
    /// How many rows, where rows are counted.
    #[prop(into)]
    rows: Signal<Option<IntakeProgress>>,
) -> impl IntoView {
    let count = move || rows.get().map(words::so_far);
    view! {
        <div class="intake-progress" data-testid="intake-progress">
            <p role="status">{what}"…"</p>
            <progress max="100" prop:value=move || percent.get() aria-label=what></progress>
            <p class="quiet count">{count}</p>
        </div>
    }
}

/// While somebody signs in: what is on the device goes along into the account. She may have brought in the practice of years before she made one.
#[component]
pub fn TakingAlong(
    /// That of signing in.
    attempt: Attempt,
) -> impl IntoView {
    let rows = app().intake;
    let percent = Signal::derive(move || rows.get().map_or(0, words::percent_of));
    view! {
        <Show when=move || attempt.busy.get() && rows.with(Option::is_some)>
            <LongWork what=t("Taking along what is on this device") percent rows />
        </Show>
    }
}
