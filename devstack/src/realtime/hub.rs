//! Who is joined to what: the register of channels of all sockets, and the fan-out to them.
//! Knows no database; the slot and the sockets both talk to it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::Message;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, watch};

use super::access::Claims;
use super::filter::{self, Filter, FilterError};
use super::frame::{Broadcast, Version, encode_broadcast};

/// What a socket's task sends to its client.
pub type Outbox = mpsc::UnboundedSender<Message>;

/// One entry of a join's `postgres_changes` list.
#[derive(Debug, Clone)]
pub struct Binding {
    /// A hash of the request: identical requests have identical ids.
    pub id: u32,
    /// `*`, `INSERT`, `UPDATE` or `DELETE`.
    pub event: String,
    /// Schema of the tables.
    pub schema: String,
    /// `None`: every published table of the schema.
    pub table: Option<String>,
    /// All must hold.
    pub filters: Vec<Filter>,
    /// The filter as it was written, for messages and for grouping.
    pub filter_text: String,
    /// Columns wanted; the primary key is always added.
    pub select: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct BindingRequest {
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default)]
    table: Option<String>,
    #[serde(default)]
    filter: Option<String>,
    #[serde(default)]
    select: Option<Vec<String>>,
}

impl Binding {
    /// Reads one request of a join.
    ///
    /// # Errors
    /// A filter that cannot be read; the join stays, the client gets a `system` error.
    pub fn read(request: &Value) -> Result<Self, FilterError> {
        let text = request.to_string();
        let parts: BindingRequest =
            serde_json::from_value(request.clone()).map_err(|error| FilterError::Shape(format!("{text}: {error}")))?;
        let filter_text = parts.filter.unwrap_or_default();
        Ok(Self {
            id: binding_id(request),
            event: parts.event.unwrap_or_else(|| "*".into()).to_uppercase(),
            schema: parts.schema.unwrap_or_else(|| "public".into()),
            table: parts.table.filter(|table| table != "*"),
            filters: if filter_text.is_empty() { vec![] } else { filter::parse(&filter_text)? },
            filter_text,
            select: parts.select.filter(|columns| !columns.is_empty()),
        })
    }

    /// Whether changes of this kind to this table are asked for.
    pub fn wants(&self, event: &str, schema: &str, table: &str) -> bool {
        (self.event == "*" || self.event == event)
            && self.schema == schema
            && self.table.as_deref().is_none_or(|wanted| wanted == table)
    }
}

/// The id the reply to a join gives to a request (27 bits, as the real one's hash).
pub fn binding_id(request: &Value) -> u32 {
    let hash = request
        .to_string()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash & 0x07ff_ffff
}

/// One joined channel of one socket.
#[derive(Debug, Clone)]
pub struct Member {
    /// Identity of this join; a rejoin gets another.
    pub id: u64,
    /// The socket's number.
    pub socket: u64,
    /// Protocol of the socket.
    pub version: Version,
    /// Full topic, `realtime:…`.
    pub topic: String,
    /// The join's own reference.
    pub join_ref: Option<String>,
    /// Joined with `private: true` and allowed to.
    pub private: bool,
    /// Whether the client may send here (always on public channels).
    pub may_send: bool,
    /// Config `broadcast.self`.
    pub hears_itself: bool,
    /// Config `broadcast.ack`.
    pub acknowledges: bool,
    /// Whose channel it is now.
    pub claims: Arc<Claims>,
    /// The `postgres_changes` wanted.
    pub bindings: Arc<Vec<Binding>>,
    /// Whether the Postgres subscription is in place ("Subscribed to PostgreSQL" was said).
    pub live: bool,
    /// Where frames go.
    pub outbox: Outbox,
}

/// The register. Cloning gives another handle.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    members: Mutex<Vec<Member>>,
    next: AtomicU64,
    wake: Notify,
    reading: watch::Sender<bool>,
}

