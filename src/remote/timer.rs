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

/// The result of `work`, or `None` if it takes longer than `limit`; `work` is dropped then, which aborts a request.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(work), std::pin::pin!(sleep(limit))).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}
