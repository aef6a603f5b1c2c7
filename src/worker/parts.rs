//! The worker's module comes in parts: what opens the database at once; practice beside it, for whoever has tunes; what syncs, lists, edits,
//! analyses, trains, mends, brings in and takes away is fetched once the database is open, or when it is first asked for. The build cuts the module at the
//! functions named here (`xtask/src/split.rs`); the service worker keeps all parts, so that none of them needs a network later.
//!
//! Compiled only for the bundle (feature `parts`): everywhere else `requests` calls what it needs as it is. Browser only.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, select};
use gloo_timers::future::TimeoutFuture;
use rusqlite::Connection;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::driver::Prepared;
use super::intake::Chosen;
use super::platform::RealPlatform;
use super::protocol::{
    Account, AccountRequest, AnalysisRequest, AttentionRequest, DataRequest, Failure, IntakeProgress, LibraryRequest,
    PracticeRequest, Request, Response, ToWorker,
};
use super::rebuilding::{self, Damaged};
use super::runtime::{Runtime, storage_failure};
use super::storage::StorageError;
use super::{accounts, keeping, requests};
use crate::domain::ids::DeviceId;
use crate::domain::snapshot::Why;
use crate::domain::the_session::Question;
use crate::domain::time::{Timestamp, Zone};
use crate::remote::the_session;
use crate::store::Store;
use crate::store::calls::Done;
use crate::sync::failure::RemoteError;

/// How long a call waits for its part, in milliseconds: before a worker that does not answer counts as dead (`tabs`).
const LONGEST: u32 = 8_000;
/// How long after it could not be fetched the sync is asked for again, in milliseconds.
const AGAIN_AFTER: u32 = 5_000;

type Answer = Result<Response, Failure>;

impl From<SplitLoaderError> for Failure {
    fn from(_: SplitLoaderError) -> Self {
        missing()
    }
}

fn missing() -> Failure {
    storage_failure(StorageError::Missing)
}

/// What is not here at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// The queue and its ratings.
    Practice,
    /// Lists, tunes, repertoires, how they are practised, imports of tunes.
    Library,
    /// The analysis, the history, training of the weights.
    Analysis,
    /// The sync, what it needs people for, the account.
    Sync,
    /// Everything as a file, files of the old app, snapshots.
    Data,
}

thread_local! {
    static HERE: RefCell<Vec<Part>> = const { RefCell::new(Vec::new()) };
}

impl Part {
    /// The part that answers `request`, unless it is here.
    pub(super) fn missing(request: &Request) -> Option<Part> {
        let part = match request {
            Request::Library(request) if !requests::library::is_of_the_first_view(request) => Part::Library,
            Request::Analysis(_) | Request::Practice(PracticeRequest::Train { .. }) => Part::Analysis,
            Request::Data(_) => Part::Data,
            Request::Practice(request) if requests::practice::is_about_the_plan(request) => Part::Library,
            Request::Practice(_) => Part::Practice,
            // These two are the running sync's.
            Request::Attention(AttentionRequest::SyncNow | AttentionRequest::RetryRefused) => return None,
            Request::Account(_) | Request::Attention(_) => Part::Sync,
            _ => return None,
        };
        HERE.with_borrow(|here| !here.contains(&part)).then_some(part)
    }

    /// Fetches it; where that fails, the next call tries again.
    pub(super) async fn fetch(self) -> Result<(), Failure> {
        let fetched: LocalBoxFuture<'static, Result<(), SplitLoaderError>> = match self {
            Part::Practice => Box::pin(both(fetch_practice(), fetch_practice_done())),
            Part::Library => Box::pin(both(fetch_library(), both(fetch_library_done(), fetch_plan()))),
            Part::Analysis => Box::pin(both(fetch_analysis(), fetch_train())),
            Part::Data => Box::pin(both(fetch_data(), fetch_intake())),
            Part::Sync => Box::pin(both(fetch_sync(), fetch_attention())),
        };
        match select(fetched, TimeoutFuture::new(LONGEST)).await {
            Either::Left((fetched, _)) => fetched?,
            // It goes on, and whoever asks next may find it here.
            Either::Right(_) => return Err(missing()),
        }
        HERE.with_borrow_mut(|here| here.push(self));
        Ok(())
    }

    /// Fetches it while other things go on; whoever asks for it is told how that went.
    fn fetch_meanwhile(self) {
        wasm_bindgen_futures::spawn_local(async move {
            let _ = self.fetch().await;
        });
    }
}

