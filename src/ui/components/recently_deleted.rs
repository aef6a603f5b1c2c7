//! What was deleted in the last weeks, each with the way back: the Undo beside a deletion is gone when one leaves its page.

use leptos::prelude::*;

use super::icons::{Icon, Sign};
use super::live_text::{Problem, Waiting};
use crate::domain::deleted::Deleted;
use crate::store::schema::Table;
use crate::ui::model::deleted_words as words;
use crate::ui::state::{Attempt, app};
use crate::ui::text::{say, t};
use crate::worker::protocol::{LibraryAnswer, LibraryRequest, Response};

/// The list.
#[component]
pub fn RecentlyDeleted() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let live = app.live(
        &[Table::Tune, Table::Note, Table::Reference, Table::Playlist],
        move || {
            app.account.track();
            Some(LibraryRequest::RecentlyDeleted)
        },
        |response| match response {
            Response::Library(LibraryAnswer::Deleted(all)) => Some(all),
            _ => None,
        },
    );
    let row = move |one: Deleted| {
        let name = words::name(&one);
        let (thing, said) = (one.thing, say!("{name} is back.", name));
        let back = move |_| {
            let said = said.clone();
            attempt.go(app, words::bring_back(thing), move |_| app.say(said));
        };
        view! {
            <li data-testid="deleted">
                <p><strong>{name.clone()}</strong><span class="quiet">{words::about(&one, &chrono::Local)}</span></p>
                <div class="actions start">
                    <button disabled=move || attempt.busy.get() on:click=back><Sign icon=Icon::Undo />{t("Bring back")}<span class="unseen">{format!(" {name}")}</span></button>
                </div>
            </li>
        }
    };
    view! {
        <p>{t("Tunes of your own, notes, links and repertoires that you deleted in the last 30 days, here or on another device.")}</p>
        <Problem failure=live.failure again=live.again() />
        <Problem failure=attempt.failure />
        {move || match live.value.get() {
            None => live.failure.with(Option::is_none).then(|| view! { <Waiting what=t("what was deleted") /> }.into_any()),
            Some(all) if all.is_empty() => Some(view! { <p class="quiet">{t("Nothing was deleted.")}</p> }.into_any()),
            Some(all) => Some(view! { <ul class="snapshots">{all.into_iter().map(row).collect_view()}</ul> }.into_any()),
        }}
    }
}
