//! Whether the browser keeps the data even when space runs short: asked at the first edit, its answer kept by the worker.
//! (Only a page can ask, a worker cannot.)

use wasm_bindgen_futures::JsFuture;

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