/// Fetches what is not here yet, so that nothing waits for it.
pub(super) async fn fetch_all() {
    for part in [Part::Sync, Part::Practice, Part::Library, Part::Analysis, Part::Data] {
        // Whoever asks for it first is told.
        let _ = part.fetch().await;
    }
}

/// Fetches practice: whoever has just begun may be without a network in a moment.
pub(super) fn fetch_first() {
    Part::Practice.fetch_meanwhile();
}

/// What comes before the database is open: its part is fetched meanwhile.
pub(super) fn foresee(message: &ToWorker) {
    if let ToWorker::Call { request, .. } = message
        && let Some(part) = Part::missing(request)
    {
        part.fetch_meanwhile();
    }
}

/// Every function has a notion of its own whether its part is here; the part is fetched once.
async fn both(
    one: impl Future<Output = Result<(), SplitLoaderError>>,
    other: impl Future<Output = Result<(), SplitLoaderError>>,
) -> Result<(), SplitLoaderError> {
    one.await?;
    other.await
}

/// What a part answers, which must be here: [`Part::fetch`] has fetched it for this function, too.
fn at_once(answer: impl Future<Output = Answer>) -> Answer {
    answer
        .now_or_never()
        .unwrap_or_else(|| Err(Failure::Storage("A part of TuneTrees is not here yet. Try again.".to_owned())))
}

#[wasm_split(practice, fallible, preload(fetch_practice))]
fn cut_practice(store: &mut Store, request: PracticeRequest, now: Timestamp) -> Answer {
    requests::practice::answer(store, request, now, &chrono::Local)
}

/// The zone is the browser's, here as everywhere in the bundle.
pub(super) fn practice(store: &mut Store, request: PracticeRequest, now: Timestamp, _zone: &impl Zone) -> Answer {
    at_once(cut_practice(store, request, now))
}

#[wasm_split(practice, fallible, preload(fetch_practice_done))]
fn cut_practice_done(store: &mut Store, request: PracticeRequest, now: Timestamp) -> Answer {
    requests::practice::answer_done(store, request, now, &chrono::Local)
}

pub(super) fn practice_done(store: &mut Store, request: PracticeRequest, now: Timestamp, _zone: &impl Zone) -> Answer {
    at_once(cut_practice_done(store, request, now))
}

#[wasm_split(library, fallible, preload(fetch_library_done))]
fn cut_library_done(store: &mut Store, done: Done, request: LibraryRequest, now: Timestamp) -> Answer {
    requests::library::answer_done(store, done, request, now, &chrono::Local)
}

pub(super) fn library_done(
    store: &mut Store,
    done: Done,
    request: LibraryRequest,
    now: Timestamp,
    _zone: &impl Zone,
) -> Answer {
    at_once(cut_library_done(store, done, request, now))
}

#[wasm_split(library, fallible, preload(fetch_library))]
fn cut_library(store: &mut Store, request: LibraryRequest, now: Timestamp) -> Answer {
    requests::library::answer(store, request, now, &chrono::Local)
}

/// The zone is the browser's, here as everywhere in the bundle.
pub(super) fn library(store: &mut Store, request: LibraryRequest, now: Timestamp, _zone: &impl Zone) -> Answer {
    at_once(cut_library(store, request, now))
}

#[wasm_split(library, fallible, preload(fetch_plan))]
fn cut_plan(store: &mut Store, request: PracticeRequest, now: Timestamp) -> Answer {
    requests::practice::answer_plan(store, request, now, &chrono::Local)
}

