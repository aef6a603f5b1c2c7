//! A tune's first bars as notation, drawn by abcjs, which is fetched when it is first needed. Until then, and where it fails, the
//! ABC text is shown; bad ABC never breaks the page.

use std::cell::RefCell;

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use crate::domain::tune::TuneFields;
use crate::ui::model::abc;

const LIBRARY: &str = "/vendor/abcjs-basic-min.js";

thread_local! {
    static LOADING: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// The first bars of a tune.
#[component]
pub fn Notation(
    /// The tune.
    #[prop(into)]
    fields: Signal<TuneFields>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let state = RwSignal::new("text");
    let document = Memo::new(move |_| fields.with(abc::document));
    Effect::new(move |_| {
        let (Some(place), Some(document)) = (place.get(), document.get()) else { return };
        spawn_local(async move {
            let drawn = draw(&place, &document).await;
            state.try_set(if drawn.is_ok() { "drawn" } else { "failed" });
        });
    });
    let text = move || fields.with(|fields| fields.incipit.clone()).unwrap_or_default();
    view! {
        <Show when=move || document.with(Option::is_some)>
            <figure class="notation" data-testid="notation" data-state=move || state.get() role="img"
                aria-label=move || fields.with(abc::description)>
                <div class="staff" node_ref=place aria-hidden="true"></div>
                <code class="abc" aria-hidden="true">{text}</code>
            </figure>
        </Show>
    }
}

async fn draw(place: &Element, document: &str) -> Result<(), JsValue> {
    let library = library().await?;
    let render: Function = Reflect::get(&library, &"renderAbc".into())?.dyn_into()?;
    let options = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&options, &name.into(), &value);
    set("responsive", "resize".into())?;
    set("add_classes", true.into())?;
    set("staffwidth", 380.into())?;
    set("foregroundColor", "currentColor".into())?;
    for side in ["paddingtop", "paddingbottom", "paddingleft", "paddingright"] {
        set(side, 0.into())?;
    }
    render.call3(&library, place, &document.into(), &options)?;
    match place.query_selector("svg .abcjs-note") {
        Ok(Some(_)) => Ok(()),
        _ => Err("nothing was drawn".into()),
    }
}

async fn library() -> Result<JsValue, JsValue> {
    let loading = LOADING.with_borrow_mut(|slot| slot.get_or_insert_with(load).clone());
    if let Err(error) = JsFuture::from(loading).await {
        // Off line, perhaps: the next tune tries again.
        LOADING.with_borrow_mut(|slot| *slot = None);
        return Err(error);
    }
    Reflect::get(&window(), &"ABCJS".into())
}

fn load() -> Promise {
    Promise::new(&mut |done, failed| {
        let fetch = || -> Result<(), JsValue> {
            let script = document().create_element("script")?;
            script.set_attribute("src", LIBRARY)?;
            script.add_event_listener_with_callback("load", &done)?;
            script.add_event_listener_with_callback("error", &failed)?;
            let head = document().head().ok_or("no head")?;
            head.append_child(&script)?;
            Ok(())
        };
        if let Err(error) = fetch() {
            let _ = failed.apply(&JsValue::NULL, &Array::of1(&error));
        }
    })
}