impl Hub {
    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        self.inner.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number never given before, for sockets and joins.
    pub fn next_id(&self) -> u64 {
        self.inner.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Registers a join and wakes the slot's poller.
    pub fn join(&self, member: Member) {
        self.members().push(member);
        self.inner.wake.notify_one();
    }

    /// Removes a join; gives it back when it was there.
    pub fn leave(&self, id: u64) -> Option<Member> {
        let mut members = self.members();
        let at = members.iter().position(|member| member.id == id)?;
        Some(members.swap_remove(at))
    }

    /// Removes all joins of a socket.
    pub fn forget_socket(&self, socket: u64) {
        self.members().retain(|member| member.socket != socket);
    }

    /// The join of this socket to this topic.
    pub fn find(&self, socket: u64, topic: &str) -> Option<Member> {
        self.members().iter().find(|member| member.socket == socket && member.topic == topic).cloned()
    }

    /// All joins of a socket.
    pub fn of_socket(&self, socket: u64) -> Vec<Member> {
        self.members().iter().filter(|member| member.socket == socket).cloned().collect()
    }

    /// Changes a join in place; `false` when it has been left.
    pub fn update(&self, id: u64, change: impl FnOnce(&mut Member)) -> bool {
        match self.members().iter_mut().find(|member| member.id == id) {
            Some(member) => {
                change(member);
                true
            }
            None => false,
        }
    }

    /// Told by the slot: whether changes committed from now on will be seen.
    pub fn set_reading(&self, reading: bool) {
        self.inner.reading.send_replace(reading);
    }

    /// Waits until changes are being read, at most for so long; `false` when they are not even then.
    pub async fn is_reading(&self, patience: Duration) -> bool {
        let mut reading = self.inner.reading.subscribe();
        tokio::time::timeout(patience, reading.wait_for(|reading| *reading)).await.is_ok()
    }

    /// Whether anybody is joined to anything.
    pub fn is_busy(&self) -> bool {
        !self.members().is_empty()
    }

    /// Resolves when somebody joins.
    pub async fn woken(&self) {
        self.inner.wake.notified().await;
    }

    /// Members with a Postgres subscription that may want this change, and the bindings that do.
    pub fn subscribed(&self, event: &str, schema: &str, table: &str) -> Vec<(Member, Vec<Binding>)> {
        self.members()
            .iter()
            .filter(|member| member.live)
            .filter_map(|member| {
                let mut wanted: Vec<Binding> = vec![];
                for binding in member.bindings.iter().filter(|binding| binding.wants(event, schema, table)) {
                    if wanted.iter().all(|other| other.id != binding.id) {
                        wanted.push(binding.clone());
                    }
                }
                (!wanted.is_empty()).then(|| (member.clone(), wanted))
            })
            .collect()
    }

    /// Sends a broadcast to every channel of the topic with the same privacy; the sending socket hears it only
    /// if it asked to.
    pub fn broadcast(&self, topic: &str, private: bool, from: Option<u64>, broadcast: &Broadcast) -> usize {
        let mut frames: [Option<Option<Message>>; 2] = [None, None];
        let mut reached = 0;
        for member in self.members().iter() {
            if member.topic != topic || member.private != private {
                continue;
            }
            if from == Some(member.socket) && !member.hears_itself {
                continue;
            }
            let slot = &mut frames[usize::from(member.version == Version::V2)];
            let frame = slot.get_or_insert_with(|| encode_broadcast(member.version, topic, broadcast));
            if let Some(frame) = frame {
                // A closed outbox belongs to a socket that is just going away.
                reached += usize::from(member.outbox.send(frame.clone()).is_ok());
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn bindings_match_event_schema_and_table() {
        let all = Binding::read(&json!({"event":"*","schema":"public"})).unwrap();
        assert!(all.wants("INSERT", "public", "tune") && !all.wants("INSERT", "auth", "users"));
        let one = Binding::read(&json!({"event":"UPDATE","table":"tune"})).unwrap();
        assert!(one.wants("UPDATE", "public", "tune") && !one.wants("DELETE", "public", "tune"));
        assert_eq!(one.id, binding_id(&json!({"event":"UPDATE","table":"tune"})));
        assert_ne!(one.id, all.id);
        assert!(Binding::read(&json!({"event":"*","filter":"x"})).is_err());
    }
}