pub(super) fn plan(store: &mut Store, request: PracticeRequest, now: Timestamp, _zone: &impl Zone) -> Answer {
    at_once(cut_plan(store, request, now))
}

#[wasm_split(sync, fallible, preload(fetch_attention))]
fn cut_attention(store: &mut Store, request: AttentionRequest, now: Timestamp) -> Answer {
    requests::attention::answer(store, request, now)
}

pub(super) fn attention(store: &mut Store, request: AttentionRequest, now: Timestamp) -> Answer {
    at_once(cut_attention(store, request, now))
}

#[wasm_split(analysis, fallible, preload(fetch_analysis))]
fn cut_analysis(store: &Store, request: AnalysisRequest, now: Timestamp) -> Answer {
    requests::analysis::answer(store, request, now, &chrono::Local)
}

/// The zone is the browser's, here as everywhere in the bundle.
pub(super) fn analysis(store: &Store, request: AnalysisRequest, now: Timestamp, _zone: &impl Zone) -> Answer {
    at_once(cut_analysis(store, request, now))
}

#[wasm_split(analysis, fallible, preload(fetch_train))]
fn cut_train(store: &mut Store, begin: bool, now: Timestamp) -> Answer {
    requests::practice::train(store, begin, now)
}

pub(super) fn train(store: &mut Store, begin: bool, now: Timestamp) -> Answer {
    at_once(cut_train(store, begin, now))
}

#[wasm_split(data, fallible, preload(fetch_data))]
fn cut_data(store: &mut Store, request: DataRequest, now: Timestamp) -> Answer {
    requests::data::answer(store, request, now)
}

pub(super) fn data(store: &mut Store, request: DataRequest, now: Timestamp) -> Answer {
    at_once(cut_data(store, request, now))
}

#[wasm_split(library, fallible)]
fn cut_ask(question: Question) -> Result<LocalBoxFuture<'static, Result<String, RemoteError>>, SplitLoaderError> {
    Ok(Box::pin(async move { the_session::ask(&question).await }))
}

pub(super) async fn ask_the_session(question: Question) -> Result<String, RemoteError> {
    cut_ask(question).await.map_err(|error| RemoteError::Network(error.to_string()))?.await
}

#[wasm_split(sync, fallible, preload(fetch_sync))]
fn cut_sync(prepared: Prepared) -> Result<(), SplitLoaderError> {
    prepared.begin(RealPlatform);
    Ok(())
}

/// Begins the sync as soon as it is here. Nothing else waits for it.
pub(super) async fn begin_sync(prepared: Prepared) {
    while Part::Sync.fetch().await.is_err() {
        TimeoutFuture::new(AGAIN_AFTER).await;
        if prepared.is_over() {
            return;
        }
    }
    // It is here, so it begins.
    let _ = cut_sync(prepared).await;
}

#[wasm_split(sync, fallible)]
fn cut_accounts(
    runtime: Rc<Runtime>,
    request: AccountRequest,
) -> Result<LocalBoxFuture<'static, Result<Account, Failure>>, Failure> {
    Ok(Box::pin(async move { accounts::answer(&runtime, request).await }))
}

pub(super) async fn accounts(runtime: Rc<Runtime>, request: AccountRequest) -> Result<Account, Failure> {
    cut_accounts(runtime, request).await?.await
}

#[wasm_split(sync, fallible)]
fn cut_finish_leaving(runtime: Rc<Runtime>) -> Result<LocalBoxFuture<'static, Result<(), Failure>>, Failure> {
    Ok(Box::pin(async move { accounts::finish_leaving(&runtime).await }))
}

pub(super) async fn finish_leaving(runtime: &Rc<Runtime>) -> Result<(), Failure> {
    Part::Sync.fetch().await?;
    cut_finish_leaving(runtime.clone()).await?.await
}

