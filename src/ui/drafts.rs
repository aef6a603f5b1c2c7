//! Keeps what is being typed until it is saved or thrown away, in this tab: Back, a link or a reload lose nothing. Where the browser keeps nothing,
//! neither do we.

use leptos::prelude::*;

use super::model::draft::{Draft, PREFIX};
use crate::ui::text::t;

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// Keeps the text; an empty one is none.
pub fn keep(draft: Draft, text: &str) {
    if text.trim().is_empty() {
        return forget(draft);
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item(&draft.key(), text);
    }
}

/// What was typed there and not saved.
pub fn kept(draft: Draft) -> Option<String> {
    storage()?.get_item(&draft.key()).ok().flatten()
}

/// It is saved, or thrown away.
pub fn forget(draft: Draft) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(&draft.key());
    }
}

/// Another person uses the app: what the last one typed is nobody else's.
pub fn forget_all() {
    let Some(storage) = storage() else { return };
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|at| storage.key(at).ok().flatten());
    let drafts: Vec<String> = keys.filter(|key| key.starts_with(PREFIX)).collect();
    for key in drafts {
        let _ = storage.remove_item(&key);
    }
}

/// Says that what stands in the editor was typed earlier, with the way to be rid of it.
#[component]
pub fn BroughtBack(
    /// Throws it away and closes the editor.
    discard: Callback<()>,
) -> impl IntoView {
    view! {
        <p class="hint with-undo" role="status">
            <span>{t("This was not saved when you left. Go on where you were.")}</span>
            <button type="button" class="plain" on:click=move |_| discard.run(())>{t("Throw it away")}</button>
        </p>
    }
}
