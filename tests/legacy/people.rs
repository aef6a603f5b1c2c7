//! People: found by their address, invited or made, never mixed up.

use tunetrees::legacy::load::postgres::{LoadOptions, Making, connect, load, rollback};

use crate::legacy::{Backend, on};
use crate::small::{local, reads, small};

#[tokio::test]
async fn people_are_found_invited_or_made_and_never_mixed_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    let file = small(&path);
    let mut backend = Backend::start().await;
    backend.run("insert into auth.users (id, instance_id, aud, role, email, created_at, updated_at)
        values ('11111111-2222-4333-8444-555555555555', '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'Anna@example.com', now(), now())").await;
    let report = backend.load(&reads(&path), &LoadOptions::default()).await;
    assert_eq!(report.to_invite().collect::<Vec<_>>(), ["ben@example.com"]);
    assert!(report.summary().contains("TO INVITE: ben@example.com"), "{}", report.summary());
    assert_eq!(report.table("playlist").unwrap().left_out[0].reason, "its owner, user 2, has no account");
    assert_eq!(
        backend.text("select name from public.user_profile").await,
        "Anna",
        "a found profile gets what it has not"
    );
    // Once she is there, the next run brings the rest.
    file.execute_batch("update user set email = 'ben2@example.com' where id = 2").unwrap();
    let report = backend.load(&reads(&path), &local()).await;
    assert_eq!(report.table("playlist").unwrap().loaded, 1);
    assert_eq!(report.table("playlist_tune").unwrap().loaded, 1);
    // Another address for the same person would hand her data to somebody else.
    let taken = LoadOptions { map_users: [(1, "ben2@example.com".to_owned())].into(), ..local() };
    let error = backend.try_load(&reads(&path), &taken).await.unwrap_err().to_string();
    assert!(error.contains("an earlier run gave user 1 to Anna@example.com"), "{error}");
    // Neither does one that nobody has yet.
    let new = LoadOptions { map_users: [(1, "nobody@example.com".to_owned())].into(), ..local() };
    let error = backend.try_load(&reads(&path), &new).await.unwrap_err().to_string();
    assert!(error.contains("an earlier run gave user 1 to Anna@example.com"), "{error}");
    // Her address may change in the file, or here: she is known.
    file.execute_batch("update user set email = 'anna@elsewhere.example' where id = 1").unwrap();
    let again = backend.load(&reads(&path), &LoadOptions::default()).await;
    assert_eq!(again.accounts.iter().find(|a| a.legacy_id == 1).unwrap().what, "found");
    assert!(again.tables.iter().all(|t| t.loaded + t.updated == 0), "{}", again.summary());
    rollback(&mut backend.client, again.run.unwrap(), false).await.unwrap();
    let rollback = rollback(&mut backend.client, report.run.unwrap(), false).await.unwrap();
    assert_eq!((rollback.accounts, rollback.removed["playlist"]), (1, 1));
}

#[tokio::test]
async fn accounts_are_made_through_the_auth_api() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.sqlite3");
    small(&path);
    let stack = crate::devstack_with_auth().await;
    let mut client = connect(&stack.database_url).await.unwrap();
    let api = tunetrees::legacy::load::postgres::AuthApi::new(&stack.url, &stack.service_role_jwt);
    let options = LoadOptions { making: Making::Api(api), ..LoadOptions::default() };
    let dry = LoadOptions { dry_run: true, ..options.clone() };
    load(&mut client, &reads(&path), &dry, &mut on).await.unwrap();
    let count = "select count(*) from auth.users";
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0, "a dry run makes nobody");
    let report = load(&mut client, &reads(&path), &options, &mut on).await.unwrap();
    assert!(report.is_explained(), "{}", report.summary());
    assert_eq!(report.table("user").unwrap().loaded, 2);
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 2);
    let again = load(&mut client, &reads(&path), &options, &mut on).await.unwrap();
    assert!(again.tables.iter().all(|t| t.loaded + t.updated == 0), "{}", again.summary());
    let wrong = tunetrees::legacy::load::postgres::AuthApi::new(&stack.url, "no-key");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("insert into user values (3, 'C', 'c@example.com', 0)")
        .unwrap();
    let options = LoadOptions { making: Making::Api(wrong), ..LoadOptions::default() };
    let error = load(&mut client, &reads(&path), &options, &mut on).await.unwrap_err().to_string();
    assert!(error.contains("making the account of c@example.com failed"), "{error}");
    rollback(&mut client, report.run.unwrap(), false).await.unwrap();
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0);
}
