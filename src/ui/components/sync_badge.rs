//! The state of the sync in the top bar, in words, and the panel behind it.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::icons::{Icon, Sign};
use crate::sync::status::SyncPhase;
use crate::ui::model::sync_words;
use crate::ui::state::{Attempt, Opening, app};
use crate::worker::protocol::{Account, Request};

/// Badge and panel.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let app = app();
    let panel = NodeRef::<Dialog>::new();
    let phase = Memo::new(move |_| app.sync.with(|status| status.phase));
    let badge = Memo::new(move |_| app.sync.with(|status| sync_words::badge(status, app.now.get())));
    // A countdown is seen, not read aloud every second.
    let spoken = Memo::new(move |_| match phase.get() {
        SyncPhase::Retrying => "Saved here, retrying".to_owned(),
        _ => badge.with(|badge| badge.long.clone()),
    });
    let open = move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.show_modal();
        }
    };
    view! {
        <button class="sync-badge" data-testid="sync-badge" data-phase=move || sync_words::phase_name(phase.get())
            aria-haspopup="dialog" aria-label=move || format!("Sync: {}", badge.with(|badge| badge.long.clone())) on:click=open>
            <Sign icon=Signal::derive(move || Icon::from(badge.with(|badge| badge.sign))) />
            <span class="long">{move || badge.with(|badge| badge.long.clone())}</span>
            <span class="short">{move || badge.with(|badge| badge.short.clone())}</span>
        </button>
        <p class="unseen" role="status" aria-live="polite">{move || spoken.get()}</p>
        <dialog class="sheet" node_ref=panel aria-label="Sync">
            <Panel close=Callback::new(move |()| if let Some(panel) = panel.get() { panel.close() }) />
        </dialog>
    }
}

#[component]
fn Panel(close: Callback<()>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let phase = Memo::new(move |_| app.sync.with(|status| status.phase));
    let badge = Memo::new(move |_| app.sync.with(|status| sync_words::badge(status, app.now.get())));
    let lines = move || {
        app.sync
            .with(|status| sync_words::panel(status, app.now.get(), &chrono::Local))
            .into_iter()
            .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
            .collect_view()
    };
    let storage = move || match app.opening.get() {
        Opening::Open(mode) => {
            let (place, meaning) = sync_words::storage(mode);
            Some(view! { <div><dt>"Where your tunes are"</dt><dd>{place}". "{meaning}</dd></div> })
        }
        _ => None,
    };
    let server = move || matches!(app.account.get(), Some(Account::LocalOnly { server: true }));
    let refused = move || app.sync.with(|status| status.refused > 0);
    view! {
        <div class="sheet-head">
            <h2>{move || badge.with(|badge| badge.long.clone())}</h2>
            <button class="icon-only" aria-label="Close" on:click=move |_| close.run(())><Sign icon=Icon::Cross /></button>
        </div>
        <p>{move || badge.with(|badge| badge.explanation.clone())}</p>
        <dl class="facts">{lines}{storage}</dl>
        <super::live_text::Problem failure=attempt.failure />
        <div class="actions">
            <Show when=refused>
                <button on:click=move |_| attempt.go(app, Request::RetryRefused, |_| {})>"Try the refused changes again"</button>
            </Show>
            <Show when=move || !matches!(phase.get(), SyncPhase::LocalOnly | SyncPhase::SignInAgain)>
                <button class="primary" disabled=move || attempt.busy.get() on:click=move |_| attempt.go(app, Request::SyncNow, |_| {})>
                    {move || if attempt.busy.get() { "Syncing…" } else { "Sync now" }}
                </button>
            </Show>
            <Show when=move || phase.get() == SyncPhase::SignInAgain || server()>
                <a class="button primary" href="/sign-in" on:click=move |_| close.run(())>"Sign in"</a>
            </Show>
            <Show when=server>
                <a class="button" href="/sign-up" on:click=move |_| close.run(())>"Create account"</a>
            </Show>
        </div>
    }
}
