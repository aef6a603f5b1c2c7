//! The links of a tune: recordings that play here, videos and pages that open elsewhere.

use leptos::prelude::*;

use crate::domain::ids::{ReferenceId, TuneId};
use crate::domain::links;
use crate::domain::reference::{Reference, ReferenceDraft, ReferenceKind, playable};
use crate::domain::tune::TuneDetail;
use crate::ui::components::icons::{Icon, Sign};
use crate::ui::components::live_text::Problem;
use crate::ui::components::offline::OfflineHint;
use crate::ui::state::{Attempt, Live, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The links.
#[component]
pub fn References(
    /// The tune.
    tune: Memo<Option<TuneDetail>>,
    /// Where a new answer goes.
    live: Live<TuneDetail>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let id = Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.id)));
    let all =
        Memo::new(move |_| tune.with(|tune| tune.as_ref().map(|tune| tune.references.clone()).unwrap_or_default()));
    let adding = RwSignal::new(false);
    let deleted = RwSignal::new(None::<ReferenceId>);
    let undo = move |_| {
        if let (Some(tune), Some(reference)) = (id.get_untracked(), deleted.get_untracked()) {
            attempt.go(app, LibraryRequest::DeleteReference { tune, reference, deleted: false }, move |response| {
                deleted.try_set(None);
                take(live, response);
            });
        }
    };
    view! {
        <section class="references">
            <h2 id="links" tabindex="-1">{t("Links and recordings")}</h2>
            <Show when=move || all.with(|all| !all.is_empty())>
                <OfflineHint says=t("You are offline. Links and recordings open when you are online again; the notation and your notes are here.") />
            </Show>
            <ul class="links">
                <For each=move || all.get() key=|reference| reference.clone() let:reference>
                    <One reference tune=id live deleted />
                </For>
            </ul>
            <div role="status">
                <Show when=move || deleted.with(Option::is_some)>
                    <p class="outcome with-undo">
                        <span>{t("The link is deleted.")}</span>
                        <button disabled=move || attempt.busy.get() on:click=undo><Sign icon=Icon::Undo />{t("Undo")}</button>
                    </p>
                </Show>
            </div>
            <Problem failure=attempt.failure />
            <Show when=move || adding.get() fallback=move || view! {
                <button on:click=move |_| adding.set(true)><Sign icon=Icon::Plus />{t("Add a link")}</button>
            }>
                <Form tune=id live reference=None done=Callback::new(move |()| adding.set(false)) />
            </Show>
        </section>
    }
}

#[component]
fn One(
    reference: Reference,
    tune: Memo<Option<TuneId>>,
    live: Live<TuneDetail>,
    deleted: RwSignal<Option<ReferenceId>>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let editing = RwSignal::new(false);
    let kept = StoredValue::new(reference.clone());
    let Reference { id, url, kind, title, comment, favorite, own } = reference;
    let title = title.filter(|title| !title.trim().is_empty());
    let shown = match links::safe_link(&url) {
        Some(safe) => {
            let host = links::host(safe).to_owned();
            let text = title.clone().unwrap_or_else(|| host.clone());
            let aside = (text != host).then(|| view! { <span class="quiet">" "{host}</span> });
            view! { <a href=safe.to_owned() rel="external noopener noreferrer" target="_blank">{text}</a>{aside} }
                .into_any()
        }
        // Nothing one could follow: the words only.
        None => {
            view! { <span>{title.clone().unwrap_or_else(|| t("A link that is not safe to open").to_owned())}</span> }
                .into_any()
        }
    };
    let name = title.unwrap_or_else(|| links::host(&url).to_owned());
    let player = playable(&url).map(|url| {
        view! { <audio controls preload="none" src=url.to_owned() aria-label=say!("Play {name}", name)></audio> }
    });
    let save = move |draft: ReferenceDraft| {
        if let Some(tune) = tune.get_untracked() {
            let request = LibraryRequest::SaveReference { tune, reference: Some(id), draft };
            attempt.go(app, request, move |response| take(live, response));
        }
    };
    let star = move |_| kept.with_value(|kept| save(ReferenceDraft { favorite: !kept.favorite, ..draft_of(kept) }));
    let delete = move |_| {
        if let Some(tune) = tune.get_untracked() {
            attempt.go(app, LibraryRequest::DeleteReference { tune, reference: id, deleted: true }, move |response| {
                deleted.try_set(Some(id));
                take(live, response);
            });
        }
    };
    view! {
        <li data-testid="reference">
            <Show when=move || editing.get()>
                <Form tune live reference=Some(kept.get_value()) done=Callback::new(move |()| editing.set(false)) />
            </Show>
            <div hidden=move || editing.get()>
                <p class="link-line">{kind.map(|kind| view! { <span class="tag">{t(kind.label())}</span> })}" "{shown}</p>
                {comment.map(|comment| view! { <p class="quiet">{comment}</p> })}
                {player}
                {own.then(|| view! {
                    <div class="link-actions">
                        <button class="plain" aria-pressed=favorite.to_string() on:click=star>
                            {if favorite { t("★ Favourite") } else { t("☆ Make favourite") }}<span class="unseen">": "{name.clone()}</span>
                        </button>
                        <button class="plain" on:click=move |_| editing.set(true)>{t("Edit")}<span class="unseen">" "{say!("link {name}", name)}</span></button>
                        <button class="plain" disabled=move || attempt.busy.get() on:click=delete>{t("Delete")}<span class="unseen">" "{say!("link {name}", name)}</span></button>
                    </div>
                })}
                <Problem failure=attempt.failure />
            </div>
        </li>
    }
}

