//! Passing messages at the edge of the screen, and the offer of a new version.

use leptos::prelude::*;

use super::icons::{Icon, Sign};
use crate::ui::offline_copy::offline_copy;
use crate::ui::state::{NoticeKind, app};
use crate::ui::text::{t, told};

/// All of them.
#[component]
pub fn Notices() -> impl IntoView {
    let app = app();
    let copy = offline_copy();
    view! {
        <div class="notices">
            <div role="status" aria-live="polite">
                <For each=move || app.notices.get() key=|notice| notice.id let:notice>
                    <div class="toast" class:problem=notice.kind != NoticeKind::Passing>
                        <p>{told(&notice.text).to_owned()}</p>
                        <button class="icon-only" aria-label=t("Close message") on:click=move |_| app.dismiss(notice.id)>
                            <Sign icon=Icon::Cross />
                        </button>
                    </div>
                </For>
            </div>
            <div role="status">
                <Show when=move || copy.ready.get()>
                    <div class="toast">
                        <p>{t("New version ready")}</p>
                        <button class="plain" on:click=move |_| copy.apply()>{t("Update")}</button>
                    </div>
                </Show>
            </div>
        </div>
    }
}
