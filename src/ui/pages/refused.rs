//! What the server did not accept: why, in words, and what can be done: edit, try again, save a copy, discard.

use leptos::html::P;
use leptos::prelude::*;

use crate::store::attention::RefusedEdit;
use crate::ui::components::confirm::Question;
use crate::ui::components::crumb::Crumb;
use crate::ui::components::live_text::{Problem, Waiting};
use crate::ui::components::offline::OfflineHint;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::save_file;
use crate::ui::model::{attention_words, when};
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{AttentionAnswer, AttentionRequest, Response};

/// So many at first, and so many more each time.
const PAGE: u32 = 30;

/// The page.
#[component]
pub fn Refused() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let (limit, again) = (RwSignal::new(PAGE), RwSignal::new(0_u32));
    let news = Memo::new(move |_| app.sync.with(|s| (s.refused, s.pending, s.last_push)));
    let list = app.live(
        &[],
        move || {
            again.track();
            news.track();
            Some(AttentionRequest::Refused { limit: limit.get() })
        },
        |response| match response {
            Response::Attention(AttentionAnswer::Refused { edits, total }) => Some((edits, total)),
            _ => None,
        },
    );
    let said = RwSignal::new(String::new());
    let place = NodeRef::<P>::new();
    let done = Callback::new(move |text: String| {
        said.set(text);
        again.update(|n| *n += 1);
        if let Some(place) = place.get_untracked() {
            let _ = place.focus();
        }
    });
    let total = Memo::new(move |_| list.value.with(|list| list.as_ref().map(|(_, total)| *total)));
    // Those that wait for one of them are counted by the badge, too, and stand on its card here.
    let waiting = Memo::new(move |_| news.get().0.saturating_sub(total.get().unwrap_or(0)));
    let edits = move || list.value.with(|list| list.as_ref().map(|(edits, _)| edits.clone()).unwrap_or_default());
    let key = |edit: &RefusedEdit| (edit.subject.table, edit.subject.row_id.clone(), edit.code.clone(), edit.at);
    let retry_all = move |_| {
        attempt.go(app, AttentionRequest::RetryRefused, move |_| {
            done.try_run(t("Trying again…").to_owned());
        });
    };
    let rest = move || total.get().unwrap_or(0).saturating_sub(limit.get());
    view! {
        <section class="page narrow attention-page">
            <Crumb />
            <PageTitle text=t("Not accepted by the server") />
            <OfflineHint devices=true says=t("You are offline. Edit or discard what you like; what you try again is sent when you are online.") />
            <p>{t("These changes are safe on this device, but the server did not take them as they are. Everything else goes on syncing.")}</p>
            <p class="outcome" role="status" tabindex="-1" node_ref=place>{move || said.get()}</p>
            <Problem failure=list.failure again=list.again() />
            <Problem failure=attempt.failure />
            {move || match total.get() {
                None => view! { <Waiting what=t("what was not accepted") /> }.into_any(),
                Some(0) => view! {
                    <div class="empty"><h2>{t("All accepted")}</h2><p>{t("The server has taken everything that was sent.")}</p></div>
                }.into_any(),
                Some(total) => view! {
                    <div class="page-head">
                        <p class="quiet" data-testid="refused-total">{move || attention_words::refused_total(total, waiting.get())}</p>
                        {(total > 1).then(|| view! {
                            <button disabled=move || attempt.busy.get() on:click=retry_all>{t("Try all again")}</button>
                        })}
                    </div>
                }.into_any(),
            }}
            <div class="cards" data-testid="refused">
                <For each=edits key=key let:edit>
                    <Card edit done />
                </For>
            </div>
            <Show when=move || { rest() > 0 }>
                <div class="more"><button on:click=move |_| limit.update(|limit| *limit += PAGE)>{move || say!("Show more ({count} left)", count = rest())}</button></div>
            </Show>
        </section>
    }
}

#[component]
fn Card(edit: RefusedEdit, done: Callback<String>) -> impl IntoView {
    /// Of more dependants only the number is told.
    const MOST_NAMED: usize = 12;
    let app = app();
    let (attempt, saving) = (Attempt::new(), Attempt::new());
    let asking = RwSignal::new(false);
    let words = attention_words::refused(&edit);
    let at = edit.at;
    let ago = move || when::ago(at, app.now.get(), &chrono::Local);
    let page = attention_words::page_of(&edit.subject);
    let dependants = attention_words::dependants(&edit).map(|summary| {
        let rest = edit.dependants.len().saturating_sub(MOST_NAMED);
        let named = edit.dependants.iter().take(MOST_NAMED).map(|one| view! { <li>{attention_words::subject(one)}</li> });
        view! {
            <details class="dependants">
                <summary>{summary}</summary>
                <ul>{named.collect_view()}{(rest > 0).then(|| view! { <li class="quiet">{say!("and {count} more", count = rest)}</li> })}</ul>
            </details>
        }
    });
    let row = StoredValue::new((edit.subject.table, edit.subject.row_id.clone()));
    let retry = move |_| {
        let (table, row) = row.get_value();
        attempt.go(app, AttentionRequest::RetryRefusedEdit { table, row }, move |_| {
            app.tell(AttentionRequest::SyncNow, |_| {});
            done.try_run(t("Trying again…").to_owned());
        });
    };
    let copy = move || {
        let (table, row) = row.get_value();
        save_file::save(app, saving, AttentionRequest::ExportRefused { table, row }, "change", || {});
    };
    let name = StoredValue::new(words.subject.clone());
    let discard = move |_| {
        let (table, row) = row.get_value();
        asking.set(false);
        attempt.go(app, AttentionRequest::DiscardRefused { table, row }, move |_| {
            done.try_run(name.try_with_value(|name| say!("Discarded: {name}.", name)).unwrap_or_default());
        });
    };
    let loss = StoredValue::new(words.loss);
    let title = Signal::derive(|| t("Discard this change?").to_owned());
    view! {
        <article class="card" data-testid="refused-edit">
            <h2>{words.subject}</h2>
            <p class="quiet">{words.did}" · "{ago}</p>
            <p><strong>{words.reason}</strong>" "{words.advice}</p>
            {dependants}
            <details><summary>{t("The server's own words")}</summary><p class="server-words">{words.server}</p></details>
            <Problem failure=attempt.failure />
            <Problem failure=saving.failure />
            <div class="actions start">
                {page.map(|page| view! { <a class="button" href=page>{t("Edit")}</a> })}
                <button disabled=move || attempt.busy.get() on:click=retry>{t("Try again")}</button>
                <div class="actions start further">
                    <button class="plain" on:click=move |_| copy()>{t("Save a copy")}</button>
                    <button class="plain danger" disabled=move || attempt.busy.get() on:click=move |_| asking.set(true)>{t("Discard…")}</button>
                </div>
            </div>
            <Question open=asking title>
                <p>{loss.get_value()}</p>
                <p class="quiet">{t("Save a copy first if you may want it again.")}</p>
                <div class="actions">
                    <button on:click=move |_| asking.set(false)>{t("Cancel")}</button>
                    <button on:click=move |_| copy()>{t("Save a copy")}</button>
                    <button class="danger" on:click=discard>{t("Discard")}</button>
                </div>
            </Question>
        </article>
    }
}
