//! What a page asks, on an afternoon in March.

use chrono::Utc;
use tunetrees::domain::tune::TuneDetail;
use tunetrees::store::Store;
use tunetrees::worker::protocol::{Failure, LibraryAnswer, Request, Response};
use tunetrees::worker::requests::answer;

use crate::fixture::at;

pub fn ask(store: &mut Store, request: impl Into<Request>) -> Result<Response, Failure> {
    answer(store, request, at("2026-03-10T14:30:00Z"), &Utc)
}

/// As [`ask`], where the answer is a tune.
pub fn tune(store: &mut Store, request: impl Into<Request>) -> TuneDetail {
    match ask(store, request) {
        Ok(Response::Library(LibraryAnswer::Tune(detail))) => *detail,
        other => panic!("{other:?}"),
    }
}
