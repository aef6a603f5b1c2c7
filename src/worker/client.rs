//! The interface's end of the line to the database worker: takes the Web Lock (one tab owns the database), starts the worker,
//! sends calls, hands out answers and notices. Browser only; knows no SQL and no Leptos.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use futures_util::FutureExt;
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::protocol::{Failure, FromWorker, PROTOCOL, Request, Response, ToWorker};

/// The lock that the owning tab holds for as long as it lives.
const LOCK: &str = "tunetrees-database";
/// What Trunk calls the script that starts the worker.
const WORKER_SCRIPT: &str = "/worker_loader.js";

type Waiting = oneshot::Sender<Result<Response, Failure>>;

enum State {
    /// Waiting for the lock or for the worker's first message: calls queue up.
    Starting(Vec<ToWorker>),
    /// The worker answers.
    Running,
    /// It never will; calls fail at once.
    Failed(Failure),
}

struct Inner {
    worker: RefCell<Option<Worker>>,
    state: RefCell<State>,
    waiting: RefCell<HashMap<u32, Waiting>>,
    next_call: Cell<u32>,
    on_notice: Box<dyn Fn(FromWorker)>,
}

/// The line to the worker; cheap to clone.
#[derive(Clone)]
pub struct WorkerClient {
    inner: Rc<Inner>,
}

impl WorkerClient {
    /// Starts the worker as soon as this tab owns the database. `on_notice` gets everything that is not an answer; while another
    /// tab is in charge that is a [`FromWorker::Ready`] with [`Failure::OtherTab`], followed by a second one when this tab's turn comes.
    pub fn start(on_notice: impl Fn(FromWorker) + 'static) -> Self {
        let client = WorkerClient {
            inner: Rc::new(Inner {
                worker: RefCell::default(),
                state: RefCell::new(State::Starting(Vec::new())),
                waiting: RefCell::default(),
                next_call: Cell::new(1),
                on_notice: Box::new(on_notice),
            }),
        };
        let owner = client.clone();
        wasm_bindgen_futures::spawn_local(async move { owner.take_charge().await });
        client
    }

    /// Asks the worker.
    ///
    /// # Errors
    /// The worker's refusal, or that there is no worker.
    pub async fn call(&self, request: Request) -> Result<Response, Failure> {
        let id = self.inner.next_call.replace(self.inner.next_call.get().wrapping_add(1));
        let (answer, answered) = oneshot::channel();
        self.inner.waiting.borrow_mut().insert(id, answer);
        self.send(ToWorker::Call { id, request });
        let gone = Err(Failure::Storage("The database process has stopped. Reload the page.".into()));
        answered.map(|result| result.unwrap_or(gone)).await
    }

    /// Tells the worker something that needs no answer.
    pub fn tell(&self, message: ToWorker) {
        self.send(message);
    }

    async fn take_charge(self) {
        if !self.hold_lock(true).await {
            self.notice(FromWorker::Ready { protocol: PROTOCOL.to_owned(), opened: Err(Failure::OtherTab) });
            self.hold_lock(false).await;
        }
        self.start_worker();
    }

