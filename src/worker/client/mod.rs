//! The interface's end of the line to the database, whichever tab owns it: brings `worker::tabs` what happens in this browser and does what
//! it decides. Lock (`lock`), own worker (`line`), the tabs' channel (`worker::channel`). Browser only; knows no SQL and no Leptos.

mod durable;
mod line;
mod lock;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo_timers::callback::Interval;
use gloo_timers::future::TimeoutFuture;
use js_sys::Reflect;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

use super::channel::{self, Channel, Direction};
use super::protocol::{Failure, FromWorker, Opened, Request, Response, TabId, ToWorker};
use super::tabs::{Effect, Tab};
use line::Line;
use lock::{Happened, Lock};

pub use durable::{ask_to_persist, can_be_asked, is_persisted};

const TICK_MS: u32 = 1_000;
/// Without Web Locks: a worker that is there answers within this time.
const ASKING_AROUND_MS: u32 = 700;

type Waiting = oneshot::Sender<Result<Response, Failure>>;

struct Inner {
    tab: RefCell<Tab>,
    lock: Lock,
    line: RefCell<Option<Line>>,
    channel: RefCell<Option<Channel>>,
    waiting: RefCell<HashMap<u32, Waiting>>,
    /// Is there a worker anywhere? Only asked where there are no Web Locks.
    heard: Cell<bool>,
    /// What the browser said to the wish to keep the data; the inner `None`: not asked yet.
    durable: Cell<Option<bool>>,
    on_notice: Box<dyn Fn(FromWorker)>,
}

/// The line to the database; cheap to clone.
#[derive(Clone)]
pub struct WorkerClient {
    inner: Rc<Inner>,
}

impl WorkerClient {
    /// Joins the other tabs, or starts the worker if there are none. `on_notice` gets everything that is not an answer.
    pub fn start(on_notice: impl Fn(FromWorker) + 'static) -> Self {
        let (tab, effects) = Tab::new(TabId(Uuid::now_v7()));
        let client = WorkerClient {
            inner: Rc::new(Inner {
                tab: RefCell::new(tab),
                lock: Lock::default(),
                line: RefCell::default(),
                channel: RefCell::default(),
                waiting: RefCell::default(),
                heard: Cell::new(false),
                durable: Cell::new(None),
                on_notice: Box::new(on_notice),
            }),
        };
        client.open_channel();
        client.perform(effects);
        client.follow_page();
        let ticking = client.clone();
        Interval::new(TICK_MS, move || {
            ticking.look_at_network();
            ticking.with_tab(Tab::tick);
        })
        .forget();
        client
    }

    /// Asks the worker.
    ///
    /// # Errors
    /// The worker's refusal, or that there is no worker.
    pub async fn call(&self, request: Request) -> Result<Response, Failure> {
        let is_edit = request.is_edit();
        let (answer, answered) = oneshot::channel();
        let (id, effects) = self.inner.tab.borrow_mut().call(request);
        self.inner.waiting.borrow_mut().insert(id, answer);
        self.perform(effects);
        let gone = Err(Failure::Storage("The database process has stopped. Reload the page.".into()));
        let result = answered.await.unwrap_or(gone);
        if is_edit && result.is_ok() && self.inner.durable.get().is_none() {
            self.ask_for_durability();
        }
        result
    }

    /// The browser's word on the network, event or not: a page that was put aside, or has just been loaded, may miss the event.
    fn look_at_network(&self) {
        let Some(window) = web_sys::window() else { return };
        let online = window.navigator().on_line();
        if self.inner.tab.borrow().is_online() != online {
            self.online(online);
        }
    }

    /// A person came to the page, which may have been in front all along.
    pub fn focused(&self) {
        self.with_tab(Tab::focused);
    }

    /// The page came to the front or went to the back.
    pub fn visible(&self, visible: bool) {
        self.with_tab(|tab| tab.visible(visible));
    }

    /// The browser believes that there is, or is not, a network.
    pub fn online(&self, online: bool) {
        self.with_tab(|tab| tab.online(online));
    }

    /// What the browser said to the wish that it keep the data.
    pub fn durable(&self, durable: bool) {
        self.inner.durable.set(Some(durable));
        self.with_tab(|tab| tab.tell(ToWorker::Durable(durable)));
    }

    /// What the worker had told has been read and closed.
    pub fn heard(&self, text: String) {
        self.with_tab(|tab| tab.tell(ToWorker::Heard(text)));
    }

    fn with_tab(&self, work: impl FnOnce(&mut Tab) -> Vec<Effect>) {
        let effects = work(&mut self.inner.tab.borrow_mut());
        self.perform(effects);
    }

