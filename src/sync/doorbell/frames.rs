//! The Phoenix protocol in frames: version 2.0.0 (arrays, binary broadcasts) and 1.0.0 (objects).
//!
//! Knows how a message is written, not what follows from it.

use serde_json::{Value, json};

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Objects; broadcasts as text.
    V1,
    /// Arrays; broadcasts of the database come as binary frames.
    V2,
}

impl Version {
    /// As the `vsn` parameter of the socket's address.
    pub const fn name(self) -> &'static str {
        match self {
            Version::V1 => "1.0.0",
            Version::V2 => "2.0.0",
        }
    }
}

/// A message, whichever way it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Names the join it belongs to; frames of an earlier join are stale.
    pub join_ref: Option<String>,
    /// Names the message; the reply carries it.
    pub reference: Option<String>,
    /// `realtime:…` or `phoenix`.
    pub topic: String,
    /// What it is about.
    pub event: String,
    /// The rest.
    pub payload: Value,
}

/// A frame of the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// JSON.
    Text(String),
    /// A broadcast of version 2.0.0.
    Binary(Vec<u8>),
}

/// A frame that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an unreadable Realtime frame: {0}")]
pub struct BadFrame(pub String);

/// Writes a message as a text frame.
pub fn encode(version: Version, message: &Message) -> String {
    match version {
        Version::V2 => {
            json!([message.join_ref, message.reference, message.topic, message.event, message.payload]).to_string()
        }
        Version::V1 => json!({ "topic": message.topic, "event": message.event, "payload": message.payload,
            "ref": message.reference, "join_ref": message.join_ref })
        .to_string(),
    }
}

/// Reads a frame of either version.
pub fn decode(frame: &Frame) -> Result<Message, BadFrame> {
    match frame {
        Frame::Text(text) => decode_text(text),
        Frame::Binary(bytes) => decode_binary(bytes),
    }
}

fn decode_text(text: &str) -> Result<Message, BadFrame> {
    let value: Value = serde_json::from_str(text).map_err(|error| BadFrame(error.to_string()))?;
    let (join_ref, reference, topic, event, payload) = match &value {
        Value::Array(parts) if parts.len() == 5 => (&parts[0], &parts[1], &parts[2], &parts[3], &parts[4]),
        Value::Object(parts) => {
            let part = |key: &str| parts.get(key).unwrap_or(&Value::Null);
            (part("join_ref"), part("ref"), part("topic"), part("event"), part("payload"))
        }
        _ => return Err(BadFrame("neither five parts nor an object".to_owned())),
    };
    let text = |value: &Value, what: &str| {
        value.as_str().map(str::to_owned).ok_or_else(|| BadFrame(format!("its {what} is not a text")))
    };
    Ok(Message {
        join_ref: join_ref.as_str().map(str::to_owned),
        reference: reference.as_str().map(str::to_owned),
        topic: text(topic, "topic")?,
        event: text(event, "event")?,
        payload: payload.clone(),
    })
}

/// Kind 4: `[4][len topic][len event][len metadata][encoding]` topic event metadata payload; encoding 1 = JSON.
fn decode_binary(bytes: &[u8]) -> Result<Message, BadFrame> {
    let short = || BadFrame("it ends too early".to_owned());
    let [kind, topic, event, metadata, encoding, rest @ ..] = bytes else { return Err(short()) };
    if *kind != 4 {
        return Err(BadFrame(format!("binary frames of kind {kind} are not known")));
    }
    let (topic, rest) = rest.split_at_checked(usize::from(*topic)).ok_or_else(short)?;
    let (event, rest) = rest.split_at_checked(usize::from(*event)).ok_or_else(short)?;
    let (metadata, body) = rest.split_at_checked(usize::from(*metadata)).ok_or_else(short)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| BadFrame("a name is not UTF-8".to_owned()));
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| BadFrame(error.to_string()));
    let mut payload = json!({ "type": "broadcast", "event": text(event)? });
    if *encoding == 1 {
        payload["payload"] = json(body)?;
    }
    if !metadata.is_empty() {
        payload["meta"] = json(metadata)?;
    }
    Ok(Message { join_ref: None, reference: None, topic: text(topic)?, event: "broadcast".to_owned(), payload })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_survive_both_versions() {
        let message = Message {
            join_ref: Some("1".into()),
            reference: Some("2".into()),
            topic: "realtime:note-sync".into(),
            event: "phx_join".into(),
            payload: json!({ "access_token": "x" }),
        };
        for version in [Version::V1, Version::V2] {
            assert_eq!(decode(&Frame::Text(encode(version, &message))).unwrap(), message);
        }
    }

    #[test]
    fn recorded_frames_are_read() {
        let frames = [
            (
                r#"{"topic":"realtime:note-sync","event":"phx_reply","ref":"1","payload":{"status":"ok","response":{"postgres_changes":[]}}}"#,
                "phx_reply",
            ),
            (
                r#"{"topic":"realtime:note-sync","event":"system","ref":null,"payload":{"extension":"postgres_changes","status":"ok","message":"Subscribed to PostgreSQL","channel":"note-sync"}}"#,
                "system",
            ),
            (
                r#"{"topic":"phoenix","event":"phx_reply","ref":"7","payload":{"status":"ok","response":{}}}"#,
                "phx_reply",
            ),
            (r#"["1","1","realtime:note-sync","phx_join",{}]"#, "phx_join"),
        ];
        for (frame, event) in frames {
            assert_eq!(decode(&Frame::Text(frame.into())).unwrap().event, event);
        }
        for bad in ["", "[]", "7", "<html>", r#"["1","2",3,"e",{}]"#] {
            assert!(decode(&Frame::Text(bad.into())).is_err(), "{bad}");
        }
        for bad in [&[][..], &[4], &[4, 200, 0, 0, 1, 65], &[3, 0, 0, 0, 0]] {
            assert!(decode(&Frame::Binary(bad.to_vec())).is_err());
        }
    }
}
