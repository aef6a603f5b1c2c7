//! The worker of this tab and the line to it; ended when dropped.

use js_sys::{Array, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::worker::protocol::FromWorker;

/// What Trunk calls the script that starts the worker.
const SCRIPT: &str = "/worker_loader.js";

/// What comes from the worker.
pub(super) enum Heard {
    /// A message.
    Message(FromWorker),
    /// One that this page cannot read: the worker is of another release.
    Foreign,
    /// It has ended by an error.
    Ended(String),
}

/// The line.
pub(super) struct Line {
    worker: Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl Line {
    /// Starts the worker; `None` where the browser cannot.
    pub(super) fn start(hear: impl Fn(Heard) + Clone + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(SCRIPT, &options).ok()?;
        let ended = hear.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            hear(postcard::from_bytes(&bytes).map_or(Heard::Foreign, Heard::Message));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let said = Reflect::get(&event, &"message".into()).ok().and_then(|message| message.as_string());
            ended(Heard::Ended(said.unwrap_or_default()));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Line { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends to the worker.
    pub(super) fn send(&self, message: &impl Serialize) {
        let Ok(bytes) = postcard::to_stdvec(message) else { return };
        let array = Uint8Array::from(bytes.as_slice());
        let _ = self.worker.post_message_with_transfer(&array, &Array::of1(&array.buffer()));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
