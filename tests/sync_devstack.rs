//! Two devices and a real server: what the sync promises, over HTTP and a socket, with a real PostgreSQL behind it.

#![allow(clippy::unwrap_used)]

mod devices;

use std::time::Duration;

use devices::{Device, account, config, database, eventually, eventually_for, run, sign_in, stack};
use devstack::faults::{Action, Match, Rule};
use serde_json::Value;
use tunetrees::row;
use tunetrees::store::schema::Table;
use tunetrees::sync::status::SyncPhase;

fn on(path: &str, times: Option<u64>, action: Action) -> Rule {
    Rule { matches: Match { path_prefix: Some(path.to_owned()), ..Match::default() }, times, action, hits: 0 }
}

const PUSH: &str = "/rest/v1/rpc/sync_push";

#[test]
fn an_edit_reaches_the_other_device_through_the_doorbell() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        a.synced().await;
        b.synced().await;
        eventually("both doorbells", || a.status.borrow().doorbell && b.status.borrow().doorbell).await;
        a.new_tune("The warm-up");
        eventually("the first one there", || b.count("select count(*) from tune where title = 'The warm-up'") == 1)
            .await;

        let id = a.new_tune("The Abbey Reel");
        let took = eventually("the tune on B", || b.row(Table::Tune, &id).is_some()).await;
        println!("A to B in {took:?}");
        assert!(took < Duration::from_secs(1), "{took:?}");
        a.synced().await;
        assert_eq!(a.value(Table::Tune, &id, "sync_version"), 1);
        assert_eq!(a.row(Table::Tune, &id), b.row(Table::Tune, &id));
        assert!(b.changed.borrow().iter().any(|tables| tables.contains(&Table::Tune)));

        a.set(Table::Tune, &id, row! { "deleted": 1 });
        eventually("the tombstone on B", || b.value(Table::Tune, &id, "deleted") == 1).await;
        stack.stop().await;
    });
}

#[test]
fn edits_made_offline_arrive_when_there_is_a_network_and_meet() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        let id = a.new_tune("The Kesh");
        eventually("the tune on B", || b.row(Table::Tune, &id).is_some()).await;
        b.synced().await;

        // Both lose the network and edit.
        stack.faults.add(on("/rest", None, Action::DropRequest));
        a.driver.online(false);
        b.driver.online(false);
        a.set(Table::Tune, &id, row! { "title": "The Kesh Jig", "mode": "G" });
        a.set(Table::Tune, &id, row! { "structure": "AABB" });
        for n in 0..10 {
            a.new_tune(&format!("Offline {n}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        b.set(Table::Tune, &id, row! { "incipit": "GAG GAB", "mode": "Gmaj" });
        eventually("A offline", || a.phase() == SyncPhase::Offline && a.status.borrow().pending == 11).await;

        stack.faults.clear();
        a.driver.online(true);
        a.synced().await;
        b.driver.online(true);
        b.synced().await;
        eventually("the same on both", || a.row(Table::Tune, &id) == b.row(Table::Tune, &id)).await;
        // Different fields: both survive. The same field: the later one, and both are kept in the log.
        assert_eq!(a.value(Table::Tune, &id, "title"), "The Kesh Jig");
        assert_eq!(a.value(Table::Tune, &id, "structure"), "AABB");
        assert_eq!(a.value(Table::Tune, &id, "incipit"), "GAG GAB");
        assert_eq!(a.value(Table::Tune, &id, "mode"), "Gmaj");
        assert_eq!(b.count("select count(*) from sync_conflict where column_name = 'mode' and winner = 'local'"), 1);
        assert_eq!(b.count("select count(*) from sync_conflict"), 1);
        eventually("all ten on B", || b.count("select count(*) from tune where title like 'Offline %'") == 10).await;
        stack.stop().await;
    });
}

