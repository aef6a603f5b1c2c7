//! What was changed in two places: what happened, both values, which one stands. Those that wait for a word come first; those
//! somebody has seen are folded away.

use leptos::html::P;
use leptos::prelude::*;

use crate::store::attention::{ConflictNote, ConflictState};
use crate::ui::components::crumb::Crumb;
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::page_title::PageTitle;
use crate::ui::model::{attention_words, locale, when};
use crate::ui::state::{App, Attempt, Live, app};
use crate::ui::text::{parted, say, t};
use crate::worker::protocol::{AttentionAnswer, AttentionRequest, Response};

/// So many at first, and so many more each time.
const PAGE: u32 = 30;

type List = (Vec<ConflictNote>, u32);

fn list(app: App, reviewed: bool, wanted: Signal<bool>, limit: RwSignal<u32>, again: RwSignal<u32>) -> Live<List> {
    let news = Memo::new(move |_| app.sync.with(|s| (s.undecided, s.unreviewed, s.last_pull)));
    app.live(
        &[],
        move || {
            again.track();
            news.track();
            wanted.get().then(|| AttentionRequest::Conflicts { reviewed, limit: limit.get() })
        },
        |response| match response {
            Response::Attention(AttentionAnswer::Conflicts { notes, total }) => Some((notes, total)),
            _ => None,
        },
    )
}

/// The page.
#[component]
pub fn Conflicts() -> impl IntoView {
    let app = app();
    let (limit, again) = (RwSignal::new(PAGE), RwSignal::new(0_u32));
    let open = list(app, false, Signal::derive(|| true), limit, again);
    let attempt = Attempt::new();
    let said = RwSignal::new(String::new());
    let place = NodeRef::<P>::new();
    // The card that was answered is gone: the focus goes to what came of it.
    let done = Callback::new(move |text: String| {
        said.set(text);
        again.update(|n| *n += 1);
        if let Some(place) = place.get_untracked() {
            let _ = place.focus();
        }
    });
    let total = Memo::new(move |_| open.value.with(|list| list.as_ref().map(|(_, total)| *total)));
    let settled = Memo::new(move |_| app.sync.with(|status| status.unreviewed));
    let seen_all = move |_| {
        attempt.go(app, AttentionRequest::KeepAllSettled, move |_| {
            done.try_run(t("All marked as seen").to_owned());
        });
    };
    let (before, after) = parted(t("How they are settled is set in {settings}."), "{settings}");
    view! {
        <section class="page narrow attention-page">
            <Crumb />
            <PageTitle text=t("Changed in two places") />
            <OfflineHint devices=true says=t("You are offline. You can decide now: it holds here at once, and is sent when you are online.") />
            <p>
                {t("When the same thing is changed on two devices before they have heard of each other, both values are kept here.")}
                " "{before}<a href="/settings/sync">{t("Settings")}</a>{after}
            </p>
            <p class="outcome" role="status" tabindex="-1" node_ref=place>{move || said.get()}</p>
            <Problem failure=open.failure again=open.again() />
            {move || match total.get() {
                None => view! { <Waiting what=t("what was changed in two places") /> }.into_any(),
                Some(0) => view! {
                    <div class="empty"><h2>{t("Nothing to look at")}</h2><p>{t("No change is waiting for you here.")}</p></div>
                }.into_any(),
                Some(total) => view! { <p class="quiet" data-testid="conflict-total">{say!("{changes} to look at", changes = locale::counted(i64::from(total), "change"))}</p> }.into_any(),
            }}
            <Cards open done />
            <More shown=Signal::derive(move || limit.get()) total limit />
            <Show when=move || { settled.get() > 1 }>
                <div class="actions start">
                    <button disabled=move || attempt.busy.get() on:click=seen_all>{t("Keep all that are settled")}</button>
                </div>
            </Show>
            <Problem failure=attempt.failure />
            <History again done />
        </section>
    }
}

