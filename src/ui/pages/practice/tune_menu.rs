//! What one decides about a tune of the queue besides rating it: its goal, how it is practised, when it comes, putting it aside.

use leptos::prelude::*;

use super::session::Session;
use crate::domain::practice::QueueEntry;
use crate::domain::queue::SUSPENDED;
use crate::domain::scheduling::{Goal, Technique};
use crate::domain::time::{CalendarDate, DAY_MICROS, Timestamp, Zone};
use crate::ui::components::confirm::Question;
use crate::ui::model::{fields, when};
use crate::worker::protocol::PracticeRequest;

/// The dialog.
#[component]
pub fn TuneMenu(session: Session) -> impl IntoView {
    let open = RwSignal::new(false);
    // Set only where it differs: each of the two follows the other, and would for ever.
    Effect::new(move |_| {
        let wanted = session.menu.with(Option::is_some);
        if open.get_untracked() != wanted {
            open.set(wanted);
        }
    });
    Effect::new(move |_| {
        if !open.get() && session.menu.with_untracked(Option::is_some) {
            session.menu.set(None);
        }
    });
    let entry = Memo::new(move |_| {
        let id = session.menu.get()?;
        session.queue.with(|queue| queue.as_ref()?.entries.iter().find(|entry| entry.id == id).cloned())
    });
    let title =
        Signal::derive(move || entry.with(|e| e.as_ref().map(|e| fields::title(&e.fields))).unwrap_or_default());
    view! {
        <Question open title>
            {move || entry.with(Option::is_some).then(|| view! { <Decisions session entry /> })}
        </Question>
    }
}

#[component]
fn Decisions(session: Session, entry: Memo<Option<QueueEntry>>) -> impl IntoView {
    let close = move || session.menu.set(None);
    let goals = Goal::CHOICES.map(|goal| {
        let chosen = goal.clone();
        let selected = move || entry.with(|entry| entry.as_ref().is_some_and(|entry| entry.manner.goal == chosen));
        view! { <option value=goal.stored().to_owned() prop:selected=selected>{goal.label().to_owned()}</option> }
    });
    let own = move || {
        entry.with(|entry| match &entry.as_ref()?.manner.goal {
            Goal::Other(word) => {
                let (value, word) = (word.clone(), word.clone());
                Some(view! { <option value=value prop:selected=true>{word}</option> })
            }
            _ => None,
        })
    };
    let set_goal = move |event| {
        let Some(entry) = entry.get_untracked() else { return };
        let goal = Goal::from_stored(Some(&event_target_value(&event)));
        session.app.tell(PracticeRequest::SetGoal { tune: entry.tune, goal }, |_| {});
    };
    let techniques = Technique::CHOICES.map(|technique| {
        let chosen = technique.clone();
        let selected =
            move || entry.with(|entry| entry.as_ref().is_some_and(|entry| session.manner(entry).technique == chosen));
        let value = technique.stored().unwrap_or_default().to_owned();
        view! { <option value=value prop:selected=selected>{technique.label().to_owned()}</option> }
    });
    let set_technique = move |event| {
        let Some(entry) = entry.get_untracked() else { return };
        let technique = Technique::from_stored(Some(&event_target_value(&event)));
        session.technique.update(|all| {
            all.insert(entry.tune, technique);
        });
        // What is chosen already follows.
        if let Some(staged) = &entry.staged {
            session.stage(&entry, Some(staged.rating), false);
        }
    };
    let wish = RwSignal::new(String::new());
    let now_is = move || {
        let now = session.app.now.get();
        entry.with(|entry| match entry.as_ref()?.scheduled {
            Some(SUSPENDED) => Some("It is put aside until further notice.".to_owned()),
            Some(at) => {
                Some(format!("You asked for it {}.", when::days_away(when::days_between(now, at, &chrono::Local))))
            }
            None => None,
        })
    };
    let ask_for = move |when: Option<Timestamp>| {
        let Some(entry) = entry.get_untracked() else { return };
        session.app.tell(PracticeRequest::Wish { tune: entry.tune, when }, move |_| {
            session.app.say(if when.is_some() {
                "The tune comes on that day"
            } else {
                "The tune comes as the schedule says"
            });
        });
        close();
    };
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Ok(date) = wish.get_untracked().parse::<CalendarDate>() {
            // Noon: the same day wherever she travels within reason.
            ask_for(Some(chrono::Local.start_of(date).plus_micros(DAY_MICROS / 2)));
        }
    };
    let put_aside = move |for_long: bool| {
        let Some(entry) = entry.get_untracked() else { return };
        close();
        session.put_aside(entry.id, for_long);
    };
    let open = move || session.may_rate() && entry.with(|entry| entry.as_ref().is_some_and(|e| e.completed.is_none()));
    view! {
        <div class="stack">
            <div class="field">
                <label for="goal">"What do you practise it for?"</label>
                <select id="goal" on:change=set_goal>{goals.collect_view()}{own}</select>
                <p class="quiet">"“Keep it” leaves the dates to the schedule. The others have short intervals of their own."</p>
            </div>
            <div class="field">
                <label for="technique">"How?"</label>
                <select id="technique" on:change=set_technique>{techniques.collect_view()}</select>
            </div>
            <form class="field" on:submit=apply>
                <label for="wish">"Let it come on a day of your choice"</label>
                <div class="with-button">
                    <input id="wish" type="date" required prop:value=wish on:input=move |event| wish.set(event_target_value(&event)) />
                    <button type="submit">"Apply"</button>
                </div>
                {move || now_is().map(|words| view! {
                    <p class="quiet">{words}" "<button type="button" class="plain" on:click=move |_| ask_for(None)>"Leave it to the schedule"</button></p>
                })}
            </form>
            <Show when=open>
                <div class="actions start">
                    <button on:click=move |_| put_aside(false)>"Not today"</button>
                    <button on:click=move |_| put_aside(true)>"Not until further notice"</button>
                </div>
            </Show>
            <div class="actions"><button class="primary" on:click=move |_| close()>"Close"</button></div>
        </div>
    }
}
