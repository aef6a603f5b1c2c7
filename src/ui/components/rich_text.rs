//! A small editor for notes: a place one writes in, and five buttons. What goes in (stored, pasted) and what comes out is made anew by
//! `domain::note_text`, so that foreign markup never gets into the document or the database.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlDocument;

use super::note_picture::PictureIn;
use crate::domain::note_text;
use crate::ui::text::{t, t_in};

/// The editor. What is written is read with [`written`].
#[component]
pub fn RichText(
    /// What it starts with, as stored.
    html: String,
    /// The place one writes in.
    place: NodeRef<Div>,
    /// Is anything written?
    filled: RwSignal<bool>,
    /// What to say where a picture cannot be used.
    complain: Callback<String>,
) -> impl IntoView {
    let start = note_text::clean(&html);
    filled.set(!start.is_empty());
    Effect::new(move |done: Option<bool>| {
        let Some(place) = place.get() else { return false };
        if done != Some(true) {
            place.set_inner_html(&start);
            let _ = command("defaultParagraphSeparator", "p");
            let _ = place.focus();
        }
        true
    });
    let look = move || {
        if let Some(place) = place.get_untracked() {
            let text = place.text_content().is_some_and(|text| !text.trim().is_empty());
            filled.set(text || place.query_selector("img").ok().flatten().is_some());
        }
    };
    let paste = move |event: web_sys::ClipboardEvent| {
        let Some(data) = event.clipboard_data() else { return };
        event.prevent_default();
        let rich = data.get_data("text/html").unwrap_or_default();
        let html = if rich.trim().is_empty() {
            note_text::html(&data.get_data("text/plain").unwrap_or_default())
        } else {
            note_text::clean(&rich)
        };
        let _ = command("insertHTML", &html);
        look();
    };
    let format = move |name: &'static str| {
        move |_| {
            let _ = command(name, "");
            look();
        }
    };
    // A button that took the focus would take the selection.
    let hold = |event: leptos::ev::MouseEvent| event.prevent_default();
    let choose = NodeRef::<leptos::html::Input>::new();
    view! {
        <div class="rich-text">
            <div class="rich-tools" role="toolbar" aria-label=t("Format")>
                <button type="button" aria-label=t("Bold") on:mousedown=hold on:click=format("bold")><b>{t("B")}</b></button>
                <button type="button" aria-label=t("Slanted") on:mousedown=hold on:click=format("italic")><i>{t("I")}</i></button>
                <button type="button" aria-label=t_in("of points in a note", "List") on:mousedown=hold on:click=format("insertUnorderedList")>{t("• List")}</button>
                <button type="button" on:mousedown=hold on:click=move |_| if let Some(input) = choose.get_untracked() { input.click() }>{t("Picture")}</button>
            </div>
            <PictureIn choose place complain put=Callback::new(move |()| look()) />
            <div class="rich-place note-text" node_ref=place contenteditable="true" role="textbox" aria-multiline="true" aria-label=t("Note")
                on:input=move |_| look() on:paste=paste on:drop=|event| event.prevent_default()></div>
        </div>
    }
}

/// What is written in the editor, as it may be stored.
pub fn written(place: NodeRef<Div>) -> String {
    place.get_untracked().map(|place| note_text::clean(&place.inner_html())).unwrap_or_default()
}

/// Has the browser change what is selected.
pub(super) fn command(name: &str, value: &str) -> Result<bool, JsValue> {
    document().unchecked_into::<HtmlDocument>().exec_command_with_show_ui_and_value(name, false, value)
}
