//! The state of the sync in the top bar, in words, and the panel behind it.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icons::{Icon, Sign};
use super::save_file;
use crate::sync::status::SyncPhase;
use crate::ui::model::{diagnostics, sync_words};
use crate::ui::state::{App, Attempt, Opening, app, clock};
use crate::ui::text::{say, t};
use crate::worker::client::can_be_asked;
use crate::worker::protocol::{Account, AttentionAnswer, AttentionRequest, PROTOCOL, Response};

/// Badge and panel.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let app = app();
    let panel = NodeRef::<Dialog>::new();
    let opened = RwSignal::new(false);
    let phase = Memo::new(move |_| app.sync.with(|status| status.phase));
    let badge = Memo::new(move |_| app.sync.with(|status| sync_words::badge(status, app.now.get())));
    // Settled by itself, but nobody has looked yet.
    let news = Memo::new(move |_| app.sync.with(|status| status.unreviewed > 0));
    // A countdown is seen, not read aloud every second.
    let spoken = Memo::new(move |_| match phase.get() {
        SyncPhase::Retrying => t("Saved here, retrying").to_owned(),
        _ => badge.with(|badge| badge.long.clone()),
    });
    let label = move || {
        let more = if news.get() { t("; something was changed in two places") } else { "" };
        say!("Sync: {state}{more}", state = badge.with(|badge| badge.long.clone()), more)
    };
    let open = move |_| {
        if let Some(panel) = panel.get() {
            let _ = panel.show_modal();
            opened.set(true);
        }
    };
    view! {
        <button class="sync-badge" class:news=move || news.get() data-testid="sync-badge"
            data-phase=move || sync_words::phase_name(phase.get()) aria-haspopup="dialog" aria-label=label on:click=open>
            <Sign icon=Signal::derive(move || Icon::from(badge.with(|badge| badge.sign))) />
            <span class="long">{move || badge.with(|badge| badge.long.clone())}</span>
            <span class="short">{move || badge.with(|badge| badge.short.clone())}</span>
        </button>
        <p class="unseen" role="status" aria-live="polite">{move || spoken.get()}</p>
        <dialog class="sheet" node_ref=panel aria-label=t("Sync") on:close=move |_| opened.set(false)>
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
    let links = Memo::new(move |_| app.sync.with(sync_words::links));
    let to_pages = move || {
        let links = links.get();
        (!links.is_empty()).then(|| {
            let items = links.into_iter().map(|(words, page)| {
                view! { <li><a href=page on:click=move |_| close.run(())>{words}</a></li> }
            });
            view! { <ul class="to-pages">{items.collect_view()}</ul> }
        })
    };
    let server = move || matches!(app.account.get(), Some(Account::LocalOnly { server: true }));
    view! {
        <div class="sheet-head">
            <h2>{move || badge.with(|badge| badge.long.clone())}</h2>
            <button class="icon-only" aria-label=t("Close") on:click=move |_| close.run(())><Sign icon=Icon::Cross /></button>
        </div>
        <p>{move || badge.with(|badge| badge.explanation.clone())}</p>
        {to_pages}
        <dl class="facts">{lines}<ThisDevice opened close /></dl>
        <super::live_text::Problem failure=attempt.failure />
        <div class="actions">
            <Show when=move || !matches!(phase.get(), SyncPhase::LocalOnly | SyncPhase::SignInAgain)>
                <button class="primary" disabled=move || attempt.busy.get() on:click=move |_| attempt.go(app, AttentionRequest::SyncNow, |_| {})>
                    {t("Sync now")}
                </button>
            </Show>
            <Show when=move || phase.get() == SyncPhase::SignInAgain || server()>
                <a class="button primary" href="/sign-in" on:click=move |_| close.run(())>{t("Sign in")}</a>
            </Show>
            <Show when=server>
                <a class="button" href="/sign-up" on:click=move |_| close.run(())>{t("Create account")}</a>
            </Show>
        </div>
        <TakeAway />
    }
}

/// What this device is called and where the data lie. Asked for while the panel is open.
#[component]
fn ThisDevice(opened: RwSignal<bool>, close: Callback<()>) -> impl IntoView {
    let app = app();
    let settings = app.live(
        &[],
        move || opened.get().then_some(AttentionRequest::SyncSettings),
        |response| match response {
            Response::Attention(AttentionAnswer::SyncSettings(settings)) => Some(settings),
            _ => None,
        },
    );
    let name = move || {
        settings
            .value
            .with(|s| s.as_ref().and_then(|s| s.name.clone()))
            .unwrap_or_else(|| t("not named yet").to_owned())
    };
    let storage = move || match app.opening.get() {
        Opening::Open(mode) => {
            let (place, meaning) = sync_words::storage(mode);
            let kept = sync_words::durability(mode, app.durable.get(), can_be_asked()).unwrap_or_default();
            Some(view! { <div><dt>{t("Where your tunes are")}</dt><dd>{place}". "{meaning}" "{kept}</dd></div> })
        }
        _ => None,
    };
    view! {
        <div>
            <dt>{t("This device")}</dt>
            <dd>{name}" "<a href="/settings/sync" on:click=move |_| close.run(())>{t("Rename")}</a></dd>
        </div>
        {storage}
    }
}

/// Saving everything, and a report for whoever helps.
#[component]
fn TakeAway() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let shown = RwSignal::new(None::<String>);
    let report = move |_| {
        attempt.go(app, AttentionRequest::Facts, move |response| {
            let Response::Attention(AttentionAnswer::Facts(facts)) = response else { return };
            spawn_local(async move {
                let text = report_text(app, &facts);
                if save_file::copy(&text).await {
                    app.say(t("Diagnostics copied. They hold no tunes, notes or addresses."));
                } else {
                    shown.try_set(Some(text));
                }
            });
        });
    };
    view! {
        <div class="actions start take-away">
            <button class="plain" disabled=move || attempt.busy.get() on:click=move |_| save_file::save_everything(app, attempt)>
                {t("Export everything")}
            </button>
            <button class="plain" disabled=move || attempt.busy.get() on:click=report>{t("Copy diagnostics")}</button>
        </div>
        <super::live_text::Problem failure=attempt.failure />
        {move || shown.get().map(|text| view! {
            <label class="stack">{t("The browser does not let us copy. Copy this by hand:")}
                <textarea readonly rows="6" prop:value=text></textarea>
            </label>
        })}
    }
}

fn report_text(app: App, facts: &crate::store::attention::Facts) -> String {
    let navigator = window().navigator();
    let browser = navigator.user_agent().unwrap_or_default();
    let storage = app.opening.with_untracked(|opening| match opening {
        Opening::Open(mode) => Some(*mode),
        _ => None,
    });
    app.sync.with_untracked(|status| {
        diagnostics::text(&diagnostics::Report {
            version: env!("CARGO_PKG_VERSION"),
            build: PROTOCOL,
            browser: &browser,
            storage,
            persisted: app.durable.get_untracked(),
            online: navigator.on_line(),
            status,
            facts,
            now: clock(),
        })
    })
}