    /// Asks for the lock and keeps it until the tab is gone. Resolves to whether it was granted, at once if `only_if_free`.
    /// Browsers without Web Locks have one tab or fail at opening the files, which is told there.
    async fn hold_lock(&self, only_if_free: bool) -> bool {
        let navigator = match web_sys::window() {
            Some(window) => window.navigator(),
            None => return true,
        };
        let locks = Reflect::get(&navigator, &"locks".into()).unwrap_or(JsValue::UNDEFINED);
        let Ok(request) = Reflect::get(&locks, &"request".into()).and_then(|f| f.dyn_into::<Function>()) else {
            return true;
        };
        let (granted, outcome) = oneshot::channel();
        let granted = Cell::new(Some(granted));
        let holder = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let got_it = !lock.is_null();
            if let Some(granted) = granted.take() {
                let _ = granted.send(got_it);
            }
            if got_it {
                // Never settles: the lock is held until the tab goes.
                Promise::new(&mut |_, _| {}).into()
            } else {
                JsValue::UNDEFINED
            }
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into());
        if request.call3(&locks, &LOCK.into(), &options, &holder).is_err() {
            return true;
        }
        outcome.await.unwrap_or(true)
    }

    fn start_worker(&self) {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = match Worker::new_with_options(WORKER_SCRIPT, &options) {
            Ok(worker) => worker,
            Err(_) => return self.fail(Failure::Storage("This browser cannot start the database process.".into())),
        };
        let client = self.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| client.receive(&event.data()));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        let client = self.clone();
        let on_error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let said = Reflect::get(&event, &"message".into()).ok().and_then(|m| m.as_string()).unwrap_or_default();
            client.fail(Failure::Storage(format!(
                "The database process has stopped ({said}). Reload the page; what was saved is kept."
            )));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        on_error.forget();
        *self.inner.worker.borrow_mut() = Some(worker);
    }

    fn receive(&self, data: &JsValue) {
        let bytes = Uint8Array::new(data).to_vec();
        let message = match postcard::from_bytes::<FromWorker>(&bytes) {
            Ok(message) => message,
            Err(_) => return self.fail(stale()),
        };
        match message {
            FromWorker::Answer { id, result } => {
                if let Some(waiting) = self.inner.waiting.borrow_mut().remove(&id) {
                    let _ = waiting.send(result);
                }
            }
            FromWorker::Ready { protocol, .. } if protocol != PROTOCOL => self.fail(stale()),
            FromWorker::Ready { opened: Err(failure), .. } => self.fail(failure),
            FromWorker::Ready { .. } => {
                let queued = match self.inner.state.replace(State::Running) {
                    State::Starting(queued) => queued,
                    State::Running | State::Failed(_) => Vec::new(),
                };
                queued.into_iter().for_each(|message| self.post(&message));
                self.notice(message);
            }
            notice => self.notice(notice),
        }
    }

    fn send(&self, message: ToWorker) {
        let failure = match &mut *self.inner.state.borrow_mut() {
            State::Starting(queued) => {
                queued.push(message);
                return;
            }
            State::Running => None,
            State::Failed(failure) => Some(failure.clone()),
        };
        match (failure, message) {
            (None, message) => self.post(&message),
            (Some(failure), ToWorker::Call { id, .. }) => {
                if let Some(waiting) = self.inner.waiting.borrow_mut().remove(&id) {
                    let _ = waiting.send(Err(failure));
                }
            }
            (Some(_), _) => {}
        }
    }

    fn post(&self, message: &ToWorker) {
        let Ok(bytes) = postcard::to_stdvec(message) else { return };
        let array = Uint8Array::from(bytes.as_slice());
        if let Some(worker) = &*self.inner.worker.borrow() {
            let _ = worker.post_message_with_transfer(&array, &js_sys::Array::of1(&array.buffer()));
        }
    }

    fn notice(&self, notice: FromWorker) {
        (self.inner.on_notice)(notice);
    }

    fn fail(&self, failure: Failure) {
        *self.inner.state.borrow_mut() = State::Failed(failure.clone());
        let waiting: Vec<Waiting> = self.inner.waiting.borrow_mut().drain().map(|(_, waiting)| waiting).collect();
        for call in waiting {
            let _ = call.send(Err(failure.clone()));
        }
        self.notice(FromWorker::Ready { protocol: PROTOCOL.to_owned(), opened: Err(failure) });
    }
}

/// Asks the browser to keep the data even when space runs short; what it said, or `None` where it cannot be asked.
pub async fn ask_to_persist() -> Option<bool> {
    let storage = web_sys::window()?.navigator().storage();
    let answer = JsFuture::from(storage.persist().ok()?).await.ok()?;
    answer.as_bool()
}

/// Has the browser agreed to keep the data? `None` where it cannot be asked.
pub async fn is_persisted() -> Option<bool> {
    let storage = web_sys::window()?.navigator().storage();
    let answer = JsFuture::from(storage.persisted().ok()?).await.ok()?;
    answer.as_bool()
}

fn stale() -> Failure {
    Failure::Storage("TuneTrees was updated. Reload the page to go on; what was saved is kept.".into())
}
