//! How a tune of the repertoire is practised: when it comes, what for, when it was learned, putting it aside.

use leptos::prelude::*;

use crate::domain::listing::Place;
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::domain::tune::TuneDetail;
use crate::ui::components::live_text::Problem;
use crate::ui::components::tune_plan::{GoalField, LearnedField, WishField};
use crate::ui::model::when;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::PracticeRequest;

/// The section; nothing for a tune that is not in the repertoire.
#[component]
pub fn Plan(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let place = Memo::new(move |_| tune.with(|tune| tune.as_ref().and_then(|tune| tune.place.clone())));
    let there = Memo::new(move |_| place.with(Option::is_some));
    let id = Signal::derive(move || tune.with(|tune| tune.as_ref().map(|tune| tune.id)));
    let of = move |read: fn(&Place) -> Option<crate::domain::time::Timestamp>| {
        Signal::derive(move || place.with(|place| place.as_ref().and_then(read)))
    };
    let goal =
        Signal::derive(move || place.with(|place| Goal::from_stored(place.as_ref().and_then(|p| p.goal.as_deref()))));
    let scheduled = of(|place| place.scheduled);
    let due = of(|place| place.due);
    let aside = Memo::new(move |_| scheduled.get() == Some(SUSPENDED));
    let put_aside = move |_| {
        let Some(tune) = id.get_untracked() else { return };
        attempt.go(app, PracticeRequest::Wish { tune, when: Some(SUSPENDED) }, move |_| {
            app.say(t("Put aside until further notice"));
        });
    };
    view! {
        <Show when=move || there.get()>
            <section class="plan" data-testid="plan">
                <h2 id="plan" tabindex="-1">{t("Practice")}</h2>
                <Show when=move || scheduled.get().is_none()>
                    <p class="quiet">{move || match due.get() {
                        None => t("Not practised yet: it comes with the new tunes.").to_owned(),
                        due => say!("By the schedule: {due}.", due = when::due(due, app.now.get(), &chrono::Local)),
                    }}</p>
                </Show>
                <WishField tune=id scheduled done=|()| () />
                <GoalField tune=id goal done=|()| () />
                <LearnedField tune=id learned=of(|place| place.learned) />
                <Show when=move || !aside.get()>
                    <button disabled=move || attempt.busy.get() on:click=put_aside>{t("Put it aside until further notice")}</button>
                </Show>
                <Problem failure=attempt.failure />
            </section>
        </Show>
    }
}