    fn perform(&self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::AskLock => self.ask_lock(false),
                Effect::StealLock => self.ask_lock(true),
                Effect::DropLock => self.inner.lock.drop_it(),
                Effect::StartWorker => self.start_worker(),
                Effect::StopWorker => {
                    self.inner.line.replace(None);
                }
                Effect::Send(message) => self.send(&message),
                Effect::Answer { id, result } => {
                    let waiting = self.inner.waiting.borrow_mut().remove(&id);
                    if let Some(waiting) = waiting {
                        // Nobody waits any more: the page was left.
                        let _ = waiting.send(result);
                    }
                }
                Effect::Notice(notice) => self.notice(notice),
            }
        }
    }

    fn ask_lock(&self, steal: bool) {
        let client = self.clone();
        self.inner.lock.ask(steal, move |happened| match happened {
            Happened::Granted => client.with_tab(Tab::lock_granted),
            Happened::Lost => client.with_tab(Tab::lock_lost),
            Happened::Unknown if steal => client.with_tab(Tab::lock_granted),
            Happened::Unknown => client.ask_around(),
        });
    }

    /// Without Web Locks: whoever hears nothing takes charge. Two that start at once may both do so; the storage lets only the later one
    /// write, and the other's worker says so at its next write.
    fn ask_around(&self) {
        let client = self.clone();
        client.inner.heard.set(false);
        wasm_bindgen_futures::spawn_local(async move {
            TimeoutFuture::new(ASKING_AROUND_MS).await;
            if !client.inner.heard.get() {
                client.with_tab(Tab::lock_granted);
            }
        });
    }

    fn start_worker(&self) {
        // The one before ends first.
        self.inner.line.replace(None);
        let client = self.clone();
        let line = Line::start(move |heard| match heard {
            line::Heard::Message(message) => client.with_tab(|tab| tab.received(message)),
            line::Heard::Foreign => client.with_tab(Tab::stale),
            line::Heard::Ended(why) => client.with_tab(|tab| tab.worker_failed(&why)),
        });
        match line {
            Some(line) => drop(self.inner.line.replace(Some(line))),
            None => self.with_tab(Tab::no_worker),
        }
    }

    fn open_channel(&self) {
        let client = self.clone();
        let channel = Channel::open(Direction::ToWorker, move |heard| {
            client.inner.heard.set(true);
            // The tab in charge hears its worker over the line.
            if client.inner.tab.borrow().is_owner() {
                return;
            }
            match heard {
                channel::Heard::Message(message) => client.with_tab(|tab| tab.received(message)),
                channel::Heard::Foreign => client.with_tab(Tab::other_release),
            }
        });
        self.inner.channel.replace(channel);
    }

    fn send(&self, message: &ToWorker) {
        if self.inner.tab.borrow().is_owner() {
            if let Some(line) = &*self.inner.line.borrow() {
                line.send(message);
            }
        } else if let Some(channel) = &*self.inner.channel.borrow() {
            channel.send(message);
        }
    }

    fn notice(&self, notice: FromWorker) {
        match &notice {
            FromWorker::Ready { opened: Ok(Opened { durable, .. }), .. } => {
                self.inner.durable.set(*durable);
                self.look_at_durability();
            }
            FromWorker::Durable(durable) => self.inner.durable.set(Some(*durable)),
            _ => {}
        }
        (self.inner.on_notice)(notice);
    }

    fn ask_for_durability(&self) {
        let client = self.clone();
        // Once a page, whatever comes of it.
        client.inner.durable.set(Some(false));
        wasm_bindgen_futures::spawn_local(async move {
            if let Some(durable) = ask_to_persist().await {
                client.durable(durable);
            }
        });
    }

    /// The browser may have changed its mind since it was asked.
    fn look_at_durability(&self) {
        let client = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let (known, now) = (client.inner.durable.get(), is_persisted().await);
            if let Some(now) = now
                && known.unwrap_or(false) != now
            {
                client.durable(now);
            }
        });
    }

    /// Put aside, left, brought back: a page that does not run must not be in charge.
    fn follow_page(&self) {
        let Some(window) = web_sys::window() else { return };
        let Some(document) = window.document() else { return };
        let leaving = |client: &WorkerClient, _: &Event| client.with_tab(Tab::frozen);
        let back = |client: &WorkerClient, _: &Event| client.with_tab(Tab::resumed);
        let shown = move |client: &WorkerClient, event: &Event| {
            let kept = Reflect::get(event, &"persisted".into()).is_ok_and(|kept| kept.is_truthy());
            if kept {
                back(client, event);
            }
        };
        self.on(&window, "pagehide", leaving);
        self.on(&window, "pageshow", shown);
        self.on(&document, "freeze", leaving);
        self.on(&document, "resume", back);
    }

    fn on(&self, target: &EventTarget, name: &str, act: impl Fn(&WorkerClient, &Event) + 'static) {
        let client = self.clone();
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| act(&client, &event));
        let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener.forget();
    }
}
