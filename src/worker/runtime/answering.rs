//! What the worker does with a message from a tab.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

use super::{Runtime, now, sqlite_failure};
use crate::domain::import::Source;
use crate::domain::snapshot::Why;
use crate::domain::the_session::{Question, not_reached};
use crate::store::Store;
use crate::store::calls::Call;
use crate::store::schema::Table;
use crate::sync::failure::RemoteError;
use crate::worker::driver::DriverHandle;
use crate::worker::in_front::FORGET_MS;
use crate::worker::lines::Origin;
#[cfg(feature = "parts")]
use crate::worker::parts::{self, Part};
use crate::worker::protocol::{
    AttentionAnswer, AttentionRequest, DataAnswer, DataRequest, Failure, FromWorker, IntakeProgress, LibraryRequest,
    Request, Response, SyncSettings, TabId, ToWorker,
};
use crate::worker::{keeping, repair, requests};

/// How often it is told how far a file is, in microseconds.
const PROGRESS_EVERY: i64 = 100_000;

/// Does the browser believe that there is a network?
fn on_line() -> bool {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.navigator().on_line()
}

impl Runtime {
    /// A tab came to the front, is still there, or went to the back. One that is in front and says nothing more has crashed.
    fn is_in_front(self: &Rc<Self>, tab: TabId, visible: bool) {
        let news = self.lines.in_front().says(tab, visible);
        self.tell_visible(news);
        let word = self.lines.in_front().last_word(tab);
        let Some(word) = word else { return };
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            TimeoutFuture::new(FORGET_MS).await;
            let news = runtime.lines.in_front().forget(tab, word);
            runtime.tell_visible(news);
        });
    }

    fn tell_visible(&self, news: Option<bool>) {
        if let Some(any) = news {
            self.with_driver(|driver| driver.visible(any));
        }
    }

    pub(super) fn receive(self: &Rc<Self>, origin: Origin, message: ToWorker) {
        match message {
            ToWorker::Hello => {
                self.lines.reply(origin, &self.ready());
                if let Some(status) = &*self.status.borrow() {
                    self.lines.reply(origin, &FromWorker::Sync(status.clone()));
                }
                for text in self.unheard() {
                    self.lines.reply(origin, &FromWorker::Told(text));
                }
            }
            ToWorker::Heard(text) => {
                let forgotten = self.device.borrow().heard(&text);
                self.keep_device(forgotten, "that something was heard");
            }
            ToWorker::Visible(tab, visible) => self.is_in_front(tab, visible),
            ToWorker::Focused => self.with_driver(DriverHandle::focused),
            ToWorker::Online(online) => self.with_driver(|driver| driver.online(online)),
            ToWorker::Durable(durable) => self.keep_durable(durable),
            ToWorker::Call { tab, id, oldest, again, request } => {
                #[cfg(feature = "parts")]
                if let Some(part) = Part::missing(&request) {
                    let call = ToWorker::Call { tab, id, oldest, again, request };
                    return self.receive_with(part, origin, call);
                }
                let runtime = self.clone();
                let answer = move |result| runtime.lines.reply(origin, &FromWorker::Answer { tab, id, result });
                match request {
                    Request::Account(request) => {
                        let runtime = self.clone();
                        wasm_bindgen_futures::spawn_local(async move {
                            #[cfg(feature = "parts")]
                            let answered = parts::accounts(runtime, request).await;
                            #[cfg(not(feature = "parts"))]
                            let answered = crate::worker::accounts::answer(&runtime, request).await;
                            answer(answered.map(Response::Account));
                        });
                    }
                    Request::Attention(AttentionRequest::SyncNow) => {
                        self.with_driver(DriverHandle::sync_now);
                        answer(Ok(Response::Done));
                    }
                    Request::Data(DataRequest::Salvaged) => {
                        answer(
                            self.device
                                .borrow()
                                .salvaged()
                                .map(|json| DataAnswer::Salvaged(json).into())
                                .map_err(sqlite_failure),
                        );
                    }
                    Request::Attention(AttentionRequest::RetryRefused) => {
                        self.with_driver(DriverHandle::retry_refused);
                        answer(Ok(Response::Done));
                    }
                    Request::Library(LibraryRequest::AskTheSession { question }) => {
                        let runtime = self.clone();
                        let call = Call { tab: tab.0, id, oldest };
                        wasm_bindgen_futures::spawn_local(async move {
                            #[cfg(feature = "parts")]
                            let answered = parts::ask_the_session(question.clone()).await;
                            #[cfg(not(feature = "parts"))]
                            let answered = crate::remote::the_session::ask(&question).await;
                            match answered {
                                Ok(json) => {
                                    let request = match question {
                                        Question::Tune(_) => {
                                            LibraryRequest::PreviewImport { source: Source::Session(json) }
                                        }
                                        Question::Search(_) => LibraryRequest::ReadSessionSearch { json },
                                    };
                                    let zone = chrono::Local;
                                    runtime.answer_locally(answer, |store| {
                                        requests::answer_call(store, call, again, request.into(), now(), &zone)
                                    });
                                }
                                Err(error) => answer(Err(Failure::Offline(not_reached(
                                    &error.to_string(),
                                    on_line(),
                                    !matches!(error, RemoteError::Network(_) | RemoteError::Timeout(_)),
                                )))),
                            }
                        });
                    }
                    Request::Data(request) if request.is_about_snapshots() => {
                        let runtime = self.clone();
                        wasm_bindgen_futures::spawn_local(async move {
                            #[cfg(feature = "parts")]
                            let answered = parts::snapshots(runtime, request).await;
                            #[cfg(not(feature = "parts"))]
                            let answered = keeping::answer(&runtime, request).await;
                            answer(answered);
                        });
                    }
                    Request::Data(DataRequest::TakeIn(choice)) => {
                        let runtime = self.clone();
                        let why = if choice.exactly { Why::GoingBack } else { Why::File };
                        wasm_bindgen_futures::spawn_local(async move {
                            keeping::keep(&runtime, why).await;
                            runtime.answer_intake(DataRequest::TakeIn(choice), answer);
                        });
                    }
                    Request::Data(request) if request.is_intake() => self.answer_intake(request, answer),
                    request => {
                        let call = Call { tab: tab.0, id, oldest };
                        let many = matches!(&request, Request::Library(LibraryRequest::Import { items, goes_on: false }) if items.len() > keeping::MANY);
                        let runtime = self.clone();
                        let work = move || {
                            let zone = chrono::Local;
                            runtime.answer_locally(answer, |store| {
                                requests::answer_call(store, call, again, request, now(), &zone)
                            });
                        };
                        if !many {
                            return work();
                        }
                        let runtime = self.clone();
                        wasm_bindgen_futures::spawn_local(async move {
                            keeping::keep(&runtime, Why::Tunes).await;
                            work();
                        });
                    }
                }
            }
        }
    }

    /// A call whose part of the module is not here yet: it is received again when it is, in the order in which the calls came.
    #[cfg(feature = "parts")]
    fn receive_with(self: &Rc<Self>, part: Part, origin: Origin, call: ToWorker) {
        self.postponed.borrow_mut().push((part, origin, call));
        if self.postponed.borrow().iter().filter(|(awaited, ..)| *awaited == part).count() > 1 {
            return;
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let fetched = part.fetch().await;
            let calls =
                runtime.postponed.borrow_mut().extract_if(.., |(awaited, ..)| *awaited == part).collect::<Vec<_>>();
            for (_, origin, call) in calls {
                match (&fetched, call) {
                    (Err(failure), ToWorker::Call { tab, id, .. }) => {
                        runtime.lines.reply(origin, &FromWorker::Answer { tab, id, result: Err(failure.clone()) });
                    }
                    (_, call) => runtime.receive(origin, call),
                }
            }
        });
    }

    fn keep_durable(self: &Rc<Self>, durable: bool) {
        let kept = self.device.borrow().set_durable(durable);
        self.keep_device(kept, "the browser's answer");
        self.post(&FromWorker::Durable(durable));
    }

    /// Something was written into the device's own database: it is stored, where a commit does not do that by itself.
    fn keep_device(self: &Rc<Self>, written: rusqlite::Result<()>, what: &'static str) {
        if let Err(error) = written {
            tracing::error!(%error, what, "could not be kept");
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(failure) = runtime.persist_device().await {
                tracing::error!(%failure, what, "could not be kept");
            }
        });
    }

    /// About a file that is brought in. It may take long: everybody hears how far it is, also as a sign of life.
    fn answer_intake(self: &Rc<Self>, request: DataRequest, answer: impl FnOnce(Result<Response, Failure>) + 'static) {
        let account = self.account.borrow().clone();
        let mut on_progress = self.progress();
        self.answer_locally(answer, |store| {
            let mut chosen = self.chosen.borrow_mut();
            #[cfg(feature = "parts")]
            let answered = parts::intake(parts::Intake {
                chosen: &mut chosen,
                store,
                account: &account,
                request,
                now: now(),
                on_progress: &mut on_progress,
            });
            #[cfg(not(feature = "parts"))]
            let answered = chosen.answer(store, &account, request, now(), &mut on_progress);
            drop(chosen);
            answered
        });
    }

    /// Tells everybody from time to time how far something long is.
    pub(in crate::worker) fn progress(self: &Rc<Self>) -> impl FnMut(IntakeProgress) {
        let (runtime, mut told) = (self.clone(), now());
        move |progress| {
            let present = now();
            if present.micros() - told.micros() >= PROGRESS_EVERY {
                told = present;
                runtime.post(&FromWorker::Intake(progress));
            }
        }
    }

    /// Answers from the database; where a commit is not durable by itself, only after it was stored.
    fn answer_locally(
        self: &Rc<Self>,
        answer: impl FnOnce(Result<Response, Failure>) + 'static,
        work: impl FnOnce(&mut Store) -> Result<Response, Failure>,
    ) {
        let answered = self.with_store(|store| {
            let result = work(store);
            (result, store.take_changes())
        });
        let (result, changes) = match answered {
            Some(answered) => answered,
            None => (
                Err(Failure::Storage("The database is being changed over to another account. Try again.".into())),
                vec![],
            ),
        };
        if let Ok(Response::Attention(AttentionAnswer::SyncSettings(SyncSettings { name: Some(name), .. }))) = &result {
            self.keep_device_name(name);
        }
        if matches!(result, Err(Failure::Damaged(_)) | Ok(Response::Data(DataAnswer::Checked(Some(_))))) {
            self.repair();
        }
        if changes.is_empty() {
            return answer(result);
        }
        self.with_driver(DriverHandle::local_edit);
        if !self.storage.needs_persist() {
            answer(result);
            return self.post(&FromWorker::Changed(changes));
        }
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let result = match runtime.persist_desk().await {
                Ok(()) => result,
                // No answer: the tab asks again, the worker that writes now; here it was not done.
                Err(Failure::OtherTab) => return runtime.lines.to_own(&FromWorker::Replaced),
                Err(failure) => Err(Failure::Storage(format!(
                    "The change is in this tab and will be sent, but it is not stored: do not enter it again. {failure}"
                ))),
            };
            answer(result);
            runtime.post(&FromWorker::Changed(changes));
        });
    }

    /// Something has met damage in the open database: it is made anew, beside everything else.
    pub(super) fn repair(self: &Rc<Self>) {
        let runtime = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            repair::repair(&runtime).await;
            runtime.post(&FromWorker::Changed(Table::ALL.to_vec()));
        });
    }

    /// The name belongs to the device, whoever uses it: her database may go, the name stays.
    fn keep_device_name(self: &Rc<Self>, name: &str) {
        let known = self.device.borrow().name().ok().flatten();
        if known.as_deref() == Some(name) {
            return;
        }
        let kept = self.device.borrow().set_name(name);
        self.keep_device(kept, "the device's name");
    }
}
