//! The doorbell: a channel of Supabase Realtime, without I/O. A ring means “pull”, nothing else. How its messages are written:
//! `doorbell/frames.rs`.
//!
//! Knows the time it is told and the frames it is given. Must not know the socket: `remote::realtime` owns it and calls in.

mod frames;

use serde_json::{Value, json};

pub use frames::{BadFrame, Frame, Message, Version, decode, encode};

use crate::domain::ids::{DeviceId, UserId};
use crate::domain::time::Timestamp;

/// Heartbeats keep the socket alive; the server drops a silent one after 60 s.
const HEARTBEAT: i64 = 25_000_000;
/// A join without an answer for so long has failed.
const JOIN_LIMIT: i64 = 10_000_000;
/// Pauses before joining again: 1, 2, 5, 10, 10 … s.
const REJOIN: [i64; 4] = [1_000_000, 2_000_000, 5_000_000, 10_000_000];

/// What came of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing to act on.
    Nothing,
    /// Joined: rings come from now on.
    Up,
    /// Somebody else's device changed something.
    Rang,
    /// Not joined any more, or refused; why. The channel joins again by itself.
    Down(String),
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Waiting to join, from that time on.
    Out {
        again: Timestamp,
    },
    Joining {
        reference: String,
        since: Timestamp,
    },
    Joined {
        reference: String,
    },
}

/// The private channel of one person on one open socket.
#[derive(Debug)]
pub struct Channel {
    version: Version,
    topic: String,
    device: DeviceId,
    token: String,
    state: State,
    attempts: usize,
    next_ref: u64,
    next_beat: Timestamp,
    /// A heartbeat that has no answer yet.
    beat: Option<String>,
}

/// The socket is dead: no answer to a heartbeat. Close it and connect anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead;

impl Channel {
    /// The channel of `user` on a socket that was opened at `now`.
    pub fn new(version: Version, user: UserId, device: DeviceId, token: String, now: Timestamp) -> Self {
        Channel {
            version,
            topic: format!("realtime:sync:{user}"),
            device,
            token,
            state: State::Out { again: now },
            attempts: 0,
            next_ref: 1,
            next_beat: now.plus_micros(HEARTBEAT),
            beat: None,
        }
    }

    fn reference(&mut self) -> String {
        let reference = self.next_ref.to_string();
        self.next_ref += 1;
        reference
    }

    /// When [`Channel::tick`] is due next.
    pub fn next_tick(&self) -> Timestamp {
        match &self.state {
            State::Out { again } => self.next_beat.min(*again),
            State::Joining { since, .. } => self.next_beat.min(since.plus_micros(JOIN_LIMIT)),
            State::Joined { .. } => self.next_beat,
        }
    }

    /// What to send now that it is `now`.
    pub fn tick(&mut self, now: Timestamp) -> Result<Vec<String>, Dead> {
        let mut frames = Vec::new();
        if self.next_beat <= now {
            if self.beat.is_some() {
                return Err(Dead);
            }
            let reference = self.reference();
            frames.push(self.frame("phoenix", "heartbeat", json!({}), Some(reference.clone()), None));
            self.beat = Some(reference);
            self.next_beat = now.plus_micros(HEARTBEAT);
        }
        if let State::Joining { since, .. } = &self.state
            && since.plus_micros(JOIN_LIMIT) <= now
        {
            self.out(now);
        }
        if let State::Out { again } = &self.state
            && *again <= now
        {
            let reference = self.reference();
            let payload = json!({
                "config": { "broadcast": { "ack": false, "self": false }, "presence": { "key": "", "enabled": false },
                    "postgres_changes": [], "private": true },
                "access_token": self.token,
            });
            frames.push(self.frame(&self.topic, "phx_join", payload, Some(reference.clone()), Some(reference.clone())));
            self.state = State::Joining { reference, since: now };
        }
        Ok(frames)
    }

    /// A new access token: sent if joined, and used from the next join on.
    pub fn renew(&mut self, token: String) -> Option<String> {
        self.token = token;
        let State::Joined { reference } = self.state.clone() else { return None };
        let own = self.reference();
        Some(self.frame(&self.topic, "access_token", json!({ "access_token": self.token }), Some(own), Some(reference)))
    }

    /// Takes in a frame.
    pub fn hear(&mut self, frame: &Frame, now: Timestamp) -> Heard {
        let message = match decode(frame) {
            Ok(message) => message,
            Err(error) => {
                tracing::debug!(%error, "ignored");
                return Heard::Nothing;
            }
        };
        if message.topic == "phoenix" {
            if message.reference.is_some() && message.reference == self.beat {
                self.beat = None;
            }
            return Heard::Nothing;
        }
        if message.topic != self.topic {
            return Heard::Nothing;
        }
        let current = match &self.state {
            State::Out { .. } => return Heard::Nothing,
            State::Joining { reference, .. } | State::Joined { reference } => reference.clone(),
        };
        if message.join_ref.as_ref().is_some_and(|stale| *stale != current) {
            return Heard::Nothing;
        }
        match message.event.as_str() {
            "phx_reply" if message.reference.as_ref() == Some(&current) => {
                if message.payload["status"] == "ok" {
                    self.state = State::Joined { reference: current };
                    self.attempts = 0;
                    return Heard::Up;
                }
                self.out(now);
                let response = &message.payload["response"];
                Heard::Down(response["reason"].as_str().map_or_else(|| response.to_string(), str::to_owned))
            }
            "broadcast" => {
                let own = message.payload["payload"]["device"].as_str() == Some(self.device.to_string().as_str());
                if own { Heard::Nothing } else { Heard::Rang }
            }
            "phx_close" | "phx_error" => {
                self.out(now);
                Heard::Down("the server closed the channel".to_owned())
            }
            "system" if message.payload["status"] == "error" => {
                // It may close the channel after that, or leave it deaf: a new join settles either.
                self.out(now);
                Heard::Down(message.payload["message"].as_str().unwrap_or("trouble on the channel").to_owned())
            }
            _ => Heard::Nothing,
        }
    }

