//! The state of the sync in the top bar, in words, and the panel behind it.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::icons::{Icon, Sign};
use crate::sync::status::SyncPhase;
use crate::ui::model::{sync_words, when};
use crate::ui::state::{Attempt, Opening, app};
use crate::worker::protocol::{Account, Request, Response};

/// Badge and panel.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let app = app();
    let panel = NodeRef::<Dialog>::new();
    let opened = RwSignal::new(false);
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
            opened.set(true);
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
        <dialog class="sheet" node_ref=panel aria-label="Sync" on:close=move |_| opened.set(false)>
            <Panel opened close=Callback::new(move |()| if let Some(panel) = panel.get() { panel.close() }) />
        </dialog>
    }
}

#[component]
fn Panel(opened: RwSignal<bool>, close: Callback<()>) -> impl IntoView {
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
        <Details opened />
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

/// What the server did not accept, and what was changed in two places. Asked for while the panel is open.
#[component]
fn Details(opened: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let progress = Memo::new(move |_| app.sync.with(|s| (s.refused, s.pending, s.last_pull, s.last_push)));
    let details = app.live(
        &[],
        move || {
            progress.get();
            opened.get().then_some(Request::SyncDetails)
        },
        |response| match response {
            Response::SyncDetails { refused, conflicts } => Some((refused, conflicts)),
            _ => None,
        },
    );
    // Another person's may come next.
    Effect::new(move |_| {
        if !opened.get() {
            details.value.set(None);
        }
    });
    let refused = move || {
        let edits = details.value.with(|d| d.as_ref().map(|(refused, _)| refused.clone()).unwrap_or_default());
        (!edits.is_empty()).then(|| {
            let items = edits.iter().map(sync_words::refused).map(|(what, reason)| {
                view! { <li><p>{what}</p><p class="why">{reason}</p></li> }
            });
            let items = items.collect_view();
            view! { <section class="told" data-testid="refused"><h3>"Not accepted"</h3><ul tabindex="0" aria-label="Not accepted">{items}</ul></section> }
        })
    };
    let conflicts = move || {
        let notes = details.value.with(|d| d.as_ref().map(|(_, conflicts)| conflicts.clone()).unwrap_or_default());
        (!notes.is_empty()).then(|| {
            let items = notes.iter().map(|note| {
                let at = note.at;
                let when = move || when::ago(at, app.now.get(), &chrono::Local);
                view! { <li><p>{sync_words::conflict(note, &chrono::Local)}</p><p class="why">{when}</p></li> }
            });
            let items = items.collect_view();
            view! { <section class="told" data-testid="conflicts"><h3>"Changed in two places"</h3><ul tabindex="0" aria-label="Changed in two places">{items}</ul></section> }
        })
    };
    view! {
        <super::live_text::Problem failure=details.failure />
        {refused}
        {conflicts}
    }
}
