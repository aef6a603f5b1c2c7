//! Settings of practice: how much on which days, and what decides when a tune comes back.

use leptos::prelude::*;

use super::optimise::Optimise;
use crate::domain::practice_days::PracticeDays;
use crate::domain::scheduling::{Algorithm, SchedulerPrefs};
use crate::store::schema::Table;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::practice_switches::TwoButtons;
use crate::ui::model::locale;
use crate::ui::model::practice_settings::{
    BreakForm, DaysForm, PrefsForm, RuleForm, own_algorithms, weekday as weekday_name,
};
use crate::ui::state::{Attempt, app};
use crate::ui::text::{parted, say, t};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

/// The page.
#[component]
pub fn PracticeSettings() -> impl IntoView {
    view! {
        <section class="page narrow settings">
            <Crumb />
            <PageTitle text=t("Practice") />
            <DaysPart />
            <SchedulePart />
            <section>
                <h2>{t("On this device")}</h2>
                <TwoButtons />
            </section>
        </section>
    }
}

fn days_taken(response: Response) -> Option<PracticeDays> {
    match response {
        Response::Practice(PracticeAnswer::PracticeDays(days)) => Some(days),
        _ => None,
    }
}

fn prefs_taken(response: Response) -> Option<SchedulerPrefs> {
    match response {
        Response::Practice(PracticeAnswer::SchedulerPrefs(prefs)) => Some(prefs),
        _ => None,
    }
}

/// A number with its words.
#[component]
fn Number(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    #[prop(into)] value: Signal<String>,
    set: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="field number">
            <label for=id>{label}</label>
            <input id=id inputmode="numeric" autocomplete="off" aria-describedby=format!("{id}-hint") prop:value=value
                on:input=move |event| set.run(event_target_value(&event)) />
            <p class="quiet" id=format!("{id}-hint")>{hint}</p>
        </div>
    }
}

#[component]
fn DaysPart() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let wrong = RwSignal::new(None::<String>);
    let stored = app.live(
        &[Table::PrefsSchedulingOptions],
        move || {
            app.account.track();
            Some(PracticeRequest::PracticeDays)
        },
        days_taken,
    );
    let typed = RwSignal::new(None::<DaysForm>);
    let form = Memo::new(move |_| {
        typed.get().or_else(|| stored.value.with(|days| days.as_ref().map(DaysForm::of))).unwrap_or_default()
    });
    let edit = move |change: &dyn Fn(&mut DaysForm)| {
        let mut now = form.get_untracked();
        change(&mut now);
        typed.set(Some(now));
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match form.get_untracked().read() {
            Err(why) => wrong.set(Some(why)),
            Ok(days) => {
                wrong.set(None);
                attempt.go(app, PracticeRequest::SetPracticeDays(days), move |response| {
                    stored.value.set(days_taken(response));
                    typed.set(None);
                    app.say(t("Saved. Your next queue goes by it."));
                });
            }
        }
    };
    let weekday = move |place: usize| {
        let rule = move || form.with(|form| form.week[place].clone());
        let change = move |rule: RuleForm| edit(&move |form: &mut DaysForm| form.week[place] = rule.clone());
        view! { <tr><th scope="row">{weekday_name(place)}</th><RuleCells name=weekday_name(place) rule=Signal::derive(rule) change=Callback::new(change) /></tr> }
    };
    let count = Memo::new(move |_| form.with(|form| form.breaks.len()));
    let pause = move |place: usize| {
        let read =
            move |f: fn(&BreakForm) -> String| form.with(|form| form.breaks.get(place).map(f).unwrap_or_default());
        let set = move |change: &dyn Fn(&mut BreakForm)| {
            edit(&|form: &mut DaysForm| {
                if let Some(pause) = form.breaks.get_mut(place) {
                    change(pause);
                }
            });
        };
        let (at_most, tunes) = parted(t("at most {count} tunes"), " {count} ");
        view! {
            <li class="break">
                <label>{t("From")}" "<input type="date" prop:value=move || read(|b| b.from.clone())
                    on:input=move |event| { let date = event_target_value(&event); set(&move |b| b.from = date.clone()); } /></label>
                <label>{t("to")}" "<input type="date" prop:value=move || read(|b| b.to.clone())
                    on:input=move |event| { let date = event_target_value(&event); set(&move |b| b.to = date.clone()); } /></label>
                <label>{at_most}" "<input class="small" inputmode="numeric" placeholder=t("free") prop:value=move || read(|b| b.rule.max.clone())
                    on:input=move |event| {
                        let most = event_target_value(&event);
                        set(&move |b| b.rule = RuleForm { free: most.trim().is_empty(), max: most.clone(), ..b.rule.clone() });
                    } />" "{tunes}</label>
                <button type="button" class="icon-only" aria-label=t("Remove this break")
                    on:click=move |_| edit(&move |form: &mut DaysForm| { form.breaks.remove(place); })><Sign icon=Icon::Cross /></button>
            </li>
        }
    };
    let add = move |_| {
        edit(&|form: &mut DaysForm| {
            form.breaks
                .push(BreakForm { rule: RuleForm { free: true, ..RuleForm::default() }, ..BreakForm::default() });
        });
    };
    view! {
        <section>
            <h2>{t("How much, and when")}</h2>
            <Problem failure=stored.failure again=stored.again() />
            <Show when=move || stored.value.with(Option::is_some) fallback=|| view! { <Waiting what=t("your settings") /> }>
                <form class="stack" on:submit=save>
                    <Number id="most" label=t("At most so many tunes a day") hint=t("0 means no limit. More can be added on any day.")
                        value=Signal::derive(move || form.with(|f| f.most.clone())) set=Callback::new(move |text: String| edit(&move |f| f.most = text.clone())) />
                    <Number id="least" label=t("At least so many tunes a day") hint=t("On quiet days tunes that fall due soon are brought forward.")
                        value=Signal::derive(move || form.with(|f| f.least.clone())) set=Callback::new(move |text: String| edit(&move |f| f.least = text.clone())) />
                    <Number id="per-week" label=t("Days of practice a week") hint=t("When you have practised on so many days since Monday, the rest of the week is free.")
                        value=Signal::derive(move || form.with(|f| f.per_week.clone())) set=Callback::new(move |text: String| edit(&move |f| f.per_week = text.clone())) />
                    <Number id="window" label=t("Days until a missed tune is old") hint=t("Until then it is “Lapsed” and comes early in the queue; after that it is “Old Lapsed” and comes last.")
                        value=Signal::derive(move || form.with(|f| f.window.clone())) set=Callback::new(move |text: String| edit(&move |f| f.window = text.clone())) />
                    <details class="week" open=move || form.with_untracked(|f| f.week.iter().any(|rule| *rule != RuleForm::default()))>
                        <summary>{t("Weekdays that are different")}</summary>
                        <table>
                            <thead><tr><th scope="col">{t("Day")}</th><th scope="col">{t("Free")}</th><th scope="col">{t("At least")}</th><th scope="col">{t("At most")}</th></tr></thead>
                            <tbody>{locale::week().map(weekday).collect_view()}</tbody>
                        </table>
                    </details>
                    <div class="stack-tight">
                        <h3>{t("Breaks and festivals")}</h3>
                        <ul class="plain-list">{move || (0..count.get()).map(pause).collect_view()}</ul>
                        <button type="button" on:click=add><Sign icon=Icon::Plus />{t("Add a break")}</button>
                    </div>
                    <div role="alert">{move || wrong.get().map(|why| view! { <p class="problem">{why}</p> })}</div>
                    <Problem failure=attempt.failure />
                    <div class="actions"><button class="primary" type="submit" disabled=move || attempt.busy.get()>{t("Save practice days")}</button></div>
                </form>
            </Show>
        </section>
    }
}

