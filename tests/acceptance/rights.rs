//! Who sees what, and what an unfriendly network or server can do.

use std::time::Duration;

use devstack::faults::Action;
use serde_json::{Value, json};
use tunetrees::remote::auth::Session;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::sync::backoff::{Backoff, Dice};
use tunetrees::sync::status::SyncPhase;
use tunetrees::worker::driver::SessionNotice;

use super::{PULL, PUSH, fault, furnish};
use crate::devices::{Device, account, config, database, eventually, eventually_for, now, run, sign_in, stack};

/// A request to PostgREST as anybody with the app's key could make it by hand: status and body.
async fn by_hand(
    stack: &devstack::Devstack,
    session: Option<&Session>,
    method: &str,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let token = session.map_or(stack.publishable_key.clone(), |session| session.access_token.clone());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = reqwest::Client::new()
        .request(method, format!("{}/rest/v1/{path}", stack.url))
        .header("apikey", &stack.publishable_key)
        .header("prefer", "return=representation");
    if session.is_some() {
        request = request.bearer_auth(token);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or(Value::Null))
}

#[test]
fn n19_nobody_reads_or_writes_what_is_anothers_and_nobody_makes_public() {
    run(async {
        let stack = stack().await;
        let db = database(&stack).await;
        db.batch_execute(
            "insert into tune (id, title, last_modified_at) values ('0c000000-0000-7000-8000-000000000001', 'Everybody''s', now())",
        )
        .await
        .unwrap();
        let ann = Device::start(config(&stack), Some(account(&stack).await.1));
        let (playlist, tunes) = furnish(&ann, 2);
        ann.synced().await;
        let note = |public: i64, text: &str| {
            let user = ann.user.to_string();
            let row = row! { "tune_ref": "0c000000-0000-7000-8000-000000000001", "user_ref": user, "note_text": text, "public": public };
            ann.edit(|edit| {
                let mut row = row;
                row.insert("id".into(), edit.new_id().to_string().into());
                edit.insert(Table::Note, row)
            });
        };
        note(0, "private");
        note(1, "for all");
        ann.synced().await;

        let (_, bens) = account(&stack).await;
        let ben = Device::start(config(&stack), Some(bens.clone()));
        ben.synced().await;
        // What reaches Ben's device: the catalog and the public note.
        assert_eq!(ben.count("select count(*) from tune"), 1);
        assert_eq!(ben.count("select count(*) from note"), 1);
        assert_eq!(ben.count("select count(*) from note where note_text = 'for all'"), 1);
        for table in [Table::Playlist, Table::PlaylistTune, Table::PracticeRecord, Table::DailyPracticeQueue] {
            assert_eq!(ben.count(&format!("select count(*) from \"{table}\"")), 0, "{table}");
        }
        // What Ben can get by hand: of views and tables, nothing of hers; nobody without an account even less.
        for path in [
            "view_playlist_joined".to_owned(),
            "practice_list_joined".to_owned(),
            "practice_list_staged".to_owned(),
            format!("tune?id=eq.{}", tunes[0]),
            format!("playlist?id=eq.{playlist}"),
            "note?public=is.false".to_owned(),
        ] {
            assert_eq!(by_hand(&stack, Some(&bens), "GET", &path, Value::Null).await, (200, json!([])), "{path}");
            let (status, body) = by_hand(&stack, None, "GET", &path, Value::Null).await;
            assert!(matches!(status, 401 | 403) || body == json!([]), "{path}: {status} {body}");
        }
        // Writing: hers is out of reach, and a tune of one's own cannot be put before everybody.
        let hers = format!("tune?id=eq.{}", tunes[0]);
        assert_eq!(by_hand(&stack, Some(&bens), "PATCH", &hers, json!({ "title": "mine" })).await, (200, json!([])));
        let mine = ben.new_tune("Ben's");
        ben.synced().await;
        for (method, path, body) in [
            ("PATCH", format!("tune?id=eq.{mine}"), json!({ "private_for": null })),
            ("PATCH", format!("tune?id=eq.{mine}"), json!({ "private_for": ann.user.to_string() })),
            ("POST", "tune".to_owned(), json!({ "title": "For everybody", "private_for": null })),
            ("POST", "playlist".to_owned(), json!({ "user_ref": ann.user.to_string(), "name": "Yours" })),
            ("DELETE", format!("tune?id=eq.{mine}"), Value::Null),
        ] {
            let (status, reply) = by_hand(&stack, Some(&bens), method, &path, body).await;
            assert!(matches!(status, 401 | 403), "{method} {path}: {status} {reply}");
        }
        // The same through the sync, whose function runs with the caller's rights.
        let id = "0d000000-0000-7000-8000-000000000001";
        let ops = json!([
            { "op": 1, "table": "tune", "id": tunes[0].to_string(), "base": 1, "row": { "title": "mine" } },
            { "op": 2, "table": "tune", "id": id, "base": 0, "row": { "id": id, "title": "x", "private_for": null } },
        ]);
        let body = json!({ "ops": ops, "device": "by hand" });
        let (status, reply) = by_hand(&stack, Some(&bens), "POST", "rpc/sync_push", body).await;
        assert_eq!(status, 200, "{reply}");
        let results = reply["results"].as_array().unwrap();
        assert!(results.iter().all(|result| result["status"] != "applied"), "{reply}");
        let sql = "select title from tune where private_for is null or private_for = $1::text::uuid order by title";
        let titles = db.query(sql, &[&ann.user.to_string()]).await.unwrap();
        let titles: Vec<String> = titles.iter().map(|row| row.get(0)).collect();
        assert_eq!(titles, ["Everybody's", "Tune 00", "Tune 01"]);
        stack.stop().await;
    });
}

