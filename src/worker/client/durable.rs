//! Whether the browser keeps the data even when space runs short: asked at the first edit, its answer kept by the worker.
//! (Only a page can ask, a worker cannot.)

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Can this browser be asked at all? (Not at an address that is no secure one, for instance.)
pub fn can_be_asked() -> bool {
    web_sys::window().is_some_and(|window| !JsValue::from(window.navigator().storage()).is_undefined())
}

/// Asks the browser to keep the data even when space runs short; what it said, or `None` where it cannot be asked.
pub async fn ask_to_persist() -> Option<bool> {
    let storage = web_sys::window()?.navigator().storage();
    let answer = JsFuture::from(storage.persist().ok()?).await.ok()?;
    answer.as_bool()
}

/// Has the browser agreed to keep the data? `None` where it cannot be asked.
pub async fn is_persisted() -> Option<bool> {
    let storage = web_sys::window()?.navigator().storage();
    let answer = JsFuture::from(storage.persisted().ok()?).await.ok()?;
    answer.as_bool()
}
