#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]
//! The model server against the real one: the same calls, the same answers.

mod model;

use model::ModelServer;
use serde_json::{Value, json};
use tunetrees::domain::ids::UserId;
use tunetrees::domain::time::Timestamp;
use uuid::Uuid;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000)
}

#[test]
fn the_model_pages_and_holds_back() {
    let mut server = ModelServer::new("e1");
    let ann = UserId(Uuid::from_u128(1));
    server.add_user(ann, at(0));
    let tune = |n: u128| json!({"op": n as u64, "table": "tune", "id": Uuid::from_u128(n).to_string(), "base": 0, "row": {"title": "x", "private_for": ann}});
    let push =
        |server: &mut ModelServer, ops: Value| server.push(ann, &json!({"ops": ops, "device": "d"}), at(1)).unwrap();
    let hold = server.hold();
    let reply = push(&mut server, json!([tune(11), tune(12), tune(12)]));
    assert!(reply["results"].as_array().unwrap().iter().all(|r| r["status"] == "applied"), "{reply:#}");
    let pull = |server: &mut ModelServer, cursor: &Value, limit: i64| {
        server.pull(Some(ann), &json!({"cursor": cursor, "page_limit": limit}), at(2)).unwrap()
    };
    let page = pull(&mut server, &Value::Null, 500);
    assert_eq!(page["rows"].as_array().unwrap().len(), 1, "the profile: {page:#}");
    let late = json!({"ops": [tune(10)]});
    server.push_held(hold, ann, &late, at(3)).unwrap();
    let page = pull(&mut server, &page["cursor"], 2);
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["has_more"]), (2, &json!(true)));
    assert_eq!(page["rows"][0][1]["id"], json!(Uuid::from_u128(10)));
    let page = pull(&mut server, &page["cursor"], 2);
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["has_more"]), (1, &json!(false)));
    assert_eq!(pull(&mut server, &page["cursor"], 2)["rows"], json!([]));
}
