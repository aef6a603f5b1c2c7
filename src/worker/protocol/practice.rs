//! What the practice pages ask of the worker, and its answers. May know: `domain`.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{QueueEntryId, TuneId};
use crate::domain::practice::{QueueView, Rating, RatingPreview};

/// A request of the practice pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PracticeRequest {
    /// Today's queue of the current repertoire, made if there is none. → `Queue`
    TodaysQueue,
    /// What each rating would do to that tune now. → `Previews`
    PreviewRatings {
        /// The tune.
        tune: TuneId,
    },
    /// Rate a tune of the queue. → `Queue` (already with the next tune)
    Rate {
        /// The queue's row.
        entry: QueueEntryId,
        /// How it went.
        rating: Rating,
    },
    /// Take the last rating back. → `Queue`
    UndoRating,
    /// Put more tunes into today's queue. → `Queue`
    AddMore {
        /// How many, 1–50.
        count: u32,
    },
}

impl PracticeRequest {
    /// Does it leave something behind that a person would miss?
    pub(super) const fn is_edit(&self) -> bool {
        matches!(self, PracticeRequest::Rate { .. })
    }
}

/// An answer of the practice pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PracticeAnswer {
    /// The queue of today; `None` if there is no repertoire yet.
    Queue(Option<QueueView>),
    /// What the four ratings would do, in the order of [`Rating::ALL`].
    Previews(Vec<RatingPreview>),
}
