//! Operations that the tests of `sync_push` and `sync_pull` send, and what they read in the answers.

use serde_json::{Value, json};

use super::{ANN, As, BEN};

pub const ANNS: As = As::User(ANN);
pub const BENS: As = As::User(BEN);

pub fn id(n: u32) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

pub fn op(table: &str, id: &str, base: i32, row: Value) -> Value {
    json!({"op": 7, "table": table, "id": id, "base": base, "row": row})
}

/// A new private tune of `owner`.
pub fn tune(n: u32, owner: &str, title: &str) -> Value {
    op(
        "tune",
        &id(n),
        0,
        json!({"title": title, "private_for": owner, "last_modified_at": "2026-11-01T10:00:00.000001Z", "device_id": "phone"}),
    )
}

pub fn playlist(n: u32, owner: &str) -> Value {
    op("playlist", &id(n), 0, json!({"user_ref": owner, "name": "Fiddle"}))
}

pub fn statuses(reply: &Value) -> Vec<&str> {
    reply["results"].as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect()
}

/// The SQLSTATE of each refusal.
pub fn codes(reply: &Value) -> Vec<&str> {
    reply["results"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap_or("")).collect()
}