#[component]
fn Cards(open: Live<List>, done: Callback<String>, #[prop(optional)] history: bool) -> impl IntoView {
    let notes = move || open.value.with(|list| list.as_ref().map(|(notes, _)| notes.clone()).unwrap_or_default());
    let key = |note: &ConflictNote| (note.id.clone(), note.here.clone(), note.there.clone(), note.kept_here);
    view! {
        <div class="cards" data-testid=if history { "conflicts-seen" } else { "conflicts" }>
            <For each=notes key=key let:note>
                <Card note done />
            </For>
        </div>
    }
}

#[component]
fn Card(note: ConflictNote, done: Callback<String>) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let words = attention_words::conflict(&note, &chrono::Local);
    let at = note.at;
    let ago = move || when::ago(at, app.now.get(), &chrono::Local);
    let undecided = note.state == ConflictState::Undecided;
    let reviewed = note.state == ConflictState::Reviewed;
    let page = attention_words::page_of(&note.subject);
    let sides = words.sides.clone().into_iter().map(|side| {
        let mark = match (side.stands, undecided) {
            (true, true) => Some(t("in use here, not sent yet")),
            (true, false) => Some(t("stands")),
            (false, _) => None,
        };
        view! {
            <div class="side" class:stands=side.stands>
                <dt>{side.place}{mark.map(|mark| view! { " "<span class="tag">{mark}</span> })}</dt>
                <dd>{side.value}</dd>
            </div>
        }
    });
    let sides = sides.collect_view();
    let (keep_id, other_id) = (note.id.clone(), note.id);
    let (kept, used) = (words.keep.clone(), words.use_other.clone());
    let keep = move |_| {
        let said = say!("Done: {what}.", what = lower(&kept));
        attempt.go(app, AttentionRequest::KeepStanding { conflict: keep_id.clone() }, move |_| {
            done.try_run(said);
        });
    };
    let other = move |_| {
        let said = say!("Done: {what}.", what = lower(&used));
        attempt.go(app, AttentionRequest::UseOther { conflict: other_id.clone() }, move |_| {
            done.try_run(said);
        });
    };
    view! {
        <article class="card" data-testid="conflict">
            <h2>{words.headline}</h2>
            <p class="quiet">{ago}{page.map(|page| view! { " · "<a href=page>{t("Open")}</a> })}</p>
            <dl class="sides">{sides}</dl>
            <Problem failure=attempt.failure />
            <div class="actions start">
                {(!reviewed).then(|| view! {
                    <button class=if undecided { "" } else { "primary" } disabled=move || attempt.busy.get() on:click=keep>{words.keep}</button>
                })}
                <button disabled=move || attempt.busy.get() on:click=other>{words.use_other}</button>
            </div>
        </article>
    }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + letters.as_str())
}

#[component]
fn More(shown: Signal<u32>, total: Memo<Option<u32>>, limit: RwSignal<u32>) -> impl IntoView {
    let rest = move || total.get().unwrap_or(0).saturating_sub(shown.get());
    view! {
        <Show when=move || { rest() > 0 }>
            <div class="more">
                <button on:click=move |_| limit.update(|limit| *limit += PAGE)>{move || say!("Show more ({count} left)", count = rest())}</button>
            </div>
        </Show>
    }
}

/// Those somebody has seen. Asked for when unfolded.
#[component]
fn History(again: RwSignal<u32>, done: Callback<String>) -> impl IntoView {
    let app = app();
    let unfolded = RwSignal::new(false);
    let limit = RwSignal::new(PAGE);
    let seen = list(app, true, unfolded.into(), limit, again);
    let total = Memo::new(move |_| seen.value.with(|list| list.as_ref().map(|(_, total)| *total)));
    let none = move || unfolded.get() && total.get() == Some(0);
    view! {
        <details class="history-fold" on:toggle=move |event| unfolded.set(is_open(&event))>
            <summary>{t("Already seen")}</summary>
            <Show when=none><p class="quiet">{t("Nothing yet.")}</p></Show>
            <Cards open=seen done history=true />
            <More shown=Signal::derive(move || limit.get()) total limit />
        </details>
    }
}

fn is_open(event: &web_sys::Event) -> bool {
    use wasm_bindgen::JsCast;
    event
        .target()
        .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.has_attribute("open"))
}
