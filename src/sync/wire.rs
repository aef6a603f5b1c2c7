//! What travels: the two calls and their answers, checked for sense before anybody acts on them.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::ids::DeviceId;
use crate::remedies::{Remedy, on};
use crate::store::apply::Page;
use crate::store::outbox::{Op, OpResult};
use crate::store::row::Row;
use crate::store::schema::VERSION;
use crate::store::sync_state::Reader;

/// A call to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `sync_push`.
    Push {
        /// The operations.
        ops: Vec<Op>,
        /// What this device is called, where it has a name.
        name: Option<String>,
    },
    /// `sync_pull`.
    Pull {
        /// With whose rights.
        reader: Reader,
        /// Where to go on.
        cursor: Option<String>,
        /// Rows at most.
        page_limit: u32,
    },
}

impl Request {
    /// The function's name.
    pub const fn function(&self) -> &'static str {
        match self {
            Request::Push { .. } => "sync_push",
            Request::Pull { .. } => "sync_pull",
        }
    }

    /// The function's arguments.
    pub fn body(&self, device: DeviceId) -> Value {
        match self {
            Request::Push { ops, name } => {
                json!({ "ops": ops, "device": device.to_string(), "schema": VERSION, "name": name })
            }
            Request::Pull { cursor, page_limit, .. } => json!({ "cursor": cursor, "page_limit": page_limit }),
        }
    }

    /// Does it need a person's token?
    pub const fn needs_session(&self) -> bool {
        !matches!(self, Request::Pull { reader: Reader::Anonymous, .. })
    }

    /// Reads the answer. The error says what does not fit; such an answer is not from our server.
    pub fn read(&self, body: &Value) -> Result<Reply, String> {
        match self {
            Request::Push { ops, .. } => {
                let reply = PushReply::deserialize(body).map_err(|error| error.to_string())?;
                let mut asked: Vec<u64> = ops.iter().map(|op| op.op).collect();
                let mut answered: Vec<u64> = reply.results.iter().map(OpResult::op).collect();
                asked.sort_unstable();
                answered.sort_unstable();
                if asked == answered || !on(Remedy::AnswersChecked) {
                    Ok(Reply::Push(reply))
                } else {
                    Err("answers to other operations".to_owned())
                }
            }
            Request::Pull { .. } => {
                let reply = PullReply::deserialize(body).map_err(|error| error.to_string())?;
                Ok(Reply::Pull(Page {
                    rows: reply.rows,
                    cursor: reply.cursor,
                    has_more: reply.has_more,
                    epoch: reply.epoch,
                    server_time: reply.server_time.and_then(|text| text.parse().ok()),
                    floor_passed: reply.floor_passed,
                    devices: reply.devices.filter(Value::is_array).map(|devices| devices.to_string()),
                }))
            }
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To a push.
    Push(PushReply),
    /// To a pull.
    Pull(Page),
}

/// The answer to a push.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PushReply {
    /// One for each operation.
    pub results: Vec<OpResult>,
}

#[derive(Deserialize)]
struct PullReply {
    rows: Vec<(String, Row)>,
    cursor: String,
    has_more: bool,
    epoch: String,
    #[serde(default)]
    server_time: Option<String>,
    #[serde(default)]
    floor_passed: bool,
    #[serde(default)]
    devices: Option<Value>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::schema::Table;

    #[test]
    fn an_answer_must_fit_its_question() {
        let op = Op { op: 7, table: Table::Tune, id: "x".into(), base: 0, row: Row::new() };
        let push = Request::Push { ops: vec![op], name: None };
        let good =
            json!({ "results": [{ "op": 7, "status": "conflict", "row": null }], "server_time": "x", "epoch": "e" });
        let Reply::Push(reply) = push.read(&good).unwrap() else { panic!("a push") };
        assert_eq!(reply.results, [OpResult::Conflict { op: 7, row: None }]);
        assert!(push.read(&json!({ "results": [] })).is_err());
        assert!(push.read(&json!({ "rows": [] })).is_err());
        let pull = Request::Pull { reader: Reader::Anonymous, cursor: None, page_limit: 5 };
        let page = json!({ "rows": [["tune", { "id": "x" }]], "cursor": "c", "has_more": false, "epoch": "e" });
        let Reply::Pull(page) = pull.read(&page).unwrap() else { panic!("a page") };
        assert_eq!(page.rows[0].0, "tune");
        assert!(pull.read(&json!("<html>")).is_err());
    }
}
