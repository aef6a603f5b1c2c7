//! The wire form of Realtime: Phoenix channel frames of protocol 1.0.0 and 2.0.0, and the binary frames of
//! 2.0.0 for broadcasts (kind 3 from clients, kind 4 to them). Knows nothing of channels or the database.

use axum::extract::ws::Message;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What a client asked for with `vsn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Frames are objects; the default when `vsn` is missing.
    V1,
    /// Frames are arrays, broadcasts binary.
    V2,
}

impl Version {
    /// Reads the `vsn` parameter; `None` for a protocol nobody speaks.
    pub fn from_vsn(vsn: Option<&str>) -> Option<Self> {
        match vsn {
            None | Some("1.0.0") => Some(Self::V1),
            Some("2.0.0") => Some(Self::V2),
            Some(_) => None,
        }
    }
}

/// The part of a broadcast its sender chose.
#[derive(Debug, Clone)]
pub enum UserPayload {
    /// JSON text, passed on as it came.
    Json(String),
    /// Bytes (protocol 2.0.0 only).
    Binary(Bytes),
}

/// A broadcast on its way to subscribers.
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The user's event name.
    pub event: String,
    /// What was sent.
    pub payload: UserPayload,
    /// `meta` of the message, such as the id of a row of `realtime.messages`.
    pub meta: Option<Value>,
}

/// A frame from a client.
#[derive(Debug)]
pub struct Incoming {
    /// The channel instance meant.
    pub join_ref: Option<String>,
    /// Echoed in the reply.
    pub reference: Option<String>,
    /// Channel topic, `realtime:…` or `phoenix`.
    pub topic: String,
    /// Phoenix event.
    pub event: String,
    /// JSON payload; of a broadcast only the envelope is needed.
    pub payload: Value,
    /// Set when the frame is a broadcast.
    pub broadcast: Option<Broadcast>,
}

/// Why a frame could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Text that is not a frame of the socket's protocol.
    #[error("not a frame of this protocol version: {0}")]
    Json(#[from] serde_json::Error),
    /// A binary frame that is cut short, of another kind, or on a 1.0.0 socket.
    #[error("not a binary broadcast frame (kind 3)")]
    Binary,
}

#[derive(Deserialize)]
struct ObjectFrame {
    topic: String,
    event: String,
    #[serde(default)]
    payload: Value,
    #[serde(default, rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    join_ref: Option<String>,
}

/// Reads a text frame.
pub fn decode_text(version: Version, text: &str) -> Result<Incoming, FrameError> {
    let (join_ref, reference, topic, event, payload): (Option<String>, Option<String>, String, String, Value) =
        match version {
            Version::V1 => {
                let frame: ObjectFrame = serde_json::from_str(text)?;
                (frame.join_ref, frame.reference, frame.topic, frame.event, frame.payload)
            }
            Version::V2 => serde_json::from_str(text)?,
        };
    let broadcast = (event == "broadcast").then(|| Broadcast {
        event: payload.get("event").and_then(Value::as_str).unwrap_or_default().to_owned(),
        payload: UserPayload::Json(payload.get("payload").unwrap_or(&Value::Null).to_string()),
        meta: None,
    });
    Ok(Incoming { join_ref, reference, topic, event, payload, broadcast })
}

/// Reads a binary frame: `[3][5 lengths][encoding]`, the strings, the payload.
pub fn decode_binary(version: Version, bytes: &Bytes) -> Result<Incoming, FrameError> {
    const HEAD: usize = 7;
    if version == Version::V1 || bytes.len() < HEAD || bytes[0] != 3 {
        return Err(FrameError::Binary);
    }
    let mut at = HEAD;
    let mut next = |length: u8| {
        let part = bytes.get(at..at + usize::from(length)).ok_or(FrameError::Binary)?;
        at += usize::from(length);
        String::from_utf8(part.to_vec()).map_err(|_| FrameError::Binary)
    };
    let (join_ref, reference) = (next(bytes[1])?, next(bytes[2])?);
    let (topic, event, _metadata) = (next(bytes[3])?, next(bytes[4])?, next(bytes[5])?);
    let rest = bytes.slice(at..);
    let payload = match bytes[6] {
        0 => UserPayload::Binary(rest),
        _ => UserPayload::Json(std::str::from_utf8(&rest).map_err(|_| FrameError::Binary)?.to_owned()),
    };
    let some = |text: String| (!text.is_empty()).then_some(text);
    Ok(Incoming {
        join_ref: some(join_ref),
        reference: some(reference),
        topic,
        event: "broadcast".to_owned(),
        payload: Value::Null,
        broadcast: Some(Broadcast { event, payload, meta: None }),
    })
}

/// Writes a text frame. Protocol 1.0.0 never names the `join_ref`.
pub fn encode<P: Serialize>(
    version: Version,
    join_ref: Option<&str>,
    reference: Option<&str>,
    topic: &str,
    event: &str,
    payload: &P,
) -> Message {
    #[derive(Serialize)]
    struct Object<'a, P> {
        topic: &'a str,
        event: &'a str,
        payload: &'a P,
        #[serde(rename = "ref")]
        reference: Option<&'a str>,
    }
    let text = match version {
        Version::V1 => serde_json::to_string(&Object { topic, event, payload, reference }),
        Version::V2 => serde_json::to_string(&(join_ref, reference, topic, event, payload)),
    };
    Message::Text(text.expect("strings and JSON values always serialise").into())
}

/// Writes a broadcast: binary kind 4 on 2.0.0, an object on 1.0.0. `None` where the protocol cannot carry it
/// (bytes on 1.0.0).
pub fn encode_broadcast(version: Version, topic: &str, broadcast: &Broadcast) -> Option<Message> {
    let meta = broadcast.meta.as_ref().map(Value::to_string).unwrap_or_default();
    let lengths = (u8::try_from(topic.len()), u8::try_from(broadcast.event.len()), u8::try_from(meta.len()));
    if let (Version::V2, (Ok(topic_length), Ok(event_length), Ok(meta_length))) = (version, lengths) {
        let (encoding, payload) = match &broadcast.payload {
            UserPayload::Binary(bytes) => (0, bytes.as_ref()),
            UserPayload::Json(text) => (1, text.as_bytes()),
        };
        let mut frame = vec![4, topic_length, event_length, meta_length, encoding];
        for part in [topic.as_bytes(), broadcast.event.as_bytes(), meta.as_bytes(), payload] {
            frame.extend_from_slice(part);
        }
        return Some(Message::Binary(frame.into()));
    }
    // Names too long for a length byte travel as text, which clients of both versions read.
    let UserPayload::Json(text) = &broadcast.payload else { return None };
    #[derive(Serialize)]
    struct Envelope<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        event: &'a str,
        payload: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<&'a Value>,
    }
    let payload: &RawValue = serde_json::from_str(text).ok()?;
    let envelope = Envelope { kind: "broadcast", event: &broadcast.event, payload, meta: broadcast.meta.as_ref() };
    Some(encode(version, None, None, topic, "broadcast", &envelope))
}

/// A `phx_reply`.
pub fn reply(
    version: Version,
    join_ref: Option<&str>,
    reference: Option<&str>,
    topic: &str,
    status: &str,
    response: &Value,
) -> Message {
    encode(version, join_ref, reference, topic, "phx_reply", &json!({ "status": status, "response": response }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(message: Message) -> String {
        message.into_text().unwrap().to_string()
    }

    #[test]
    fn both_versions_of_a_join_read_the_same() {
        let one = decode_text(
            Version::V1,
            r#"{"topic":"realtime:a","event":"phx_join","payload":{"config":{}},"ref":"1","join_ref":"1"}"#,
        )
        .unwrap();
        let two = decode_text(Version::V2, r#"["1","1","realtime:a","phx_join",{"config":{}}]"#).unwrap();
        assert_eq!((one.join_ref, one.reference, one.payload), (two.join_ref, two.reference, two.payload));
    }

    #[test]
    fn replies_carry_the_join_ref_in_version_2_only() {
        let ok = json!({});
        assert_eq!(
            text(reply(Version::V1, Some("1"), Some("2"), "realtime:a", "ok", &ok)),
            r#"{"topic":"realtime:a","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"}"#
        );
        assert_eq!(
            text(reply(Version::V2, Some("1"), Some("2"), "realtime:a", "ok", &ok)),
            r#"["1","2","realtime:a","phx_reply",{"status":"ok","response":{}}]"#
        );
    }

    #[test]
    fn a_database_broadcast_is_a_kind_4_frame() {
        let broadcast = Broadcast {
            event: "changed".into(),
            payload: UserPayload::Json(r#"{"n":1.50}"#.into()),
            meta: Some(json!({"id":"x"})),
        };
        let Some(Message::Binary(frame)) = encode_broadcast(Version::V2, "realtime:é", &broadcast) else { panic!() };
        assert_eq!(&frame[..5], &[4, 11, 7, 10, 1]);
        assert_eq!(&frame[5..], "realtime:échanged{\"id\":\"x\"}{\"n\":1.50}".as_bytes());
        assert_eq!(
            text(encode_broadcast(Version::V1, "realtime:a", &broadcast).unwrap()),
            r#"{"topic":"realtime:a","event":"broadcast","payload":{"type":"broadcast","event":"changed","payload":{"n":1.50},"meta":{"id":"x"}},"ref":null}"#
        );
    }

    #[test]
    fn binary_pushes_are_read_and_broken_ones_refused() {
        let mut frame = vec![3u8, 1, 1, 10, 2, 0, 1];
        frame.extend_from_slice(b"79realtime:ahi{}");
        let read = decode_binary(Version::V2, &frame.clone().into()).unwrap();
        assert_eq!((read.join_ref.as_deref(), read.reference.as_deref()), (Some("7"), Some("9")));
        assert_eq!(read.topic, "realtime:a");
        let broadcast = read.broadcast.unwrap();
        assert_eq!(broadcast.event, "hi");
        assert!(matches!(broadcast.payload, UserPayload::Json(text) if text == "{}"));
        for length in 0..18 {
            let _ = decode_binary(Version::V2, &frame[..length.min(frame.len())].to_vec().into());
        }
        assert!(decode_binary(Version::V2, &frame[..12].to_vec().into()).is_err());
        assert!(decode_binary(Version::V1, &frame.into()).is_err());
    }
}
