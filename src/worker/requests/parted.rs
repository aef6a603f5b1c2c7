//! What the worker's module has in parts of its own (`worker::parts`), called there in the bundle, and as it is everywhere else.

#[cfg(not(all(feature = "parts", target_arch = "wasm32")))]
pub(super) use super::{
    analysis::answer as analysis,
    attention::answer as attention,
    data::answer as data,
    library::{answer as library, answer_done as library_done},
    practice::{answer as practice, answer_done as practice_done, answer_plan as plan, train},
};
#[cfg(all(feature = "parts", target_arch = "wasm32"))]
pub(super) use crate::worker::parts::{
    analysis, attention, data, library, library_done, plan, practice, practice_done, train,
};
