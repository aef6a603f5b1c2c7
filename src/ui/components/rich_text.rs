//! A small editor for notes: a place one writes in, and five buttons. What goes in (stored, pasted) and what comes out is made anew by
//! `model::note_text`, so that foreign markup never gets into the document or the database.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlDocument, HtmlInputElement, ImageBitmap};

use crate::ui::model::note_text;

/// The longest side of a picture, and how large its data may be: a note is sent in one piece.
const LONGEST_SIDE: f64 = 1000.0;
const LARGEST: usize = 90_000;

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
    let picked = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        spawn_local(async move {
            match picture(&file).await {
                Ok(data) => {
                    if let Some(place) = place.get_untracked() {
                        let _ = place.focus();
                    }
                    let html = format!("<p><img src=\"{data}\" alt=\"Picture in the note\"></p>");
                    let _ = command("insertHTML", &note_text::clean(&html));
                    look();
                }
                Err(_) => complain.run("This picture could not be read. Try a PNG or JPEG.".to_owned()),
            }
        });
    };
    view! {
        <div class="rich-text">
            <div class="rich-tools" role="toolbar" aria-label="Format">
                <button type="button" aria-label="Bold" on:mousedown=hold on:click=format("bold")><b>"B"</b></button>
                <button type="button" aria-label="Slanted" on:mousedown=hold on:click=format("italic")><i>"I"</i></button>
                <button type="button" aria-label="List" on:mousedown=hold on:click=format("insertUnorderedList")>"• List"</button>
                <button type="button" on:mousedown=hold on:click=move |_| if let Some(input) = choose.get_untracked() { input.click() }>"Picture"</button>
                <input node_ref=choose type="file" accept="image/*" hidden aria-label="Picture file" on:change=picked />
            </div>
            <div class="rich-place note-text" node_ref=place contenteditable="true" role="textbox" aria-multiline="true" aria-label="Note"
                on:input=move |_| look() on:paste=paste on:drop=|event| event.prevent_default()></div>
        </div>
    }
}

/// What is written in the editor, as it may be stored.
pub fn written(place: NodeRef<Div>) -> String {
    place.get_untracked().map(|place| note_text::clean(&place.inner_html())).unwrap_or_default()
}

fn command(name: &str, value: &str) -> Result<bool, JsValue> {
    document().unchecked_into::<HtmlDocument>().exec_command_with_show_ui_and_value(name, false, value)
}

/// The picture in a file, small enough to be kept in a note, as a data address.
async fn picture(file: &web_sys::File) -> Result<String, JsValue> {
    let bitmap: ImageBitmap = JsFuture::from(window().create_image_bitmap_with_blob(file)?).await?.dyn_into()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let mut side = LONGEST_SIDE.min(width.max(height));
    loop {
        let scale = side / width.max(height).max(1.0);
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
        canvas.set_width((width * scale).max(1.0) as u32);
        canvas.set_height((height * scale).max(1.0) as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or("no canvas")?.dyn_into()?;
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width * scale, height * scale)?;
        let data = canvas.to_data_url_with_type_and_encoder_options("image/jpeg", &0.8.into())?;
        if data.len() <= LARGEST {
            return Ok(data);
        }
        if side < 100.0 {
            return Err("too large".into());
        }
        side *= 0.75;
    }
}
