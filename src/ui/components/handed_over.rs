//! Files that come from outside the page: chosen, shared by another app, or opened with this one.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Where the service worker has what was shared (`public/sw.js`); it gives it once.
const SHARED: &str = "/shared";

/// The bytes of a file.
///
/// # Errors
/// The browser's, where it cannot be read.
pub async fn bytes(file: &web_sys::Blob) -> Result<Vec<u8>, JsValue> {
    read(file.array_buffer()).await
}

async fn read(buffer: Promise) -> Result<Vec<u8>, JsValue> {
    Ok(Uint8Array::new(&JsFuture::from(buffer).await?).to_vec())
}

/// What another app shared; `None` if it was taken already.
pub async fn shared() -> Option<Vec<u8>> {
    let answer = JsFuture::from(window().fetch_with_str(SHARED)).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    if answer.status() != 200 {
        return None;
    }
    read(answer.array_buffer().ok()?).await.ok()
}

/// Calls `take` with each file that is opened with the app, where the browser can do that.
pub fn on_opened(take: impl Fn(web_sys::File) + Copy + 'static) {
    let Ok(queue) = Reflect::get(&window(), &"launchQueue".into()) else { return };
    let Some(set) = Reflect::get(&queue, &"setConsumer".into()).ok().and_then(|set| set.dyn_into::<Function>().ok())
    else {
        return;
    };
    let consumer = Closure::<dyn Fn(JsValue)>::new(move |launch: JsValue| {
        let Ok(files) = Reflect::get(&launch, &"files".into()) else { return };
        let first = files.dyn_into::<Array>().map_or(JsValue::UNDEFINED, |files| files.get(0));
        leptos::task::spawn_local(async move {
            if let Some(file) = opened(&first).await {
                take(file);
            }
        });
    });
    let _ = set.call1(&queue, consumer.as_ref());
    consumer.forget();
}

/// The file behind what the browser calls a handle.
async fn opened(handle: &JsValue) -> Option<web_sys::File> {
    let get: Function = Reflect::get(handle, &"getFile".into()).ok()?.dyn_into().ok()?;
    let file: Promise = get.call0(handle).ok()?.dyn_into().ok()?;
    JsFuture::from(file).await.ok()?.dyn_into().ok()
}
