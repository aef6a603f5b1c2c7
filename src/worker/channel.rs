//! The channel all tabs share, and the worker of the tab in charge with them. Every message carries the release and its direction.
//! Browser only; where there is no such channel, a tab is alone.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::protocol::PROTOCOL;

const NAME: &str = "tunetrees-tabs";

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From a tab to the worker in charge.
    ToWorker,
    /// From that worker to the tabs.
    #[cfg_attr(not(feature = "database"), expect(dead_code, reason = "the worker's part"))]
    FromWorker,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Direction::ToWorker => "to worker",
            Direction::FromWorker => "from worker",
        }
    }
}

/// What was heard.
pub(super) enum Heard<M> {
    /// A message of the same release.
    Message(M),
    /// One of another release, or not to be read.
    Foreign,
}

/// An end of the channel; closed when dropped.
pub(super) struct Channel {
    channel: BroadcastChannel,
    says: Direction,
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Channel {
    /// Opens an end that sends in one direction and hears what goes in the other.
    pub(super) fn open<M: DeserializeOwned + 'static>(
        says: Direction,
        hear: impl Fn(Heard<M>) + 'static,
    ) -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Ok(parts) = event.data().dyn_into::<Array>() else { return };
            if parts.get(1).as_string().as_deref() == Some(says.name()) {
                return;
            }
            let fits = parts.get(0).as_string().as_deref() == Some(PROTOCOL);
            let bytes = Uint8Array::new(&parts.get(2)).to_vec();
            let message = if fits { postcard::from_bytes(&bytes).ok() } else { None };
            hear(message.map_or(Heard::Foreign, Heard::Message));
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Channel { channel, says, _on_message: on_message })
    }

    /// Sends to everybody who listens.
    pub(super) fn send(&self, message: &impl Serialize) {
        let Ok(bytes) = postcard::to_stdvec(message) else { return };
        let parts = Array::of3(&PROTOCOL.into(), &self.says.name().into(), &Uint8Array::from(bytes.as_slice()));
        // Fails only on a closed channel: this page is going.
        let _ = self.channel.post_message(&parts);
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