#[test]
fn a_lost_reply_changes_nothing_twice() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        stack.faults.add(on(PUSH, Some(1), Action::DropReply));
        let id = a.new_tune("Banish Misfortune");
        eventually_for(20, "sent again", || a.pending() == 0).await;
        assert_eq!(a.value(Table::Tune, &id, "sync_version"), 1);

        // The reply is lost, and the edit taken back before the next try.
        stack.faults.add(on(PUSH, Some(1), Action::DropReply));
        a.set(Table::Tune, &id, row! { "title": "Another title" });
        eventually("the reply lost", || a.phase() == SyncPhase::Retrying).await;
        a.set(Table::Tune, &id, row! { "title": "Banish Misfortune" });
        a.driver.sync_now();
        a.synced().await;
        let db = database(&stack).await;
        let title: String =
            db.query_one("select title from tune where id = $1::text::uuid", &[&id]).await.unwrap().get(0);
        assert_eq!(title, "Banish Misfortune");
        assert_eq!(a.value(Table::Tune, &id, "title"), "Banish Misfortune");
        assert_eq!(a.count("select count(*) from sync_conflict"), 0);
        stack.stop().await;
    });
}

#[test]
fn a_captive_portal_and_server_errors_are_outlived() {
    run(async {
        let stack = stack().await;
        let (_, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        a.synced().await;
        stack.faults.add(on("/rest", Some(2), Action::Html));
        stack.faults.add(on("/rest", Some(2), Action::Status { code: 503, body: Value::Null, headers: [].into() }));
        let id = a.new_tune("Out on the Ocean");
        eventually("notices", || a.phase() == SyncPhase::Retrying && a.status.borrow().pending == 1).await;
        assert!(a.status.borrow().last_error.as_deref().unwrap().contains("Something else answered"));
        eventually_for(30, "outlived", || a.pending() == 0).await;
        assert_eq!(a.value(Table::Tune, &id, "sync_version"), 1);
        stack.stop().await;
    });
}

#[test]
fn the_server_may_be_away_and_come_back() {
    run(async {
        let cluster = stack().await;
        let (_, session) = account(&cluster).await;
        // A second gateway before the same database is the one that goes away.
        let gateway = || async {
            devstack::Devstack::start(devstack::Config {
                database_url: Some(cluster.database_url.clone()),
                ..devstack::Config::default()
            })
            .await
            .unwrap()
        };
        let first = gateway().await;
        let address: std::net::SocketAddr = first.url.trim_start_matches("http://").parse().unwrap();
        let a = Device::start(config(&first), Some(session));
        a.synced().await;
        first.stop().await;
        let id = a.new_tune("The Silver Spear");
        eventually_for(20, "notices", || a.phase() == SyncPhase::Retrying).await;
        assert!(a.status.borrow().next_attempt.is_some() || a.status.borrow().pending == 1);
        let second = devstack::Devstack::start(devstack::Config {
            database_url: Some(cluster.database_url.clone()),
            http: address,
            ..devstack::Config::default()
        })
        .await
        .unwrap();
        eventually_for(70, "synced by itself", || a.pending() == 0 && a.phase() == SyncPhase::Synced).await;
        assert_eq!(a.value(Table::Tune, &id, "sync_version"), 1);
        second.stop().await;
        cluster.stop().await;
    });
}

#[test]
fn without_an_account_the_catalog_comes_and_nothing_goes() {
    run(async {
        let stack = stack().await;
        let db = database(&stack).await;
        db.batch_execute("insert into tune (id, title, last_modified_at) values (gen_random_uuid(), 'Public', now())")
            .await
            .unwrap();
        let a = Device::start(config(&stack), None);
        eventually("the catalog", || a.count("select count(*) from tune where title = 'Public'") == 1).await;
        a.new_tune("Mine");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(a.phase(), SyncPhase::LocalOnly);
        assert_eq!(a.count("select count(*) from sync_queue"), 1);
        assert!(!stack.faults.stats().contains_key(&format!("POST {PUSH}")));
        stack.stop().await;
    });
}

#[test]
fn two_idle_devices_are_silent() {
    run(async {
        let stack = stack().await;
        let (email, session) = account(&stack).await;
        let a = Device::start(config(&stack), Some(session));
        let b = Device::start(config(&stack), Some(sign_in(&stack, &email).await));
        a.new_tune("Once");
        a.synced().await;
        b.synced().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = stack.faults.stats();
        for _ in 0..10 {
            a.driver.sync_now();
            b.driver.sync_now();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        a.synced().await;
        b.synced().await;
        let after = stack.faults.stats();
        let push = format!("POST {PUSH}");
        assert_eq!(before.get(&push), after.get(&push));
        assert_eq!(a.count("select count(*) from sync_queue"), 0);
        stack.stop().await;
    });
}
