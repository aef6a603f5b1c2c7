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

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod locale;
#[cfg(target_arch = "wasm32")]
mod offline_copy;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod preferences;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
mod state;

#[cfg(target_arch = "wasm32")]
pub use app::mount;
