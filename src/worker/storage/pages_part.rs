//! What is done with files in IndexedDB. In the bundle that is a part of the worker's module of its own, fetched where there is no OPFS
//! (`worker::parts` says how the module is cut); everywhere else [`PageStore`] is called as it is.

#[cfg(feature = "parts")]
use futures_util::future::LocalBoxFuture;
use rusqlite::Connection;
#[cfg(feature = "parts")]
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::StorageError;
use super::indexeddb::PageStore;

#[cfg(feature = "parts")]
impl From<SplitLoaderError> for StorageError {
    fn from(_: SplitLoaderError) -> Self {
        StorageError::Missing
    }
}

/// For each of them, the function that the module is cut at.
macro_rules! of_the_part {
    ($($name:ident($($value:ident: $given:ty),*) -> $done:ty = $cut:ident;)+) => {$(
        /// As in [`PageStore`], once the part is here.
        // The lifetime is there for those that have more to borrow.
        #[allow(clippy::needless_lifetimes)]
        pub(super) async fn $name<'a>(pages: &'a PageStore $(, $value: $given)*) -> Result<$done, StorageError> {
            #[cfg(feature = "parts")]
            {
                #[wasm_split(pages, fallible)]
                fn $cut<'a>(
                    pages: &'a PageStore $(, $value: $given)*
                ) -> Result<LocalBoxFuture<'a, Result<$done, StorageError>>, StorageError> {
                    Ok(Box::pin(pages.$name($($value),*)))
                }
                $cut(pages $(, $value)*).await?.await
            }
            #[cfg(not(feature = "parts"))]
            pages.$name($($value),*).await
        }
    )+};
}

of_the_part! {
    claim() -> () = cut_claim;
    connect(name: &'a str) -> Connection = cut_connect;
    store(name: &'a str, image: Vec<u8>) -> () = cut_store;
    copy(from: &'a str, to: &'a str) -> () = cut_copy;
    remove(name: &'a str) -> () = cut_remove;
}
