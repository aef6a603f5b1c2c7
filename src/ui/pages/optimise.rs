//! “Optimise my weights”: FSRS learns from this person's own ratings, in the worker, a little at a time; then it is shown what would change.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::domain::practice::{TrainingResult, TrainingState};
use crate::ui::components::live_text::Problem;
use crate::ui::model::practice_settings::trained_words;
use crate::ui::state::app;
use crate::ui::text::{say, t};
use crate::worker::protocol::{Failure, PracticeAnswer, PracticeRequest, Response};

#[derive(Clone, PartialEq)]
enum Stage {
    Idle,
    TooFew(u32),
    Running(u32, u32),
    Done(TrainingResult),
}

/// The button, the progress, the result.
#[component]
pub fn Optimise(
    /// Uses these weights from now on.
    use_weights: Callback<Vec<f32>>,
) -> impl IntoView {
    let app = app();
    let stage = RwSignal::new(Stage::Idle);
    let failure = RwSignal::new(None::<Failure>);
    let start = move |_| {
        failure.set(None);
        stage.set(Stage::Running(0, 1));
        spawn_local(async move {
            let mut begin = true;
            // Stopped, or the page was left: nobody asks any more, and the worker goes on with other things.
            while matches!(stage.try_get_untracked(), Some(Stage::Running(..))) {
                let answer = app.call(PracticeRequest::Train { begin }).await;
                begin = false;
                let next = match answer {
                    Ok(Response::Practice(PracticeAnswer::Training(state))) => match state {
                        TrainingState::TooFew { needed } => Stage::TooFew(needed),
                        TrainingState::Running { done, all } => Stage::Running(done, all),
                        TrainingState::Done(result) => Stage::Done(result),
                    },
                    Ok(_) => Stage::Idle,
                    Err(why) => {
                        failure.try_set(Some(why));
                        Stage::Idle
                    }
                };
                if matches!(stage.try_get_untracked(), Some(Stage::Running(..))) {
                    stage.try_set(next);
                }
            }
        });
    };
    let accept = move |weights: Vec<f32>| {
        use_weights.run(weights);
        stage.set(Stage::Idle);
    };
    view! {
        <section class="stack optimise">
            <h3>{t("Fit the schedule to your memory")}</h3>
            <Problem failure />
            {move || match stage.get() {
                Stage::Idle => view! {
                    <p>{t("FSRS can learn from your own ratings how fast you forget. Nothing leaves this device, and nothing changes before you agree.")}</p>
                    <div class="actions start"><button data-testid="optimise" on:click=start>{t("Optimise my weights")}</button></div>
                }.into_any(),
                Stage::TooFew(needed) => view! {
                    <p role="status">{say!("There is too little to learn from yet: {needed} ratings on later days are needed. Come back when you have practised more.", needed)}</p>
                    <div class="actions start"><button on:click=move |_| stage.set(Stage::Idle)>{t("Close")}</button></div>
                }.into_any(),
                Stage::Running(done, all) => view! {
                    <p role="status">{t("Learning from your ratings…")}</p>
                    <progress max=all.to_string() value=done.to_string() aria-label=t("Learning")></progress>
                    <div class="actions start"><button on:click=move |_| stage.set(Stage::Idle)>{t("Stop")}</button></div>
                }.into_any(),
                Stage::Done(result) => {
                    let words = trained_words(&result);
                    let better = result.after < result.before;
                    let weights = result.weights.clone();
                    view! {
                        <div role="status" data-testid="optimised">{words.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}</div>
                        <div class="actions start">
                            {better.then(|| view! { <button class="primary" on:click=move |_| accept(weights.clone())>{t("Use these weights")}</button> })}
                            <button on:click=move |_| stage.set(Stage::Idle)>{if better { t("Leave it as it is") } else { t("Close") }}</button>
                        </div>
                    }.into_any()
                }
            }}
        </section>
    }
}
