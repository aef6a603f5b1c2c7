//! Her data as a whole: taken away (export, ABC, table) and brought in (a database of the old TuneTrees, an export).

use leptos::prelude::*;

use crate::domain::tune_list::Which;
use crate::ui::components::bring_in::{BringIn, Intake};
use crate::ui::components::crumb::Crumb;
use crate::ui::components::live_text::Problem;
use crate::ui::components::page_title::PageTitle;
use crate::ui::components::recently_deleted::RecentlyDeleted;
use crate::ui::components::save_file;
use crate::ui::components::snapshots::Snapshots;
use crate::ui::state::{Attempt, app};
use crate::ui::text::t;

/// The page.
#[component]
pub fn Data() -> impl IntoView {
    let intake = Intake::new(app());
    view! {
        <section class="page narrow settings data-page">
            <Crumb />
            <PageTitle text=t("Your data") />
            <TakeAway />
            <section>
                <h2>{t("Bring in")}</h2>
                <BringIn intake />
            </section>
            <section>
                <h2>{t("Recently deleted")}</h2>
                <RecentlyDeleted />
            </section>
            <section>
                <h2>{t("Snapshots")}</h2>
                <Snapshots intake />
            </section>
        </section>
    }
}

#[component]
fn TakeAway() -> impl IntoView {
    let app = app();
    let attempt = Attempt::new();
    let all = RwSignal::new(true);
    let list = move |ending: &'static str| {
        let which = if all.get_untracked() { Which::All } else { Which::Repertoire };
        save_file::save_tunes(app, attempt, which, ending);
    };
    let scope = |label: &'static str, value: bool| {
        view! {
            <label class="chip">
                <input type="radio" name="scope" prop:checked=move || all.get() == value on:change=move |_| all.set(value) />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <section>
            <h2>{t("Take away")}</h2>
            <p>{t("Everything you have here as one file: to keep, or to restore it here or on another device.")}</p>
            <div class="actions start">
                <button class="primary" disabled=move || attempt.busy.get()
                    on:click=move |_| save_file::save_everything(app, attempt)>{t("Save everything")}</button>
            </div>
            <h3>{t("Tunes for other programs")}</h3>
            <fieldset class="chips">
                <legend>{t("Which tunes")}</legend>
                {scope(t("All of mine"), true)}
                {scope(t("This repertoire"), false)}
            </fieldset>
            <div class="actions start">
                <button disabled=move || attempt.busy.get() on:click=move |_| list("abc")>{t("Save as ABC notation")}</button>
                <button disabled=move || attempt.busy.get() on:click=move |_| list("csv")>{t("Save as table (CSV)")}</button>
            </div>
            <Problem failure=attempt.failure />
        </section>
    }
}
