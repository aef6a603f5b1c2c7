//! What travels: the two calls and their answers, checked for sense before anybody acts on them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::ids::DeviceId;
use crate::remedies::{Remedy, on};
use crate::store::apply::Page;
use crate::store::outbox::{Op, OpResult};
use crate::store::row::Row;
use crate::store::schema::{Table, VERSION};
use crate::store::sync_state::Reader;

/// However little gets through, a page is not smaller than this: one note with its picture.
pub const LEAST_PAGE: u32 = 1;

/// A call to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `sync_push`.
    Push {
        /// The operations.
        ops: Vec<Op>,
        /// What this device is called, where it has a name.
        name: Option<String>,
        /// The history of the server that they build on, where one is known.
        epoch: Option<String>,
    },
    /// `sync_pull`; or `sync_look`, where single rows are asked for.
    Pull {
        /// With whose rights.
        reader: Reader,
        /// Where to go on.
        cursor: Option<String>,
        /// Rows at most.
        page_limit: u32,
        /// Not the next page, but which of these rows are there: in a full compare they did not come.
        look: Vec<(Table, String)>,
    },
}

impl Request {
    /// The function's name.
    pub const fn function(&self) -> &'static str {
        match self {
            Request::Push { .. } => "sync_push",
            Request::Pull { look, .. } if !look.is_empty() => "sync_look",
            Request::Pull { .. } => "sync_pull",
        }
    }

    /// The function's arguments.
    pub fn body(&self, device: DeviceId) -> Value {
        match self {
            Request::Push { ops, name, epoch } => {
                json!({ "ops": ops, "device": device.to_string(), "schema": VERSION, "name": name, "epoch": epoch })
            }
            Request::Pull { cursor, page_limit, look, .. } if look.is_empty() => {
                json!({ "cursor": cursor, "page_limit": page_limit })
            }
            Request::Pull { look, .. } => json!({ "rows": look }),
        }
    }

    /// Does it need a person's token?
    pub const fn needs_session(&self) -> bool {
        !matches!(self, Request::Pull { reader: Reader::Anonymous, .. })
    }

    /// Reads the answer. The error says what does not fit; such an answer is not from our server.
    pub fn read(&self, body: &Value) -> Result<Reply, String> {
        match self {
            Request::Push { ops, epoch, .. } => {
                let reply = PushReply::deserialize(body).map_err(|error| error.to_string())?;
                let mut asked: Vec<u64> = ops.iter().map(|op| op.op).collect();
                let mut answered: Vec<u64> = reply.results.iter().map(OpResult::op).collect();
                asked.sort_unstable();
                answered.sort_unstable();
                // Another history: it has not looked at them.
                let unread = answered.is_empty() && epoch.is_some() && reply.epoch.is_some() && reply.epoch != *epoch;
                if asked == answered || unread || !on(Remedy::AnswersChecked) {
                    Ok(Reply::Push(reply))
                } else {
                    Err("answers to other operations".to_owned())
                }
            }
            Request::Pull { look, reader, cursor, .. } => {
                let reply = PullReply::deserialize(body).map_err(|error| error.to_string())?;
                let gone = (!look.is_empty()).then(|| looked_at(look, *reader, &reply)).transpose()?;
                Ok(Reply::Pull(Page {
                    gone,
                    partly: false,
                    rows: reply.rows,
                    // Single rows do not move it.
                    cursor: reply.cursor.or_else(|| cursor.clone()).ok_or("no cursor")?,
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

/// Which of the rows asked for are gone. The answer must be to that question and to that person: what is gone may be removed here.
fn looked_at(asked: &[(Table, String)], reader: Reader, reply: &PullReply) -> Result<Vec<(Table, String)>, String> {
    let as_whom = match reader {
        Reader::Anonymous => None,
        Reader::Person(user) => Some(user.to_string()),
    };
    if reply.reader != as_whom {
        return Err(format!("an answer to {:?}", reply.reader));
    }
    let here: HashSet<(&str, Option<&str>)> =
        reply.rows.iter().map(|(table, row)| (table.as_str(), row.get("id").and_then(Value::as_str))).collect();
    let gone = reply.gone.as_deref().ok_or("no word about the rows asked for")?;
    let gone: HashSet<(&str, &str)> = gone.iter().map(|(table, id)| (table.as_str(), id.as_str())).collect();
    for (table, id) in asked {
        if here.contains(&(table.name(), Some(id))) == gone.contains(&(table.name(), id)) {
            return Err(format!("no word about {table} {id}"));
        }
    }
    Ok(asked.iter().filter(|(table, id)| gone.contains(&(table.name(), id.as_str()))).cloned().collect())
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
    /// One for each operation; none where the server's history is not the one that they build on.
    pub results: Vec<OpResult>,
    /// The server's history.
    #[serde(default)]
    pub epoch: Option<String>,
    /// The server's clock.
    #[serde(default)]
    pub server_time: Option<String>,
}

#[derive(Deserialize)]
struct PullReply {
    rows: Vec<(String, Row)>,
    #[serde(default)]
    cursor: Option<String>,
    has_more: bool,
    epoch: String,
    #[serde(default)]
    server_time: Option<String>,
    #[serde(default)]
    floor_passed: bool,
    #[serde(default)]
    devices: Option<Value>,
    #[serde(default)]
    gone: Option<Vec<(String, String)>>,
    #[serde(default)]
    reader: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_must_fit_its_question() {
        let op = Op { op: 7, table: Table::Tune, id: "x".into(), base: 0, row: Row::new() };
        let push = Request::Push { ops: vec![op], name: None, epoch: Some("e".into()) };
        let good =
            json!({ "results": [{ "op": 7, "status": "conflict", "row": null }], "server_time": "x", "epoch": "e" });
        let Reply::Push(reply) = push.read(&good).unwrap() else { panic!("a push") };
        assert_eq!(reply.results, [OpResult::Conflict { op: 7, row: None }]);
        assert!(push.read(&json!({ "results": [] })).is_err());
        assert!(push.read(&json!({ "results": [], "epoch": "e" })).is_err());
        assert!(push.read(&json!({ "results": [], "epoch": "another" })).is_ok());
        assert!(push.read(&json!({ "rows": [] })).is_err());
        let pull = Request::Pull { reader: Reader::Anonymous, cursor: None, page_limit: 5, look: Vec::new() };
        let page = json!({ "rows": [["tune", { "id": "x" }]], "cursor": "c", "has_more": false, "epoch": "e" });
        let Reply::Pull(page) = pull.read(&page).unwrap() else { panic!("a page") };
        assert_eq!(page.rows[0].0, "tune");
        assert!(pull.read(&json!("<html>")).is_err());
    }
}
