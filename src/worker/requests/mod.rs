//! Answers every request that needs nothing but the local database, by area in the files beside this one. Requests that act on the
//! account or the sync are the runtime's and must not come here.

pub(super) mod analysis;
pub(super) mod attention;
pub(super) mod data;
pub(super) mod library;
mod parted;
pub(super) mod practice;

use super::protocol::{Failure, Request, Response};
use crate::domain::time::{Timestamp, Zone};
use crate::store::calls::{Call, Done};
use crate::store::{Store, StoreError};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(text) => Failure::Invalid(text),
            StoreError::NotFound(text) => Failure::NotFound(text),
            damaged @ StoreError::Damaged(_) => Failure::Damaged(damaged.to_string()),
            other => Failure::Storage(other.to_string()),
        }
    }
}

/// Meets a call of a tab. One that was sent before (`again`), and carried out, is answered without doing it twice.
pub fn answer_call(
    store: &mut Store,
    call: Call,
    again: bool,
    request: Request,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    if again && let Some(done) = store.call_done(call)? {
        return answer_done(store, done, request, now, zone);
    }
    store.begin_call(Some(call));
    let answered = answer(store, request, now, zone);
    store.begin_call(None);
    answered
}

/// The answer to a request that was carried out already. Every area names its requests whose repetition does harm.
fn answer_done(
    store: &mut Store,
    done: Done,
    request: Request,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        Request::Practice(request) => practice::answer_done(store, request, now, zone),
        Request::Library(request) => library::answer_done(store, done, request, now, zone),
        Request::Attention(request) => attention::answer_done(store, request, now),
        Request::Account(_) | Request::Data(_) | Request::Analysis(_) => answer(store, request, now, zone),
    }
}

/// Meets `request` at `now`, in the person's `zone`. What changed is in [`Store::take_changes`] afterwards.
pub fn answer(
    store: &mut Store,
    request: impl Into<Request>,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request.into() {
        Request::Practice(request) => practice::answer(store, request, now, zone),
        Request::Library(request) => library::answer_first(store, request, now, zone),
        Request::Attention(request) => parted::attention(store, request, now),
        Request::Data(request) => parted::data(store, request, now),
        Request::Analysis(request) => parted::analysis(store, request, now, zone),
        Request::Account(_) => Err(needs_the_server()),
    }
}

fn needs_the_server() -> Failure {
    Failure::Invalid("This needs the server, and there is no connection to one here.".to_owned())
}

fn needs_the_device() -> Failure {
    Failure::Invalid("This needs the device's own database, and there is none here.".to_owned())
}

fn done<T>(result: Result<T, StoreError>) -> Result<Response, Failure> {
    Ok(result.map(|_| Response::Done)?)
}
