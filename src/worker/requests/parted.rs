//! What the worker's module has in parts of its own (`worker::parts`), called there in the bundle, and as it is everywhere else.

#[cfg(not(all(feature = "parts", target_arch = "wasm32")))]
pub(super) use super::{
    analysis::answer as analysis,
    attention::answer as attention,
    data::answer as data,
    library::answer as library,
    practice::{answer_plan as plan, train},
};
#[cfg(all(feature = "parts", target_arch = "wasm32"))]
pub(super) use crate::worker::parts::{analysis, attention, data, library, plan, train};
