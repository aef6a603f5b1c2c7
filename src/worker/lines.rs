//! The worker's lines to the tabs: the one to its own tab, and the channel to the others. Browser only.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::channel::{Channel, Direction, Heard};
use super::in_front::InFront;
use super::protocol::{FromWorker, ToWorker, WorkerId};

/// Where a message came from, and its answer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The tab that owns this worker.
    Own,
    /// Another one.
    Other,
}

/// The lines; one of each.
pub(super) struct Lines {
    id: WorkerId,
    scope: DedicatedWorkerGlobalScope,
    channel: RefCell<Option<Channel>>,
    /// Has any other tab ever said something? Else nothing need be said to them.
    others: Cell<bool>,
    in_front: RefCell<InFront>,
}

impl Lines {
    /// Opens both; `hear` gets what comes.
    pub(super) fn open(hear: impl Fn(Origin, ToWorker) + Clone + 'static) -> Rc<Self> {
        let lines = Rc::new(Lines {
            id: WorkerId(Uuid::now_v7()),
            scope: js_sys::global().unchecked_into(),
            channel: RefCell::default(),
            others: Cell::new(false),
            in_front: RefCell::default(),
        });
        let own = hear.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            match postcard::from_bytes::<ToWorker>(&bytes) {
                Ok(message) => own(Origin::Own, message),
                Err(error) => tracing::error!(%error, "a message that cannot be read"),
            }
        });
        lines.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        let weak = Rc::downgrade(&lines);
        let channel = Channel::open(Direction::FromWorker, move |heard| {
            let Some(lines) = weak.upgrade() else { return };
            match heard {
                Heard::Message(message) => {
                    lines.others.set(true);
                    hear(Origin::Other, message);
                }
                Heard::Foreign => {
                    // The other tab hears that somebody of another release is here; this one's tabs hear the same of it.
                    lines.to_others(&FromWorker::Alive);
                    lines.everybody(&FromWorker::OtherRelease);
                }
            }
        });
        lines.channel.replace(channel);
        lines
    }

    /// This worker.
    pub(super) const fn id(&self) -> WorkerId {
        self.id
    }

    /// To the tab a message came from (the others pick their answers by the tab's id).
    pub(super) fn reply(&self, to: Origin, message: &FromWorker) {
        match to {
            Origin::Own => self.to_own(message),
            Origin::Other => self.to_others(message),
        }
    }

    /// To all tabs.
    pub(super) fn everybody(&self, message: &FromWorker) {
        self.to_own(message);
        // The first message is for those who waited for a worker in silence.
        if self.others.get() || matches!(message, FromWorker::Ready { .. }) {
            self.to_others(message);
        }
    }

    pub(super) fn to_own(&self, message: &FromWorker) {
        match postcard::to_stdvec(message) {
            Ok(bytes) => {
                let array = Uint8Array::from(bytes.as_slice());
                let _ = self.scope.post_message_with_transfer(&array, &Array::of1(&array.buffer()));
            }
            Err(error) => tracing::error!(%error, "a message that cannot be written"),
        }
    }

    fn to_others(&self, message: &FromWorker) {
        if let Some(channel) = &*self.channel.borrow() {
            channel.send(message);
        }
    }

    /// Which tabs are in front.
    pub(super) fn in_front(&self) -> RefMut<'_, InFront> {
        self.in_front.borrow_mut()
    }
}
