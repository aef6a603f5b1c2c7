//! A picture for a note: chosen, made small enough, described, and put where the caret was.

use leptos::html::{Div, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlInputElement, ImageBitmap, Range};

use super::rich_text::command;
use crate::domain::note_text::picture as sizes;
use crate::ui::text::t;

/// Once a file is chosen: what it shows, and the button that puts it in.
#[component]
pub fn PictureIn(
    /// The chooser of files.
    choose: NodeRef<Input>,
    /// The place one writes in.
    place: NodeRef<Div>,
    /// What to say where a picture cannot be used.
    complain: Callback<String>,
    /// After it is in.
    put: Callback<()>,
) -> impl IntoView {
    let chosen = RwSignal::new(None::<String>);
    let shows = RwSignal::new(String::new());
    let caret = StoredValue::new_local(None::<Range>);
    let picked = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        caret.set_value(caret_in(place));
        let room = sizes::room(place.get_untracked().map_or(0, |place| place.inner_html().len()));
        spawn_local(async move {
            match small(&file, room).await {
                Ok(Some(data)) => {
                    shows.try_set(String::new());
                    chosen.try_set(Some(data));
                }
                Ok(None) => complain
                    .run(t("There is no room for another picture in this note. Write a second note.").to_owned()),
                Err(_) => complain.run(t("This picture could not be read. Try a PNG or JPEG.").to_owned()),
            }
        });
    };
    let put_in = move || {
        let Some(data) = chosen.try_update(Option::take).flatten() else { return };
        if let Some(place) = place.get_untracked() {
            let _ = place.focus();
        }
        if let (Some(range), Ok(Some(selection))) =
            (caret.try_update_value(Option::take).flatten(), window().get_selection())
        {
            let _ = selection.remove_all_ranges();
            let _ = selection.add_range(&range);
        }
        let _ = command("insertHTML", &sizes::markup(&data, &shows.get_untracked()));
        put.run(());
    };
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    view! {
        <input node_ref=choose type="file" accept="image/*" hidden aria-label=t("Picture file") on:change=picked />
        <Show when=move || chosen.with(Option::is_some)>
            <div class="picture-in">
                <img src=move || chosen.get().unwrap_or_default() alt="" />
                <div class="field">
                    <label for="picture-shows">{t("What does the picture show?")}</label>
                    <input id="picture-shows" type="text" node_ref=field aria-describedby="picture-why"
                        prop:value=move || shows.get() on:input=move |event| shows.set(event_target_value(&event))
                        // Not the form around it, which would save the note.
                        on:keydown=move |event| if event.key() == "Enter" { event.prevent_default(); put_in(); } />
                    <p class="quiet" id="picture-why">{t("Read aloud to whoever cannot see it: “The B part in my teacher's hand”.")}</p>
                </div>
                <div class="actions">
                    <button type="button" on:click=move |_| chosen.set(None)>{t("Leave it out")}</button>
                    <button type="button" on:click=move |_| put_in()>{t("Put it in")}</button>
                </div>
            </div>
        </Show>
    }
}

/// Where one was writing: the field of the description takes the selection.
fn caret_in(place: NodeRef<Div>) -> Option<Range> {
    let range = window().get_selection().ok().flatten()?.get_range_at(0).ok()?;
    let place = place.get_untracked()?;
    let within = place.contains(range.start_container().ok().as_ref());
    within.then_some(range)
}

/// The picture in a file as a data address of at most so many characters; `None` where none is small enough.
async fn small(file: &web_sys::File, room: usize) -> Result<Option<String>, JsValue> {
    let bitmap: ImageBitmap = JsFuture::from(window().create_image_bitmap_with_blob(file)?).await?.dyn_into()?;
    for (width, height, quality) in sizes::tries(bitmap.width().into(), bitmap.height().into()) {
        let canvas: HtmlCanvasElement = document().create_element("canvas")?.dyn_into()?;
        canvas.set_width(width as u32);
        canvas.set_height(height as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d")?.ok_or("no canvas")?.dyn_into()?;
        // What is transparent would be black.
        context.set_fill_style_str("white");
        context.fill_rect(0.0, 0.0, width, height);
        context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width, height)?;
        let data = canvas.to_data_url_with_type_and_encoder_options("image/jpeg", &quality.into())?;
        if data.len() <= room {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