#[wasm_split(sync, fallible)]
fn cut_take_leftovers_along(runtime: Rc<Runtime>) -> Result<LocalBoxFuture<'static, Result<(), Failure>>, Failure> {
    Ok(Box::pin(async move { accounts::take_leftovers_along(&runtime).await }))
}

pub(super) async fn take_leftovers_along(runtime: &Rc<Runtime>) -> Result<(), Failure> {
    Part::Sync.fetch().await?;
    cut_take_leftovers_along(runtime.clone()).await?.await
}

/// What [`Chosen::answer`] takes.
pub(super) struct Intake<'a> {
    pub(super) chosen: &'a mut Chosen,
    pub(super) store: &'a mut Store,
    pub(super) account: &'a Account,
    pub(super) request: DataRequest,
    pub(super) now: Timestamp,
    pub(super) on_progress: &'a mut dyn FnMut(IntakeProgress),
}

#[wasm_split(data, fallible, preload(fetch_intake))]
fn cut_intake(intake: Intake<'_>) -> Answer {
    let Intake { chosen, store, account, request, now, on_progress } = intake;
    chosen.answer(store, account, request, now, on_progress)
}

pub(super) fn intake(intake: Intake<'_>) -> Answer {
    at_once(cut_intake(intake))
}

#[wasm_split(data, fallible)]
fn cut_snapshots(runtime: Rc<Runtime>, request: DataRequest) -> Result<LocalBoxFuture<'static, Answer>, Failure> {
    Ok(Box::pin(async move { keeping::answer(&runtime, request).await }))
}

pub(super) async fn snapshots(runtime: Rc<Runtime>, request: DataRequest) -> Answer {
    cut_snapshots(runtime, request).await?.await
}

#[wasm_split(data, fallible)]
fn cut_keep(runtime: Rc<Runtime>, why: Why) -> Result<LocalBoxFuture<'static, Result<(), Failure>>, Failure> {
    Ok(Box::pin(async move { keeping::keep_now(&runtime, why).await }))
}

pub(super) async fn keep(runtime: Rc<Runtime>, why: Why) -> Result<(), Failure> {
    cut_keep(runtime, why).await?.await
}

#[wasm_split(data, fallible)]
fn cut_before_upgrade(
    runtime: Rc<Runtime>,
    conn: &Connection,
    device: DeviceId,
) -> Result<LocalBoxFuture<'static, Result<(), Failure>>, Failure> {
    let Some(older) = keeping::older(conn, device) else { return Ok(Box::pin(async { Ok(()) })) };
    Ok(Box::pin(async move { keeping::keep_older(&runtime, older).await }))
}

pub(super) async fn before_upgrade(runtime: Rc<Runtime>, conn: &Connection, device: DeviceId) -> Result<(), Failure> {
    // The database waits for it: not for ever.
    Part::Data.fetch().await?;
    cut_before_upgrade(runtime, conn, device).await?.await
}

#[wasm_split(data, fallible)]
fn cut_rebuild(
    runtime: Rc<Runtime>,
    damaged: Damaged,
) -> Result<LocalBoxFuture<'static, Result<Store, Failure>>, Failure> {
    Ok(Box::pin(async move { rebuilding::rebuild(&runtime, damaged).await }))
}

pub(super) async fn rebuild(runtime: &Rc<Runtime>, damaged: Damaged) -> Result<Store, Failure> {
    cut_rebuild(runtime.clone(), damaged).await?.await
}

#[wasm_split(data, fallible)]
fn cut_go_on(
    runtime: Rc<Runtime>,
    file: String,
    store: Store,
    signed_in: bool,
) -> Result<LocalBoxFuture<'static, Result<Store, Failure>>, Failure> {
    Ok(Box::pin(async move { rebuilding::go_on(&runtime, file, store, signed_in).await }))
}

pub(super) async fn go_on(
    runtime: &Rc<Runtime>,
    file: String,
    store: Store,
    signed_in: bool,
) -> Result<Store, Failure> {
    cut_go_on(runtime.clone(), file, store, signed_in).await?.await
}