    fn out(&mut self, now: Timestamp) {
        let pause = REJOIN[self.attempts.min(REJOIN.len() - 1)];
        self.attempts += 1;
        self.state = State::Out { again: now.plus_micros(pause) };
    }

    fn frame(
        &self,
        topic: &str,
        event: &str,
        payload: Value,
        reference: Option<String>,
        join_ref: Option<String>,
    ) -> String {
        let message = Message { join_ref, reference, topic: topic.to_owned(), event: event.to_owned(), payload };
        encode(self.version, &message)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use uuid::Uuid;

    const T0: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn at(seconds: i64) -> Timestamp {
        T0.plus_micros(seconds * 1_000_000)
    }

    fn channel(version: Version) -> Channel {
        Channel::new(version, UserId(Uuid::from_u128(7)), DeviceId(Uuid::from_u128(1)), "jwt".into(), T0)
    }

    fn reply(reference: &str, status: &str) -> Frame {
        let topic = format!("realtime:sync:{}", Uuid::from_u128(7));
        Frame::Text(json!([reference, reference, topic, "phx_reply", { "status": status, "response": {} }]).to_string())
    }

    fn ring(device: Option<&str>) -> Frame {
        let topic = format!("realtime:sync:{}", Uuid::from_u128(7));
        let body = json!({ "device": device }).to_string();
        let mut bytes = vec![4, topic.len() as u8, 7, 0, 1];
        bytes.extend_from_slice(topic.as_bytes());
        bytes.extend_from_slice(b"changed");
        bytes.extend_from_slice(body.as_bytes());
        Frame::Binary(bytes)
    }

    #[test]
    fn it_joins_beats_and_rings_but_not_for_its_own_device() {
        for version in [Version::V1, Version::V2] {
            let mut channel = channel(version);
            let join = channel.tick(T0).unwrap();
            assert_eq!(decode(&Frame::Text(join[0].clone())).unwrap().payload["config"]["private"], true);
            assert_eq!(channel.hear(&ring(None), T0), Heard::Rang, "rings may overtake the reply");
            assert_eq!(channel.hear(&reply("1", "ok"), T0), Heard::Up);
            assert_eq!(channel.hear(&ring(Some("other")), T0), Heard::Rang);
            let own = Uuid::from_u128(1).to_string();
            assert_eq!(channel.hear(&ring(Some(&own)), T0), Heard::Nothing);
            assert!(channel.renew("jwt2".into()).unwrap().contains("access_token"));
            assert_eq!(channel.next_tick(), at(25));
        }
    }

    #[test]
    fn a_refused_join_is_tried_again_with_growing_pauses() {
        let mut channel = channel(Version::V2);
        let mut now = T0;
        let mut pauses = Vec::new();
        for reference in 1..=4 {
            assert_eq!(channel.tick(now).unwrap().len(), 1);
            assert!(matches!(channel.hear(&reply(&reference.to_string(), "error"), now), Heard::Down(_)));
            pauses.push((channel.next_tick().micros() - now.micros()) / 1_000_000);
            now = channel.next_tick();
        }
        assert_eq!(pauses, [1, 2, 5, 10]);
    }

    #[test]
    fn an_unanswered_heartbeat_means_a_dead_socket() {
        let mut channel = channel(Version::V2);
        let _ = channel.tick(T0);
        channel.hear(&reply("1", "ok"), T0);
        assert_eq!(channel.tick(at(25)).unwrap().len(), 1);
        assert_eq!(channel.tick(at(50)), Err(Dead));
    }

    #[test]
    fn trouble_on_the_channel_means_a_new_join() {
        let mut channel = channel(Version::V1);
        let _ = channel.tick(T0);
        channel.hear(&reply("1", "ok"), T0);
        let trouble = r#"{"topic":"TOPIC","event":"system","ref":null,"payload":{"extension":"system","status":"error","message":"Token has expired"}}"#;
        let trouble = Frame::Text(trouble.replace("TOPIC", &format!("realtime:sync:{}", UserId(Uuid::from_u128(7)))));
        assert_eq!(channel.hear(&trouble, T0), Heard::Down("Token has expired".to_owned()));
        assert_eq!(channel.next_tick(), at(1));
        assert!(channel.tick(at(1)).unwrap()[0].contains("phx_join"));
    }
}
