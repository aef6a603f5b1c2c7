//! Signing out. Where something is not sent yet, it asks what shall become of it: sync first, keep it here, or give it up.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::confirm::Question;
use super::live_text::Problem;
use super::save_file;
use crate::sync::status::SyncPhase;
use crate::ui::drafts;
use crate::ui::model::sign_out_words as words;
use crate::ui::state::{App, Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{AccountRequest, AttentionRequest, Failure, Response, UnsentWork};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Which of the three?
    Asking,
    /// Waiting for the outbox to empty.
    Syncing,
    /// Does she mean it?
    Discarding,
}

/// The button and its questions.
#[component]
pub fn SignOut() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let (open, step) = (RwSignal::new(false), RwSignal::new(Step::Asking));
    let unsent = RwSignal::new(0_u32);
    Effect::new(move |_| {
        if let Some(Failure::Unsent { pending }) = attempt.failure.get() {
            attempt.failure.set(None);
            unsent.set(pending);
            step.set(Step::Asking);
            open.set(true);
        }
    });
    // Closed by Escape: whatever it was waiting for, nobody waits for any more.
    Effect::new(move |_| {
        if !open.get() {
            step.set(Step::Asking);
        }
    });
    let title = Signal::derive(move || words::title(unsent.get()));
    view! {
        <div class="actions start">
            <button disabled=move || attempt.busy.get() on:click=move |_| sign_out(app, attempt, UnsentWork::Refuse)>{t("Sign out")}</button>
        </div>
        <Problem failure=attempt.failure />
        <Question open title>
            {move || match step.get() {
                Step::Asking => view! { <Asking attempt open step unsent /> }.into_any(),
                Step::Syncing => view! { <Syncing step unsent /> }.into_any(),
                Step::Discarding => view! { <Discarding attempt open step unsent /> }.into_any(),
            }}
        </Question>
    }
}

#[component]
fn Asking(attempt: Attempt, open: RwSignal<bool>, step: RwSignal<Step>, unsent: RwSignal<u32>) -> impl IntoView {
    let app = app();
    let saving = Attempt::new();
    let stuck = Memo::new(move |_| app.sync.with(|status| (status.refused, status.undecided)));
    let sync_first = move |_| {
        step.set(Step::Syncing);
        spawn_local(sync_then_sign_out(app, attempt, open, step, unsent));
    };
    view! {
        <p>{move || words::explanation(unsent.get(), stuck.get())}</p>
        <div class="choice-list">
            <button class="primary" on:click=sync_first>{t("Sync first, then sign out")}</button>
            <button on:click=move |_| { open.set(false); sign_out(app, attempt, UnsentWork::Keep) }>
                {t("Keep on this device and sign out")}
            </button>
            <p class="quiet">{t("Kept changes are sent when you sign in here again.")}</p>
            <button on:click=move |_| save_file::save_everything(app, saving)>{t("Save a copy as a file")}</button>
            <button class="plain danger" on:click=move |_| step.set(Step::Discarding)>{t("Discard them…")}</button>
        </div>
        <Problem failure=saving.failure />
        <div class="actions"><button on:click=move |_| open.set(false)>{t("Cancel")}</button></div>
    }
}

#[component]
fn Syncing(step: RwSignal<Step>, unsent: RwSignal<u32>) -> impl IntoView {
    let app = app();
    let pending = Memo::new(move |_| app.sync.with(|status| status.pending));
    let total = move || unsent.get().max(pending.get()).max(1);
    let told = move || {
        let phase = app.sync.with(|status| status.phase);
        words::progress(
            total() - pending.get(),
            total(),
            matches!(phase, SyncPhase::Offline),
            phase == SyncPhase::SignInAgain,
        )
    };
    view! {
        <p role="status">{told}</p>
        <progress aria-label=t("Sent") max=move || total().to_string() prop:value=move || f64::from(total() - pending.get())></progress>
        <div class="actions"><button on:click=move |_| step.set(Step::Asking)>{t("Stop waiting")}</button></div>
    }
}

#[component]
fn Discarding(attempt: Attempt, open: RwSignal<bool>, step: RwSignal<Step>, unsent: RwSignal<u32>) -> impl IntoView {
    let app = app();
    let saving = Attempt::new();
    let typed = RwSignal::new(String::new());
    let meant = move || typed.with(|typed| words::is_meant(typed));
    let discard = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if typed.with_untracked(|typed| words::is_meant(typed)) {
            open.set(false);
            sign_out(app, attempt, UnsentWork::Discard);
        }
    };
    view! {
        <form class="stack" on:submit=discard>
            <p>{move || words::loss(unsent.get())}</p>
            <div class="actions start">
                <button type="button" on:click=move |_| save_file::save_everything(app, saving)>{t("Save a copy as a file")}</button>
            </div>
            <div class="field">
                <label for="discard-word">{say!("Type the word “{word}” to go on", word = t(words::WORD))}</label>
                <input id="discard-word" autocomplete="off" autocapitalize="none" spellcheck="false"
                    prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event)) />
            </div>
            <Problem failure=saving.failure />
            <div class="actions">
                <button type="button" on:click=move |_| step.set(Step::Asking)>{t("Back")}</button>
                <button type="submit" class="danger" disabled=move || !meant()>{t("Discard and sign out")}</button>
            </div>
        </form>
    }
}

/// Waits for the outbox to empty, then signs out. What cannot be sent as it is brings the question back.
async fn sync_then_sign_out(
    app: App,
    attempt: Attempt,
    open: RwSignal<bool>,
    step: RwSignal<Step>,
    unsent: RwSignal<u32>,
) {
    let _ = app.call(AttentionRequest::SyncNow).await;
    while step.try_get_untracked() == Some(Step::Syncing) {
        let (pending, stuck) = app.sync.with_untracked(|status| (status.pending, status.refused + status.undecided));
        if pending == 0 {
            match app.call(AccountRequest::SignOut { unsent: UnsentWork::Refuse }).await {
                Ok(response) => {
                    open.try_set(false);
                    return signed_out(app, response);
                }
                Err(Failure::Unsent { pending }) if stuck > 0 => {
                    unsent.try_set(pending);
                    step.try_set(Step::Asking);
                    return;
                }
                // The status was not up to date yet.
                Err(Failure::Unsent { .. }) => {}
                Err(failure) => {
                    attempt.failure.try_set(Some(failure));
                    open.try_set(false);
                    return;
                }
            }
        }
        gloo_timers::future::TimeoutFuture::new(250).await;
    }
}

fn sign_out(app: App, attempt: Attempt, unsent: UnsentWork) {
    attempt.go(app, AccountRequest::SignOut { unsent }, move |response| signed_out(app, response));
}

fn signed_out(app: App, response: Response) {
    if let Response::Account(account) = response {
        drafts::forget_all();
        app.account.set(Some(account));
        app.say(t("Signed out"));
    }
}
