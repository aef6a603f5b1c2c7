//! Waiting, natively and in the browser; a time limit for any future.

use std::future::Future;
use std::time::Duration;

use futures_util::future::{Either, select};

/// Waits. In the browser `setTimeout`, which hidden pages get late.
#[cfg(target_arch = "wasm32")]
pub async fn sleep(pause: Duration) {
    gloo_timers::future::TimeoutFuture::new(u32::try_from(pause.as_millis()).unwrap_or(i32::MAX as u32)).await;
}

/// Waits. Needs a tokio runtime with its timer.
#[cfg(not(target_arch = "wasm32"))]
pub async fn sleep(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// Lets what waits for this thread go first. In the browser a message to itself: it queues behind the messages that have come, and unlike a
/// timer neither waits 4 ms nor is held back in hidden pages.
#[cfg(target_arch = "wasm32")]
pub async fn turn() {
    use wasm_bindgen::prelude::*;
    let Ok(channel) = web_sys::MessageChannel::new() else { return sleep(Duration::ZERO).await };
    let (tell, told) = futures_channel::oneshot::channel();
    let heard = Closure::once(move || {
        // Its future may be gone.
        let _ = tell.send(());
    });
    let here = channel.port1();
    here.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    if channel.port2().post_message(&JsValue::NULL).is_err() {
        return sleep(Duration::ZERO).await;
    }
    // The sender lives as long as the closure.
    let _ = told.await;
    here.close();
}

/// Lets what waits for this thread go first.
#[cfg(not(target_arch = "wasm32"))]
pub async fn turn() {
    tokio::task::yield_now().await;
}

/// The result of `work`, or `None` if it takes longer than `limit`; `work` is dropped then, which aborts a request.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(work), std::pin::pin!(sleep(limit))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}