fn draft_of(reference: &Reference) -> ReferenceDraft {
    ReferenceDraft {
        url: reference.url.clone(),
        kind: reference.kind.unwrap_or_else(|| ReferenceKind::guess(&reference.url)),
        title: reference.title.clone().unwrap_or_default(),
        comment: reference.comment.clone().unwrap_or_default(),
        favorite: reference.favorite,
    }
}

#[component]
fn Form(
    tune: Memo<Option<TuneId>>,
    live: Live<TuneDetail>,
    reference: Option<Reference>,
    done: Callback<()>,
) -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let id = reference.as_ref().map(|reference| reference.id);
    let empty = ReferenceDraft {
        url: String::new(),
        kind: ReferenceKind::Website,
        title: String::new(),
        comment: String::new(),
        favorite: false,
    };
    let draft = RwSignal::new(reference.as_ref().map_or(empty, draft_of));
    // Guessed from the address until she chooses.
    let chosen = RwSignal::new(id.is_some());
    let type_url = move |event| {
        let url = event_target_value(&event);
        draft.update(|draft| {
            if !chosen.get_untracked() {
                draft.kind = ReferenceKind::guess(url.trim());
            }
            draft.url = url;
        });
    };
    let choose = move |event| {
        chosen.set(true);
        let kind = ReferenceKind::from_stored(&event_target_value(&event)).unwrap_or(ReferenceKind::Other);
        draft.update(|draft| draft.kind = kind);
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(tune) = tune.get_untracked() else { return };
        let request = LibraryRequest::SaveReference { tune, reference: id, draft: draft.get_untracked() };
        attempt.go(app, request, move |response| {
            done.try_run(());
            take(live, response);
        });
    };
    let kinds = ReferenceKind::ALL.map(|kind| {
        view! { <option value=kind.stored() prop:selected=move || draft.with(|draft| draft.kind == kind)>{t(kind.label())}</option> }
    });
    view! {
        <form class="stack card" on:submit=save>
            <label class="field"><span>{t("Address")}</span>
                <input type="url" inputmode="url" placeholder="https://" autocomplete="off" prop:value=move || draft.with(|d| d.url.clone()) on:input=type_url />
            </label>
            <label class="field"><span>{t("Kind")}</span><select on:change=choose>{kinds}</select></label>
            <label class="field"><span>{t("Name")}</span>
                <input type="text" autocomplete="off" maxlength="200" prop:value=move || draft.with(|d| d.title.clone())
                    on:input=move |event| draft.update(|d| d.title = event_target_value(&event)) />
            </label>
            <label class="field"><span>{t("Remark")}</span>
                <input type="text" autocomplete="off" maxlength="400" prop:value=move || draft.with(|d| d.comment.clone())
                    on:input=move |event| draft.update(|d| d.comment = event_target_value(&event)) />
            </label>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button type="button" on:click=move |_| done.run(())>{t("Cancel")}</button>
                <button class="primary" type="submit" disabled=move || attempt.busy.get() || draft.with(|d| d.url.trim().is_empty())>{t("Save link")}</button>
            </div>
        </form>
    }
}

fn take(live: Live<TuneDetail>, response: Response) {
    if let Response::Library(LibraryAnswer::Tune(tune)) = response {
        live.value.try_set(Some(*tune));
    }
}
