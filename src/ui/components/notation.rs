//! Notation drawn by abcjs, which is fetched when it is first needed, and played by the browser's own synthesiser: no sounds are fetched.
//! Until it is drawn, and where that fails, the ABC text is shown; bad ABC never breaks the page.

use std::cell::RefCell;

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use super::player::Player;
use crate::domain::tune::TuneFields;
use crate::ui::model::abc;

const LIBRARY: &str = "/vendor/abcjs-basic-min.js";
/// No line is shorter: a clef, a key and a bar need it.
const NARROWEST: u32 = 240;

thread_local! {
    static LOADING: RefCell<Option<Promise>> = const { RefCell::new(None) };
}

/// What is drawn, and what it says to those who cannot see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The ABC document; `None`: there is nothing to draw.
    pub document: Option<String>,
    /// The text that stands in for the drawing.
    pub text: String,
    /// In words.
    pub description: String,
    /// Beats a minute.
    pub tempo: u32,
    /// The width of a line, in abcjs's pixels.
    pub width: u32,
    /// Are lines broken anew where there is less room than that, so that the notes stay large?
    pub breaks: bool,
}

/// The first bars of a tune.
#[component]
pub fn Notation(
    /// The tune.
    #[prop(into)]
    fields: Signal<TuneFields>,
    /// With a button to play it?
    #[prop(optional)]
    playable: bool,
    /// Drawn only when it comes near the screen: for long lists.
    #[prop(optional)]
    lazy: bool,
) -> impl IntoView {
    let sheet = Memo::new(move |_| {
        fields.with(|fields| Sheet {
            document: abc::document(fields),
            text: fields.incipit.clone().unwrap_or_default(),
            description: abc::description(fields),
            tempo: abc::tempo(fields.kind.as_deref()),
            width: 380,
            breaks: false,
        })
    });
    view! { <Score sheet playable lazy /> }
}

/// A piece of ABC.
#[component]
pub fn Score(
    /// What is drawn.
    sheet: Memo<Sheet>,
    /// With a button to play it?
    #[prop(optional)]
    playable: bool,
    /// Drawn only when it comes near the screen?
    #[prop(optional)]
    lazy: bool,
) -> impl IntoView {
    let near = RwSignal::new(!lazy);
    let place = NodeRef::<Div>::new();
    if lazy {
        draw_when_near(place, near);
    }
    let state = RwSignal::new("text");
    // What abcjs knows of the tune it has drawn last.
    let drawn = RwSignal::new_local(None::<JsValue>);
    Effect::new(move |_| {
        let Some(place) = place.get().filter(|_| near.get()) else { return };
        let sheet = sheet.get();
        if sheet.document.is_none() {
            return;
        }
        spawn_local(async move {
            let tune = draw(&place, &sheet).await;
            state.try_set(if tune.is_ok() { "drawn" } else { "failed" });
            drawn.try_set(tune.ok());
        });
    });
    view! {
        <Show when=move || sheet.with(|sheet| sheet.document.is_some())>
            <figure class="notation" data-testid="notation" data-state=move || state.get()>
                <div role="img" aria-label=move || sheet.with(|sheet| sheet.description.clone())>
                    <div class="staff" node_ref=place aria-hidden="true"></div>
                    <code class="abc" aria-hidden="true">{move || sheet.with(|sheet| sheet.text.clone())}</code>
                </div>
                {playable.then(|| view! { <Player drawn tempo=Signal::derive(move || sheet.with(|sheet| sheet.tempo)) /> })}
            </figure>
        </Show>
    }
}

/// Says when the place comes within a screen's reach.
fn draw_when_near(place: NodeRef<Div>, near: RwSignal<bool>) {
    let watching = StoredValue::new_local(None::<(IntersectionObserver, Closure<dyn FnMut(Array)>)>);
    let stop = move || {
        if let Some((observer, _)) = watching.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    };
    Effect::new(move |_| {
        let Some(place) = place.get() else { return };
        let seen = Closure::new(move |entries: Array| {
            let shown = |entry: JsValue| entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting();
            if entries.iter().any(shown) {
                near.try_set(true);
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin("400px");
        match IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options) {
            Ok(observer) => {
                // Not the place itself: until it is drawn on it takes no room, and what takes none is never seen.
                match place.parent_element() {
                    Some(around) => observer.observe(&around),
                    None => near.set(true),
                }
                watching.set_value(Some((observer, seen)));
            }
            Err(_) => near.set(true),
        }
    });
    on_cleanup(stop);
}

async fn draw(place: &Element, sheet: &Sheet) -> Result<JsValue, JsValue> {
    let document = sheet.document.as_deref().ok_or("no notes")?;
    let library = library().await?;
    let render: Function = Reflect::get(&library, &"renderAbc".into())?.dyn_into()?;
    let options = Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&options, &name.into(), &value);
    set("responsive", "resize".into())?;
    set("add_classes", true.into())?;
    // Of what it stands in: the place itself has no width until something is drawn there.
    let room = place.parent_element().map_or(0, |around| around.client_width());
    let room = u32::try_from(room).unwrap_or(0).max(NARROWEST);
    if sheet.breaks && room < sheet.width {
        set("staffwidth", room.into())?;
        let wrap = Object::new();
        Reflect::set(&wrap, &"minSpacing".into(), &1.3.into())?;
        Reflect::set(&wrap, &"maxSpacing".into(), &2.8.into())?;
        set("wrap", wrap.into())?;
    } else {
        set("staffwidth", sheet.width.into())?;
    }
    set("foregroundColor", "currentColor".into())?;
    for side in ["paddingtop", "paddingbottom", "paddingleft", "paddingright"] {
        set(side, 0.into())?;
    }
    let tunes = render.call3(&library, place, &document.into(), &options)?;
    // Where lines are broken anew, abcjs leaves what it measured with behind.
    while let Ok(Some(left)) = leptos::prelude::document().query_selector("body > svg") {
        left.remove();
    }
    match place.query_selector("svg .abcjs-note") {
        Ok(Some(_)) => Ok(Array::from(&tunes).get(0)),
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
