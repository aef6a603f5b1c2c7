//! A small Phoenix client for the Realtime tests, and the stack they talk to. Speaks both protocol versions.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::time::Duration;

use devstack::{Config, Devstack};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub const ANN: &str = "0aaaaaaa-0000-4000-8000-00000000000a";
pub const BOB: &str = "0bbbbbbb-0000-4000-8000-00000000000b";

/// A frame as a client sees it, whatever the version.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub join_ref: Option<String>,
    pub reference: Option<String>,
    pub topic: String,
    pub event: String,
    pub payload: Value,
}

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub v2: bool,
    next: u64,
}

pub async fn stack() -> (Devstack, tokio_postgres::Client) {
    let stack = Devstack::start(Config::default()).await.unwrap();
    let db = connect(&stack).await;
    (stack, db)
}

pub async fn connect(stack: &Devstack) -> tokio_postgres::Client {
    let (db, connection) = tokio_postgres::connect(&stack.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    db
}

pub fn token(stack: &Devstack, user: &str, life: i64) -> String {
    let claims: Map<String, Value> =
        json!({"sub": user, "role": "authenticated", "exp": devstack::jwt::now() + life}).as_object().unwrap().clone();
    stack.jwt.sign(&claims)
}

impl Client {
    pub async fn open(stack: &Devstack, v2: bool) -> Client {
        let vsn = if v2 { "2.0.0" } else { "1.0.0" };
        let url = format!(
            "{}/realtime/v1/websocket?apikey={}&vsn={vsn}",
            stack.url.replace("http", "ws"),
            stack.publishable_key
        );
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Client { socket, v2, next: 0 }
    }

    pub async fn send(&mut self, join_ref: &str, topic: &str, event: &str, payload: Value) -> String {
        self.next += 1;
        let reference = self.next.to_string();
        let frame = if self.v2 {
            json!([join_ref, reference, topic, event, payload])
        } else {
            json!({"join_ref": join_ref, "ref": reference, "topic": topic, "event": event, "payload": payload})
        };
        self.socket.send(Message::Text(frame.to_string().into())).await.unwrap();
        reference
    }

    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
    }

    /// The next frame; `None` when the socket has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        let message =
            tokio::time::timeout(Duration::from_secs(10), self.socket.next()).await.expect("no frame in 10 s");
        match message? {
            Ok(Message::Text(text)) => {
                let frame: Value = serde_json::from_str(&text).unwrap();
                let text = |value: &Value| value.as_str().map(str::to_owned);
                Some(if self.v2 {
                    Frame {
                        join_ref: text(&frame[0]),
                        reference: text(&frame[1]),
                        topic: text(&frame[2]).unwrap(),
                        event: text(&frame[3]).unwrap(),
                        payload: frame[4].clone(),
                    }
                } else {
                    assert!(frame.get("join_ref").is_none(), "1.0.0 servers never send join_ref");
                    Frame {
                        join_ref: None,
                        reference: text(&frame["ref"]),
                        topic: text(&frame["topic"]).unwrap(),
                        event: text(&frame["event"]).unwrap(),
                        payload: frame["payload"].clone(),
                    }
                })
            }
            Ok(Message::Binary(bytes)) => {
                assert!(self.v2, "binary frames are of 2.0.0 only");
                assert_eq!(bytes[0], 4, "the kind of a broadcast");
                let mut at = 5;
                let mut part = |length: u8| {
                    let part = String::from_utf8(bytes[at..at + usize::from(length)].to_vec()).unwrap();
                    at += usize::from(length);
                    part
                };
                let (topic, event, meta) = (part(bytes[1]), part(bytes[2]), part(bytes[3]));
                let payload: Value = match bytes[4] {
                    1 => serde_json::from_slice(&bytes[at..]).unwrap(),
                    _ => json!(bytes[at..].to_vec()),
                };
                let mut envelope = json!({"type": "broadcast", "event": event, "payload": payload});
                if !meta.is_empty() {
                    envelope["meta"] = serde_json::from_str(&meta).unwrap();
                }
                Some(Frame { join_ref: None, reference: None, topic, event: "broadcast".into(), payload: envelope })
            }
            Ok(Message::Close(_)) | Err(_) => None,
            Ok(_) => Box::pin(self.next()).await,
        }
    }

    /// Reads until a frame of this event comes.
    pub async fn until(&mut self, event: &str) -> Frame {
        loop {
            let frame = self.next().await.expect("the socket ended");
            if frame.event == event {
                return frame;
            }
        }
    }

    /// Joins; gives the reply's payload.
    pub async fn join(&mut self, topic: &str, config: Value, token: &str) -> Value {
        let payload = json!({"config": config, "access_token": token});
        let reference = self.send("j1", topic, "phx_join", payload).await;
        let reply = self.until("phx_reply").await;
        assert_eq!(reply.reference, Some(reference));
        reply.payload
    }

    /// Joins for changes and waits until the subscription is in place.
    pub async fn watch(&mut self, topic: &str, request: Value, token: &str) {
        let reply = self.join(topic, json!({"postgres_changes": [request]}), token).await;
        assert_eq!(reply["status"], "ok", "{reply}");
        let system = self.until("system").await;
        assert_eq!(system.payload["message"], "Subscribed to PostgreSQL", "{}", system.payload);
    }
}

/// Everything this client was sent before the barrier, which travels through the same slot: what is not here by then
/// never comes.
pub async fn changes_until_now(db: &tokio_postgres::Client, client: &mut Client, topic: &str) -> Vec<Value> {
    let name = topic.strip_prefix("realtime:").unwrap();
    db.execute("select realtime.send('{}', 'barrier', $1, false)", &[&name]).await.unwrap();
    let mut seen = vec![];
    loop {
        let frame = client.next().await.expect("the socket ended");
        match frame.event.as_str() {
            "broadcast" => return seen,
            "postgres_changes" => seen.push(frame.payload["data"].clone()),
            _ => {}
        }
    }
}
