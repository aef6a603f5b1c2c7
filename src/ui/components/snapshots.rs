//! The snapshots kept on this device: when and before what they were made; saved as a file, gone back to, removed.

use leptos::prelude::*;

use super::bring_in::{Intake, Progress};
use super::confirm::Question;
use super::live_text::{Problem, Waiting};
use super::save_file;
use crate::domain::snapshot::Snapshot;
use crate::store::schema::Table;
use crate::ui::model::snapshot_words as words;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{DataAnswer, DataRequest, Response, StorageMode};

/// The list.
#[component]
pub fn Snapshots(
    /// Shared with the files that are brought in: the worker has one at a time.
    intake: Intake,
) -> impl IntoView {
    let app = app();
    let (attempt, saving) = (Attempt::new(), Attempt::new());
    let take = |response| match response {
        Response::Data(DataAnswer::Snapshots(all)) => Some(all),
        _ => None,
    };
    // One is made before much changes, so whatever changes may have made one.
    let live = app.live(
        &Table::ALL,
        move || {
            app.account.track();
            intake.track();
            Some(DataRequest::Snapshots)
        },
        take,
    );
    let removing = RwSignal::new(None::<Snapshot>);
    let asking = RwSignal::new(false);
    let remove = move |_| {
        let Some(one) = removing.get_untracked() else { return };
        attempt.go(app, DataRequest::RemoveSnapshot { id: one.id }, move |response| {
            asking.try_set(false);
            if let Some(all) = take(response) {
                live.value.try_set(Some(all));
            }
        });
    };
    let row = move |one: Snapshot| {
        let id = one.id;
        let when = words::when(&one, &chrono::Local);
        let unseen = say!("of {when}", when);
        let of = move || view! { <span class="unseen">" "{unseen.clone()}</span> };
        let save = move |_| save_file::save(app, saving, DataRequest::SnapshotText { id }, "snapshot", || {});
        let doomed = one.clone();
        view! {
            <li data-testid="snapshot">
                <p><strong>{when}</strong><span class="quiet">{words::why(one.why)}" · "{words::size(one.bytes)}</span></p>
                <div class="actions start">
                    <button disabled=move || intake.is_busy() on:click=move |_| intake.go_back(id)>{t("Go back to it…")}{of.clone()}</button>
                    <button disabled=move || saving.busy.get() on:click=save>{t("Save as file")}{of.clone()}</button>
                    <button class="plain" on:click=move |_| { removing.set(Some(doomed.clone())); asking.set(true) }>{t("Delete")}{of}</button>
                </div>
            </li>
        }
    };
    let memory = move || matches!(app.opening.get(), crate::ui::state::Opening::Open(StorageMode::Memory));
    view! {
        <p>{t("Before a file or more than five tunes come in, and before an update brings your data into another form, everything of yours is kept here by itself. The last five snapshots stay.")}</p>
        <p class="quiet">{t("Going back makes everything as it was then, here and on your other devices. You see first what that would change; and what there is now is kept as a snapshot too, so you can return.")}</p>
        <Problem failure=live.failure again=live.again() />
        {move || match live.value.get() {
            None => live.failure.with(Option::is_none).then(|| view! { <Waiting what=t("snapshots") /> }.into_any()),
            Some(all) if all.is_empty() => Some(view! {
                <p class="quiet">{if memory() { t("This browser keeps nothing beyond this tab, so there are no snapshots.") } else { t("There are none yet.") }}</p>
            }.into_any()),
            Some(all) => Some(view! { <ul class="snapshots">{all.into_iter().map(row).collect_view()}</ul> }.into_any()),
        }}
        <Problem failure=saving.failure />
        <Progress intake back=true />
        <Question open=asking title=t("Delete this snapshot?")>
            <p>{t("Your data stay as they are; only the way back to that time goes.")}</p>
            <Problem failure=attempt.failure />
            <div class="actions">
                <button on:click=move |_| asking.set(false)>{t("Cancel")}</button>
                <button class="danger" disabled=move || attempt.busy.get() on:click=remove>{t("Delete")}</button>
            </div>
        </Question>
    }
}
