//! What a person sees: pages, dialogs, the top bar, and the words on them.
//!
//! May know: `domain`, the protocol and the client of `worker`. Must not know: SQL, sync rules, the network. [`model`] is plain
//! code that builds and is tested everywhere; the components exist in the browser only.
//!
//! For end-to-end tests: use roles and names (headings, buttons, fields). Besides these, stable are `data-testid` =
//! `sync-badge` (with `data-phase`), `queue-progress`, `current-tune`, `rate-again|hard|good|easy`, `undo`, `notation`
//! (with `data-state` = `text`, `drawn` or `failed`), `tune-row`, `total`, `bulk`, `repertoire`,
//! `reference`, `play`, `offer`, `known`, `picked`.

pub mod model;
pub mod text;

#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod app;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
pub mod components;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod drafts;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
pub mod locale;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod offline_copy;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod pages;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod parts;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod preferences;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod shell;
#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
mod state;

#[cfg(all(target_arch = "wasm32", not(feature = "database")))]
pub use app::mount;
