//! A question in a native dialog: focus is kept inside, Escape closes it, and it returns the focus where it was.

use leptos::html::Dialog;
use leptos::prelude::*;

/// A dialog, open while `open` is true.
#[component]
pub fn Question(
    /// Is it open?
    open: RwSignal<bool>,
    /// What it asks.
    #[prop(into)]
    title: Signal<String>,
    /// Explanation and buttons.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    view! {
        <dialog node_ref=dialog aria-label=move || title.get() on:close=move |_| open.set(false)>
            <h2>{move || title.get()}</h2>
            {move || open.get().then(|| children())}
        </dialog>
    }
}