/// Chance adds nothing to the pauses.
struct Least;
impl Dice for Least {
    fn roll(&mut self) -> f64 {
        0.0
    }
}

#[test]
fn n20_the_pauses_are_1_2_4_8_up_to_60_seconds() {
    let mut backoff = Backoff::default();
    let at = now();
    let pauses: Vec<i64> = (0..9)
        .map(|_| {
            backoff.fail(at, None, &mut Least);
            (backoff.until().unwrap().micros() - at.micros() + 999_999) / 1_000_000
        })
        .collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    backoff.reset();
    backoff.fail(at, Some(Duration::from_secs(7)), &mut Least);
    assert_eq!(backoff.until(), Some(at.plus_micros(7_000_000)), "what the server asks for is the least");
}

#[test]
fn n20_every_way_a_call_can_fail_is_one_state_and_is_outlived() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        let status = |code, headers: &[(&str, &str)]| Action::Status {
            code,
            body: Value::Null,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let ways = [
            ("the connection is cut before the call", Action::DropRequest),
            ("the connection is cut before the answer", Action::DropReply),
            ("too many requests", status(429, &[("retry-after", "1")])),
            ("the server is broken", status(500, &[])),
            ("the server is down", status(503, &[])),
            ("a gateway gave up", status(504, &[])),
            ("a captive portal", Action::Html),
        ];
        for (n, (what, way)) in ways.into_iter().enumerate() {
            stack.faults.clear();
            stack.faults.add(fault("/rest", Some(2), way));
            let id = a.new_tune(&format!("Tune {n}"));
            eventually(what, || a.phase() == SyncPhase::Retrying).await;
            let told = a.status.borrow().clone();
            assert!(told.last_error.is_some() && told.pending == 1 && told.refused == 0, "{what}: {told:?}");
            eventually_for(30, what, || a.phase() == SyncPhase::Synced).await;
            assert_eq!(a.value(Table::Tune, &id, "sync_version"), 1, "{what}: once, not twice");
            assert_eq!(a.status.borrow().last_error, None);
        }
        let db = database(&stack).await;
        let rows: i64 =
            db.query_one("select count(*) from tune where private_for is not null", &[]).await.unwrap().get(0);
        assert_eq!(rows, 7);
        stack.stop().await;
    });
}

#[test]
fn n20_a_token_that_ends_in_the_middle_is_renewed_and_an_ended_session_keeps_everything() {
    run(async {
        let stack = stack().await;
        let (email, _) = account(&stack).await;
        // Tokens shorter than the margin are renewed at once; then hour-long ones follow.
        stack.faults.set_token_life(60);
        let session = sign_in(&stack, &email).await;
        stack.faults.set_token_life(3600);
        let a = Device::start(config(&stack), Some(session.clone()));
        eventually("renewed", || !a.notices.borrow().is_empty()).await;
        let notice = a.notices.borrow()[0].clone();
        let SessionNotice::Refreshed(renewed) = notice else { panic!("renewed, not ended") };
        assert_ne!(renewed.refresh_token, session.refresh_token);
        a.new_tune("Drowsy Maggie");
        a.synced().await;

        // On another device the server takes the token back in the middle of a sync, for push and pull alike: one renewal for both.
        let a = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        a.synced().await;
        let tokens = || stack.faults.stats().get("POST /auth/v1/token").copied().unwrap_or_default();
        let before = tokens();
        let body = json!({ "code": "PGRST303", "message": "JWT expired", "details": null, "hint": null });
        for path in [PUSH, PULL] {
            stack.faults.add(fault(
                path,
                Some(1),
                Action::Status { code: 401, body: body.clone(), headers: [].into() },
            ));
        }
        let id = a.new_tune("The Butterfly");
        a.synced().await;
        assert_eq!((a.status.borrow().refused, a.value(Table::Tune, &id, "sync_version")), (0, 1.into()));
        assert_eq!(tokens() - before, 1, "one renewal");

        // A device whose refresh token is used up: everything stays, and it says what to do.
        let db = database(&stack).await;
        db.batch_execute("delete from auth.refresh_tokens").await.unwrap();
        let expired = Session { expires_at: now(), ..renewed };
        let b = Device::start(config(&stack), Some(expired));
        b.new_tune("Written with an ended session");
        eventually("ended", || b.phase() == SyncPhase::SignInAgain).await;
        assert_eq!(b.notices.borrow().last(), Some(&SessionNotice::Ended(b.user)));
        assert_eq!(b.pending(), 1);
        b.driver.stop();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let b = Device::resume(config(&stack), b.store.clone(), Some(sign_in(&stack, &email).await));
        b.synced().await;
        stack.stop().await;
    });
}
