//! Answers every request that needs nothing but the local database, by area in the files beside this one. Requests that act on the
//! account or the sync are the runtime's and must not come here.

pub(super) mod analysis;
pub(super) mod attention;
pub(super) mod data;
pub(super) mod library;
mod parted;
pub(super) mod practice;

use super::protocol::{Failure, PracticeRequest, Request, Response};
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

/// The answer to a request that was carried out already. Every area names its requests that write: even what would set the same value again could
/// undo what another tab has done since.
fn answer_done(
    store: &mut Store,
    done: Done,
    request: Request,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    match request {
        Request::Practice(request) if practice::is_about_the_plan(&request) => {
            practice::answer_plan_done(store, request, now, zone)
        }
        Request::Practice(train @ PracticeRequest::Train { .. }) => answer(store, train, now, zone),
        Request::Practice(request) => parted::practice_done(store, request, now, zone),
        Request::Library(request) if library::is_of_the_first_view(&request) => answer(store, request, now, zone),
        Request::Library(request) => parted::library_done(store, done, request, now, zone),
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
        Request::Practice(request) if practice::is_about_the_plan(&request) => parted::plan(store, request, now, zone),
        Request::Practice(PracticeRequest::Train { begin }) => parted::train(store, begin, now),
        Request::Practice(request) => parted::practice(store, request, now, zone),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rusqlite::Connection;
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{DeviceId, UserId};
    use crate::domain::practice_days::PracticeDays;
    use crate::domain::repertoire::RepertoireDraft;
    use crate::domain::scheduling::{Goal, SchedulerPrefs};
    use crate::domain::tune::TuneFields;
    use crate::store::Identity;
    use crate::worker::protocol::LibraryRequest;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + second * 1_000_000)
    }

    /// Two tabs' calls of the same kind, the first one asked again after the second: the same as without that.
    #[test]
    fn what_was_done_is_not_done_again_over_what_another_tab_has_done_since() {
        let identity = Identity { user: UserId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(2)) };
        let mut store = Store::open(Connection::open_in_memory().unwrap(), identity).unwrap();
        let repertoire = store.create_repertoire(at(0), "Flute", None).unwrap();
        let fields = TuneFields { title: Some("The Kesh".to_owned()), ..TuneFields::default() };
        let tune = store.create_tune(at(1), &chrono::Utc, &fields).unwrap();
        store.add_to_repertoire(at(2), &chrono::Utc, &[tune]).unwrap();
        let days = store.practice_days().unwrap();
        let prefs = store.scheduler_prefs().unwrap();
        let named =
            |name: &str| RepertoireDraft { name: name.to_owned(), instrument: None, genre: None, algorithm: None };
        let pairs: Vec<[Request; 2]> = vec![
            [Goal::Fluency, Goal::InitialLearn].map(|goal| PracticeRequest::SetGoal { tune, goal }.into()),
            [Some(at(9)), None].map(|when| PracticeRequest::SetLearned { tune, when }.into()),
            [Some(at(999_999)), None].map(|when| PracticeRequest::Wish { tune, when }.into()),
            [2, 5].map(|most| PracticeRequest::SetPracticeDays(PracticeDays { most, ..days.clone() }).into()),
            [0.8, 0.9].map(|retention| {
                PracticeRequest::SetSchedulerPrefs(SchedulerPrefs { retention, ..prefs.clone() }).into()
            }),
            ["Fiddle", "Whistle"]
                .map(|name| LibraryRequest::EditRepertoire { playlist: repertoire, draft: named(name) }.into()),
        ];
        let call = |tab: u128, id| Call { tab: Uuid::from_u128(tab), id, oldest: id };
        for (n, [first, second]) in pairs.into_iter().enumerate() {
            let (id, later) = (n as u32 + 1, at(100 * (n as i64 + 1)));
            let ask = |store: &mut Store, tab, again, request: &Request, now| {
                answer_call(store, call(tab, id), again, request.clone(), now, &chrono::Utc).unwrap()
            };
            ask(&mut store, 1, false, &first, later);
            ask(&mut store, 2, false, &second, later.plus_micros(1_000_000));
            let written = store.conn().total_changes();
            ask(&mut store, 1, true, &first, later.plus_micros(2_000_000));
            assert_eq!(store.conn().total_changes(), written, "{first:?}");
        }
    }
}
