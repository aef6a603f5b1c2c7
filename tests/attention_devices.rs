//! The three strategies and the refused edits on two devices with a real server between them.

#![allow(clippy::unwrap_used)]

mod devices;

use std::time::Duration;

use devices::{Device, account, config, database, eventually, now, run, sign_in, stack};
use devstack::Devstack;
use devstack::faults::{Action, Match, Rule};
use serde_json::{Value, json};
use tunetrees::row;
use tunetrees::store::attention::ConflictNote;
use tunetrees::store::schema::Table;
use tunetrees::sync::status::SyncPhase;
use tunetrees::sync::store::set_strategy;
use tunetrees::sync::strategy::Strategy;

fn notes(device: &Device) -> Vec<ConflictNote> {
    device.store.borrow().conflict_notes(false, 50).unwrap().0
}

/// A tune that both devices changed while cut off: first `b`, then `a`, whose edit is the later one; `b` has come back first.
async fn disagreement(stack: &Devstack, strategy: Strategy) -> (Device, Device, String) {
    let (email, session) = account(stack).await;
    let a = Device::start(config(stack), Some(session));
    let b = Device::start(config(stack), Some(sign_in(stack, &email).await));
    set_strategy(&mut a.store.borrow_mut(), strategy, now()).unwrap();
    let id = a.new_tune("The Kesh");
    a.synced().await;
    b.synced().await;
    let cut = Rule {
        matches: Match { path_prefix: Some("/rest".to_owned()), ..Match::default() },
        times: None,
        action: Action::DropRequest,
        hits: 0,
    };
    stack.faults.add(cut);
    a.driver.online(false);
    b.driver.online(false);
    b.set(Table::Tune, &id, row! { "mode": "A", "structure": "AABB" });
    tokio::time::sleep(Duration::from_millis(20)).await;
    a.set(Table::Tune, &id, row! { "mode": "G", "incipit": "GAG" });
    tokio::time::sleep(Duration::from_millis(200)).await;
    stack.faults.clear();
    b.driver.online(true);
    b.synced().await;
    a.driver.online(true);
    (a, b, id)
}

async fn same(a: &Device, b: &Device, id: &str, mode: &str) {
    b.driver.sync_now();
    eventually("the same on both", || {
        a.row(Table::Tune, id) == b.row(Table::Tune, id) && a.value(Table::Tune, id, "mode") == mode
    })
    .await;
}

#[test]
fn fields_are_merged_and_the_other_value_can_be_taken() {
    run(async {
        let stack = stack().await;
        let (a, b, id) = disagreement(&stack, Strategy::Fields).await;
        a.synced().await;
        same(&a, &b, &id, "G").await;
        assert_eq!([a.value(Table::Tune, &id, "structure"), a.value(Table::Tune, &id, "incipit")], ["AABB", "GAG"]);
        let open = notes(&a);
        assert_eq!((open.len(), open[0].kept_here), (1, true));
        a.store.borrow_mut().use_other(now(), &open[0].id).unwrap();
        a.driver.local_edit();
        same(&a, &b, &id, "A").await;
        assert_eq!(a.status.borrow().unreviewed, 0);
        stack.stop().await;
    });
}

#[test]
fn the_newest_row_stands_on_both() {
    run(async {
        let stack = stack().await;
        let (a, b, id) = disagreement(&stack, Strategy::NewestRow).await;
        a.synced().await;
        same(&a, &b, &id, "G").await;
        assert_eq!(a.value(Table::Tune, &id, "structure"), Value::Null, "as a whole");
        stack.stop().await;
    });
}

#[test]
fn asked_the_row_waits_for_her_word_and_nothing_else_does() {
    run(async {
        let stack = stack().await;
        let (a, b, id) = disagreement(&stack, Strategy::Ask).await;
        eventually("her word is wanted", || a.phase() == SyncPhase::NeedsAttention).await;
        assert_eq!((a.status.borrow().pending, a.status.borrow().undecided), (0, 1));
        let other = a.new_tune("Another");
        eventually("another tune goes through", || a.value(Table::Tune, &other, "sync_version") == 1).await;
        assert_eq!(a.value(Table::Tune, &id, "mode"), "G");
        // What goes on elsewhere comes in meanwhile.
        b.set(Table::Tune, &id, row! { "title": "The Kesh Jig" });
        eventually("the title", || a.value(Table::Tune, &id, "title") == "The Kesh Jig").await;
        assert_eq!((a.value(Table::Tune, &id, "mode"), b.value(Table::Tune, &id, "mode")), (json!("G"), json!("A")));
        let open = notes(&a);
        a.store.borrow_mut().keep_standing(now(), &open[0].id).unwrap();
        a.driver.local_edit();
        a.synced().await;
        same(&a, &b, &id, "G").await;
        assert_eq!([b.value(Table::Tune, &id, "incipit"), b.value(Table::Tune, &id, "structure")], ["GAG", "AABB"]);
        stack.stop().await;
    });
}

#[test]
fn a_refused_row_is_discarded_with_what_needs_it_and_stays_gone() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        let db = database(&stack).await;
        db.batch_execute("alter table tune add constraint no_bad_titles check (title <> 'bad')").await.unwrap();
        let good = a.new_tune("good");
        let bad = a.new_tune("bad");
        let owner = a.user.to_string();
        a.edit(|edit| {
            let tag =
                row! { "id": edit.new_id().to_string(), "user_ref": owner, "tune_ref": bad.as_str(), "tag_text": "t" };
            edit.insert(Table::Tag, tag)
        });
        eventually("two refused", || a.status.borrow().refused == 2).await;
        let (edits, total) = a.store.borrow().refused_edits(50).unwrap();
        assert_eq!((total, edits[0].code.as_str(), edits[0].dependants.len()), (1, "23514", 1));
        let gone = a.store.borrow_mut().discard_refused(now(), Table::Tune, &bad).unwrap();
        assert_eq!(gone, 2);
        a.driver.local_edit();
        a.synced().await;
        assert_eq!(a.row(Table::Tune, &bad), None);
        assert!(a.row(Table::Tune, &good).is_some());
        assert_eq!(a.status.borrow().refused, 0);
        stack.stop().await;
    });
}
