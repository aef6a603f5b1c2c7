//! What one decides about a tune of the repertoire besides rating it: what it is practised for, when it comes, when it was learned.
//! On the tune's page and in the menu of the practice page.

use leptos::prelude::*;

use super::live_text::Problem;
use crate::domain::ids::TuneId;
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::Goal;
use crate::domain::time::{CalendarDate, DAY_MICROS, Timestamp, Zone};
use crate::store::schema::Table;
use crate::ui::model::{goals, when};
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t, told};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

/// What stands for “a goal of your own” among the values.
const ANOTHER: &str = "[another]";

/// What the tune is practised for, with goals of one's own.
#[component]
pub fn GoalField(
    /// The tune.
    tune: Signal<Option<TuneId>>,
    /// What it is practised for now.
    goal: Signal<Goal>,
    /// When it is set.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let known = app.live(
        &[Table::PlaylistTune],
        || Some(PracticeRequest::Goals),
        |response| match response {
            Response::Practice(PracticeAnswer::Goals(all)) => Some(all),
            _ => None,
        },
    );
    let all = Memo::new(move |_| {
        let mut all = known.value.get().unwrap_or_else(|| Goal::CHOICES.to_vec());
        let goal = goal.get();
        if !all.contains(&goal) {
            all.push(goal);
        }
        all
    });
    let another = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let days = RwSignal::new("1, 3, 7, 14, 30".to_owned());
    let wrong = RwSignal::new(None::<String>);
    let set = move |goal: Goal| {
        let Some(tune) = tune.get_untracked() else { return };
        attempt.go(app, PracticeRequest::SetGoal { tune, goal }, move |_| {
            another.try_set(false);
            // The menu may be closed by now.
            done.try_run(());
        });
    };
    let choose = move |event| {
        let value = event_target_value(&event);
        another.set(value == ANOTHER);
        if value != ANOTHER {
            set(Goal::from_stored(Some(&value)));
        }
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match goals::read(&name.get_untracked(), &days.get_untracked()) {
            Ok(goal) => {
                wrong.set(None);
                set(goal);
            }
            Err(words) => wrong.set(Some(words)),
        }
    };
    let option = move |choice: Goal| {
        let mine = choice.clone();
        let selected = move || !another.get() && goal.get() == mine;
        view! { <option value=choice.stored().to_owned() prop:selected=selected>{told(choice.label()).to_owned()}</option> }
    };
    view! {
        <div class="field">
            <label for="goal">{t("What do you practise it for?")}</label>
            <select id="goal" on:change=choose>
                {move || all.get().into_iter().map(option).collect_view()}
                <option value=ANOTHER prop:selected=another>{t("A goal of your own…")}</option>
            </select>
            <p class="quiet" hidden=another>{move || goals::rhythm_words(&goal.get())}</p>
        </div>
        <Show when=move || another.get()>
            <form class="stack card" on:submit=save>
                <div class="field">
                    <label for="goal-name">{t("Its name")}</label>
                    <input id="goal-name" type="text" required maxlength="40" autocomplete="off" placeholder=t("The gig in May") prop:value=name
                        on:input=move |event| name.set(event_target_value(&event)) />
                </div>
                <div class="field">
                    <label for="goal-days">{t("Again after so many days")}</label>
                    <input id="goal-days" type="text" required autocomplete="off" prop:value=days on:input=move |event| days.set(event_target_value(&event)) />
                </div>
                {move || wrong.get().map(|words| view! { <p class="problem" role="alert">{words}</p> })}
                <div class="actions">
                    <button type="button" on:click=move |_| another.set(false)>{t("Cancel")}</button>
                    <button class="primary" type="submit" disabled=move || attempt.busy.get()>{t("Set the goal")}</button>
                </div>
            </form>
        </Show>
        <Problem failure=attempt.failure />
    }
}

/// When the tune comes: by the schedule, on a day of one's choice, or not until further notice.
#[component]
pub fn WishField(
    /// The tune.
    tune: Signal<Option<TuneId>>,
    /// When she herself said it shall come.
    scheduled: Signal<Option<Timestamp>>,
    /// When it is set.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let day = RwSignal::new(String::new());
    let ask_for = move |when: Option<Timestamp>| {
        let Some(tune) = tune.get_untracked() else { return };
        let was_aside = scheduled.get_untracked() == Some(SUSPENDED);
        attempt.go(app, PracticeRequest::Wish { tune, when }, move |_| {
            app.say(match when {
                Some(_) => t("The tune comes on that day"),
                None if was_aside => t("The tune is back; it comes as the schedule says"),
                None => t("The tune comes as the schedule says"),
            });
            // The menu may be closed by now.
            done.try_run(());
        });
    };
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(at) = noon(&day.get_untracked()) {
            ask_for(Some(at));
        }
    };
    let now_is = move || {
        let (words, way_back) = match scheduled.get()? {
            SUSPENDED => (t("It is put aside until further notice.").to_owned(), t("Bring it back")),
            at => {
                let days = when::days_between(app.now.get(), at, &chrono::Local);
                (say!("You asked for it {when}.", when = when::days_away(days)), t("Leave it to the schedule"))
            }
        };
        Some(view! {
            <p class="hint with-button">
                <span>{words}</span>
                <button type="button" disabled=move || attempt.busy.get() on:click=move |_| ask_for(None)>{way_back}</button>
            </p>
        })
    };
    view! {
        {now_is}
        <form class="field" on:submit=apply>
            <label for="wish">{t("Let it come on a day of your choice")}</label>
            <div class="with-button">
                <input id="wish" type="date" required prop:value=day on:input=move |event| day.set(event_target_value(&event)) />
                <button type="submit" disabled=move || attempt.busy.get()>{t("Apply")}</button>
            </div>
        </form>
        <Problem failure=attempt.failure />
    }
}

/// When the tune was learned.
#[component]
pub fn LearnedField(
    /// The tune.
    tune: Signal<Option<TuneId>>,
    /// When it was learned.
    learned: Signal<Option<Timestamp>>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let shown = move || learned.get().map(|at| chrono::Local.date_at(at).to_string()).unwrap_or_default();
    let typed = RwSignal::new(None::<String>);
    let changed = move || typed.get().is_some_and(|typed| typed != shown());
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(tune), Some(text)) = (tune.get_untracked(), typed.get_untracked()) else { return };
        let when = noon(&text);
        if when.is_none() && !text.is_empty() {
            return;
        }
        attempt.go(app, PracticeRequest::SetLearned { tune, when }, move |_| {
            app.say(t("Saved"));
        });
    };
    view! {
        <form class="field" on:submit=save>
            <label for="learned">{t("Learned on")}</label>
            <div class="with-button">
                <input id="learned" type="date" prop:value=shown on:input=move |event| typed.set(Some(event_target_value(&event))) />
                <button type="submit" disabled=move || attempt.busy.get() || !changed()>{t("Save")}</button>
            </div>
        </form>
        <Problem failure=attempt.failure />
    }
}

/// Noon of a day as it is typed: the same day wherever she travels within reason.
fn noon(text: &str) -> Option<Timestamp> {
    let date: CalendarDate = text.parse().ok()?;
    Some(chrono::Local.start_of(date).plus_micros(DAY_MICROS / 2))
}