#[component]
fn RuleCells(
    #[prop(into)] name: String,
    #[prop(into)] rule: Signal<RuleForm>,
    change: Callback<RuleForm>,
) -> impl IntoView {
    let with = move |edit: &dyn Fn(&mut RuleForm)| {
        let mut now = rule.get_untracked();
        edit(&mut now);
        change.run(now);
    };
    view! {
        <td><input type="checkbox" aria-label=say!("{name} is free", name) prop:checked=move || rule.with(|rule| rule.free)
            on:change=move |event| { let free = event_target_checked(&event); with(&move |rule| rule.free = free); } /></td>
        <td><input class="small" inputmode="numeric" aria-label=say!("{name}: at least", name) prop:value=move || rule.with(|rule| rule.min.clone())
            on:input=move |event| { let text = event_target_value(&event); with(&move |rule| rule.min = text.clone()); } /></td>
        <td><input class="small" inputmode="numeric" aria-label=say!("{name}: at most", name) prop:value=move || rule.with(|rule| rule.max.clone())
            on:input=move |event| { let text = event_target_value(&event); with(&move |rule| rule.max = text.clone()); } /></td>
    }
}

#[component]
fn SchedulePart() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let wrong = RwSignal::new(None::<String>);
    let stored = app.live(
        &[Table::PrefsSpacedRepetition, Table::UserProfile],
        move || {
            app.account.track();
            Some(PracticeRequest::SchedulerPrefs)
        },
        prefs_taken,
    );
    let typed = RwSignal::new(None::<PrefsForm>);
    let form = Memo::new(move |_| {
        typed
            .get()
            .or_else(|| stored.value.with(|prefs| prefs.as_ref().map(PrefsForm::of)))
            .unwrap_or_else(|| PrefsForm::of(&SchedulerPrefs::default()))
    });
    let edit = move |change: &dyn Fn(&mut PrefsForm)| {
        let mut now = form.get_untracked();
        change(&mut now);
        typed.set(Some(now));
    };
    let keep = move |prefs: SchedulerPrefs| {
        attempt.go(app, PracticeRequest::SetSchedulerPrefs(prefs), move |response| {
            stored.value.set(prefs_taken(response));
            typed.set(None);
            app.say(t("Saved. The dates of all tunes go by it now."));
        });
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match form.get_untracked().read() {
            Err(why) => wrong.set(Some(why)),
            Ok(prefs) => {
                wrong.set(None);
                keep(prefs);
            }
        }
    };
    let algorithms = move || {
        [
        (Algorithm::Fsrs, "FSRS", t("Learns from your ratings how fast you forget. Recommended.")),
        (Algorithm::Sm2, "SM2", t("The classic of 1987: the first two breaks are 1 and 6 days, then each is about two and a half times the last.")),
    ]
    .map(|(algorithm, label, meaning)| {
        view! {
            <label class="check explained">
                <input type="radio" name="algorithm" prop:checked=move || form.with(|f| f.prefs.algorithm == algorithm)
                    on:change=move |_| edit(&move |f| f.prefs.algorithm = algorithm) />
                <span><strong>{label}</strong><span class="quiet">{meaning}</span></span>
            </label>
        }
    })
    };
    let own =
        Memo::new(move |_| app.repertoires.with(|r| r.as_ref().map(|r| own_algorithms(&r.all))).unwrap_or_default());
    let fsrs = Memo::new(move |_| form.with(|f| f.prefs.algorithm == Algorithm::Fsrs));
    let use_weights = Callback::new(move |weights: Vec<f32>| {
        if let Some(prefs) = stored.value.get_untracked() {
            let prefs = SchedulerPrefs { weights, ..prefs };
            attempt.go(app, PracticeRequest::SetSchedulerPrefs(prefs), move |response| {
                let Some(now) = prefs_taken(response) else { return };
                typed.update(|typed| *typed = typed.take().map(|form| form.with_weights(&now)));
                stored.value.set(Some(now));
                app.say(t("Saved. The dates of all tunes go by it now."));
            });
        }
    });
    view! {
        <section>
            <h2>{t("When tunes come back")}</h2>
            <Problem failure=stored.failure again=stored.again() />
            <Show when=move || stored.value.with(Option::is_some) fallback=|| view! { <Waiting what=t("your settings") /> }>
                <form class="stack" on:submit=save>
                    <fieldset class="stack-tight"><legend>{t("What decides")}</legend>{algorithms().collect_view()}</fieldset>
                    <Show when=move || own.with(|own| !own.is_empty())>
                        <div class="hint" data-testid="own-algorithms">
                            {move || own.get().into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
                            <p><a href="/repertoires">{t("Change that in your repertoires")}</a></p>
                        </div>
                    </Show>
                    <Number id="longest" label=t("Longest break in days") hint=t("No tune stays away longer than this.")
                        value=Signal::derive(move || form.with(|f| f.longest.clone())) set=Callback::new(move |text: String| edit(&move |f| f.longest = text.clone())) />
                    <Show when=move || fsrs.get()>
                        <Number id="retention" label=t("How sure do you want to be? (percent)")
                            hint=t("A tune comes back when the chance that you still have it falls to this. 90 is a good start; higher means more practice every day.")
                            value=Signal::derive(move || form.with(|f| f.retention.clone())) set=Callback::new(move |text: String| edit(&move |f| f.retention = text.clone())) />
                        <Number id="learning" label=t("While you learn a tune, again after")
                            hint=t("For example “5m 30m”: it comes back in the same session until you get through. Empty: tomorrow at the earliest.")
                            value=Signal::derive(move || form.with(|f| f.learning.clone())) set=Callback::new(move |text: String| edit(&move |f| f.learning = text.clone())) />
                        <Number id="relearning" label=t("When you have lost a tune, again after")
                            hint=t("The same for a tune that you knew. Empty: tomorrow at the earliest.")
                            value=Signal::derive(move || form.with(|f| f.relearning.clone())) set=Callback::new(move |text: String| edit(&move |f| f.relearning = text.clone())) />
                        <label class="check explained">
                            <input type="checkbox" prop:checked=move || form.with(|f| f.prefs.fuzz)
                                on:change=move |event| { let on = event_target_checked(&event); edit(&move |f| f.prefs.fuzz = on); } />
                            <span><strong>{t("Stray a little")}</strong><span class="quiet">{t("Long breaks are made a little shorter or longer, so that tunes learned on one day do not always come together.")}</span></span>
                        </label>
                        <details>
                            <summary>{t("Weights of FSRS")}</summary>
                            <div class="field">
                                <label for="weights">{t("Numbers with commas between them; empty for the usual ones")}</label>
                                <textarea id="weights" rows="4" spellcheck="false" prop:value=move || form.with(|f| f.weights.clone())
                                    on:input=move |event| { let text = event_target_value(&event); edit(&move |f| f.weights = text.clone()); }></textarea>
                            </div>
                        </details>
                    </Show>
                    <div role="alert">{move || wrong.get().map(|why| view! { <p class="problem">{why}</p> })}</div>
                    <Problem failure=attempt.failure />
                    <div class="actions"><button class="primary" type="submit" disabled=move || attempt.busy.get()>{t("Save")}</button></div>
                </form>
                <Show when=move || fsrs.get()><Optimise use_weights /></Show>
            </Show>
        </section>
    }
}
