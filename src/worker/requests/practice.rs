//! Answers the practice pages from the local database.

use crate::domain::time::{Timestamp, Zone};
use crate::store::Store;
use crate::worker::protocol::{Failure, PracticeAnswer, PracticeRequest, Response};

/// To a request that was carried out already: what there is now.
pub(super) fn answer_done(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        PracticeRequest::Rate { .. } | PracticeRequest::UndoRating | PracticeRequest::AddMore { .. } => {
            queue(store, now, zone)
        }
        repeatable => answer(store, repeatable, now, zone),
    }
}

/// Meets `request`.
pub(super) fn answer(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        PracticeRequest::TodaysQueue => {}
        PracticeRequest::PreviewRatings { tune } => {
            return Ok(PracticeAnswer::Previews(store.preview_ratings(now, tune)?.to_vec()).into());
        }
        PracticeRequest::Rate { entry, rating } => {
            store.rate(now, entry, rating)?;
        }
        PracticeRequest::UndoRating => {
            store.undo_rating(now, zone)?;
        }
        PracticeRequest::AddMore { count } => {
            store.add_more(now, zone, count)?;
        }
    }
    queue(store, now, zone)
}

fn queue(store: &mut Store, now: Timestamp, zone: &impl Zone) -> Result<Response, Failure> {
    Ok(PracticeAnswer::Queue(store.todays_queue(now, zone)?).into())
}
